"""Is a draft whole, does it rest on something, does it guess, and do its sections differ? Pure; needs no gold facts."""

import re
from collections.abc import Iterator
from itertools import combinations

from schemas.draft import NOT_DOCUMENTED, Draft
from streams.drafting.evaluation.case import Case, runs_of, words_in
from streams.drafting.evaluation.metrics import Measured, count, share
from streams.drafting.templates import TEMPLATES

_FLAGS_WITHOUT_EVIDENCE = frozenset({NOT_DOCUMENTED, "record"})
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")
_GUESSES = re.compile(
    r"\b(?:appear(?:s|ed)? to|seem(?:s|ed|ingly)?|probably|(?:un)?likely|perhaps|presumably|apparently|might|possibly|"
    r"may (?:be|have|feel)|suggest(?:s|ing)? that|indicat(?:es|ing) that|unconscious\w*|resent(?:s|ed|ful|ment)|"
    r"in denial|meets? criteria|consistent with|narcissis\w+|codependen\w+|manipulat\w+|enmesh\w+|triangulat\w+)\b",
    re.IGNORECASE,
)
"""A second opinion: fewer words than grounding knows, and none excused by what the source says."""


def form(case: Case) -> Iterator[Measured]:
    """Completeness, evidence, guesses, likeness of sections, length, cost."""
    draft = case.draft
    statements = list(_statements(draft))
    yield share(
        "evidenced",
        (
            (bool(ids) and all(id_ in case.material.cited for id_ in ids), f"{where} ({', '.join(ids)})")
            if ids or not flags & _FLAGS_WITHOUT_EVIDENCE
            else (True, "")
            for where, _, ids, flags in statements
        ),
    )
    proposed = len(statements) + len(draft.removed)
    yield Measured("removed", len(draft.removed), proposed)
    yield Measured("doubtful", sum("low_coverage" in flags for *_, flags in statements), len(statements))
    guessing = [where for where, text, *_ in statements if _GUESSES.search(_QUOTED.sub(" ", text))]
    yield Measured("speculation", len(guessing), len(statements), lapses=tuple(guessing))
    yield from _template(case)
    yield from _clones(draft)
    for client_id in case.material.client_ids:
        own = [s.text for section in draft.sections if section.client_id == client_id for s in section.sentences]
        yield Measured("words_a_client", sum(len(words_in(text)) for text in own), 1, client_id)
    yield Measured("fell_back", draft.provenance.fallback_reason is not None, 1)
    yield Measured("seconds", case.seconds, 1)
    yield Measured("cost_micros", case.use.cost_micros)


def _statements(draft: Draft) -> Iterator[tuple[str, str, tuple[str, ...], set[str]]]:
    for section in draft.sections:
        for one in section.sentences:
            yield f"section {section.client_id or 'shared'}", one.text, one.evidence, set(one.flags)
    yield from (("dyads", one.text, one.evidence, set()) for one in draft.dyads)
    yield from (("actions", one.text, one.evidence, set(one.flags)) for one in draft.actions)
    yield from (("urgent", one.text, one.evidence, set(one.flags)) for one in draft.urgent)
    for risk in draft.risk:
        flags = set(risk.flags) | ({NOT_DOCUMENTED} if risk.polarity == "not_assessed" else set())
        yield f"risk {risk.client_id}", risk.text, risk.evidence, flags


def _template(case: Case) -> Iterator[Measured]:
    sections = case.draft.sections
    filled = {(section.client_id, section.title) for section in sections if section.sentences}
    expected = (None, *case.material.client_ids) if case.material.client_ids else ()
    fields = [(who, title) for who in expected for title in TEMPLATES[case.session.template]]
    yield share("template_complete", (((who, title) in filled, f"{title} of {who or 'all'}") for who, title in fields))
    uninvited = {section.client_id for section in sections} - set(expected)
    yield count("uninvited_sections", sorted(str(client_id) for client_id in uninvited))


def _clones(draft: Draft) -> Iterator[Measured]:
    runs: dict[str, set[tuple[str, ...]]] = {}
    for section in draft.sections:
        if section.client_id is None:
            continue
        own = runs.setdefault(section.client_id, set())
        for sentence in section.sentences:
            if NOT_DOCUMENTED not in sentence.flags:
                own |= runs_of(sentence.text.replace(section.client_id, ""), 3)
    likeness = [
        (len(a & b) / len(a | b), f"{one} and {other}")
        for (one, a), (other, b) in combinations(runs.items(), 2)
        if a and b
    ]
    if likeness:
        most, who = max(likeness)
        yield Measured("clone_similarity", most, 1, lapses=(who,))
