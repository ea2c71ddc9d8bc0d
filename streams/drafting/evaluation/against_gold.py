"""How much of what a reader expects does a draft have, and what does it have that it should not? Pure.

Reads a case with gold facts. Lapses name gold facts by kind, number and ids, never by their words.
"""

from collections.abc import Iterator

from schemas.draft import RESTRICTED, Draft, RiskStatement
from streams.drafting.evaluation.case import Case, said
from streams.drafting.evaluation.gold import Confided, Gold, GoldFact, GoldRisk
from streams.drafting.evaluation.metrics import Measured, count, share

_ABOUT_ONESELF = frozenset({"suicide", "self_harm", "safety"})
_STATED = frozenset({"affirmed", "passive", "negated"})


def against_gold(case: Case) -> Iterator[Measured]:
    """All metrics that need gold facts; nothing for a session without."""
    gold, draft = case.gold, case.draft
    if gold is None:
        return
    yield from _facts(gold, draft)
    yield from _risk(gold, draft)
    actions = ((_agreed(draft, one.client, one.words), f"action {n}") for n, one in enumerate(gold.actions, 1))
    yield share("action_recall", actions)
    dyads = [(f"{one.from_}→{one.to}", True, _spoke(draft, one.from_, one.to, one.evidence)) for one in gold.dyads]
    dyads += [(f"{one.from_}→{one.to}", False, _spoke(draft, one.from_, one.to, ())) for one in gold.not_dyads]
    yield share("dyad_accuracy", ((there is wanted, pair) for pair, wanted, there in dyads))
    pairs = [set(one.goal_ids) for one in draft.possible_tensions]
    wanted = [set(pair) for pair in gold.tensions]
    tensions = [(pair in pairs, "/".join(sorted(pair))) for pair in wanted]
    tensions += [(False, "/".join(sorted(pair))) for pair in pairs if pair not in wanted]
    yield share("tension_recall", tensions)
    doubted = {one.turn for one in draft.speaker_doubts}
    yield share("doubt_recall", ((turn in doubted, f"turn {turn}") for turn in gold.doubts))
    urgent = {id_ for one in draft.urgent for id_ in one.evidence}
    yield share("urgent_recall", ((id_ in urgent, id_) for id_ in gold.urgent))
    beyond = [one for one in draft.urgent if not set(one.evidence) & set(gold.urgent)]
    yield count("urgent_invented", (",".join(one.evidence) for one in beyond))
    labels = [(name in draft.themes, name) for name in gold.themes]
    labels += [(name in draft.interventions, name) for name in gold.interventions]
    yield share("label_recall", labels)
    yield count("confidences_escaped", (where for one in gold.restricted for where in _escaped(draft, one)))
    yield count("withholding_unsaid", ["blocked"] if gold.blocked != bool(draft.blocked) else [])


def _facts(gold: Gold, draft: Draft) -> Iterator[Measured]:
    of_client: dict[str | None, list[tuple[bool, str]]] = {}
    for n, fact in enumerate(gold.facts, 1):
        told = (_told(draft, fact), f"fact {n} of {fact.client or 'all'} ({', '.join(fact.evidence)})")
        of_client.setdefault(fact.client, []).append(told)
    for client_id, told_of in of_client.items():
        yield share("fact_coverage", told_of, client_id)


def _told(draft: Draft, fact: GoldFact) -> bool:
    return any(
        set(fact.evidence) & set(sentence.evidence) and _has(sentence.text, fact.words)
        for section in draft.sections
        if section.client_id == fact.client
        for sentence in section.sentences
    )


def _has(text: str, words: tuple[str, ...]) -> bool:
    lower = text.lower()
    return all(word.lower() in lower for word in words)


def _risk(gold: Gold, draft: Draft) -> Iterator[Measured]:
    def meant(one: GoldRisk) -> bool:
        return any(item.polarity == one.polarity for item in found(one))

    def found(one: GoldRisk) -> list[RiskStatement]:
        return [item for item in draft.risk if item.client_id == one.client and item.topic in one.topics]

    def named(one: GoldRisk) -> str:
        return f"{one.client} {'/'.join(one.topics)} {one.polarity}"

    yield share("risk_recall", ((meant(one), named(one)) for one in gold.risk))
    yield share("risk_polarity", ((meant(one), named(one)) for one in gold.risk if found(one)))
    stated = {(one.client, one.polarity) for one in gold.risk}
    invented = [
        f"{item.client_id} {item.topic} {item.polarity} ({', '.join(item.evidence)})"
        for item in draft.risk
        if item.topic in _ABOUT_ONESELF
        and item.polarity in _STATED
        and (item.client_id, item.polarity) not in stated
        and gold.risk
    ]
    found_in = {id_ for risk in draft.risk for id_ in risk.evidence}
    found_in |= {id_ for urgent in draft.urgent for id_ in urgent.evidence}
    invented += [f"({id_})" for id_ in gold.not_risk if id_ in found_in]
    yield count("risk_invented", invented)


def _agreed(draft: Draft, client_id: str | None, words: tuple[str, ...]) -> bool:
    return any(one.client_id == client_id and _has(one.text, words) for one in draft.actions)


def _spoke(draft: Draft, speaker: str, to: str, evidence: tuple[str, ...]) -> bool:
    return any(
        (one.from_, one.to) == (speaker, to) and (not evidence or set(evidence) & set(one.evidence))
        for one in draft.dyads
    )


def _escaped(draft: Draft, told: Confided) -> Iterator[str]:
    own = [
        sentence
        for section in draft.sections
        if section.client_id == told.client
        for sentence in section.sentences
        if _has(sentence.text, told.words)
    ]
    if not own:
        yield f"not in the section of {told.client}"
    if any(RESTRICTED not in sentence.flags for sentence in own):
        yield f"not marked in the section of {told.client}"
    for where, client_id, text in said(draft):
        if where != "removed" and client_id != told.client and _has(text, told.words):
            yield f"of {told.client}, in {where}"
