"""What would the payer's file say of this claim? The claim with the names, addresses and numbers it needs. Pure.

Must never guess what nobody recorded: each missing thing is named, and the claim is not written.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from schemas.care import Claim, ClaimLine, Client, Coverage, Practice
from schemas.professional_claim import Postal, ProfessionalClaim
from schemas.remittance import ClaimAnswer
from streams.cases import SessionCase, cents
from streams.claims.sendable import exact, person_name, postal, sendable
from streams.claims.suggesting import claim_id
from streams.files import Held
from streams.policy.icd10cm import plain
from streams.rules.coverage_billing import covers, service_day

RELATIONS = {
    "self": "18", "spouse": "01", "wife": "01", "husband": "01", "child": "19", "son": "19", "daughter": "19",
    "stepchild": "19", "employee": "20", "unknown": "21", "partner": "53", "life_partner": "53",
    "domestic_partner": "53",
}  # fmt: skip
"""Our words for what the patient is of the subscriber → X12; anything else is G8, other."""
FILING_CODES = {"commercial": "CI", "eap": "CI", "medicare": "MB", "medicaid": "MC"}
ORDERS = {None: "P", "primary": "P", "secondary": "S", "tertiary": "T"}
_LONGEST_NUMBER = 20


@dataclass(slots=True)
class Written:
    """The form, or None with what it lacks; `cautions` are about what it holds all the same."""

    form: ProfessionalClaim | None
    problems: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)


Decided = Callable[[str], ClaimAnswer | None]
"""What a payer decided (835) about the claim with this id, if that is known."""


def form_of(case: SessionCase, claim: Held[Claim], decided: Decided = lambda _: None) -> Written:
    """The claim as an 837P would carry it."""
    return _Former(case, claim, decided).written()


def control_number(id_: str, *, practice_id: str) -> str:
    """CLM01: the claim's own id where it fits, else a short one that always follows from it."""
    fits = len(id_) <= _LONGEST_NUMBER and id_ == id_.upper() and exact(id_, _LONGEST_NUMBER) == id_
    plain_ = fits and all(character.isalnum() or character == "-" for character in id_)
    return id_ if plain_ else claim_id("control", practice_id, id_)


class _Former:
    def __init__(self, case: SessionCase, claim: Held[Claim], decided: Decided) -> None:
        self.case, self.held, self.claim, self.decided = case, claim, claim.data, decided
        self.problems: list[str] = []
        self.cautions: list[str] = []

    def written(self) -> Written:
        data = self._data()
        if self.problems:
            return Written(None, self.problems, self.cautions)
        try:
            return Written(ProfessionalClaim.model_validate(data), [], self.cautions)
        except ValidationError as error:
            places = {_place(item["loc"]) for item in error.errors(include_input=False, include_url=False)}
            return Written(None, [f"{place} cannot be written as it stands" for place in sorted(places)], self.cautions)

    def _missing(self, what: str) -> None:
        self.problems.append(f"Not recorded: {what}.")

    def _need(self, value: Any, what: str) -> Any:
        if value is None or value == "":
            self._missing(what)
        return value

    # --- the whole -----------------------------------------------------------------------------------------------

    def _data(self) -> dict[str, Any]:
        claim, coverage = self.claim, self._coverage(self.claim.coverage)
        relation = _relation(claim.relation or (None if coverage is None else coverage.relation))
        payer = self._payer(claim.payer)
        subscriber, patient = self._insured(coverage, relation)
        other = self._other() if claim.sequence == "secondary" else None
        return {
            "control_number": control_number(self.held.id, practice_id=self.case.practice.id),
            "claim_id": self.held.id,
            "order": ORDERS.get(claim.sequence, "P"),
            "filing_code": self._filing_code(claim.payer),
            "relation": relation,
            "subscriber": subscriber,
            "patient": patient,
            "payer": payer,
            "total_cents": self._need(cents(claim.total), "the claim's total"),
            "place": self._need(claim.place_of_service, "the place of service"),
            "frequency": 1 if claim.frequency is None else claim.frequency,
            "assignment": str(claim.assignment_of_benefits).upper() in ("Y", "W", "TRUE"),
            "release": self._need(claim.release_of_information, "the release of information (CLM09)"),
            "patient_paid_cents": cents(claim.copay_collected),
            "authorization_number": self._exact(claim.authorization_number, 50, "the authorization number"),
            "payer_control_number": self._exact(claim.original_ref, 50, "the payer's number of the original claim"),
            "diagnoses": [plain(code) for code in claim.diagnoses] or self._need(None, "any diagnosis"),
            "rendering": self._professional(claim.rendering, claim.rendering_npi, claim.rendering_taxonomy),
            "supervising": self._professional(claim.supervising, None, None),
            "billing": self._billing(self.case.practice.record.data),
            "other": other,
            "lines": [self._line(number, line) for number, line in enumerate(claim.lines, 1)]
            or self._need(None, "any service line"),
            "medicare_secondary_reason": self._secondary_reason(),
        }

    def _coverage(self, id_: str | None) -> Coverage | None:
        held = self.case.client(self.claim.client).coverage(id_)
        return None if held is None else held.data

    def _exact(self, text: str | None, most: int, what: str) -> str | None:
        if not text:
            return None
        written = exact(text, most)
        if written is None:
            self.problems.append(f"{what[:1].upper()}{what[1:]} holds characters that a claim cannot carry.")
        return written

    # --- people --------------------------------------------------------------------------------------------------

    def _insured(self, coverage: Coverage | None, relation: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
        claim = self.claim
        record = self.case.client(claim.client).record
        name = claim.patient_name or (None if record is None else record.data.name)
        dob = claim.patient_dob or (None if record is None else record.data.dob)
        patient: dict[str, Any] = {
            "name": self._need(person_name(name), "the patient's name"),
            "member_id": None,
            "birth_date": self._need(dob, "the patient's birth date"),
            "address": self._patient_address(record),
        }
        member_id = self._exact(
            claim.member_id or (None if coverage is None else coverage.member_id), 80, "the member id"
        )
        if member_id is None:
            self._missing("the member id of the coverage")
        if relation == "18":
            return {**patient, "member_id": member_id}, None
        subscriber_id = None if coverage is None else coverage.subscriber
        insured = None if subscriber_id is None else self.case.client(subscriber_id).record
        subscriber = {
            "name": self._need(
                person_name(None if insured is None else insured.data.name),
                "the name of the subscriber through whom the patient is insured",
            ),
            "member_id": member_id,
        }
        return subscriber, patient

    def _patient_address(self, record: Held[Client] | None) -> Postal | None:
        own = postal(None if record is None else record.data.address)
        if own is not None:
            return own
        self.cautions.append("No address of the patient is recorded; the practice's stands in its place.")
        return self._practice_address()

    def _practice_address(self) -> Postal | None:
        return postal(self.case.practice.record.data.address)

    def _professional(self, clinician_id: str | None, npi: str | None, taxonomy: str | None) -> dict[str, Any] | None:
        if clinician_id is None:
            return None
        clinician = self.case.practice.clinician(clinician_id)
        known = None if clinician is None else clinician.data
        return {
            "name": self._need(
                person_name(None if known is None else known.name), f"the name of clinician {clinician_id}"
            ),
            "npi": self._need(npi or (None if known is None else known.npi), f"the NPI of clinician {clinician_id}"),
            "taxonomy": taxonomy or (None if known is None else known.taxonomy),
        }

    def _billing(self, practice: Practice) -> dict[str, Any]:
        digits = "".join(character for character in practice.tax_id or "" if character.isdigit())
        address = self._practice_address()
        zip_ = "".join(character for character in self.claim.billing_zip or "" if character.isdigit())
        if address is not None and len(zip_) in (5, 9):
            address = address.model_copy(update={"zip": zip_})
        return {
            "name": self._need(sendable(practice.name, 60), "the practice's name"),
            "npi": self._need(self.claim.billing_npi or practice.npi, "the practice's NPI"),
            "is_person": practice.npi_type == 1,
            "taxonomy": practice.taxonomy,
            "tax_id": self._need(digits or None, "the practice's tax id"),
            "address": self._need(address, "the practice's address"),
        }

    # --- payers --------------------------------------------------------------------------------------------------

    def _payer(self, payer_id: str | None) -> dict[str, Any]:
        """The payer under the number its clearinghouse knows: `electronic_id` of the payer's policy, else its own id.
        `filing_code` (SBR09) and `secondary_reason` (SBR05, Medicare) may stand there too."""
        policy = self.case.policy.payer(payer_id)
        own = (policy.model_extra or {}).get("electronic_id")
        number = exact(str(own) if own else payer_id, 80)
        return {
            "name": sendable(policy.name or payer_id, 60),
            "id": self._need(number, "the payer's electronic id"),
        }

    def _filing_code(self, payer_id: str | None) -> str:
        policy = self.case.policy.payer(payer_id)
        own = (policy.model_extra or {}).get("filing_code")
        return str(own) if own else FILING_CODES.get(policy.kind, "CI")

    def _secondary_reason(self) -> str | None:
        policy = self.case.policy.payer(self.claim.payer)
        if self.claim.sequence != "secondary" or policy.kind != "medicare":
            return None
        return (policy.model_extra or {}).get("secondary_reason")

    def _other(self) -> dict[str, Any] | None:
        """The payer that decided first, on a secondary claim."""
        earlier, day = self.claim.primary_adjudicated, service_day(self.case, self.held)
        if earlier is None:
            self._missing("what the primary payer decided")
            return None
        client = self.case.client(self.claim.client)
        primary = next((c.data for c in self.case.claims if c.id == earlier.claim), None)
        coverage = next(
            (
                held
                for held in sorted(client.coverages, key=lambda held: (held.data.rank or 99, held.id))
                if held.id != self.claim.coverage and (day is None or covers(held.data, day))
            ),
            None,
        )
        if primary is not None and primary.coverage is not None:
            coverage = client.coverage(primary.coverage) or coverage
        if coverage is None:
            self._missing("the coverage of the primary payer")
            return None
        data, relation = coverage.data, _relation(coverage.data.relation)
        subscriber, _ = self._insured_by(data, relation)
        answer = None if earlier.claim is None else self.decided(earlier.claim)
        paid = cents(earlier.paid) if answer is None else answer.paid_cents
        by_line = answer is not None and len(answer.lines) == len(self.claim.lines)
        return {
            "order": "P",
            "relation": relation,
            "filing_code": self._filing_code(data.payer),
            "subscriber": subscriber,
            "payer": self._payer(data.payer),
            "paid_cents": self._need(paid, "what the primary payer paid"),
            "adjudicated_on": None if by_line else self._need(earlier.date, "when the primary payer decided"),
            "payer_control_number": self._exact(
                None if primary is None else primary.payer_control_number, 50, "the primary payer's control number"
            ),
            "assignment": True,
            "release": self.claim.release_of_information or "Y",
        }

    def _insured_by(self, coverage: Coverage, relation: str) -> tuple[dict[str, Any], None]:
        person = self.claim.client if relation == "18" else coverage.subscriber
        record = None if person is None else self.case.client(person).record
        name = coverage.patient_name if relation == "18" and coverage.patient_name else None
        name = name or (None if record is None else record.data.name)
        return {
            "name": self._need(person_name(name), "the name of the primary coverage's subscriber"),
            "member_id": self._exact(coverage.member_id, 80, "the member id of the primary coverage"),
        }, None

    # --- lines ---------------------------------------------------------------------------------------------------

    def _line(self, number: int, line: ClaimLine) -> dict[str, Any]:
        which = f"line {number}"
        return {
            "procedure": self._need(line.code, f"the code of {which}"),
            "modifiers": list(line.modifiers),
            "charge_cents": self._need(cents(line.amount), f"the amount of {which}"),
            "units": 1 if line.units is None else line.units,
            "pointers": list(line.dx_pointers)[:4] or [1],
            "on": self._need(line.date or service_day(self.case, self.held), f"the date of {which}"),
            "adjudicated": self._decided_line(number),
        }

    def _decided_line(self, number: int) -> dict[str, Any] | None:
        earlier = self.claim.primary_adjudicated
        if self.claim.sequence != "secondary" or earlier is None or earlier.claim is None:
            return None
        answer = self.decided(earlier.claim)
        if answer is None or len(answer.lines) != len(self.claim.lines):
            return None
        line = answer.lines[number - 1]
        return {"paid_cents": line.paid_cents, "on": earlier.date or answer.on, "adjustments": list(line.adjustments)}


def _relation(text: str | None) -> str:
    word = (text or "self").strip()
    if word in ("01", "18", "19", "20", "21", "39", "40", "53", "G8"):
        return word
    return RELATIONS.get(word.casefold(), "G8")


_WORDS = {
    "subscriber": "the subscriber", "patient": "the patient", "billing": "the practice", "lines": "a service line",
    "rendering": "the rendering clinician", "supervising": "the supervising clinician", "payer": "the payer",
    "other": "the other payer", "diagnoses": "a diagnosis", "place": "the place of service",
    "total_cents": "the total", "release": "the release of information",
}  # fmt: skip


def _place(location: tuple[int | str, ...]) -> str:
    first = str(location[0])
    names = [str(step).replace("_", " ") for step in location[1:] if isinstance(step, str)]
    what = _WORDS.get(first, first.replace("_", " "))
    return f"{what[:1].upper()}{what[1:]}" + (f" ({', '.join(names)})" if names else "")
