-- What became of leads, by step of time and group: of those created in a step how many were converted until now, and how
-- many were converted in it, whenever they were created.
--
-- calendar, $by, $owners, $teams, $products: as in sales.sql
WITH happened AS (
    SELECT 'created' AS what, created_on AS day, * FROM leads
    UNION ALL
    SELECT 'converted', converted_on, * FROM leads WHERE converted_on IS NOT NULL
),

-- Split by products, a lead counts for each product of the deal that it became.
products AS (
    SELECT id, unnest(products) AS product FROM opportunities WHERE $by = 'product'
)

SELECT
    calendar.step,
    CASE $by
        WHEN 'owner' THEN happened.owner
        WHEN 'team' THEN happened.team
        WHEN 'source' THEN happened.source
        WHEN 'industry' THEN happened.industry
        WHEN 'product' THEN products.product
        WHEN 'region' THEN coalesce(happened.region, customers.region)
    END AS member,
    count(*) FILTER (what = 'created') AS created,
    count(*) FILTER (what = 'created' AND converted_on IS NOT NULL) AS converted_of_created,
    count(*) FILTER (what = 'converted') AS converted,
    sum(seconds) FILTER (what = 'converted') AS seconds,
    count(seconds) FILTER (what = 'converted') AS timed
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
