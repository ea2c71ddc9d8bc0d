"""What was agreed, and by whom? A promise in a client's own words, an assent to a proposal, homework that was given.

A refusal, a wish, a habit told in the future tense or somebody else's promise is no agreement.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.draft import RESTRICTED
from schemas.session_file import THERAPIST, UNKNOWN
from streams.drafting.local.addressing import Addressing
from streams.drafting.local.agreeing import (
    AS_BEFORE,
    DONE_ALREADY,
    ELICITS,
    GIVEN,
    HEADING,
    IMPERATIVE,
    IN_THE_ROOM,
    LATER,
    NO_IDEA,
    OUTLINE,
    PAST_NOTE,
    POINTS_BACK,
    PROMISES,
    PROPOSES,
    SETTLED,
    TOLD_TO,
    elicits,
    is_bare,
    is_promise,
    reviews,
    takes_back,
)
from streams.drafting.local.answers import answer, passes_on, to_everybody
from streams.drafting.local.confided import confided
from streams.drafting.local.interpreted import as_own_words
from streams.drafting.local.reading import Reading, Utterance, is_question
from streams.drafting.local.wording import quote
from streams.drafting.words import content, tokens


@dataclass(frozen=True, slots=True)
class Commitment:
    """Something agreed. `client_id` None = by everybody, or not said by whom. `what` is the verbatim heart of it."""

    client_id: str | None
    text: str
    what: str
    evidence: tuple[str, ...]
    confided_by: str | None = None
    turn_number: int | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """`restricted` if it was agreed in confidence."""
        return (RESTRICTED,) if self.confided_by else ()


class Commitments:
    """All that was agreed in a session, in its order, each thing once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._clients = reading.material.client_ids
        self._addressing = Addressing(reading.material.session, reading.material.absent)
        found = [*self._homework(), *self._assents(), *self._promises(), *self._elicited(), *self._recaps()]
        found.sort(key=lambda one: one.turn_number or 0)
        self.all: tuple[Commitment, ...] = tuple(_each_once([*found, *self._outlined()]))

    # --- what clients promise -----------------------------------------------------------------------------------------

    def _promises(self) -> Iterator[Commitment]:
        for turn in self._certain():
            if turn.speaker == THERAPIST:
                continue
            for sentence in turn.sentences:
                if not is_promise(as_own_words(turn.text, sentence)):
                    continue
                before = self._proposal_before(turn)
                joint = bool(
                    re.search(r"\b(?:we'll|we will|we'?re going to|we can|we could|let'?s)\b", sentence, re.IGNORECASE)
                )
                if joint and not (self._agreed_to(turn) or (before and answer(turn.text) == "yes")):
                    continue
                evidence: tuple[str, ...] = (turn.evidence,)
                text, what = f"{turn.speaker}: {quote(_with_how_often(turn, sentence))}", sentence
                if is_bare(sentence):
                    if before is None:
                        continue  # what was agreed to is not in the record
                    what = _proposal(before)
                    text = f"{turn.speaker} agreed ({quote(sentence)}) to: {quote(what)}"
                    evidence = (before.evidence, turn.evidence)
                yield Commitment(turn.speaker, text, what, evidence, turn.confided_by, turn.number)

    def _elicited(self) -> Iterator[Commitment]:
        """What clients say when the therapist asks what they will do before next time."""
        asking: Utterance | None = None
        for turn in self._certain():
            if turn.speaker == THERAPIST:
                if ELICITS.search(turn.text) and LATER.search(turn.text):
                    asking = turn
                elif asking is not None and not (passes_on(turn.text) or len(turn.words) <= 6):
                    asking = None
                continue
            if asking is None or turn.position - asking.position > 3 * len(self._clients):
                continue
            if len(turn.words) < 4 or NO_IDEA.search(turn.text) or (turn.question and not turn.sentences[1:]):
                continue
            if turn.to and not PROMISES.search(turn.text.lower()):
                continue
            text = f"{turn.speaker}: {quote(turn.text)}"
            yield Commitment(turn.speaker, text, turn.text, (turn.evidence,), turn.confided_by, turn.number)

    def _agreed_to(self, turn: Utterance) -> bool:
        after = self._reading.after(turn)
        return after is not None and after.speaker != turn.speaker and answer(after.text) == "yes"

    # --- what they say yes to -----------------------------------------------------------------------------------------

    def _assents(self) -> Iterator[Commitment]:
        for turn in self._certain():
            proposal = _proposal(turn) if _proposes(turn) else ""
            if not proposal:
                continue
            yes = []
            for reply in self._replies(turn):
                kind = answer(reply.text)
                if kind == "yes" and not takes_back(reply.text):
                    yes.append(reply)
            if not yes:
                continue
            everybody = {reply.speaker for reply in yes} >= set(self._clients) - {turn.speaker}
            together = everybody and len(yes) > 1
            evidence = (turn.evidence, *(reply.evidence for reply in yes))
            if together:
                yield Commitment(
                    None, f"All agreed to: {quote(proposal)}", proposal, evidence, turn.confided_by, turn.number
                )
                continue
            for reply in yes:
                if any(is_promise(sentence) and not is_bare(sentence) for sentence in reply.sentences):
                    continue  # their own words say it better
                text = f"{reply.speaker} agreed ({quote(reply.text, 14)}) to: {quote(proposal)}"
                yield Commitment(
                    reply.speaker, text, proposal, (turn.evidence, reply.evidence), reply.confided_by, reply.number
                )

    def _replies(self, asked: Utterance) -> Iterator[Utterance]:
        """Direct replies: of whoever is addressed, or of the next to speak; all of them if all are asked."""
        everybody = asked.speaker == THERAPIST and not asked.to
        heard: set[str] = set()
        for turn in self._reading.turns[asked.position + 1 : asked.position + 2 + len(self._clients)]:
            if turn.speaker in (THERAPIST, UNKNOWN, asked.speaker) or turn.number in self._reading.doubts:
                return
            if asked.to and turn.speaker not in asked.to:
                return
            if turn.speaker in heard:
                return
            heard.add(turn.speaker)
            yield turn
            if not everybody:
                return

    def _proposal_before(self, turn: Utterance) -> Utterance | None:
        for back in (1, 2):
            before = self._reading.before(turn, back)
            if before is None or before.speaker == turn.speaker:
                return None
            if _proposes(before):
                return before
        return None

    # --- what the therapist gives and sums up -------------------------------------------------------------------------

    def _homework(self) -> Iterator[Commitment]:
        for turn in self._reading.turns:
            if turn.speaker != THERAPIST or turn.number in self._reading.doubts:
                continue
            for sentence in turn.sentences:
                given = GIVEN.search(sentence)
                if given is None and self._told_to(turn, sentence):
                    for called in self._addressing.called(sentence):
                        text = f"Homework for {called}: {quote(sentence)}"
                        yield Commitment(called, text, sentence, (turn.evidence,), turn.confided_by, turn.number)
                if not given or reviews(sentence):
                    continue
                if given[0].lower().startswith("i") and not LATER.search(turn.text):
                    continue
                if (
                    not re.search(r"home ?work|assignment|task", sentence, re.IGNORECASE)
                    and IN_THE_ROOM.search(sentence)
                    and not LATER.search(sentence)
                ):
                    continue
                told = self._told(turn, sentence)
                refused = self._refused(turn)
                for who in told:
                    if who is not None and who in refused:
                        continue
                    subject = f"Homework for {who}" if who else "Homework"
                    yield Commitment(
                        who,
                        f"{subject}: {quote(_with_next(turn, sentence))}",
                        sentence,
                        (turn.evidence,),
                        turn.confided_by,
                        turn.number,
                    )

    def _told_to(self, turn: Utterance, sentence: str) -> bool:
        """Is somebody called by name and told what to do, in a turn that speaks of next time?"""
        called = self._addressing.called(sentence)
        if len(called) != 1 or called[0] not in self._clients or not LATER.search(turn.text):
            return False
        rest = re.sub(rf"^\W*{re.escape(called[0])}\W+", "", sentence)
        return rest != sentence and bool(TOLD_TO.match(rest))

    def _told(self, turn: Utterance, sentence: str) -> tuple[str | None, ...]:
        called = tuple(who for who in self._addressing.called(sentence) if who in self._clients)
        if called:
            return called
        named = tuple(who for who in self._addressing.mentioned(sentence) if who in self._clients)
        if len(named) == 1 and not to_everybody(sentence):
            return named
        if to_everybody(sentence) or not turn.to or len(turn.to) > 1:
            return (turn.confided_by,) if turn.confided_by else (None,)
        return turn.to

    def _refused(self, turn: Utterance) -> frozenset[str]:
        return frozenset(
            reply.speaker for reply in self._replies(turn) if answer(reply.text) == "no" or takes_back(reply.text)
        )

    def _recaps(self) -> Iterator[Commitment]:
        last = self._reading.turns[-max(6, len(self._reading.turns) // 8) :]
        agreed = frozenset(
            one
            for turn in self._reading.turns
            for sentence in turn.sentences
            if is_promise(sentence)
            for one in content(sentence)
        )
        for turn in last:
            if turn.speaker != THERAPIST or turn.number in self._reading.doubts:
                continue
            for sentence in turn.sentences:
                listed = sentence.count(",") >= 2 and not is_question(sentence) and len(content(sentence) & agreed) >= 1
                if SETTLED.search(sentence) or (listed and len(tokens(sentence)) <= 40):
                    yield Commitment(
                        None, f"Therapist: {quote(sentence)}", sentence, (turn.evidence,), turn.confided_by, turn.number
                    )

    # --- what the outline says ----------------------------------------------------------------------------------------

    def _outlined(self) -> Iterator[Commitment]:
        for bullet in self._reading.material.session.therapist_outline:
            under_plan = bool(HEADING.match(bullet.text))
            for segment in (part.strip() for part in re.split(r";|\n|(?<!\b\w)\.\s+", bullet.text) if part.strip()):
                named = tuple(who for who in self._addressing.mentioned(segment) if who in self._clients)
                subject = self._owner(segment, named) if named else None
                if not (
                    under_plan
                    or (OUTLINE.search(AS_BEFORE.sub(" ", segment)) and not DONE_ALREADY.match(segment))
                    or (subject is not None and self._is_to(segment, subject))
                    or (IMPERATIVE.match(segment) and not PAST_NOTE.search(segment))
                ):
                    continue
                if re.search(
                    r"\b(?:refus|declin|won'?t|not agree|did(?:n'?t| not) (?:do|complete))\w*", segment, re.IGNORECASE
                ):
                    continue
                yield Commitment(
                    subject,
                    f"Therapist's outline: {quote(segment)}",
                    segment,
                    (bullet.id,),
                    (subject or "nobody") if confided(bullet.text) else None,
                )

    def _is_to(self, segment: str, subject: str) -> bool:
        """Does a piece of the outline say that somebody is to do something: `C1 to book a weekly talk`?"""
        plain = HEADING.sub("", segment).strip()
        return self._addressing.begins_with(plain) == subject and bool(re.match(r"\S+ to [a-z]", plain))

    def _owner(self, segment: str, named: tuple[str, ...]) -> str | None:
        """Who is to do what a piece of the outline plans: the only one named, or the first if it begins with them."""
        if len(named) == 1:
            return named[0]
        plain = HEADING.sub("", segment).strip()
        return self._addressing.begins_with(plain)

    def _certain(self) -> Iterator[Utterance]:
        for turn in self._reading.turns:
            if turn.speaker != UNKNOWN and turn.number not in self._reading.doubts:
                yield turn


def _proposes(turn: Utterance) -> bool:
    if not PROPOSES.search(turn.text):
        return False
    sentence = _proposal(turn)
    if elicits(sentence):
        return False
    if turn.speaker == THERAPIST and IN_THE_ROOM.search(sentence) and not LATER.search(sentence):
        return False
    if re.search(
        r"\b(?:shall we|would you be willing|are you willing|(?:can|could|would) you (?:both "
        r"|two |all )?(?:commit|agree|promise)|how about)\b",
        sentence,
        re.IGNORECASE,
    ):
        return True
    return bool(LATER.search(turn.text)) or turn.speaker != THERAPIST


def _proposal(turn: Utterance) -> str:
    """The sentence that proposes, with the next one if it says how."""
    for index, sentence in enumerate(turn.sentences):
        if PROPOSES.search(sentence):
            if index and POINTS_BACK.search(sentence) and len(tokens(sentence)) <= 8:
                return turn.sentences[index - 1]
            return _with_next(turn, sentence) if index + 1 < len(turn.sentences) else sentence
    return ""


def _with_how_often(turn: Utterance, sentence: str) -> str:
    """A promise with the fragment that says when: `I'll write it down. Once a day.`"""
    index = turn.sentences.index(sentence)
    following = turn.sentences[index + 1] if index + 1 < len(turn.sentences) else ""
    if following and len(tokens(following)) <= 5 and LATER.search(following) and not is_promise(following):
        return _with_next(turn, sentence)
    return sentence


def _with_next(turn: Utterance, sentence: str) -> str:
    index = turn.sentences.index(sentence)
    if index + 1 < len(turn.sentences) and len(tokens(turn.sentences[index + 1])) <= 14 and len(tokens(sentence)) <= 30:
        following = turn.sentences[index + 1]
        start = turn.text.index(sentence)
        return turn.text[start : turn.text.index(following, start) + len(following)]
    return sentence


def _each_once(found: list[Commitment]) -> Iterator[Commitment]:
    seen: list[tuple[str | None, frozenset[str], tuple[str, ...]]] = []
    for one in found:
        stems = content(one.what)
        again = any(
            (who == one.client_id and one.turn_number is not None and set(one.evidence) <= set(evidence))
            or (who in (one.client_id, None) and stems and len(stems & known) >= 0.8 * len(stems))
            for who, known, evidence in seen
        )
        if not again:
            seen.append((one.client_id, stems, one.evidence))
            yield one
