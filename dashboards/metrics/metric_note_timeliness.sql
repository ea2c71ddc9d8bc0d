/* How soon after the session are notes signed?
   Grain: practice, week (its Monday, by date of service of the session). AI drafts count once they are signed.
   note_count                     notes written for sessions of that week
   signed_count, unsigned_count   of these, signed or not yet
   signed_within_24_hours_count, signed_within_72_hours_count   of the signed ones, from the end of the session
   median_signed_lag_minutes      from the end of the session to the signature; empty if none is signed */
CREATE OR REPLACE VIEW metric_note_timeliness AS
SELECT
    practice_id,
    toMonday(assumeNotNull(service_on)) AS week_on,
    count() AS note_count,
    countIf(note_status = 'signed') AS signed_count,
    note_count - signed_count AS unsigned_count,
    countIf(note_status = 'signed' AND signed_lag_minutes <= 24 * 60) AS signed_within_24_hours_count,
    countIf(note_status = 'signed' AND signed_lag_minutes <= 72 * 60) AS signed_within_72_hours_count,
    if(signed_count = 0, NULL, quantileExactIf(0.5)(signed_lag_minutes, note_status = 'signed'))
        AS median_signed_lag_minutes
FROM
(
    SELECT practice_id, session_id, ifNull(status, '') AS note_status, ifNull(origin, 'human') AS note_origin,
        signed_lag_minutes
    FROM fact_note FINAL
) AS note
INNER JOIN
(
    SELECT practice_id, session_id, service_on
    FROM fact_session FINAL
    WHERE isNotNull(service_on)
) AS session USING (practice_id, session_id)
WHERE note_origin != 'ai' OR note_status = 'signed'
GROUP BY practice_id, week_on;
