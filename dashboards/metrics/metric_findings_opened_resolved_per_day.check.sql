/* Over all days, as many were opened as there are findings, and as many resolved as are resolved now. */
SELECT practice_id, sum(opened_count) AS opened, any(findings) AS findings
FROM metric_findings_opened_resolved_per_day
LEFT JOIN
(
    SELECT practice_id, count() AS findings, countIf(state = 'resolved') AS resolved
    FROM fact_finding FINAL
    WHERE NOT historical
    GROUP BY practice_id
) AS stored USING (practice_id)
GROUP BY practice_id
HAVING opened != findings OR sum(resolved_count) != any(resolved);
