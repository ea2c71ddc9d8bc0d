"""The practice's clock: forward only, quick through the night, steady across a restart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.clock import (
    ZONE,
    PracticeClock,
    catch_up,
    clock_from,
    most_recent_working_morning,
    remember,
    start_clock,
)
from infra.refusal import Refusal

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - required naive
ELAPSED_S = st.floats(0, 3 * 24 * 3600, allow_nan=False)
CLOCKS = st.builds(PracticeClock, MOMENTS, MOMENTS, st.floats(1, 600, allow_nan=False))

MONDAY_NINE = datetime(2026, 11, 23, 9, tzinfo=ZONE).astimezone(UTC)
WALL = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


@given(CLOCKS, st.lists(ELAPSED_S, min_size=2, max_size=20))
def test_practice_time_never_runs_backwards(clock: PracticeClock, elapsed: list[float]) -> None:
    times = [clock.now(clock.anchor_wall + timedelta(seconds=seconds)) for seconds in sorted(elapsed)]
    assert times == sorted(times)
    assert times[0] >= clock.anchor_at


@given(CLOCKS, ELAPSED_S, ELAPSED_S)
def test_the_answer_depends_on_the_moment_and_not_on_earlier_questions(
    clock: PracticeClock, first: float, second: float
) -> None:
    moment = clock.anchor_wall + timedelta(seconds=first)
    before = clock.now(moment)
    clock.now(clock.anchor_wall + timedelta(seconds=second))
    assert clock.now(moment) == before
    assert PracticeClock.decode(clock.encode()).now(moment) == before


@given(MOMENTS, ELAPSED_S)
def test_at_speed_one_practice_time_is_real_time(wall: datetime, elapsed_s: float) -> None:
    later = wall + timedelta(seconds=elapsed_s)
    assert PracticeClock(wall, wall, 1.0).now(later) == later


@given(CLOCKS, ELAPSED_S)
def test_practice_time_passes_at_least_as_fast_as_the_speed_says(clock: PracticeClock, elapsed_s: float) -> None:
    passed = clock.now(clock.anchor_wall + timedelta(seconds=elapsed_s)) - clock.anchor_at
    assert passed.total_seconds() >= elapsed_s * clock.speed - 0.001


def test_working_hours_pass_at_the_speed_and_the_night_forty_times_faster() -> None:
    clock = PracticeClock(MONDAY_NINE, WALL, 60)
    assert clock.now(WALL + timedelta(minutes=1)) == MONDAY_NINE + timedelta(hours=1)
    assert clock.now(WALL + timedelta(minutes=11)).astimezone(ZONE).hour == 20
    night_s = 11 * 3600 / (60 * 40)
    tuesday_opens = clock.now(WALL + timedelta(minutes=11, seconds=night_s))
    assert tuesday_opens.astimezone(ZONE) == datetime(2026, 11, 24, 7, tzinfo=ZONE)


def test_a_weekend_passes_within_two_minutes() -> None:
    friday_closing = datetime(2026, 11, 27, 20, tzinfo=ZONE).astimezone(UTC)
    clock = PracticeClock(friday_closing, WALL, 60)
    assert clock.now(WALL + timedelta(minutes=2)).astimezone(ZONE).weekday() == 0


def test_before_its_anchor_the_clock_stands() -> None:
    assert PracticeClock(MONDAY_NINE, WALL, 60).now(WALL - timedelta(days=1)) == MONDAY_NINE


@pytest.mark.parametrize(
    ("wall", "morning"),
    [
        (datetime(2026, 11, 23, 18, 30, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=ZONE)),
        (datetime(2026, 11, 23, 14, 59, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=ZONE)),
        (datetime(2026, 11, 22, 18, 0, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=ZONE)),
        (datetime(2026, 3, 8, 23, 0, tzinfo=UTC), datetime(2026, 3, 6, 9, tzinfo=ZONE)),
    ],
)
def test_a_new_practice_begins_on_the_most_recent_working_morning(wall: datetime, morning: datetime) -> None:
    assert most_recent_working_morning(wall) == morning


def test_a_restart_goes_on_where_the_practice_stood(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    first = start_clock(tmp_path, 60, WALL)
    assert first.anchor_at == MONDAY_NINE
    stopped = WALL + timedelta(minutes=5)
    remember(tmp_path, first, stopped)
    second = start_clock(tmp_path, 30, WALL + timedelta(days=2))
    assert second.now(WALL + timedelta(days=2)) == first.now(stopped)


def test_a_start_after_a_killed_supervisor_goes_on_where_its_parts_stood(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    first = start_clock(tmp_path, 60, WALL)
    noted, ended = WALL + timedelta(seconds=30), WALL + timedelta(seconds=45)
    remember(tmp_path, first, noted)
    catch_up(tmp_path, ended)
    assert start_clock(tmp_path, 60, ended).now(ended) == first.now(ended)


def test_a_home_whose_clock_was_never_noted_has_nothing_to_catch_up_with(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    catch_up(tmp_path, WALL)
    assert start_clock(tmp_path, 60, WALL).anchor_at == MONDAY_NINE


def test_slowing_down_to_real_time_never_takes_the_practice_back(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert start_clock(tmp_path, 1, WALL).now(WALL) == WALL
    ahead = PracticeClock(WALL + timedelta(days=30), WALL, 60)
    remember(tmp_path, ahead, WALL)
    assert start_clock(tmp_path, 1, WALL).now(WALL) == ahead.anchor_at


def test_a_process_without_a_supervisor_lives_in_real_time() -> None:
    assert clock_from({}).speed == 1


def test_a_clock_nobody_can_read_is_refused() -> None:
    with pytest.raises(Refusal, match="CONJOINT_CLOCK is not a clock"):
        clock_from({"CONJOINT_CLOCK": "noon"})
