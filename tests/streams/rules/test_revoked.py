"""Which jobs still wait on a consent that has been revoked since? C14, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, at, block, clean_group, hold, holds

BEN = {"session": "S-1", "client": "C-BEN"}
AI = hold("C14", **BEN, note="N-AI", consent="CON-BEN-ai_assistance")
CLAIM = hold("C14", **BEN, claim="K-S-1-BEN", consent="CON-BEN-billing_release")
D1 = hold("C14", client="C-BEN", message="D-1", consent="CON-BEN-roi")
LATER = {"status": "revoked", "revoked_at": at("2026-04-16 12:30")}
"""After the draft was asked for (15 April), the claim was queued and the disclosure entered (16 April 11:00)."""


def drafted(**note: Any) -> Scenario:
    return clean_group().ai_draft("S-1", **note)


def waiting(**fields: Any) -> Scenario:
    known = {"under_consents": ["CON-BEN-roi"], "status": "pending", "sent_at": None}
    return clean_group().roi("BEN").disclosure("D-1", "BEN", **{**known, **fields})


def partly(*recipients: str) -> dict[str, Any]:
    return {
        "revocation": {
            "scope": "partial",
            "recipients": list(recipients),
            "in_writing": True,
            "at": at("2026-04-16 12:30"),
        }
    }


C14: dict[str, Case] = {
    "an AI draft is queued": (drafted().set("CON-BEN-ai_assistance", **LATER), [AI]),
    "an AI draft has been made": (drafted(status="draft", text="Draft.").set("CON-BEN-ai_assistance", **LATER), [AI]),
    "an AI draft has been signed": (
        drafted(status="signed", text="Reviewed.").set("CON-BEN-ai_assistance", **LATER),
        [],
    ),
    "revoked before the draft was asked for is C09's": (
        drafted().set("CON-BEN-ai_assistance", status="revoked", revoked_at=at("2026-04-15 19:30")),
        [block("C09", **BEN, note="N-AI")],
    ),
    "a draft about another member": (drafted(client="C-ANA").set("CON-BEN-ai_assistance", **LATER), []),
    "consented again since": (
        drafted()
        .set("CON-BEN-ai_assistance", **LATER)
        .consent(
            "BEN",
            "ai_assistance",
            signed="2026-04-16 13:00",
            id_="CON-BEN-again",
            purpose="Drafting session notes",
            written_notice=True,
        ),
        [],
    ),
    "the recording consent, and the draft reads the transcript": (
        drafted().recorded("S-1").set("CON-BEN-recording", **LATER),
        [hold("C14", **BEN, note="N-AI", consent="CON-BEN-recording")],
    ),
    "the recording consent, and the draft does not read the transcript": (
        drafted(context=["session_outline", "last_notes"]).recorded("S-1").set("CON-BEN-recording", **LATER),
        [],
    ),
    "who revoked had missed the session": (
        drafted().set("CON-BEN-ai_assistance", **LATER).miss("S-1", "BEN"),
        [],
    ),
    "a claim is queued under the billing release": (clean_group().set("CON-BEN-billing_release", **LATER), [CLAIM]),
    "the claim had gone out": (
        clean_group()
        .set("CON-BEN-billing_release", **LATER)
        .change("K-S-1-BEN", "2026-04-16 08:00", status="submitted", submitted_at=at("2026-04-16 08:00")),
        [],
    ),
    "the treatment consent leaves what was done": (clean_group().set("CON-BEN-treatment", **LATER), []),
    "a disclosure waits under the release": (waiting().set("CON-BEN-roi", **LATER), [D1]),
    "a disclosure waits, and the release was revoked for its recipient": (
        waiting().set("CON-BEN-roi", **partly("Dr. Ito")),
        [D1],
    ),
    "a disclosure waits, and the release was revoked for another": (
        waiting().set("CON-BEN-roi", **partly("Dr. Lee")),
        [],
    ),
    "the disclosure had been sent": (
        waiting(status="sent", sent_at=at("2026-04-16 12:00")).set("CON-BEN-roi", **LATER),
        [],
    ),
    "a claim of a SUD patient is queued under the TPO consent": (
        clean_group()
        .set("PR-1", part2_program=True)
        .set("C-BEN", sud_program=True)
        .tpo("BEN")
        .set("CON-BEN-part2_tpo", **LATER),
        [
            hold("C14", **BEN, claim="K-S-1-BEN", consent="CON-BEN-part2_tpo"),
            block("C10", **BEN, claim="K-S-1-BEN"),
            block("B46", **BEN, claim="K-S-1-BEN"),
        ],
    ),
}


@pytest.mark.parametrize("case", C14.values(), ids=C14.keys())
def test_a_job_does_not_go_on_when_its_consent_is_revoked(case: Case) -> None:
    holds(case)
