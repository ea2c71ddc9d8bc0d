"""How do people see the parts come up?
Writes to the terminal: a list that changes in place, or plain lines when nobody is watching.
Must never keep a part from starting: it only shows.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.part import Condition, State

_STYLES: Final = {
    State.READY: "green",
    State.DONE: "green",
    State.UNHEALTHY: "yellow",
    State.RESTARTING: "red",
    State.WAITING: "dim",
    State.STOPPED: "dim",
}


class PlainLines:
    """One line per change of state, with the seconds since the start."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._said: dict[str, State] = {}

    def show(self, condition: Condition) -> None:
        """Says it if it is new and worth a line."""
        if self._said.get(condition.name) is condition.state:
            return
        self._said[condition.name] = condition.state
        if condition.state not in (State.WAITING, State.PREPARING, State.STOPPING):
            elapsed = f"{time.monotonic() - self._began:6.1f} s"
            message = f"  {condition.message}" if condition.message else ""
            self._console.print(
                Text(f"{elapsed}  {condition.name:<18} {condition.state.value}{message}"), soft_wrap=True
            )


def table(conditions: Iterable[Condition]) -> Table:
    """The parts as they are now."""
    shown = Table(box=None, pad_edge=False)
    for heading in ("part", "state", "for", "restarts", ""):
        shown.add_column(heading, no_wrap=True, overflow="ellipsis")
    for condition in conditions:
        shown.add_row(
            condition.name,
            Text(condition.state.value, style=_STYLES.get(condition.state, "cyan")),
            _duration((datetime.now(UTC) - condition.since).total_seconds()),
            str(condition.restarts or ""),
            Text(condition.message, overflow="ellipsis"),
        )
    return shown


@contextmanager
def showing(console: Console, conditions: Callable[[], Iterable[Condition]]) -> Iterator[Callable[[Condition], None]]:
    """Shows the parts for the duration of the block; yields what is to be called on every change."""
    if not console.is_terminal:
        yield PlainLines(console).show
        return
    with Live(get_renderable=lambda: table(conditions()), console=console, refresh_per_second=4):
        yield lambda _: None


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
