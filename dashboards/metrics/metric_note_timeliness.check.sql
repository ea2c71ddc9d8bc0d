/* The parts never exceed the whole, and what is within a day is also within three. */
SELECT *
FROM metric_note_timeliness
WHERE signed_count > note_count
    OR unsigned_count < 0
    OR signed_within_72_hours_count > signed_count
    OR signed_within_24_hours_count > signed_within_72_hours_count
    OR toDayOfWeek(week_on) != 1
    OR (signed_count = 0 AND isNotNull(median_signed_lag_minutes));
