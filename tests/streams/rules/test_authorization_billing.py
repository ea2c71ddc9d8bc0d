"""Was it authorized, is anything left, and who pays first? B24, B25, B26 and B50, case by case."""

from typing import Any

import pytest

from tests.streams.rules.billing import about, accepted, copied, line, predicted
from tests.streams.scenario import Case, Scenario, block, clean_individual, hold, holds

YAEL = about("YAEL")
AUTH = {"authorization": "AU-1"}


def required(scenario: Scenario) -> Scenario:
    scenario.policy = {**scenario.policy, "payers": {"PAY-COM": {"auth_required_codes": ["90834"]}}}
    return scenario


def authorization(scenario: Scenario, id_: str = "AU-1", **fields: Any) -> Scenario:
    known = {
        "client": "C-YAEL",
        "payer": "PAY-COM",
        "number": id_,
        "codes": ["90834"],
        "clinicians": [],
        "start": "2026-04-01",
        "end": "2026-06-30",
        "units_approved": 10,
        "units_used_before": 0,
        "kind": "medical",
    }
    return scenario.add("authorization", id_, "2026-04-01 09:00", **{**known, **fields})


def weekly(visits: int, **claim: Any) -> Scenario:
    """S-1 to S-<visits>, a week apart, each billed 90834 and checked."""
    scenario = clean_individual()
    for number in range(2, visits + 1):
        day = f"2026-{4 + (15 + 7 * (number - 1) - 1) // 30:02d}-{(15 + 7 * (number - 1) - 1) % 30 + 1:02d}"
        scenario.checked("YAEL", f"{day} 08:00", f"EL-{number}")
        scenario.book(f"S-{number}", "individual", ("YAEL",), f"{day} 18:00", 50)
        scenario.hold(f"S-{number}", "90834", ("YAEL",))
    for number in range(1, visits + 1):
        scenario.set(f"K-S-{number}-YAEL", **claim) if claim else None
    return scenario.seen("2026-05-30 09:00")


def cited(scenario: Scenario, number: str = "AU-1") -> Scenario:
    return scenario.set("K-S-1-YAEL", authorization_number=number)


B24: dict[str, Case] = {
    "asked for, nothing on file": (required(clean_individual()), [block("B24", **YAEL)]),
    "not asked for": (clean_individual(), []),
    "asked for and on file": (authorization(required(clean_individual())), []),
    "asked for another code": (
        _other := clean_individual(),
        [],
    ),
    "only another payer's on file": (
        authorization(required(clean_individual()), payer="PAY-COM2"),
        [block("B24", **YAEL)],
    ),
    "granted later, reaching back": (
        authorization(required(clean_individual())).set("AU-1", start="2026-04-15"),
        [],
    ),
}
_other.policy = {"payers": {"PAY-COM": {"auth_required_codes": ["90853"]}}}


@pytest.mark.parametrize("case", B24.values(), ids=B24.keys())
def test_b24_an_authorization_is_on_file_where_it_is_asked_for(case: Case) -> None:
    holds(case)


def test_b24_predicts_its_absence() -> None:
    assert predicted(B24["asked for, nothing on file"], "B24") == "197"


def one(**fields: Any) -> Scenario:
    return authorization(required(clean_individual()), **fields)


B25: dict[str, Case] = {
    "the last unit": (one(units_used_before=9), []),
    "one beyond the last unit": (one(units_used_before=10), [block("B25", **YAEL, **AUTH)]),
    "three approved, three used": (authorization(required(weekly(3)), units_approved=3), []),
    "three approved, four used": (
        authorization(required(weekly(4)), units_approved=3),
        [block("B25", **about("YAEL", "S-4"), **AUTH)],
    ),
    "an earlier claim was voided, so there is room again": (
        authorization(required(weekly(4)), units_approved=3).change("K-S-2-YAEL", "2026-05-20 09:00", status="voided"),
        [("B02", "warn", {"session": "S-2", "client": "C-YAEL"})],
    ),
    "an earlier claim was denied and used nothing": (
        authorization(required(weekly(4)), units_approved=3).set("K-S-2-YAEL", status="denied"),
        [],
    ),
    "ended the day before": (one(end="2026-04-14"), [block("B25", **YAEL, **AUTH)]),
    "ends on the day": (one(end="2026-04-15"), []),
    "begins the day after": (one(start="2026-04-16"), [block("B25", **YAEL, **AUTH)]),
    "for another code": (one(codes=["90853"]), [block("B25", **YAEL, **AUTH)]),
    "for another clinician": (one(clinicians=["CL-MORI"]), [block("B25", **YAEL, **AUTH)]),
    "for this clinician among others": (one(clinicians=["CL-MORI", "CL-REYES"]), []),
    "one used up, a second with room": (
        authorization(one(units_used_before=10), "AU-2", start="2026-04-10"),
        [],
    ),
    "the claim names the one that is used up": (
        cited(authorization(one(units_used_before=10), "AU-2", start="2026-04-10")),
        [block("B25", **YAEL, **AUTH)],
    ),
    "not asked for, but the claim names one that has ended": (
        cited(authorization(clean_individual(), end="2026-04-10")),
        [block("B25", **YAEL, **AUTH)],
    ),
    "not asked for, and an old one is on file": (authorization(clean_individual(), end="2026-04-10"), []),
    "a correction does not use a second unit": (
        copied(
            accepted(one(units_used_before=9), "K-S-1-YAEL"),
            "K-S-1-YAEL",
            "K-2",
            status="queued",
            frequency=7,
            original_ref="PCN-K-S-1-YAEL",
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", B25.values(), ids=B25.keys())
def test_b25_the_authorization_covers_the_visit(case: Case) -> None:
    holds(case)


def test_b25_predicts_exhausted_or_not_for_this() -> None:
    assert predicted(B25["one beyond the last unit"], "B25") == "198"
    assert predicted(B25["ended the day before"], "B25") == "15"


def limited(scenario: Scenario, limit: int, before: int = 0, family: str = "individual") -> Scenario:
    return scenario.set("COV-YAEL", visit_limits={family: limit}, visits_used_before={family: before})


COV = {"coverage": "COV-YAEL"}
B26: dict[str, Case] = {
    "the limit is reached by the last visit": (limited(weekly(3), 3), []),
    "the first visit beyond the limit": (limited(weekly(4), 3), [hold("B26", **about("YAEL", "S-4"), **COV)]),
    "visits before the first one known here count": (limited(clean_individual(), 20, 20), [hold("B26", **YAEL, **COV)]),
    "the last visit of the limit": (limited(clean_individual(), 20, 19), []),
    "visits of another kind do not count": (limited(clean_individual(), 0, 0, "group"), []),
    "the limit is given for family therapy": (limited(clean_individual(), 0, 0, "family_therapy"), []),
    "the limit is given for all of outpatient care": (
        limited(clean_individual(), 5, 5, "outpatient"),
        [hold("B26", **YAEL, **COV)],
    ),
    "the limit is given for the code": (limited(clean_individual(), 5, 5, "90834"), [hold("B26", **YAEL, **COV)]),
    "an earlier visit was voided": (
        limited(weekly(4), 3).change("K-S-2-YAEL", "2026-05-20 09:00", status="voided"),
        [("B02", "warn", {"session": "S-2", "client": "C-YAEL"})],
    ),
}


@pytest.mark.parametrize("case", B26.values(), ids=B26.keys())
def test_b26_no_more_visits_than_the_benefit_year_has(case: Case) -> None:
    holds(case)


def test_b26_a_new_benefit_year_begins_with_the_calendar_year() -> None:
    scenario = limited(clean_individual(), 1, 1).set("PL-YAEL", review_due="2027-03-01")
    scenario.checked("YAEL", "2027-01-05 08:00", "EL-2").book("S-2", "individual", ("YAEL",), "2027-01-06 18:00", 50)
    scenario.hold("S-2", "90834", ("YAEL",)).seen("2027-01-07 12:00")
    beyond = [finding.subject["session"] for finding in scenario.findings() if finding.rule == "B26"]
    assert beyond == ["S-1"]


def test_b26_predicts_the_benefit_maximum() -> None:
    assert predicted(B26["the first visit beyond the limit"], "B26") == "119"


def assisted(scenario: Scenario, **fields: Any) -> Scenario:
    return authorization(scenario, payer="PAY-EAP", kind="eap", **{"units_approved": 3, **fields})


def to_eap(scenario: Scenario, *sessions: str, modifiers: tuple[str, ...] = ("HJ",)) -> Scenario:
    for session in sessions:
        claim = f"K-{session}-YAEL"
        scenario.set(claim, coverage=None, payer="PAY-EAP", copay_collected=None, authorization_number="AU-1")
        line(scenario, claim, modifiers=list(modifiers))
    return scenario


B50: dict[str, Case] = {
    "EAP visits left, but the medical plan is billed": (
        assisted(clean_individual()),
        [hold("B50", **YAEL, **AUTH)],
    ),
    "the EAP is billed with HJ": (to_eap(assisted(clean_individual()), "S-1"), []),
    "the EAP is billed without HJ": (
        to_eap(assisted(clean_individual()), "S-1", modifiers=()),
        [hold("B50", **YAEL)],
    ),
    "the EAP's visits were used up before": (assisted(clean_individual(), units_used_before=3), []),
    "the EAP's last visit is this one": (
        assisted(clean_individual(), units_used_before=2),
        [hold("B50", **YAEL, **AUTH)],
    ),
    "the EAP's visits were used up by earlier ones": (to_eap(assisted(weekly(4)), "S-1", "S-2", "S-3"), []),
    "one EAP visit is left": (
        to_eap(assisted(weekly(3)), "S-1", "S-2"),
        [hold("B50", **about("YAEL", "S-3"), **AUTH)],
    ),
    "a fourth visit to an EAP that approved three": (
        to_eap(assisted(weekly(4)), "S-1", "S-2", "S-3", "S-4"),
        [block("B25", **about("YAEL", "S-4"), **AUTH)],
    ),
    "the EAP authorization ended the day before": (assisted(clean_individual(), end="2026-04-14"), []),
    "the EAP authorization ends on the day": (
        assisted(clean_individual(), end="2026-04-15"),
        [hold("B50", **YAEL, **AUTH)],
    ),
    "the EAP is for another service": (assisted(clean_individual(), codes=["90847"]), []),
}


@pytest.mark.parametrize("case", B50.values(), ids=B50.keys())
def test_b50_the_assistance_programme_comes_first(case: Case) -> None:
    holds(case)
