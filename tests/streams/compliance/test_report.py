"""What each section of the compliance report counts and names; and that late facts change no earlier report."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.compliance import Cell, Report
from streams.compliance.counting import BANDS, band, median, share
from streams.compliance.from_changes import ledger_at, was_played
from streams.compliance.records import DraftRow, RemittanceRow, SignedDraftRow
from streams.compliance.report import SECTIONS
from streams.replay import NotAChangesFile, read_instant, replay, replay_at_once
from tests.streams.compliance.reporting import figure, file_of, ledger_of, report_of, report_on, rows, section, table
from tests.streams.scenario import (
    Scenario,
    after,
    at,
    clean_couple,
    clean_disclosures,
    clean_family,
    clean_group,
    clean_individual,
    clean_sud_group,
)


def test_a_practice_in_which_nothing_is_wrong_has_no_exceptions() -> None:
    for scenario in (clean_group(), clean_couple(), clean_family(), clean_individual(), clean_sud_group()):
        report = report_of(scenario, "2026-04-16 19:00")
        assert rows(report, "exceptions", "section", "exception") == []
        assert figure(report, "summary", "Sessions held") == 1
        assert figure(report, "visits-and-consents", "Covered by all") == 1


def test_every_section_answers_a_question_and_says_how_it_counts_or_that_it_cannot() -> None:
    report = report_of(clean_group())
    assert len(report.sections) == len(SECTIONS) + 1
    for one in report.sections:
        assert one.question.endswith("?")
        assert one.definitions or one.not_recorded or one.id == "summary"
    ids = [part.id for one in report.sections for part in one.tables]
    assert len(set(ids)) == len(ids)


def test_every_row_has_a_value_for_every_column() -> None:
    for scenario in (clean_group(), clean_sud_group(), clean_disclosures()):
        for one in report_of(scenario).sections:
            for part in one.tables:
                assert all(len(row) == len(part.columns) for row in part.rows), part.id


Change = Callable[[Scenario], Scenario]
Expected = tuple[str, str, Cell]

CASES: list[tuple[str, Callable[[], Scenario], Change, Expected]] = [
    (
        "a member without a group agreement is a visit with a gap",
        clean_group,
        lambda s: s.without("CON-ANA-group_agreement"),
        ("visits-and-consents", "With a gap", 1),
    ),
    (
        "a consent signed a minute after the start does not cover the visit",
        clean_group,
        lambda s: s.set(
            "CON-ANA-treatment",
            signed_at=at("2026-04-15 18:01"),
            signers=[{"person": "C-ANA", "role": "self", "at": at("2026-04-15 18:01"), "identity_verified": True}],
        ),
        ("visits-and-consents", "With a gap", 1),
    ),
    (
        "a consent that expires at the very start does not cover the visit",
        clean_group,
        lambda s: s.set("CON-ANA-treatment", expires=at("2026-04-15 18:00")),
        ("visits-and-consents", "With a gap", 1),
    ),
    (
        "a consent that expires a minute later does",
        clean_group,
        lambda s: s.set("CON-ANA-treatment", expires=at("2026-04-15 18:01")),
        ("visits-and-consents", "With a gap", 0),
    ),
    (
        "a minor for whom nobody rightful signed is a gap",
        clean_family,
        lambda s: s.set("REL-RUTH-TEO", may_consent=False),
        ("visits-and-consents", "With a gap", 1),
    ),
    (
        "a note signed after exactly 72 hours is in time",
        clean_individual,
        lambda s: s.set("N-S-1-YAEL", signed_at=after(s.data("S-1")["actual_end"], hours=72)),
        ("notes", "Signed later", 0),
    ),
    (
        "a note signed a minute after 72 hours is late",
        clean_individual,
        lambda s: s.set("N-S-1-YAEL", signed_at=after(s.data("S-1")["actual_end"], hours=72, minutes=1)),
        ("notes", "Signed later", 1),
    ),
    (
        "a note that is not signed is open, and its claim is billed without one",
        clean_individual,
        lambda s: s.set("N-S-1-YAEL", status="draft", signed_at=None, signed_by=None),
        ("three-way-match", "Disagree", 1),
    ),
    (
        "a claim for somebody who did not come disagrees",
        clean_group,
        lambda s: s.set("AT-S-1-ANA", status="no_show", arrived=None, left=None).without("N-S-1-ANA"),
        ("three-way-match", "Disagree", 1),
    ),
    (
        "a note changed after its signature without an addendum is told",
        clean_individual,
        lambda s: s.set("N-S-1-YAEL", amended=True),
        ("notes", "Changed after signing", 1),
    ),
    (
        "a supervised clinician's signed note waits for the supervisor",
        clean_individual,
        lambda s: s.set("CL-REYES", supervised=True, supervisor="CL-MORI"),
        ("co-signatures", "Waiting", 1),
    ),
    (
        "a co-signed one does not",
        clean_individual,
        lambda s: s.set("CL-REYES", supervised=True, supervisor="CL-MORI").set(
            "N-S-1-YAEL", cosigned_by="CL-MORI", cosigned_at=at("2026-04-16 09:00")
        ),
        ("co-signatures", "Waiting", 0),
    ),
    (
        "a documented number that differs from the attendance record is told",
        clean_group,
        lambda s: s.set("N-S-1-SHARED", participant_count=9),
        ("groups", "Documented number differs", 1),
    ),
    (
        "a self-pay invoice is a billed visit",
        clean_individual,
        lambda s: s.self_paid("YAEL"),
        ("three-way-match", "Disagree", 0),
    ),
    (
        "a Part 2 disclosure without the notice is told",
        clean_sud_group,
        lambda s: s.disclosure("M-1", "ANA", part2_notice=False),
        ("disclosures", "Part 2 without notice or copy", 1),
    ),
    (
        "a TPO consent that lacks an element is told",
        clean_sud_group,
        lambda s: s.set("CON-ANA-part2_tpo", elements=["patient_name"]),
        ("consent-register", "Part 2 forms lacking an element", 1),
    ),
    (
        "an AI draft somebody never agreed to has an open finding",
        clean_group,
        lambda s: s.ai_draft("S-1").without("CON-ANA-ai_assistance"),
        ("ai-use", "With an open consent finding", 1),
    ),
]


@pytest.mark.parametrize(("sentence", "clean", "change", "expected"), CASES, ids=[case[0] for case in CASES])
def test_one_thing_made_otherwise(
    sentence: str, clean: Callable[[], Scenario], change: Change, expected: Expected
) -> None:
    id_, label, value = expected
    assert figure(report_of(change(clean()), "2026-04-20 18:00"), id_, label) == value


def test_a_gap_names_the_visit_and_the_consents_that_did_hold() -> None:
    report = report_of(clean_group().without("CON-ANA-group_agreement"))
    assert rows(report, "visits_with_a_gap", "session_id", "client_id", "missing") == [
        ("S-1", "C-ANA", ("group agreement",))
    ]
    assert rows(report, "visits_with_a_gap", "covered_by") == [("CON-ANA-treatment",)]


# --- as of a moment -----------------------------------------------------------------------------------------------


def _history(scenario: Scenario, change: Change, before: str, later: str) -> tuple[Report, Report, Report]:
    """As of before: without and with a later change among the records; as of later: with it."""
    plain = report_of(scenario, before)
    changed = change(scenario)
    return plain, report_of(changed, before), report_of(changed, later)


LATE: list[tuple[str, Change, Expected]] = [
    (
        "a revocation recorded later leaves the earlier register as it was",
        lambda s: s.change(
            "CON-ANA-treatment", "2026-04-25 10:00", status="revoked", revoked_at=at("2026-04-25 09:00")
        ),
        ("consent-register", "Revoked", 1),
    ),
    (
        "an attendance corrected later leaves the earlier match as it was",
        lambda s: s.change("AT-S-1-ANA", "2026-04-25 10:00", status="no_show", arrived=None, left=None),
        ("three-way-match", "Disagree", 1),
    ),
    (
        "a consent deleted later leaves the earlier visits covered",
        lambda s: s.delete("CON-ANA-group_agreement", "2026-04-25 10:00"),
        ("visits-and-consents", "With a gap", 1),
    ),
    (
        "a note changed later leaves the earlier notes as they were",
        lambda s: s.change("N-S-1-ANA", "2026-04-25 10:00", amended=True),
        ("notes", "Changed after signing", 1),
    ),
]


@pytest.mark.parametrize(("sentence", "change", "expected"), LATE, ids=[case[0] for case in LATE])
def test_what_is_recorded_later_changes_no_earlier_report(sentence: str, change: Change, expected: Expected) -> None:
    plain, before, later = _history(clean_group(), change, "2026-04-20 18:00", "2026-04-28 18:00")
    assert before == plain
    id_, label, value = expected
    assert figure(before, id_, label) != value
    assert figure(later, id_, label) == value


def test_a_signature_that_reaches_the_ehr_late_counts_from_its_own_time_once_it_is_known() -> None:
    paper = clean_individual().set("N-S-1-YAEL", status="draft", signed_at=None, signed_by=None)
    ended = paper.data("S-1")["actual_end"]
    paper.change(
        "N-S-1-YAEL", "2026-04-24 10:00", status="signed", signed_at=after(ended, hours=3), signed_by="CL-REYES"
    )
    assert figure(report_of(paper, "2026-04-20 18:00"), "notes", "Not signed yet") == 1
    known = report_of(paper, "2026-04-24 18:00")
    assert (figure(known, "notes", "Not signed yet"), figure(known, "notes", "Signed later")) == (0, 0)


def test_an_unsigned_note_grows_older_with_the_moment_asked_for() -> None:
    open_ = clean_individual().set("N-S-1-YAEL", status="draft", signed_at=None, signed_by=None)
    ages = [
        next(name for name, unsigned in rows(report_of(open_, moment), "notes_by_age", "age", "unsigned") if unsigned)
        for moment in (
            "2026-04-16 12:00",
            "2026-04-17 12:00",
            "2026-04-18 12:00",
            "2026-04-20 12:00",
            "2026-04-28 12:00",
        )
    ]
    assert ages == list(BANDS)


def test_a_moment_before_the_practice_is_known_is_refused() -> None:
    with pytest.raises(NotAChangesFile):
        ledger_at(file_of(clean_group()), read_instant("2024-01-01T00:00:00Z", "now"))


# --- money --------------------------------------------------------------------------------------------------------


def test_a_denial_is_compared_with_what_was_foretold() -> None:
    wrong = clean_group().change("K-S-1-ANA", "2026-04-20 09:00", status="denied").set("COV-ANA", end="2026-04-14")
    wrong.change("K-S-1-BEN", "2026-04-20 09:00", status="denied")
    report = report_of(wrong, "2026-04-21 09:00")
    told: dict[str, Any] = dict(rows(report, "denied_claims", "claim_id", "forecast"))
    assert told == {"K-S-1-ANA": "foretold", "K-S-1-BEN": "not foretold"}
    assert ("27", 1, 1) in rows(report, "denials_by_predicted_carc", "carc", "claims", "denied")
    assert figure(report, "denials", "Denials foretold") == 0.5
    assert "no 835" in section(report, "denials").not_recorded[0]


def test_an_835_says_which_forecast_came_true() -> None:
    wrong = clean_group().set("COV-ANA", end="2026-04-14")
    for who in ("ANA", "BEN", "CLEO"):
        wrong.change(f"K-S-1-{who}", "2026-04-20 09:00", status="submitted", submitted_at=at("2026-04-20 09:00"))
    wrong.change("K-S-1-CLEO", "2026-04-22 09:00", status="denied")
    answered = (
        RemittanceRow("K-S-1-ANA", ("27",), denied=True, paid=False),
        RemittanceRow("K-S-1-BEN", (), denied=False, paid=True),
    )
    ledger = replace(ledger_of(wrong, "2026-04-23 09:00"), remittances=answered)
    report = report_on(ledger, "2026-04-23 09:00")
    assert rows(report, "denied_claims", "claim_id", "actual", "forecast") == [
        ("K-S-1-ANA", ("27",), "foretold, same reason"),
        ("K-S-1-CLEO", (), "not foretold"),
    ]
    counted = rows(report, "denials_by_predicted_carc", "carc", "with_payer", "denied", "denied_for_it")
    assert ("27", 0, 1, 1) in counted
    assert "Of 1 denied claims no 835" in section(report, "denials").not_recorded[0]


def test_a_draft_signed_at_the_desk_says_how_much_of_it_was_changed() -> None:
    made = DraftRow(
        "D-1", "R-1", "S-1", ("C-ANA",), "drafted", "local", None, "p", "1", False, 0, datetime(2026, 4, 16, tzinfo=UTC)
    )
    signed = SignedDraftRow("D-1", "CL-REYES", datetime(2026, 4, 17, tzinfo=UTC), None, 0.25)
    ledger = replace(ledger_of(clean_group(), "2026-04-18 09:00"), drafts=(made,), signed_drafts=(signed,))
    report = report_on(ledger, "2026-04-18 09:00")
    assert rows(report, "conjoint_drafts", "draft_id", "signed_by", "changed_share") == [("D-1", "CL-REYES", 0.25)]
    assert figure(report, "ai-use", "Words changed before signing") == 0.25
    assert section(report, "ai-use").not_recorded == ()


def test_a_claim_not_yet_filed_counts_the_days_to_its_last_day() -> None:
    report = report_of(clean_individual(), "2026-04-16 12:00")
    assert rows(report, "filing_waiting", "state", "claim_id", "days_left") == [("queued", "K-S-1-YAEL", 364)]


def test_an_authorization_shows_what_is_used_and_what_is_left() -> None:
    grant = {"client": "C-YAEL", "payer": "PAY-COM", "number": "A1", "codes": ["90834"], "kind": "medical"}
    scenario = clean_individual().add(
        "authorization",
        "AU-1",
        "2026-03-10 09:00",
        **grant,
        clinicians=[],
        start="2026-01-01",
        end="2026-12-31",
        units_approved=10,
        units_used_before=8,
    )
    report = report_of(scenario)
    assert rows(report, "authorizations", "units_used", "units_left", "state") == [(9, 1, "nearly used up")]


# --- who wrote, who answered --------------------------------------------------------------------------------------


def test_a_message_is_answered_by_the_next_word_of_a_clinician_in_its_thread() -> None:
    def message(s: Scenario, id_: str, author: str, when: str) -> Scenario:
        return s.add("message", id_, when, kind="portal", thread_of="C-YAEL", author=author, sent_at=at(when), text="x")

    scenario = message(clean_individual(), "M-1", "C-YAEL", "2026-04-16 08:00")
    message(scenario, "M-2", "C-YAEL", "2026-04-16 09:00")
    message(scenario, "M-3", "CL-REYES", "2026-04-16 10:00")
    message(scenario, "M-4", "C-YAEL", "2026-04-16 11:00")
    report = report_of(scenario)
    assert rows(report, "messages", "message_id", "hours") == [("M-1", 2.0), ("M-2", 1.0), ("M-4", None)]
    assert figure(report, "messages", "No answer yet") == 1


def test_a_revocation_shows_what_it_stopped_and_what_still_waits() -> None:
    revoked = clean_individual().change(
        "CON-YAEL-billing_release", "2026-04-17 10:00", status="revoked", revoked_at=at("2026-04-17 09:00")
    )
    report = report_of(revoked, "2026-04-17 12:00")
    assert rows(report, "revocations", "kind", "claims", "state") == [
        ("billing release", ("K-S-1-YAEL",), "job still waiting")
    ]
    revoked.change("K-S-1-YAEL", "2026-04-18 10:00", status="voided")
    assert rows(report_of(revoked, "2026-04-18 12:00"), "revocations", "state") == ["settled"]


def test_every_decision_has_its_rule_version() -> None:
    report = report_of(clean_group().without("CON-ANA-group_agreement"))
    assert rows(report, "rules_in_force", "rule", "version", "open") == [("C02", "1", 1)]
    assert len(table(report, "findings").rows) == 1


# --- small ones -----------------------------------------------------------------------------------------------------


def test_a_file_decided_once_says_the_same_as_one_played_through() -> None:
    for scenario in (clean_group().without("CON-ANA-group_agreement"), clean_sud_group(), clean_family()):
        file = file_of(scenario)
        end = read_instant(at("2026-04-20 18:00"), "now")
        played, once = replay(file, end), replay_at_once(file, end)
        assert was_played(file)
        assert {(f.finding_id, f.why) for f in played.findings if f.state == "open"} == {
            (f.finding_id, f.why) for f in once.findings if f.state == "open"
        }

        def said(facts: Any) -> set[str]:
            return {str(sorted(fact.row.model_dump(exclude={"version", "recorded_at"}).items())) for fact in facts}

        assert said(played.facts) == said(once.facts)


@pytest.mark.parametrize(("hours_", "expected"), [(24, 0), (24.1, 1), (48, 1), (72, 2), (168, 3), (169, 4)])
def test_a_band_includes_its_upper_end(hours_: float, expected: int) -> None:
    assert band(timedelta(hours=hours_)) == BANDS[expected]


def test_shares_and_medians_of_nothing_are_unknown() -> None:
    assert (share(0, 0), median([])) == (None, None)
    assert (median([3, 1, 2]), median([4, 1, 2, 3])) == (2, 2.5)
