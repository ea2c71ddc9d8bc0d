"""Has the right person signed for a minor, and for somebody who was one? C05 and C06, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import (
    SIGNED,
    Case,
    Scenario,
    at,
    clean_couple,
    clean_family,
    clean_individual,
    hold,
    holds,
    signature,
    warn,
)

TEO = {"session": "S-1", "client": "C-TEO"}
TEO_C05, TEO_C06 = hold("C05", **TEO), hold("C06", **TEO)
GUARDIAN = signature("C-RUTH", "guardian", SIGNED)
OWN = signature("C-TEO", "self", SIGNED)


def signed_by(*signers: dict[str, Any], **policy: Any) -> Scenario:
    """The clean family (Teo, 14) with these signatures on Teo's treatment consent."""
    scenario = clean_family().set("CON-TEO-treatment", signers=list(signers))
    if policy:
        scenario.policy["minor_self_consent_age"] = {"IL": policy}
    return scenario


def sud(scenario: Scenario) -> Scenario:
    """Teo is a SUD program's patient with a complete TPO consent of their own."""
    scenario.set("PR-1", part2_program=True).set("C-TEO", sud_program=True)
    return scenario.tpo("TEO")


def ruth(**fields: Any) -> Scenario:
    return clean_family().set("REL-RUTH-TEO", **fields)


C05: dict[str, Case] = {
    "the child alone has signed": (signed_by(OWN), [TEO_C05]),
    "nobody's signature is a guardian's": (signed_by(signature("C-RUTH", "self", SIGNED)), [TEO_C05]),
    "a mother and the child have signed": (signed_by(GUARDIAN, OWN), []),
    "an aunt who is on no list has signed": (signed_by(signature("C-UMA", "guardian", SIGNED)), [TEO_C05]),
    "a father without authority has signed": (ruth(may_consent=False), [TEO_C05]),
    "whether the mother has authority is not recorded": (ruth(may_consent=None), [warn("C05", **TEO)]),
    "the mother's authority had ended before she signed": (ruth(to="2026-03-10"), [TEO_C05]),
    "the mother's authority ends on the day she signs": (ruth(to="2026-03-11"), []),
    "the mother's authority ended after the session": (
        clean_family().change("REL-RUTH-TEO", "2026-04-16 09:00", may_consent=False, to="2026-04-15"),
        [],
    ),
    "the other of two parents has signed": (signed_by(signature("C-SAM", "guardian", SIGNED)), []),
    "a guardian who is no parent, with the court's paper": (ruth(kind="guardian", document_on_file=True), []),
    "a guardian who is no parent, without a paper": (ruth(kind="guardian", document_on_file=False), [TEO_C05]),
    "whether a guardian's paper is on file is not recorded": (
        ruth(kind="guardian", document_on_file=None),
        [warn("C05", **TEO)],
    ),
    "divorced, no paper on file": (
        clean_family().set("REL-RUTH-SAM", kind="ex_spouse"),
        [TEO_C05],
    ),
    "divorced, the paper of who signed is on file": (
        ruth(document_on_file=True).set("REL-RUTH-SAM", kind="ex_spouse"),
        [],
    ),
    "the custody paper on file is the other parent's": (
        clean_family().set("REL-SAM-TEO", document_on_file=True),
        [TEO_C05],
    ),
    "old enough by the state's law to sign alone": (signed_by(OWN, mental_health=14), []),
    "a year too young by the state's law": (signed_by(OWN, mental_health=15), [TEO_C05]),
    "old enough for SUD care only": (signed_by(OWN, sud=12), [TEO_C05]),
    "old enough to sign alone, and a parent has signed": (signed_by(GUARDIAN, mental_health=12), []),
    "SUD care, old enough to sign alone, only a parent has signed": (
        sud(signed_by(GUARDIAN, sud=12)),
        [TEO_C05],
    ),
    "SUD care, old enough to sign alone, and has": (sud(signed_by(OWN, sud=12)), []),
    "SUD care, old enough to sign alone, both have signed": (sud(signed_by(OWN, GUARDIAN, sud=12)), []),
    "SUD care, not old enough, a parent has signed": (sud(signed_by(GUARDIAN, sud=16)), []),
    "SUD care in a practice that is no Part 2 program": (
        signed_by(GUARDIAN, sud=12).set("C-TEO", sud_program=True),
        [],
    ),
    "no consent at all is C01's": (clean_family().without("CON-TEO-treatment"), [hold("C01", **TEO)]),
    "the child stayed away": (
        signed_by(OWN).miss("S-1", "TEO").note("S-1", "TEO", "90846").claim("S-1", "TEO", "90846"),
        [],
    ),
    "an adult signs alone": (clean_couple(), []),
    "the age of somebody who signed alone is not recorded": (
        clean_individual().set("C-YAEL", dob=None).set("COV-YAEL", patient_dob=None).set("EL-YAEL", dob=None),
        [warn("C05", session="S-1", client="C-YAEL")],
    ),
}


@pytest.mark.parametrize("case", C05.values(), ids=C05.keys())
def test_somebody_with_the_right_to_has_signed_for_a_minor(case: Case) -> None:
    holds(case)


def turned_18(dob: str, **fields: Any) -> Scenario:
    """One patient whose mother signed; seen on 15 April 2026."""
    scenario = clean_individual(dob=dob).relative("RUTH").relationship("RUTH", "YAEL")
    return scenario.set("CON-YAEL-treatment", signers=[GUARDIAN], **fields)


YAEL_C06 = hold("C06", session="S-1", client="C-YAEL")


def at_night(dob: str) -> Scenario:
    """The same, seen from 23:30 to 00:20 in Chicago: in UTC it is the next day already."""
    scenario = Scenario(now="2026-04-16 23:00").practice().patient("YAEL", dob=dob).relative("RUTH")
    scenario.relationship("RUTH", "YAEL").set("CON-YAEL-treatment", signers=[GUARDIAN])
    scenario.book("S-1", "individual", ("YAEL",), "2026-04-15 23:30", 50)
    return scenario.hold("S-1", "90834", ("YAEL",))


def feb_29(start: str) -> Scenario:
    """Born on 29 February 2008, seen by self-pay at that time."""
    scenario = Scenario(now=start).practice().patient("YAEL", dob="2008-02-29").relative("RUTH")
    scenario.relationship("RUTH", "YAEL")
    early = "2026-01-05 10:00"
    for who in ("YAEL", "RUTH"):
        scenario.set(f"CON-{who}-treatment", signed_at=at(early))
    scenario.set("CON-YAEL-treatment", signers=[signature("C-RUTH", "guardian", early)])
    for change in scenario.changes:
        change["at"] = at("2025-12-01 09:00")
    return scenario.book("S-1", "individual", ("YAEL",), start, 50)


C06: dict[str, Case] = {
    "on the eighteenth birthday": (turned_18("2008-04-15"), [YAEL_C06]),
    "the day before it": (turned_18("2008-04-16"), []),
    "long after it": (turned_18("2006-01-01"), [YAEL_C06]),
    "signed in their own name on the birthday": (
        turned_18("2008-04-15").consent("YAEL", "treatment", signed="2026-04-15 09:00", id_="CON-OWN"),
        [],
    ),
    "signed in their own name only after the session began": (
        turned_18("2008-04-15").consent("YAEL", "treatment", signed="2026-04-15 18:10", id_="CON-OWN"),
        [YAEL_C06],
    ),
    "a signature of their own beside the mother's, given at 17": (
        turned_18("2008-04-15").set("CON-YAEL-treatment", signers=[GUARDIAN, signature("C-YAEL", "self", SIGNED)]),
        [YAEL_C06],
    ),
    "could and did consent alone at 17": (
        turned_18("2008-04-15").set("CON-YAEL-treatment", signers=[signature("C-YAEL", "self", SIGNED)]),
        [],
    ),
    "born on 29 February, seen on 28 February of a common year": (feb_29("2026-02-28 10:00"), []),
    "born on 29 February, seen on 1 March of a common year": (feb_29("2026-03-01 10:00"), [YAEL_C06]),
    "the birthday begins at midnight of the practice, not of UTC": (at_night("2008-04-16"), []),
    "on the birthday until midnight of the practice": (at_night("2008-04-15"), [YAEL_C06]),
    "the guardian's consent had ended by itself": (
        turned_18("2008-04-15", expires=at("2026-04-10 09:00")),
        [hold("C01", session="S-1", client="C-YAEL")],
    ),
    "an adult whose guardian signs because of doubtful capacity": (
        turned_18("1990-04-15").set("C-YAEL", capacity_flag=True),
        [hold("C24", client="C-YAEL")],
    ),
    "when the birthday was is not recorded": (
        turned_18("2008-04-15").set("C-YAEL", dob=None).set("COV-YAEL", patient_dob=None).set("EL-YAEL", dob=None),
        [warn("C06", session="S-1", client="C-YAEL")],
    ),
}


@pytest.mark.parametrize("case", C06.values(), ids=C06.keys())
def test_from_the_eighteenth_birthday_only_an_own_signature_counts(case: Case) -> None:
    holds(case)
