"""Every open browser hears what changed, and none of them can hold the others up."""

import asyncio
from datetime import timedelta
from pathlib import Path

import orjson
from sse_starlette import ServerSentEvent

from dashboards.console.api import live_events
from dashboards.console.context import Console
from dashboards.console.filters import View
from dashboards.console.live import MAX_RECENT, QUEUE_LENGTH, Live, PartsChanged, Recent, Resync
from dashboards.console.memory import InMemoryFeed, InMemoryParts
from dashboards.console.sources import FeedState, FindingChanged, PlatformState
from schemas.finding import Finding
from tests.dashboards.console.samples import NOW, Desk, a_finding


async def settle() -> None:
    """Let the tasks of the loop take their turns."""
    for _ in range(10):
        await asyncio.sleep(0)


def drain(live_queue: "asyncio.Queue[object]") -> list[object]:
    events = []
    while not live_queue.empty():
        events.append(live_queue.get_nowait())
    return events


async def test_a_finding_reaches_every_stream_once_and_old_news_none() -> None:
    feed = InMemoryFeed()
    live = Live(feed, InMemoryParts(), lambda: NOW)
    async with live.running():
        await settle()
        streams = [live.open(), live.open()]
        finding = a_finding(version=5)
        for version in (5, 5, 4, 6):
            feed.say(finding.model_copy(update={"version": version}))
        await settle()
        for stream in streams:
            first, *events = drain(stream.queue)  # type: ignore[arg-type]
            assert first == FeedState(True)
            assert [event.finding.version for event in events if isinstance(event, FindingChanged)] == [5, 6]


async def test_a_browser_that_cannot_follow_is_told_to_read_again_and_dropped() -> None:
    feed = InMemoryFeed()
    live = Live(feed, InMemoryParts(), lambda: NOW)
    async with live.running():
        await settle()
        slow, quick = live.open(), live.open()
        for number in range(QUEUE_LENGTH + 5):
            feed.say(a_finding(subject={"claim": str(number)}))
            await settle()
            drain(quick.queue)  # type: ignore[arg-type]
        assert drain(slow.queue) == [Resync()]  # type: ignore[arg-type]
        assert slow.dropped
        assert not quick.dropped


async def test_a_new_stream_begins_with_what_the_store_may_not_know_yet() -> None:
    now = NOW
    recent = Recent(lambda: now)
    recent.add(a_finding(subject={"claim": "long ago"}))
    now = NOW + timedelta(minutes=5)
    fresh = a_finding(subject={"claim": "just now"})
    recent.add(fresh)
    assert recent.since(now - timedelta(seconds=30), 10) == (fresh,)


def test_what_is_remembered_is_bounded() -> None:
    recent = Recent(lambda: NOW)
    finding = a_finding()
    for number in range(MAX_RECENT + 50):
        recent.add(finding.model_copy(update={"finding_id": str(number)}))
    assert len(recent.newest()) == MAX_RECENT


async def test_a_part_that_changes_is_told() -> None:
    parts = InMemoryParts()
    live = Live(InMemoryFeed(), parts, lambda: NOW)
    async with live.running():
        stream = live.open()
        parts.state = PlatformState(problem="gone")
        async with asyncio.timeout(5):
            while not isinstance(await stream.queue.get(), PartsChanged):
                pass
        assert live.state.problem == "gone"


class _Browser:
    """Listens the way the events endpoint does."""

    def __init__(self, desk: Desk, view: View, name: str = "manager") -> None:
        self.console: Console = desk.app().state.console
        user = self.console.users.find(name)
        assert user is not None
        self.session = self.console.sessions.open(user)
        self.stream = self.console.live.open()
        self.events = live_events(self.console, self.session, self.stream, view, 0)

    def say(self, finding: Finding) -> None:
        self.stream.offer(FindingChanged(finding))

    async def next(self, kind: str) -> dict[str, object]:
        async with asyncio.timeout(5):
            async for event in self.events:
                assert isinstance(event, ServerSentEvent)
                if event.event == kind:
                    told: dict[str, object] = orjson.loads(str(event.data))
                    return told
        raise AssertionError(f"the stream ended without {kind}")


async def test_an_event_carries_the_finding_and_its_row_and_whether_the_view_lists_it(tmp_path: Path) -> None:
    browser = _Browser(Desk(tmp_path), View(severities=("hold",)))
    browser.say(a_finding(why="<script>"))
    told = await browser.next("finding")
    assert told["matches"] is False
    assert "&lt;script&gt;" in str(told["html"])
    assert "<script" not in str(told["html"])
    browser.say(a_finding(severity="hold", version=2**60 + 1))
    told = await browser.next("finding")
    assert told["matches"] is True
    assert told["version"] == str(2**60 + 1)


async def test_a_stream_never_carries_another_practices_finding(tmp_path: Path) -> None:
    browser = _Browser(Desk(tmp_path, practices={"biller": ["P-2"]}), View(), "biller")
    browser.say(a_finding(practice_id="P-1"))
    browser.say(a_finding(practice_id="P-2"))
    told = await browser.next("finding")
    assert told["finding"]["practice_id"] == "P-2"  # type: ignore[index]


async def test_a_stream_ends_with_its_session(tmp_path: Path) -> None:
    browser = _Browser(Desk(tmp_path), View())
    await browser.next("feed")
    browser.console.sessions.end(browser.session)
    browser.say(a_finding())
    assert [event.event async for event in browser.events] == []


async def test_a_dropped_stream_says_resync_and_ends(tmp_path: Path) -> None:
    browser = _Browser(Desk(tmp_path), View())
    for number in range(QUEUE_LENGTH + 1):
        browser.say(a_finding(subject={"claim": str(number)}))
    kinds = [event.event async for event in browser.events]
    assert kinds == ["clock", "resync"]
