"""From a change set to what follows from it: fold, find the cases it touches, ask the rules, emit the difference.

Pure over a Book: no Faust, no clock (`now` comes with the set), no logging. The worker and `conjoint replay` both
drive this, so that what is tested without a broker is what runs.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from schemas.care import Policy
from schemas.change import Change, ChangeSet
from schemas.draft_request import DraftRequest
from schemas.finding import Finding
from schemas.reasons import Poison, Reason
from streams.book import Book
from streams.calendars import HOUR_SECONDS, mark
from streams.cases import ClientCase, Opened, PracticeView, SessionCase, UnitCase, has_ledger, open_session
from streams.catalogue import RULES
from streams.consents.needs import Need, needs_of
from streams.drafts_wanted import draft_wanted
from streams.effects import Effects, emit_context, emit_facts, emit_findings, emit_request, finding_of
from streams.facts import FactRow, facts_of_client, facts_of_practice, facts_of_session, facts_of_unit
from streams.files import File, FileKey, FileKind, Fold, newer
from streams.homes import LISTS, Whereabouts, fixed_home, home_by_content, part_key, tombstone
from streams.links import booked_in, families_in, leant_on, ledgers_touched, members_in, named_in
from streams.not_kept import silent
from streams.policy import policy_of
from streams.rule import Recheck, Rule

__all__ = ["Effects", "Keeper", "finding_of"]

DUE_PER_MESSAGE = 15
"""How many due files one live message may look at beside its own: a changed policy must not make live changes wait."""
DUE_PER_TICK = 500
"""How many due files a tick may look at: live changes wait for it, about a third of a second."""

SESSIONS_AT_ONCE = 15
"""How many of a client's or unit's sessions one message looks at, the latest; the others follow like what is due."""

READ_BY_NO_SESSION = frozenset({"assessment", "checkin", "message"})
"""What a client's file holds that no session is judged by: its sessions need not be looked at again for it."""

READ_BY_DRAFTS = frozenset({"assessment", "checkin"})
"""What of that the draft of a session is made of."""

READ_OF_OTHERS = frozenset({"consent", "relationship"})
"""What of a relative's or subscriber's own file the sessions of those who lean on them are judged by."""


_FOLDED = {Fold.APPLIED: Reason.APPLIED, Fold.DUPLICATE: Reason.DUPLICATE, Fold.STALE: Reason.STALE}


class Keeper:
    """Keeps the files of one partition. One call at a time; every call leaves book and effects consistent."""

    def __init__(self, book: Book, rules: Iterable[Rule[Any]] = RULES) -> None:
        self.book = book
        self._session_rules = tuple(rule for rule in rules if rule.on is SessionCase)
        self._client_rules = tuple(rule for rule in rules if rule.on is ClientCase)
        self._unit_rules = tuple(rule for rule in rules if rule.on is UnitCase)
        self._now: datetime | None = None
        self._practices: dict[str, tuple[File, int, PracticeView | None, str]] = {}
        self._opened: dict[str, Opened] = {}
        self._told: dict[FileKey, set[str]] = {}
        self._settling: dict[str, bool] = {}
        self._deferred: dict[str, dict[FileKey, None]] = {}

    @property
    def is_settling(self) -> bool:
        """Some practice's snapshot is still arriving: its cases wait for ticks."""
        return bool(self._settling)

    def apply(self, change_set: ChangeSet, version: int) -> Effects:
        """Take one change set in. `version` must grow from call to call; everything emitted carries it."""
        now = change_set.now if self._now is None else max(self._now, change_set.now)
        self._now = now
        effects = Effects()
        touched: dict[FileKey, File] = {}
        self._told = {}
        booked: set[FileKey] = set()
        for change in change_set.changes:
            try:
                effects.outcomes[self._take_in(change_set, change, touched, booked)] += 1
            except Poison as poison:
                effects.poisons.append(poison)
                effects.outcomes[poison.reason] += 1
        for file in touched.values():
            if file.key.kind is FileKind.SESSION:
                mark(file)
            elif file.key.kind is FileKind.PRACTICE:
                view = PracticeView.of(file)
                emit_facts(file, () if view is None else facts_of_practice(view), now, version, effects)
            self.book.keep(file)
        cases = self._touched_cases(change_set, touched) | dict.fromkeys(sorted(booked))
        cases = self._unless_settling(change_set, cases)
        owing = self._take_due(now, DUE_PER_TICK if change_set.is_tick else DUE_PER_MESSAGE, cases)
        # from here on no file says anything new; what was worked out about the ones before must not outlast them
        self._opened = {}
        for key in cases:
            self._look_at(key, now, version, effects)
        self._opened = {}
        self.book.call(key for key in (*touched, *owing) if (file_ := self.book.find(key)) is not None and file_.owed)
        if change_set.practice_id and self._practice(change_set.practice_id) is None:
            effects.outcomes[Reason.PRACTICE_UNKNOWN] += 1
        return effects

    def _take_due(self, now: datetime, limit: int, cases: dict[FileKey, None]) -> list[FileKey]:
        """Add up to `limit` cases that are due, also sessions a file still owes a look. Answers the files that do."""
        owing: list[FileKey] = []
        taken = 0
        while taken < limit and (due := self.book.due(now, 1)):
            key = due[0]
            if key.practice_id in self._settling:
                self._deferred.setdefault(key.practice_id, {}).setdefault(key, None)
                continue
            cases.setdefault(key, None)
            taken += 1
            file = self.book.find(key)
            if file is not None and file.owed:
                now_looked_at = sorted(file.owed)[: limit - taken]
                file.owed.difference_update(now_looked_at)
                self.book.keep(file)
                owing.append(key)
                taken += len(now_looked_at)
                cases.update({FileKey(key.practice_id, FileKind.SESSION, id_): None for id_ in now_looked_at})
        return owing

    # --- taking changes in ---------------------------------------------------------------------------------------

    def _take_in(
        self, change_set: ChangeSet, change: Change, touched: dict[FileKey, File], booked: set[FileKey]
    ) -> Reason:
        """Fold one change into the files it belongs in. Raises Poison, before anything is changed, for a policy that
        is none: taken in, it would stop every decision about its practice."""
        practice_id = change_set.practice_id
        if isinstance(change.data, Policy):
            policy_of(change.data.document)

        def open_(key: FileKey) -> File:
            if key not in touched:
                touched[key] = self.book.open(key)
            self._told.setdefault(key, set()).add(change.entity)
            return touched[key]

        home = fixed_home(practice_id, change.entity, change.id)
        if home is not None:
            file = open_(home)
            if change.entity == "appointment":
                booked |= booked_in(file)
            outcome = file.fold(change)
            if change.entity == "appointment":
                booked |= booked_in(file)
            if change.entity == "practice":
                # without the live ones, a second snapshot of a practice never snapshotted before would make all history
                file.adopt(change_set.now if change.snapshot else change.at)
            return _FOLDED[outcome]
        where = self.book.where(practice_id, change.entity, change.id) or Whereabouts()
        if change.entity == "attendance":
            for text in where.homes:
                known = open_(FileKey.from_text(text)).one("attendance", change.id)
                if known is not None:
                    booked.add(FileKey(practice_id, FileKind.CLIENT, known.data.client))
        if change.part is not None:
            outcome = self._take_in_part(change, where, open_)
        elif change.op == "delete":
            if where.deleted_rev is None or (where.deleted_rev, where.deleted_at or change.at) < (
                change.rev,
                change.at,
            ):
                where.deleted_rev, where.deleted_at = change.rev, change.at
            outcomes = [open_(FileKey.from_text(text)).fold(change) for text in sorted(where.homes)]
            outcome = outcomes[0] if outcomes else Fold.APPLIED
        else:
            outcome = self._take_in_root(home_by_content(practice_id, change), change, where, open_)
        self.book.keep_where(practice_id, change.entity, change.id, where)
        return _FOLDED[outcome]

    def _take_in_part(self, change: Change, where: Whereabouts, open_: Any) -> Fold:
        assert change.part is not None
        key = part_key(change.part)
        waiting = where.waiting.get(key)
        if not where.homes and (waiting is None or newer(change, waiting)):
            where.waiting[key] = change
        outcomes = [open_(FileKey.from_text(text)).fold(change) for text in sorted(where.homes)]
        return outcomes[0] if outcomes else Fold.APPLIED

    def _take_in_root(self, home: FileKey, change: Change, where: Whereabouts, open_: Any) -> Fold:
        earlier = sorted(where.homes - {home.text})
        where.homes.add(home.text)
        file: File = open_(home)
        outcome = file.fold(change)
        for text in earlier:
            # it lives here now: whatever an earlier home still says about it must end
            elsewhere: File = open_(FileKey.from_text(text))
            elsewhere.fold(tombstone(change, change.rev, change.at))
            there = elsewhere.versions[change.entity][change.id]
            if there.rev > change.rev:
                # this version came late: without this it would live on here as well as where it has moved since
                file.fold(tombstone(change, there.rev, there.at))
            _copy_of_entity(elsewhere, file, change)
        if where.deleted_rev is not None and where.deleted_at is not None:
            file.fold(tombstone(change, where.deleted_rev, where.deleted_at))
        for waiting in where.waiting.values():
            file.fold(waiting)
        return outcome

    # --- while a snapshot arrives -------------------------------------------------------------------------------------

    def _unless_settling(self, change_set: ChangeSet, cases: dict[FileKey, None]) -> dict[FileKey, None]:
        """Nothing is decided about a practice while its snapshot arrives, table by table: half of it looks all wrong.

        Its cases wait until a whole tick has passed without a snapshot row. They are marked as never looked at, so
        that after a crash they are looked at all the same.
        """
        practice_id = change_set.practice_id
        if change_set.is_tick:
            for settling, still_arriving in list(self._settling.items()):
                self._settling[settling] = False
                if not still_arriving:
                    del self._settling[settling]
                    self.book.call(self._deferred.pop(settling, {}))
            return cases
        if any(change.snapshot for change in change_set.changes):
            self._settling[practice_id] = True
        if practice_id not in self._settling:
            return cases
        for key in cases:
            file = self.book.find(key)
            if file is not None and file.looked_under:
                file.looked_under = ""
                self.book.keep(file)
        self._deferred.setdefault(practice_id, {}).update(cases)
        return {}

    # --- which cases does it touch? ------------------------------------------------------------------------------

    def _touched_cases(self, change_set: ChangeSet, touched: dict[FileKey, File]) -> dict[FileKey, None]:
        cases: dict[FileKey, None] = {}
        for change in change_set.changes:
            for linked in self._link(change_set.practice_id, change):
                if change.entity in ("appointment", "attendance") and linked.kind is FileKind.CLIENT:
                    cases[linked] = None
        for key, file in touched.items():
            match key.kind:
                case FileKind.SESSION:
                    cases[key] = None
                    cases |= self._beside(change_set, file)
                case FileKind.PRACTICE:
                    self.book.call_all(key.practice_id)
                case FileKind.CLIENT | FileKind.UNIT:
                    cases[key] = None
                    of_sessions = key.kind is FileKind.UNIT or not self._told[key] <= READ_BY_NO_SESSION
                    sessions = set(file.sessions) if of_sessions else set()
                    if not of_sessions and not READ_BY_DRAFTS.isdisjoint(self._told[key]):
                        sessions = {id_ for id_ in file.sessions if self._is_drafted(key.practice_id, id_)}
                    for unit_key in (FileKey(key.practice_id, FileKind.UNIT, id_) for id_ in sorted(file.units)):
                        if key.kind is FileKind.CLIENT:
                            cases[unit_key] = None
                            continue
                        unit = self.book.find(unit_key)
                        sessions |= set() if unit is None else unit.sessions
                    for person in sorted(file.people) if key.kind is FileKind.UNIT else ():
                        cases[FileKey(key.practice_id, FileKind.CLIENT, person)] = None
                    if not READ_OF_OTHERS.isdisjoint(self._told[key]):
                        for dependent in sorted(file.dependents):
                            cases[FileKey(key.practice_id, FileKind.CLIENT, dependent)] = None
                            other = self.book.find(FileKey(key.practice_id, FileKind.CLIENT, dependent))
                            sessions |= set() if other is None else other.sessions
                    latest = self._latest_first(key.practice_id, sessions)
                    if later := latest[SESSIONS_AT_ONCE:]:
                        file.owed.update(later)
                        self.book.keep(file)
                    for session_id in sorted(latest[:SESSIONS_AT_ONCE]):
                        cases[FileKey(key.practice_id, FileKind.SESSION, session_id)] = None
        return cases

    def _latest_first(self, practice_id: str, sessions: set[str]) -> list[str]:
        def latest_hour(session_id: str) -> tuple[int, str]:
            file = self.book.find(FileKey(practice_id, FileKind.SESSION, session_id))
            return (max(file.hours, default=0) if file is not None else 0, session_id)

        return sorted(sessions, key=latest_hour, reverse=True) if len(sessions) > SESSIONS_AT_ONCE else list(sessions)

    def _beside(self, change_set: ChangeSet, file: File) -> dict[FileKey, None]:
        """Whose findings rest on this session too: those beside it, those its claims bill, and its clients' ledgers.

        From all it ever was, so that what it moved away from is asked again, even after a crash in between.
        """
        practice_id, calendars = file.key.practice_id, self.book.calendars
        practice = self._practice(practice_id)
        if practice is None:
            return {}
        days = practice.days_of_hours(file.hours)
        others = {*file.sessions, *calendars.files_billing(practice_id, file.key.id)}
        ledgers = ledgers_touched(change_set, file)
        cases: dict[FileKey, None] = {}
        for person in sorted(file.people):
            calendar = calendars.of(practice_id, person)
            if practice.clinician(person) is not None:
                others.update(calendar.at(file.hours))
                continue
            for start, end in days:
                others.update(calendar.between(start, end))
            client = FileKey(practice_id, FileKind.CLIENT, person)
            if person in ledgers and has_ledger(practice, self.book.find(client)):
                cases[client] = None
        others.discard(file.key.id)
        if "note" in self._told.get(file.key, ()):
            others |= self._drafted_after(file)
        return cases | {FileKey(practice_id, FileKind.SESSION, other): None for other in sorted(others)}

    def _drafted_after(self, file: File) -> set[str]:
        """Later sessions of the same people whose drafts may read this one's notes. There are any only if a note came
        late."""
        ended_at = datetime.fromtimestamp(max(file.hours, default=0) * HOUR_SECONDS, UTC)
        calendars = (self.book.calendars.of(file.key.practice_id, person) for person in sorted(file.people))
        later = {id_ for calendar in calendars for id_ in calendar.since(ended_at) if id_ != file.key.id}
        return {id_ for id_ in later if self._is_drafted(file.key.practice_id, id_)}

    def _is_drafted(self, practice_id: str, session_id: str) -> bool:
        session = self.book.find(FileKey(practice_id, FileKind.SESSION, session_id))
        return session is not None and bool(session.contexts)

    def _link(self, practice_id: str, change: Change) -> list[FileKey]:
        """Tell everybody whom a change to a session names that they have to do with it.

        From the change itself, even a stale one, so that the links too are a function of the set of changes.
        """
        if change.data is None:
            return []
        for family_id in families_in(change):
            family = self.book.open(FileKey(practice_id, FileKind.UNIT, family_id))
            if change.id not in family.units:
                family.units.add(change.id)
                self.book.keep(family)
        for person, client in leant_on(change):
            leant = self.book.open(FileKey(practice_id, FileKind.CLIENT, person))
            if client not in leant.dependents:
                leant.dependents.add(client)
                self.book.keep(leant)
        members = members_in(change)
        if members:
            unit = self.book.open(FileKey(practice_id, FileKind.UNIT, change.id))
            if not unit.people.issuperset(members):
                unit.people.update(members)
                self.book.keep(unit)
        for member_id in members:
            member = self.book.open(FileKey(practice_id, FileKind.CLIENT, member_id))
            if change.id not in member.units:
                member.units.add(change.id)
                self.book.keep(member)
        home = fixed_home(practice_id, change.entity, change.id) or home_by_content(practice_id, change)
        if home.kind is not FileKind.SESSION:
            return []
        linked = [FileKey(practice_id, kind, id_) for kind, id_ in named_in(change.data) if id_]
        for key in linked:
            other = self.book.open(key)
            if home.id not in other.sessions:
                other.sessions.add(home.id)
                self.book.keep(other)
        return linked

    # --- looking at one case -------------------------------------------------------------------------------------

    def _practice(self, practice_id: str) -> PracticeView | None:
        file = self.book.find(FileKey(practice_id, FileKind.PRACTICE, practice_id))
        if file is None:
            return None
        known = self._practices.get(practice_id)
        if known is None or known[0] is not file or known[1] != file.generation:
            known = (file, file.generation, PracticeView.of(file), file.fingerprint())
            self._practices[practice_id] = known
        return known[2]

    def _look_at(self, key: FileKey, now: datetime, version: int, effects: Effects) -> None:
        file = self.book.find(key)
        practice = self._practice(key.practice_id)
        if file is None or practice is None:
            return
        found: list[Finding] = []
        facts: Iterable[FactRow] = ()
        request: DraftRequest | None = None
        failed: set[str] = set()
        rechecks: list[datetime] = []
        case: SessionCase | ClientCase | UnitCase | None = None
        opened = self._opened.setdefault(key.practice_id, Opened())
        rules: tuple[Rule[Any], ...] = ()
        if key.kind is FileKind.SESSION:
            session = open_session(practice, key.id, self.book.find, self.book.calendars, opened)
            if session is not None:
                case = session
                rules = self._session_rules
                facts = tuple(facts_of_session(session))
                wanted = draft_wanted(session, now)
                if isinstance(wanted, Recheck):
                    rechecks.append(wanted.at)
                else:
                    request = wanted
        elif key.kind is FileKind.UNIT:
            case = UnitCase.of(practice, file, self.book.find)
            rules = () if case is None else self._unit_rules
            facts = tuple(facts_of_unit(practice, file))
        else:
            case = ClientCase(practice, file, self.book.find, self.book.calendars, opened)
            rules = self._client_rules
            needs: list[Need] = []
            for wanted_form in needs_of(case, now):
                if isinstance(wanted_form, Recheck):
                    rechecks.append(wanted_form.at)
                else:
                    needs.append(wanted_form)
            facts = tuple(facts_of_client(case, needs))
        for rule in rules:
            if silent(rule.id, practice.not_kept):
                continue
            try:
                for outcome in tuple(rule.check(case, now)):
                    if isinstance(outcome, Recheck):
                        rechecks.append(outcome.at)
                    else:
                        found.append(finding_of(practice, rule, outcome, now, version))
            except Exception:  # a rule with a bug must not stop the others; what it found before stays as it was
                failed.add(rule.id)
                effects.failed_rules[rule.id] += 1
        before, emitted = (file.looked_under, file.wake_at), effects.emitted
        emit_findings(file, found, failed, now, version, effects)
        emit_facts(file, facts, now, version, effects)
        emit_request(file, request, now, version, effects)
        if isinstance(case, SessionCase) and request is not None:
            rechecks += emit_context(file, case, request, now, version, effects)
        # a unit nobody has told of yet is not judged, whichever came first, what links to it or the practice
        judged = case is not None or key.kind is not FileKind.UNIT
        file.looked_under = self._practices[key.practice_id][3] if judged else ""
        if key.kind is not FileKind.SESSION and (changes_at := practice.next_policy_change(now)) is not None:
            rechecks.append(changes_at)  # a session is judged by its own day, a client and a unit by today
        file.wake_at = min((at for at in rechecks if at > now), default=None)
        if effects.emitted > emitted or (file.looked_under, file.wake_at) != before:
            self.book.keep(file)
        else:
            self.book.put_back(file)


def _copy_of_entity(source: File, target: File, change: Change) -> None:
    for (entity, id_, list_, element), part in list(source.parts.items()):
        if (entity, id_) == (change.entity, change.id) and list_ in LISTS.get(entity, ()):
            target.fold(
                Change.model_validate(
                    {
                        "at": part.at,
                        "entity": entity,
                        "op": "update" if part.data is not None else "delete",
                        "id": id_,
                        "rev": part.rev,
                        "part": {"list": list_, "key": element},
                        "snapshot": not part.live,
                        "data": part.data,
                    }
                )
            )
