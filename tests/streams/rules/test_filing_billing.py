"""Is it sent in time, corrected in the right form, and does it add up? B42-B44, case by case."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.streams.rules.billing import about, accepted, again, copied, line, more_lines, predicted, rejected
from tests.streams.scenario import Case, Data, Scenario, after, at, block, clean_individual, hold, holds, warn

YAEL = about("YAEL")
DOS = date(2026, 4, 15)


def aged(days: int, limit: int = 100, scenario: Scenario | None = None, clock: str = "12:00") -> Scenario:
    scenario = scenario or clean_individual()
    scenario.policy = {"payers": {"PAY-COM": {"filing_days": limit}}}
    return scenario.seen(f"{DOS + timedelta(days=days)} {clock}")


def submitted(days: int) -> Scenario:
    sent = f"{DOS + timedelta(days=days)} 10:00"
    scenario = clean_individual().change("K-S-1-YAEL", sent, status="submitted", submitted_at=at(sent))
    return aged(120, scenario=scenario)


B42: dict[str, Case] = {
    "59 of 100 days": (aged(59), []),
    "60 of 100 days": (aged(60), [warn("B42", **YAEL)]),
    "the first minute of the sixtieth day": (aged(60, clock="00:00"), [warn("B42", **YAEL)]),
    "the last minute of the day before": (aged(59, clock="23:59"), []),
    "79 of 100 days": (aged(79), [warn("B42", **YAEL)]),
    "80 of 100 days": (aged(80), [hold("B42", **YAEL)]),
    "the last day": (aged(100), [hold("B42", **YAEL)]),
    "the day after the last": (aged(101), [block("B42", **YAEL)]),
    "60 % of 95 days is the 57th": (aged(57, 95), [warn("B42", **YAEL)]),
    "56 of 95 days": (aged(56, 95), []),
    "60 % of 91 days lies within the 55th": (aged(54, 91), []),
    "sent in time": (submitted(100), []),
    "sent a day too late": (submitted(101), [block("B42", **YAEL)]),
    "rejected and left lying": (
        aged(60, scenario=rejected(clean_individual(), "K-S-1-YAEL")),
        [warn("B42", **YAEL), hold("B43", **YAEL)],
    ),
    "never billed": (
        aged(60, scenario=clean_individual().without("K-S-1-YAEL")),
        [
            warn("B02", session="S-1", client="C-YAEL"),
            warn("B42", session="S-1", client="C-YAEL"),
        ],
    ),
    "a self-pay visit has no filing limit": (
        aged(
            90,
            scenario=clean_individual()
            .without("K-S-1-YAEL")
            .set("C-YAEL", self_pay=True)
            .add(
                "charge", "CH-1", "2026-04-16 09:00", session="S-1", client="C-YAEL", payer="self_pay", amount="90.00"
            ),
        ),
        [],
    ),
    "paid": (aged(200, scenario=accepted(clean_individual(), "K-S-1-YAEL", "paid")), []),
}


@pytest.mark.parametrize("case", B42.values(), ids=B42.keys())
def test_b42_claims_reach_the_payer_in_time(case: Case) -> None:
    holds(case)


def test_b42_time_alone_makes_it_worse_and_sending_ends_it() -> None:
    scenario = aged(120)
    worse = [
        finding.severity
        for days in (59, 60, 80, 101)
        for finding in scenario.findings(f"{DOS + timedelta(days=days)} 12:00")
    ]
    assert worse == ["warn", "hold", "block"]
    assert predicted((scenario, []), "B42") == "29"


K2 = {"session": "S-1", "client": "C-YAEL", "claim": "K-2"}


def corrected(status: str = "denied", **fields: Any) -> Scenario:
    """The claim was adjudicated and is followed by K-2, which says something else."""
    scenario = accepted(clean_individual(), "K-S-1-YAEL", status)
    lines = [{**scenario.data("K-S-1-YAEL")["lines"][0], "modifiers": ["GC"]}]
    return copied(scenario, "K-S-1-YAEL", "K-2", **{"status": "queued", "lines": lines, **fields})


def billed_anew() -> Data:
    data = clean_individual().data("K-S-1-YAEL")
    lines = [{**data["lines"][0], "modifiers": ["GC"]}]
    return {**data, "lines": lines, "queued_at": at("2026-04-16 12:00")}


def waited(**elapsed: float) -> Scenario:
    scenario = rejected(clean_individual(), "K-S-1-YAEL")
    return scenario.seen(after(scenario.data("K-S-1-YAEL")["rejected_at"], **elapsed))


B43: dict[str, Case] = {
    "corrected as a new claim": (corrected(), [hold("B43", **K2)]),
    "corrected as a replacement with its reference": (corrected(frequency=7, original_ref="PCN-K-S-1-YAEL"), []),
    "a replacement without a reference": (corrected(frequency=7), [hold("B43", **K2)]),
    "a replacement with somebody else's reference": (
        corrected(frequency=7, original_ref="PCN-77"),
        [hold("B43", **K2)],
    ),
    "a void without a reference": (corrected(frequency=8), [hold("B43", **K2)]),
    "a paid claim corrected as new": (corrected("paid"), [hold("B43", **K2)]),
    "voided at the payer's and billed anew": (
        corrected(frequency=8, original_ref="PCN-K-S-1-YAEL", later_hours=10).add(
            "claim", "K-3", "2026-04-16 12:00", **billed_anew()
        ),
        [],
    ),
    "rejected 14 days ago": (waited(days=14), []),
    "rejected 14 days and a second ago": (waited(days=14, seconds=1), [hold("B43", **YAEL)]),
    "rejected, sent again as new": (
        copied(rejected(clean_individual(), "K-S-1-YAEL"), "K-S-1-YAEL", "K-2", status="queued").seen(
            "2026-05-20 12:00"
        ),
        [],
    ),
    "rejected twice, never again": (
        rejected(copied(rejected(clean_individual(), "K-S-1-YAEL"), "K-S-1-YAEL", "K-2"), "K-2").seen(
            "2026-05-20 12:00"
        ),
        [hold("B43", **K2)],
    ),
    "rejected and voided": (rejected(clean_individual(), "K-S-1-YAEL", status="voided").seen("2026-04-18 12:00"), []),
}


@pytest.mark.parametrize("case", [c for n, c in B43.items() if n != "rejected twice, never again"])
def test_b43_corrections_and_rejections_are_handled_in_their_form(case: Case) -> None:
    holds(case)


def test_b43_of_two_rejections_the_last_one_counts() -> None:
    found = B43["rejected twice, never again"][0].findings()
    assert [finding.subject["claim"] for finding in found if finding.rule == "B43"] == ["K-2"]


def test_b43_predicts_a_duplicate_or_the_filing_limit() -> None:
    assert predicted(B43["corrected as a new claim"], "B43") == "18"
    assert predicted(B43["rejected 14 days and a second ago"], "B43") == "29"


WRONG = [hold("B44", **YAEL)]


def on_one_claim() -> Scenario:
    """Two visits of different days on one claim, one copay each."""
    scenario = again(clean_individual(), "90834", "YAEL", "2026-04-16 10:00", 50).without("K-S-2-YAEL")
    more_lines(scenario, "K-S-1-YAEL", "90834", session="S-2", date="2026-04-16")
    scenario.changes[-1]["at"] = at("2026-04-16 14:00")
    return scenario.set("K-S-1-YAEL", copay_collected="40.00").seen("2026-04-16 18:00")


B44: dict[str, Case] = {
    "fee, total and copay agree": (clean_individual(), []),
    "the charge is not the fee": (line(clean_individual(), "K-S-1-YAEL", amount="125.00"), WRONG),
    "two units at twice the fee": (line(clean_individual(), "K-S-1-YAEL", units=2, amount="240.00"), []),
    "two units at one fee": (line(clean_individual(), "K-S-1-YAEL", units=2), WRONG),
    "the total is not the sum": (clean_individual().set("K-S-1-YAEL", total="130.00"), WRONG),
    "no copay collected": (clean_individual().set("K-S-1-YAEL", copay_collected="0.00"), WRONG),
    "too much copay collected": (clean_individual().set("K-S-1-YAEL", copay_collected="25.00"), WRONG),
    "what was collected is not recorded": (clean_individual().set("K-S-1-YAEL", copay_collected=None), []),
    "a plan without a copay": (
        clean_individual().set("COV-YAEL", copay="0.00").set("K-S-1-YAEL", copay_collected="0.00"),
        [],
    ),
    "a code without a fee": (clean_individual().set("PR-1", fee_schedule={"90853": "60.00"}), []),
    "an add-on line at its fee": (
        more_lines(clean_individual(), "K-S-1-YAEL", "90785").set(
            "N-S-1-YAEL", complexity_factor="interpreter conflict"
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", B44.values(), ids=B44.keys())
def test_b44_the_amounts_add_up(case: Case) -> None:
    holds(case)


def test_b44_predicts_the_sum_or_the_fee() -> None:
    assert predicted(B44["the total is not the sum"], "B44") == "16"
    assert predicted(B44["the charge is not the fee"], "B44") == "45"


def test_one_claim_may_bill_two_visits_and_each_is_seen_where_it_took_place() -> None:
    assert on_one_claim().findings() == []
    short = on_one_claim().change("S-2", "2026-04-16 15:00", actual_end=at("2026-04-16 10:30"))
    assert [(f.rule, f.subject["session"]) for f in short.findings()] == [("B11", "S-2")]
