-- What became of leads, by step of time and group: of those created in a step how many were converted until now, and how
-- many were converted in it, whenever they were created.
--
-- calendar, $by, $owners, $teams: as in sales.sql
WITH happened AS (
    SELECT 'created' AS what, created_on AS day, * FROM leads
    UNION ALL
    SELECT 'converted', converted_on, * FROM leads WHERE converted_on IS NOT NULL
)

SELECT
    calendar.step,
    CASE $by
        WHEN 'owner' THEN owner
        WHEN 'team' THEN team
        WHEN 'source' THEN source
        WHEN 'industry' THEN industry
        WHEN 'region' THEN region
    END AS member,
    count(*) FILTER (what = 'created') AS created,
    count(*) FILTER (what = 'created' AND converted_on IS NOT NULL) AS converted_of_created,
    count(*) FILTER (what = 'converted') AS converted,
    sum(seconds) FILTER (what = 'converted') AS seconds,
    count(seconds) FILTER (what = 'converted') AS timed
FROM happened
JOIN calendar ON calendar.day = happened.day
WHERE ($owners::VARCHAR[] IS NULL OR list_contains($owners::VARCHAR[], owner))
  AND ($teams::VARCHAR[] IS NULL OR list_contains($teams::VARCHAR[], team))
GROUP BY ALL
