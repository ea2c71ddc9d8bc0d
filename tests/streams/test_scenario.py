"""Is the practice every rule's cases start from really one in which nothing is wrong?"""

from collections.abc import Callable

import pytest

from tests.streams.scenario import CLEAN, Scenario


@pytest.mark.parametrize("build", CLEAN.values(), ids=CLEAN.keys())
def test_nothing_is_found_in_a_clean_practice(build: Callable[[], Scenario]) -> None:
    assert build().found() == []


@pytest.mark.parametrize("build", CLEAN.values(), ids=CLEAN.keys())
def test_nothing_is_found_when_its_changes_arrive_in_reverse(build: Callable[[], Scenario]) -> None:
    replayed = build().replayed(order=lambda changes: changes[::-1])
    assert [finding.rule for finding in replayed.findings if finding.state == "open"] == []


@pytest.mark.parametrize("build", CLEAN.values(), ids=CLEAN.keys())
def test_what_is_found_is_what_a_replay_finds(build: Callable[[], Scenario]) -> None:
    scenario = build().set("PR-1", npi_type=1, fee_schedule={"90853": "1.00"}).seen("2026-05-30 12:00")
    replayed = [finding for finding in scenario.replayed().findings if finding.state == "open"]
    at_once = scenario.findings()
    assert at_once
    assert {finding.finding_id for finding in at_once} == {finding.finding_id for finding in replayed}
    assert {(finding.finding_id, finding.opened_at) for finding in at_once} == {
        (finding.finding_id, finding.opened_at) for finding in replayed
    }
