"""Is a group billed as a group? B03, B04, B05 and B13, case by case."""

from typing import Any

import pytest

from tests.streams.rules.billing import S1, about, copied, line, more_lines, predicted, recode
from tests.streams.scenario import (
    Case,
    Scenario,
    block,
    clean_couple,
    clean_family,
    clean_group,
    clean_multi_family,
    hold,
    holds,
    warn,
)

G1 = {"group": "G-1"}
PEOPLE = ("ANA", "BEN", "CLEO", "DREW", "EDA", "FINN", "GWEN", "HUGO", "IVY", "JONAS", "KIRA", "LEO")


def payer(scenario: Scenario, payer_id: str = "PAY-COM", **fields: Any) -> Scenario:
    scenario.policy = {"payers": {payer_id: fields}}
    return scenario


def billed(rule: str, *people: str, **more: str) -> list[tuple[str, str, dict[str, str]]]:
    severity = {"B03": "hold", "B04": "block"}[rule]
    return [(rule, severity, about(who, **more)) for who in people]


B03: dict[str, Case] = {
    "twelve present, twelve allowed": (clean_group(12), []),
    "four present, three allowed": (payer(clean_group(), group_max=3), billed("B03", *PEOPLE[:4], **G1)),
    "four booked, three came, three allowed": (payer(clean_group().miss("S-1", "BEN"), group_max=3), []),
    "only the payer with the smaller limit is concerned": (
        payer(
            clean_group().set("COV-BEN", payer="PAY-COM2").set("K-S-1-BEN", payer="PAY-COM2"),
            "PAY-COM2",
            group_max=3,
        ),
        billed("B03", "BEN", **G1),
    ),
    "a self-pay member counts": (
        payer(
            clean_group()
            .without("K-S-1-BEN")
            .set("C-BEN", self_pay=True)
            .add("charge", "CH-1", "2026-04-15 22:00", session="S-1", client="C-BEN", payer="self_pay", amount="60.00"),
            group_max=3,
        ),
        billed("B03", "ANA", "CLEO", "DREW", **G1),
    ),
}


def thirteen() -> Scenario:
    scenario = clean_group(12)
    scenario.patient("RUTH").group_agreement("RUTH")
    members = [*scenario.data("G-1")["members"], {"client": "C-RUTH", "joined": "2026-03-12", "left": None}]
    scenario.set("G-1", members=members).set("S-1", clients=[member["client"] for member in members])
    scenario.set("N-S-1-SHARED", participant_count=13)
    scenario.attend("S-1", "RUTH").note("S-1", "RUTH", "90853", text="Rehearsed a boundary with her brother; steady.")
    return scenario.claim("S-1", "RUTH", "90853")


B03["thirteen present, twelve allowed"] = (thirteen(), billed("B03", *PEOPLE, "RUTH", **G1))


@pytest.mark.parametrize("case", B03.values(), ids=B03.keys())
def test_b03_no_more_people_than_the_payer_allows(case: Case) -> None:
    holds(case)


B04: dict[str, Case] = {
    "two present": (clean_group(2), []),
    "two booked, one came": (clean_group(2).miss("S-1", "BEN"), billed("B04", "ANA", **G1)),
    "three present, the payer asks for four": (payer(clean_group(3), group_min=4), billed("B04", *PEOPLE[:3], **G1)),
    "four present, the payer asks for four": (payer(clean_group(4), group_min=4), []),
    "four booked, three came, the payer asks for four": (
        payer(clean_group(4).miss("S-1", "DREW"), group_min=4),
        billed("B04", *PEOPLE[:3], **G1),
    ),
    "one came and it was billed as an individual visit of its length": (
        recode(clean_group(2).miss("S-1", "BEN"), "K-S-1-ANA", "90837"),
        [],
    ),
    "whether the second member came is not recorded": (
        clean_group(2).without("AT-S-1-BEN", "K-S-1-BEN"),
        [warn("B04", **about("ANA", **G1))],
    ),
}


@pytest.mark.parametrize("case", B04.values(), ids=B04.keys())
def test_b04_enough_people_came_after_no_shows(case: Case) -> None:
    holds(case)


def test_b04_one_person_alone_is_a_wrong_code_too_few_a_doubtful_necessity() -> None:
    assert predicted(B04["two booked, one came"], "B04") == "16"
    assert predicted(B04["three present, the payer asks for four"], "B04") == "50"


B05: dict[str, Case] = {
    # the units of one patient and day are beyond the MUE as well
    "two units on one claim": (
        line(clean_group(), "K-S-1-ANA", units=2, amount="120.00"),
        [block("B05", **about("ANA")), block("B18", **about("ANA"))],
    ),
    "the whole group as four lines of one claim": (
        more_lines(clean_group(), "K-S-1-ANA", "90853", "90853", "90853"),
        [block("B05", **about("ANA")), block("B18", **about("ANA"))],
    ),
    "one unit": (line(clean_group(), "K-S-1-ANA", units=1), []),
    "no number of units is one": (line(clean_group(), "K-S-1-ANA", units=None), []),
}


@pytest.mark.parametrize("case", B05.values(), ids=B05.keys())
def test_b05_one_unit_for_each_patient_on_their_own_claim(case: Case) -> None:
    holds(case)


def test_b05_what_is_at_stake_is_what_was_billed_too_much() -> None:
    found = next(f for f in B05["two units on one claim"][0].findings() if f.rule == "B05")
    assert found.money_at_stake_cents == 6000
    assert found.predicts == "151"


def medicare(scenario: Scenario, *people: str) -> Scenario:
    for who in people:
        scenario.set(f"COV-{who}", payer="PAY-MCR").set(f"K-S-1-{who}", payer="PAY-MCR")
    return scenario


def both_of_family_u() -> Scenario:
    scenario = clean_multi_family().set("C-UMA", patient=True).covered("UMA").plan("UMA").release("UMA")
    scenario.note("S-1", "UMA", "90849", text="Named her own worry for the first time and asked for time alone.")
    return scenario.claim("S-1", "UMA", "90849")


UNSIGNED = [hold("C04", **S1, client="C-PAT"), hold("C04", **S1, client="C-QUINN")]

B13: dict[str, Case] = {
    "90853 for a couple": (recode(clean_couple(), "K-S-1-PAT", "90853"), [block("B13", **about("PAT"))]),
    "90853 for a family": (recode(clean_family(), "K-S-1-TEO", "90853"), [block("B13", **about("TEO"))]),
    "90847 for a group of strangers": (recode(clean_group(), "K-S-1-ANA", "90847"), [block("B13", **about("ANA"))]),
    "90847 for a couple": (clean_couple(), []),
    "90847 for two people who are not of the couple that is booked": (
        clean_couple()
        .without("REL-QUINN-PAT")
        .set("CP-1", members=["C-PAT", "C-RUTH"])
        .set("CON-PAT-conjoint_agreement", composition=["C-PAT", "C-RUTH"])
        .without("CON-QUINN-conjoint_agreement"),
        [block("B13", **about("PAT")), *((r, s, {**of, "couple": "CP-1"}) for r, s, of in UNSIGNED)],
    ),
    "90847 for two people nothing connects": (
        clean_couple()
        .without("REL-QUINN-PAT", "CP-1", "CON-PAT-conjoint_agreement", "CON-QUINN-conjoint_agreement")
        .set("S-1", unit=None),
        [warn("B13", **S1), *UNSIGNED],
    ),
    "90847 for a couple known only by their relationship": (
        clean_couple()
        .without("CP-1", "CON-PAT-conjoint_agreement", "CON-QUINN-conjoint_agreement")
        .set("S-1", unit=None),
        UNSIGNED,
    ),
    "90849 with one family": (
        clean_multi_family().miss("S-1", "WREN").miss("S-1", "XAN"),
        [block("B13", **about("VIC"))],
    ),
    "90849 with two families": (clean_multi_family(), []),
    "90849 with two families, one of them a parent alone": (clean_multi_family().miss("S-1", "XAN"), []),
    "90849 for a single family's session": (
        recode(clean_family(), "K-S-1-TEO", "90849"),
        [block("B13", **about("TEO"))],
    ),
    "90849 billed twice for one family": (both_of_family_u(), [block("B13", **S1, family="F-U")]),
    "90849 to Medicare": (medicare(clean_multi_family(), "VIC"), [block("B13", **about("VIC"))]),
    "the families of the group are not recorded": (
        clean_multi_family().set("G-MF", families=[]),
        [warn("B13", **S1, group="G-MF")],
    ),
}


@pytest.mark.parametrize("case", B13.values(), ids=B13.keys())
def test_b13_the_code_is_that_of_the_kind_of_session(case: Case) -> None:
    holds(case)


def test_b13_predicts_what_fits() -> None:
    assert predicted(B13["90853 for a couple"], "B13") == "11"
    assert predicted(B13["90849 to Medicare"], "B13") == "96"


def test_a_copy_of_the_claim_for_a_secondary_payer_is_no_second_unit() -> None:
    scenario = clean_group().covered("BEN").set("EL-BEN", coverage="COV-BEN")
    copied(
        scenario,
        "K-S-1-BEN",
        "K-2",
        sequence="secondary",
        primary_adjudicated={"claim": "K-S-1-BEN", "date": "2026-04-16", "paid": "40.00"},
    )
    assert [f for f in scenario.findings() if f.rule in ("B05", "B18", "B19")] == []
