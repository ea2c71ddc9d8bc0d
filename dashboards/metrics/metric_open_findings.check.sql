/* Every open finding is counted exactly once, and every severity is one we know. */
SELECT practice_id, severity, sum(open_count) AS counted, any(expected) AS expected
FROM metric_open_findings
LEFT JOIN
(
    SELECT practice_id, severity, uniqExact(finding_id) AS expected
    FROM fact_finding FINAL
    WHERE state = 'open'
    GROUP BY practice_id, severity
) AS stored USING (practice_id, severity)
GROUP BY practice_id, severity
HAVING counted != expected OR severity NOT IN ('block', 'hold', 'warn');
