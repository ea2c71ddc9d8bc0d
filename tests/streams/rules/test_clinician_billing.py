"""May this clinician be billed for it? B34-B37 and B45, case by case."""

from typing import Any

import pytest

from streams.rules.clinician_billing import is_npi
from tests.streams.rules.billing import about, copied, line, predicted
from tests.streams.scenario import Case, Scenario, at, block, clean_group, clean_individual, hold, holds, warn

YAEL = about("YAEL")
REYES = {"clinician": "CL-REYES"}
MORI = {"clinician": "CL-MORI"}


def reyes(**fields: Any) -> Scenario:
    return clean_individual().set("CL-REYES", **fields)


def license_(to: str | None, state: str = "IL", from_: str = "2019-01-01") -> list[dict[str, Any]]:
    return [{"state": state, "number": "1", "from": from_, "to": to}]


def enrolled(payer: str, from_: str, to: str | None) -> list[dict[str, Any]]:
    return [{"payer": payer, "from": from_, "to": to}]


INELIGIBLE = [block("B34", **YAEL, **REYES)]
B34: dict[str, Case] = {
    "enrolled with another payer only": (reyes(enrollments=enrolled("PAY-COM2", "2024-01-01", None)), INELIGIBLE),
    "enrolled with nobody": (reyes(enrollments=[]), INELIGIBLE),
    "enrolled from the day": (reyes(enrollments=enrolled("PAY-COM", "2026-04-15", None)), []),
    "enrolled from the day after": (reyes(enrollments=enrolled("PAY-COM", "2026-04-16", None)), INELIGIBLE),
    "the enrolment ends on the day": (reyes(enrollments=enrolled("PAY-COM", "2024-01-01", "2026-04-15")), []),
    "the enrolment ended the day before": (
        reyes(enrollments=enrolled("PAY-COM", "2024-01-01", "2026-04-14")),
        INELIGIBLE,
    ),
    "the licence ended the day before": (reyes(licenses=license_("2026-04-14")), INELIGIBLE),
    "the licence ends on the day": (reyes(licenses=license_("2026-04-15")), []),
    "an old licence was renewed": (reyes(licenses=[*license_("2025-12-31"), *license_(None, from_="2026-01-01")]), []),
    "on an exclusion list": (reyes(excluded=True), INELIGIBLE),
    "the licence ran out after the visit": (
        reyes(licenses=license_("2026-04-16")).seen("2026-04-18 12:00"),
        [],
    ),
    "nobody knows who rendered it": (
        clean_individual()
        .set("S-1", facilitators=[{"clinician": "CL-X", "role": "lead"}])
        .set("K-S-1-YAEL", rendering="CL-X"),
        [warn("B34", **YAEL, clinician="CL-X")],
    ),
}


@pytest.mark.parametrize("case", B34.values(), ids=B34.keys())
def test_b34_the_rendering_clinician_is_eligible(case: Case) -> None:
    holds(case)


def test_b34_predicts_what_fits() -> None:
    assert predicted(B34["enrolled with nobody"], "B34") == "B7"
    assert predicted(B34["on an exclusion list"], "B34") == "185"


def co_led(scenario: Scenario) -> Scenario:
    leads = [{"clinician": "CL-REYES", "role": "lead"}, {"clinician": "CL-MORI", "role": "co"}]
    return scenario.set("S-1", facilitators=leads)


BY_MORI: dict[str, Any] = {"rendering": "CL-MORI", "rendering_npi": "1730188269"}
BEN = about("BEN")
B35: dict[str, Case] = {
    "the lead renders": (co_led(clean_group()), []),
    "rendered by somebody who was not there": (
        clean_group().set("K-S-1-BEN", **BY_MORI),
        [block("B35", **BEN, **MORI)],
    ),
    "rendered by the co-facilitator, whose note is not theirs": (
        co_led(clean_group()).set("K-S-1-BEN", **BY_MORI),
        [block("B35", **BEN, **MORI)],
    ),
    "rendered by the co-facilitator, who wrote and signed the note": (
        co_led(clean_group()).set("K-S-1-BEN", **BY_MORI).set("N-S-1-BEN", author="CL-MORI", signed_by="CL-MORI"),
        [],
    ),
    "the co-facilitator is billed too": (
        copied(co_led(clean_group()), "K-S-1-BEN", "K-2", **BY_MORI),
        [block("B35", session="S-1", client="C-BEN", claim="K-2", **MORI)],
    ),
    "two leads": (
        clean_group()
        .set("S-1", facilitators=[{"clinician": c, "role": "lead"} for c in ("CL-REYES", "CL-MORI")])
        .set("K-S-1-BEN", **BY_MORI),
        [],
    ),
}


@pytest.mark.parametrize("case", B35.values(), ids=B35.keys())
def test_b35_who_led_is_who_rendered(case: Case) -> None:
    holds(case)


def payer(scenario: Scenario, **fields: Any) -> Scenario:
    scenario.policy = {"payers": {"PAY-COM": fields}}
    return scenario


def modified(*modifiers: str) -> Scenario:
    return line(clean_individual(), "K-S-1-YAEL", modifiers=list(modifiers))


HO = {"masters": "HO", "bachelors": "HN", "doctoral": "HP"}
WRONG = [block("B36", **YAEL)]
B36: dict[str, Case] = {
    "the payer asks for the level and it is there": (payer(modified("HO"), level_modifiers=HO), []),
    "the payer asks for the level and it is missing": (payer(modified(), level_modifiers=HO), WRONG),
    "the level of a doctor for a master": (payer(modified("HP"), level_modifiers=HO), WRONG),
    "the level of a doctor for a master, unasked": (modified("HP"), WRONG),
    "the right level, unasked": (modified("HO"), []),
    "by credential": (payer(modified("AJ"), level_modifiers={"LCSW": "AJ", "PSYD": "AH"}), []),
    "another credential's": (payer(modified("AH"), level_modifiers={"LCSW": "AJ", "PSYD": "AH"}), WRONG),
    "HQ asked for by code and missing": (
        payer(clean_group(), required_modifiers={"90853": ["HQ"]}),
        [block("B36", **about(who)) for who in ("ANA", "BEN", "CLEO", "DREW")],
    ),
    "HQ asked for a kind of session, written the other way round, and missing": (
        payer(clean_individual(), required_modifiers={"HQ": ["group", "individual"]}),
        WRONG,
    ),
    "the level written the other way round": (payer(modified("HO"), level_modifiers={"HO": "masters"}), []),
    "HQ asked for another code": (payer(clean_individual(), required_modifiers={"90853": ["HQ"]}), []),
    "HF asked for on every line and there": (payer(modified("HF"), required_modifiers=["HF"]), []),
}


@pytest.mark.parametrize("case", B36.values(), ids=B36.keys())
def test_b36_level_and_required_modifiers_are_right(case: Case) -> None:
    holds(case)


LEE = {"clinician": "CL-LEE"}


def associate(**fields: Any) -> Scenario:
    """CL-LEE, an associate supervised by CL-REYES, who cosigned the note and is named on the claim."""
    scenario = clean_individual().clinician(
        "LEE", npi="1299876544", **{"supervised": True, "supervisor": "CL-REYES", **fields}
    )
    scenario.set("S-1", facilitators=[{"clinician": "CL-LEE", "role": "lead"}])
    cosigned = {"cosigned_by": "CL-REYES", "cosigned_at": at("2026-04-15 21:20")}
    scenario.set("N-S-1-YAEL", author="CL-LEE", signed_by="CL-LEE", **cosigned)
    return scenario.set("K-S-1-YAEL", rendering="CL-LEE", rendering_npi="1299876544", supervising="CL-REYES")


def history(*periods: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    return [{"supervisor": who, "from": from_, "to": to} for who, from_, to in periods]


ALONE = [hold("B37", **YAEL, **LEE)]
B37: dict[str, Case] = {
    "supervised and cosigned": (associate(), []),
    "not cosigned": (associate().set("N-S-1-YAEL", cosigned_by=None, cosigned_at=None), ALONE),
    "cosigned by the associate": (associate().set("N-S-1-YAEL", cosigned_by="CL-LEE"), ALONE),
    "no supervisor": (associate(supervisor=None).set("K-S-1-YAEL", supervising=None), ALONE),
    "the claim names no supervisor": (associate().set("K-S-1-YAEL", supervising=None), ALONE),
    "the claim names somebody else": (associate().set("K-S-1-YAEL", supervising="CL-MORI"), ALONE),
    "the supervisor of that day, replaced since": (
        associate(
            supervisor="CL-MORI",
            supervision=history(("CL-REYES", "2025-01-01", "2026-04-15"), ("CL-MORI", "2026-04-16", None)),
        ),
        [],
    ),
    "supervision had ended the day before": (
        associate(supervision=history(("CL-REYES", "2025-01-01", "2026-04-14"))),
        ALONE,
    ),
    "the supervisor is excluded": (associate().set("CL-REYES", excluded=True), ALONE),
    "the supervisor's licence had ended": (associate().set("CL-REYES", licenses=license_("2026-04-14")), ALONE),
    "fully licensed, not cosigned": (clean_individual(), []),
}


@pytest.mark.parametrize("case", B37.values(), ids=B37.keys())
def test_b37_an_associate_is_supervised(case: Case) -> None:
    holds(case)


def billed(**fields: Any) -> Scenario:
    return clean_individual().set("K-S-1-YAEL", **fields)


BAD = [block("B45", **YAEL)]
B45: dict[str, Case] = {
    "the rendering NPI's check digit is wrong": (billed(rendering_npi="1882300119"), BAD),
    "the billing NPI's check digit is wrong": (billed(billing_npi="1445512002"), BAD),
    "nine digits": (billed(rendering_npi="188230011"), BAD),
    "no rendering NPI": (billed(rendering_npi=None), BAD),
    "the practice's NPI for the clinician": (billed(rendering_npi="1445512001"), BAD),
    "the clinician's NPI for the practice": (billed(billing_npi="1882300118"), BAD),
    "the clinician's NPI is of type 2": (reyes(npi_type=2), BAD),
    "no taxonomy": (billed(rendering_taxonomy=None), BAD),
    "a ZIP of five digits": (billed(billing_zip="60606"), BAD),
    "a ZIP+4": (billed(billing_zip="606061234"), []),
    "no ZIP": (billed(billing_zip=None), BAD),
    "an EHR that delivers none of these numbers": (
        billed(rendering_npi=None, rendering_taxonomy=None, billing_npi=None, billing_zip=None),
        [warn("B45", **YAEL)],
    ),
    "somebody who practises alone bills under their own number": (
        clean_individual().set("PR-1", npi="1882300118", npi_type=1).set("K-S-1-YAEL", billing_npi="1882300118"),
        [],
    ),
}


@pytest.mark.parametrize("case", B45.values(), ids=B45.keys())
def test_b45_the_providers_numbers_are_right(case: Case) -> None:
    holds(case)


def test_an_npi_is_checked_with_the_prefix_80840() -> None:
    assert is_npi("1234567893")  # the example of the standard
    assert not is_npi("1234567890")
    assert not is_npi("")
    assert not is_npi("123456789a")
    assert not is_npi(None)


def test_the_clinician_rules_predict_what_fits() -> None:
    assert predicted(B35["the co-facilitator is billed too"], "B35") == "18"
    assert predicted(B36["the level of a doctor for a master"], "B36") == "4"
    assert predicted(B37["not cosigned"], "B37") == "185"
    assert predicted(B45["no taxonomy"], "B45") == "16"
    assert predicted(B45["the practice's NPI for the clinician"], "B45") == "208"
