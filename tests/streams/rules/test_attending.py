"""May this person attend? C01, C02, C04 and C20, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import (
    SIGNED,
    Case,
    Scenario,
    at,
    clean_couple,
    clean_family,
    clean_group,
    clean_individual,
    clean_multi_family,
    hold,
    holds,
    signature,
    warn,
)

S = {"session": "S-1"}
BEN = {**S, "client": "C-BEN"}
BEN_C01 = hold("C01", **BEN)


def booked(hours_ahead: float) -> Scenario:
    """A group session ahead, looked at that many hours before its start."""
    scenario = clean_group()
    scenario.book("S-2", "group", ("ANA", "BEN", "CLEO", "DREW"), "2026-04-29 18:00", 60, unit="G-1")
    now = {72: "2026-04-26 18:00", 48.5: "2026-04-27 17:30", 48: "2026-04-27 18:00", 1: "2026-04-29 17:00"}
    return scenario.seen(now[hours_ahead])


def treatment(**fields: object) -> Scenario:
    return clean_group().set("CON-BEN-treatment", **fields)


C01: dict[str, Case] = {
    "no consent at all": (clean_group().without("CON-BEN-treatment"), [BEN_C01]),
    "signed a minute after the start": (treatment(signed_at=at("2026-04-15 18:01")), [BEN_C01]),
    "signed at the very start": (treatment(signed_at=at("2026-04-15 18:00")), []),
    "expired a minute before the start": (treatment(expires=at("2026-04-15 17:59")), [BEN_C01]),
    "expires at the very start": (treatment(expires=at("2026-04-15 18:00")), [BEN_C01]),
    "expires in the middle of the session": (treatment(expires=at("2026-04-15 18:30")), []),
    "revoked before the session": (
        treatment(status="revoked", revoked_at=at("2026-04-14 09:00")),
        [BEN_C01],
    ),
    "revoked in the middle of the session": (treatment(status="revoked", revoked_at=at("2026-04-15 18:20")), []),
    "revoked the day after": (treatment(status="revoked", revoked_at=at("2026-04-16 09:00")), []),
    "revoked as a whole although the source still calls it active": (
        treatment(revocation={"scope": "all", "recipients": [], "in_writing": True, "at": at("2026-04-10 09:00")}),
        [BEN_C01],
    ),
    "revoked for one recipient only": (
        treatment(revocation={"scope": "partial", "recipients": ["School"], "in_writing": True, "at": at(SIGNED)}),
        [],
    ),
    "on file but never signed": (treatment(signed_at=None), [BEN_C01]),
    "an expired one and a renewal": (
        treatment(expires=at("2026-04-01 23:59")).consent("BEN", "treatment", signed="2026-03-30 10:00", id_="CON-NEW"),
        [],
    ),
    "paper signed in time and entered days later": (
        clean_group()
        .without("CON-BEN-treatment")
        .consent("BEN", "treatment", entered="2026-04-16 09:00", expires=at("2027-03-11 23:59")),
        [],
    ),
    "missing for somebody who never came": (clean_group().without("CON-BEN-treatment").miss("S-1", "BEN"), []),
    "missing for somebody excused": (clean_group().without("CON-BEN-treatment").miss("S-1", "BEN", "excused"), []),
    "missing for a relative who is no patient": (
        clean_couple().without("CON-QUINN-treatment"),
        [hold("C01", **S, client="C-QUINN")],
    ),
    "missing for somebody who came without being booked": (
        clean_group().person("EDA", patient=False).attend("S-1", "EDA"),
        [hold("C01", **S, client="C-EDA"), hold("C02", **S, client="C-EDA", group="G-1")],
    ),
    "missing in a session that was called off": (
        booked(1).without("CON-BEN-treatment").change("S-2", "2026-04-20 09:00", status="cancelled"),
        [BEN_C01],
    ),
    "told 48 hours ahead": (
        booked(48).without("CON-BEN-treatment"),
        [BEN_C01, hold("C01", session="S-2", client="C-BEN")],
    ),
    "not told earlier": (booked(48.5).without("CON-BEN-treatment"), [BEN_C01]),
    "expires between now and a session ahead": (
        booked(1).set("CON-BEN-treatment", expires=at("2026-04-29 17:30")),
        [
            hold("C01", session="S-2", client="C-BEN"),
            hold("C15", client="C-BEN", consent="CON-BEN-treatment"),
        ],
    ),
    "the hour the clocks change does not matter": (
        clean_individual().set(
            "CON-YAEL-treatment", signed_at="2026-04-15T18:30:00-04:00", expires="2026-04-16T00:30:00+01:00"
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", C01.values(), ids=C01.keys())
def test_nobody_is_seen_without_a_treatment_consent(case: Case) -> None:
    holds(case)


def agreement(**fields: object) -> Scenario:
    return clean_group().set("CON-BEN-group_agreement", **fields)


BEN_C02 = hold("C02", **BEN, group="G-1")

C02: dict[str, Case] = {
    "no agreement": (clean_group().without("CON-BEN-group_agreement"), [BEN_C02]),
    "an older version than the one in force": (agreement(version="v0"), [BEN_C02]),
    "signed for the cycle before": (agreement(cycle="CY-0"), [BEN_C02]),
    "signed for another group": (agreement(unit="G-9"), [BEN_C02]),
    "signed an hour after the start": (agreement(signed_at=at("2026-04-15 18:30")), [BEN_C02]),
    "revoked before the session": (agreement(status="revoked", revoked_at=at("2026-04-01 09:00")), [BEN_C02]),
    "missing for a member who did not come": (clean_group().without("CON-BEN-group_agreement").miss("S-1", "BEN"), []),
    "the version that came with the next cycle changes nothing about this session": (
        clean_group().change("G-1", "2026-04-16 09:00", agreement_version="v2"),
        [],
    ),
    "a new cycle was begun before the old one's last day": (
        clean_group().change(
            "G-1",
            "2026-04-10 12:00",
            cycle={"id": "CY-2", "start": "2026-04-15", "end": "2026-07-08"},
            agreement_version="v2",
        ),
        [hold("C02", session="S-1", client=f"C-{who}", group="G-1") for who in ("ANA", "BEN", "CLEO", "DREW")],
    ),
    "a new cycle begins the day after": (
        clean_group().change(
            "G-1",
            "2026-04-10 12:00",
            cycle={"id": "CY-2", "start": "2026-04-16", "end": "2026-07-08"},
            agreement_version="v2",
        ),
        [],
    ),
    "the next cycle's record says nothing about a session of this one": (
        clean_group().change(
            "G-1",
            "2026-04-16 09:00",
            cycle={"id": "CY-2", "start": "2026-06-17", "end": "2026-09-09"},
            agreement_version="v2",
        ),
        [],
    ),
    "a multi-family group asks everybody on its roster": (
        clean_multi_family().without("CON-VIC-group_agreement"),
        [hold("C02", **S, client="C-VIC", group="G-MF")],
    ),
    "an individual session asks for none": (clean_individual(), []),
}


@pytest.mark.parametrize("case", C02.values(), ids=C02.keys())
def test_every_member_has_signed_the_agreement_of_this_cycle(case: Case) -> None:
    holds(case)


COUPLE = {**S, "couple": "CP-1"}
FAMILY = {**S, "family": "F-1"}
QUINN_C04 = hold("C04", **COUPLE, client="C-QUINN")

C04: dict[str, Case] = {
    "one partner has not signed": (clean_couple().without("CON-QUINN-conjoint_agreement"), [QUINN_C04]),
    "one partner signed for another couple": (
        clean_couple().set("CON-QUINN-conjoint_agreement", unit="CP-2"),
        [QUINN_C04],
    ),
    "one partner revoked": (
        clean_couple().set("CON-QUINN-conjoint_agreement", status="revoked", revoked_at=at("2026-04-10 09:00")),
        [QUINN_C04],
    ),
    "the partner who has not signed stayed away": (
        clean_couple()
        .without("CON-QUINN-conjoint_agreement")
        .set("AT-S-1-QUINN", status="no_show", arrived=None, left=None, location=None)
        .without("K-S-1-PAT", "N-S-1-PAT")
        .note("S-1", "PAT", "90834")
        .claim("S-1", "PAT", "90834"),
        [],
    ),
    "a child in the family need not sign": (clean_family(), []),
    "one parent has not signed": (
        clean_family().without("CON-SAM-conjoint_agreement"),
        [hold("C04", **FAMILY, client="C-SAM")],
    ),
    "a grandmother joined the family before the session": (
        clean_family()
        .relative("UMA")
        .change("F-1", "2026-04-01 09:00", members=["C-RUTH", "C-SAM", "C-TEO", "C-UMA"])
        .consent(
            "UMA",
            "conjoint_agreement",
            signed="2026-04-01 10:00",
            unit="F-1",
            composition=["C-RUTH", "C-SAM", "C-TEO", "C-UMA"],
        ),
        [hold("C04", **FAMILY, client="C-RUTH"), hold("C04", **FAMILY, client="C-SAM")],
    ),
    "a parent left the family before the session": (
        clean_family()
        .change("F-1", "2026-04-01 09:00", members=["C-RUTH", "C-TEO"])
        .without("AT-S-1-SAM")
        .set("S-1", clients=["C-RUTH", "C-TEO"]),
        [hold("C04", **FAMILY, client="C-RUTH")],
    ),
    "the family changed only after the session": (
        clean_family().change("F-1", "2026-04-16 09:00", members=["C-RUTH", "C-TEO"]),
        [],
    ),
    "signed for whom is not recorded": (
        clean_couple().set("CON-PAT-conjoint_agreement", composition=[]),
        [warn("C04", **COUPLE, client="C-PAT")],
    ),
    "signed anew after the family changed": (
        clean_family()
        .relative("UMA")
        .change("F-1", "2026-04-01 09:00", members=["C-RUTH", "C-SAM", "C-TEO", "C-UMA"])
        .set("CON-RUTH-conjoint_agreement", composition=["C-RUTH", "C-SAM", "C-TEO", "C-UMA"])
        .set("CON-SAM-conjoint_agreement", composition=["C-UMA", "C-TEO", "C-SAM", "C-RUTH"]),
        [],
    ),
}


@pytest.mark.parametrize("case", C04.values(), ids=C04.keys())
def test_every_adult_has_signed_the_conjoint_agreement_for_the_unit_as_it_is(case: Case) -> None:
    holds(case)


GUEST = {"name": "Lior Amsel", "role": "trainee", "recording_consent": True}
ALL_C20 = [hold("C20", **S, client=f"C-{who}") for who in ("ANA", "BEN", "CLEO", "DREW")]


def observed(*agreed: str, guest: dict[str, object] = GUEST, **fields: Any) -> Scenario:
    scenario = clean_group().set("S-1", guests=[guest])
    for who in agreed:
        scenario.consent(who, "observation", **{"observer": "Lior Amsel", **fields})
    return scenario


EVERYBODY = ("ANA", "BEN", "CLEO", "DREW")

C20: dict[str, Case] = {
    "nobody agreed": (observed(), ALL_C20),
    "one member has not agreed": (observed("ANA", "CLEO", "DREW"), [hold("C20", **BEN)]),
    "everybody agreed to this person": (observed(*EVERYBODY), []),
    "everybody agreed to a guest in this role": (observed(*EVERYBODY, observer="trainee"), []),
    "everybody agreed to any guest": (observed(*EVERYBODY, observer=None), []),
    "everybody agreed to somebody else": (observed(*EVERYBODY, observer="Noor Haddad"), ALL_C20),
    "an interpreter is a guest too": (
        observed("ANA", "CLEO", "DREW", guest={**GUEST, "role": "interpreter"}),
        [hold("C20", **BEN)],
    ),
    "agreed only after the session had begun": (
        observed(*EVERYBODY).set("CON-BEN-observation", signed_at=at("2026-04-15 18:05")),
        [hold("C20", **BEN)],
    ),
    "the member who has not agreed stayed away": (observed("ANA", "CLEO", "DREW").miss("S-1", "BEN"), []),
    "the guardian agreed for a child": (
        clean_family()
        .set("S-1", guests=[GUEST])
        .consent("RUTH", "observation")
        .consent("SAM", "observation")
        .consent("TEO", "observation", signers=[signature("C-RUTH", "guardian", SIGNED)]),
        [],
    ),
}


@pytest.mark.parametrize("case", C20.values(), ids=C20.keys())
def test_a_guest_is_present_only_if_every_participant_agreed(case: Case) -> None:
    holds(case)
