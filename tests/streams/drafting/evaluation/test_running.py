"""An evaluation of the development sessions: nothing is worse than accepted, and each metric sees what it is for."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import pytest

from schemas.draft import Action, Draft, Section, Sentence, SessionDraft
from schemas.model_call import ModelAway, ModelCall
from schemas.session_file import Session
from streams.drafting.evaluation.against_gold import against_gold
from streams.drafting.evaluation.baseline import accepted_of, as_text, compare, path_beside, read_accepted
from streams.drafting.evaluation.case import Case
from streams.drafting.evaluation.form import form
from streams.drafting.evaluation.gold import OURS, Source, read_sources
from streams.drafting.evaluation.leaking import KnownOf, deidentifying, leaking
from streams.drafting.evaluation.metrics import BY_NAME, Measured
from streams.drafting.evaluation.planted import planted
from streams.drafting.evaluation.running import Plan, Run, case_of, context_of, evaluate, evaluated_one
from streams.drafting.evaluation.variants import likeness, with_other_genders, with_other_names
from streams.drafting.pens import pens_of
from streams.drafting.prompting import prompts
from streams.drafting.write import write

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PENS = pens_of(prompts(None))


@cache
def source(name: str) -> Source:
    """A development session."""
    return next(one for one in read_sources(OURS) if one.name == name)


@cache
def record(name: str) -> SessionDraft:
    """Its draft, made once."""
    return write(context_of(source(name).session, NOW), PENS, lambda: None, NOW, patient=False)


def case(name: str, **changes: object) -> Case:
    """Its case; `changes` to the draft."""
    one = record(name)
    return case_of(source(name), one.model_copy(update={"draft": one.draft.model_copy(update=changes)}), PENS, NOW)


def value(metric: str, measured: Iterable[Measured]) -> float | None:
    """The value of one metric among these."""
    return BY_NAME[metric].value(measured)


def with_sentence(draft: Draft, client_id: str | None, text: str, *evidence: str) -> tuple[Section, ...]:
    """The sections of a draft, with one sentence more in somebody's."""
    extra = Section(client_id=client_id, title="More", sentences=(Sentence(text=text, evidence=evidence),))
    return (*draft.sections, extra)


@cache
def whole_run() -> Run:
    """All development sessions, drafted once and measured."""
    return evaluate(read_sources(OURS), PENS, Plan(repeats=1, swaps=False), NOW, time.perf_counter)


def test_nothing_is_worse_than_in_the_accepted_run_of_the_development_sessions() -> None:
    path = path_beside(OURS, "local")
    accepted = read_accepted(path)
    assert accepted is not None, "accept one with: conjoint evaluate --accept"
    compared = compare(accepted, whole_run())
    assert [str(one) for one in compared.regressions] == [], "if it is meant: conjoint evaluate --accept"
    assert compared.missing == ()


def test_what_must_hold_holds_on_the_development_sessions() -> None:
    measured = whole_run().measured
    assert (value("fact_coverage", measured) or 0) >= 0.9
    never = "false_surviving", "identifiers_in_draft", "identifiers_in_request", "others_named", "others_disclosed"
    for metric in (*never, "excluded_words", "confidences_escaped", "uninvited_sections", "requests_held"):
        assert value(metric, measured) == 0, metric
    assert value("evidenced", measured) == 1
    assert value("deidentification_recall", measured) == 1


def test_a_run_is_no_regression_against_itself_and_a_lost_fact_is_one_by_name() -> None:
    run = whole_run()
    accepted = accepted_of(run)
    assert compare(accepted, run).regressions == ()
    first, *others = run.sessions
    lost = tuple(
        Measured(one.metric, 0, one.of, one.client_id) if one.metric == "fact_coverage" else one
        for one in first.measured
    )
    changed = Run("r", NOW, "local", (replace(first, measured=lost), *others))
    (found,) = compare(accepted, changed).regressions
    assert str(found).startswith("fact_coverage: was 0.")
    assert found.sessions == (first.name,)
    other = Run("r", NOW, "local", (replace(first, measured=lost, fingerprint="new"), *others))
    assert (compare(accepted, other).regressions, compare(accepted, other).others) == ((), (first.name,))


def test_an_accepted_run_says_nothing_that_was_said() -> None:
    text = as_text(accepted_of(whole_run()))
    assert "Brandvold" not in text
    assert "curfew" not in text.replace("family-curfew", "")


def test_a_name_an_employer_or_somebody_else_in_a_section_is_counted() -> None:
    name = "family-curfew"
    sections = with_sentence(record(name).draft, "F301", "F303 goes to Harding High School with solveig.")
    measured = tuple(leaking(case(name, sections=sections)))
    assert value("identifiers_in_draft", measured) == 2
    assert value("others_named", measured) == 1


def test_another_members_words_in_ones_own_section_are_counted_even_without_a_name() -> None:
    name = "family-curfew"
    told = "Another member said “I missed dinner four times this week and I know that doesn't help.”"
    sections = with_sentence(record(name).draft, "F304", told, "19")
    assert value("others_disclosed", tuple(leaking(case(name, sections=sections)))) == 1


def test_the_words_of_somebody_who_has_not_consented_are_counted_wherever_they_stand() -> None:
    name = "group-one-without-consent"
    kept_out = next(turn for turn in source(name).session.transcript if turn.speaker == "Y3" and len(turn.text) > 40)
    actions = (Action(text=f"All agreed: “{kept_out.text}”"), Action(text="Y3 will come."))
    assert value("excluded_words", tuple(leaking(case(name, actions=actions)))) == 2


def test_a_guess_outside_a_quotation_and_evidence_that_does_not_exist_are_counted() -> None:
    name = "couple-after-affair"
    guess = with_sentence(record(name).draft, None, "Both seem to resent each other.", "999")
    measured = tuple(form(case(name, sections=guess)))
    assert (value("speculation", measured) or 0) > 0
    assert (value("evidenced", measured) or 1) < 1
    quoted = with_sentence(record(name).draft, None, "“It seems to me you might resent it.”", "1")
    assert value("speculation", tuple(form(case(name, sections=quoted)))) == 0


def test_a_field_left_out_a_section_nobody_asked_for_and_two_alike_are_counted() -> None:
    name = "couple-after-affair"
    full = record(name).draft.sections
    assert (value("template_complete", tuple(form(case(name, sections=full[1:])))) or 1) < 1
    assert (
        value("uninvited_sections", tuple(form(case(name, sections=with_sentence(record(name).draft, "X", "x"))))) == 1
    )
    one, other = (person.client_id for person in source(name).session.participants)
    cloned = tuple(
        Section(client_id=who, title="Data", sentences=(Sentence(text=f"{who} took part and shared openly today."),))
        for who in (one, other)
    )
    assert value("clone_similarity", tuple(form(case(name, sections=cloned)))) == 1


def test_facts_that_are_not_told_and_risk_that_nobody_stated_are_named_by_ids() -> None:
    name = "family-curfew"
    draft = record(name).draft
    risk = (draft.risk[0].model_copy(update={"client_id": "F304", "topic": "suicide", "polarity": "affirmed"}),)
    measured = tuple(against_gold(case(name, sections=(), risk=risk)))
    assert value("fact_coverage", measured) == 0
    assert value("risk_invented", measured) == 1
    assert any("fact 1 of F301 (11)" in one.lapses for one in measured)
    assert value("confidences_escaped", measured) == 2


def test_false_statements_count_as_surviving_when_nothing_checks_them() -> None:
    name = "couple-outline"
    unchecked = replace(case(name), pens=replace(PENS, grounded=lambda draft, _: draft))
    gold = source(name).gold
    assert gold is not None
    assert value("false_surviving", tuple(planted(unchecked))) == len(gold.false_)


def test_what_deidentification_leaves_in_or_takes_too_much_of_is_measured() -> None:
    class Idle:
        def deidentify(self, text: str) -> "Said":
            return Said(text)

        def refuse_if_identifying(self, body: bytes) -> None:
            return None

    class Said:
        def __init__(self, text: str) -> None:
            self.text = text

    name = "family-curfew"
    idle = replace(case(name), pens=replace(PENS, identities=lambda _: Idle()))
    measured = tuple(deidentifying(idle))
    assert (value("deidentification_recall", measured), value("words_kept", measured)) == (0, 1)


def names(session: Session) -> set[str]:
    """Every part of a client's name."""
    whole = [name for person in session.participants for name in (person.legal_name, *person.nicknames) if name]
    return {part for name in whole for part in name.split()}


class AwayModel:
    """An endpoint that does not answer."""

    def ask(self, call: ModelCall, accept: Callable[[Any], T], before_sending: Callable[[bytes], None]) -> Any:
        before_sending(call.material.encode())
        raise ModelAway("it does not answer")


def test_a_model_that_is_away_is_a_run_of_the_models_that_fell_back() -> None:
    pens = pens_of(prompts(None), AwayModel())
    run = evaluate((source("couple-outline"),), pens, Plan(repeats=1, swaps=False), NOW, time.perf_counter)
    assert (run.drafter, run.sessions[0].drafter) == ("model", "local")
    assert value("fell_back", run.measured) == 1


@pytest.mark.parametrize("name", ["family-curfew", "dbt-skills-lowercase"])
def test_swapped_sessions_are_told_otherwise_and_drafted_alike(name: str) -> None:
    session = source(name).session
    renamed = with_other_names(session)
    assert not names(session) & names(renamed)
    known = KnownOf.of(session)
    assert any(known.names_in(turn.text) for turn in session.transcript)
    assert not any(set(known.names_in(turn.text)) & names(session) for turn in renamed.transcript)
    evaluated = evaluated_one(source(name), PENS, Plan(repeats=1, swaps=True), NOW, time.perf_counter)
    assert (value("gender_swap", evaluated.measured) or 0) > 0.95
    assert (value("name_swap", evaluated.measured) or 0) > 0.95


def test_genders_are_swapped_in_words_and_pronouns() -> None:
    session = source("family-curfew").session
    other = with_other_genders(session)
    assert [person.pronouns for person in other.participants] == ["he/him", "she/her", "he/him", "she/her"]
    assert other.participants[2].relationship == "son (identified patient)"
    said = {turn.turn: turn.text for turn in other.transcript}
    assert said[6].endswith("Please don't tell my dad, he'd lose it.")
    assert said[15] == "Ingrid, can you tell him what was going on inside you while you were on the stairs?"


def test_drafts_that_hold_other_things_are_less_alike() -> None:
    draft = record("family-curfew").draft
    assert likeness(draft, draft) == 1
    assert 0.3 < likeness(draft, draft.model_copy(update={"sections": draft.sections[2:]})) < 1
