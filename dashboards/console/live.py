"""Who is looking, and what must they hear? Fans the one feed of findings out to every open browser.

Reads the feed and the parts; holds bounded queues. A browser too slow to follow is told to read everything again.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboards.console.sources import DraftStore, FeedState, FindingChanged, FindingFeed, PartStates, PlatformState
from schemas.finding import Finding
from schemas.metrics import CONSOLE_STREAMS

QUEUE_LENGTH = 256
MAX_STREAMS = 300
MAX_RECENT = 2_000
REPLAYED_TO_NEW_STREAMS = timedelta(seconds=30)
MAX_REPLAYED = 200
PARTS_SECONDS = 1.0
RETRY_SECONDS = 2.0
_log = logging.getLogger("conjoint.console")


@dataclass(frozen=True)
class PartsChanged:
    """Some part changed its state."""


@dataclass(frozen=True)
class DraftChanged:
    """A draft arrived, or a newer version of one."""

    draft_id: str
    version: int


@dataclass(frozen=True)
class Resync:
    """This browser missed something and must read everything again."""


LiveEvent = FindingChanged | FeedState | PartsChanged | DraftChanged | Resync


class TooManyStreamsError(RuntimeError):
    """No more browsers can listen at the moment."""


@dataclass
class Recent:
    """The findings that came through the feed lately. The store lags a little behind it; this closes the gap."""

    clock: Callable[[], datetime]
    _kept: OrderedDict[str, tuple[datetime, Finding]] = field(default_factory=OrderedDict)

    def add(self, finding: Finding) -> bool:
        """Keep it, unless the same or a newer version is known already."""
        known = self._kept.get(finding.finding_id)
        if known is not None and known[1].version >= finding.version:
            return False
        self._kept[finding.finding_id] = (self.clock(), finding)
        self._kept.move_to_end(finding.finding_id)
        while len(self._kept) > MAX_RECENT:
            self._kept.popitem(last=False)
        return True

    def get(self, finding_id: str) -> Finding | None:
        """The newest version that came through the feed."""
        known = self._kept.get(finding_id)
        return None if known is None else known[1]

    def newest(self) -> tuple[Finding, ...]:
        """All that is kept, latest arrival first."""
        return tuple(finding for _, finding in reversed(self._kept.values()))

    def since(self, moment: datetime, at_most: int) -> tuple[Finding, ...]:
        """What arrived since then, oldest first."""
        found: list[Finding] = []
        for arrived_at, finding in reversed(self._kept.values()):
            if arrived_at < moment or len(found) == at_most:
                break
            found.append(finding)
        return tuple(reversed(found))


@dataclass(eq=False)
class Stream:
    """One listening browser."""

    queue: asyncio.Queue[LiveEvent] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    dropped: bool = False

    def offer(self, event: LiveEvent) -> None:
        """Queue an event; a full queue is emptied, gets one Resync and nothing more."""
        if self.dropped:
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.drop()

    def drop(self) -> None:
        """Nothing more after one Resync: the browser connects again and reads everything."""
        self.dropped = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(Resync())


def _call(loop: asyncio.AbstractEventLoop, tell: Callable[[LiveEvent], None], event: LiveEvent) -> None:
    with suppress(RuntimeError):  # the loop has ended, and everybody with it
        loop.call_soon_threadsafe(tell, event)


@dataclass
class Live:
    """Listens to the feed and the parts once for all browsers."""

    feed: FindingFeed
    parts: PartStates
    clock: Callable[[], datetime]
    drafts: DraftStore | None = None
    feed_live: bool = False
    state: PlatformState = field(default_factory=PlatformState)

    def __post_init__(self) -> None:
        self.recent = Recent(self.clock)
        self._streams: set[Stream] = set()
        self._stopping = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen until the block is left."""
        self.state = self.parts.read()
        loop = asyncio.get_running_loop()
        if self.drafts is not None:
            self.drafts.changed = lambda id_, version: _call(loop, self._tell, DraftChanged(id_, version))
            self.drafts.start()
        tasks = [asyncio.create_task(self._follow_feed()), asyncio.create_task(self._follow_parts())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    def open(self) -> Stream:
        """A stream that begins with what the store may not know yet. Raises TooManyStreamsError."""
        if self._stopping or len(self._streams) >= MAX_STREAMS:
            raise TooManyStreamsError
        stream = Stream()
        stream.offer(FeedState(self.feed_live))
        for finding in self.recent.since(self.clock() - REPLAYED_TO_NEW_STREAMS, MAX_REPLAYED):
            stream.offer(FindingChanged(finding))
        self._streams.add(stream)
        CONSOLE_STREAMS.set(len(self._streams))
        return stream

    def close(self, stream: Stream) -> None:
        """The browser went away."""
        self._streams.discard(stream)
        CONSOLE_STREAMS.set(len(self._streams))

    def stop(self) -> None:
        """End every stream: a server waits for its answers to end, and these never would by themselves."""
        self._stopping = True
        for stream in self._streams:
            stream.drop()

    def _tell(self, event: LiveEvent) -> None:
        for stream in self._streams:
            stream.offer(event)

    async def _follow_feed(self) -> None:
        while True:
            try:
                async with self.feed.listen() as events:
                    async for event in events:
                        self._take(event)
            except Exception as error:  # whatever ends the feed, the pages must go on and the feed must come back
                _log.error("the feed of findings ended (%s) and is opened again", type(error).__name__)
            self._take(FeedState(False))
            await asyncio.sleep(RETRY_SECONDS)

    def _take(self, event: FindingChanged | FeedState) -> None:
        if isinstance(event, FindingChanged):
            if self.recent.add(event.finding):
                self._tell(event)
        elif event.live is not self.feed_live:
            self.feed_live = event.live
            self._tell(event)

    async def _follow_parts(self) -> None:
        while True:
            state = await asyncio.to_thread(self.parts.read)
            changed = (state.parts, state.problem) != (self.state.parts, self.state.problem)
            self.state = state
            if changed:
                self._tell(PartsChanged())
            await asyncio.sleep(PARTS_SECONDS)
