"""Who may be drafted about and from what: one missing recording consent, one missing AI consent, absent keys."""

from typing import Any

from schemas.session_file import Session
from streams.drafting.deidentify import Identities
from streams.drafting.gates import admit
from streams.drafting.grounding import grounded
from streams.drafting.local.drafter import draft_locally
from streams.drafting.material import material_of


def session(**changes: Any) -> Session:
    """A couple of whom each says something about the other."""
    raw: dict[str, Any] = {
        "id": "s",
        "kind": "couple",
        "participants": [
            {"client_id": "A1", "legal_name": "Rosalind Teague", "plan_goals": [{"id": "A1-G1", "text": "Sleep"}]},
            {"client_id": "A2", "legal_name": "Magnus Orlov", "checkin_form": {"mood": 2}},
        ],
        "therapist_outline": [{"id": "B1", "text": "R slept 7 hrs"}, {"id": "B2", "text": "Magnus lost his job"}],
        "transcript": [
            {"turn": 1, "speaker": "THERAPIST", "text": "How was the week?"},
            {"turn": 2, "speaker": "A2", "text": "They fired me on Monday and I drank."},
            {"turn": 3, "speaker": "A1", "text": "Magnus came home drunk. He broke the lamp. I slept at my sister's."},
            {"turn": 4, "speaker": "A1", "text": "I slept seven hours every night."},
        ],
    }
    return Session.model_validate(raw | changes)


def texts(one: Session) -> str:
    """Everything a draft of it says."""
    material = material_of(one, Identities.of(one))
    return grounded(draft_locally(material), material).model_dump_json()


def test_an_absent_key_means_that_the_author_vouches_for_all() -> None:
    admitted = admit(session())
    assert admitted.transcript_used
    assert admitted.client_ids == ("A1", "A2")
    assert admitted.blocked == ()


def test_one_missing_recording_consent_keeps_the_whole_transcript_out() -> None:
    for given in (
        {"A1": True},
        {"A1": True, "A2": False},
        {"A1": True, "A2": None},
        None,
        {"A1": True, "A2": True, "K": False},
    ):
        admitted = admit(session(consents={"recording": given}))
        assert not admitted.transcript_used
        assert admitted.session.transcript == ()
        assert len(admitted.blocked) == 1
    draft = texts(session(consents={"recording": {"A1": True}}))
    assert "seven" not in draft
    assert "7 hrs" in draft


def test_nothing_said_by_or_about_somebody_without_ai_consent_is_used() -> None:
    one = session(consents={"ai_assistance": {"A1": True}})
    admitted = admit(one)
    assert admitted.client_ids == ("A1",)
    assert "A2" in admitted.blocked[0]
    draft = texts(one)
    for word in ("drank", "drunk", "lamp", "job", "fired", "mood"):
        assert word not in draft
    assert "seven hours" in draft


def test_everybody_without_consent_leaves_no_section() -> None:
    admitted = admit(session(consents={"ai_assistance": {}}))
    assert admitted.client_ids == ()
    assert admitted.blocked[-1].startswith("Nobody who was present")


def test_the_absent_need_not_consent_to_a_recording() -> None:
    people = [{"client_id": "A1"}, {"client_id": "A2", "attendance": "no_show"}]
    admitted = admit(session(participants=people, consents={"recording": {"A1": True, "A2": False}}))
    assert admitted.transcript_used
    assert admitted.absent == {"A2"}
