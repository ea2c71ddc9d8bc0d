"""Which rules are in force? One line each; everything else about a rule is in its function and its table of cases."""

from typing import Any

from streams.cases import ClientCase, SessionCase
from streams.rule import Rule
from streams.rules import attendance_billing, attending, coverage_billing, expiring, note_billing, recording

_FACTS = "domain-facts"

RULES: tuple[Rule[Any], ...] = (
    Rule("C01", "1", SessionCase, "hold", "Booked without a treatment consent", f"{_FACTS} §2.6", attending.without_treatment_consent),
    Rule("C02", "1", SessionCase, "hold", "Group agreement not signed", f"{_FACTS} §2.6", attending.without_group_agreement),
    Rule("C06", "1", SessionCase, "hold", "Came of age: guardian's consent lapsed", f"{_FACTS} §2.6", attending.guardian_consent_lapsed),
    Rule("C08", "1", SessionCase, "block", "Recorded without everyone's consent", f"{_FACTS} §2.6", recording.recorded_without_everyones_consent),
    Rule("C15", "1", ClientCase, "warn", "Consent about to expire", f"{_FACTS} §2.6", expiring.consent_expiring),
    Rule("B01", "1", SessionCase, "block", "Billed but not attended", f"{_FACTS} §1.7", attendance_billing.billed_without_attendance),
    Rule("B02", "1", SessionCase, "warn", "Attended but not billed", f"{_FACTS} §1.7", attendance_billing.attended_but_not_billed),
    Rule("B06", "1", SessionCase, "block", "Family session billed more than once", f"{_FACTS} §1.7", attendance_billing.family_session_billed_twice),
    Rule("B10", "1", SessionCase, "block", "Family session too short for its code", f"{_FACTS} §1.7", attendance_billing.family_session_too_short),
    Rule("B20", "1", SessionCase, "block", "Billed outside the coverage", f"{_FACTS} §1.7", coverage_billing.billed_outside_coverage),
    Rule("B39", "1", SessionCase, "block", "Billed without a signed note", f"{_FACTS} §1.7", note_billing.billed_without_signed_note),
)  # fmt: skip
"""Every rule, in the order of the catalogue."""

BY_ID = {rule.id: rule for rule in RULES}
