"""A run as rows and as a finding: who drafted, every metric over all, sessions and clients, and not a word."""

from datetime import UTC, datetime, timedelta

from connectors.sink_rows import row_of_record
from streams.drafting.evaluation.baseline import accepted_of, compare
from streams.drafting.evaluation.metrics import Measured
from streams.drafting.evaluation.rows import facts_of, finding_of
from streams.drafting.evaluation.running import Evaluated, Run

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def run(found: int, leaks: int = 0) -> Run:
    """Two sessions; in the first, so many of four facts are found for one client."""
    of_one = (
        Measured("fact_coverage", found, 4, "C1"),
        Measured("fact_coverage", 2, 2, "C2"),
        Measured("identifiers_in_draft", leaks),
    )
    sessions = (
        Evaluated("one", "f1", "couple", "model", "m-1", "couples", "3", of_one),
        Evaluated("two", "f2", "group", "model", "m-1", "sud", "2", (Measured("fact_coverage", 3, 4, "C9"),)),
    )
    return Run("run-1", NOW, "model", sessions)


def test_there_is_a_row_over_all_over_each_session_and_over_each_client() -> None:
    facts = [one for one in facts_of(run(4), None) if one.metric == "fact_coverage"]
    assert [(one.session, one.client_id, one.value) for one in facts] == [
        ("", "", 0.9),
        ("one", "", 1.0),
        ("one", "C1", 1.0),
        ("one", "C2", 1.0),
        ("two", "", 0.75),
        ("two", "C9", 0.75),
    ]
    assert {(one.model, one.prompt_id, one.prompt_version) for one in facts if one.session == "one"} == {
        ("m-1", "couples", "3")
    }
    assert facts[0].prompt_id == "couples@3, sud@2"
    assert all(row_of_record("fact_evaluation", one) for one in facts)


def test_what_became_worse_is_marked_and_opens_one_finding_until_it_is_well_again() -> None:
    accepted = accepted_of(run(4))
    worse = compare(accepted, run(2, leaks=1))
    marked = {one.metric for one in facts_of(run(2, leaks=1), worse) if one.regressed}
    assert marked == {"fact_coverage", "identifiers_in_draft"}

    opened = finding_of(run(2, leaks=1), worse, None, NOW)
    assert opened is not None
    assert (opened.state, opened.opened_at, opened.practice_id) == ("open", NOW, "*")
    assert "identifiers_in_draft: was 0, is 1 (one)" in opened.why

    later = NOW + timedelta(days=1)
    still = finding_of(run(2, leaks=1), worse, NOW, later)
    assert still is not None
    assert (still.finding_id, still.opened_at) == (opened.finding_id, NOW)

    well = compare(accepted, run(4))
    over = finding_of(run(4), well, NOW, later)
    assert over is not None
    assert (over.finding_id, over.state) == (opened.finding_id, "resolved")
    assert finding_of(run(4), well, None, later) is None
