"""Do facts that come late re-open exactly what they affect, and nothing else, in whatever order they come?"""

from collections.abc import Callable, Mapping, Sequence

import orjson
import pytest

from schemas.codec import change_of
from streams.policy.tables import document_of, tables_of
from tests.streams.playing import Partition, assert_fresh, changes_of
from tests.streams.scenario import (
    SIGNED,
    Line,
    Scenario,
    at,
    block,
    clean_couple,
    clean_family,
    clean_group,
    clean_sud_group,
    hold,
    signature,
    warn,
)
from tests.streams.worlds import NOW

LATE = "2026-04-20 10:00"


def minor_alone() -> Scenario:
    """C-TEO (14) comes alone; his mother, who signed for him and whose insurance it is, never attends."""
    scenario = (
        Scenario(now="2026-04-16 18:50").practice().relative("RUTH").relative("SAM").patient("TEO", signer="RUTH")
    )
    scenario.relationship("RUTH", "TEO").relationship("SAM", "TEO")
    scenario.set("COV-TEO", subscriber="C-RUTH", relation="child").set("EL-TEO", relation="child")
    scenario.without("CON-TEO-billing_release").release("RUTH")
    scenario.book("S-1", "individual", ("TEO",), "2026-04-15 18:00", 50)
    return scenario.hold("S-1", "90834", ("TEO",))


def two_cycles(scenario: Scenario) -> Scenario:
    cycle = {"id": "CY-2", "start": "2026-04-18", "end": "2026-07-10"}
    return scenario.change("G-1", LATE, cycle=cycle, agreement_version="v2")


def revoked(scenario: Scenario, consent: str) -> Scenario:
    return scenario.change(consent, LATE, status="revoked", revoked_at=at(LATE))


def signed_back(scenario: Scenario) -> Scenario:
    late = signature("C-ANA", "self", LATE)
    scenario.without("CON-ANA-treatment")
    return scenario.consent("ANA", "treatment", signed=LATE, signers=[late], effective="2026-03-11")


SESSION = {"session": "S-1"}
ANA, TEO = SESSION | {"client": "C-ANA"}, SESSION | {"client": "C-TEO"}
ANAS = ANA | {"claim": "K-S-1-ANA"}

CASES: dict[str, tuple[Callable[[], Scenario], Callable[[Scenario], Scenario], list[Line]]] = {
    "coverage ended, told after the visit": (
        clean_group,
        lambda s: s.change("COV-ANA", LATE, end="2026-04-14"),
        [block("B20", **ANAS, coverage="COV-ANA")],
    ),
    "coverage ended on the day itself": (clean_group, lambda s: s.change("COV-ANA", LATE, end="2026-04-15"), []),
    "attendance corrected to a no-show": (
        clean_group,
        lambda s: s.change("AT-S-1-ANA", LATE, status="no_show", arrived=None, left=None),
        [block("B01", **ANAS)],
    ),
    "a signature dated back": (clean_group, signed_back, [
        hold("C01", **ANA), warn("C18", **ANA, consent="CON-ANA-treatment"),
    ]),
    "a consent revoked later leaves what it covered": (clean_group, lambda s: revoked(s, "CON-ANA-treatment"), []),
    "a payment consent revoked later stops what waits": (
        clean_sud_group,
        lambda s: revoked(s, "CON-ANA-part2_tpo"),
        [hold("C14", **ANAS, consent="CON-ANA-part2_tpo"), block("C10", **ANAS), block("B46", **ANAS)],
    ),
    "the session was shorter than it seemed": (
        clean_couple,
        lambda s: s.change("S-1", LATE, actual_end=at("2026-04-15 18:25")),
        [block("B10", session="S-1", client="C-PAT", claim="K-S-1-PAT")],
    ),
    "the licence had ended": (
        lambda: clean_group(2),
        lambda s: s.change("CL-REYES", LATE, licenses=[{"state": "IL", "from": "2019-01-01", "to": "2026-04-14"}]),
        [block("B34", **SESSION, client=f"C-{w}", claim=f"K-S-1-{w}", clinician="CL-REYES") for w in ("ANA", "BEN")],
    ),
    "a payer changed its rule for later visits": (
        clean_group,
        lambda s: s.add("policy", "policy-folder", LATE, document=_filing("2026-04-16")),
        [],
    ),
    "a payer's rule of that day was learned late": (
        lambda: clean_group(2),
        lambda s: s.add("policy", "policy-folder", LATE, document=_filing("2026-04-15")),
        [hold("B12", **SESSION, client=f"C-{who}", claim=f"K-S-1-{who}") for who in ("ANA", "BEN")],
    ),
    "the next cycle of a group begins": (clean_group, two_cycles, []),
    "what a past cycle lacks stays found when the next begins": (
        lambda: clean_group().without("CON-ANA-group_agreement"),
        two_cycles,
        [hold("C02", **ANA, group="G-1")],
    ),
    "an agreement of another version, in a past cycle": (
        lambda: clean_group().set("CON-ANA-group_agreement", version="v0"),
        two_cycles,
        [hold("C02", **ANA, group="G-1")],
    ),
    "a family changed before the session and was renamed since": (
        lambda: clean_family().change("F-1", "2026-04-10 10:00", members=["C-RUTH", "C-SAM", "C-TEO", "C-OMA"]),
        lambda s: s.change("F-1", LATE, name="Renamed"),
        [hold("C04", session="S-1", client=f"C-{who}", family="F-1") for who in ("RUTH", "SAM")],
    ),
    "an absent guardian turns out to be parted from the other": (
        minor_alone,
        lambda s: s.relationship("SAM", "RUTH", "ex_spouse"),
        [hold("C05", **TEO)],
    ),
    "an absent subscriber's release is found to be missing": (
        minor_alone,
        lambda s: s.delete("CON-RUTH-billing_release", LATE),
        [block("C21", **TEO, claim="K-S-1-TEO")],
    ),
}  # fmt: skip


def _filing(from_: str) -> str:
    row = {
        "payer": "PAY-COM",
        "group_presence_min_minutes": 90,
        "from": from_,
        "source": "contract",
        "mark": "verified",
    }
    return orjson.dumps({"tables": document_of(tables_of({"payers": [row]}))}).decode()


def found(partition: Partition) -> list[Line]:
    partition.run_to(NOW)
    findings = [f for file in partition.files() for f in file.findings.values()]
    return sorted(((f.rule, f.severity, dict(f.subject)) for f in findings), key=repr)


@pytest.mark.parametrize("name", CASES)
def test_late_facts_re_open_what_they_affect(name: str) -> None:
    make, late, expected = CASES[name]
    scenario = make()
    before = len(scenario.changes)
    changes = changes_of(late(scenario))
    ids = {(change["entity"], change["id"], change["rev"]) for change in scenario.changes[before:]} or None
    told = [c for c in changes if ids is None or (c.entity, c.id, c.rev) not in ids]
    then = [c for c in changes if c not in told]
    there = Partition()
    for change in told:
        there.apply(change.at, [change])
    there.apply(NOW, then)
    assert found(there) == sorted(expected, key=repr)
    assert_fresh(there)
    other = Partition()
    for change in (*then, *reversed(told)):
        other.apply(NOW, [change])
    assert found(other) == sorted(expected, key=repr), "whatever the order"


def test_a_load_of_tables_that_is_taken_back_leaves_what_held_before() -> None:
    scenario = clean_group(2).add("policy", "policy-folder", LATE, document=_filing("2026-01-01"))
    there = Partition()
    there.apply(NOW, changes_of(scenario))
    assert {line[0] for line in found(there)} == {"B12"}
    there.apply(NOW, [change_of({**scenario.delete("policy-folder", LATE).changes[-1]})])
    assert found(there) == []
    assert_fresh(there)


def test_a_group_without_cycles_is_held_to_the_version_of_its_time() -> None:
    scenario = clean_group().set("G-1", cycle=None)
    for who in ("ANA", "BEN", "CLEO", "DREW"):
        scenario.set(f"CON-{who}-group_agreement", cycle=None)
    scenario.set("CON-ANA-group_agreement", version="v0").change("G-1", "2026-04-16 09:00", agreement_version="v2")
    assert scenario.found() == [hold("C02", **ANA, group="G-1")]


def test_what_a_minor_signed_for_is_asked_again_when_the_guardian_signs_later() -> None:
    scenario = minor_alone().set("CON-TEO-treatment", signers=[signature("C-TEO", "self", SIGNED)])
    assert scenario.found() == [hold("C05", **TEO)]


def tables(**rows: Sequence[Mapping[str, object]]) -> str:
    mark = {"source": "contract", "mark": "verified"}
    return orjson.dumps({"tables": {name: [{**row, **mark} for row in found] for name, found in rows.items()}}).decode()


def under(scenario: Scenario, document: str) -> Scenario:
    return scenario.add("policy", "policy-folder", "2026-01-02 09:00", document=document)


def test_a_product_may_leave_out_limit_and_want_authorized_what_the_payer_does_not() -> None:
    plan = {"payer": "PAY-COM", "product": "commercial"}
    excluded = under(
        clean_group(2).set("COV-BEN", product="other"), tables(plans=[{**plan, "excluded_codes": "90853"}])
    )
    assert excluded.found() == [hold("B27", **ANAS, coverage="COV-ANA")]
    wanted = under(
        clean_group(2).set("COV-BEN", product="other"), tables(plans=[{**plan, "auth_required_codes": "90853"}])
    )
    assert wanted.found() == [block("B24", **ANAS)]
    limited = under(clean_group(2), tables(plans=[{**plan, "visit_limits": "group=5"}])).set("COV-BEN", product="other")
    assert limited.found() == []
    limited.set("COV-ANA", visits_used_before={"group": 5})
    assert limited.found() == [hold("B26", **ANAS, coverage="COV-ANA")]


def test_a_form_without_an_end_ends_when_the_practice_says_that_its_kind_does() -> None:
    kind = {"kind": "group_agreement", "state": "*"}
    ends = under(clean_group(), tables(consent_kinds=[{**kind, "valid_days": 33}]))
    assert ends.found() == []  # signed on 13 March: 15 April is the last day
    ended = under(clean_group(), tables(consent_kinds=[{**kind, "valid_days": 32}]))
    assert [line[0] for line in ended.found()] == ["C02"] * 4


def test_whose_notes_need_a_cosignature_follows_from_the_credential_where_the_ehr_is_silent() -> None:
    scenario = clean_group(2).set("CL-REYES", supervised=None, credential="LPC-IT")
    assert scenario.found() == []
    assert [
        line[0] for line in under(scenario, tables(sign_off=[{"credential": "LPC-IT", "cosign": "yes"}])).found()
    ] == [
        "B37",
        "B37",
    ]


def test_what_a_state_asks_from_a_day_on_is_asked_of_a_client_on_that_day() -> None:
    rows = [{"state": "IL", "consent_set": "treatment messaging", "from": "2026-04-18"}]
    scenario = under(clean_group(2), tables(states=rows))
    assert scenario.found("2026-04-17 23:00") == []
    assert scenario.found("2026-04-18 00:00") == [hold("C25", client="C-ANA"), hold("C25", client="C-BEN")]
