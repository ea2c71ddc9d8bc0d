"""What was said about risk, by whom, and how was it meant? Found, never assessed.

Reads turns, bullets and forms. Silence is `not_assessed`, never a denial; a question is nobody's statement.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from schemas.draft import RESTRICTED, Polarity, RiskStatement, Sentence
from schemas.session_file import THERAPIST, UNKNOWN, Participant
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.answers import answer, passes_on, to_everybody, turns_back, yes_means_well
from streams.drafting.local.confided import confided
from streams.drafting.local.interpreted import as_own_words
from streams.drafting.local.noted_risk import SAFETY, filled_in, noted
from streams.drafting.local.reading import Reading, Utterance, is_question, read
from streams.drafting.local.risk_questions import (
    ASKS_LEAVE,
    LONG_AGO,
    NOT_NOW,
    risk_question,
    speaks_of_self,
    topics_asked,
)
from streams.drafting.local.wording import Wording, answered, quote, said
from streams.drafting.material import Material, form_answer, form_label
from streams.drafting.polarity import Found, mentions

SELF_DIRECTED: Final = frozenset({"suicide", "self_harm", SAFETY})
"""Topics of which at least one must have come up for a client's risk to count as looked at."""
NOT_ASSESSED_TEXT: Final = "Risk is not documented as assessed."
_MOST_QUOTES: Final = 3
_ASIDE_WORDS: Final = 14


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing said about one topic of risk. `text` may stand in the section of `client_id`."""

    client_id: str | None
    topic: str
    polarity: Polarity
    text: str
    evidence: tuple[str, ...]
    source: str
    restricted: bool = False
    past: bool = False
    of_absent: bool = False


class Risk:
    """Everything found about risk in one session."""

    def __init__(self, reading: Reading, wording: Wording) -> None:
        self._reading = reading
        self._wording = wording
        self._session = reading.material.session
        self._clients = reading.material.client_ids
        self._addressing = Addressing(self._session, reading.material.absent)
        self.hits: tuple[Hit, ...] = tuple(self._without_answered_twice([*self._spoken(), *self._asked()]))
        self.hits += tuple(self._bulleted()) + tuple(self._from_forms())

    # --- what clients say ---------------------------------------------------------------------------------------------

    def _spoken(self) -> Iterator[Hit]:
        for turn in self._reading.turns:
            if turn.speaker == THERAPIST:
                continue
            for index, sentence in enumerate(turn.sentences):
                if is_question(sentence) and (not speaks_of_self(sentence) or ASKS_LEAVE.match(sentence)):
                    continue
                near = " ".join(turn.sentences[max(0, index - 1) : index] + turn.sentences[index + 1 : index + 2])
                for found in mentions(as_own_words(turn.text, sentence), near):
                    yield self._statement(turn, sentence, found)

    def _statement(self, turn: Utterance, sentence: str, found: Found) -> Hit:
        certain = turn.by_client and turn.number not in self._reading.doubts
        speaker = turn.speaker if certain else None
        subject = self._subject(turn, sentence) if found.about_other else None
        polarity = found.polarity
        if speaker is None:
            about, text = None, f"Speaker not certain: {quote(sentence)}"
        elif subject is not None and subject != speaker:
            about = subject
            text = f"{_capital(self._wording.other)} said about {subject}: {quote(sentence)}"
            polarity = "third_party"
        elif found.about_other:
            about, text = speaker, f"{speaker} said about somebody else: {quote(sentence)}"
        elif polarity == "historical":
            about, text = speaker, f"{speaker} said about the past: {quote(sentence)}"
        else:
            about, text = speaker, said(speaker, sentence)
        return Hit(
            client_id=about,
            topic=found.topic,
            polarity=polarity,
            text=self._wording.for_client(text, about) if about else text,
            evidence=(turn.evidence,),
            source=turn.speaker,
            restricted=turn.confided_by is not None,
            past=found.past,
            of_absent=bool(self._reading.material.absent.intersection(self._addressing.mentioned(sentence))),
        )

    def _subject(self, turn: Utterance, sentence: str) -> str | None:
        """The client in the room whom a statement about somebody else is about, where that can be told."""
        named = [who for who in self._addressing.mentioned(sentence) if who in self._clients and who != turn.speaker]
        if len(named) == 1:
            return named[0]
        if len(turn.to) == 1 and re.search(r"\byou\b", sentence, re.IGNORECASE):
            return turn.to[0]
        return None

    # --- questions and their answers ----------------------------------------------------------------------------------

    def _asked(self) -> Iterator[Hit]:
        for turn in self._reading.turns:
            if turn.speaker == UNKNOWN:
                continue
            question = risk_question(turn)
            topics = self._asked_back(turn) if question is None else topics_asked(question)
            question = question or turn.question
            if not topics or question is None:
                continue
            for reply, asking in self._replies(turn, question):
                yield from self._replied(turn, question, topics, reply, asking)

    def _asked_back(self, turn: Utterance) -> tuple[str, ...]:
        """The topics of what a client just told of somebody else, where the therapist asks back: `And you?`"""
        before = self._reading.before(turn)
        if turn.speaker != THERAPIST or before is None or not before.by_client or not turns_back(turn.text):
            return ()
        found = [one for sentence in before.sentences for one in mentions(sentence)]
        return tuple(
            dict.fromkeys(one.topic for one in found if one.polarity == "third_party" and one.topic in SELF_DIRECTED)
        )

    def _replies(self, asked: Utterance, question: str) -> Iterator[tuple[Utterance, Utterance]]:
        """Replies that answer a question by the words of the question: everybody's, or one person's."""
        waiting = set(asked.to) or None
        everybody = asked.speaker == THERAPIST and not asked.to and to_everybody(question)
        open_ = asked.speaker == THERAPIST and not asked.to and len(self._clients) > 2
        heard: set[str] = set()
        asking, aside = asked, None
        for turn in self._reading.turns[asked.position + 1 : asked.position + 40]:
            if turn.speaker == THERAPIST:
                called = tuple(who for who in self._addressing.called(turn.text) if who in self._clients)
                if (
                    (everybody or (open_ and heard))
                    and len(called) == 1
                    and turn.question
                    and (not passes_on(turn.text) or risk_question(turn) is not None)
                ):
                    aside = called[0]  # asked something of their own; the round to all goes on with the others
                    continue
                if risk_question(turn) is not None or self._asked_back(turn):
                    return
                if called and passes_on(turn.text):
                    waiting, everybody, asking = set(called), False, turn
                    continue
                if everybody and not turn.question:
                    continue
                return
            if turn.speaker == UNKNOWN or turn.number in self._reading.doubts:
                if everybody:
                    continue
                return
            if turn.speaker == asked.speaker:
                return
            if aside is not None and (
                turn.speaker == aside or answer(turn.text) == "unclear" or len(turn.words) > _ASIDE_WORDS
            ):
                continue
            if waiting is not None and turn.speaker not in waiting:
                if open_ and answer(turn.text) != "unclear" and len(turn.words) <= _ASIDE_WORDS:
                    if turn.speaker not in heard:
                        heard.add(turn.speaker)
                        yield turn, asking  # one after the other answers what was put to nobody by name
                    continue
                open_ = False
                if asked.speaker == THERAPIST and turn.position - asking.position < 3:
                    continue
                return
            if turn.speaker not in heard:
                heard.add(turn.speaker)
                yield turn, asking
            if not everybody and waiting is None:
                # nobody was named: the one who answers is the one who was asked; `and you?` may still follow
                waiting = {turn.speaker}

    def _replied(
        self, asked: Utterance, question: str, topics: tuple[str, ...], reply: Utterance, asking: Utterance
    ) -> Iterator[Hit]:
        kind = answer(reply.text)
        own = [found for one in reply.sentences for found in mentions(as_own_words(reply.text, one))]
        if any(found.polarity in ("affirmed", "passive") and not found.about_other for found in own):
            return  # the reply says more than its first word
        who = reply.speaker
        past = bool(LONG_AGO.search(reply.text)) and not own
        if past and (kind == "no" or NOT_NOW.search(reply.text)):
            yield from (self._past(topic, asked, reply) for topic in topics if topic in SELF_DIRECTED)
            if kind != "no":
                return  # `last year, yeah, not now` says yes only of the past
        if kind == "unclear":
            if any(found.topic in topics or topics == (SAFETY,) for found in own):
                return
            polarity: Polarity = "not_assessed"
        elif yes_means_well(question):
            polarity = "negated" if kind == "yes" else "affirmed"
        else:
            polarity = "negated" if kind == "no" else "affirmed"
        evidence = tuple(dict.fromkeys((asked.evidence, asking.evidence, reply.evidence)))
        if polarity == "affirmed" and len(topics) > 1 and SELF_DIRECTED & set(topics):
            topics = tuple(topic for topic in topics if topic in SELF_DIRECTED)
        text = answered(self._wording.for_client(question, who), who, self._wording.for_client(reply.text, who))
        for topic in topics:
            yield Hit(
                client_id=who,
                topic=topic,
                polarity=polarity,
                text=text if polarity != "not_assessed" else f"{text} (neither yes nor no)",
                evidence=evidence,
                source=who,
                restricted=reply.confided_by is not None,
            )

    def _past(self, topic: str, asked: Utterance, reply: Utterance) -> Hit:
        words = self._wording.for_client(reply.text, reply.speaker)
        return Hit(
            client_id=reply.speaker,
            topic=topic,
            polarity="historical",
            text=f"{reply.speaker} said about the past: {quote(words)}",
            evidence=(asked.evidence, reply.evidence),
            source=reply.speaker,
            restricted=reply.confided_by is not None,
            past=True,
        )

    @staticmethod
    def _without_answered_twice(hits: list[Hit]) -> Iterator[Hit]:
        """An unclear reply is no longer one if the same person is clear about the topic elsewhere."""
        clear = {(hit.client_id, hit.topic) for hit in hits if hit.polarity != "not_assessed"}
        for hit in hits:
            if hit.polarity != "not_assessed" or (hit.client_id, hit.topic) not in clear:
                yield hit

    # --- the outline and forms ----------------------------------------------------------------------------------------

    def _bulleted(self) -> Iterator[Hit]:
        for bullet in self._session.therapist_outline:
            subjects: tuple[str, ...] = ()
            for segment in re.split(r"(?<!\b\w)[;.]\s+|;|(?<=\w),\s+(?=[A-Z])|\n", bullet.text):
                named = tuple(who for who in self._addressing.mentioned(segment) if who in self._clients)
                absent = [who for who in self._addressing.mentioned(segment) if who not in self._clients]
                subjects = named or subjects
                if absent and not named:
                    continue
                for topic, polarity, past in noted(segment, subjects, bullet.text):
                    for who in subjects or self._clients:
                        yield Hit(
                            client_id=who,
                            topic=topic,
                            polarity=polarity,
                            text=f"Therapist's outline: {quote(self._wording.for_client(segment.strip(), who))}",
                            evidence=(bullet.id,),
                            source=THERAPIST,
                            restricted=confided(bullet.text),
                            past=past,
                        )

    def _from_forms(self) -> Iterator[Hit]:
        for person in self._session.participants:
            for key, value in (person.checkin_form or {}).items():
                for topic, polarity in filled_in(key, value):
                    text = f"Check-in form of {person.client_id}: {quote(f'{form_label(key)}: {form_answer(value)}')}"
                    yield Hit(
                        client_id=person.client_id,
                        topic=topic,
                        polarity=polarity,
                        text=self._wording.for_client(text, person.client_id),
                        evidence=(f"F:{person.client_id}",),
                        source=person.client_id,
                        restricted=isinstance(value, str) and confided(value),
                    )

    # --- what comes out of it -----------------------------------------------------------------------------------------

    def statements(self) -> Iterator[RiskStatement]:
        """One per client, topic and polarity; `not_assessed` for everybody of whom nothing was found."""
        merged: dict[tuple[str, str, str], Hit] = {}
        for hit in self.hits:
            key = (hit.client_id or "", hit.topic, hit.polarity)
            known = merged.get(key)
            if known is None:
                merged[key] = hit
            else:
                merged[key] = replace(
                    known,
                    evidence=tuple(dict.fromkeys((*known.evidence, *hit.evidence)))[:12],
                    restricted=known.restricted and hit.restricted,
                    text=hit.text if known.restricted and not hit.restricted else known.text,
                )
        for client_id in (*self._clients, None):
            own = [hit for hit in merged.values() if hit.client_id == client_id]
            for hit in own:
                text = hit.text
                if hit.restricted:
                    text = f"{client_id} said something about this in confidence; see the section of {client_id}."
                yield RiskStatement(
                    client_id=hit.client_id,
                    topic=hit.topic,
                    polarity=hit.polarity,
                    text=text,
                    evidence=hit.evidence,
                    flags=(RESTRICTED,) if hit.restricted else (),
                )
            if client_id is not None and not _looked_at(own):
                yield RiskStatement(
                    client_id=client_id,
                    topic="suicide",
                    polarity="not_assessed",
                    text=f"{client_id}: {NOT_ASSESSED_TEXT}",
                )

    def sentences(self, person: Participant) -> Iterator[Sentence]:
        """The risk part of one client's own section."""
        own = [hit for hit in self.hits if hit.client_id == person.client_id]
        seen: dict[str, Sentence] = {}
        count: dict[tuple[str, str], int] = {}
        for hit in own:
            key = (hit.topic, hit.polarity)
            count[key] = count.get(key, 0) + 1
            if hit.text in seen or count[key] > _MOST_QUOTES:
                continue
            seen[hit.text] = Sentence(
                text=f"{hit.client_id} spoke of a risk to somebody who was not there." if hit.of_absent else hit.text,
                evidence=hit.evidence,
                flags=(hit.polarity, RESTRICTED) if hit.restricted else (hit.polarity,),
                part="risk",
            )
        yield from seen.values()
        if not _looked_at(own) or all(hit.polarity == "historical" for hit in own if hit.topic in SELF_DIRECTED):
            flag = " A risk flag is on file." if person.risk_flags else ""
            current = "Current risk" if any(hit.polarity == "historical" for hit in own) else "Risk"
            yield Sentence(
                text=f"{current} is not documented as assessed.{flag}",
                flags=("not_assessed", "not_documented"),
                part="risk",
            )


def risk_of(material: Material) -> Risk:
    """Everything found about risk in a session's material, looked for once."""
    found = material.readings.get("risk")
    if isinstance(found, Risk):
        return found
    risk = Risk(read(material), Wording(material.session, material.absent))
    material.readings["risk"] = risk
    return risk


def _looked_at(hits: Iterable[Hit]) -> bool:
    """Was anything said about this client's own risk? What they told of somebody else is not that."""
    return any(
        hit.topic in SELF_DIRECTED and not (hit.polarity == "third_party" and hit.source == hit.client_id)
        for hit in hits
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
