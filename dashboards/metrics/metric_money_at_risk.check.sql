/* Money counted once per case can never exceed the plain sum over findings, nor be negative, nor miss a finding. */
SELECT practice_id, sum(at_risk_cents) AS counted_cents, any(plain_cents) AS plain_cents
FROM metric_money_at_risk
LEFT JOIN
(
    SELECT practice_id, sum(money_at_stake_cents) AS plain_cents, count() AS findings
    FROM fact_finding FINAL
    WHERE state = 'open' AND isNotNull(money_at_stake_cents)
    GROUP BY practice_id
) AS plain USING (practice_id)
GROUP BY practice_id
HAVING counted_cents > plain_cents OR counted_cents < 0 OR sum(finding_count) != any(findings) OR min(severity) = '';
