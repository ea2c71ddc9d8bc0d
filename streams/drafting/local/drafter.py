"""From material to a draft without a model: deterministic, extractive, every sentence with its evidence.

Reads only the material. Must never say what nobody said: whatever a part has no source for, it calls not documented.
"""

import re
from collections.abc import Iterator

from schemas.draft import NOT_DOCUMENTED, RESTRICTED, Action, Draft, Provenance, Sentence, SpeakerDoubt
from schemas.session_file import Participant
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.commitments import Commitment, Commitments
from streams.drafting.local.confided import confided
from streams.drafting.local.exchanges import Exchange, exchanges
from streams.drafting.local.goals import Goals
from streams.drafting.local.interventions import Intervention, interventions
from streams.drafting.local.reading import read
from streams.drafting.local.risk import risk_of
from streams.drafting.local.statements import Statement, Statements, private
from streams.drafting.local.themes import Theme, themes
from streams.drafting.local.urgency import urgent
from streams.drafting.local.wording import Wording, answered, quote, said
from streams.drafting.material import Material
from streams.drafting.polarity import mentions
from streams.drafting.scales import change, number, reading
from streams.drafting.templates import sections
from streams.drafting.tensions import possible_tensions
from streams.drafting.words import content

_REACTS = re.compile(
    r"\b(?:that (?:helps?|helped|makes sense|was (?:helpful|useful|hard|good))"
    r"|it (?:helps?|helped|worked|didn't (?:work|help))|makes sense|i (?:like"
    r"|liked) (?:that|it|this)|i (?:tried|practi[sc]ed|used) |"
    r"(?:don't|didn't) (?:see the point|get it|like (?:it|this|that))|felt (?:better"
    r"|calmer|worse|weird|good)|i noticed|that's (?:helpful|useful|hard)|i never thought"
    r"|feels? (?:silly|weird|good|better))\b",
    re.IGNORECASE,
)
_PRONOUN_FIRST = re.compile(r"^\W*(?:he|she|they|him|her|them)\b", re.IGNORECASE)
_MOST_DYNAMIC = 8
_MOST_PATTERNS = 6


def draft_locally(material: Material) -> Draft:
    """The draft of a session's material in the session's template. The same material gives the same draft."""
    return _Drafting(material).draft()


class _Drafting:
    def __init__(self, material: Material) -> None:
        self._material = material
        self._session = material.session
        self._reading = read(material)
        self._wording = Wording(self._session, material.absent)
        self._addressing = Addressing(self._session, material.absent)
        bullets = (content(bullet.text) for bullet in self._session.therapist_outline)
        self._goals = Goals(self._session.participants, (*(turn.content for turn in self._reading.turns), *bullets))
        self._statements = Statements(self._reading, self._goals)
        self._commitments = Commitments(self._reading)
        self._risk = risk_of(self._material)
        self._exchanges = exchanges(self._reading)
        self._interventions = interventions(self._reading)
        self._themes = themes(self._reading)

    def draft(self) -> Draft:
        template = self._session.template
        arranged = sections(template, None, self._shared())
        for person in self._session.participants:
            arranged += sections(template, person.client_id, self._own(person))
        return Draft(
            template=template,
            sections=arranged if self._material.client_ids else (),
            dyads=tuple(one.dyad for one in self._exchanges),
            themes=tuple(theme.name for theme in self._themes),
            actions=tuple(
                Action(text=one.text, client_id=one.client_id, evidence=one.evidence, flags=one.flags)
                for one in self._commitments.all
                if one.confided_by is None
            ),
            risk=tuple(self._risk.statements()),
            interventions=tuple(dict.fromkeys(one.name for one in self._interventions if one.confided_by is None)),
            possible_tensions=possible_tensions(self._session.participants) if self._belong_together else (),
            urgent=tuple(urgent(self._risk.hits)),
            speaker_doubts=tuple(
                SpeakerDoubt(turn=number_, reason=reason) for number_, reason in self._reading.doubts.items()
            ),
            blocked=self._material.blocked,
            provenance=Provenance(drafter="local", transcript_used=self._material.transcript_used),
        )

    @property
    def _belong_together(self) -> bool:
        """Goals of strangers in a group do not pull at each other."""
        return self._session.kind != "group" or bool(re.search("famil|couple", self._session.group_type or "", re.I))

    # --- the shared part ----------------------------------------------------------------------------------------------

    def _shared(self) -> Iterator[Sentence]:
        yield from self._who_was_there()
        for sentence in self._passed():
            if sentence.part == "plan" or not self._of_the_absent(sentence.text):
                yield sentence

    def _of_the_absent(self, text: str) -> bool:
        """Does a text speak of somebody who was not there?"""
        return bool(self._material.absent.intersection(self._addressing.mentioned(text)))

    def _passed(self) -> Iterator[Sentence]:
        yield from (self._theme(theme) for theme in self._themes)
        yield from self._who_spoke_to_whom()
        best = sorted(self._exchanges, key=lambda one: (-one.weight, one.turn.position))[:_MOST_DYNAMIC]
        for one in sorted(best, key=lambda one: one.turn.position):
            if not (mentions(one.text) or private(one.text)):
                yield Sentence(text=one.text, evidence=one.evidence, part="dynamic")
        yield from self._patterns()
        yield from self._outline_for_all()
        for intervention in self._interventions:
            if intervention.confided_by is None:
                yield self._intervention(intervention)
        for action in self._commitments.all:
            if action.confided_by is None and not mentions(action.text):
                yield Sentence(text=action.text, evidence=action.evidence, part="plan")

    def _who_was_there(self) -> Iterator[Sentence]:
        ids = self._material.client_ids
        open_turns = ((turn for turn in turns if not turn.confided_by) for turns in self._reading.by_client.values())
        first = tuple(turn.evidence for turns in open_turns if (turn := next(turns, None)) is not None)
        if not ids:
            return
        text = f"{_listed(ids)} took part."
        absent = tuple(sorted(self._material.absent - self._material.excluded))
        if absent:
            text += f" Not present: {_listed(absent)}."
        if first:
            yield Sentence(text=text, evidence=first, part="attendance")
        else:
            bullets = tuple(bullet.id for bullet in self._session.therapist_outline)[:6]
            yield Sentence(text=text, evidence=bullets, flags=() if bullets else ("record",), part="attendance")

    def _theme(self, theme: Theme) -> Sentence:
        who = f", spoken of by {_listed(theme.client_ids)}" if theme.client_ids else ""
        return Sentence(text=f"Theme: {theme.name}{who}.", evidence=theme.evidence, part="dynamic")

    def _who_spoke_to_whom(self) -> Iterator[Sentence]:
        pairs: dict[tuple[str, str], list[Exchange]] = {}
        for one in self._exchanges:
            if one.turn.to:
                first, second = sorted((one.turn.speaker, one.to))
                pairs.setdefault((first, second), []).append(one)
        for (first, second), both in pairs.items():
            mutual = len({one.turn.speaker for one in both}) == 2 or any(one.reply for one in both)
            text = f"{first} and {second} spoke directly to each other."
            if not mutual:
                speaker = both[0].turn.speaker
                text = f"{speaker} spoke directly to {both[0].to}."
            evidence = tuple(dict.fromkeys(item for one in both for item in one.evidence))[:8]
            yield Sentence(text=text, evidence=evidence, part="dynamic")

    def _patterns(self) -> Iterator[Sentence]:
        group = self._session.kind == "group"
        found = [
            one
            for statements in self._statements.by_client.values()
            for one in statements
            if one.pattern
            and one.turn.confided_by is None
            and not mentions(one.text)
            and not (group and private(one.text))
        ]
        best = sorted(found, key=lambda one: (-one.weight, one.turn.position))[:_MOST_PATTERNS]
        for one in sorted(best, key=lambda one: one.turn.position):
            text = f"{one.turn.speaker} described: {quote(one.text)}"
            yield Sentence(text=text, evidence=(one.turn.evidence,), part="pattern")

    def _outline_for_all(self) -> Iterator[Sentence]:
        planned = {one.what for one in self._commitments.all}
        for bullet in self._session.therapist_outline:
            if confided(bullet.text):
                continue
            named: set[str] = set()
            open_ = []
            for segment in segments(bullet.text):
                named |= {who for who in self._addressing.mentioned(segment) if who in self._material.client_ids}
                if len(named) != 1 and not mentions(segment) and not (named and private(segment)):
                    open_.append(segment)
            for segment in (
                (bullet.text,) if len(open_) > 1 and bullet.text.startswith(open_[0]) and not named else open_
            ):
                if segment not in planned:
                    text = f"Therapist's outline: {quote(segment)}"
                    yield Sentence(text=text, evidence=(bullet.id,), part="objective")

    @staticmethod
    def _intervention(one: Intervention) -> Sentence:
        if one.code is not None:
            text = f"Selected by the therapist: {one.name} ({one.code})."
        elif one.evidence[0].isdigit():
            text = f"Therapist, {one.name}: {quote(one.quoted or '', 24)}"
        else:
            text = f"Therapist's outline, {one.name}: {quote(one.quoted or '', 24)}"
        return Sentence(text=text, evidence=one.evidence, part="intervention")

    # --- one client's own section -------------------------------------------------------------------------------------

    def _own(self, person: Participant) -> Iterator[Sentence]:
        who = person.client_id
        chosen = self._statements.chosen(who)
        yield self._attended(person)
        yield from self._goal_sentences(person, chosen)
        for one in chosen:
            yield self._stated(one)
        yield from self._noted(person)
        yield from self._measured(person)
        yield from self._worked_with(person)
        yield from self._risk.sentences(person)
        yield from self._own_plan(person)

    def _attended(self, person: Participant) -> Sentence:
        who = person.client_id
        codes = ", ".join(person.diagnosis_icd10)
        diagnosis = f"diagnosis on file {codes}" if codes else "no diagnosis on file"
        turns = self._reading.by_client[who]
        came = {"late": "came late", "left_early": "left early"}.get(person.attendance or "", "attended")
        text = f"{who} ({diagnosis}) {came}."
        evidence: tuple[str, ...] = ()
        if turns:
            first, last = turns[0], turns[-1]
            evidence = tuple(dict.fromkeys((first.evidence, last.evidence)))
            if person.attendance == "late":
                text = f"{who} ({diagnosis}) came late; first words in turn {first.number}."
            elif person.attendance == "left_early":
                text = f"{who} ({diagnosis}) left early; last words in turn {last.number}."
        else:
            evidence = tuple(key for key in (f"F:{who}", f"A:{who}:1", f"N:{who}:1") if key in self._material.cited)[:1]
        return Sentence(text=text, evidence=evidence, flags=() if evidence else ("record",), part="attendance")

    def _goal_sentences(self, person: Participant, chosen: tuple[Statement, ...]) -> Iterator[Sentence]:
        untouched = []
        for goal in person.plan_goals:
            evidence = [item for one in chosen if goal.id in one.goals for item in one.evidence]
            for bullet in self._session.therapist_outline:
                named = self._addressing.mentioned(bullet.text)
                if (not named or person.client_id in named) and goal.id in self._goals.touched(
                    person.client_id, content(bullet.text)
                ):
                    evidence.append(bullet.id)
            if not evidence:
                untouched.append(goal.id)
                continue
            text = f"Goal {goal.id} ({quote(self._wording.for_client(goal.text, person.client_id))}) came up."
            yield Sentence(text=text, evidence=tuple(dict.fromkeys(evidence)), goal_ids=(goal.id,), part="goal")
        if untouched:
            text = f"Nothing in the record of this session touches on {_listed(tuple(untouched))}."
            yield Sentence(text=text, flags=(NOT_DOCUMENTED,), part="goal")

    def _stated(self, one: Statement) -> Sentence:
        who = one.turn.speaker
        words = self._wording.for_client(one.text, who)
        reacts = bool(_REACTS.search(one.text))
        if one.question is not None and one.question.question is not None:
            text = answered(self._wording.for_client(one.question.question, who), who, words)
            reacts = reacts or who in one.question.to
        else:
            text = said(who, words)
        return Sentence(
            text=text,
            evidence=one.evidence,
            goal_ids=tuple(one.goals),
            flags=(RESTRICTED,) if one.turn.confided_by else (),
            part="response" if reacts and not one.turn.confided_by else "subjective",
        )

    def _noted(self, person: Participant) -> Iterator[Sentence]:
        """What the outline says about this client."""
        who = person.client_id
        for bullet in self._session.therapist_outline:
            everybody = tuple(
                one for one in self._addressing.mentioned(bullet.text) if one in self._material.client_ids
            )
            subject: tuple[str, ...] = everybody if len(everybody) == 1 else ()
            for segment in segments(bullet.text):
                named = tuple(one for one in self._addressing.mentioned(segment) if one in self._material.client_ids)
                subject = named or (() if len(everybody) > 1 and _PRONOUN_FIRST.match(segment) else subject)
                if who not in subject or mentions(segment):
                    continue
                if len(subject) > 1 and private(segment):
                    continue
                yield Sentence(
                    text=f"Therapist's outline: {quote(self._wording.for_client(segment, who))}",
                    evidence=(bullet.id,),
                    goal_ids=tuple(self._goals.touched(who, content(segment))),
                    flags=(RESTRICTED,) if confided(bullet.text) else (),
                    part="objective",
                )

    def _measured(self, person: Participant) -> Iterator[Sentence]:
        who = person.client_id
        form = self._material.cited.get(f"F:{who}")
        if form is not None and form.text:
            yield Sentence(
                text=f"Check-in form: {quote(self._wording.for_client(form.text, who), 80)}",
                evidence=(form.id,),
                flags=(RESTRICTED,) if confided(form.text) else (),
                part="objective",
            )
        earlier: dict[str, tuple[str, float]] = {}
        for n, score in enumerate(person.assessments, 1):
            if score.score is None:
                continue
            id_ = f"A:{who}:{n}"
            text = f"{score.instrument} {reading(score.instrument, score.score)}."
            evidence: tuple[str, ...] = (id_,)
            before = earlier.get(score.instrument)
            if before is not None:
                compared = change(score.instrument, before[1], score.score)
                text = f"{text[:-1]}, before {number(before[1])}" + (f": {compared}." if compared else ".")
                evidence = (before[0], id_)
            earlier[score.instrument] = (id_, score.score)
            yield Sentence(text=text, evidence=evidence, part="assessment")

    def _worked_with(self, person: Participant) -> Iterator[Sentence]:
        who = person.client_id
        own = [one for one in self._interventions if one.confided_by == who]
        for one in own:
            yield self._intervention(one).model_copy(update={"flags": (RESTRICTED,)})
        shared = [one for one in self._interventions if one.confided_by is None]
        to_them = [one for one in shared if one.meant_for(who)]
        for whom, these, places in (
            (
                f"Addressed to {who} by the therapist",
                to_them,
                [place for one in to_them for place in one.meant_for(who)],
            ),
            ("With everybody", [one for one in shared if one.for_all and one not in to_them], []),
        ):
            if these:
                evidence = tuple(dict.fromkeys(places or [one.for_all[0] for one in these]))
                names = _listed(tuple(dict.fromkeys(one.name for one in these)))
                yield Sentence(text=f"{whom}: {names}.", evidence=evidence, part="intervention")

    def _own_plan(self, person: Participant) -> Iterator[Sentence]:
        who = person.client_id
        for one in self._commitments.all:
            if one.confided_by not in (None, who) or one.client_id not in (None, who):
                continue
            if one.client_id is None and self._tells_of_others(one, who):
                continue
            yield Sentence(
                text=self._wording.for_client(one.text, who), evidence=one.evidence, flags=one.flags, part="plan"
            )

    def _tells_of_others(self, one: Commitment, who: str) -> bool:
        return self._wording.names_other(one.text, who) and (private(one.text) or bool(mentions(one.text)))


def segments(text: str) -> tuple[str, ...]:
    """The pieces of a line of an outline: therapists put several things in one line."""
    pieces = re.split(r";|\n|(?<!\b\w)(?<=[a-z)])\.\s+|(?<=\d)\.\s+(?=[A-Z])|,\s+(?=\S+\s)", text)
    return tuple(piece.strip() for piece in pieces if piece.strip())


def _listed(items: tuple[str, ...]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
