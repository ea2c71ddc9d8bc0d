/* The parts never exceed the whole, nothing is negative, and a day holds no more minutes than its sessions can. */
SELECT *
FROM metric_sessions_per_day
WHERE completed_count + cancelled_count > session_count
    OR attended_count < 0
    OR session_minutes < 0
    OR session_minutes > completed_count * 24 * 60;
