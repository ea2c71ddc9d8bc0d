"""No path, race or retry produces text about a client without that client's valid consent at that moment.

Consents, corrections and clocks change at every point around a draft: before each attempt is sent, while the model
thinks, before delivery; the worker dies and reads again. What leaves is held against what the model of the world knows.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas.change import Change
from schemas.draft import SessionDraft
from schemas.draft_context import DraftContext
from schemas.model_call import BeforeSending, ModelAnswer, ModelAway, ModelCall, NoUsableAnswer
from streams.book import Shelves
from streams.drafting.board import Board, key_of
from streams.drafting.pens import pens_of
from streams.drafting.prompting import prompts
from streams.drafting.write import Overtaken, Stands, write
from tests.effort import effort
from tests.streams.playing import Partition, changes_of, restored
from tests.streams.scenario import Scenario, after, at, clean_group

T = TypeVar("T")
WHO = ("ANA", "BEN", "CLEO")
SAID = {
    "ANA": "I kept the pineapple diary every evening this week.",
    "BEN": "My quarrel was about the lighthouse keys again.",
    "CLEO": "I slept in the caravan for three nights.",
}
OWN_WORD = {"ANA": "pineapple", "BEN": "lighthouse", "CLEO": "caravan"}
"""A word only this person says, on the form too: where it stands, this person's speech or record was processed."""
NOW = datetime.fromisoformat(at("2026-04-15 20:30"))


def told() -> Scenario:
    """A recorded group of three with a transcript, an outline and check-in forms."""
    world = clean_group(3).recorded("S-1")
    turns = [{"turn": n, "speaker": f"C-{who}", "text": SAID[who]} for n, who in enumerate(WHO, 1)]
    end = world.data("S-1")["actual_end"]
    world.add("transcript", "T-1", after(end, minutes=2), session="S-1", turns=turns)
    bullets = [{"id": "B1", "text": "Breathing practised by everybody."}]
    world.add("outline", "O-1", after(end, minutes=2), session="S-1", author="CL-REYES", bullets=bullets)
    for who in WHO:
        form = {"what_i_want_to_bring": f"the {OWN_WORD[who]}"}
        world.add("checkin", f"F-{who}", "2026-04-15 12:00", client=f"C-{who}", session="S-1", answers=form)
        world.ai_consent(who)
    return world


@cache
def beginning() -> tuple[Shelves, int, tuple[DraftContext, ...], Scenario]:
    """The practice an hour after the session, and what was said of it until then."""
    world, partition = told(), Partition(rules=())
    contexts: list[DraftContext] = []
    for change in changes_of(world):
        if change.at <= NOW:
            contexts += partition.apply(max(change.at, partition.keeper_now or change.at), (change,)).contexts
    return partition.shelves, partition.version, tuple(contexts), world


class AskedModel:
    """A model that writes a sentence about everybody it is told of, once what is about to leave was looked at."""

    def __init__(self) -> None:
        self.between: Callable[[], None] = lambda: None
        self.thinking: Callable[[], None] = lambda: None
        self.sent: Callable[[bytes], None] = lambda _body: None
        self.away = False
        self.useless = False

    def ask(self, call: ModelCall, accept: Callable[[Any], T], before_sending: BeforeSending) -> ModelAnswer[T]:
        body = json.dumps({"messages": [call.instructions, call.material]}).encode()
        self.between()
        before_sending(body)
        self.sent(call.material.encode())
        if self.away:
            raise ModelAway("away")
        self.thinking()
        if self.useless:
            raise NoUsableAnswer("prose")
        record = json.loads(call.material)
        ids = [turn["id"] for turn in record.get("transcript", ())] or ["B1"]
        clients = [client["client_id"] for client in record["clients"]]
        sentences = [{"text": "Breathing was practised by everybody.", "evidence": ["B1"], "part": "intervention"}]
        answer = {
            "shared": sentences,
            "clients": [{"client_id": id_, "sentences": self._about(id_, record, ids)} for id_ in clients],
        }
        return ModelAnswer(accept(answer), "json_schema", "asked", 1, 10, 10, 0, 0.1)

    @staticmethod
    def _about(client_id: str, record: dict[str, Any], ids: list[str]) -> list[dict[str, Any]]:
        own = [turn for turn in record.get("transcript", ()) if turn["speaker"] == client_id]
        return [{"text": f"{client_id} said: “{turn['text']}”", "evidence": [turn["id"]]} for turn in own]


class Around(RuleBasedStateMachine):
    """The practice, the topic of contexts, the worker and the topic of drafts."""

    def __init__(self) -> None:
        super().__init__()
        shelves, version, contexts, world = beginning()
        self.partition = Partition(restored(shelves), rules=(), version=version)
        self.now = NOW
        self.world = world
        self.rev = 100
        self.topic = list(contexts)
        self.read = 0
        self.committed = 0
        self.board = Board(settle_s=0.0)
        self.model = AskedModel()
        self.pens = pens_of(prompts(), self.model)
        self.drafts: dict[str, SessionDraft] = {}
        self.holds: dict[str, datetime | None] = dict.fromkeys(WHO)
        """Who consents to AI assistance, and until when; absent = not."""
        self.recording = set(WHO) | {"REYES"}
        self.there = set(WHO)

    # --- the practice ----------------------------------------------------------------------------------------------

    def change(self, entity: str, id_: str, **data: Any) -> None:
        """Something is entered into the EHR, and keep_files has looked at it."""
        self.rev += 1
        self.now += timedelta(seconds=1)
        raw = {"at": self.now, "entity": entity, "op": "update", "id": id_, "rev": self.rev, "data": data}
        self.take((_change(raw),))

    def take(self, changes: tuple[Change, ...]) -> None:
        self.topic += self.partition.apply(self.now, changes).contexts

    def ai_consent(self, who: str, **fields: Any) -> None:
        self.change("consent", f"CON-{who}-ai_assistance", **{**self.world.data(f"CON-{who}-ai_assistance"), **fields})

    @rule(who=st.sampled_from(WHO))
    def somebody_withdraws(self, who: str) -> None:
        self.ai_consent(who, status="revoked", revoked_at=self.now + timedelta(seconds=1))
        self.holds.pop(who, None)

    @rule(who=st.sampled_from(WHO))
    def somebody_consents(self, who: str) -> None:
        self.ai_consent(who)
        self.holds[who] = None

    @rule(who=st.sampled_from(WHO), minutes=st.sampled_from((1, 30)))
    def a_consent_is_to_end_by_itself(self, who: str, minutes: int) -> None:
        expires = self.now + timedelta(minutes=minutes)
        self.ai_consent(who, expires=expires)
        self.holds[who] = expires

    @rule(who=st.sampled_from((*WHO, "REYES")))
    def somebody_withdraws_from_the_recording(self, who: str) -> None:
        id_ = f"CON-{who}-recording"
        revoked = {"status": "revoked", "revoked_at": self.now + timedelta(seconds=1)}
        self.change("consent", id_, **{**self.world.data(id_), **revoked})
        self.recording.discard(who)

    @rule(who=st.sampled_from(WHO[1:]))
    def attendance_is_corrected(self, who: str) -> None:
        self.there ^= {who}
        status = "attended" if who in self.there else "no_show"
        self.change("attendance", f"AT-S-1-{who}", session="S-1", client=f"C-{who}", status=status)

    @rule(minutes=st.sampled_from((2, 45)))
    def time_passes(self, minutes: int) -> None:
        """The practice's clock moves on; the tick that keep_files needs to notice comes later, or in time."""
        self.now += timedelta(minutes=minutes)

    @rule()
    def a_tick_comes(self) -> None:
        self.take(())

    @rule(place=st.integers(0, 5))
    def a_context_is_delivered_twice(self, place: int) -> None:
        """keep_files died before it could commit, and says the same again."""
        self.topic.append(self.topic[-1 - place % len(self.topic)])

    # --- the worker ------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        while self.read < len(self.topic):
            self.board.take(self.topic[self.read], 0, self.read, 0.0)
            self.read += 1

    def stands(self, context: DraftContext) -> bool:
        """As the worker asks: everything the topic holds is read first."""
        self.catch_up()
        return self.board.stands(context, self.now)

    def asking(self, context: DraftContext) -> Stands:
        def stands() -> None:
            if not self.stands(context):
                raise Overtaken

        return stands

    @contextmanager
    def something_happens(self, when: str, what: Callable[[], None]) -> Iterator[None]:
        setattr(self.model, when, what) if when in ("between", "thinking") else None
        yield
        self.model.between = self.model.thinking = lambda: None

    @rule(
        when=st.sampled_from(("never", "between", "thinking", "delivery")),
        what=st.sampled_from(("withdraws", "consents", "recording", "time", "corrected", "expires")),
        who=st.sampled_from(WHO[1:]),
        away=st.booleans(),
        useless=st.booleans(),
        dies=st.sampled_from(("no", "no", "before", "after")),
    )
    def a_draft_is_written(self, when: str, what: str, who: str, away: bool, useless: bool, dies: str) -> None:
        happens: dict[str, Callable[[], None]] = {
            "withdraws": lambda: self.somebody_withdraws(who),
            "consents": lambda: self.somebody_consents(who),
            "recording": lambda: self.somebody_withdraws_from_the_recording(who),
            "time": lambda: self.time_passes(45),
            "corrected": lambda: self.attendance_is_corrected(who),
            "expires": lambda: (self.a_consent_is_to_end_by_itself(who, 1), self.time_passes(2))[-1],
        }
        self.catch_up()
        self.model.away, self.model.useless = away, useless
        self.model.sent = self.nothing_without_consent
        for context in self.board.ready(0.0):
            with self.something_happens(when, happens[what]):
                try:
                    record = write(context, self.pens, self.asking(context), self.now, patient=True)
                except (Overtaken, ModelAway):
                    self.board.put_off(context, 0.0)
                    continue
            if when == "delivery":
                happens[what]()
            if dies == "before":
                self.the_worker_dies()
                return
            if not self.stands(context):
                self.board.put_off(context, 0.0)
                continue
            self.deliver(context, record, dies == "after")

    def deliver(self, context: DraftContext, record: SessionDraft, dies: bool) -> None:
        self.nothing_without_consent(record.model_dump_json(exclude={"client_ids"}).encode())
        known = self.drafts.get(record.draft_id)
        assert known is None or known.version < record.version, "one version, one draft"
        assert record.request_id == context.request_id
        self.drafts[record.draft_id] = record
        if dies:
            self.the_worker_dies()
        else:
            self.board.delivered(context)
            self.committed = self.board.done_to().get(0, self.committed)

    @rule()
    def the_worker_dies(self) -> None:
        """Everything in memory is lost; the next one reads from the place that was committed, and the drafts."""
        self.board = Board(settle_s=0.0)
        for draft in self.drafts.values():
            self.board.knows_delivered((draft.practice_id, draft.request_id), draft.version, 0)
        self.read = self.committed

    # --- what must hold --------------------------------------------------------------------------------------------

    def consenting(self) -> set[str]:
        """Of those who were there: whose consent holds at this moment."""
        return {who for who, until in self.holds.items() if who in self.there and (until is None or self.now < until)}

    def nothing_without_consent(self, said: bytes) -> None:
        text = said.decode()
        for who in set(WHO) - self.consenting():
            assert OWN_WORD[who] not in text, f"{who}'s words, without consent"
            assert f'"client_id":"C-{who}"' not in text, f"about {who}, without consent"
        if not self.recording >= self.there | {"REYES"}:  # whoever was not in the room was not recorded
            assert not any(SAID[who] in text for who in WHO), "a transcript somebody has withdrawn from"

    @invariant()
    def one_draft_for_one_request(self) -> None:
        requests = [draft.request_id for draft in self.drafts.values()]
        assert len(requests) == len(set(requests))

    @precondition(lambda self: self.topic)
    @rule()
    def everything_comes_to_rest(self) -> None:
        """With the model back and nothing more happening, every request ends in what its consents allow."""
        self.take(())
        self.model.away = self.model.useless = False
        self.model.sent = self.nothing_without_consent
        for _ in range(20):
            self.catch_up()
            ready = self.board.ready(0.0)
            if not ready:
                break
            for context in ready:
                record = write(context, self.pens, self.asking(context), self.now, patient=False)
                assert self.stands(context)
                self.deliver(context, record, dies=False)
        newest = {key_of(context): context for context in sorted(self.topic, key=lambda context: context.version)}
        by_request = {(draft.practice_id, draft.request_id): draft for draft in self.drafts.values()}
        assert by_request.keys() == newest.keys(), "a request without its draft"
        for key, context in newest.items():
            draft = by_request[key]
            assert draft.version == context.version
            if context.state == "withdrawn":
                assert (draft.state, draft.draft.sections, draft.cited) == ("withdrawn", (), ())
                continue
            about = {section.client_id for section in draft.draft.sections} - {None}
            assert about == {f"C-{who}" for who in self.consenting()}
            assert draft.state == ("drafted" if about else "blocked")

    @initialize()
    def the_session_is_complete(self) -> None:
        assert self.topic


@cache
def _parse() -> Any:
    from schemas.codec import change_of

    return change_of


def _change(raw: dict[str, Any]) -> Change:
    change: Change = _parse()(json.loads(json.dumps(raw, default=str)))
    return change


Around.TestCase.settings = settings(effort(10), stateful_step_count=14)
TestConsentsAroundADraft = Around.TestCase
