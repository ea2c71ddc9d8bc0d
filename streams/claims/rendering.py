"""Who rendered the visit, and under whose supervision? Pure. Source: domain-facts §1.4, §1.7 B35, B37."""

from dataclasses import dataclass

from schemas.care import Clinician
from streams.cases import SessionCase
from streams.claims.coding import signed_note
from streams.claims.reason import Reason, because
from streams.files import Held


@dataclass(frozen=True, slots=True)
class Rendered:
    """The clinician of the claim, and the supervisor of that day if one is needed and known."""

    clinician_id: str | None
    clinician: Held[Clinician] | None
    supervisor_id: str | None
    reasons: tuple[Reason, ...]


def rendering_for(case: SessionCase, client_id: str) -> Rendered:
    """Who led; of several leads the one who signed this client's note."""
    facilitators = case.session.facilitators
    leads = [f.clinician for f in facilitators if f.role in ("lead", None)] or [f.clinician for f in facilitators]
    note = signed_note(case, client_id)
    signer = None if note is None else note.data.signed_by
    chosen = signer if signer in leads else next(iter(leads), None)
    if chosen is None:
        return Rendered(None, None, None, ())
    clinician = case.practice.clinician(chosen)
    why = f"Clinician {chosen} led session {case.id}" + (" and signed this client's note." if signer == chosen else ".")
    reasons = [because("rendering", chosen, why, case.appointment, clinician, note if signer == chosen else None)]
    supervisor = _supervisor(case, clinician)
    if supervisor is not None:
        why = f"Clinician {chosen} is an associate; {supervisor} supervised them on that day."
        reasons.append(because("supervising", supervisor, why, clinician))
    return Rendered(chosen, clinician, supervisor, tuple(reasons))


def _supervisor(case: SessionCase, clinician: Held[Clinician] | None) -> str | None:
    if clinician is None or not clinician.data.supervised or case.service_on is None:
        return None
    day, history = case.service_on, clinician.data.supervision
    on_the_day = [
        period.supervisor
        for period in history
        if period.supervisor is not None
        and (period.from_ is None or period.from_ <= day)
        and (period.to is None or day <= period.to)
    ]
    if history:
        return next(iter(sorted(on_the_day)), None)
    return clinician.data.supervisor
