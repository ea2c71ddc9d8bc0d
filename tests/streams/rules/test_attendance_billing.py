"""Is what is billed what took place, and for long enough? B01, B02, B11 and B12, case by case."""

import pytest

from tests.streams.rules.billing import S1, about, individual, lasting, line, predicted, recode
from tests.streams.scenario import (
    Case,
    Scenario,
    after,
    at,
    block,
    clean_couple,
    clean_group,
    clean_individual,
    clean_multi_family,
    hold,
    holds,
    warn,
)

BEN = {**S1, "client": "C-BEN"}
LATER = "2026-04-20 12:00"


def missed(status: str) -> Scenario:
    """C-BEN was not there and is billed all the same, with a note."""
    return clean_group().set("AT-S-1-BEN", status=status, arrived=None, left=None, location=None)


B01: dict[str, Case] = {
    "billed for a no-show": (missed("no_show"), [block("B01", **about("BEN"))]),
    "billed for a late cancellation": (missed("late_cancel"), [block("B01", **about("BEN"))]),
    "billed for a cancellation": (missed("cancelled"), [block("B01", **about("BEN"))]),
    "billed for somebody excused": (missed("excused"), [block("B01", **about("BEN"))]),
    "a paid claim for a no-show": (
        missed("no_show").set("K-S-1-BEN", status="paid", submitted_at=at("2026-04-15 22:30")),
        [block("B01", **about("BEN"))],
    ),
    "the claim for a no-show was voided": (missed("no_show").set("K-S-1-BEN", status="voided"), []),
    "a no-show fee to the patient without a code": (
        clean_group()
        .miss("S-1", "BEN")
        .add("charge", "CH-1", "2026-04-15 20:00", session="S-1", client="C-BEN", payer="self_pay", amount="40.00"),
        [],
    ),
    "a charge with a code for a no-show": (
        clean_group()
        .miss("S-1", "BEN")
        .add(
            "charge",
            "CH-1",
            "2026-04-15 20:00",
            session="S-1",
            client="C-BEN",
            payer="self_pay",
            code="90853",
            units=1,
            amount="60.00",
        ),
        [block("B01", **BEN)],
    ),
    "the attendance was corrected to attended": (
        missed("no_show").change(
            "AT-S-1-BEN",
            "2026-04-16 09:00",
            status="attended",
            arrived=at("2026-04-15 18:00"),
            left=at("2026-04-15 19:00"),
        ),
        [],
    ),
    "nobody recorded whether the client attended": (
        clean_group().without("AT-S-1-BEN"),
        [warn("B01", **about("BEN"))],
    ),
    "the identified patient missed a couples session billed as 90846": (
        recode(clean_couple(), "K-S-1-PAT", "90846").set("AT-S-1-PAT", status="no_show", arrived=None, left=None),
        [],
    ),
    "both partners missed the couples session that was billed": (
        clean_couple()
        .set("AT-S-1-PAT", status="no_show", arrived=None, left=None)
        .set("AT-S-1-QUINN", status="no_show", arrived=None, left=None),
        [block("B01", **about("PAT"))],
    ),
}


@pytest.mark.parametrize("case", B01.values(), ids=B01.keys())
def test_b01_only_visits_that_took_place_are_billed(case: Case) -> None:
    holds(case)


def test_b01_predicts_no_denial_because_a_false_claim_may_well_be_paid() -> None:
    assert predicted(B01["billed for a no-show"], "B01") is None


def unbilled(**fields: object) -> Scenario:
    return clean_group().without("K-S-1-BEN").set("C-BEN", **fields)


SEVENTY_TWO = after("2026-04-15 19:00", hours=72)

B02: dict[str, Case] = {
    "more than 72 hours after the end": (
        unbilled().seen(after(SEVENTY_TWO, seconds=1)),
        [warn("B02", **BEN)],
    ),
    "exactly 72 hours after the end": (unbilled().seen(SEVENTY_TWO), []),
    "the practice waits a week": (_week := unbilled().seen(LATER), []),
    "billed to the patient": (
        unbilled(self_pay=True)
        .add(
            "charge",
            "CH-1",
            "2026-04-16 09:00",
            session="S-1",
            client="C-BEN",
            payer="self_pay",
            code="90853",
            units=1,
            amount="60.00",
        )
        .seen(LATER),
        [],
    ),
    "a self-pay client without an invoice": (unbilled(self_pay=True).seen(LATER), [warn("B02", **BEN)]),
    "somebody who is not a patient is never billed": (unbilled(patient=False).seen(LATER), []),
    "a no-show is not billed": (clean_group().miss("S-1", "BEN").seen(LATER), []),
    "the claim was voided and nothing took its place": (
        clean_group().set("K-S-1-BEN", status="voided").seen(LATER),
        [warn("B02", **BEN)],
    ),
    "a couples session is billed once": (clean_couple().seen(LATER), []),
    "a couples session nobody billed": (
        clean_couple().without("K-S-1-PAT").seen(LATER),
        [warn("B02", **S1, client="C-PAT")],
    ),
    "one family of a multi-family group was not billed": (
        clean_multi_family().without("K-S-1-XAN").seen(LATER),
        [warn("B02", **S1, client="C-XAN")],
    ),
    "a visit too short for any code": (
        lasting(clean_individual(), 15).without("K-S-1-YAEL").seen(LATER),
        [],
    ),
    "the session was not held yet": (
        clean_group().book("S-9", "group", ("ANA",), "2026-04-25 18:00", 60, unit="G-1").seen(LATER),
        [],
    ),
}
_week.policy["missed_revenue_hours"] = 168


@pytest.mark.parametrize("case", B02.values(), ids=B02.keys())
def test_b02_every_visit_is_billed_in_time(case: Case) -> None:
    holds(case)


YAEL = about("YAEL")
B11: dict[str, Case] = {
    "15 minutes are too short for any code": (individual(15, "90832"), [block("B11", **YAEL)]),
    "16 minutes are 90832": (individual(16, "90832"), []),
    "37 minutes are 90832": (individual(37, "90832"), []),
    "38 minutes are no longer 90832": (individual(38, "90832"), [block("B11", **YAEL)]),
    "37 minutes are not yet 90834": (individual(37, "90834"), [block("B11", **YAEL)]),
    "38 minutes are 90834": (individual(38, "90834"), []),
    "52 minutes are 90834": (individual(52, "90834"), []),
    "53 minutes are no longer 90834": (individual(53, "90834"), [block("B11", **YAEL)]),
    "52 minutes are not yet 90837": (individual(52, "90837"), [block("B11", **YAEL)]),
    "53 minutes are 90837": (individual(53, "90837"), []),
    "90 minutes are 90837": (individual(90, "90837"), []),
    "52 minutes and 59 seconds are 52 minutes": (individual(52 + 59 / 60, "90834"), []),
    "nobody recorded when it ended": (
        clean_individual().set("S-1", actual_end=None),
        [warn("B11", **YAEL)],
    ),
}


@pytest.mark.parametrize("case", B11.values(), ids=B11.keys())
def test_b11_the_individual_code_fits_the_elapsed_minutes(case: Case) -> None:
    holds(case)


def test_b11_minutes_are_elapsed_even_when_the_clocks_change() -> None:
    # 8 March 2026: 01:30 to 03:20 on the wall is 50 minutes
    scenario = Scenario(now="2026-03-09 12:00").practice().patient("YAEL")
    scenario.set("CON-YAEL-treatment", signed_at=at("2026-03-01 10:00")).set("PL-YAEL", start="2026-03-01")
    scenario.checked("YAEL", "2026-03-05 08:00", "EL-2")
    scenario.book("S-1", "individual", ("YAEL",), "2026-03-08 01:30", 50)
    scenario.set("S-1", scheduled_end=at("2026-03-08 03:20"))
    held = scenario.hold("S-1", "90834", ("YAEL",))
    assert [finding.rule for finding in held.findings() if finding.rule.startswith("B")] == []


def test_b11_predicts_what_fits() -> None:
    assert predicted(B11["15 minutes are too short for any code"], "B11") == "16"
    assert predicted(B11["52 minutes are not yet 90837"], "B11") == "150"


def late(arrived: str, minimum: int | None = 45, payer_minimum: int | None = None) -> Scenario:
    scenario = clean_group().set("AT-S-1-BEN", arrived=at(arrived))
    if minimum is not None:
        scenario.policy["group_presence_min_minutes"] = minimum
    if payer_minimum is not None:
        scenario.policy["payers"] = {"PAY-COM": {"group_presence_min_minutes": payer_minimum}}
    return scenario


B12: dict[str, Case] = {
    "one minute less than the minimum": (late("2026-04-15 18:16"), [hold("B12", **about("BEN"))]),
    "exactly the minimum": (late("2026-04-15 18:15"), []),
    "a second less than the minimum": (late("2026-04-15 18:15:01"), [hold("B12", **about("BEN"))]),
    "no minimum is set": (late("2026-04-15 18:50", minimum=None), []),
    "the payer asks for more than the practice": (
        late("2026-04-15 18:10", payer_minimum=55),
        [hold("B12", **about("BEN"))],
    ),
    "left early": (
        late("2026-04-15 18:00").set("AT-S-1-BEN", left=at("2026-04-15 18:40")),
        [hold("B12", **about("BEN"))],
    ),
    "times of arrival and leaving missing: there from start to end": (
        late("2026-04-15 18:00").set("AT-S-1-BEN", arrived=None, left=None),
        [],
    ),
}


@pytest.mark.parametrize("case", B12.values(), ids=B12.keys())
def test_b12_enough_of_the_group_for_a_full_visit(case: Case) -> None:
    holds(case)


def test_a_correction_of_the_line_is_seen() -> None:
    scenario = line(clean_individual(), "K-S-1-YAEL", code="90837", amount="160.00").set("N-S-1-YAEL", code="90837")
    assert [finding.rule for finding in scenario.findings()] == ["B11"]
