"""After a revocation nothing that waited on the consent goes on: no queued claim, draft or disclosure, and what was
written meanwhile is flagged."""

from collections.abc import Callable
from datetime import datetime

import pytest

from schemas.draft_context import DraftContext
from streams.claims.from_changes import proposals_of_changes
from tests.streams.compliance.reporting import file_of, report_of, rows
from tests.streams.playing import Partition, changes_of
from tests.streams.scenario import Scenario, at, clean_disclosures, clean_group, clean_individual, clean_sud_group

REVOKED_AT = "2026-04-17 09:00"
AFTER = "2026-04-17 12:00"


def revoked(scenario: Scenario, consent: str) -> Scenario:
    """The consent is revoked in writing, two days after the session."""
    return scenario.change(consent, REVOKED_AT, status="revoked", revoked_at=at(REVOKED_AT))


Job = tuple[Callable[[], Scenario], str, dict[str, str]]
JOBS: dict[str, Job] = {
    "a queued claim waits on its billing release": (
        clean_individual,
        "CON-YAEL-billing_release",
        {"claim": "K-S-1-YAEL"},
    ),
    "a queued claim of a SUD patient waits on the TPO consent": (
        clean_sud_group,
        "CON-ANA-part2_tpo",
        {"claim": "K-S-1-ANA"},
    ),
    "a requested AI draft waits on everybody's AI consent": (
        lambda: clean_group().ai_draft("S-1"),
        "CON-BEN-ai_assistance",
        {"note": "N-AI"},
    ),
    "a written AI draft is flagged until it is signed": (
        lambda: clean_group().ai_draft("S-1", status="draft"),
        "CON-BEN-ai_assistance",
        {"note": "N-AI"},
    ),
    "a draft from a transcript waits on the recording consent": (
        lambda: clean_group().recorded("S-1").ai_draft("S-1"),
        "CON-CLEO-recording",
        {"note": "N-AI"},
    ),
    "a pending disclosure waits on its release": (
        lambda: clean_individual().roi("YAEL").disclosure("M-9", "YAEL", status="pending", sent_at=None),
        "CON-YAEL-roi",
        {"message": "M-9"},
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_what_waits_on_a_revoked_consent_is_held(name: str) -> None:
    clean, consent, subject = JOBS[name]
    before = [f for f in clean().findings(AFTER) if f.rule == "C14"]
    assert before == []
    held = [f for f in revoked(clean(), consent).findings(AFTER) if f.rule == "C14"]
    assert held
    for finding in held:
        assert finding.severity == "hold"
        assert subject.items() <= finding.subject.items()
        assert finding.subject["consent"] == consent


@pytest.mark.parametrize(
    "name", ["a queued claim waits on its billing release", "a queued claim of a SUD patient waits on the TPO consent"]
)
def test_no_claim_on_a_revoked_consent_is_ready_to_be_sent(name: str) -> None:
    clean, consent, subject = JOBS[name]
    moment = datetime.fromisoformat(at(AFTER))

    def states(scenario: Scenario) -> dict[str, str]:
        proposed = proposals_of_changes(file_of(scenario), moment).proposals
        return {proposal.client_id: proposal.state for proposal in proposed}

    client = str(clean().data(subject["claim"])["client"])
    assert states(clean())[client] == "ready"
    assert states(revoked(clean(), consent))[client] != "ready"


def _contexts(scenario: Scenario) -> list[DraftContext]:
    partition = Partition(rules=())
    told: list[DraftContext] = []
    for change in changes_of(scenario):
        told += partition.apply(change.at, (change,)).contexts
    return told


def test_a_queued_draft_is_told_at_once_that_the_person_is_out_of_it() -> None:
    scenario = clean_group()
    for who in ("ANA", "BEN", "CLEO", "DREW"):
        scenario.ai_consent(who)
    before = _contexts(scenario)[-1]
    assert before.state == "requested"
    assert not any("C-BEN" in reason for reason in before.withheld)
    after_it = _contexts(revoked(scenario, "CON-BEN-ai_assistance"))[-1]
    assert after_it.request_id == before.request_id
    assert after_it.version > before.version
    assert after_it.refused or any("C-BEN" in reason for reason in after_it.withheld)


def test_when_everybody_revokes_nothing_but_the_clinicians_own_outline_is_left_to_draft_from() -> None:
    scenario = clean_group()
    for who in ("ANA", "BEN", "CLEO", "DREW"):
        scenario.ai_consent(who)
        revoked(scenario, f"CON-{who}-ai_assistance")
    last = _contexts(scenario)[-1]
    assert last.refused or last.own_notes_only or last.state == "withdrawn"


def test_the_report_lists_the_revocation_with_everything_it_held() -> None:
    report = report_of(revoked(clean_group().ai_draft("S-1"), "CON-BEN-ai_assistance"), AFTER)
    assert rows(report, "revocations", "client_id", "kind", "drafts", "state") == [
        ("C-BEN", "AI assistance", ("N-AI",), "job still waiting")
    ]


def test_a_disclosure_made_before_the_revocation_stays_made() -> None:
    sent = revoked(clean_disclosures(), clean_disclosures().ids("consent")[0])
    assert [f for f in sent.findings(AFTER) if f.rule == "C14" and "message" in f.subject] == []
