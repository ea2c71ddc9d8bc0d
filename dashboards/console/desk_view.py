"""How does a draft look to the browser? One JSON shape for page and API, people by a short label instead of their id.

Pure. Labels are names: this shape goes to people with the right to read drafts, and nowhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dashboards.desk.chart_facts import ClientFacts, SessionFacts
from dashboards.desk.desk import Opened
from dashboards.desk.names import shown
from dashboards.desk.note_text import GROUP_KINDS, body, words_for
from dashboards.desk.review import PARTS, SHARED, Line, Review, SectionState
from dashboards.desk.signing import Code, Problem
from schemas.note_templates import TEMPLATES, heading_of

PROBLEM_WORDS: Final[Mapping[str, str]] = {
    Code.UNDECIDED: "Approve or reject every section first",
    Code.NOTHING_APPROVED: "Nothing is approved, so there is nothing to sign",
    Code.MISSING_CLIENT: "Somebody who was there has no section: write their note in the EHR",
    Code.UNKNOWN_SESSION: "The EHR has not told of this session yet; try again in a moment",
    Code.NOT_A_CLINICIAN: "Your sign-in is not linked to a clinician of this practice; ask an administrator",
    Code.EXCLUDED: "You are on an exclusion list; nobody can sign with that",
    Code.NO_CREDENTIAL: "Your name or credential is missing in the EHR",
    Code.NO_LICENCE: "You had no licence for the session’s state on that day",
    Code.NO_SUPERVISOR: "You need a supervisor on that day, and the EHR has none on record",
    Code.NOT_SUPERVISING: "You do not supervise the one who signed",
    Code.NAMES_ANOTHER: "Names another client: replace the name, for example by “another group member”",
    Code.RESTRICTED_SHARED: "Something said in confidence stands in the shared part: move or remove it",
    Code.CLONED: "Nearly the same words as another client’s section",
    Code.ALREADY_SIGNED: "Signed in the EHR already: left out, unless you send it as an addendum",
    Code.DOCUMENTS_FOR_ANOTHER: "Another clinician’s session: the note will say that you documented it",
    Code.LATE: "More than 24 hours after the session: it will be marked as a late entry",
    Code.NOBODYS_CHART: "No patient, so without a chart: this section goes nowhere",
}
WHY_WORDS: Final[Mapping[str, str]] = {
    "not_your_right": "This is not part of your role.",
    "changed_meanwhile": "Somebody else has changed this meanwhile.",
    "not_open": "This draft is not open any more.",
    "no_such_section": "There is no such section.",
    "too_long": "This text is too long.",
    "empty": "An empty text cannot be approved.",
    "reason_missing": "Say why, in a few words.",
    "unknown_template": "There is no such template.",
    "nothing_to_undo": "There is no such version.",
}
STATE_WORDS: Final[Mapping[str, str]] = {
    "open": "AI-drafted, not signed",
    "awaiting_cosign": "AI-drafted, waits for the co-signature",
    "signed": "Signed",
    "blocked": "Not drafted",
    "withdrawn": "Withdrawn",
    "discarded": "Set aside",
}


def labels(facts: SessionFacts) -> dict[str, str]:
    """What each client is called on screen: given name and initial, the whole name where two would be called alike."""
    short = {client.client_id: _short(client.name) for client in facts.clients}
    whole = {client.client_id: client.name for client in facts.clients}
    taken = list(short.values())
    return {
        client_id: (name if taken.count(name) == 1 else whole[client_id]) or client_id
        for client_id, name in short.items()
    }


def _short(name: str) -> str:
    given, _, family = name.partition(" ")
    return f"{given} {family.split()[-1][:1]}" if family.split() else given


def typed_lines(
    lines: Sequence[tuple[str, str]], names: Mapping[str, str], before: SectionState | None = None
) -> list[Line]:
    """Typed sentences (text, part) with the labels put back to ids; one that `before` showed in the same words is the
    sentence it was."""
    back = {label: client_id for client_id, label in names.items()}
    was = {} if before is None else {shown(line.text, names): line.text for line in before.lines}
    return [Line(was.get(text) or shown(text, back), part if part in PARTS else "subjective") for text, part in lines]


def draft_json(opened: Opened, review: Review | None = None) -> dict[str, Any]:
    """Everything the script of the review page works on."""
    now = review or opened.review
    names = labels(opened.facts)
    cited = {one.id: one for one in opened.source.cited}
    return {
        "practice": now.practice_id,
        "draft": now.draft_id,
        "session": now.session_id,
        "state": now.state,
        "state_words": STATE_WORDS[now.state],
        "template": now.template,
        "templates": list(TEMPLATES),
        "version": now.version,
        "sha256": now.sha256,
        "newer": now.newer_version,
        "returned_reason": now.returned_reason,
        "needs_cosign": opened.needs_cosign,
        "sections": [section_json(section, now, opened.facts, names) for section in now.sections],
        "evidence": {
            one.id: {"text": shown(one.text, names), "speaker": names.get(one.speaker or "", one.speaker or "")}
            for one in cited.values()
        },
        "problems": [problem_json(problem) for problem in opened.problems],
        "writes": [_write_json(row) for row in opened.writes],
    }


def section_json(
    section: SectionState, review: Review, facts: SessionFacts, names: Mapping[str, str]
) -> dict[str, Any]:
    """One section, its lines under the headings of the template."""
    client = facts.client(section.client_id)
    signed = None if client is None else client.signed_note_of(review.session_id)
    return {
        "key": section.key,
        "title": "The group" if section.key == SHARED and review.kind in GROUP_KINDS else _title(section, names),
        "client": section.client_id,
        "version": section.version,
        "decision": section.decision,
        "decided_by": section.decided_by,
        "reason": section.reason,
        "addendum": section.addendum,
        "signed_in_ehr": signed is not None,
        "has_chart": client is None or client.patient,
        "attention": section.attention,
        "lines": [
            {
                "text": shown(line.text, names),
                "part": line.part,
                "heading": heading_of(review.template, line.part),
                "evidence": list(line.evidence),
                "flags": list(line.flags),
                "edited": line.edited,
                "look": line.wants_attention,
            }
            for line in section.lines
        ],
        "preview": body(section.lines, review.template, words_for(facts, review.kind, section.client_id)),
    }


def _title(section: SectionState, names: Mapping[str, str]) -> str:
    return "The session" if section.key == SHARED else names.get(section.key, section.key)


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem in words."""
    return {
        "code": problem.code.value,
        "severity": problem.severity,
        "keys": list(problem.keys),
        "words": PROBLEM_WORDS[problem.code],
    }


def _write_json(row: Any) -> dict[str, Any]:
    return {
        "section": row["section_key"],
        "client": row["client_id"],
        "kind": row["kind"],
        "state": row["state"],
        "attempts": row["attempts"],
        "reason": row["reason"],
        "ehr_note": row["ehr_note_id"],
    }


def charts_json(facts: SessionFacts, clients: Sequence[ClientFacts] | None = None) -> list[dict[str, Any]]:
    """What stands beside the draft: each client's plan, scores and earlier notes."""
    return [
        {
            "client": client.client_id,
            "name": client.name or client.client_id,
            "attended": client.attended or "not recorded",
            "arrived": None if client.arrived is None else f"{client.arrived.astimezone(facts.zone):%H:%M}",
            "left": None if client.left is None else f"{client.left.astimezone(facts.zone):%H:%M}",
            "goals": [{"id": goal_id, "text": text} for goal_id, text in client.goals],
            "diagnoses": list(client.diagnoses),
            "scores": [
                {"instrument": one.instrument, "on": "" if one.on is None else one.on.isoformat(), "score": one.score}
                for one in client.scores
            ],
            "notes": [
                {
                    "id": note.note_id,
                    "day": "" if note.day is None else note.day.isoformat(),
                    "status": note.status,
                    "this_session": note.session_id == facts.session_id,
                    "text": note.text,
                }
                for note in client.notes
            ],
        }
        for client in (clients or facts.clients)
    ]
