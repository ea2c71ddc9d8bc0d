"""Risk: questions belong to nobody, bare answers to whoever was asked, silence is not a denial."""

from typing import Any

from tests.streams.drafting.built import drafted, texts


def found(*lines: str, **changes: Any) -> set[tuple[str | None, str, str]]:
    """Who, topic and polarity, of all that is not merely unsaid."""
    return {
        (one.client_id, one.topic, one.polarity)
        for one in drafted(*lines, **changes).risk
        if one.polarity != "not_assessed"
    }


def unsaid(*lines: str, **changes: Any) -> set[str | None]:
    """Whose risk is not documented as assessed."""
    return {one.client_id for one in drafted(*lines, **changes).risk if one.polarity == "not_assessed"}


def test_a_bare_no_is_linked_to_its_question_and_nobody_else_has_denied() -> None:
    lines = ("T: Perpetua, any thoughts of suicide?", "C3: No.")
    assert found(*lines) == {("C3", "suicide", "negated")}
    assert unsaid(*lines) == {"C1", "C2"}
    assert "denies" not in texts(drafted(*lines), "C1").lower()


def test_a_question_to_all_is_answered_by_each_who_answers_and_passed_on_by_name() -> None:
    lines = (
        "T: Has anyone had thoughts of hurting themselves?",
        "C1: No.",
        "C3: nope",
        "T: And you, Barnaby?",
        "C2: Never.",
    )
    assert found(*lines) == {(who, "self_harm", "negated") for who in ("C1", "C2", "C3")}


def test_a_yes_to_do_you_feel_safe_is_reassuring() -> None:
    assert found("T: Ottoline, do you feel safe at home?", "C1: Yes.") == {("C1", "violence", "negated")}
    assert found("T: Ottoline, do you feel safe at home?", "C1: No.") == {("C1", "violence", "affirmed")}


def test_a_reply_that_is_neither_is_not_assessed_with_its_words() -> None:
    draft = drafted("T: Perpetua, any thoughts of suicide?", "C3: Can we talk about something else?")
    (one,) = [item for item in draft.risk if item.client_id == "C3"]
    assert one.polarity == "not_assessed"
    assert one.evidence == ("1", "2")


def test_a_report_about_somebody_in_the_room_is_theirs_and_their_section_does_not_say_whose() -> None:
    draft = drafted("C1: Perpetua told me she wants to kill herself.")
    assert ("C3", "third_party") in {(one.client_id, one.polarity) for one in draft.risk}
    assert "Another family member said" in texts(draft, "C3")
    assert "C1" not in texts(draft, "C3")
    assert "kill" not in texts(draft, "C1")


def test_the_outline_and_forms_count_and_not_asked_is_no_denial() -> None:
    assert found("B1: Perpetua denies SI") == {("C3", "suicide", "negated")}
    assert unsaid("B1: SI not asked, ran out of time") == {"C1", "C2", "C3"}
    people = [{"client_id": "C1", "checkin_form": {"thoughts_of_suicide": "no"}}]
    assert found(participants=people) == {("C1", "suicide", "negated")}
    people = [{"client_id": "C1", "checkin_form": {"suicidal": True}}]
    assert found(participants=people) == {("C1", "suicide", "affirmed")}


def test_a_past_that_is_told_leaves_the_present_unassessed() -> None:
    draft = drafted("C2: I tried to kill myself when I was nineteen.")
    assert "Current risk is not documented as assessed." in texts(draft, "C2")
    assert draft.urgent == ()


def test_a_round_goes_on_after_one_of_them_was_asked_more() -> None:
    lines = (
        "T: Since last week, any thoughts of ending your life?",
        "C1: Not really. I mean on the balcony I thought, what if I jumped off the balcony.",
        "T: Did you have any intent, Ottoline?",
        "C1: No. None.",
        "C2: No.",
        "C3: No, not since the clinic. That was in 2018.",
    )
    assert found(*lines) >= {
        ("C1", "suicide", "affirmed"),
        ("C1", "safety", "negated"),
        ("C2", "suicide", "negated"),
        ("C3", "suicide", "negated"),
        ("C3", "suicide", "historical"),
    }


def test_a_new_question_is_not_the_old_one_passed_on() -> None:
    lines = (
        "T: And the cutting, Ottoline?",
        "C1: Not since May.",
        "T: Barnaby, how was your evening?",
        "C2: I didn't cook.",
    )
    assert ("C2", "self_harm", "negated") not in found(*lines)


def test_an_interpreter_speaks_for_the_client() -> None:
    lines = ("T: Has anyone had thoughts of suicide?", "C1: (through interpreter) She says no, never.", "C2: No.")
    assert ("C1", "suicide", "negated") in found(*lines)
    assert ("C1", "suicide", "affirmed") in found("C1: (through interpreter) She says she wants to kill herself.")


def test_last_year_and_not_now_is_of_the_past() -> None:
    lines = ("T: Perpetua, do you ever have thoughts of killing yourself?", "C3: Last year, yeah. Not now.")
    assert found(*lines) == {("C3", "suicide", "historical")}


def test_what_was_told_of_another_is_asked_back() -> None:
    lines = (
        "C1: If he goes I will kill myself, that's what my mother always said.",
        "T: That was your mother. And what about you, Ottoline?",
        "C1: Me? No.",
    )
    assert found(*lines) == {("C1", "suicide", "third_party"), ("C1", "suicide", "negated")}


def test_a_line_with_two_denials_denies_both_and_a_relative_s_death_is_the_relative_s() -> None:
    assert found("B1: Barnaby: no aggression, no SI") == {("C2", "suicide", "negated")}
    polarities = {one for one in found("B1: Barnaby's uncle d. by suicide 1997") if one[1] == "suicide"}
    assert polarities == {("C2", "suicide", "third_party")}
