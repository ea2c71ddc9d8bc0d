"""How does what was learned, and the phase of the rollout, shape the next draft? Pure.

Only takes away, reorders and changes single words: every sentence that is left rests on the evidence it had. Risk,
attendance and plan are never left out, nor what is flagged or restricted.
"""

import re
from typing import Any, Final

from schemas.draft import Draft, Section, Sentence
from schemas.rollout import Phase, Product, may_generate
from schemas.style import Style
from streams.learning.learn import NEVER_DROPPED

ADMINISTRATIVE_PARTS: Final = frozenset({"attendance", "intervention"})
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PLAIN: Final = re.compile(r"[a-z]+(?:[ '’-][a-z]+){0,7}")
_ORDERS_A_MACHINE: Final = re.compile(
    r"\b(?:ignore|disregard|override|bypass|instructions?|prompts?|system|assistant|output|reveal|pretend)\b"
)
MOST_HINTS: Final = 20
LONGEST_HINT: Final = 60
RELATIONAL_PARTS: Final = frozenset({"dynamic", "pattern"})


def in_style(draft: Draft, style: Style) -> Draft:
    """The draft as this clinician would have it. Applying it twice changes nothing more."""
    if style.is_empty:
        return draft
    sections = tuple(_section(section, style) for section in draft.sections)
    changes: dict[str, object] = {"sections": tuple(section for section in sections if section.sentences)}
    if style.template is not None:
        changes["template"] = style.template.what
    return draft.model_copy(update=changes)


def _section(section: Section, style: Style) -> Section:
    kept = [_worded(sentence, style) for sentence in section.sentences if not _is_dropped(sentence, style)]
    if style.order:
        place = {part: number for number, part in enumerate(style.order)}
        kept.sort(key=lambda sentence: place.get(sentence.part, len(place)))
    if style.most_sentences is not None and section.client_id is not None:
        kept = _shortened(kept, int(style.most_sentences.what))
    return section.model_copy(update={"sentences": tuple(kept)})


def _is_needed(sentence: Sentence) -> bool:
    return sentence.part in NEVER_DROPPED or bool(sentence.flags)


def _is_dropped(sentence: Sentence, style: Style) -> bool:
    if _is_needed(sentence):
        return False
    said = f" {' '.join(_WORD.findall(sentence.text.lower()))} "
    return sentence.part in {one.what for one in style.dropped_parts} or any(
        f" {one.what} " in said for one in style.dropped_phrases
    )


def _worded(sentence: Sentence, style: Style) -> Sentence:
    text = sentence.text
    for old, new, _ in style.vocabulary:
        text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, text)
        first = old[:1].upper() + old[1:]
        text = re.sub(rf"^{re.escape(first)}(?![\w-])", new[:1].upper() + new[1:], text)
    return sentence if text == sentence.text else sentence.model_copy(update={"text": text})


def _shortened(kept: list[Sentence], most: int) -> list[Sentence]:
    """At most so many sentences: what is not needed goes first from the end, what is needed stays."""
    surplus = len(kept) - most
    shorter: list[Sentence] = []
    for sentence in reversed(kept):
        if surplus > 0 and not _is_needed(sentence):
            surplus -= 1
            continue
        shorter.append(sentence)
    return shorter[::-1]


def within_phase(draft: Draft, phase: Phase) -> Draft:
    """What a phase of the rollout lets through; the rest is not in the draft, and `blocked` says so."""
    if may_generate(Product.RELATIONAL_DYNAMICS, phase):
        return draft
    summaries = may_generate(Product.SUMMARIES, phase)

    def allowed(sentence: Sentence) -> bool:
        return sentence.part not in RELATIONAL_PARTS and (summaries or sentence.part in ADMINISTRATIVE_PARTS)

    sections = (
        section.model_copy(update={"sentences": tuple(one for one in section.sentences if allowed(one))})
        for section in draft.sections
    )
    changes: dict[str, object] = {
        "sections": tuple(section for section in sections if section.sentences),
        "dyads": (),
        "themes": (),
        "possible_tensions": (),
        "blocked": (*draft.blocked, _limit(phase)),
    }
    if not summaries:
        # urgent things stay: whoever has to act must not wait for a rollout
        changes |= {"actions": (), "removed": ()}
    return draft.model_copy(update=changes)


def _limit(phase: Phase) -> str:
    said = "administrative sections only" if phase < Phase.SUMMARIES else "no relational dynamics, no plan coordination"
    return f"Rollout phase {phase.value}: {said}."


def hints(style: Style) -> dict[str, Any]:
    """The same for a model, as data and never as sentences that order anything: empty if nothing was learned.

    Only plain words go, few and short ones: what could be read as an instruction, a name or a number is left out.
    """
    data: dict[str, Any] = {}
    phrases = [one.what for one in style.dropped_phrases if _is_plain(one.what)]
    words = [{"instead_of": old, "write": new} for old, new, _ in style.vocabulary if _is_plain(old) and _is_plain(new)]
    if phrases:
        data["phrases_not_used"] = phrases[:MOST_HINTS]
    if words:
        data["words_preferred"] = words[:MOST_HINTS]
    if style.most_sentences is not None and style.most_sentences.what.isdigit():
        data["sentences_a_client_at_most"] = int(style.most_sentences.what)
    return data


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and len(text) <= LONGEST_HINT and not _ORDERS_A_MACHINE.search(text)
