"""May this session be recorded? C08, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, at, block, clean_family, clean_group, clean_individual, holds

C08_ = block("C08", session="S-1", recording="R-1")
GUEST = {"name": "Lior Amsel", "role": "interpreter", "recording_consent": True}


def recorded(**consent: Any) -> Scenario:
    scenario = clean_group().recorded("S-1")
    return scenario.set("CON-BEN-recording", **consent) if consent else scenario


def refused() -> Scenario:
    return recorded().without("CON-BEN-recording")


def with_guest(**guest: Any) -> Scenario:
    scenario = recorded().set("S-1", guests=[{**GUEST, **guest}])
    for who in ("ANA", "BEN", "CLEO", "DREW"):
        scenario.consent(who, "observation")
    return scenario


def between(scenario: Scenario, start: str, stop: str) -> Scenario:
    scenario.set("R-1", started_at=at(start))
    scenario.changes[-1]["data"]["stopped_at"] = at(stop)
    return scenario


C08: dict[str, Case] = {
    "one member never consented": (refused(), [C08_]),
    "everybody consented": (recorded(), []),
    "one member revoked before": (recorded(status="revoked", revoked_at=at("2026-04-14 09:00")), [C08_]),
    "one member revoked while it ran on": (recorded(status="revoked", revoked_at=at("2026-04-15 18:30")), [C08_]),
    "one member revoked when it had stopped": (recorded(status="revoked", revoked_at=at("2026-04-15 19:00")), []),
    "one member signed a minute after it had started": (recorded(signed_at=at("2026-04-15 18:01")), [C08_]),
    "one member's consent had expired": (recorded(expires=at("2026-04-15 17:00")), [C08_]),
    "one member's consent is for another group's sessions": (recorded(unit="G-9"), [C08_]),
    "who never consented did not come": (refused().miss("S-1", "BEN"), []),
    "a latecomer who never consented": (refused().set("AT-S-1-BEN", arrived=at("2026-04-15 18:50")), [C08_]),
    "a latecomer who came when it had stopped": (
        between(refused(), "2026-04-15 18:00", "2026-04-15 18:30").set("AT-S-1-BEN", arrived=at("2026-04-15 18:30")),
        [],
    ),
    "somebody who left before it started": (
        between(refused(), "2026-04-15 18:30", "2026-04-15 19:00").set("AT-S-1-BEN", left=at("2026-04-15 18:20")),
        [],
    ),
    "a latecomer who signed on arrival": (
        recorded(signed_at=at("2026-04-15 18:20")).set("AT-S-1-BEN", arrived=at("2026-04-15 18:20")),
        [],
    ),
    "the co-facilitator never consented": (
        recorded().set(
            "S-1", facilitators=[{"clinician": "CL-REYES", "role": "lead"}, {"clinician": "CL-MORI", "role": "co"}]
        ),
        [C08_],
    ),
    "the co-facilitator consented too": (
        recorded()
        .set("S-1", facilitators=[{"clinician": "CL-REYES", "role": "lead"}, {"clinician": "CL-MORI", "role": "co"}])
        .consent("CL-MORI", "recording"),
        [],
    ),
    "the clinician who leads never consented": (recorded().without("CON-REYES-recording"), [C08_]),
    "a guest never consented": (with_guest(recording_consent=False), [C08_]),
    "a guest consented": (with_guest(), []),
    "a guest's consent is not recorded": (with_guest(recording_consent=None), [C08_]),
    "planned only, and never started": (refused().without("R-1"), []),
    "running, and attendance not recorded yet": (
        clean_group()
        .book("S-2", "group", ("ANA", "BEN", "CLEO", "DREW"), "2026-04-29 18:00", 60, unit="G-1")
        .recorded("S-2")
        .without("CON-BEN-recording")
        .seen("2026-04-29 18:20"),
        [block("C08", session="S-2", recording="R-1")],
    ),
    "of an individual session the clinician's consent counts too": (
        clean_individual().recorded("S-1").without("CON-REYES-recording"),
        [C08_],
    ),
    "a guardian consented for a child": (clean_family().recorded("S-1"), []),
}


@pytest.mark.parametrize("case", C08.values(), ids=C08.keys())
def test_a_session_is_recorded_only_with_the_consent_of_everybody_present(case: Case) -> None:
    holds(case)
