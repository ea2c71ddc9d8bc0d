/* How much care was given, and of which kind?
   Grain: practice, date of service, kind of session. A session still booked counts on the day it is planned for.
   session_count      sessions of that day
   completed_count, cancelled_count   of these, held or called off; the rest is still booked
   attended_count     people present, each session counted, completed sessions only
   session_minutes    elapsed minutes of completed sessions */
CREATE OR REPLACE VIEW metric_sessions_per_day AS
SELECT
    practice_id,
    assumeNotNull(service_on) AS day_on,
    kind,
    count() AS session_count,
    countIf(status = 'completed') AS completed_count,
    countIf(status = 'cancelled') AS cancelled_count,
    sumIf(session.attended_count, status = 'completed') AS attended_count,
    sumIf(ifNull(duration_minutes, 0), status = 'completed') AS session_minutes
FROM fact_session AS session FINAL
WHERE isNotNull(service_on)
GROUP BY practice_id, day_on, kind;
