"""For every rule of the catalogue a practice in which it finds something. Written from the catalogue's text alone."""

from collections.abc import Callable
from typing import Any

from tests.streams.scenario import (
    PART2_ELEMENTS,
    SIGNED,
    Scenario,
    after,
    at,
    clean_couple,
    clean_disclosures,
    clean_family,
    clean_group,
    clean_individual,
    clean_multi_family,
    clean_sud_group,
    signature,
)

ANA, PAT = "K-S-1-ANA", "K-S-1-PAT"
REVOKED = {"status": "revoked", "revoked_at": at("2026-04-16 10:00")}


def under(scenario: Scenario, **policy: Any) -> Scenario:
    """The scenario under a policy of its own."""
    scenario.policy = policy
    return scenario


def line(scenario: Scenario, claim: str, **fields: Any) -> Scenario:
    """The claim's one line made otherwise; the total is its amount."""
    only = {**scenario.data(claim)["lines"][0], **fields}
    return scenario.set(claim, lines=[only], total=only["amount"])


def add_on(scenario: Scenario, claim: str, code: str, amount: str, **fields: Any) -> Scenario:
    """One more line on the claim."""
    data = scenario.data(claim)
    more = {**data["lines"][0], "code": code, "amount": amount, **fields}
    return scenario.set(claim, lines=[*data["lines"], more], total=f"{float(data['total']) + float(amount):.2f}")


def again(scenario: Scenario, claim: str, id_: str = "K-2", **fields: Any) -> Scenario:
    """The same claim once more, a day later."""
    moment = "2026-04-16 09:00"
    fresh = {"status": "queued", "submitted_at": None, "accepted_at": None, "queued_at": at(moment)}
    return scenario.add("claim", id_, moment, **{**scenario.data(claim), **fresh, **fields})


def sent(scenario: Scenario, claim: str, status: str, **fields: Any) -> Scenario:
    """The claim went out in the evening."""
    return scenario.set(claim, status=status, submitted_at=at("2026-04-15 22:30"), **fields)


def same_day(**fields: Any) -> Scenario:
    """C-ANA comes alone in the afternoon, too."""
    scenario = clean_group().book("S-2", "individual", ("ANA",), "2026-04-15 15:00", 50).hold("S-2", "90834", ("ANA",))
    return line(scenario, "K-S-2-ANA", **fields)


def absent(scenario: Scenario, who: str) -> Scenario:
    """Recorded as a no-show, everything else as if they had come."""
    return scenario.set(f"AT-S-1-{who}", status="no_show", arrived=None, left=None, location=None)


def shortened(scenario: Scenario, minutes: int) -> Scenario:
    """The session ended so many minutes after its start, and everybody says so."""
    end = after(at("2026-04-15 18:00"), minutes=minutes)
    for change in scenario.changes:
        if change["id"] == "S-1" and change["data"].get("actual_end"):
            change["data"]["actual_end"] = end
        elif change["entity"] == "attendance":
            change["data"]["left"] = end
        elif change["entity"] == "note":
            change["data"]["stop"] = end
    return scenario


def authorized(**fields: Any) -> Scenario:
    """The payer asks for an authorization of 90853; C-ANA's is made otherwise."""
    scenario = under(clean_group(2), payers={"PAY-COM": {"auth_required_codes": ["90853"]}})
    known: dict[str, Any] = {
        "payer": "PAY-COM",
        "number": "A-1",
        "codes": ["90853"],
        "clinicians": [],
        "start": "2026-01-01",
        "end": "2026-12-31",
        "units_approved": 10,
        "units_used_before": 0,
        "kind": "medical",
    }
    scenario.add("authorization", "AU-BEN", "2026-03-07 09:00", client="C-BEN", **known)
    return scenario.add("authorization", "AU-ANA", "2026-03-07 09:00", client="C-ANA", **{**known, **fields})


def minor_alone(signer: str = "RUTH") -> Scenario:
    """The family's session, the minor's treatment consent signed by somebody."""
    return clean_family().set("CON-TEO-treatment", signers=[signature(f"C-{signer}", "guardian", SIGNED)])


def born(scenario: Scenario, who: str, dob: str) -> Scenario:
    """Born on that day, on every record."""
    scenario.set(f"C-{who}", dob=dob).set(f"COV-{who}", patient_dob=dob).set(f"EL-{who}", dob=dob)
    return scenario.set(f"K-S-1-{who}", patient_dob=dob)


def portal() -> Scenario:
    """A confidential message of the minor that his mother, who is his proxy, would see."""
    return (
        clean_family()
        .set("REL-RUTH-TEO", portal_proxy=True)
        .add(
            "message",
            "M-1",
            "2026-04-16 10:00",
            kind="portal",
            thread_of="C-TEO",
            author="C-TEO",
            confidential=True,
            visible_to=["C-TEO", "C-RUTH"],
            sent_at=at("2026-04-16 10:00"),
            text="Please do not tell them.",
        )
    )


def joined_later() -> Scenario:
    """C-DREW joined two weeks after the others."""
    scenario = under(clean_group(), reacknowledge_on_new_member=True)
    members = [dict(member) for member in scenario.data("G-1")["members"]]
    members[3]["joined"] = "2026-04-01"
    scenario.set("CON-DREW-group_agreement", signed_at=at("2026-04-01 10:00"))
    return scenario.change("G-1", "2026-04-01 09:00", members=members)


def expiring() -> Scenario:
    """C-ANA's treatment consent runs out before the next session's turn comes."""
    scenario = clean_group().set("CON-ANA-treatment", expires=at("2026-05-10 23:59"))
    return scenario.book("S-2", "group", ("ANA", "BEN"), "2026-04-29 18:00", 60, unit="G-1")


def superseded() -> Scenario:
    """A materially new treatment form since 10 April."""
    fields = {"version": "v2", "language": "en", "supersedes": "v1", "material_change": True, "effective": "2026-04-10"}
    return clean_group(2).add("form", "FO-1", "2026-04-01 09:00", kind="treatment", **fields)


def secondary() -> Scenario:
    """C-ANA has a second coverage and the claim to it says nothing of what the first decided."""
    scenario = sent(clean_group(2), ANA, "submitted")
    second = {"payer": "PAY-COM2", "rank": 2, "member_id": "X2"}
    scenario.add("coverage", "COV-2", "2026-03-07 09:00", **{**scenario.data("COV-ANA"), **second})
    answer = {"coverage": "COV-2", "member_id": "X2"}
    scenario.add("eligibility", "EL-2", "2026-04-13 09:00", **{**scenario.data("EL-ANA"), **answer})
    to: dict[str, Any] = {
        "coverage": "COV-2",
        "payer": "PAY-COM2",
        "member_id": "X2",
        "sequence": "secondary",
        "copay_collected": None,
    }
    return again(scenario, ANA, **to)


def assisted() -> Scenario:
    """An employee assistance programme has visits left, and the medical plan is billed."""
    return clean_couple().add(
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
        units_approved=3,
        units_used_before=0,
        kind="eap",
    )


def crisis() -> Scenario:
    """29 minutes billed as crisis."""
    scenario = Scenario(now="2026-04-16 18:50").practice().patient("YAEL")
    return scenario.book("S-1", "crisis", ("YAEL",), "2026-04-15 18:00", 29).hold("S-1", "90839", ("YAEL",))


def associate() -> Scenario:
    """An associate whose claims name no supervisor."""
    history = [{"supervisor": "CL-MORI", "from": "2025-01-01", "to": None}]
    return clean_group(2).set("CL-REYES", supervised=True, supervisor="CL-MORI", supervision=history)


def two_at_once() -> Scenario:
    """The clinician sees somebody else in the group's last half hour."""
    scenario = clean_group().patient("YAEL").book("S-2", "individual", ("YAEL",), "2026-04-15 18:30", 50)
    return scenario.hold("S-2", "90834", ("YAEL",))


def late_signature() -> Scenario:
    """Signed half an hour after the end."""
    late = "2026-04-15 19:30"
    return clean_group().set("CON-ANA-treatment", signed_at=at(late), signers=[signature("C-ANA", "self", late)])


ONE_OF_EACH: dict[str, Callable[[], Scenario]] = {
    "C01": lambda: clean_group().set("CON-BEN-treatment", expires=at("2026-04-15 18:00")),
    "C02": lambda: clean_group().set("CON-ANA-group_agreement", cycle="CY-0"),
    "C03": joined_later,
    "C04": lambda: clean_couple().without("CON-QUINN-conjoint_agreement"),
    "C05": lambda: minor_alone("AUNT"),
    "C06": lambda: born(clean_family(), "TEO", "2008-04-15"),
    "C07": lambda: clean_group().telehealth("S-1").set("AT-S-1-ANA", location=None),
    "C08": lambda: clean_group().recorded("S-1").change("CON-ANA-recording", "2026-04-15 18:30", **REVOKED).set(
        "CON-ANA-recording", revoked_at=at("2026-04-15 18:30")),
    "C09": lambda: clean_couple().ai_draft("S-1").without("CON-QUINN-ai_assistance"),
    "C10": lambda: clean_sud_group().without("CON-ANA-part2_tpo"),
    "C11": lambda: clean_sud_group().set("CON-ANA-part2_tpo", elements=list(PART2_ELEMENTS)),
    "C12": lambda: clean_disclosures().set("D-2", part2_notice=False),
    "C13": lambda: clean_disclosures().set("D-1", contents=["progress_notes", "psychotherapy_notes"]),
    "C14": lambda: clean_couple().ai_draft("S-1").change("CON-QUINN-ai_assistance", "2026-04-16 10:00", **REVOKED),
    "C15": expiring,
    "C16": lambda: clean_couple().roi("PAT", unit="CP-1").disclosure(
        "D-9", None, unit="CP-1", contents=["conjoint_record"]),
    "C17": lambda: clean_group().set("N-S-1-ANA", text="She answered Ben about the plan and agreed."),
    "C18": late_signature,
    "C19": superseded,
    "C20": lambda: clean_group().set("S-1", guests=[{"name": "Tay Ree", "role": "trainee", "recording_consent": True}]),
    "C21": lambda: clean_group().set(ANA, release_of_information=None),
    "C22": portal,
    "C23": lambda: clean_disclosures().set("D-1", date_range=["2025-12-31", "2026-04-15"]),
    "C24": lambda: clean_group().set("C-ANA", language="es"),
    "C25": lambda: under(clean_group().change("C-ANA", "2026-04-16 09:00", state="WI"), state_consent_sets={
        "WI": ["treatment", "telehealth"]}),
    "B01": lambda: absent(clean_group(), "ANA"),
    "B02": lambda: clean_group().without(ANA).seen("2026-04-18 19:01"),
    "B03": lambda: under(clean_group(), payers={"PAY-COM": {"group_max": 3}}),
    "B04": lambda: clean_group(2).miss("S-1", "BEN"),
    "B05": lambda: line(clean_group(), ANA, units=2, amount="120.00"),
    "B06": lambda: again(clean_couple(), PAT, client="C-QUINN"),
    "B07": lambda: absent(clean_family(), "TEO"),
    "B08": lambda: clean_couple().set("S-1", identified_patient="C-QUINN"),
    "B09": lambda: absent(clean_couple(), "QUINN"),
    "B10": lambda: shortened(clean_couple(), 25),
    "B11": lambda: shortened(clean_individual(), 37),
    "B12": lambda: under(
        clean_group().set("AT-S-1-ANA", arrived=at("2026-04-15 18:16")), group_presence_min_minutes=45),
    "B13": lambda: absent(absent(clean_multi_family(), "XAN"), "WREN").without("K-S-1-XAN"),
    "B14": lambda: add_on(clean_group(), ANA, "90785", "20.00"),
    "B15": crisis,
    "B16": same_day,
    "B17": lambda: line(clean_group(), ANA, modifiers=["59"]),
    "B18": lambda: line(clean_group(), ANA, units=2, amount="120.00"),
    "B19": lambda: again(sent(clean_group(), ANA, "paid"), ANA),
    "B20": lambda: clean_group().change("COV-ANA", "2026-04-16 10:00", end="2026-03-31"),
    "B21": lambda: clean_group().set("EL-ANA", checked_at=at("2026-04-07 23:59")),
    "B22": lambda: clean_group().set(ANA, member_id="M-WRONG"),
    "B23": secondary,
    "B24": lambda: authorized().without("AU-ANA"),
    "B25": lambda: authorized(units_used_before=10),
    "B26": lambda: clean_group().set("COV-ANA", visit_limits={"group": 20}, visits_used_before={"group": 20}),
    "B27": lambda: clean_couple().set("COV-PAT", excluded_codes=["90847"]),
    "B28": lambda: clean_group().set(ANA, diagnoses=["F43.1"]),
    "B29": lambda: clean_group().set(ANA, diagnoses=["Z63.0"]),
    "B30": lambda: line(clean_group(), ANA, code="H0005", amount="45.00"),
    "B31": lambda: clean_group().set(ANA, diagnoses=["F41.1"]),
    "B32": lambda: clean_group().telehealth("S-1").set(ANA, place_of_service="11"),
    "B33": lambda: clean_group().telehealth("S-1").set("AT-S-1-ANA", location={"state": "WI", "place": "home"}),
    "B34": lambda: clean_group(2).set("CL-REYES", excluded=True),
    "B35": lambda: clean_group().set(ANA, rendering="CL-MORI", rendering_npi="1730188269"),
    "B36": lambda: line(clean_group(), ANA, modifiers=["HP"]),
    "B37": associate,
    "B38": two_at_once,
    "B39": lambda: clean_group().set("N-S-1-ANA", status="draft", signed_at=None, signed_by=None),
    "B40": lambda: (s := clean_group()).set("N-S-1-BEN", text=s.data("N-S-1-ANA")["text"]),
    "B41": lambda: clean_group().set("PL-ANA", review_due="2026-04-14"),
    "B42": lambda: under(clean_group().seen("2026-06-08 12:00"), payers={"PAY-COM": {"filing_days": 90}}),
    "B43": lambda: again(sent(clean_group(), ANA, "paid", payer_control_number="PCN-1"), ANA, frequency=7),
    "B44": lambda: clean_group().set(ANA, total="61.00"),
    "B45": lambda: clean_group().set(ANA, rendering_npi="1882300119"),
    "B46": lambda: clean_sud_group().set("CON-ANA-part2_tpo", expires=at("2026-04-15 20:00")),
    "B47": lambda: clean_group().set("C-ANA", restrict_disclosure_to_plan=True),
    "B48": lambda: clean_group().set("C-ANA", program="php").set("COV-ANA", payer="PAY-MCR").set(ANA, payer="PAY-MCR"),
    "B49": lambda: clean_group().set(ANA, payer="PAY-COM2"),
    "B50": assisted,
}  # fmt: skip
"""Rule → a practice in which it finds something (and perhaps others do)."""
