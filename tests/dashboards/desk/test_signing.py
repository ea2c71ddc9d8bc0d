"""Before a signature: who may sign, what a note may say about others, and what leaves for the EHR."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dashboards.console.rights import Role
from dashboards.desk.chart_facts import ClientFacts, ClinicianFacts, EarlierNote, Licence
from dashboards.desk.names import named_in
from dashboards.desk.review import Line, Review, decided, edited, opened
from dashboards.desk.signing import Code, notes_to_write, problems
from tests.dashboards.desk.samples import CLIENTS, CLINICIAN, NOW, a_draft, approved, lines, person, some_facts

SIGNER = next(one for one in some_facts().clinicians if one.clinician_id == CLINICIAN)


def with_text(key: str, *texts: str, review: Review | None = None) -> Review:
    """The approved draft with another text in one section."""
    now = review or approved()
    section = now.section(key)
    assert section is not None
    typed = edited(now, person(Role.CLINICIAN), key, section.version, lines(*texts))
    assert isinstance(typed, tuple)
    done = decided(typed[0], person(Role.CLINICIAN), key, typed[1].version, "approved", NOW)
    assert isinstance(done, tuple)
    return done[0]


def codes(review: Review, signer: ClinicianFacts | None = SIGNER, **changes: object) -> set[str]:
    return {problem.code.value for problem in problems(review, some_facts(**changes), signer, NOW)}


def test_an_approved_draft_of_ones_own_session_has_no_problem() -> None:
    assert codes(approved()) == set()


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        (None, Code.NOT_A_CLINICIAN),
        (replace(SIGNER, excluded=True), Code.EXCLUDED),
        (replace(SIGNER, credential=""), Code.NO_CREDENTIAL),
        (replace(SIGNER, licences=(Licence("WI", None, None),)), Code.NO_LICENCE),
        (replace(SIGNER, licences=(Licence("IL", None, date(2026, 11, 22)),)), Code.NO_LICENCE),
        (replace(SIGNER, supervised=True), Code.NO_SUPERVISOR),
        (replace(SIGNER, clinician_id="CL-9"), Code.DOCUMENTS_FOR_ANOTHER),
    ],
)
def test_who_signs_is_checked_against_the_ehr(signer: ClinicianFacts | None, code: Code) -> None:
    assert codes(approved(), signer) == {code}


@pytest.mark.parametrize(
    "text",
    [
        "C-1 sat beside Tobias Everhart.",
        "C-1 was comforted by tobias.",
        "C-1 liked what Everhart’s brother said.",
        "C-1 and TOBIAS argued.",
        "C-1 met Tobías afterwards.",
        "C-1 called Toby for help.",
    ],
)
def test_another_clients_name_in_a_note_blocks_however_it_is_written(text: str) -> None:
    others = tuple(
        ClientFacts(
            one,
            {"C-1": "Marisol Quintana", "C-2": "Tobias Everhart", "C-3": "Leilani Okafor"}[one],
            ("Toby",) if one == "C-2" else (),
            attended="attended",
        )
        for one in CLIENTS
    )
    assert codes(with_text("C-1", text), clients=others) == {Code.NAMES_ANOTHER}


def test_ones_own_name_and_a_shared_family_name_do_not_block() -> None:
    family = tuple(
        ClientFacts(one, name, attended="attended")
        for one, name in (("C-1", "Marisol Quintana"), ("C-2", "Teo Quintana"), ("C-3", "Leilani Okafor"))
    )
    assert codes(with_text("C-1", "Marisol Quintana slept well."), clients=family) == set()
    assert codes(with_text("C-1", "Marisol spoke with Teo."), clients=family) == {Code.NAMES_ANOTHER}


def test_a_name_that_is_a_word_counts_where_it_is_meant_as_a_name() -> None:
    grace = ClientFacts("C-2", "Grace Hill")
    assert named_in("She found some grace. Hope returned, and will return.", [grace]) == ()
    assert named_in("She spoke with Grace about it.", [grace]) == ("C-2",)


def test_the_shared_part_names_nobody() -> None:
    assert codes(with_text("shared", "Marisol led the exercise.")) == {Code.NAMES_ANOTHER}


def test_what_was_said_in_confidence_does_not_go_into_the_shared_part() -> None:
    now = approved()
    shared = now.section("shared")
    assert shared is not None
    told = replace(shared, lines=(Line("Somebody drinks again.", flags=("restricted",)),))
    sections = tuple(told if section.key == "shared" else section for section in now.sections)
    assert codes(replace(now, sections=sections)) == {Code.RESTRICTED_SHARED}


def test_a_cloned_section_warns_and_one_of_its_own_does_not() -> None:
    said = "{} took part in the exercise, stayed for the whole session and said that the week had been hard at home."
    now = with_text("C-2", said.format("C-2"), review=with_text("C-1", said.format("C-1")))
    found = [problem for problem in problems(now, some_facts(), SIGNER, NOW) if problem.code == Code.CLONED]
    assert [(problem.severity, problem.keys) for problem in found] == [("warn", ("C-1", "C-2"))]


def test_each_client_gets_one_note_that_speaks_of_nobody_else() -> None:
    now = with_text("C-1", "C-1 answered C-2 kindly.")
    notes = {note.client_id: note for note in notes_to_write(now, some_facts(), SIGNER, NOW)}
    assert set(notes) == {None, *CLIENTS}
    assert "Marisol Quintana answered another group member kindly." in notes["C-1"].text
    shared = notes[None]
    assert (shared.kind, shared.participant_count) == ("group_shared", 3)
    assert "Group session “Calm Evenings”, 2026-11-23, 16:00 to 17:30 (90 minutes), in person, 3 participants." in (
        shared.text
    )
    for note in notes.values():
        assert set(note.linked_keys) == {other.idempotency_key for other in notes.values()} - {note.idempotency_key}
        assert note.signed_by == CLINICIAN
        assert not note.late_entry


def test_the_same_draft_always_has_the_same_keys_and_another_one_others() -> None:
    first = notes_to_write(approved(), some_facts(), SIGNER, NOW)
    later = notes_to_write(approved(), some_facts(), SIGNER, NOW + timedelta(hours=1))
    other = notes_to_write(approved(opened(a_draft(draft_id="D-other"))), some_facts(), SIGNER, NOW)
    assert [note.idempotency_key for note in first] == [note.idempotency_key for note in later]
    assert not {note.idempotency_key for note in first} & {note.idempotency_key for note in other}


def test_a_client_whose_note_is_signed_already_is_left_out_or_gets_an_addendum() -> None:
    earlier = EarlierNote("N-7", "S-1", "progress", "signed", NOW.date(), "Signed before.", True)
    clients = (replace(some_facts().clients[0], notes=(earlier,)), *some_facts().clients[1:])
    facts = some_facts(clients=clients)
    assert codes(approved(), clients=clients) == {Code.ALREADY_SIGNED}
    assert {note.client_id for note in notes_to_write(approved(), facts, SIGNER, NOW)} == {None, "C-2", "C-3"}
    now = approved()
    sections = tuple(replace(section, addendum=section.key == "C-1") for section in now.sections)
    notes = {note.client_id: note for note in notes_to_write(replace(now, sections=sections), facts, SIGNER, NOW)}
    assert (notes["C-1"].kind, notes["C-1"].addendum_to) == ("addendum", "N-7")


def test_a_late_signature_says_so_in_the_note() -> None:
    notes = notes_to_write(approved(), some_facts(), SIGNER, NOW + timedelta(hours=30))
    assert all(note.late_entry and note.text.startswith("Late entry, written 2026-11-24") for note in notes)


def test_a_family_session_puts_the_shared_part_into_each_note_and_a_relative_gets_none() -> None:
    clients = (some_facts().clients[0], replace(some_facts().clients[1], patient=False))
    now = approved(opened(a_draft(kind="family", clients=CLIENTS[:2])))
    facts = some_facts(kind="family", clients=clients)
    [note] = notes_to_write(now, facts, SIGNER, NOW)
    assert note.client_id == "C-1"
    assert "The session as a whole" in note.text
    assert "The group practised paced breathing." in note.text
    assert codes(now, kind="family", clients=clients) == {Code.NOBODYS_CHART}


def test_a_part_2_client_s_note_carries_the_notice() -> None:
    clients = (replace(some_facts().clients[0], part2=True), *some_facts().clients[1:])
    notes = {note.client_id: note for note in notes_to_write(approved(), some_facts(clients=clients), SIGNER, NOW)}
    assert "42 CFR part 2 prohibits unauthorized use or disclosure" in notes["C-1"].text
    assert notes["C-1"].part2_notice
    assert not notes["C-2"].part2_notice


def test_who_documents_for_another_does_so_under_their_own_name() -> None:
    other = replace(SIGNER, clinician_id="CL-9", name="Ada Brandt", credential="LPC")
    note = notes_to_write(approved(), some_facts(), other, NOW)[1]
    assert note.signed_by == "CL-9"
    assert "Documented by Ada Brandt, LPC, for Ines Marlow, LCSW." in note.text
    assert "Electronically signed by Ada Brandt, LPC" in note.text
