"""Is a family or couples session billed once, for the right person and with the right code? B06-B10, case by case."""

import pytest

from tests.streams.rules.billing import S1, about, copied, lasting, predicted, recode
from tests.streams.scenario import (
    Case,
    Scenario,
    at,
    block,
    clean_couple,
    clean_family,
    clean_individual,
    holds,
    warn,
)

PAT = about("PAT")


def both_partners() -> Scenario:
    scenario = clean_couple().set("C-QUINN", patient=True).covered("QUINN", payer="PAY-COM2").plan("QUINN")
    scenario.release("QUINN").note("S-1", "QUINN", "90847", text="Named what he wishes for and heard it repeated back.")
    return scenario.claim("S-1", "QUINN", "90847")


def two_payers(sequence: str) -> Scenario:
    scenario = clean_couple().covered("PAT").set("COV-PAT", rank=1)
    second = {**scenario.data("COV-PAT"), "payer": "PAY-COM2", "rank": 2, "member_id": "MPAT02"}
    scenario.add("coverage", "COV-2", "2026-03-07 09:00", **second)
    answer = {**scenario.data("EL-PAT"), "coverage": "COV-2", "member_id": "MPAT02"}
    scenario.add("eligibility", "EL-2", "2026-04-13 08:00", **answer)
    done = {"claim": "K-S-1-PAT", "date": "2026-04-16", "paid": "90.00"} if sequence == "secondary" else None
    return copied(
        scenario,
        "K-S-1-PAT",
        "K-2",
        coverage="COV-2",
        payer="PAY-COM2",
        member_id="MPAT02",
        sequence=sequence,
        primary_adjudicated=done,
    )


B06: dict[str, Case] = {
    "both partners billed": (
        both_partners(),
        [block("B06", **S1), block("B08", **about("QUINN"))],
    ),
    "one partner billed": (clean_couple(), []),
    "one person to two payers as separate services": (
        two_payers("primary"),
        [block("B06", **S1), ("B23", "hold", {**S1, "client": "C-PAT", "claim": "K-2", "coverage": "COV-2"})],
    ),
    "one person to the secondary payer after the primary": (two_payers("secondary"), []),
    "the second partner's claim was voided": (both_partners().set("K-S-1-QUINN", status="voided"), []),
}


@pytest.mark.parametrize("case", B06.values(), ids=B06.keys())
def test_b06_a_family_session_is_billed_once(case: Case) -> None:
    holds(case)


def absent(scenario: Scenario, *people: str, status: str = "no_show") -> Scenario:
    for who in people:
        scenario.set(f"AT-S-1-{who}", status=status, arrived=None, left=None, location=None)
    return scenario


B07: dict[str, Case] = {
    "90847 without the identified patient": (absent(clean_couple(), "PAT"), [block("B07", **PAT)]),
    "90846 with the identified patient": (recode(clean_couple(), "K-S-1-PAT", "90846"), [block("B07", **PAT)]),
    "90847 with the identified patient": (clean_couple(), []),
    "90846 without the identified patient": (
        absent(recode(clean_couple(), "K-S-1-PAT", "90846"), "PAT", status="excused"),
        [],
    ),
    "90846 with parents only, the child was not booked": (
        recode(clean_family(), "K-S-1-TEO", "90846").set("S-1", clients=["C-RUTH", "C-SAM"]).without("AT-S-1-TEO"),
        [],
    ),
    "90847 with the patient and one of two parents": (absent(clean_family(), "SAM"), []),
}


@pytest.mark.parametrize("case", B07.values(), ids=B07.keys())
def test_b07_the_code_says_whether_the_identified_patient_was_there(case: Case) -> None:
    holds(case)


def billed_for_quinn() -> Scenario:
    return both_partners().without("K-S-1-PAT")


B08: dict[str, Case] = {
    "billed for the partner": (billed_for_quinn(), [block("B08", **about("QUINN"))]),
    "the partner is this session's identified patient": (
        billed_for_quinn().set("S-1", identified_patient="C-QUINN"),
        [],
    ),
    "the couple's identified patient changed since": (
        clean_couple().change("CP-1", "2026-04-16 10:00", identified_patient="C-QUINN"),
        [],
    ),
    "the session's identified patient is not recorded": (
        clean_couple().set("S-1", identified_patient=None),
        [warn("B08", **PAT)],
    ),
}


@pytest.mark.parametrize("case", B08.values(), ids=B08.keys())
def test_b08_billed_for_the_sessions_identified_patient(case: Case) -> None:
    holds(case)


B09: dict[str, Case] = {
    "the patient came alone": (absent(clean_couple(), "QUINN"), [block("B09", **PAT)]),
    "the patient came alone and it was billed as individual": (
        recode(absent(clean_couple(), "QUINN"), "K-S-1-PAT", "90834"),
        [],
    ),
    "a parent came with the patient": (absent(clean_family(), "SAM"), []),
    "only the patient was booked": (
        recode(clean_individual(), "K-S-1-YAEL", "90847"),
        [block("B09", **about("YAEL"))],
    ),
    "whether the partner came is not recorded": (clean_couple().without("AT-S-1-QUINN"), [warn("B09", **PAT)]),
}


@pytest.mark.parametrize("case", B09.values(), ids=B09.keys())
def test_b09_90847_needs_somebody_besides_the_patient(case: Case) -> None:
    holds(case)


def fall_back(minutes_after: str) -> Scenario:
    """1 November 2026, 01:50 daylight time until a wall-clock time in standard time."""
    scenario = clean_couple().seen("2026-11-02 12:00").set("PL-PAT", review_due="2026-12-14")
    scenario.checked("PAT", "2026-10-30 08:00", "EL-2")
    start, end = "2026-11-01T01:50:00-05:00", f"2026-11-01T{minutes_after}:00-06:00"
    for change in scenario.changes:
        data = change["data"]
        if change["id"] == "S-1":
            data.update(scheduled_start=start, scheduled_end=end)
            data.update({"actual_start": start, "actual_end": end} if data["actual_start"] else {})
        elif change["entity"] == "attendance":
            data.update(arrived=start, left=end)
        elif change["entity"] == "note":
            data.update(start=start, stop=end, date="2026-11-01")
        elif change["entity"] == "claim":
            data["lines"][0]["date"] = "2026-11-01"
        if change["entity"] in ("attendance", "note", "claim") or (change["id"] == "S-1" and change["rev"] == 2):
            change["at"] = "2026-11-01T12:00:00-06:00"
    return scenario


B10: dict[str, Case] = {
    "25 minutes": (lasting(clean_couple(), 25), [block("B10", **PAT)]),
    "26 minutes": (lasting(clean_couple(), 26), []),
    "25 minutes and 59 seconds": (lasting(clean_couple(), 25 + 59 / 60), [block("B10", **PAT)]),
    "90846 of 25 minutes": (
        absent(lasting(recode(clean_couple(), "K-S-1-PAT", "90846"), 25), "PAT"),
        [block("B10", **PAT)],
    ),
    "scheduled for 25 minutes but lasted 50": (
        clean_couple().set("S-1", scheduled_end=at("2026-04-15 18:25")),
        [],
    ),
    "minutes are elapsed, though the clock was set back: 01:50 to 01:16 is 26 minutes": (fall_back("01:16"), []),
    "minutes are elapsed, though the clock was set back: 01:50 to 01:15 is 25 minutes": (
        fall_back("01:15"),
        [block("B10", **PAT)],
    ),
    "start and end are written in another zone": (
        lasting(clean_couple(), 26).set("S-1", actual_start="2026-04-15T23:00:00+00:00"),
        [],
    ),
    "nobody recorded when it ended": (clean_couple().set("S-1", actual_end=None), [warn("B10", **PAT)]),
}


@pytest.mark.parametrize("case", B10.values(), ids=B10.keys())
def test_b10_a_family_session_lasts_at_least_26_minutes(case: Case) -> None:
    holds(case)


def test_the_family_rules_predict_what_fits() -> None:
    assert predicted(B06["both partners billed"], "B06") == "97"
    assert predicted(B06["one person to two payers as separate services"], "B06") == "18"
    assert predicted(B07["90847 without the identified patient"], "B07") == "16"
    assert predicted(B08["billed for the partner"], "B08") == "50"
    assert predicted(B09["the patient came alone"], "B09") == "16"
    assert predicted(B10["25 minutes"], "B10") == "16"
