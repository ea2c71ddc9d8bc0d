"""The last look at the exact bytes: whatever form a known identifier takes, it is seen, and its value never told."""

import json

import pytest

from schemas.session_file import Turn
from streams.drafting.deidentify import Identities, Kind, Person
from tests.streams.drafting.deidentify.corpus import lines
from tests.streams.drafting.deidentify.people import hard_names


@pytest.fixture(scope="module")
def identities() -> Identities:
    return Identities.of(hard_names())


def request(content: object) -> bytes:
    return json.dumps({"model": "m-2026-10-06", "messages": [{"role": "user", "content": content}]}).encode()


def test_a_request_of_cleaned_texts_may_leave(identities: Identities) -> None:
    cleaned = [{"id": str(n), "text": identities.deidentify(line.text).text} for n, line in enumerate(lines())]
    assert identities.leaks(request(json.dumps({"transcript": cleaned}, ensure_ascii=False))) == ()


@pytest.mark.parametrize(
    "content",
    [
        "Robert said no.",
        "rObErT said no.",
        json.dumps({"text": "first line\nRobert said no."}),
        json.dumps(json.dumps({"text": "Siobh\u00e1n said no."})),
        "R\u043ebert said no.",
        "Rob\u200bert said no.",
        "Ｒｏｂｅｒｔ said no.",
        "R%6Fbert said no.",
        "R&#111;bert said no.",
        "R\\u006fbert said no.",
        "R-o-b-e-r-t said no.",
        "Robret said no.",
        "call 603.555.0142",
        "call 6035550142",
        "write to ELIZABETH.GARCIA@example.com",
        "record CP 2041",
        "born 3/3/1980",
        "at 48 maple street",
        "she works at Stonewall Hospice",
        "[C101 is Bob]",
    ],
)
def test_every_form_of_an_identifier_is_seen(identities: Identities, content: str) -> None:
    leaks = identities.leaks(request(content))
    assert leaks
    assert all(leak.where.startswith("messages[0].content") for leak in leaks)
    assert not any(
        name in str(leaks).lower() for name in ("robert", "garcia", "siobh", "555", "2041", "stonewall", "bob")
    )


def test_keys_and_numbers_are_looked_at_too(identities: Identities) -> None:
    assert identities.leaks(json.dumps({"Robert": 1}).encode())[0].kind is Kind.CLIENT
    assert identities.leaks(json.dumps({"number": 6035550142}).encode())[0].kind is Kind.PHONE


def test_bytes_nobody_can_read_do_not_leave(identities: Identities) -> None:
    assert identities.leaks(b"\xff\xfe")
    assert identities.leaks(b"not json, but Robert")


def test_ids_settings_and_scores_are_no_leak(identities: Identities) -> None:
    content = {
        "clients": ["C101", "C102"],
        "scores": "PHQ-9 14, mood 7/10, 45 minutes, 90853",
        "evidence": ["A:C101:1"],
    }
    assert identities.leaks(request(content)) == ()


def test_turn_numbers_are_no_years_and_no_records() -> None:
    session = hard_names()
    spoken = session.model_copy(update={"transcript": (Turn(turn=1899, speaker="C101", text="We did it."),)})
    turn = {"id": "1899", "speaker": "C101", "text": "We did it."}
    assert Identities.of(spoken).leaks(request(json.dumps({"transcript": [turn]}))) == ()
    assert Identities.of(spoken).leaks(f"Draft this.\n\n{json.dumps({'transcript': [turn]})}\n".encode()) == ()
    assert Identities.of(session).leaks(request(json.dumps({"transcript": [turn]})))


def test_our_own_instructions_may_use_a_client_s_name_as_a_word(identities: Identities) -> None:
    instructions = "Mark doubtful sentences. Will they hold? Hope is not evidence."
    assert identities.leaks(request(instructions), trusted=[instructions]) == ()
    assert identities.leaks(request(instructions + "\nWill said so."), trusted=[instructions])


WORDS_AS_NAMES = (
    "I told you that Will drove me home.",
    "will said he was sorry",
    "thanks, grace.",
    "Then Mark left early.",
    "I was sitting beside May.",
    "and joy texted me after group",
    "We hugged, and Hope cried.",
)
WORDS_AS_WORDS = (
    "I will say it again and I hope it helps.",
    "Will you come? Mark the date in May.",
    "There is joy in it, and grace too.",
    "It was May 5 and we may go back in May.",
)


@pytest.fixture(scope="module")
def word_names() -> Identities:
    people = tuple(
        Person((f"{name} Zellinger",), (), f"C{n}", Kind.CLIENT)
        for n, name in enumerate(("Will", "Grace", "Mark", "May", "Joy", "Hope"), 1)
    )
    return Identities(people)


@pytest.mark.parametrize("text", WORDS_AS_NAMES)
def test_a_name_that_is_a_word_is_taken_out_and_does_not_leave(word_names: Identities, text: str) -> None:
    assert word_names.leaks(request(text))
    assert word_names.leaks(request(word_names.deidentify(text).text)) == ()


@pytest.mark.parametrize("text", WORDS_AS_WORDS)
def test_a_word_that_is_a_name_may_stay_a_word(word_names: Identities, text: str) -> None:
    assert {leak.kind for leak in word_names.leaks(request(text))} <= {Kind.DATE}
    assert {removal.kind for removal in word_names.deidentify(text).removals} <= {Kind.DATE}


def test_the_second_look_does_not_rely_on_the_first(word_names: Identities, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.drafting.deidentify.finding.meant_as_name", lambda *_args, **_more: False)
    assert all(word_names.leaks(request(text)) for text in WORDS_AS_NAMES)


def test_a_word_goes_with_its_own_last_name_an_initial_with_its_point_and_what_one_is_called() -> None:
    identities = Identities((Person(("Will Pfeiffer",), (), "C1", Kind.CLIENT),))
    assert identities.deidentify("i saw will pfeifer at the store").text == "i saw C1 at the store"
    assert identities.deidentify("W. said it was late").text == "C1. said it was late"
    assert "Peaches" not in identities.deidentify("they call me Peaches at work").text
