/* A ratio lies between 0 and 1, weeks begin on Mondays, and a practice and week stand there once. */
SELECT practice_id, week_on, count() AS times, max(coverage_ratio) AS coverage_ratio
FROM metric_consent_coverage
GROUP BY practice_id, week_on
HAVING times > 1 OR coverage_ratio > 1 OR coverage_ratio < 0 OR isNaN(coverage_ratio) OR toDayOfWeek(week_on) != 1;
