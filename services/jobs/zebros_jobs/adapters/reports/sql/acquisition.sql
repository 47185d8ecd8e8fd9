-- Customers that were won, by step of time and group: when they were made, and when their first deal was won. The first
-- step also says how many there were before.
--
-- calendar, $by, $owners, $teams, $products: as in sales.sql; $first is the first day
WITH first_deals AS (
    -- The first won deal of each customer: of several on one day, the first that was made.
    SELECT customer, min_by(value, (closed_on, id)) AS value, min_by(currency, (closed_on, id)) AS currency,
           min(closed_on) AS day, min_by(id, (closed_on, id)) AS deal
    FROM opportunities
    GROUP BY customer
),

origins AS (
    -- A customer that several leads became has the source of the first.
    SELECT customer, min_by(source, (created_on, source)) AS source FROM sources GROUP BY customer
),

-- Split by products, a customer counts for each product of its first deal.
products AS (
    SELECT id, unnest(products) AS product FROM opportunities WHERE $by = 'product'
),

happened AS (
    SELECT 'made' AS what, c.created_on AS day, c.id, c.owner, c.team, c.region, c.industry, d.deal,
           NULL::VARCHAR AS currency, NULL::DECIMAL(30, 15) AS value, NULL::INTEGER AS days
    FROM customers c LEFT JOIN first_deals d ON d.customer = c.id
    UNION ALL
    SELECT 'dealt', d.day, c.id, c.owner, c.team, c.region, c.industry, d.deal, d.currency, d.value,
           -- Customers that were put in later than they bought have not taken any time that can be told.
           CASE WHEN d.day >= c.created_on THEN d.day - c.created_on END
    FROM first_deals d JOIN customers c ON c.id = d.customer
),

placed AS (
    SELECT calendar.step, happened.*, false AS standing FROM happened JOIN calendar ON calendar.day = happened.day
    UNION ALL
    SELECT 0, happened.*, true FROM happened WHERE what = 'made' AND day < $first
)

SELECT
    step,
    CASE $by
        WHEN 'owner' THEN owner
        WHEN 'team' THEN team
        WHEN 'region' THEN region
        WHEN 'industry' THEN industry
        WHEN 'product' THEN products.product
        WHEN 'source' THEN origins.source
    END AS member,
    currency,
    count(*) FILTER (standing) AS before,
    count(*) FILTER (what = 'made' AND NOT standing) AS new,
    count(*) FILTER (what = 'dealt') AS first_deals,
    sum(value) FILTER (what = 'dealt') AS first_deal_value,
    sum(days) AS days,
    count(days) AS timed
FROM placed
LEFT JOIN origins ON origins.customer = placed.id
LEFT JOIN products ON products.id = placed.deal
WHERE ($owners::VARCHAR[] IS NULL OR list_contains($owners::VARCHAR[], owner))
  AND ($teams::VARCHAR[] IS NULL OR list_contains($teams::VARCHAR[], team))
  AND ($products::VARCHAR[] IS NULL OR placed.deal IN (
        SELECT id FROM opportunities WHERE list_has_any(products, $products::VARCHAR[])
  ))
  AND ($products::VARCHAR[] IS NULL OR $by <> 'product' OR list_contains($products::VARCHAR[], products.product))
GROUP BY ALL
