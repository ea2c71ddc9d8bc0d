/* What is open, and how bad is it?
   Grain: practice, rule, severity.
   open_count             open findings
   historical_count       of these, already so when the practice was connected
   oldest_opened_at       since when the oldest of them is so
   money_at_stake_cents   what they put at stake; findings about the same claim each name its full amount, so do not add
                          rules together: metric_money_at_risk counts every claim once */
CREATE OR REPLACE VIEW metric_open_findings AS
SELECT
    practice_id,
    rule,
    severity,
    count() AS open_count,
    countIf(historical) AS historical_count,
    min(opened_at) AS oldest_opened_at,
    sum(ifNull(money_at_stake_cents, 0)) AS money_at_stake_cents
FROM fact_finding FINAL
WHERE state = 'open'
GROUP BY practice_id, rule, severity;
