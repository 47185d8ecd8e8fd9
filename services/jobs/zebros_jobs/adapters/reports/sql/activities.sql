-- What people did, by step of time and group. An activity may count on three days: on which it was made, on which it was
-- completed, and on which it should have been done.
--
-- calendar, $by, $owners, $teams, $products: as in sales.sql
WITH happened AS (
    SELECT 'made' AS what, created_on AS day, * FROM activities
    UNION ALL
    SELECT 'completed', completed_on, * FROM activities WHERE completed_on IS NOT NULL
    UNION ALL
    SELECT 'overdue', scheduled_on, * FROM activities WHERE overdue
),

-- Split by products, an activity counts for each product of the deal that it is about.
products AS (
    SELECT id, unnest(products) AS product FROM opportunities WHERE $by = 'product'
)

SELECT
    calendar.step,
    CASE $by
        WHEN 'owner' THEN happened.owner
        WHEN 'team' THEN happened.team
        WHEN 'type' THEN happened.type
        WHEN 'product' THEN products.product
        WHEN 'region' THEN customers.region
        WHEN 'industry' THEN customers.industry
    END AS member,
    count(*) FILTER (what = 'made') AS made,
    count(*) FILTER (what = 'completed') AS completed,
    count(*) FILTER (what = 'overdue') AS overdue,
    -- On time is by the day: who talks at ten writes it down at eleven.
    count(*) FILTER (what = 'completed' AND completed_on <= scheduled_on) AS on_time,
    count(*) FILTER (what = 'completed' AND scheduled_on IS NOT NULL) AS scheduled,
    count(*) FILTER (what = 'completed' AND type = 'call') AS calls,
    count(*) FILTER (what = 'completed' AND type = 'meeting') AS meetings,
    count(*) FILTER (what = 'completed' AND type = 'task') AS tasks,
    count(*) FILTER (what = 'completed' AND type = 'note') AS notes,
    count(*) FILTER (what = 'completed' AND type = 'email') AS emails
FROM happened
JOIN calendar ON calendar.day = happened.day
LEFT JOIN customers ON customers.id = happened.customer
LEFT JOIN products ON products.id = happened.deal
WHERE ($owners::VARCHAR[] IS NULL OR list_contains($owners::VARCHAR[], happened.owner))
  AND ($teams::VARCHAR[] IS NULL OR list_contains($teams::VARCHAR[], happened.team))
  AND ($products::VARCHAR[] IS NULL OR happened.deal IN (
        SELECT id FROM opportunities WHERE list_has_any(products, $products::VARCHAR[])
  ))
  AND ($products::VARCHAR[] IS NULL OR $by <> 'product' OR list_contains($products::VARCHAR[], products.product))
GROUP BY ALL
