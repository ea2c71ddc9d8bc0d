"""Which code says what this visit was, for this person: by kind of session, who was there, how long, and the note?

Pure. Source of every rule: domain-facts §1.1; minutes are elapsed ones. The clinician's own signed code wins where the
facts allow it; where they do not, the facts are coded and the disagreement is named.
"""

from dataclasses import dataclass, replace

from schemas.care import Note
from streams.cases import CONJOINT_KINDS, SessionCase
from streams.claims.reason import Reason, Withheld, because, withheld
from streams.files import Held
from streams.policy.procedures import EVALUATION_CODES, SUBSTANCE_USE_CODES, procedure_on
from streams.rule import Evidence
from streams.rules.attendance_billing import individual_code

GROUP, MULTI_FAMILY, WITH_PATIENT, WITHOUT_PATIENT = "90853", "90849", "90847", "90846"
CRISIS, FURTHER_CRISIS, COMPLEXITY = "90839", "90840", "90785"
PROGRAM_GROUP, SUBSTANCE_USE_GROUP = "G0410", "H0005"
QUARTER_HOUR_CODES = frozenset({"H0004", "H2019", "H0036"})
"""Billed in units of fifteen minutes (domain-facts §1.1); eight minutes make the last one."""
_QUARTER, _LEAST_OF_A_QUARTER = 15, 8


@dataclass(frozen=True, slots=True)
class Service:
    """One code and its units, with the reasons."""

    code: str
    units: int
    reasons: tuple[Reason, ...]


def services_of(case: SessionCase, client_id: str, payer_id: str | None) -> tuple[Service, ...] | Withheld:
    """The codes of one person's visit, the main one first; or why there is none.

    `payer_id`: who would be billed; some codes are one payer's only. Presupposes that the session took place.
    """
    kind = case.session.kind
    if kind in CONJOINT_KINDS:
        main = _conjoint(case, client_id)
    elif not case.attended(client_id):
        main = _did_not_come(case, client_id)
    elif kind == "group":
        main = _group(case, client_id, payer_id)
    elif kind == "multi_family":
        main = _multi_family(case, client_id, payer_id)
    elif kind == "crisis":
        main = _crisis(case, client_id)
    else:
        main = _individual(case, client_id)
    if isinstance(main, Withheld):
        return main
    further = _further_crisis(case, main) if main.code == CRISIS else ()
    return (main, *further, *_complexity(case, client_id, main))


def _nothing(case: SessionCase, client_id: str, why: str, *evidence: Evidence | None) -> Withheld:
    return withheld(case.id, client_id, "not_billable", why, case.appointment, *evidence)


def _unknown(case: SessionCase, client_id: str, fact: str, *evidence: Evidence | None) -> Withheld:
    why = f"Not recorded: {fact}, so this cannot be decided."
    return withheld(case.id, client_id, "not_recorded", why, case.appointment, *evidence)


def _did_not_come(case: SessionCase, client_id: str) -> Withheld:
    attendance = case.attendance.get(client_id)
    if attendance is None or attendance.data.status is None:
        return _unknown(case, client_id, f"whether client {client_id} attended session {case.id}", attendance)
    word = attendance.data.status.replace("_", " ")
    return _nothing(
        case, client_id, f"Client {client_id} was not there ({word}); a missed visit is never billed.", attendance
    )


# --- what the note says ------------------------------------------------------------------------------------------


def signed_note(case: SessionCase, client_id: str) -> Held[Note] | None:
    """This client's own signed note of the session; the one signed last."""
    signed = [n for n in case.notes_of(client_id) if n.data.status == "signed" and n.data.kind != "addendum"]
    return max(signed, key=lambda note: (note.data.signed_at or note.at, note.id), default=None)


def _as_noted(case: SessionCase, client_id: str, service: Service, also_right: frozenset[str]) -> Service:
    """The signed note's code where the facts allow it, else the facts' own with a word about the difference."""
    note = signed_note(case, client_id)
    noted = None if note is None else note.data.code
    if note is None or noted is None or noted == service.code:
        agreed = () if noted is None else (because("code", service.code, f"The signed note says {noted} too.", note),)
        return replace(service, reasons=(*service.reasons, *agreed))
    if noted in also_right:
        why = f"The clinician signed {noted}, which this visit allows as well as {service.code}."
        return Service(noted, service.units, (*service.reasons, because("code", noted, why, note)))
    why = f"The signed note says {noted}; by what is recorded the visit is {service.code}. One of the two is wrong."
    return replace(service, reasons=(*service.reasons, because("code", service.code, why, note)))


def _coded(case: SessionCase, code: str, why: str, *evidence: Evidence | None, units: int = 1) -> Service:
    return Service(code, units, (because("code", code, why, case.appointment, *evidence),))


# --- kinds of session ----------------------------------------------------------------------------------------------


def _group(case: SessionCase, client_id: str, payer_id: str | None) -> Service | Withheld:
    present = len(case.attending)
    if present < 2:
        return withheld(
            case.id,
            client_id,
            "waits",
            f"Only client {client_id} was there, so session {case.id} was no group; the clinician decides whether it "
            "truly was an individual visit, and records it so.",
            case.appointment,
            *case.attendance.values(),
        )
    attendance = case.attendance[client_id]
    record = case.client(client_id).record
    programs = {case.session.program, None if record is None else record.data.program}
    payer = case.policy.payer(payer_id)
    substance_use = (case.group is not None and case.group.data.kind == "sud") or (
        record is not None and bool(record.data.sud_program)
    )
    in_program = bool(programs & {"php", "iop"})
    also_right = frozenset({GROUP})
    also_right |= {SUBSTANCE_USE_GROUP} if substance_use else set()
    also_right |= {"G0410", "G0411"} if in_program else set()
    if "php" in programs and payer.kind == "medicare":
        why = "A group of a partial hospitalisation program is billed to Medicare with this code."
        return _as_noted(case, client_id, _coded(case, PROGRAM_GROUP, why, attendance, record), frozenset())
    if substance_use and payer.kind == "medicaid":
        why = "Group counselling of a substance use program, one unit for each client who was there."
        return _as_noted(case, client_id, _coded(case, SUBSTANCE_USE_GROUP, why, attendance, record), also_right)
    why = f"Group psychotherapy with {present} clients present; one unit for each who was there."
    return _as_noted(case, client_id, _coded(case, GROUP, why, attendance, case.group), also_right)


def _multi_family(case: SessionCase, client_id: str, payer_id: str | None) -> Service | Withheld:
    if not case.families:
        return _unknown(case, client_id, f"which families came to session {case.id}", case.group)
    present = {id_: members & set(case.attending) for id_, members in case.families.items()}
    there = {id_: members for id_, members in present.items() if members}
    if len(there) < 2:
        why = f"Only {'one family' if there else 'no family'} was there, so this was no multi-family group."
        return _nothing(case, client_id, why, case.group)
    family_id = next((id_ for id_, members in sorted(there.items()) if client_id in members), None)
    if family_id is None:
        return _unknown(case, client_id, f"to which family client {client_id} belongs", case.group)
    stands_for = _patient_of_family(case, family_id, there[family_id])
    if stands_for is not None and client_id != stands_for:
        why = f"A multi-family visit is billed once for family {family_id}, on client {stands_for}."
        return _nothing(case, client_id, why, case.group)
    if case.policy.payer(payer_id).kind == "medicare":
        return _nothing(case, client_id, "Medicare does not cover multi-family groups.", case.group)
    why = f"Multi-family group with {len(there)} families; once for family {family_id}."
    return _as_noted(
        case, client_id, _coded(case, MULTI_FAMILY, why, case.attendance[client_id], case.group), frozenset()
    )


def _patient_of_family(case: SessionCase, family_id: str, present: frozenset[str]) -> str | None:
    """On whom a family's visit is billed: its identified patient, else the first of its patients who was there."""
    file = case.unit_file(family_id)
    family = None if file is None else file.one("family")
    identified = None if family is None else family.data.identified_patient
    if identified in present:
        return str(identified)
    return next((member for member in sorted(present) if case.client(member).is_patient), None)


def _conjoint(case: SessionCase, client_id: str) -> Service | Withheld:
    patient = case.session.identified_patient
    kind = "couples" if case.session.kind == "couple" else "family"
    if patient is None:
        return _unknown(case, client_id, f"the identified patient of session {case.id}")
    if client_id != patient:
        return _nothing(case, client_id, f"A {kind} visit is billed once, on its identified patient {patient}.")
    if not case.attending:
        return _did_not_come(case, client_id)
    attendance = case.attendance.get(patient)
    there, minutes = case.attended(patient), case.duration_minutes
    if not there and not case.missed(patient):
        return _unknown(case, client_id, f"whether identified patient {patient} attended session {case.id}", attendance)
    others = [person for person in case.attending if person != patient]
    if there and not others:
        why = "Only the identified patient was there, so by its minutes this is an individual visit."
        return _by_minutes(case, client_id, why)
    code = WITH_PATIENT if there else WITHOUT_PATIENT
    if minutes is None:
        return _unknown(case, client_id, f"when session {case.id} began and ended")
    procedure = None if case.service_on is None else procedure_on(code, case.service_on)
    if procedure is not None and not procedure.fits(minutes):
        why = f"The visit lasted {minutes} minutes; {code} needs at least {procedure.least_minutes}."
        return _nothing(case, client_id, why)
    who = (
        f"with identified patient {patient} and {len(others)} more"
        if there
        else f"without identified patient {patient}"
    )
    why = f"A {kind} visit of {minutes} minutes {who}; billed once, on the identified patient."
    return _as_noted(case, client_id, _coded(case, code, why, attendance, case.family), frozenset())


def _crisis(case: SessionCase, client_id: str) -> Service | Withheld:
    minutes = case.duration_minutes
    if minutes is None:
        return _unknown(case, client_id, f"when session {case.id} began and ended")
    if minutes < 30:
        return _by_minutes(case, client_id, "Less than the 30 minutes of a crisis visit.")
    why = f"A crisis visit of {minutes} minutes."
    return _as_noted(case, client_id, _coded(case, CRISIS, why, case.attendance[client_id]), frozenset())


def _further_crisis(case: SessionCase, main: Service) -> tuple[Service, ...]:
    minutes = case.duration_minutes or 0
    procedure = None if case.service_on is None else procedure_on(FURTHER_CRISIS, case.service_on)
    if procedure is None or procedure.least_minutes is None or minutes < procedure.least_minutes:
        return ()
    units = (minutes - procedure.least_minutes) // (procedure.each_further_minutes or 30) + 1
    why = f"{units} further half hour{'s' if units > 1 else ''} beyond the first 74 of {minutes} minutes."
    return (_coded(case, FURTHER_CRISIS, why, units=units),)


def _individual(case: SessionCase, client_id: str) -> Service | Withheld:
    return _by_minutes(case, client_id, "An individual visit.")


def _by_minutes(case: SessionCase, client_id: str, what: str) -> Service | Withheld:
    minutes, note = case.duration_minutes, signed_note(case, client_id)
    if minutes is None:
        return _unknown(case, client_id, f"when session {case.id} began and ended")
    noted = None if note is None else note.data.code
    if noted in QUARTER_HOUR_CODES:
        units = _quarters(minutes)
        if not units:
            return _nothing(
                case, client_id, f"The visit lasted {minutes} minutes, too short for a unit of {noted}.", note
            )
        why = f"The clinician signed {noted}, billed by the quarter hour: {minutes} minutes are {units} units."
        return Service(noted, units, (because("code", noted, why, case.appointment, note),))
    code = individual_code(minutes)
    if code is None:
        return _nothing(case, client_id, f"The visit lasted {minutes} minutes; below 16 nothing is billable.")
    band = f"{what} {minutes} minutes are {code}."
    also_right = EVALUATION_CODES | ({"H0004"} if noted in SUBSTANCE_USE_CODES else frozenset())
    return _as_noted(case, client_id, _coded(case, code, band, case.attendance.get(client_id)), also_right)


def _quarters(minutes: int) -> int:
    whole, rest = divmod(minutes, _QUARTER)
    return whole + (1 if rest >= _LEAST_OF_A_QUARTER else 0)


def _complexity(case: SessionCase, client_id: str, main: Service) -> tuple[Service, ...]:
    """90785 where this client's signed note documents a factor and the main code takes it."""
    note, day = signed_note(case, client_id), case.service_on
    if note is None or day is None or not (note.data.complexity_factor or "").strip():
        return ()
    procedure = procedure_on(COMPLEXITY, day)
    if procedure is None or main.code not in procedure.add_on_to:
        return ()
    why = f"The signed note documents a complexity factor for this client, and {main.code} takes the add-on."
    return (_coded(case, COMPLEXITY, why, note),)
