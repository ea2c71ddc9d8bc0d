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
