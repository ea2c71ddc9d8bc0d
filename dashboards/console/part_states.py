"""How are the parts? What the supervisor last wrote about them, and how far the workers say they are behind.

Reads <home>/run/status.json and the workers' /metrics. Must never fail because of them: trouble is shown as words.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
from prometheus_client.parser import text_string_to_metric_families
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from dashboards.console.sources import Lag, PartState, PlatformState

MAX_BYTES = 1_000_000
ANSWER_SECONDS = 1.0
LAG_METRIC = "conjoint_consumer_lag_messages"
_Short = Annotated[str, StringConstraints(max_length=2_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    name: _Short
    state: _Short
    pid: int | None = None
    restarts: int = 0
    since: AwareDatetime | None = None
    message: _Short | None = None


class _Report(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    parts: tuple[_Part, ...]


_FORM: TypeAdapter[tuple[_Part, ...] | _Report] = TypeAdapter(tuple[_Part, ...] | _Report)


@dataclass(frozen=True)
class StatusFile:
    """A PartStates over the supervisor's report: a list of parts, or an object with that list as `parts`."""

    path: Path
    metrics_urls: tuple[str, ...] = ()

    def read(self) -> PlatformState:
        try:
            with self.path.open("rb") as file:
                text = file.read(MAX_BYTES)
            written_at = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except FileNotFoundError:
            return PlatformState(problem="The supervisor has not reported yet. Start the platform with “conjoint up”.")
        except OSError as error:
            return PlatformState(problem=f"The supervisor’s report cannot be read ({error.strerror}).")
        try:
            report = _FORM.validate_json(text)
        except ValidationError:
            return PlatformState(
                read_at=written_at,
                problem="The supervisor’s report is not of the form expected. Restart the platform with “conjoint up”.",
            )
        parts = report.parts if isinstance(report, _Report) else report
        return PlatformState(
            parts=tuple(
                PartState(part.name, part.state, part.pid, part.restarts, part.since, part.message or "")
                for part in parts
            ),
            read_at=written_at,
        )

    async def lags(self) -> tuple[Lag, ...]:
        if not self.metrics_urls:
            return ()
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            answers = await asyncio.gather(*(_lags_at(client, url) for url in self.metrics_urls))
        return tuple(sorted((lag for answer in answers for lag in answer), key=lambda lag: (lag.step, lag.topic)))


async def _lags_at(client: httpx.AsyncClient, url: str) -> list[Lag]:
    try:
        text = (await client.get(url)).raise_for_status().text
        return [
            Lag(sample.labels["step"], sample.labels["topic"], int(sample.value))
            for family in text_string_to_metric_families(text)
            if family.name == LAG_METRIC
            for sample in family.samples
        ]
    except (httpx.HTTPError, ValueError, KeyError):
        return []  # a worker that is away has a state of its own on the same page
