"""What the local drafter may and may not put where; small sessions, read whole."""

from tests.streams.drafting.built import drafted, reading, texts

ABSENT = [
    {"client_id": "C1", "legal_name": "Ottoline Rasch"},
    {"client_id": "C2", "legal_name": "Barnaby Quill"},
    {"client_id": "C3", "legal_name": "Perpetua Vane", "attendance": "no_show"},
]


def test_what_was_confided_ends_when_everybody_is_there() -> None:
    read = reading(
        "C2: before they come back in i need to say something please don't tell them i lost my job",
        "T: thank you for telling me",
        "T: okay everyone is here how was school",
        "C3: i went three days out of five",
    )
    assert [turn.confided_by for turn in read.turns] == ["C2", "C2", None, None]


def test_a_when_clause_is_no_question() -> None:
    draft = drafted(
        "C3: mom you check my phone every night",
        "C1: i check it because i get scared when you go quiet",
        "C3: when you say you're scared i get it a little more than when you yell",
    )
    assert draft.dyads
    assert not any("asked" in one.text for one in draft.dyads)


def test_one_weak_word_is_no_theme() -> None:
    draft = drafted(
        "B1: C1 felt left alone; C2 leaves so that he does not shout.",
        "B2: No violence reported when asked separately.",
        clients=2,
        kind="couple",
    )
    assert not {"separation and divorce", "boundaries"} & set(draft.themes)


def test_nobody_absent_without_consent_leaves_an_empty_list() -> None:
    draft = drafted(
        "C1: i walked every day",
        "C2: i slept well",
        kind="group",
        participants=ABSENT,
        consents={"ai_assistance": {"C1": True, "C2": True}},
    )
    assert "Not present: ." not in texts(draft, None)
    assert draft.blocked == ()


def test_what_passed_between_people_is_the_shared_response() -> None:
    draft = drafted(
        "C1: Barnaby, i was proud of you when you called them back",
        "C2: Thank you Ottoline, that means a lot to me",
        template="BIRP",
    )
    response = next(one for one in draft.sections if one.client_id is None and one.title == "Response")
    assert any("C1" in sentence.text and "C2" in sentence.text for sentence in response.sentences)
