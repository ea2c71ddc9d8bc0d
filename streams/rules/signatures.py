"""Was the form signed in time, and is the signature one? Pure."""

from collections.abc import Iterator
from datetime import date, datetime

from schemas.care import Consent, Form, Signer
from streams.as_of import meant_for, needed_kinds
from streams.cases import ClientCase, ClientView, SessionCase, consent_holds
from streams.rule import Found, Outcome, Recheck, not_recorded
from streams.scope import turning_points


def signed_after_the_session(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C18: a form signed after the end of a session it should have covered leaves a gap for good.

    It should have covered it if it says so (`effective`), or if the session needed such a form and none held. A paper
    signed in time and entered later is in time. Source: domain-facts §2.6 C18 and the care vocabulary's reading.
    """
    ended_at, starts_at, day = case.ended_at, case.starts_at, case.service_on
    if not case.has_ended or ended_at is None or starts_at is None or day is None:
        return
    for client_id in case.participants:
        client = case.client(client_id)
        if client.last_signed_at is None or client.last_signed_at <= ended_at:
            continue
        needed = tuple(needed_kinds(case, client_id))
        for kind in _asked(client, needed):
            on_file = client.consents(kind)
            if not any(_signed_after(consent.data, ended_at) for consent in on_file):
                continue
            own = [consent for consent in on_file if meant_for(case, consent.data)]
            late = [consent for consent in own if _signed_after(consent.data, ended_at)]
            if any(consent_holds(consent.data, starts_at) for consent in own if consent not in late):
                continue
            claiming = [consent for consent in late if _claims(consent.data, day) is not False]
            # of forms that claim nothing, the first one signed is the one this session waited for
            silent = [consent for consent in claiming if _claims(consent.data, day) is None]
            if kind not in needed:
                claiming = [consent for consent in claiming if consent not in silent]
            first = min(silent, key=lambda consent: (consent.data.signed_at, consent.id), default=None)
            for consent in claiming:
                if consent in silent and consent is not first:
                    continue
                yield Found(
                    subject={"session": case.id, "client": client_id, "consent": consent.id},
                    why=f"The {kind.replace('_', ' ')} form {consent.id} of client {client_id} was signed after "
                    f"session {case.id}, which it should have covered, had ended.",
                    todo="Leave the form as it was signed and note the gap; a signature is never dated back.",
                    evidence=(case.appointment, consent),
                )


def _signed_after(consent: Consent, moment: datetime) -> bool:
    """Signed later, by its own date or by the time of every signature on it."""
    times = [signer.at for signer in consent.signers if signer.at is not None]
    dated = consent.signed_at
    return dated is not None and (dated > moment or (bool(times) and min(times) > moment))


def _asked(client: ClientView, needed: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds of form the session needed, and kinds of which one claims to cover earlier days."""
    on_file = client.every_consent
    dated_back = (consent.data.kind for consent in on_file if consent.data.effective is not None)
    return tuple(dict.fromkeys((*needed, *dated_back)))


def _claims(consent: Consent, day: date) -> bool | None:
    """It claims to cover the day; None if it says nothing of the kind."""
    return None if consent.effective is None else consent.effective <= day


def not_a_signature(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C19: each signature has a verified identity, a time and the hash of what was signed, and the form's version has
    not been superseded by a material change.

    A form that another sound one of its kind has replaced is left alone. Source: domain-facts §2.6 C19.
    """
    person = case.file.key.id
    key = "client" if case.practice.clinician(person) is None else "clinician"
    forms = [held.data for held in case.practice.file.all("form")]
    today = case.practice.day_of(now)
    held = [consent for consent in case.client.every_consent if consent_holds(consent.data, now)]
    problems = {consent.id: _problems(consent.data, forms, today) for consent in held}
    yield from turning_points(case.client.every_consent, now)
    for form in forms:
        if form.effective is not None and form.effective > today and form.material_change:
            yield Recheck(case.practice.start_of(form.effective))
    for consent in held:
        wrong, unknown = problems[consent.id]
        if not wrong and not unknown:
            continue
        if any(problems[other.id] == ([], []) and _replaces(other.data, consent.data) for other in held):
            continue
        subject = {key: person, "consent": consent.id}
        if not wrong:
            yield not_recorded(f"{' and '.join(unknown)} on consent {consent.id}", subject, (consent,))
            continue
        yield Found(
            subject=subject,
            why=f"The {consent.data.kind.replace('_', ' ')} form {consent.id} counts as unsigned: {'; '.join(wrong)}.",
            todo="Have the current version signed anew, with identity, time and document recorded.",
            evidence=(consent,),
        )


def _problems(consent: Consent, forms: list[Form], today: date) -> tuple[list[str], list[str]]:
    wrong: list[str] = []
    unknown: list[str] = [] if consent.signers else ["who signed"]
    for signer in consent.signers:
        flaws, gaps = _flaws(signer)
        wrong += [flaw for flaw in flaws if flaw not in wrong]
        unknown += [gap for gap in gaps if gap not in unknown]
    newer = _superseded_by(consent, forms, today)
    if newer is not None:
        wrong.append(f"its version {consent.version} was superseded by {newer}, a material change")
    return wrong, unknown


def _flaws(signer: Signer) -> tuple[list[str], list[str]]:
    flaws = []
    if signer.identity_verified is False or signer.person is None:
        flaws.append("the signer's identity was not verified")
    if signer.at is None:
        flaws.append("a signature bears no time")
    if not signer.document_hash:
        flaws.append("a signature is not bound to what was signed")
    return flaws, ["whether the signer's identity was verified"] if signer.identity_verified is None else []


def _superseded_by(consent: Consent, forms: list[Form], today: date) -> str | None:
    """The version in force today that differs materially from the one signed, through however many versions."""
    version, seen = consent.version, set[str | None]()
    while version is not None and version not in seen:
        seen.add(version)
        newer = next((form for form in forms if _follows(form, consent, version, today)), None)
        if newer is None:
            return None
        if newer.material_change:
            return newer.version
        version = newer.version
    return None


def _follows(form: Form, consent: Consent, version: str, today: date) -> bool:
    same_language = form.language is None or consent.language is None or form.language == consent.language
    in_force = form.effective is None or form.effective <= today
    return form.kind == consent.kind and form.supersedes == version and same_language and in_force


def _replaces(other: Consent, consent: Consent) -> bool:
    return (other.kind, other.unit, other.cycle) == (consent.kind, consent.unit, consent.cycle) and (
        consent.kind not in ("roi", "part2_specific", "group_agreement") or other.recipients == consent.recipients
    )
