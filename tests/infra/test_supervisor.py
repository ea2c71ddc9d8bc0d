"""The supervisor, with small fake parts: order, crashes, stopping, and its own sudden death."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from infra.embedded.launch import RUN_HOME, Launch
from infra.own_processes import Run, is_supervised, orphans, sole_supervisor
from infra.part import BackOff, Part, Report, State, in_order
from infra.refusal import Refusal
from infra.supervisor import Supervisor, bound_log

QUICK = BackOff(first_s=0.05, longest_s=0.4, forgiven_after_s=60)
SLEEPS = "import time\nwhile True: time.sleep(0.1)"


def _script(source: str) -> Callable[[Report], Launch]:
    launch = Launch((sys.executable, "-S", "-c", textwrap.dedent(source)))
    return lambda _: launch


def _exists(path: Path) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return os.path.exists(path)  # noqa: ASYNC240, PTH110 - a local file

    return ready


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    return tmp_path


@contextlib.asynccontextmanager
async def _kept_up(home: Path, *parts: Part, **options: object) -> AsyncIterator[Supervisor]:
    with sole_supervisor(home) as run:
        supervisor = Supervisor(run, parts, back_off=QUICK, **options)  # type: ignore[arg-type]
        keeping = asyncio.create_task(supervisor.keep_up())
        try:
            yield supervisor
        finally:
            supervisor.stop()
            await keeping


async def _until(condition: Callable[[], bool], within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.01)


def test_parts_are_put_after_those_they_need() -> None:
    parts = (Part("c", _script(""), needs=("b",)), Part("b", _script(""), needs=("a",)), Part("a", _script("")))
    assert [part.name for part in in_order(parts)] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="cannot be met: c"):
        in_order((parts[0],))


def test_pauses_double_up_to_the_longest() -> None:
    assert [BackOff().pause_s(n) for n in (1, 2, 3, 5, 6, 50)] == [1, 2, 4, 16, 30, 30]


async def test_a_part_starts_when_those_it_needs_work_and_stops_before_them(home: Path) -> None:
    seen: list[tuple[str, State]] = []
    base = Part("base", _script(f"open({str(home / 'ok')!r}, 'w')\n{SLEEPS}"), ready=_exists(home / "ok"))
    step = Part("step", _script("pass"), needs=("base",), one_time=True)
    top = Part("top", _script(SLEEPS), needs=("step",))
    async with _kept_up(
        home, top, step, base, on_change=lambda condition: seen.append((condition.name, condition.state))
    ) as supervisor:
        await _until(lambda: supervisor.is_up)
        status = json.loads((home / "run/status.json").read_text())
        assert status["state"] == "up"
        assert [part["state"] for part in status["parts"]] == ["ready", "done", "ready"]
        assert all(psutil.pid_exists(part["pid"]) for part in status["parts"] if part["name"] != "step")
    assert seen.index(("base", State.READY)) < seen.index(("step", State.STARTING))
    assert seen.index(("step", State.DONE)) < seen.index(("top", State.STARTING))
    assert seen.index(("top", State.STOPPED)) < seen.index(("base", State.STOPPING))
    assert json.loads((home / "run/status.json").read_text())["state"] == "stopping"


async def test_a_part_may_have_to_stop_before_one_it_does_not_need(home: Path) -> None:
    seen: list[tuple[str, State]] = []
    reader = Part("reader", _script(SLEEPS), stops_before=("store",))
    async with _kept_up(
        home,
        reader,
        Part("store", _script(SLEEPS)),
        on_change=lambda condition: seen.append((condition.name, condition.state)),
    ) as supervisor:
        await _until(lambda: supervisor.is_up)
    assert seen.index(("reader", State.STOPPED)) < seen.index(("store", State.STOPPING))


async def test_a_crashed_part_is_noticed_at_once_and_started_again_after_growing_pauses(home: Path) -> None:
    lives = home / "lives"
    source = f"""
        import pathlib, time
        lives = pathlib.Path({str(lives)!r})
        with lives.open("a") as file: file.write(f"{{time.time()}}\\n")
        if len(lives.read_text().splitlines()) < 4: raise SystemExit(3)
        time.sleep(60)
    """
    async with _kept_up(home, Part("shaky", _script(source))) as supervisor:
        condition = supervisor.conditions["shaky"]
        await _until(lambda: lives.exists() and len(lives.read_text().splitlines()) == 4)
        assert condition.restarts == 3
        born = [float(line) for line in lives.read_text().splitlines()]
        pauses = [later - earlier for earlier, later in itertools.pairwise(born)]
        assert pauses[0] >= 0.05
        assert pauses[1] >= 0.1
        assert pauses[2] >= 0.2
        assert condition.pid is not None
        os.kill(condition.pid, signal.SIGKILL)
        killed = time.monotonic()
        await _until(lambda: condition.state is State.RESTARTING)
        assert time.monotonic() - killed < 1
        assert "signal SIGKILL" in condition.message


async def test_others_keep_running_while_one_restarts_and_dependents_are_left_alone(home: Path) -> None:
    async with _kept_up(
        home, Part("base", _script(SLEEPS)), Part("top", _script(SLEEPS), needs=("base",))
    ) as supervisor:
        await _until(lambda: supervisor.is_up)
        base, top = supervisor.conditions["base"], supervisor.conditions["top"]
        before = top.pid
        assert base.pid is not None
        os.kill(base.pid, signal.SIGKILL)
        await _until(lambda: base.restarts == 1 and supervisor.is_up)
        assert (top.pid, top.restarts) == (before, 0)


async def test_a_part_that_does_not_answer_in_time_is_ended_and_tried_again(home: Path) -> None:
    part = Part("mute", _script(SLEEPS), ready=_exists(home / "never"), ready_within_s=0.3)
    async with _kept_up(home, part) as supervisor:
        await _until(lambda: supervisor.conditions["mute"].restarts >= 1)
        assert not supervisor.is_up


async def test_a_failing_step_is_tried_again_and_its_own_words_are_shown(home: Path) -> None:
    source = f"""
        import pathlib, sys
        flag = pathlib.Path({str(home / "flag")!r})
        if not flag.exists():
            flag.touch()
            sys.exit("conjoint: the topic is missing; create it")
    """
    messages: list[str] = []
    async with _kept_up(
        home,
        Part("step", _script(source), one_time=True),
        on_change=lambda condition: messages.append(condition.message),
    ) as supervisor:
        await _until(lambda: supervisor.is_up)
    assert any("the topic is missing; create it" in message for message in messages)


async def test_words_of_other_programs_are_not_repeated(home: Path) -> None:
    messages: list[str] = []
    part = Part("loud", _script("import sys; sys.exit('Ottilie could not be stored')"))
    async with _kept_up(home, part, on_change=lambda condition: messages.append(condition.message)) as supervisor:
        await _until(lambda: supervisor.conditions["loud"].restarts >= 1)
    assert "ended with code 1" in " ".join(messages)
    assert "Ottilie" not in " ".join(messages)


async def test_a_part_that_cannot_be_prepared_stops_everything_with_its_line(home: Path) -> None:
    def refuse(_: Report) -> Launch:
        raise Refusal("no network; set CONJOINT_MAVEN_URL")

    with sole_supervisor(home) as run:
        supervisor = Supervisor(run, (Part("base", _script(SLEEPS)), Part("broker", refuse)), back_off=QUICK)
        with pytest.raises(Refusal, match="set CONJOINT_MAVEN_URL"):
            await supervisor.keep_up()
    assert not orphans(home)


async def test_a_part_that_ignores_the_gentle_signal_is_ended_hard(home: Path) -> None:
    ready = home / "ok"
    source = f"import signal\nsignal.signal(15, signal.SIG_IGN)\nopen({str(ready)!r}, 'w')\n{SLEEPS}"
    part = Part("stubborn", _script(source), ready=_exists(ready), stop_within_s=0.3)
    async with _kept_up(home, part) as supervisor:
        await _until(lambda: supervisor.is_up)
        pid = supervisor.conditions["stubborn"].pid
        assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_a_second_request_to_stop_does_not_wait(home: Path) -> None:
    ready = home / "ok"
    source = f"import signal\nsignal.signal(15, signal.SIG_IGN)\nopen({str(ready)!r}, 'w')\n{SLEEPS}"
    part = Part("stubborn", _script(source), ready=_exists(ready), stop_within_s=60)
    started = time.monotonic()
    async with _kept_up(home, part) as supervisor:
        await _until(lambda: supervisor.is_up)
        supervisor.stop()
        await asyncio.sleep(0.3)
        supervisor.stop()
    assert time.monotonic() - started < 10


async def test_a_stop_while_a_part_is_still_being_prepared_does_not_wait_for_the_rest_of_it(home: Path) -> None:
    steps: list[int] = []

    def fetch(report: Report) -> Launch:
        for step in range(1000):
            steps.append(step)
            report(f"fetched {step} of 1000 files")
            time.sleep(0.02)
        return Launch(("true",))

    async with _kept_up(home, Part("broker", fetch)) as supervisor:
        await _until(lambda: "fetched" in supervisor.conditions["broker"].message)
    assert len(steps) < 500
    assert supervisor.conditions["broker"].state is State.STOPPED


async def test_jobs_beside_a_part_begin_when_it_works_and_end_with_the_supervisor(home: Path) -> None:
    seen: list[str] = []

    async def watch() -> None:
        seen.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("ended")

    async with _kept_up(home, Part("base", _script(SLEEPS)), beside={"base": watch}) as supervisor:
        await _until(lambda: supervisor.is_up)
        await _until(lambda: seen == ["begun"])
    assert seen == ["begun", "ended"]


async def test_a_home_has_one_supervisor(home: Path) -> None:
    async with _kept_up(home, Part("base", _script(SLEEPS))):
        assert is_supervised(home)
        line = rf"already runs in {home} \(process {os.getpid()}\); stop it with"
        with pytest.raises(Refusal, match=line), sole_supervisor(home):
            pass
    assert not is_supervised(home)


SUPERVISOR_SCRIPT = """
import asyncio, sys
from pathlib import Path
from infra.embedded.launch import Launch
from infra.own_processes import sole_supervisor
from infra.part import Part
from infra.supervisor import Supervisor
sleeps = (sys.executable, "-S", "-c", "import time\\nwhile True: time.sleep(0.1)")
forks = (sys.executable, "-S", "-c", "import subprocess, sys, time\\n"
    "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\\nwhile True: time.sleep(0.1)")
with sole_supervisor(Path(sys.argv[1])) as run:
    parts = (Part("one", lambda _: Launch(sleeps)), Part("two", lambda _: Launch(forks), needs=("one",)))
    asyncio.run(Supervisor(run, parts).keep_up())
"""


def _supervise_elsewhere(home: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR_SCRIPT, str(home)])
    deadline = time.monotonic() + 20
    while len(_family(home)) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def _family(home: Path) -> list[psutil.Process]:
    family = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(RUN_HOME) == str(home):
                family.append(process)
    return family


def test_after_a_killed_supervisor_the_next_ends_what_it_left_and_only_that(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    for home in (mine, other):
        (home / "log").mkdir(parents=True)
    killed, neighbour = _supervise_elsewhere(mine), _supervise_elsewhere(other)
    # not of any run that this home remembers, though it says it belongs here
    stranger = subprocess.Popen(
        [sys.executable, "-S", "-c", SLEEPS], env={RUN_HOME: str(mine), "CONJOINT_RUN_PART": "one"}
    )
    try:
        killed.kill()
        killed.wait()
        left = {process.pid for process in _family(mine)} - {stranger.pid}
        assert len(left) == 3
        assert {orphan.process.pid for orphan in orphans(mine)} == left
        with sole_supervisor(mine):
            assert not any(psutil.pid_exists(pid) for pid in left)
        assert stranger.poll() is None
        assert len(_family(other)) == 3
        assert is_supervised(other)
    finally:
        stranger.kill()
        stranger.wait()
        neighbour.terminate()
        neighbour.wait()
        for process in _family(other):
            process.kill()


def test_a_record_whose_number_was_given_to_somebody_else_harms_nobody(home: Path) -> None:
    with sole_supervisor(home) as run:
        pass
    bystander = subprocess.Popen([sys.executable, "-S", "-c", SLEEPS])
    try:
        Run(home, run.run_id).note("kafka", bystander.pid)
        with sole_supervisor(home):
            pass
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_log_stays_bounded_while_its_writer_keeps_it_open(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("a") as writer:
        writer.write("x" * 2000)
        writer.flush()
        bound_log(log, 1000)
        writer.write("after")
        writer.flush()
    assert log.read_text() == "after"
    assert len((tmp_path / "part.log.1").read_text()) == 2000
