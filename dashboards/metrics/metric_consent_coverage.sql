/* For how many of the people we book is a treatment consent in force?
   Grain: practice, week (its Monday, by date of service). Cancelled and excused bookings are left out.
   booked_count          people booked for a session, each session counted
   with_consent_count    of these, with a treatment consent in force at the start of the session
   coverage_ratio        with_consent_count / booked_count, 0 to 1 */
CREATE OR REPLACE VIEW metric_consent_coverage AS
SELECT
    practice_id,
    toMonday(assumeNotNull(service_on)) AS week_on,
    count() AS booked_count,
    countIf(treatment_consent) AS with_consent_count,
    with_consent_count / booked_count AS coverage_ratio
FROM fact_attendance FINAL
WHERE isNotNull(service_on) AND ifNull(status, 'booked') NOT IN ('cancelled', 'late_cancel', 'excused')
GROUP BY practice_id, week_on;
