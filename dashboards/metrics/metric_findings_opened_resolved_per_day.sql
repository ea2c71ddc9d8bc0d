/* Are findings coming in faster than they are settled?
   Grain: practice, day (UTC), rule, severity. What was already so when the practice was connected is left out.
   opened_count     findings whose situation came about on that day, resolved since or not
   resolved_count   findings that became resolved on that day and still are */
CREATE OR REPLACE VIEW metric_findings_opened_resolved_per_day AS
SELECT
    practice_id,
    toDate32(moment) AS day_on,
    rule,
    severity,
    countIf(what = 'opened') AS opened_count,
    countIf(what = 'resolved') AS resolved_count
FROM fact_finding FINAL
ARRAY JOIN
    if(state = 'resolved', ['opened', 'resolved'], ['opened']) AS what,
    if(state = 'resolved', [opened_at, changed_at], [opened_at]) AS moment
WHERE NOT historical
GROUP BY practice_id, day_on, rule, severity;
