"""Which claims lie before the biller for these sessions, what speaks against each, and who has none and why?

Pure. Suggestions, the EHR's own queued claims, and what follows on earlier ones, all judged together by the rules.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b

import orjson

from schemas.care import Claim
from schemas.claim_proposal import ClaimFix, ClaimProposal, Difference, FieldReason, Kind, NotProposed
from schemas.finding import Finding
from schemas.professional_claim import Sender
from schemas.remittance import ClaimAnswer
from streams.calendars import Calendars
from streams.cases import FindFile, Opened, PracticeView, SessionCase, cents, open_session
from streams.claims.fixing import fixed
from streams.claims.following import Decided, at_the_payer, differences, is_wrong, replaced, sent_again, sent_on, voided
from streams.claims.form import form_of
from streams.claims.form_checks import form_problems
from streams.claims.reason import Reason, Withheld, because, withheld
from streams.claims.scrubbing import scrub
from streams.claims.sending import sender_of
from streams.claims.suggesting import Suggested, suggest
from streams.files import Held
from streams.rules.coverage_billing import service_day

_FIRST = (None, "primary")


@dataclass(frozen=True, slots=True)
class Proposed:
    """What lies before the biller, and for whom nothing does."""

    proposals: tuple[ClaimProposal, ...]
    not_proposed: tuple[NotProposed, ...]
    sender: Sender | None = None
    sender_cautions: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    case: SessionCase
    kind: Kind
    claim: Held[Claim]
    follows: str | None = None
    reasons: tuple[Reason, ...] = ()
    compared_with: Claim | None = None
    """The claim it is measured against: for one that exists the records', for a correction the one it corrects."""
    problems: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    fixed: tuple[str, ...] = ()


def _nothing_decided(_: str) -> ClaimAnswer | None:
    return None


def propose(
    practice: PracticeView,
    session_ids: Iterable[str],
    find: FindFile,
    calendars: Calendars,
    now: datetime,
    fixes: Mapping[str, ClaimFix] | None = None,
    decided: Decided = _nothing_decided,
) -> Proposed:
    """The proposals of these sessions at that moment. The same files and moment give the same proposals.

    `fixes`: proposal id → what a biller set. `decided`: what a payer decided about a claim (835), where that is known.
    """
    opened = Opened()
    cases = [open_session(practice, id_, find, calendars, opened) for id_ in sorted(set(session_ids))]
    known = [case for case in cases if case is not None]
    standing = {case.id: [c for c in case.claims_billing if at_the_payer(c.data)] for case in known}
    wrong = scrub(practice, {id_: held for id_, held in standing.items() if held}, find, calendars, now)
    drafts: list[_Draft] = []
    refused: list[Withheld] = []
    for case in known:
        for outcome in _of_session(case, now, wrong, decided):
            if isinstance(outcome, Withheld):
                refused.append(outcome)
            else:
                drafts.append(_with_fix(outcome, (fixes or {}).get(outcome.claim.id)))
    claims: dict[str, list[Held[Claim]]] = {}
    for draft in drafts:
        claims.setdefault(draft.case.id, []).append(draft.claim)
    findings = _scrubbed(practice, claims, find, calendars, now)
    today = practice.day_of(now)
    proposals = [_proposal(draft, findings.get(draft.claim.id, ()), decided, today) for draft in drafts]
    return Proposed(tuple(proposals), tuple(_not_proposed(practice, one) for one in refused), *sender_of(practice))


def _scrubbed(
    practice: PracticeView,
    claims: Mapping[str, list[Held[Claim]]],
    find: FindFile,
    calendars: Calendars,
    now: datetime,
) -> dict[str, tuple[Finding, ...]]:
    """What speaks against each claim; a right one does not suffer from a wrong one beside it, which is not sent."""
    findings = scrub(practice, claims, find, calendars, now)
    wrong = {id_ for id_, found in findings.items() if any(_own_fault(finding) for finding in found)}
    if not any(_shared(finding) for id_, found in findings.items() if id_ not in wrong for finding in found):
        return findings
    kept_back = {
        session_id: [
            Held(c.id, c.at, c.live, c.data.model_copy(update={"status": "voided"})) if c.id in wrong else c
            for c in held
        ]
        for session_id, held in claims.items()
    }
    without = scrub(practice, kept_back, find, calendars, now)
    return {id_: found if id_ in wrong else without[id_] for id_, found in findings.items()}


def _own_fault(finding: Finding) -> bool:
    return finding.severity == "block" and "claim" in finding.subject


def _shared(finding: Finding) -> bool:
    return finding.severity == "block" and "claim" not in finding.subject


def _of_session(
    case: SessionCase, now: datetime, wrong: Mapping[str, tuple[Finding, ...]], decided: Decided
) -> Iterator[_Draft | Withheld]:
    by_client: dict[str, list[Held[Claim]]] = {}
    for claim in case.claims_billing:
        by_client.setdefault(claim.data.client, []).append(claim)
    people = case.people if case.took_place else tuple(sorted(by_client))
    for client_id in people:
        mine = by_client.get(client_id, [])
        wanted: Suggested | Withheld
        if case.took_place:
            wanted = suggest(case, client_id, now)
        else:
            why = f"Session {case.id} did not take place."
            wanted = withheld(case.id, client_id, "not_billable", why, case.appointment)
        first = [claim for claim in mine if claim.data.sequence in _FIRST]
        if not first and not mine:
            yield _new(case, wanted) if isinstance(wanted, Suggested) else wanted
        for claim in mine:
            yield from _of_claim(case, claim, wanted, now, wrong.get(claim.id, ()))
        second = {claim.data.payer for claim in mine if claim.data.sequence not in _FIRST}
        for claim in first:
            onward = sent_on(case, claim, now, decided)
            if isinstance(onward, Withheld):
                if not second:
                    yield onward
            elif onward is not None and onward[0].data.payer not in second:
                yield _Draft(case, "secondary", onward[0], claim.id, onward[1])


def _new(case: SessionCase, suggested: Suggested) -> _Draft:
    draft = _Draft(case, "new", suggested.claim, None, suggested.reasons)
    draft.problems += [f"Not recorded: {fact}." for fact in suggested.unknown]
    return draft


def _of_claim(
    case: SessionCase,
    claim: Held[Claim],
    wanted: Suggested | Withheld,
    now: datetime,
    findings: tuple[Finding, ...],
) -> Iterator[_Draft | Withheld]:
    """What is to be done about a claim that exists."""
    data, client_id = claim.data, claim.data.client
    secondary = data.sequence not in _FIRST
    match data.status:
        case "queued":
            draft = _Draft(case, "queued", claim, None)
            why = f"The EHR holds claim {claim.id} ready to be sent."
            draft.reasons = (because("claim", claim.id, why, claim),)
            if isinstance(wanted, Withheld):
                draft.cautions.append(wanted.why)
            elif not secondary and data.frequency in (None, 1):
                draft.reasons += wanted.reasons
                draft.compared_with = wanted.claim.data
            yield draft
        case "rejected" if isinstance(wanted, Suggested) and not secondary:
            draft = _new(case, wanted)
            draft.kind, draft.follows = "resubmission", claim.id
            draft.claim = sent_again(case, claim, wanted, now)
            why = f"Claim {claim.id} was turned away before adjudication, so it goes out again as new."
            draft.reasons = (because("frequency", "1", why, claim), *draft.reasons)
            draft.compared_with = data
            yield draft
        case _ if at_the_payer(data):
            yield _corrected(case, claim, wanted, now, findings)
        case status:
            why = f"Claim {claim.id} is {status}; there is nothing to do until the payer answers."
            yield withheld(case.id, client_id, "billed", why, claim)


def _corrected(
    case: SessionCase,
    claim: Held[Claim],
    wanted: Suggested | Withheld,
    now: datetime,
    findings: tuple[Finding, ...],
) -> _Draft | Withheld:
    data, against = claim.data, is_wrong(findings)
    if data.status == "denied" and not against:
        why = f"Claim {claim.id} was denied and nothing on record speaks against it; appeal it, or correct the record."
        return withheld(case.id, data.client, "waits", why, claim)
    if not against or data.sequence not in _FIRST:
        return withheld(case.id, data.client, "billed", f"Claim {claim.id} is {data.status}.", claim)
    rules = ", ".join(sorted({finding.rule for finding in against}))
    if isinstance(wanted, Withheld):
        if wanted.kind != "not_billable":
            return withheld(case.id, data.client, "waits", f"Claim {claim.id} is wrong ({rules}). {wanted.why}", claim)
        why = f"Claim {claim.id} should not have been sent ({rules}). {wanted.why}"
        return _Draft(case, "void", voided(case, claim, now), claim.id, (because("frequency", "8", why, claim),))
    changed = differences(data, wanted.claim.data)
    if not changed:
        why = f"Claim {claim.id} is wrong ({rules}), but not by anything that a replacement would change."
        return withheld(case.id, data.client, "waits", why, claim)
    why = f"The payer has claim {claim.id}, which is wrong ({rules}); this takes its place."
    draft = _new(case, wanted)
    draft.kind, draft.follows, draft.claim = "replacement", claim.id, replaced(case, claim, wanted, now)
    draft.reasons = (because("frequency", "7", why, claim), *draft.reasons)
    draft.compared_with = data
    return draft


def _with_fix(draft: _Draft, fix: ClaimFix | None) -> _Draft:
    if fix is not None:
        draft.claim = fixed(draft.case, draft.claim, fix)
        draft.fixed = fix.fields
    return draft


def _proposal(draft: _Draft, findings: tuple[Finding, ...], decided: Decided, today: date) -> ClaimProposal:
    case, claim = draft.case, draft.claim
    written = form_of(case, claim, decided)
    problems = [*draft.problems, *written.problems]
    if written.form is not None:
        problems += form_problems(written.form, today)
    problems = list(dict.fromkeys(problems))
    data = claim.data
    # a void may well go out for a claim that is wrong: what speaks against the original does not speak against it
    kept = findings if draft.kind != "void" else tuple(f for f in findings if f.rule in ("B43", "B44", "B45"))
    return ClaimProposal(
        id=claim.id,
        practice_id=case.practice.id,
        session_id=case.id,
        client_id=data.client,
        payer_id=data.payer or "",
        kind=draft.kind,
        follows=draft.follows,
        service_on=service_day(case, claim),
        total_cents=cents(data.total) or 0,
        claim=data,
        form=written.form,
        reasons=tuple(FieldReason(field=r.field, says=r.says, why=r.why, evidence=r.evidence) for r in draft.reasons),
        differences=_differences(draft),
        findings=kept,
        problems=tuple(problems),
        cautions=tuple(dict.fromkeys((*draft.cautions, *written.cautions))),
        fixed=draft.fixed,
        fingerprint=_fingerprint(draft, kept, problems),
    )


def _differences(draft: _Draft) -> tuple[Difference, ...]:
    if draft.compared_with is None:
        return ()
    if draft.kind == "queued":
        return differences(draft.claim.data, draft.compared_with)
    return differences(draft.compared_with, draft.claim.data)


def _fingerprint(draft: _Draft, findings: tuple[Finding, ...], problems: list[str]) -> str:
    claim = draft.claim.data.model_dump(mode="json", exclude={"queued_at"})
    against = [(f.rule, f.severity, sorted(f.subject.items()), f.predicts) for f in findings]
    said = orjson.dumps([draft.kind, claim, against, problems], option=orjson.OPT_SORT_KEYS)
    return blake2b(said, digest_size=8).hexdigest()


def _not_proposed(practice: PracticeView, one: Withheld) -> NotProposed:
    return NotProposed.model_validate(
        {
            "practice_id": practice.id,
            "session_id": one.session_id,
            "client_id": one.client_id,
            "kind": one.kind,
            "why": one.why,
            "evidence": one.evidence,
        }
    )
