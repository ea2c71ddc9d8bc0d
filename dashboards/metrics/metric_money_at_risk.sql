/* How much money would be lost if nothing were done?
   Grain: practice, severity. A claim (or, before there is one, a person's visit) counts once, with the largest amount
   and the worst severity any open finding gives it: the rows of a practice may be added.
   at_risk_cents    money at stake
   case_count       claims or visits
   finding_count    open findings that name an amount */
CREATE OR REPLACE VIEW metric_money_at_risk AS
WITH
    multiIf(
        mapContains(subject, 'claim'), concat('claim\n', subject['claim']),
        mapContains(subject, 'session') AND mapContains(subject, 'client'),
            concat('visit\n', subject['session'], '\n', subject['client']),
        concat('finding\n', finding_id)
    ) AS case_key,
    ['block', 'hold', 'warn'] AS worst_first
SELECT
    practice_id,
    worst_first[worst_rank] AS severity,
    sum(case_cents) AS at_risk_cents,
    count() AS case_count,
    sum(case_findings) AS finding_count
FROM
(
    SELECT
        practice_id,
        case_key,
        max(assumeNotNull(money_at_stake_cents)) AS case_cents,
        min(indexOf(worst_first, toString(severity))) AS worst_rank,
        count() AS case_findings
    FROM fact_finding FINAL
    WHERE state = 'open' AND isNotNull(money_at_stake_cents)
    GROUP BY practice_id, case_key
)
GROUP BY practice_id, worst_rank;
