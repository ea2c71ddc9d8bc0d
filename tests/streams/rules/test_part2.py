"""Is a SUD program's record protected as 42 CFR Part 2 asks? C10, C11 and C12, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import PART2_ELEMENTS, TPO_ELEMENTS, Case, Scenario, at, block, clean_group, holds, warn

BEN = {"client": "C-BEN"}
CLAIM = {**BEN, "session": "S-1", "claim": "K-S-1-BEN"}
TPO = {**BEN, "consent": "CON-BEN-part2_tpo"}
RELEASE = {**BEN, "message": "D-1"}
C10_CLAIM, B46 = block("C10", **CLAIM), block("B46", **CLAIM)
C10_RELEASE = block("C10", **RELEASE)


def program(**tpo: Any) -> Scenario:
    """Ben is a patient of the practice's SUD program, and has a complete TPO consent."""
    scenario = clean_group().set("PR-1", part2_program=True).set("C-BEN", sud_program=True).tpo("BEN")
    return scenario.set("CON-BEN-part2_tpo", **tpo) if tpo else scenario


def no_tpo() -> Scenario:
    return program().without("CON-BEN-part2_tpo")


REVOKED = {"status": "revoked"}


def partly(*recipients: str, in_writing: bool = True) -> Scenario:
    revocation = {"scope": "partial", "recipients": list(recipients), "in_writing": in_writing}
    return program(revocation={**revocation, "at": at("2026-04-01 09:00")})


def ai(scenario: Scenario, **vendor: bool) -> Scenario:
    scenario.policy["ai_vendor"] = vendor
    return scenario.ai_draft("S-1")


def sent(scenario: Scenario, **fields: Any) -> Scenario:
    return scenario.disclosure("D-1", "BEN", **{"under_consents": ["CON-BEN-part2_tpo"], **fields})


def specific(scenario: Scenario, **fields: Any) -> Scenario:
    known = {
        "elements": list(PART2_ELEMENTS),
        "recipients": ["Cook County Probation"],
        "purpose": "Probation report",
        "expires": at("2026-12-31 23:59"),
        "id_": "CON-BEN-specific",
    }
    return scenario.consent("BEN", "part2_specific", **{**known, **fields})


PROBATION = {
    "under_consents": ["CON-BEN-specific"],
    "recipient": {"name": "Cook County Probation", "class": "court"},
    "purpose": "Probation report",
}
AI = block("C10", **BEN, session="S-1", note="N-AI")

C10: dict[str, Case] = {
    "a claim waits without a TPO consent": (no_tpo(), [C10_CLAIM, B46]),
    "a claim waits with one": (program(), []),
    "a claim waits after it was revoked": (
        program(**REVOKED, revoked_at=at("2026-04-10 09:00")),
        [C10_CLAIM, B46],
    ),
    "a claim waits and it has expired": (program(expires=at("2026-04-10 09:00")), [C10_CLAIM, B46]),
    "the practice is no Part 2 program": (no_tpo().set("PR-1", part2_program=False), []),
    "the client is no patient of the program": (no_tpo().set("C-BEN", sud_program=False), []),
    "whether the client is the program's patient is not recorded": (
        no_tpo().set("C-BEN", sud_program=None),
        [warn("C10", **CLAIM)],
    ),
    "revoked for the health plan": (partly("health plans"), [C10_CLAIM, B46]),
    "revoked for this payer by name": (partly("Prairie Mutual"), [C10_CLAIM, B46]),
    "revoked for this payer by its id": (partly("PAY-COM"), [C10_CLAIM, B46]),
    "revoked for another payer": (partly("Lakefront Health"), []),
    "revoked for the family doctor": (partly("Dr. Ito"), []),
    "revoked for the health plan by word of mouth": (partly("health plans", in_writing=False), []),
    "an AI draft, the vendor bound by a QSOA": (ai(no_tpo(), qsoa=True, baa=False).self_paid("BEN"), []),
    "an AI draft, the vendor bound by nothing, no TPO consent": (
        ai(no_tpo(), qsoa=False, baa=False).self_paid("BEN"),
        [AI],
    ),
    "an AI draft, the vendor bound by nothing, with a TPO consent": (ai(program(), qsoa=False, baa=False), []),
    "an AI draft of a session the patient missed": (
        ai(no_tpo(), qsoa=False, baa=False).miss("S-1", "BEN"),
        [],
    ),
    "a disclosure goes out without any Part 2 consent": (
        sent(no_tpo().self_paid("BEN"), under_consents=[]),
        [C10_RELEASE],
    ),
    "a disclosure waits without any Part 2 consent": (
        sent(no_tpo().self_paid("BEN"), under_consents=[], status="pending", sent_at=None),
        [C10_RELEASE],
    ),
    "a disclosure goes out under the TPO consent": (sent(program()), []),
    "a disclosure goes out under a consent of its own": (
        specific(sent(no_tpo().self_paid("BEN"), **PROBATION)),
        [],
    ),
    "in a medical emergency": (
        sent(no_tpo().self_paid("BEN"), under_consents=[], purpose="Medical emergency"),
        [],
    ),
    "to the patient": (
        sent(
            no_tpo().self_paid("BEN"),
            under_consents=[],
            recipient={"name": None, "class": "patient"},
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", C10.values(), ids=C10.keys())
def test_nothing_about_a_sud_patient_leaves_without_a_part2_consent(case: Case) -> None:
    holds(case)


def lacks(*elements: str) -> Scenario:
    return program(elements=[element for element in TPO_ELEMENTS if element not in elements])


C11_TPO = block("C11", **TPO)
COURT = {"recipient": {"name": "Cook County Court", "class": "court"}, "purpose": "treatment"}

C11: dict[str, Case] = {
    **{f"a TPO consent without {element}": (lacks(element), [C11_TPO]) for element in TPO_ELEMENTS},
    "a TPO consent whose expiry is none": (program(expires_text="none"), []),
    "which elements it has is not recorded": (program(elements=[]), [warn("C11", **TPO)]),
    "a deficient one that was revoked": (
        program(elements=[], **REVOKED, revoked_at=at("2026-04-01 09:00")).self_paid("BEN"),
        [],
    ),
    "a deficient one beside a complete one": (lacks("date").tpo("BEN", id_="CON-BEN-tpo2"), []),
    "not a Part 2 program's": (lacks("date").set("PR-1", part2_program=False), []),
    "a specific consent needs no redisclosure statement": (specific(program()), []),
    "a specific consent whose expiry is none": (
        specific(program(), expires=None, expires_text="none"),
        [block("C11", **BEN, consent="CON-BEN-specific")],
    ),
    "a specific consent that ends with an event": (
        specific(program(), expires=None, expires_text="end of probation"),
        [],
    ),
    "its recipients do not cover the payer": (
        program(recipients=["my treating providers"]),
        [block("C11", **CLAIM, consent="CON-BEN-part2_tpo")],
    ),
    "its recipients name the payer": (program(recipients=["Prairie Mutual"]), []),
    "its recipients are third-party payers": (program(recipients=["third_party_payers"]), []),
    "a disclosure to a provider": (sent(program()), []),
    "a disclosure to somebody of a class nobody can place": (
        sent(program(), recipient={"name": "Harbor House", "class": "recovery_residence"}),
        [],
    ),
    "a disclosure to a court": (
        sent(program(), **COURT),
        [block("C11", **RELEASE, consent="CON-BEN-part2_tpo")],
    ),
    "a disclosure to somebody the specific consent names": (specific(sent(program(), **PROBATION)), []),
    "a disclosure to somebody else": (
        specific(sent(program(), **{**PROBATION, "recipient": {"name": "DuPage County Probation", "class": "court"}})),
        [block("C11", **RELEASE, consent="CON-BEN-specific")],
    ),
}


@pytest.mark.parametrize("case", C11.values(), ids=C11.keys())
def test_a_part2_consent_is_complete_and_covers_the_recipient(case: Case) -> None:
    holds(case)


C12_ = block("C12", **RELEASE)

C12: dict[str, Case] = {
    "sent without the notice": (sent(program(), part2_notice=False), [C12_]),
    "sent without a copy of the consent": (sent(program(), consent_copy=False), [C12_]),
    "sent without either": (sent(program(), part2_notice=False, consent_copy=False), [C12_]),
    "sent with both": (sent(program()), []),
    "whether the notice went with it is not recorded": (sent(program(), part2_notice=None), [warn("C12", **RELEASE)]),
    "not sent yet": (sent(program(), status="pending", sent_at=None, part2_notice=False, consent_copy=False), []),
    "of a patient whom Part 2 does not cover": (
        clean_group()
        .roi("BEN")
        .disclosure("D-1", "BEN", under_consents=["CON-BEN-roi"], part2_notice=False, consent_copy=False),
        [],
    ),
    "in a practice that is no Part 2 program": (
        sent(program(), part2_notice=False).set("PR-1", part2_program=False),
        [],
    ),
}


@pytest.mark.parametrize("case", C12.values(), ids=C12.keys())
def test_with_a_part2_disclosure_go_notice_and_consent(case: Case) -> None:
    holds(case)
