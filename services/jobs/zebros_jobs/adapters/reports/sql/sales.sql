-- Deals that were won or lost, by step of time, group and currency.
--
-- calendar      which step a day is in; what is on no such day is not in the period
-- $by           what deals are told apart by, '' for nothing
-- $splits       whether products matter: a deal then counts with their shares of its value
-- $owners …     of whom; null for everybody
WITH shares AS (
    SELECT id, unnest(shares, max_depth := 2) FROM opportunities WHERE $splits
),

deals AS (
    SELECT id, owner, team, customer, lead, currency, outcome, value, closed_on, days, NULL AS product
    FROM opportunities
    WHERE NOT $splits

    UNION ALL

    -- A row for each product of a deal; one for the deal where only the filter asks for products.
    SELECT
        o.id, o.owner, o.team, o.customer, o.lead, o.currency, o.outcome,
        CASE WHEN count(s.id) = 0 THEN o.value ELSE sum(s.value) END AS value,
        o.closed_on, o.days,
        CASE WHEN $by = 'product' THEN s.product END AS product
    FROM opportunities o LEFT JOIN shares s ON s.id = o.id
    WHERE $splits AND ($products::VARCHAR[] IS NULL OR list_contains($products::VARCHAR[], s.product))
    GROUP BY
        o.id, o.owner, o.team, o.customer, o.lead, o.currency, o.outcome, o.value, o.closed_on, o.days,
        CASE WHEN $by = 'product' THEN s.product END
)

SELECT
    calendar.step,
    CASE $by
        WHEN 'owner' THEN deals.owner
        WHEN 'team' THEN deals.team
        WHEN 'product' THEN deals.product
        WHEN 'region' THEN customers.region
        WHEN 'industry' THEN customers.industry
        WHEN 'source' THEN sources.source
    END AS member,
    deals.currency,
    count(*) FILTER (outcome = 'won') AS won,
    sum(value) FILTER (outcome = 'won') AS won_value,
    count(*) FILTER (outcome = 'lost') AS lost,
    sum(value) FILTER (outcome = 'lost') AS lost_value,
    sum(deals.days) AS days,
    count(deals.days) AS timed
FROM deals
JOIN calendar ON calendar.day = deals.closed_on
LEFT JOIN customers ON customers.id = deals.customer
LEFT JOIN sources ON sources.id = deals.lead
WHERE ($owners::VARCHAR[] IS NULL OR list_contains($owners::VARCHAR[], deals.owner))
  AND ($teams::VARCHAR[] IS NULL OR list_contains($teams::VARCHAR[], deals.team))
  AND ($currencies::VARCHAR[] IS NULL OR list_contains($currencies::VARCHAR[], deals.currency))
GROUP BY ALL
