"""Is a fact that the EHR did not deliver asked for, once and as a warning, and never held against anybody?"""

from collections.abc import Callable

import pytest

from tests.streams.scenario import (
    CLEAN,
    Line,
    Scenario,
    clean_couple,
    clean_family,
    clean_group,
    clean_multi_family,
    warn,
)

ANA = {"session": "S-1", "client": "C-ANA"}


def every(scenario: Scenario, entity: str, **fields: object) -> Scenario:
    for id_ in scenario.ids(entity):
        scenario.set(id_, **fields)
    return scenario


CASES: dict[str, tuple[Callable[[], Scenario], list[Line]]] = {
    "which version of the agreement was signed": (
        lambda: clean_group().set("CON-ANA-group_agreement", version=None),
        [warn("C02", **ANA, group="G-1")],
    ),
    "which couple met": (
        lambda: (
            clean_couple().recorded("S-1").ai_draft("S-1").set("S-1", unit=None).set("CON-PAT-recording", unit="CP-1")
        ),
        [],
    ),
    "when the payer answered": (
        lambda: clean_group().set("EL-ANA", checked_at=None),
        [warn("B21", **ANA, claim="K-S-1-ANA", coverage="COV-ANA")],
    ),
    "who belongs to the families": (
        lambda: every(clean_multi_family(), "family", members=[]),
        [warn("B13", session="S-1", group="G-MF")],
    ),
    "who came, with no family's presence certain": (
        lambda: clean_multi_family().set("AT-S-1-XAN", status=None).set("AT-S-1-WREN", status=None),
        [
            warn("B01", session="S-1", client="C-XAN", claim="K-S-1-XAN"),
            warn("B13", session="S-1", group="G-MF"),
        ],
    ),
    "what the signer is to the minor": (
        lambda: clean_family().set("REL-RUTH-TEO", kind=None).set("REL-SAM-TEO", kind=None, may_consent=False),
        [warn("C05", session="S-1", client="C-TEO")],
    ),
    "whether a note with a signature is signed": (lambda: every(clean_group(), "note", status=None), []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_recorded_is_asked_for(name: str) -> None:
    make, expected = CASES[name]
    findings = make().findings()
    assert sorted(((f.rule, f.severity, dict(f.subject)) for f in findings), key=repr) == sorted(expected, key=repr)
    assert all(finding.why.startswith("Not recorded:") for finding in findings)


NEVER_HELD = {
    "appointment": ("actual_end", "facilitators", "identified_patient", "modality", "state", "program"),
    "client": ("dob", "language", "state", "patient", "sud_program", "program", "self_pay"),
    "clinician": ("npi", "npi_type", "credential", "level", "taxonomy", "supervised", "excluded"),
    "coverage": ("rank", "start", "relation", "subscriber", "copay", "product"),
    "eligibility": ("coverage", "member_id", "name", "dob", "relation"),
    "note": ("date", "start", "stop", "code", "author", "origin"),
    "plan": ("modalities", "review_due", "diagnoses"),
    "claim": ("sequence", "frequency", "place_of_service", "copay_collected", "total", "queued_at", "relation"),
}
"""Facts whose absence alone is nobody's mistake."""


@pytest.mark.parametrize(
    ("entity", "field"), [(entity, name) for entity, names in NEVER_HELD.items() for name in names]
)
def test_a_missing_fact_blocks_and_holds_nothing(entity: str, field: str) -> None:
    for build in (CLEAN["group"], CLEAN["family"]):
        scenario = build()
        empty: object = (
            [] if any(isinstance(scenario.data(id_).get(field), list) for id_ in scenario.ids(entity)) else None
        )
        assert [line for line in every(scenario, entity, **{field: empty}).found() if line[1] != "warn"] == []
