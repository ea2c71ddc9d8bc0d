"""May this person take part from where they are? Telehealth consent, a known place, a licence for it. Pure."""

from collections.abc import Iterator
from datetime import date, datetime

from schemas.care import Clinician
from streams.cases import SessionCase
from streams.files import Held
from streams.rule import Evidence, Found, Outcome, Recheck, not_recorded
from streams.rules.attending import alert_from


def remote_without_consent_or_place(case: SessionCase, now: datetime) -> Iterator[Outcome]:
    """C07: who takes part remotely has a telehealth consent that holds at the start, is in a state that was recorded,
    and the clinician who leads is licensed there on the day.

    Somebody who came to the office for a remote session is not remote. Source: domain-facts §2.5, §2.6 C07.
    """
    told_from, starts_at = alert_from(case), case.starts_at
    if told_from is None or starts_at is None or not case.remote:
        return
    if now < told_from:
        yield Recheck(told_from)
        return
    lead, licensed_in = _lead(case), dict[str, bool | None]()
    for client_id in case.participants:
        record = case.attendance.get(client_id)
        location = None if record is None else record.data.location
        if location is not None and location.place == "office":
            continue
        subject = {"session": case.id, "client": client_id}
        problems: list[str] = []
        evidence: list[Evidence | None] = [case.appointment, record]
        client = case.client(client_id)
        if not client.consents_holding("telehealth", starts_at):
            on_file = client.consents("telehealth")
            expired = any(c.data.expires is not None and c.data.expires <= starts_at for c in on_file)
            problems.append("their telehealth consent has expired" if expired else "they have no telehealth consent")
            evidence += on_file
        state = None if location is None else location.state
        unknown: str | None = None
        if case.attended(client_id) and not state:
            problems.append("the state they are in was not recorded")
        elif state is not None and case.service_on is not None:
            if state not in licensed_in:
                licensed_in[state] = None if lead is None else _licensed(lead.data, state, case.service_on)
            licensed = licensed_in[state]
            evidence.append(lead)
            if licensed is False and lead is not None:
                subject["clinician"] = lead.id
            if licensed is None:
                unknown = f"in which states the clinician who leads session {case.id} is licensed"
            elif not licensed and lead is not None:
                problems.append(f"{lead.id} is not licensed in {state} on {case.service_on}")
        if problems:
            yield Found(
                subject=subject,
                why=f"Client {client_id} takes part in session {case.id} remotely, but {'; '.join(problems)}.",
                todo="Record place and consent before the session starts, and see this person only where the "
                "clinician is licensed.",
                evidence=tuple(evidence),
                since=told_from,
            )
        elif unknown is not None:
            yield not_recorded(unknown, subject, tuple(evidence))


def _lead(case: SessionCase) -> Held[Clinician] | None:
    facilitators = case.session.facilitators
    lead = next((f for f in facilitators if f.role in ("lead", None)), facilitators[0] if facilitators else None)
    return None if lead is None else case.practice.clinician(lead.clinician)


def _licensed(clinician: Clinician, state: str, day: date) -> bool | None:
    if not clinician.licenses:
        return None
    return any(
        license_.state == state
        and (license_.from_ is None or license_.from_ <= day)
        and (license_.to is None or day <= license_.to)
        for license_ in clinician.licenses
    )
