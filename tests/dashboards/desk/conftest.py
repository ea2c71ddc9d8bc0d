"""A desk on the run's PostgreSQL, in a practice of its own per test."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg
import pytest

from dashboards.console.rights import Role
from dashboards.console.users import User
from dashboards.desk import charts, intake
from dashboards.desk.delivery import Delivery
from dashboards.desk.desk import Desk
from dashboards.desk.sign_off import SignOff
from dashboards.desk.transactions import DeskDatabase
from infra.desk.migrate import apply_to_desk
from infra.endpoints import Endpoints
from schemas.draft import SessionDraft
from schemas.note_writing import NoteToWrite, WriteOutcome, Written
from tests.dashboards.desk.samples import ASSOCIATE, CLINICIAN, NOW, SUPERVISOR, a_draft, chart, user

_numbers = itertools.count(1)


@dataclass
class RecordingWriter:
    """An EHR that takes every note, once per key, and fails as told before."""

    notes: dict[str, NoteToWrite] = field(default_factory=dict)
    answers: list[WriteOutcome] = field(default_factory=list)
    tries: int = 0

    async def write(self, note: NoteToWrite) -> WriteOutcome:
        self.tries += 1
        if self.answers:
            return self.answers.pop(0)
        self.notes.setdefault(note.idempotency_key, note)
        return Written(f"EHR-{note.session_id}-{note.client_id or 'SHARED'}")

    async def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class Bench:
    """One practice at the desk."""

    practice: str
    database: DeskDatabase
    owner: asyncpg.Connection
    now: datetime = NOW
    writer: RecordingWriter = field(default_factory=RecordingWriter)

    def __post_init__(self) -> None:
        self.desk = Desk(self.database, practice_now=lambda: self.now, wall=lambda: self.now)
        self.sign_off = SignOff(self.desk)
        self.delivery = Delivery(self.database, self.writer, clock=lambda: self.now)

    def user(self, role: Role) -> User:
        """Somebody of that role in this practice."""
        return user(role, (self.practice,))

    async def arrive(self, draft: SessionDraft | None = None) -> SessionDraft:
        """A draft comes in from the stream."""
        source = draft or a_draft(practice_id=self.practice)
        async with self.database.transaction() as connection:
            await intake.take(connection, source, self.now)
        return source

    async def approve_all(self, role: Role = Role.CLINICIAN, draft_id: str = "D-S-1") -> None:
        """Every section approved."""
        review = (await self.desk.open(self.user(role), self.practice, draft_id, viewed=False)).review
        for section in review.sections:
            await self.desk.decide(self.user(role), self.practice, draft_id, section.key, section.version, "approved")

    async def sign(self, role: Role = Role.CLINICIAN, draft_id: str = "D-S-1") -> None:
        """Signed, with every warning acknowledged."""
        opened = await self.desk.open(self.user(role), self.practice, draft_id, viewed=False)
        await self.sign_off.sign(
            self.user(role),
            self.practice,
            draft_id,
            content_sha256=opened.review.sha256,
            acknowledged=[problem.code for problem in opened.problems if problem.severity == "warn"],
            attested=True,
        )

    async def deliver(self, *, later: timedelta = timedelta()) -> int:
        """What is due goes to the EHR."""
        self.now += later
        done = 0
        while count := await self.delivery.deliver_due():
            done += count
        return done


@pytest.fixture
async def bench(postgres: Endpoints) -> AsyncIterator[Bench]:
    """A practice with a chart and three people who sign; nothing in the queue yet."""
    await apply_to_desk(postgres.desk_dsn)
    practice = f"PR-T{next(_numbers)}"
    database = DeskDatabase(postgres.desk_app_dsn)
    owner = await asyncpg.connect(postgres.desk_dsn)
    await owner.executemany(
        "INSERT INTO staff (practice_id, user_name, clinician_id) VALUES ($1, $2, $3)",
        [(practice, "clinician", CLINICIAN), (practice, "associate", ASSOCIATE), (practice, "supervisor", SUPERVISOR)],
    )
    async with database.transaction() as connection:
        await charts.take(connection, chart(practice))
    try:
        yield Bench(practice, database, owner)
    finally:
        await owner.execute("DELETE FROM note_outbox WHERE practice_id = $1", practice)
        await owner.close()
        await database.close()
