"""On a running platform: files in, claims before the biller; decided, sent, answered, told to the EHR; all audited."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import asyncpg
import pytest

from connectors.claims.answers import Answers
from connectors.claims.read_837p import read_837p
from dashboards.claims.calibration import calibration
from dashboards.claims.intake import ClaimIntake, Sent
from dashboards.claims.review import Actor, ClaimReview, NoSuchClaimError
from dashboards.claims.standing import CannotError, Standing
from dashboards.desk import audit_log
from dashboards.desk.transactions import DeskDatabase
from infra.claims.answering import keep_answers
from infra.claims.live import ClaimsWorker
from infra.claims.sending import send_approved
from infra.desk.migrate import apply_to_desk
from infra.endpoints import Endpoints
from schemas.audit import first_break
from schemas.change import ChangeSet
from schemas.claim_proposal import ClaimFix
from schemas.codec import change_of
from schemas.professional_claim import Adjustment
from schemas.remittance import Acknowledged, ClaimAnswer, RemittedLine
from streams.book import Book, Shelves
from streams.files import seal
from streams.keeper import Keeper
from tests.streams.claims.suggested import unbilled
from tests.streams.scenario import Scenario, at, clean_couple, clean_group

NOW = datetime.fromisoformat(at("2026-04-16 19:00"))
_numbers = itertools.count(1)


@dataclass
class RecordingBilling:
    """An EHR's billing module that takes every claim, and fails as told before."""

    practice: str
    told: list[Sent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def log(self, sent: Sent) -> str:
        if sent.proposal.practice_id != self.practice:
            return ""  # left by another test in the database that all share
        if self.problems:
            return self.problems.pop(0)
        self.told.append(sent)
        return ""

    async def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class Office:
    """One practice's claims, from its files to the payer."""

    practice: str
    database: DeskDatabase
    billing: RecordingBilling = field(init=False)

    def __post_init__(self) -> None:
        self.billing = RecordingBilling(self.practice)
        self.review = ClaimReview(self.database, wall=lambda: NOW, practice_now=lambda: NOW)
        self.intake = ClaimIntake(self.database, wall=lambda: NOW)
        self.worker = ClaimsWorker(self.intake, lambda: NOW, self.billing)
        self.book = Book(Shelves.in_memory())
        self.keeper = Keeper(self.book)
        self.biller = Actor("biller", "biller", frozenset({self.practice}))
        self._version = 0

    async def arrive(self, scenario: Scenario) -> None:
        """Changes reach the keeper, and what it commits reaches the worker."""
        changes = tuple(
            change_of(c | {"id": self.practice if c["entity"] == "practice" else c["id"]}) for c in scenario.changes
        )
        self._version += 1
        self.keeper.apply(ChangeSet(practice_id=self.practice, now=NOW, changes=changes), self._version)
        self.worker.take(
            [(file.key, seal(file)) for shelf in self.book.shelves.files.values() for file in shelf.values()]
        )
        await self.settle()

    async def settle(self) -> None:
        while await self.worker.work():
            pass

    async def standing(self) -> dict[str, str]:
        claims = await self.review.list(self.biller.scope)
        return {claim.proposal.client_id: f"{claim.proposal.state} {claim.standing}" for claim in claims}

    async def ids(self) -> list[str]:
        return [claim.proposal.id for claim in await self.review.list(self.biller.scope)]


@pytest.fixture
async def office(postgres: Endpoints) -> AsyncIterator[Office]:
    await apply_to_desk(postgres.desk_dsn)
    database = DeskDatabase(postgres.desk_app_dsn)
    try:
        yield Office(f"PR-C{next(_numbers)}", database)
    finally:
        await database.close()


def denied(control_number: str) -> ClaimAnswer:
    line = RemittedLine(
        procedure="90853",
        charge_cents=6000,
        paid_cents=0,
        adjustments=(Adjustment(group="CO", reason="50", amount_cents=6000),),
    )
    return ClaimAnswer(
        kind="835", control_number=control_number, outcome="denied", on=date(2026, 5, 1), charge_cents=6000,
        paid_cents=0, lines=(line,), says="denied",
    )  # fmt: skip


@pytest.mark.stack
async def test_from_the_files_to_the_payer_and_back(office: Office) -> None:
    scenario = unbilled(clean_group()).set("N-S-1-BEN", status="draft", signed_at=None, signed_by=None)
    await office.arrive(scenario)
    assert await office.standing() == {
        "C-ANA": "ready open",
        "C-BEN": "blocked open",
        "C-CLEO": "ready open",
        "C-DREW": "ready open",
    }
    by_client = {c.proposal.client_id: c.proposal for c in await office.review.list(None, office.practice)}
    for client in ("C-ANA", "C-CLEO"):
        await office.review.approve(office.biller, by_client[client].id, by_client[client].fingerprint)
    await office.review.hold(office.biller, by_client["C-DREW"].id, "waits for the card")
    with pytest.raises(CannotError, match="blocked"):
        await office.review.approve(office.biller, by_client["C-BEN"].id)

    made, _ = await send_approved(office.review, office.biller, office.practice)
    assert made is not None
    assert {claim.claim_id for claim in read_837p(made.text).claims} == {
        by_client["C-ANA"].id,
        by_client["C-CLEO"].id,
    }
    assert read_837p(made.text).envelope.interchange_number == made.number
    assert (await send_approved(office.review, office.biller, office.practice))[0] is None  # nothing twice
    with pytest.raises(CannotError, match="sent already"):
        await office.review.undo(office.biller, by_client["C-ANA"].id)

    office.billing.problems.append("the EHR did not take it")
    await office.settle()
    assert {sent.proposal.client_id for sent in office.billing.told} == {"C-ANA", "C-CLEO"}

    taken = ClaimAnswer(kind="277CA", control_number=by_client["C-CLEO"].id, outcome="accepted", says="taken in")
    answers = Answers(("277CA", "835"), (), (taken, denied(by_client["C-ANA"].id)))
    assert await keep_answers(office.intake, "f1", answers, None) == []
    assert await keep_answers(office.intake, "f1", answers, None) == []  # the same file again
    assert await office.standing() == {
        "C-ANA": "ready denied",
        "C-BEN": "blocked open",
        "C-CLEO": "ready accepted",
        "C-DREW": "ready on hold",
    }
    rows = calibration(await office.intake.outcomes(office.biller.scope))
    assert [(row.rule, row.carc, row.denied_so) for row in rows] == [("", "50", 1)]

    async with office.database.transaction() as connection:
        trail = [entry async for entry in audit_log.entries_of(connection, office.practice)]
    assert first_break(office.practice, trail) is None
    acts = [(entry.details["act"], entry.object_id) for entry in trail]
    assert ("approve", by_client["C-ANA"].id) in acts
    assert ("batch", by_client["C-CLEO"].id) in acts
    words = " ".join(f"{entry.reason} {entry.details}" for entry in trail)
    assert "Torres" not in words


@pytest.mark.stack
async def test_what_changes_after_the_approval_is_looked_at_again(office: Office) -> None:
    scenario = unbilled(clean_couple())
    await office.arrive(scenario)
    (id_,) = await office.ids()
    assert (await office.review.approve(office.biller, id_)).standing is Standing.APPROVED
    await office.arrive(scenario.change("N-S-1-PAT", "2026-04-16 18:55", diagnoses=["F33.1", "Z63.0"]))
    claim = await office.review.get(office.biller.scope, id_)
    assert claim.standing is Standing.CHANGED
    assert claim.proposal.claim.diagnoses == ("F33.1", "Z63.0")
    assert (await send_approved(office.review, office.biller, office.practice))[0] is None
    assert (await office.review.approve(office.biller, id_)).standing is Standing.APPROVED


@pytest.mark.stack
async def test_a_fix_is_judged_anew_and_can_be_taken_back(office: Office) -> None:
    await office.arrive(unbilled(clean_couple()))
    (id_,) = await office.ids()
    await office.review.fix(office.biller, id_, ClaimFix(code="90846"), "try")
    await office.settle()
    fixed = await office.review.get(office.biller.scope, id_)
    assert fixed.proposal.state == "blocked"
    assert fixed.proposal.total_cents == 13000
    await office.review.undo(office.biller, id_)
    await office.settle()
    back = await office.review.get(office.biller.scope, id_)
    assert (back.proposal.state, back.proposal.total_cents, back.standing) == ("ready", 14000, Standing.OPEN)
    with pytest.raises(CannotError, match="nothing to take back"):
        await office.review.undo(office.biller, id_)


@pytest.mark.stack
async def test_what_asks_for_a_look_needs_a_reason(office: Office) -> None:
    await office.arrive(unbilled(clean_couple()).without("PL-PAT"))
    (id_,) = await office.ids()
    with pytest.raises(CannotError, match="B41"):
        await office.review.approve(office.biller, id_)
    approved = await office.review.approve(office.biller, id_, None, "plan is being typed")
    assert approved.standing is Standing.APPROVED


@pytest.mark.stack
async def test_a_claim_that_the_ehr_billed_meanwhile_is_withdrawn(office: Office) -> None:
    scenario = unbilled(clean_couple())
    await office.arrive(scenario)
    (id_,) = await office.ids()
    await office.arrive(scenario.claim("S-1", "PAT", "90847").set("K-S-1-PAT", status="submitted"))
    assert await office.ids() == []
    assert (await office.review.get(None, id_)).standing is Standing.WITHDRAWN


@pytest.mark.stack
async def test_another_practice_sees_nothing(office: Office) -> None:
    await office.arrive(unbilled(clean_couple()))
    (id_,) = await office.ids()
    elsewhere = Actor("stranger", "biller", frozenset({"PR-OTHER"}))
    for act in (office.review.approve(elsewhere, id_), office.review.undo(elsewhere, id_)):
        with pytest.raises(NoSuchClaimError):
            await act
    assert await office.review.list(elsewhere.scope) == ()


@pytest.mark.stack
async def test_a_rejected_file_turns_every_claim_of_it_away(office: Office) -> None:
    await office.arrive(unbilled(clean_couple()))
    (id_,) = await office.ids()
    await office.review.approve(office.biller, id_)
    made, _ = await send_approved(office.review, office.biller, office.practice)
    assert made is not None
    told = await keep_answers(
        office.intake,
        f"r{made.number}",
        Answers(("999",), (Acknowledged(group_number=str(made.number), outcome="rejected", errors=("x",)),), ()),
        None,
    )
    assert told == [f"file {made.number} was rejected as a whole; correct it and send it again"]
    assert (await office.review.get(None, id_)).standing is Standing.REJECTED


@pytest.mark.stack
async def test_decisions_are_never_changed(office: Office, postgres: Endpoints) -> None:
    await office.arrive(unbilled(clean_couple()))
    (id_,) = await office.ids()
    await office.review.approve(office.biller, id_)
    owner = await asyncpg.connect(postgres.desk_dsn)
    try:
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await owner.execute("DELETE FROM claim_decision")
    finally:
        await owner.close()
    assert datetime.now(UTC) > NOW
