"""Can every past moment still be asked about: what covered a session then, and what was known of it?"""

from datetime import datetime, timedelta

import pytest

from schemas.care import Consent
from schemas.codec import change_of
from streams.as_of import Cover, State, covers_of_session, register, state_at
from streams.replay import ChangesFile, case_at
from tests.streams.scenario import Scenario, at, clean_couple, clean_family, clean_group

START = datetime.fromisoformat(at("2026-04-15 18:00"))
MINUTE = timedelta(minutes=1)


def file_of(scenario: Scenario) -> ChangesFile:
    changes = sorted((change_of(change) for change in scenario.changes), key=lambda change: change.at)
    return ChangesFile(tuple(changes), None, None, ())


def covers(scenario: Scenario, moment: datetime | None = None, known: datetime | None = None) -> dict[str, Cover]:
    """By person and kind."""
    case = case_at(file_of(scenario), "S-1", known)
    assert case is not None
    return {f"{cover.person} {cover.kind}": cover for cover in covers_of_session(case, moment)}


def consent(**fields: object) -> Consent:
    return Consent.model_validate({"client": "C", "kind": "treatment", **fields})


@pytest.mark.parametrize(
    ("form", "state"),
    [
        (consent(), State.NOT_SIGNED),
        (consent(signed_at=START), State.HELD),
        (consent(signed_at=START + MINUTE), State.SIGNED_LATER),
        (consent(signed_at=START - MINUTE, expires=START + MINUTE), State.HELD),
        (consent(signed_at=START - MINUTE, expires=START), State.EXPIRED),
        (consent(signed_at=START - MINUTE, revoked_at=START + MINUTE, status="revoked"), State.HELD),
        (consent(signed_at=START - MINUTE, revoked_at=START, status="revoked"), State.REVOKED),
        (consent(signed_at=START - MINUTE, status="revoked"), State.REVOKED),
        (
            consent(
                signed_at=START - MINUTE, revocation={"scope": "partial", "recipients": ["X"], "at": at(str(START))}
            ),
            State.HELD,
        ),
    ],
)
def test_a_form_stands_somewhere_at_every_moment(form: Consent, state: State) -> None:
    assert state_at(form, START) is state


def test_everybody_is_covered_in_a_clean_session() -> None:
    for scenario in (clean_group().recorded("S-1").telehealth("S-1"), clean_couple(), clean_family()):
        found = covers(scenario)
        assert found
        assert [cover for cover in found.values() if not cover.held] == []


def test_a_recorded_session_asks_of_clinicians_too_and_a_minor_signs_no_agreement() -> None:
    assert covers(clean_group().recorded("S-1"))["CL-REYES recording"].consent_ids == ("CON-REYES-recording",)
    assert "C-TEO conjoint_agreement" not in covers(clean_family())


def test_what_happened_later_does_not_change_what_covered_the_session() -> None:
    later = clean_group().change(
        "CON-ANA-treatment", "2026-04-20 09:00", status="revoked", revoked_at=at("2026-04-20 09:00")
    )
    assert covers(later)["C-ANA treatment"].held
    after = covers(later, datetime.fromisoformat(at("2026-04-21 09:00")))["C-ANA treatment"]
    assert after.why_not == "revoked"


def test_a_correction_of_the_record_does() -> None:
    corrected = clean_group().change("CON-ANA-treatment", "2026-04-20 09:00", signed_at=at("2026-04-15 18:01"))
    assert covers(corrected)["C-ANA treatment"].why_not == "signed later"
    known_then = covers(corrected, known=START)["C-ANA treatment"]
    assert known_then.held, "what was known when it started is still to be had"


def test_no_form_is_said_to_be_none() -> None:
    assert (
        covers(clean_group().without("CON-BEN-group_agreement"))["C-BEN group_agreement"].why_not == "no form on file"
    )


def test_a_session_nobody_knew_of_is_none() -> None:
    assert case_at(file_of(clean_group()), "S-9") is None
    assert case_at(file_of(clean_group()), "S-1", datetime.fromisoformat(at("2026-01-01 00:00"))) is None


def test_the_register_has_every_form_of_a_person() -> None:
    case = case_at(file_of(clean_group()), "S-1")
    assert case is not None
    forms = register(case.client("C-ANA"), START)
    assert [(form.consent.data.kind, form.state) for form in forms] == [
        ("billing_release", State.HELD),
        ("group_agreement", State.HELD),
        ("treatment", State.HELD),
    ]
    assert register(case.client("C-NOBODY"), START) == ()
