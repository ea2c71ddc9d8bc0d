"""Is nothing found in months in which nothing is wrong, whatever else happens in them?"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.streams.one_of_each import again, line
from tests.streams.scenario import (
    Scenario,
    after,
    at,
    clean_couple,
    clean_family,
    clean_group,
    clean_multi_family,
    hold,
)

PAT = "K-S-1-PAT"


def paid(scenario: Scenario, claim: str, queued: str) -> Scenario:
    """Submitted, accepted and paid in three weeks."""
    day = {"hours": 12}
    scenario.change(claim, after(queued, **day), status="submitted", submitted_at=after(queued, **day))
    scenario.change(claim, after(queued, days=1), status="accepted", accepted_at=after(queued, days=1))
    return scenario.change(claim, after(queued, days=20), status="paid", payer_control_number=f"P-{claim}")


def a_group_for_a_month() -> Scenario:
    """Somebody is missing each week, one session is by video, and one member has a session alone on the same day."""
    members = ("ANA", "BEN", "CLEO", "DREW", "EDA")
    scenario = clean_group(len(members))
    for who in members:
        paid(scenario, f"K-S-1-{who}", "2026-04-15 22:00")
    for week in range(1, 5):
        session, day = f"S-{week + 1}", date(2026, 4, 15) + timedelta(weeks=week)
        for who in members:
            scenario.checked(who, f"{day - timedelta(days=3)} 08:00", f"EL-{who}-{week}")
        missing = members[week]
        there = [who for who in members if who != missing]
        scenario.book(session, "group", members, f"{day} 18:00", 60, unit="G-1")
        scenario.hold(session, "90853", there, shared_note=True)
        scenario.set(f"N-{session}-SHARED", participant_count=len(there))
        if week == 3:
            scenario.telehealth(session)
        status = "no_show" if week % 2 else "excused"
        scenario.set(f"AT-{session}-{missing}", status=status, arrived=None, left=None, location=None)
        for who in there:
            paid(scenario, f"K-{session}-{who}", after(f"{day} 18:00", hours=4))
    scenario.book("S-9", "individual", ("ANA",), "2026-04-29 14:00", 50).hold("S-9", "90834", ("ANA",))
    return paid(line(scenario, "K-S-9-ANA", modifiers=["XE"]), "K-S-9-ANA", "2026-04-29 17:00").seen("2026-06-20 12:00")


def a_birthday_and_a_new_cycle() -> Scenario:
    """A member of a multi-family group comes of age and signs; then the next cycle begins with a new agreement."""
    everybody = ("UMA", "VIC", "WREN", "XAN")
    scenario = clean_multi_family().set("C-VIC", dob="2008-05-01")
    for id_, name in (("COV-VIC", "patient_dob"), ("EL-VIC", "dob"), ("K-S-1-VIC", "patient_dob")):
        scenario.set(id_, **{name: "2008-05-01"})
    own = {"signed": "2026-05-01 09:00"}
    scenario.consent("VIC", "treatment", id_="V-1", **own).release("VIC", id_="V-2", **own)
    scenario.consent("VIC", "group_agreement", id_="V-3", unit="G-MF", cycle="CY-1", **own)
    scenario.book("S-2", "multi_family", everybody, "2026-05-06 18:00", 60, unit="G-MF")
    scenario.hold("S-2", "90849", ("VIC", "XAN"), shared_note=True)
    cycle = {"id": "CY-2", "start": "2026-06-11", "end": "2026-09-01"}
    scenario.change("G-MF", "2026-06-11 09:00", cycle=cycle, agreement_version="v2")
    for who in everybody:
        new = {"unit": "G-MF", "cycle": "CY-2", "version": "v2", "signed": "2026-06-12 10:00", "id_": f"GA-2-{who}"}
        scenario.consent(who, "group_agreement", signer="WREN" if who == "XAN" else None, **new)
    scenario.book("S-3", "multi_family", everybody, "2026-06-17 18:00", 60, unit="G-MF")
    scenario.hold("S-3", "90849", ("VIC", "XAN"), shared_note=True)
    for who in ("VIC", "XAN"):
        scenario.checked(who, "2026-05-04 08:00", f"EL-2-{who}").checked(who, "2026-06-15 08:00", f"EL-3-{who}")
    return scenario.seen("2026-06-19 12:00")


def a_claim_through_everything() -> Scenario:
    """Drafted by AI and signed, rejected, sent again, paid, sent to the second payer, replaced; an addendum."""
    scenario = clean_couple().ai_draft("S-1").change("N-AI", "2026-04-15 20:30", status="draft")
    scenario.change("N-AI", "2026-04-15 21:00", status="signed", signed_by="CL-REYES", signed_at=at("2026-04-15 21:00"))
    second = {"payer": "PAY-COM2", "rank": 2, "member_id": "X2"}
    scenario.add("coverage", "COV-2", "2026-03-07 09:00", **{**scenario.data("COV-PAT"), **second})
    answer = {"coverage": "COV-2", "member_id": "X2"}
    scenario.add("eligibility", "EL-2", "2026-04-13 09:00", **{**scenario.data("EL-PAT"), **answer})
    scenario.change(PAT, "2026-04-16 09:00", status="submitted", submitted_at=at("2026-04-16 09:00"))
    scenario.change(PAT, "2026-04-16 20:00", status="rejected", rejected_at=at("2026-04-16 20:00"))
    clean = {"rejected_at": None, "queued_at": at("2026-04-17 09:00")}
    paid(again(scenario, PAT, "K-2", **clean), "K-2", "2026-04-17 09:00").set("K-2", payer_control_number="PCN-9")
    said = {"claim": "K-2", "date": "2026-05-07", "paid": "100.00"}
    to = {"coverage": "COV-2", "sequence": "secondary", "copay_collected": None, "primary_adjudicated": said}
    fresh = {"rejected_at": None, "payer_control_number": None, "queued_at": at("2026-05-08 09:00")}
    again(scenario, PAT, "K-3", payer="PAY-COM2", member_id="X2", **to, **fresh)
    again(scenario, PAT, "K-4", frequency=7, original_ref="PCN-9", **fresh)
    scenario.note("S-1", "PAT", "90847", "N-ADD", kind="addendum", addendum_to="N-S-1-PAT", text="Homework corrected.")
    return scenario.change("N-S-1-PAT", "2026-04-20 10:00", amended=True).seen("2026-05-09 12:00")


def assistance_first() -> Scenario:
    """The employee assistance programme's last visit, then the medical plan."""
    scenario = clean_couple().add(
        "authorization",
        "AU-E",
        "2026-03-07 09:00",
        client="C-PAT",
        payer="PAY-EAP",
        number="E-1",
        codes=["90847"],
        clinicians=[],
        start="2026-01-01",
        end="2026-12-31",
        units_approved=2,
        units_used_before=1,
        kind="eap",
    )
    line(scenario, PAT, modifiers=["HJ"])
    scenario.set(PAT, payer="PAY-EAP", coverage=None, authorization_number="E-1", copay_collected=None)
    fields = {"unit": "CP-1", "identified_patient": "C-PAT"}
    scenario.book("S-2", "couple", ("PAT", "QUINN"), "2026-04-22 18:00", 50, **fields).hold("S-2", "90847", ("PAT",))
    return scenario.checked("PAT", "2026-04-20 08:00", "EL-2").seen("2026-04-23 20:00")


def clocks_go_back() -> Scenario:
    """50 elapsed minutes in the night in which the hour from one to two comes twice."""
    scenario = Scenario(now="2026-11-02 18:50").practice().patient("YAEL").set("PL-YAEL", review_due="2026-12-01")
    scenario.checked("YAEL", "2026-10-29 10:00", "EL-2").book("S-1", "individual", ("YAEL",), "2026-11-01 01:30", 50)
    return scenario.hold("S-1", "90834", ("YAEL",))


STORIES = (
    a_group_for_a_month,
    a_birthday_and_a_new_cycle,
    a_claim_through_everything,
    assistance_first,
    clocks_go_back,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_nothing_is_found_where_nothing_is_wrong(story: Callable[[], Scenario]) -> None:
    assert story().found() == []


def test_a_relative_who_joins_a_family_session_signs_its_agreement_too() -> None:
    scenario = clean_family().relative("OMA", dob="1950-01-01")
    scenario.set("S-1", clients=["C-RUTH", "C-SAM", "C-TEO", "C-OMA"]).attend("S-1", "OMA")
    expected = [hold("C04", session="S-1", client=f"C-{who}", family="F-1") for who in ("OMA", "RUTH", "SAM")]
    assert scenario.found() == expected
