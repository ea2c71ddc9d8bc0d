"""What did AI draft, from what, with whose consent, and who signed it? Pure."""

from collections import Counter, defaultdict

from schemas.compliance import Cell, Column, Figure, Section, Table
from streams.compliance.counting import earliest_first, median, words
from streams.compliance.records import DraftRow, Ledger, Period, SignedDraftRow


def ai_section(ledger: Ledger, period: Period) -> Section:
    """What did AI draft, from what, with whose consent, and who signed it?"""
    notes = [n for n in ledger.notes if n.origin == "ai" and period.has_day(n.service_on)]
    notes.sort(key=lambda n: (earliest_first(n.requested_at), n.note_id))
    requests = [request for request in ledger.requests if period.has(request.requested_at)]
    flagged: dict[str, set[str]] = defaultdict(set)
    for finding in ledger.of(("C08", "C09", "C10", "C13", "C14")):
        if finding.state == "open" and finding.severity != "warn" and "note" in finding.subject:
            flagged[finding.subject["note"]].add(finding.rule)
    states = Counter(note.status or "not recorded" for note in notes)
    wrong = [note for note in notes if flagged.get(note.note_id)]
    return Section(
        "ai-use",
        "AI use log",
        "What did AI draft, from what, with whose consent, and who signed it?",
        figures=(
            Figure("AI drafts", len(notes), note="for sessions of the period"),
            Figure("Signed by a clinician", states["signed"]),
            Figure("Draft requests", len(requests)),
            Figure("Requests withdrawn", sum(1 for request in requests if request.state == "withdrawn")),
            Figure(
                "Words changed before signing",
                median(_changed(ledger, period)),
                "share",
                "median of drafts signed here",
            ),
            Figure("With an open consent finding", len(wrong), tone="bad" if wrong else "good"),
        ),
        tables=(
            Table(
                "ai_drafts_by_state",
                "Drafts by state",
                (Column("state", "State"), Column("drafts", "Drafts", "count")),
                sorted(states.items()),
            ),
            Table(
                "ai_drafts",
                "Each draft",
                (
                    Column("requested_at", "Asked for", "instant"),
                    Column("session_id", "Session"),
                    Column("client_id", "About"),
                    Column("state", "State"),
                    Column("context", "Read", "ids"),
                    Column("consents", "AI consents in force", "ids"),
                    Column("findings", "Open findings", "ids"),
                    Column("signed_by", "Signed by"),
                    Column("signed_at", "Signed", "instant"),
                    Column("note_id", "Note"),
                ),
                [
                    (
                        n.requested_at,
                        n.session_id,
                        n.client_id or "whole session",
                        n.status,
                        tuple(str(words(word)) for word in n.context),
                        tuple(n.ai_consents),
                        tuple(sorted(flagged.get(n.note_id, ()))),
                        n.signed_by,
                        n.signed_at,
                        n.note_id,
                    )
                    for n in notes
                ],
                evidence=True,
            ),
            *_own_drafts(ledger, period),
            Table(
                "draft_requests",
                "Draft requests",
                (
                    Column("requested_at", "Asked for", "instant"),
                    Column("session_id", "Session"),
                    Column("clinician_id", "Clinician"),
                    Column("client_ids", "About", "ids"),
                    Column("state", "State", "state"),
                    Column("changed_at", "Since", "instant"),
                    Column("request_id", "Request"),
                ),
                [
                    (
                        r.requested_at,
                        r.session_id,
                        r.clinician_id,
                        tuple(r.client_ids),
                        r.state,
                        r.changed_at,
                        r.request_id,
                    )
                    for r in sorted(requests, key=lambda r: (r.requested_at, r.request_id))
                ],
                evidence=True,
            ),
        ),
        definitions=(
            (
                "AI draft",
                "A note the EHR marks as drafted by AI, from the request on. Nothing of it is in a chart unsigned.",
            ),
            (
                "Words changed",
                (
                    "Of the words of the sections approved, drafted and signed together, the share that stands in "
                    "one of the two only: 0 % is signed as drafted."
                ),
            ),
            (
                "AI consents in force",
                "Of everybody the draft was about, the AI consents that held when it was asked for.",
            ),
        ),
        sources=(
            "225 ILCS 155 (Illinois), Nevada AB 406",
            "Rules C08–C10, C13, C14",
            "Notes of the EHR; draft requests",
        ),
        not_recorded=(
            *(
                ()
                if ledger.signed_drafts is not None
                else (
                    (
                        "Who signed Conjoint's own drafts at the review desk, and how many of their words were "
                        "changed: the desk was not asked, or did not answer."
                    ),
                )
            ),
            *(() if ledger.drafts is not None else ("Model and prompt of each draft: not in a file of changes.",)),
        ),
    )


def _own_drafts(ledger: Ledger, period: Period) -> tuple[Table, ...]:
    """Conjoint's own drafts, where they are kept: with which model and prompt each was made."""
    if ledger.drafts is None:
        return ()
    made = sorted((d for d in ledger.drafts if period.has(d.created_at)), key=lambda d: (d.created_at, d.draft_id))
    signed = {one.draft_id: one for one in ledger.signed_drafts or ()}
    by: Counter[tuple[str, str, str, str]] = Counter(
        (d.drafter, d.model or "none", f"{d.prompt_id or 'none'} {d.prompt_version or ''}".strip(), d.state)
        for d in made
    )
    return (
        Table(
            "drafts_by_model",
            "Conjoint's drafts by model and prompt",
            (
                Column("drafter", "Drafter"),
                Column("model", "Model"),
                Column("prompt", "Prompt and version"),
                Column("state", "State"),
                Column("drafts", "Drafts", "count"),
            ),
            [(*key, count) for key, count in sorted(by.items())],
        ),
        Table(
            "conjoint_drafts",
            "Each draft of Conjoint",
            (
                Column("created_at", "Made", "instant"),
                Column("session_id", "Session"),
                Column("client_ids", "About", "ids"),
                Column("state", "State"),
                Column("model", "Model"),
                Column("prompt", "Prompt"),
                Column("transcript_used", "Transcript read", "yes_no"),
                Column("withheld", "Left out", "count"),
                Column("signed_by", "Signed by"),
                Column("signed_at", "Signed", "instant"),
                Column("cosigned_by", "Cosigned by"),
                Column("changed_share", "Words changed", "share"),
                Column("draft_id", "Draft"),
            ),
            [
                (
                    d.created_at,
                    d.session_id,
                    tuple(d.client_ids),
                    d.state,
                    d.model or d.drafter,
                    _prompt(d),
                    d.transcript_used,
                    d.withheld,
                    *_signature(signed.get(d.draft_id)),
                    d.draft_id,
                )
                for d in made
            ],
            evidence=True,
        ),
    )


def _signature(signed: SignedDraftRow | None) -> tuple[Cell, ...]:
    if signed is None:
        return (None, None, None, None)
    return (signed.signed_by, signed.signed_at, signed.cosigned_by, signed.changed_share)


def _changed(ledger: Ledger, period: Period) -> list[float]:
    """The share of words changed in each draft that was signed at the desk in the period."""
    signed = (one for one in ledger.signed_drafts or () if period.has(one.signed_at))
    return [one.changed_share for one in signed if one.changed_share is not None]


def _prompt(draft: DraftRow) -> str:
    return f"{draft.prompt_id or 'none'} {draft.prompt_version or ''}".strip()
