-- Deals that were won or lost, by step of time, group and currency.
--
-- calendar      which step a day is in; what is on no such day is not in the period
-- $by           what deals are told apart by, '' for nothing
-- $splits       whether products matter: a deal then counts with their shares of its value
-- $owners …     of whom; null for everybody
WITH deals AS (
    -- As they are, where products make no difference to them.
    SELECT owner, team, customer, lead, currency, outcome, closed_on, days, value, NULL AS product
    FROM opportunities
    WHERE NOT $splits OR ($products::VARCHAR[] IS NULL AND (shares IS NULL OR $by <> 'product'))

    UNION ALL

    -- By product: a row for each product of a deal.
    SELECT owner, team, customer, lead, currency, outcome, closed_on, days, share.value, share.product
    FROM (SELECT *, unnest(shares) AS share FROM opportunities WHERE $splits AND $by = 'product')
    WHERE $products::VARCHAR[] IS NULL OR list_contains($products::VARCHAR[], share.product)

    UNION ALL

    -- Of some products: what they have of each deal that has any of them.
    SELECT
        owner, team, customer, lead, currency, outcome, closed_on, days,
        list_sum(list_transform(chosen, lambda share: share.value)), NULL
    FROM (
        SELECT *, list_filter(shares, lambda share: list_contains($products::VARCHAR[], share.product)) AS chosen
        FROM opportunities
        WHERE $splits AND $by <> 'product' AND $products::VARCHAR[] IS NOT NULL
    )
    WHERE len(chosen) > 0
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
