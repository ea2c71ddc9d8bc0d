"""Codes become words that are true."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboards.console import wording
from schemas.reasons import DEADLY
from tests.dashboards.console.samples import NOW


@pytest.mark.parametrize(
    ("cents", "text"), [(None, ""), (0, "$0"), (14_000, "$140"), (123_456_789, "$1,234,567.89"), (-50, "−$0.50")]
)
def test_money_reads_as_dollars(cents: int | None, text: str) -> None:
    assert wording.money(cents) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-30, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3_599, "59 minutes ago"),
        (3_600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (172_800, "2 days ago"),
        (-7_200, "in 2 hours"),
    ],
)
def test_a_distance_is_told_in_the_coarsest_unit_that_is_still_true(seconds: int, text: str) -> None:
    assert wording.ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_a_moment_is_exact_in_the_display_zone() -> None:
    assert wording.exactly(NOW, ZoneInfo("America/New_York")) == "Tue, Jan 6, 2026, 12:20:00 PM EST"


def test_every_reason_of_a_dead_letter_has_words_and_advice() -> None:
    assert set(wording.LETTER_REASONS) == set(wording.LETTER_ADVICE) == set(DEADLY)
