"""May an AI read and write about these people? C09 and the AI half of C13, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, at, block, clean_couple, clean_group, holds, warn

BEN = {"session": "S-1", "client": "C-BEN", "note": "N-AI"}
BEN_C09, BEN_C09_WARN = block("C09", **BEN), warn("C09", **BEN)
EVERYBODY = ("ANA", "BEN", "CLEO", "DREW")


def drafted(**note: Any) -> Scenario:
    return clean_group().ai_draft("S-1", **note)


def refused(**note: Any) -> Scenario:
    return drafted(**note).without("CON-BEN-ai_assistance")


def consent(**fields: Any) -> Scenario:
    return drafted().set("CON-BEN-ai_assistance", **fields)


C09: dict[str, Case] = {
    "one participant never consented": (refused(), [BEN_C09]),
    "everybody consented": (drafted(), []),
    "one participant's consent had expired": (consent(expires=at("2026-04-15 19:30")), [BEN_C09]),
    "one participant revoked before it was asked for": (
        consent(status="revoked", revoked_at=at("2026-04-15 19:30")),
        [BEN_C09],
    ),
    "signed while it still waits": (consent(signed_at=at("2026-04-16 09:00")), []),
    "signed only when it had been written": (
        drafted(status="draft", text="Draft.").set("CON-BEN-ai_assistance", signed_at=at("2026-04-16 09:00")),
        [BEN_C09],
    ),
    "who never consented did not come": (refused().miss("S-1", "BEN"), []),
    "it reads the clinician's own notes only": (refused(context=["session_outline"]), [BEN_C09_WARN]),
    "it reads earlier notes and plans besides": (
        refused(context=["session_outline", "last_notes", "plan_goals"]),
        [BEN_C09],
    ),
    "it is about a member who consented": (refused(client="C-ANA"), [BEN_C09_WARN]),
    "it is about the member who did not consent": (refused(client="C-BEN"), [BEN_C09]),
    "somebody who came unbooked never consented": (
        drafted()
        .patient("EDA")
        .group_agreement("EDA")
        .attend("S-1", "EDA")
        .note("S-1", "EDA", "90853")
        .claim("S-1", "EDA", "90853")
        .set("N-S-1-SHARED", participant_count=5),
        [block("C09", session="S-1", client="C-EDA", note="N-AI")],
    ),
    "in Illinois without written notice": (consent(written_notice=False), [BEN_C09]),
    "in Illinois without a purpose": (consent(purpose=None), [BEN_C09]),
    "in Illinois, and whether there was a notice is not recorded": (consent(written_notice=None), [BEN_C09_WARN]),
    "in Indiana without written notice": (
        consent(written_notice=False)
        .set("S-1", state="IN")
        .set("CL-REYES", licenses=[{"state": s, "number": s, "from": "2019-01-01", "to": None} for s in ("IL", "IN")]),
        [],
    ),
    "a note a person wrote asks for nothing": (refused().without("N-AI"), []),
    "both of a couple are asked": (
        clean_couple().ai_draft("S-1").without("CON-QUINN-ai_assistance"),
        [block("C09", session="S-1", client="C-QUINN", note="N-AI")],
    ),
}


@pytest.mark.parametrize("case", C09.values(), ids=C09.keys())
def test_an_ai_draft_needs_the_consent_of_every_participant(case: Case) -> None:
    holds(case)


READS = ["session_outline", "last_notes", "psychotherapy_notes"]


def authorized(*who: str, kind: str = "psychotherapy_notes_authorization", **fields: Any) -> Scenario:
    scenario = drafted(context=READS)
    for member in who:
        scenario.consent(member, kind, **{"recipients": ["AI vendor"], "purpose": "Drafting session notes", **fields})
    return scenario


ALL_C13 = [block("C13", session="S-1", client=f"C-{who}", note="N-AI") for who in EVERYBODY]

C13: dict[str, Case] = {
    "psychotherapy notes without any authorization": (drafted(context=READS), ALL_C13),
    "everybody authorized it": (authorized(*EVERYBODY), []),
    "one did not": (authorized("ANA", "CLEO", "DREW"), [block("C13", **BEN)]),
    "a general release is none": (authorized(*EVERYBODY, kind="roi"), ALL_C13),
    "the authorization for the other kind of notes is none": (
        authorized(*EVERYBODY, kind="sud_counseling_notes_authorization"),
        ALL_C13,
    ),
    "it expired before": (authorized(*EVERYBODY, expires=at("2026-04-01 09:00")), ALL_C13),
    "about one member only that one is asked": (
        authorized("BEN").set("N-AI", client="C-BEN"),
        [],
    ),
    "SUD counselling notes without any authorization": (
        drafted(client="C-BEN", context=["session_outline", "sud_counseling_notes"]),
        [block("C13", **BEN)],
    ),
    "of a couple only the patient has such notes": (
        clean_couple().ai_draft("S-1", context=READS),
        [block("C13", session="S-1", client="C-PAT", note="N-AI")],
    ),
}


@pytest.mark.parametrize("case", C13.values(), ids=C13.keys())
def test_separate_notes_are_read_only_with_their_own_authorization(case: Case) -> None:
    holds(case)
