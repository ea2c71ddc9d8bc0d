"""Who is billed first for this person on this day, under which authorization? Pure.

Employee assistance before the plan, plans in their order, nothing for whoever pays alone. Source: domain-facts §1.4,
§1.7 B20, B23, B24, B47, B50.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from schemas.care import Authorization, Claim, Coverage
from streams.cases import ClientCase, ClientView, SessionCase
from streams.claims.reason import Reason, Withheld, because, withheld
from streams.files import Held
from streams.rules.authorization_billing import EAP
from streams.rules.coverage_billing import covers


@dataclass(frozen=True, slots=True)
class Insurance:
    """Who is billed. `behind`: the coverages that pay after it, in their order."""

    payer_id: str
    coverage: Held[Coverage] | None
    behind: tuple[Held[Coverage], ...]
    assistance: Held[Authorization] | None
    reasons: tuple[Reason, ...]


def insurance_of(case: SessionCase, client_id: str) -> Insurance | Withheld:
    """Who is billed first, or why no payer is."""
    client, day = case.client(client_id), case.service_on
    if day is None:
        return withheld(
            case.id, client_id, "not_recorded", f"Not recorded: when session {case.id} was.", case.appointment
        )
    refusal = _pays_alone(case, client)
    if refusal is not None:
        return refusal
    in_force = sorted(
        (held for held in client.coverages if covers(held.data, day) and held.data.payer),
        key=lambda held: (held.data.rank if held.data.rank is not None else 99, held.id),
    )
    plans = [held for held in in_force if case.policy.payer(held.data.payer).kind != EAP]
    assistance = assistance_with_room(case, client, day)
    if assistance is not None:
        payer = assistance.data.payer or next((h.data.payer for h in in_force if h not in plans), None)
        card = next((held for held in in_force if held.data.payer == payer), None)
        if payer is not None:
            why = "An employee assistance authorization is in force with visits left; it pays before any plan."
            return Insurance(payer, card, tuple(plans), assistance, (because("payer", payer, why, assistance, card),))
    if not plans:
        why = f"No coverage of client {client_id} was in force on {day}; the client is invoiced instead."
        return withheld(case.id, client_id, "not_billable", why, *client.coverages)
    first, *behind = plans
    why = f"Coverage {first.id} was in force on {day}" + (
        f" and pays first of {len(plans)}." if behind else ", the only one."
    )
    payer = first.data.payer or ""
    return Insurance(payer, first, tuple(behind), None, (because("payer", payer, why, *plans),))


def _pays_alone(case: SessionCase, client: ClientView) -> Withheld | None:
    record = client.record
    if not client.is_patient:
        why = f"Client {client.id} is a relative, not a patient; nothing is billed for them."
        return withheld(case.id, client.id, "not_billable", why, record)
    if record is not None and record.data.restrict_disclosure_to_plan:
        why = f"Client {client.id} paid in full and asked that the plan not be told; no claim may go out."
        return withheld(case.id, client.id, "not_billable", why, record)
    if record is not None and record.data.self_pay:
        why = f"Client {client.id} pays for themselves; an invoice, not a claim."
        return withheld(case.id, client.id, "not_billable", why, record)
    charge = next((c for c in case.charges if c.data.client == client.id and c.data.code), None)
    if charge is not None:
        why = f"Charge {charge.id} already invoices client {client.id} for this visit."
        return withheld(case.id, client.id, "billed", why, charge)
    return None


def _in_force(authorization: Authorization, day: date) -> bool:
    return not (authorization.start is not None and day < authorization.start) and not (
        authorization.end is not None and day > authorization.end
    )


def assistance_with_room(case: SessionCase, client: ClientView, day: date) -> Held[Authorization] | None:
    """An employee assistance authorization in force that day with visits left."""
    for held in client.authorizations:
        if held.data.kind == EAP and _in_force(held.data, day) and units_left(case, client, held) > 0:
            return held
    return None


def authorization_for(
    case: SessionCase, client: ClientView, payer_id: str, code: str, units: int, rendering: str | None, day: date
) -> Held[Authorization] | None:
    """The authorization of that payer that covers the visit and still has room; the one that ends first."""
    fitting = [
        held
        for held in client.authorizations
        if held.data.payer in (None, payer_id)
        and _in_force(held.data, day)
        and (not held.data.codes or code in held.data.codes)
        and (not held.data.clinicians or rendering in held.data.clinicians)
        and units_left(case, client, held) >= units
    ]
    return min(fitting, key=lambda held: (held.data.end or date.max, held.id), default=None)


_WITHOUT_LIMIT = 10**9


def units_left(case: SessionCase, client: ClientView, authorization: Held[Authorization]) -> int:
    """What was approved, less what was used before and what standing claims of other sessions use of it."""
    data = authorization.data
    if data.units_approved is None:
        return _WITHOUT_LIMIT
    used = data.units_used_before or 0
    file = client.file
    if file is None:
        return data.units_approved - used
    ledger = ClientCase(case.practice, file, case.find, case.calendars, case.opened)
    sessions = ledger.sessions_between(data.start or date(2000, 1, 1), data.end or case.practice.last_day)
    for session in sessions:
        if session.id != case.id:
            used += sum(_units(client.id, data, (line.claim for line in session.billed_lines), session))
    return data.units_approved - used


def _units(
    client_id: str, authorization: Authorization, claims: Iterable[Held[Claim]], session: SessionCase
) -> Iterable[int]:
    for claim in {held.id: held for held in claims}.values():
        data = claim.data
        cites = data.authorization_number == authorization.number
        silent = data.authorization_number is None and data.payer == authorization.payer
        if data.client != client_id or data.status == "denied" or not (cites or silent):
            continue
        for line in session.lines_of_claim.get(claim.id, ()):
            if not authorization.codes or line.code in authorization.codes:
                yield line.units
