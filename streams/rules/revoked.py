"""Which jobs still wait on a consent that has been revoked since? Pure. What was lawfully done stays done."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from schemas.care import Claim, Consent
from streams.cases import ClientCase, SessionCase
from streams.files import Held
from streams.rule import Found, Outcome
from streams.rules.ai_drafting import SEPARATE_NOTES, ai_drafts, drafted_about, tool_of
from streams.rules.attending import for_this_session
from streams.rules.part2 import covered, disclosures
from streams.rules.releasing import RELEASES
from streams.scope import Party, Standing, holds_for, revoked_since, standing, turning_points


def job_on_revoked_consent(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C14, of AI drafts and claims: revoked while the job was queued, or after the draft was made and before it was
    signed. A new consent cures it. A partial revocation counts for the recipients it names.

    Source: domain-facts §2.5 (revocation), §2.6 C14.
    """
    for note in ai_drafts(case):
        if note.data.status not in ("requested", "draft"):
            continue
        asked_at = note.data.requested_at or note.at
        kinds = ["ai_assistance", *(["recording"] if "transcript" in note.data.context else [])]
        kinds += [SEPARATE_NOTES[word] for word in sorted(set(note.data.context) & SEPARATE_NOTES.keys())]
        about = drafted_about(case, note.data) if note.data.client is None else (note.data.client,)
        for client_id in about:
            for kind in kinds:
                consents = [c for c in case.client(client_id).consents(kind) if for_this_session(c.data, case)]
                if not any(_withdrawn(c.data) for c in consents):
                    continue
                yield from turning_points(consents, now)
                revoked = [c for c in consents if revoked_since(c.data, asked_at, now, _party(c.data))]
                if not revoked or any(holds_for(c.data, now, _party(c.data)) for c in consents):
                    continue
                made = "after the draft was made" if note.data.status == "draft" else "while the draft was queued"
                yield Found(
                    subject={"session": case.id, "client": client_id, "note": note.id, "consent": revoked[0].id},
                    why=f"Client {client_id} revoked the {_words(kind)} consent {revoked[0].id} {made} "
                    f"({note.id}, session {case.id}).",
                    todo="Cancel the queued draft."
                    if note.data.status == "requested"
                    else "Set the draft aside, or take this person out of it; it must not be used as it is.",
                    evidence=(note, *revoked),
                )
    for claim in case.claims:
        if claim.data.status == "queued" and claim.data.queued_at is not None:
            yield from _claim(case, claim, claim.data.queued_at, now)


def _claim(case: SessionCase, claim: Held[Claim], queued_at: datetime, now: datetime) -> Iterator[Outcome]:
    data = claim.data
    client = case.client(data.client)
    for kind in ("billing_release", "part2_tpo"):
        if kind == "part2_tpo" and not covered(case.practice, client):
            continue
        consents = client.consents(kind)
        if not any(_withdrawn(c.data) for c in consents):
            continue
        party = Party.payer(data.payer, case.practice)
        yield from turning_points(consents, now)
        if standing(consents, queued_at, now, party) is not Standing.REVOKED_SINCE:
            continue
        revoked = [c for c in consents if revoked_since(c.data, queued_at, now, party)]
        yield Found(
            subject={"session": case.id, "client": data.client, "claim": claim.id, "consent": revoked[0].id},
            why=f"Client {data.client} revoked the {_words(kind)} consent {revoked[0].id} while claim {claim.id} was "
            "queued.",
            todo="Take the claim out of the queue; bill it only under a new consent.",
            evidence=(claim, *revoked),
        )


def disclosure_on_revoked_consent(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C14, of disclosures: the consent it was to be made under was revoked while it waited to go out.

    Source: domain-facts §2.5 (revocation), §2.6 C14.
    """
    for message in disclosures(case):
        if message.data.status != "pending":
            continue
        party = Party.of(message.data)
        under = _made_under(case, message.data.under_consents)
        yield from turning_points(under, now)
        if standing(under, message.at, now, party) is not Standing.REVOKED_SINCE:
            continue
        revoked = [c for c in under if revoked_since(c.data, message.at, now, party)]
        yield Found(
            subject={"client": case.client.id, "message": message.id, "consent": revoked[0].id},
            why=f"Client {case.client.id} revoked the {_words(revoked[0].data.kind)} consent {revoked[0].id} while "
            f"disclosure {message.id} was waiting to go out.",
            todo="Cancel the disclosure.",
            evidence=(message, *revoked),
        )


def _made_under(case: ClientCase, ids: Iterable[str]) -> tuple[Held[Consent], ...]:
    wanted = set(ids)
    consents = (consent for kind in (*RELEASES, "part2_tpo") for consent in case.client.consents(kind))
    return tuple(consent for consent in consents if not wanted or consent.id in wanted)


def _withdrawn(consent: Consent) -> bool:
    return consent.revoked_at is not None or consent.revocation is not None or consent.status == "revoked"


def _party(consent: Consent) -> Party | None:
    return tool_of(consent) if consent.kind == "ai_assistance" else None


def _words(kind: str) -> str:
    return kind.replace("_", " ")
