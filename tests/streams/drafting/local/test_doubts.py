"""Turns whose speaker is not certain are shown and attributed to nobody."""

from tests.streams.drafting.built import drafted, reading, texts


def test_another_name_oneself_called_and_no_name_at_all_raise_doubts() -> None:
    said = reading("C1: I'm Perpetua, hi.", "C2: Barnaby, you never help.", "U: I do.", "GUEST: me too", "C3: Hi Mom.")
    assert set(said.doubts) == {1, 2, 3, 4}


def test_what_is_doubtful_is_in_nobodys_section() -> None:
    draft = drafted("T: How was the week?", "C2: Barnaby, I crashed the car on Tuesday because of you.", "C1: Fine.")
    assert [doubt.turn for doubt in draft.speaker_doubts] == [2]
    assert "crashed" not in texts(draft, "C2") + texts(draft, "C1") + texts(draft, None)


def test_risk_in_a_turn_of_nobody_is_kept_for_review() -> None:
    draft = drafted("T: Anything else?", "U: I've been thinking about killing myself.")
    assert [(one.client_id, one.polarity) for one in draft.risk if one.evidence] == [(None, "affirmed")]
    assert [one.evidence for one in draft.urgent] == [("2",)]
