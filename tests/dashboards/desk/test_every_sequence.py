"""Whatever anybody does at the desk, in whatever order: nothing unsigned leaves, and nobody does what they may not.

A model of the rules beside the real desk, spoken to over HTTP by all eight roles at once.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from starlette.testclient import TestClient

from dashboards.console.rights import Right, Role, may
from dashboards.console.sessions import SESSION_COOKIE
from dashboards.desk import audit_log, charts, intake
from dashboards.desk.delivery import Delivery
from schemas.audit import first_break
from schemas.draft import SessionDraft
from schemas.note_writing import NotNow
from tests.dashboards.console.samples import Desk
from tests.dashboards.desk.conftest import Bench, RecordingWriter
from tests.dashboards.desk.samples import CLIENTS, NAMES, NOW, a_draft, chart
from tests.dashboards.desk.test_api_contract import browser, signed_in

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
ELSEWHERE = "PR-elsewhere"
SECRET = "Nobody of another practice reads this."
CLINICAL = ("breathing", "sleep diary", "argument at work", "lonely weekend", SECRET)
KEYS = ("shared", *CLIENTS)
TEXTS = (
    "The client said it went well.",
    "Tobias Everhart said it went well.",
    "<script>alert(1)</script>",
    "x" * 3_000,
)

roles = st.sampled_from(list(Role))
who_signs = st.sampled_from([Role.CLINICIAN, Role.ASSOCIATE, Role.SUPERVISOR, *Role])
keys = st.sampled_from(KEYS)


@dataclass
class World:
    """The console, who is signed in, and an EHR; it lives as long as all examples."""

    client: TestClient
    practice: str
    cookies: dict[Role, tuple[str, dict[str, str]]]
    writer: RecordingWriter = field(default_factory=RecordingWriter)
    now: datetime = NOW
    sessions: int = 0

    def run(self, work: Any, *arguments: Any) -> Any:
        """Something in the console's own loop."""
        assert self.client.portal is not None
        return self.client.portal.call(work, *arguments)

    @property
    def desk(self) -> Any:
        """The console's desk."""
        app: Any = self.client.app
        return app.state.console.desk

    async def take(self, source: SessionDraft, session_id: str) -> None:
        """A draft comes in from the stream, with what the EHR knows."""
        async with self.desk.database.transaction() as connection:
            await charts.take(connection, chart(source.practice_id, session_id))
            await intake.take(connection, source, self.now)

    async def deliver(self) -> None:
        """Whatever is due goes to the EHR."""
        self.now += timedelta(hours=1)
        await Delivery(self.desk.database, self.writer, clock=lambda: self.now).deliver_due()

    async def rows(self, query: str, *arguments: Any) -> list[Any]:
        """What the desk's database holds."""
        async with self.desk.database.transaction() as connection:
            found: list[Any] = await connection.fetch(query, *arguments)
            return found

    async def trail(self, practice: str) -> list[Any]:
        """A practice's audit chain."""
        async with self.desk.database.transaction() as connection:
            return [entry async for entry in audit_log.entries_of(connection, practice)]

    def call(self, role: Role, method: str, path: str, body: Any = None) -> Any:
        """A request as that person's page would send it."""
        cookie, headers = self.cookies[role]
        more = {"json": body} if body is not None else {"content": b""} if method != "GET" else {}
        self.client.cookies.clear()
        headers = {**headers, "cookie": f"{SESSION_COOKIE}={cookie}"}
        return self.client.request(method, f"/api/desk{path}", headers=headers, **more)


class AtTheDesk(RuleBasedStateMachine):
    """One session's draft, and everything that can be done to it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.sessions += 1
        self.session_id = f"S-{self.world.sessions}"
        self.draft_id = f"D-{self.session_id}"
        self.version = 1
        self.read: set[str] = set()
        source = a_draft(practice_id=self.world.practice, session_id=self.session_id)
        self.world.run(self.world.take, source, self.session_id)
        self.path = f"/drafts/{self.world.practice}/{self.draft_id}"

    # --- what people do -----------------------------------------------------------------------------

    def stands(self) -> Any:
        """The draft as somebody with the right sees it now."""
        return self.world.call(Role.SUPERVISOR, "GET", f"{self.path}/now").json()

    def versions(self) -> dict[str, int]:
        """The version of each section."""
        answer: dict[str, int] = self.world.call(Role.SUPERVISOR, "GET", f"{self.path}/stamp").json()["sections"]
        return answer

    def does(self, role: Role, right: Right, path: str, body: Any, method: str = "POST") -> int:
        """An act by somebody: without the right it is refused, and changes nothing."""
        before = None if may(role, right) else self.fingerprint()
        answer = self.world.call(role, method, f"{self.path}{path}", body)
        assert answer.status_code < 500, f"{method} {path}"
        if before is not None:
            assert answer.status_code == 403, f"{role.value} {method} {path}"
            assert self.fingerprint() == before
        self.reads(role, answer.text)
        return int(answer.status_code)

    def reads(self, role: Role, text: str) -> None:
        """Whoever got clinical text may read it, and is in the audit trail for it (see below)."""
        if any(word in text for word in CLINICAL):
            assert may(role, Right.READ_DRAFTS)
            self.read.add(role.value)

    def fingerprint(self) -> list[Any]:
        """Everything that a refused act must leave alone."""
        query = (
            "SELECT d.version, d.state, d.template, (SELECT array_agg(s.version ORDER BY s.key) FROM section s WHERE"
            " s.practice_id = d.practice_id AND s.draft_id = d.draft_id) AS sections, (SELECT count(*) FROM signature s"
            " WHERE s.practice_id = d.practice_id AND s.draft_id = d.draft_id) AS signed, (SELECT count(*) FROM"
            " note_outbox o WHERE o.practice_id = d.practice_id AND o.draft_id = d.draft_id) AS leaving"
            " FROM draft d WHERE d.practice_id = $1 AND d.draft_id = $2"
        )
        return list(self.world.run(self.world.rows, query, self.world.practice, self.draft_id)[0])

    @rule(role=roles, key=keys, text=st.sampled_from(TEXTS), stale=st.booleans())
    def edit(self, role: Role, key: str, text: str, stale: bool) -> None:
        body = {"version": max(self.versions().get(key, 1) - stale, 0), "lines": [{"text": text}]}
        status = self.does(role, Right.EDIT_DRAFTS, f"/sections/{key}", body, "PUT")
        assert not (stale and status == 200)

    @rule(role=roles, key=keys, decision=st.sampled_from(["approved", "rejected", "open"]))
    def decide(self, role: Role, key: str, decision: str) -> None:
        body = {"version": self.versions().get(key, 1), "decision": decision, "reason": "because"}
        self.does(role, Right.DECIDE_DRAFTS, f"/sections/{key}/decision", body)

    @rule(role=who_signs)
    def approve_all(self, role: Role) -> None:
        for key in KEYS:
            body = {"version": self.versions().get(key, 1), "decision": "approved"}
            self.does(role, Right.DECIDE_DRAFTS, f"/sections/{key}/decision", body)

    @rule(role=who_signs, attested=st.sampled_from([True, True, False]), stale=st.sampled_from([False, False, True]))
    def sign(self, role: Role, attested: bool, stale: bool) -> None:
        found = self.world.call(Role.SUPERVISOR, "GET", f"{self.path}/problems").json()
        codes = ["undecided", "late", "cloned", "missing_client", "documents_for_another", "already_signed"]
        body = {
            "content_sha256": "0" * 64 if stale else found["sha256"],
            "acknowledged": codes,
            "attested": attested,
        }
        for _ in range(2):  # a second click
            status = self.does(role, Right.SIGN_NOTES, "/signature", body)
            assert not (status == 200 and (stale or not attested))

    @rule(role=who_signs)
    def cosign(self, role: Role) -> None:
        found = self.world.call(Role.SUPERVISOR, "GET", f"{self.path}/problems").json()
        self.does(role, Right.COSIGN_NOTES, "/cosignature", {"content_sha256": found["sha256"]})

    @rule(role=roles, act=st.sampled_from(["return", "retry", "template", "addenda"]))
    def else_(self, role: Role, act: str) -> None:
        rights = {
            "return": (Right.COSIGN_NOTES, {"reason": "look again"}),
            "retry": (Right.RETRY_WRITES, None),
            "template": (Right.EDIT_DRAFTS, {"version": self.stands()["version"], "template": "DAP"}),
            "addenda": (Right.ADD_ADDENDA, {"section": CLIENTS[0], "text": "Said afterwards."}),
        }
        right, body = rights[act]
        self.does(role, right, f"/{act}", body)

    @rule(role=roles, act=st.sampled_from(["", "/now", "/problems", "/stamp", "/sections/C-1/versions"]))
    def look(self, role: Role, act: str) -> None:
        answer = self.world.call(role, "GET", f"{self.path}{act}")
        assert answer.status_code == (200 if may(role, Right.READ_DRAFTS) else 403)
        self.reads(role, answer.text)

    @rule(role=roles, act=st.sampled_from(["GET ", "GET /now", "PUT /sections/C-1", "POST /signature"]))
    def reach_into_another_practice(self, role: Role, act: str) -> None:
        method, rest = act.split(" ", 1)
        body = {
            "/signature": {"content_sha256": "0" * 64, "attested": True},
            "/sections/C-1": {"version": 1, "lines": [{"text": "mine now"}]},
        }.get(rest)
        answer = self.world.call(role, method, f"/drafts/{ELSEWHERE}/D-S-1{rest}", body)
        assert answer.status_code in (403, 404)
        assert SECRET not in answer.text

    # --- what happens around them -------------------------------------------------------------------

    @rule(away=st.booleans())
    def the_worker_delivers(self, away: bool) -> None:
        if away:
            self.world.writer.answers = [NotNow("away")]
        self.world.run(self.world.deliver)

    @rule(state=st.sampled_from(["drafted", "drafted", "withdrawn"]))
    def a_newer_draft_arrives(self, state: str) -> None:
        self.version += 1
        source = a_draft(practice_id=self.world.practice, session_id=self.session_id, version=self.version, state=state)
        self.world.run(self.world.take, source, self.session_id)

    # --- what holds at every moment -----------------------------------------------------------------

    @invariant()
    def nothing_unsigned_leaves(self) -> None:
        signed = self.world.run(
            self.world.rows,
            "SELECT kind, role, user_name FROM signature WHERE practice_id = $1 AND draft_id = $2",
            self.world.practice,
            self.draft_id,
        )
        assert all(may(Role(row["role"]), Right.SIGN_NOTES) for row in signed)
        assert all(row["role"] == Role.SUPERVISOR for row in signed if row["kind"] == "cosign")
        leaving = [note for note in self.world.writer.notes.values() if note.session_id == self.session_id]
        if not signed:
            assert leaving == []
        if all(row["role"] == Role.ASSOCIATE for row in signed):
            assert leaving == [], "an associate's note waits for the co-signature"
        per_client = Counter(note.client_id for note in leaving if note.kind != "addendum")
        assert all(count == 1 for count in per_client.values()), "one note per client"
        for note in leaving:
            named = [NAMES[other] for other in CLIENTS if other != note.client_id and NAMES[other] in note.text]
            assert named == []

    @invariant()
    def the_audit_trail_holds(self) -> None:
        entries = self.world.run(self.world.trail, self.world.practice)
        assert first_break(self.world.practice, entries) is None
        [count] = self.world.run(
            self.world.rows,
            "SELECT count(*) FILTER (WHERE kind = 'sign') AS signed, count(*) FILTER (WHERE kind = 'cosign')"
            " AS cosigned FROM signature WHERE practice_id = $1",
            self.world.practice,
        )
        told = Counter(entry.action for entry in entries)
        assert (told["draft_signed"], told["draft_cosigned"]) == tuple(count)
        readers = {entry.role for entry in entries if entry.action == "text_viewed"}
        assert readers <= {role.value for role in Role if may(role, Right.READ_DRAFTS)}
        assert self.read <= {
            entry.role for entry in entries if (entry.action, entry.object_id) == ("text_viewed", self.draft_id)
        }

    def teardown(self) -> None:
        """However it got here: who has the right brings it to its end, and each client has one note."""
        state = self.stands()["state"]
        if state == "open":
            for key in KEYS:
                body = {"version": self.versions()[key], "lines": [{"text": f"What was said, {key}."}]}
                assert self.does(Role.CLINICIAN, Right.EDIT_DRAFTS, f"/sections/{key}", body, "PUT") == 200
            self.approve_all(Role.CLINICIAN)
            self.sign(Role.CLINICIAN, True, False)
        elif state == "awaiting_cosign":
            self.cosign(Role.SUPERVISOR)
        state = self.stands()["state"]
        assert state in ("signed", "withdrawn")
        for _ in range(3):
            self.world.run(self.world.deliver)
        self.nothing_unsigned_leaves()
        self.the_audit_trail_holds()
        if state == "signed":
            notes = [note for note in self.world.writer.notes.values() if note.session_id == self.session_id]
            approved = {one["key"] for one in self.stands()["sections"] if one["decision"] == "approved"}
            assert {note.client_id or "shared" for note in notes} == approved


async def _in_another_practice(bench: Bench) -> None:
    source = a_draft(practice_id=ELSEWHERE)
    first, *others = source.draft.sections
    told = replace_text(first, SECRET)
    draft = source.draft.model_copy(update={"sections": (told, *others)})
    await replace(bench, practice=ELSEWHERE).arrive(source.model_copy(update={"draft": draft}))


def replace_text(section: Any, text: str) -> Any:
    """The section with another first sentence."""
    first, *others = section.sentences
    return section.model_copy(update={"sentences": (first.model_copy(update={"text": text}), *others)})


@pytest.fixture
async def console(bench: Bench, tmp_path: Path) -> Desk:
    """A console over the bench's practice for everybody, and a draft in a practice that is nobody's."""
    await _in_another_practice(bench)
    console = Desk(tmp_path, settings={"desk_dsn": bench.database.dsn}, now=NOW)
    console.practices = {role.value: [bench.practice] for role in Role}
    return console


def test_no_sequence_of_acts_lets_anything_unsigned_leave(console: Desk, bench: Bench) -> None:
    with browser(console.app()) as opened:
        cookies = {}
        for role in Role:
            client, headers = signed_in(opened, role)
            cookies[role] = (client.cookies[SESSION_COOKIE], headers)
            client.cookies.clear()
        AtTheDesk.world = World(opened, bench.practice, cookies)
        run_state_machine_as_test(
            AtTheDesk,
            settings=settings(
                max_examples=6,
                stateful_step_count=18,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert AtTheDesk.world.writer.notes
