"""Rules that need what an EHR has no place for: silent there, and only there."""

from streams.catalogue import RULES
from streams.not_kept import NEEDS, silent
from tests.connectors.ehr.openemr.capturing import adapter


def test_every_rule_named_is_in_the_catalogue() -> None:
    assert set(NEEDS) <= {rule.id for rule in RULES}


def test_a_rule_is_silent_for_what_it_needs_and_nothing_else() -> None:
    assert silent("C01", frozenset({"treatment"}))
    assert not silent("C01", frozenset({"telehealth"}))
    assert not silent("B01", frozenset({"treatment", "session_times"}))
    assert not any(silent(rule.id, frozenset()) for rule in RULES)


def test_what_openemr_is_said_not_to_keep_is_what_rules_ask_for() -> None:
    words = {word for needed in NEEDS.values() for word in needed}
    assert adapter().not_kept <= words
    configured = adapter(consents=[{"kind": "treatment", "document": "Consents"}], minutes={"form": "LBFmin"})
    assert adapter().not_kept - configured.not_kept == {"treatment", "attendance_times"}
