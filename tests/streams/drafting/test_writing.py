"""The worker on a real broker, with a model over real HTTP: nothing lost, nothing twice, nothing without consent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from connectors.dead_letters import DeadLetters
from connectors.model import EndpointModel, ModelConfig
from infra.endpoints import Endpoints
from infra.prepare import topics
from schemas.codec import codec
from schemas.draft import SessionDraft
from schemas.draft_context import DraftContext
from schemas.draft_fact import DraftFact
from schemas.topics import DEAD_LETTERS, DRAFT_CONTEXTS, DRAFT_FACTS, DRAFTS, PARTITIONER
from streams.drafting.pens import pens_of
from streams.drafting.prompting import prompts
from streams.drafting.writing import WriteDraftsConfig, run
from tests.connectors.scripted_model import Asked, Reply, ScriptedModel, answers, fails, scripted_model
from tests.running import wait_until
from tests.streams.drafting.contexts import NOW, a_context, a_session

pytestmark = pytest.mark.stack


def good(asked: Asked) -> Reply:
    """What a model that keeps to the rules would say of these sessions."""
    record = json.loads(asked["messages"][1]["content"])
    turns = {turn["speaker"]: turn for turn in record.get("transcript", ())}
    shared = [
        {"text": "Breathing was practised by both.", "evidence": [bullet["id"]], "goal_ids": [], "part": "intervention"}
        for bullet in record.get("clinician_outline", ())[:1]
    ]
    clients = []
    for client in record["clients"]:
        turn = turns.get(client["client_id"])
        said = f"{client['client_id']} said: “{turn['text']}”" if turn else ""
        sentence = {"text": said, "evidence": [turn["id"]], "goal_ids": [], "part": "subjective"} if turn else None
        clients.append({"client_id": client["client_id"], "sentences": [sentence] if sentence else []})
    return answers({"shared": shared, "clients": clients, "dyads": [], "themes": [], "actions": []})


@dataclass
class Running:
    """A broker's topics as this test sees them, and workers on them."""

    bootstrap: str
    model: ScriptedModel
    group: str
    practice: str
    drafts: list[SessionDraft] = field(default_factory=list)
    facts: list[DraftFact] = field(default_factory=list)
    dead: int = 0

    def __post_init__(self) -> None:
        self.producer = Producer({"bootstrap.servers": self.bootstrap, "partitioner": PARTITIONER})
        self.consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": f"{self.group}-test"})
        names = (DRAFTS.name, DRAFT_FACTS.name, DEAD_LETTERS.name)
        known = self.consumer.list_topics(timeout=10).topics
        places = [TopicPartition(name, number, 0) for name in names for number in known[name].partitions]
        self.consumer.assign(places)

    def send(self, *contexts: DraftContext) -> None:
        for context in contexts:
            value = codec(DRAFT_CONTEXTS.name).encode(context)
            self.producer.produce(DRAFT_CONTEXTS.name, key=context.request_id, value=value, partition=0)
        self.producer.flush(10)

    def read(self) -> None:
        for message in self.consumer.consume(100, 0.1):
            if message.topic() == DEAD_LETTERS.name:
                self.dead += 1
                continue
            record: Any = codec(str(message.topic())).decode(message.value())
            if record.practice_id == self.practice:
                (self.drafts if isinstance(record, SessionDraft) else self.facts).append(record)

    def wait(self, what: str, true: Callable[[], bool], within_s: float = 30) -> None:
        def look() -> bool:
            self.read()
            return true()

        wait_until(what, look, within_s)

    def context(self, number: int = 1, version: int = 1, **changes: Any) -> DraftContext:
        request = {"request_id": f"{self.group}-{number}", "practice": self.practice, **changes}
        return a_context(number, version, **request)

    @contextmanager
    def worker(self, **changes: Any) -> Iterator[None]:
        usual = {"settle_s": 0.1, "longest_pause_s": 0.5, "commit_every_s": 0.2, "at_once_per_practice": 4}
        config = WriteDraftsConfig(self.bootstrap, lambda: NOW, group=self.group, **{**usual, **changes})
        model = EndpointModel(
            ModelConfig(self.model.url, "tiny", timeout_s=5, attempts=2, longest_wait_s=0.1, open_s=1)
        )
        stop, failed = threading.Event(), []

        def body() -> None:
            try:
                run(config, pens_of(prompts(), model), lambda producer: DeadLetters(producer).set_aside, stop)
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)
        assert failed == []


@pytest.fixture
def running(kafka: Endpoints) -> Iterator[Running]:
    topics(kafka.settings)
    name = uuid4().hex[:8]
    with scripted_model() as model:
        model.default = good
        here = Running(kafka.bootstrap, model, f"g-{name}", f"PR-{name}")
        yield here
        here.consumer.close()


def test_a_context_becomes_one_draft_with_its_row_and_where_it_came_from(running: Running) -> None:
    with running.worker():
        running.send(running.context())
        running.wait("a draft", lambda: len(running.drafts) == 1 and len(running.facts) == 1)
    (draft,), (fact,) = running.drafts, running.facts
    assert (draft.state, draft.version, draft.use.rung, draft.use.calls) == ("drafted", 1, "json_schema", 1)
    assert (draft.draft.provenance.drafter, draft.draft.provenance.model) == ("model", "tiny")
    assert draft.draft.provenance.prompt_id == "couples"
    assert {"1", "2", "B1"} <= {item.id for item in draft.cited}
    assert "Quisenberry" not in draft.model_dump_json()
    assert b"Quisenberry" not in b"".join(running.model.seen)
    assert (fact.draft_id, fact.drafter, fact.rung) == (draft.draft_id, "model", "json_schema")


def test_an_outage_delays_a_draft_and_loses_none(running: Running) -> None:
    running.model.default = fails(503)
    with running.worker():
        running.send(*(running.context(number) for number in range(1, 4)))
        wait_until("asked in vain", lambda: len(running.model.seen) >= 3)
        running.read()
        assert running.drafts == []
        running.model.default = good
        running.wait("all drafts", lambda: len(running.drafts) == 3)
    assert {draft.draft.provenance.drafter for draft in running.drafts} == {"model"}


def test_a_model_that_stays_away_is_replaced_and_that_is_said(running: Running) -> None:
    running.model.default = fails(503)
    with running.worker(patience_s=0.0):
        running.send(running.context())
        running.wait("a draft", lambda: len(running.drafts) == 1)
    (draft,) = running.drafts
    assert draft.draft.provenance.drafter == "local"
    assert "503" in (draft.draft.provenance.fallback_reason or "") or "pause" in (
        draft.draft.provenance.fallback_reason or ""
    )


def test_a_consent_withdrawn_while_the_model_thinks_is_never_delivered(running: Running) -> None:
    def withdrawn_meanwhile(asked: Asked) -> Reply:
        running.model.default = good
        without = running.context(1, 2, session=a_session(("C-1",)), withheld=("No valid consent from C-2.",))
        running.send(without)
        return good(asked)

    running.model.default = withdrawn_meanwhile
    with running.worker():
        running.send(running.context())
        running.wait("a draft", lambda: len(running.drafts) == 1)
        time.sleep(0.5)
        running.read()
    (draft,) = running.drafts
    assert draft.version == 2
    assert {section.client_id for section in draft.draft.sections} == {None, "C-1"}
    assert "lighthouse" not in draft.model_dump_json()
    assert b"lighthouse" in running.model.seen[0]
    assert all(b"lighthouse" not in body for body in running.model.seen[1:])


def test_what_expired_since_is_neither_sent_nor_delivered(running: Running) -> None:
    with running.worker():
        running.send(running.context(holds_until=NOW))
        time.sleep(1.0)
        running.read()
        assert (running.model.seen, running.drafts) == ([], [])
        running.send(running.context(1, 2, refused=True, session_json=None, withheld=("Nobody has consented.",)))
        running.wait("its end", lambda: len(running.drafts) == 1)
    assert (running.drafts[0].state, running.drafts[0].draft.blocked) == ("blocked", ("Nobody has consented.",))
    assert running.model.seen == []


def test_a_worker_that_dies_before_it_noted_its_place_writes_nothing_twice(running: Running) -> None:
    running.send(*(running.context(number) for number in range(1, 4)))
    with running.worker(commit_every_s=3600.0):
        running.wait("drafts", lambda: len(running.drafts) == 3)
        asked = len(running.model.seen)
        # the last commit is that of a clean end: as if it had never been
        running_commit = Consumer({"bootstrap.servers": running.bootstrap, "group.id": running.group})
    try:
        running_commit.commit(offsets=[TopicPartition(DRAFT_CONTEXTS.name, 0, 0)], asynchronous=False)
    finally:
        running_commit.close()
    with running.worker():
        running.send(running.context(4))
        running.wait("the new one", lambda: len(running.drafts) >= 4)
        time.sleep(0.5)
        running.read()
    assert sorted(draft.session_id for draft in running.drafts) == ["S-1", "S-2", "S-3", "S-4"]
    assert len(running.model.seen) == asked + 1


def test_a_correction_voids_a_draft_and_poison_stops_nobody(running: Running) -> None:
    with running.worker():
        running.send(running.context())
        running.wait("a draft", lambda: len(running.drafts) == 1)
        running.producer.produce(DRAFT_CONTEXTS.name, key=b"x", value=b"\x00nobody can read this", partition=0)
        running.send(running.context(1, 2, state="withdrawn", session_json=None))
        running.wait("its end", lambda: len(running.drafts) == 2 and running.dead >= 1)
    first, last = running.drafts
    assert first.draft_id == last.draft_id
    assert (last.state, last.draft.sections, last.cited) == ("withdrawn", (), ())


def test_twenty_sessions_at_once_are_all_drafted_with_few_questions_at_a_time(running: Running) -> None:
    running.model.default = lambda asked: Reply(200, good(asked).body, wait_s=0.05)
    with running.worker(at_once=4, at_once_per_practice=3):
        running.send(*(running.context(number) for number in range(1, 21)))
        running.wait("twenty drafts", lambda: len({draft.draft_id for draft in running.drafts}) == 20, 60)
    assert running.model.most_at_once <= 3
    assert len(running.drafts) == 20
