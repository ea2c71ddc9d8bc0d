"""Does a note name somebody else from the session? C17, case by case."""

import pytest

from tests.streams.scenario import Case, Scenario, block, clean_couple, clean_group, holds

ANA = block("C17", session="S-1", client="C-ANA", note="N-S-1-ANA")
SHARED = block("C17", session="S-1", note="N-S-1-SHARED")


def wrote(text: str, note: str = "N-S-1-ANA") -> Scenario:
    """A group of Ana Torres, Ben Whitlock, Cleo Marchetti and Drew Solano, led by Dana Reyes."""
    return clean_group().set(note, text=text)


def called(who: str, *nicknames: str, **fields: str) -> Scenario:
    return clean_group().set(f"C-{who}", nicknames=list(nicknames), **fields)


C17: dict[str, Case] = {
    "another member's first name": (wrote("Became tearful when Ben described the accident."), [ANA]),
    "another member's surname": (wrote("Disagreed with Mr. Whitlock about the homework."), [ANA]),
    "another member's whole name in small letters": (wrote("sat next to ben whitlock, quiet."), [ANA]),
    "another member's name in capitals": (wrote("Argued with BEN about time."), [ANA]),
    "another member's name with an apostrophe": (wrote("Moved by Cleo's story."), [ANA]),
    "another member's nickname": (
        called("BEN", "Benji").set("N-S-1-ANA", text="Laughed with Benji in the break."),
        [ANA],
    ),
    "another member's record id": (wrote("See also C-BEN."), [ANA]),
    "another member's number with the plan": (wrote("Claim MBEN01 was mixed up."), [ANA]),
    "another member's birthday": (wrote("The one born 11/02/1979 interrupted."), [ANA]),
    "another member's street": (
        clean_group()
        .set("C-BEN", address={"line1": "17 Elm Court", "city": "Chicago", "state": "IL", "zip": "606061111"})
        .set("N-S-1-ANA", text="Offered a lift to 17 Elm Court."),
        [ANA],
    ),
    "an absent member's name": (
        clean_group().miss("S-1", "BEN").set("N-S-1-ANA", text="Asked where Ben was."),
        [ANA],
    ),
    "a name with an accent, written without": (
        called("BEN", name="José Ibarra").set("N-S-1-ANA", text="Felt understood by Jose."),
        [ANA],
    ),
    "a name written with an accent": (
        called("BEN", name="Jose Ibarra").set("N-S-1-ANA", text="Felt understood by José."),
        [ANA],
    ),
    "the member's own name": (wrote("Ana Torres arrived on time; Ana spoke first."), []),
    "the clinician's name": (wrote("Dana Reyes modelled the skill."), []),
    "a word that begins with a name": (wrote("Analysis of benefits; a bench near the cleome bed."), []),
    "a relative who bears nobody's name": (wrote("Called her sister Margaret on Sunday."), []),
    "a word that is also a name, as a word": (
        wrote("Drew two boxes and compared them. Drew on last week's skill."),
        [],
    ),
    "a word that is also a name, of whoever acted": (wrote("Drew interrupted twice and apologised."), [ANA]),
    "a word that is also a name, in the middle of a sentence": (wrote("Was supported by Drew."), [ANA]),
    "a word that is also a name, with an apostrophe": (wrote("Drew's remark stung."), [ANA]),
    "a month that is also a name": (
        called("BEN", name="May Whitlock").set("N-S-1-ANA", text="Moved house in May. May begin work in June."),
        [],
    ),
    "a modal verb that is also a name": (
        called("BEN", name="Will Whitlock").set("N-S-1-ANA", text="Will log one check per day. Will need reminders."),
        [],
    ),
    "two members bear one first name": (
        called("BEN", name="Ana Whitlock").set("N-S-1-ANA", text="Ana practised the skill."),
        [],
    ),
    "a draft before it is signed": (
        wrote("Tense with Ben.").set("N-S-1-ANA", status="draft", signed_by=None, signed_at=None).without("K-S-1-ANA"),
        [ANA],
    ),
    "the part of a group note that all share": (wrote("Ben taught the skill to the others.", "N-S-1-SHARED"), [SHARED]),
    "the shared part names the clinician": (wrote("Dana Reyes taught the skill.", "N-S-1-SHARED"), []),
    "an addendum": (
        clean_group().note("S-1", "ANA", None, "N-ADD", kind="addendum", addendum_to="N-S-1-ANA", text="Ben agreed."),
        [block("C17", session="S-1", client="C-ANA", note="N-ADD")],
    ),
    "the surname a couple shares": (
        clean_couple().set("N-S-1-PAT", text="Both named Garrity on the form; the spouse agreed."),
        [],
    ),
    "the partner's first name": (
        clean_couple().set("N-S-1-PAT", text="Pursued Quinn in the enactment."),
        [block("C17", session="S-1", client="C-PAT", note="N-S-1-PAT")],
    ),
}


@pytest.mark.parametrize("case", C17.values(), ids=C17.keys())
def test_no_note_names_another_member(case: Case) -> None:
    holds(case)
