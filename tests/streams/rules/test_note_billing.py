"""Is what is billed documented, signed and each person's own? B39 and B40, case by case."""

from typing import Any

import pytest

from tests.streams.rules.billing import about, lasting, predicted
from tests.streams.scenario import (
    Case,
    Scenario,
    at,
    block,
    clean_couple,
    clean_group,
    clean_individual,
    hold,
    holds,
)

BEN = about("BEN")
UNSIGNED = [block("B39", **BEN)]


def note(**fields: Any) -> Scenario:
    return clean_group().set("N-S-1-BEN", **fields)


def amended(scenario: Scenario, addendum_status: str | None) -> Scenario:
    scenario.set("N-S-1-BEN", amended=True)
    if addendum_status is not None:
        data = {**scenario.data("N-S-1-BEN"), "kind": "addendum", "addendum_to": "N-S-1-BEN", "amended": None}
        data.update(status=addendum_status, text="Correction: the exercise was paced breathing.")
        scenario.add("note", "N-2", "2026-04-16 09:00", **data)
    return scenario


B39: dict[str, Case] = {
    "everybody's note is signed": (clean_group(), []),
    "no note of their own, only the group's": (clean_group().without("N-S-1-BEN"), UNSIGNED),
    "a draft": (note(status="draft", signed_by=None, signed_at=None), UNSIGNED),
    "signed later": (
        note(status="draft", signed_by=None, signed_at=None).change(
            "N-S-1-BEN", "2026-04-16 09:00", status="signed", signed_by="CL-REYES", signed_at=at("2026-04-16 09:00")
        ),
        [],
    ),
    "written by AI and signed by a clinician": (
        note(origin="ai").ai_consent("ANA").ai_consent("BEN").ai_consent("CLEO").ai_consent("DREW"),
        [],
    ),
    "changed after signing without an addendum": (amended(clean_group(), None), UNSIGNED),
    "changed after signing with a signed addendum": (amended(clean_group(), "signed"), []),
    "changed after signing, the addendum is not signed": (amended(clean_group(), "draft"), UNSIGNED),
    "dated another day": (note(date="2026-04-14"), UNSIGNED),
    "of another code": (note(code="90834"), UNSIGNED),
    "a couple's note that documents 20 minutes": (
        clean_couple().set("N-S-1-PAT", stop=at("2026-04-15 18:20")),
        [block("B39", **about("PAT"))],
    ),
    "an individual note that documents 30 minutes for 90834": (
        clean_individual().set("N-S-1-YAEL", stop=at("2026-04-15 18:30")),
        [block("B39", **about("YAEL"))],
    ),
    "an individual note that documents 45 of the 50 minutes": (
        clean_individual().set("N-S-1-YAEL", stop=at("2026-04-15 18:45")),
        [],
    ),
    "the note was deleted": (clean_group().delete("N-S-1-BEN", "2026-04-16 09:00"), UNSIGNED),
    "the session was too short, as note and session agree": (
        lasting(clean_couple(), 20),
        [block("B10", **about("PAT"))],
    ),
    "the claim was voided": (clean_group().without("N-S-1-BEN").set("K-S-1-BEN", status="voided"), []),
}


@pytest.mark.parametrize("case", B39.values(), ids=B39.keys())
def test_b39_what_is_billed_is_documented_and_signed(case: Case) -> None:
    holds(case)


def test_b39_predicts_missing_or_different() -> None:
    assert predicted(B39["a draft"], "B39") == "16"
    assert predicted(B39["of another code"], "B39") == "252"


TEXT = (
    "Arrived on time and took part throughout. Practised checking the facts about a conflict at work, named two other "
    "explanations and rated the urge to withdraw lower afterwards. Will log one check a day until next week."
)
TWO = [
    hold("B40", session="S-1", client="C-ANA", note="N-S-1-ANA"),
    hold("B40", session="S-1", client="C-BEN", note="N-S-1-BEN"),
]


def texts(ana: str, ben: str) -> Scenario:
    return clean_group().set("N-S-1-ANA", text=ana).set("N-S-1-BEN", text=ben)


B40: dict[str, Case] = {
    "the same text for two members": (texts(TEXT, TEXT), TWO),
    "two words of it exchanged": (texts(TEXT, TEXT.replace("work", "school").replace("two", "three")), TWO),
    "the same opening, then words of their own": (
        texts(
            TEXT,
            "Arrived on time and took part throughout. Spoke of an argument with his brother, heard how others had "
            "solved theirs and decided to write before calling. Slept better this week; keeps the evening walk.",
        ),
        [],
    ),
    "texts of their own": (clean_group(), []),
    "no texts": (clean_group().set("N-S-1-ANA", text=None).set("N-S-1-BEN", text=None), []),
    "three words that say nothing": (texts("Attended, took part.", "Attended, took part."), []),
}


@pytest.mark.parametrize("case", B40.values(), ids=B40.keys())
def test_b40_every_members_note_is_their_own(case: Case) -> None:
    holds(case)


def test_b40_the_threshold_is_the_practices() -> None:
    scenario = texts(TEXT, TEXT.replace("work", "school").replace("two", "three"))
    scenario.policy["note_similarity_percent"] = 99
    assert scenario.findings() == []
    assert predicted(B40["the same text for two members"], "B40") == "50"


def test_b40_the_same_client_may_be_written_about_alike_week_after_week() -> None:
    scenario = clean_individual().set("N-S-1-YAEL", text=TEXT).checked("YAEL", "2026-04-21 08:00", "EL-2")
    scenario.book("S-2", "individual", ("YAEL",), "2026-04-22 18:00", 50).hold("S-2", "90834", ("YAEL",))
    assert scenario.set("N-S-2-YAEL", text=TEXT).seen("2026-04-23 12:00").findings() == []
