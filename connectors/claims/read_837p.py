"""What does an 837P file say? The claims in it, as they were before they were written.

Pure; reads the loops our own writer uses and passes over the rest. Raises NotX12 naming the place, never a value.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from connectors.claims.x12 import NotX12, Segment, cents_of, count_of, day_of, segments_of
from schemas.professional_claim import ProfessionalClaim

Data = dict[str, Any]
_DETAIL_ENDS = frozenset({"SE", "GE", "IEA"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whose file it is and its numbers."""

    submitter_id: str
    receiver_id: str
    interchange_number: int
    test: bool


@dataclass(frozen=True, slots=True)
class Read837:
    """A file read back."""

    envelope: Envelope
    claims: tuple[ProfessionalClaim, ...]


@dataclass(slots=True)
class _Where:
    """What was said at each level and still holds for the claims below it."""

    billing: Data = field(default_factory=dict)
    subscriber: Data = field(default_factory=dict)
    patient: Data | None = None
    sbr: Data = field(default_factory=dict)
    payer: Data = field(default_factory=dict)
    relation: str = "18"
    person: Data = field(default_factory=dict)
    """Whoever the next N3, N4, DMG or PRV is about."""
    claim: Data | None = None
    line: Data | None = None
    other: Data | None = None


def read_837p(text: str) -> Read837:
    """The file's claims in its order. Raises NotX12."""
    segments = list(segments_of(text))
    isa = segments[0]
    if len(isa.elements) != 16:
        raise NotX12("ISA: not sixteen elements")
    envelope = Envelope(
        isa.get(6).strip(), isa.get(8).strip(), count_of(isa.get(13), "ISA13"), isa.get(15).strip() == "T"
    )
    _balanced(segments)
    return Read837(envelope, tuple(_claims(segments)))


def _balanced(segments: list[Segment]) -> None:
    """The trailers count what stands between them and their headers, and repeat their numbers."""
    opened: dict[str, Segment] = {}
    sets = groups = 0
    for segment in segments:
        match segment.id:
            case "ISA" | "GS" | "ST":
                opened[segment.id] = segment
            case "SE":
                start = opened.get("ST")
                sets += 1
                counted = None if start is None else segment.number - start.number + 1
                if start is None or segment.get(2) != start.get(2) or count_of(segment.get(1), "SE01") != counted:
                    raise NotX12(f"segment {segment.number} (SE): does not close its transaction set")
            case "GE":
                groups += 1
                if segment.get(2) != opened["GS"].get(6) or count_of(segment.get(1), "GE01") != sets:
                    raise NotX12(f"segment {segment.number} (GE): does not close its group")
                sets = 0
            case "IEA":
                if segment.get(2) != opened["ISA"].get(13) or count_of(segment.get(1), "IEA01") != groups:
                    raise NotX12(f"segment {segment.number} (IEA): does not close the interchange")
                return
            case _:
                pass
    raise NotX12("ends before its trailer (IEA)")


def _claims(segments: list[Segment]) -> Iterator[ProfessionalClaim]:
    where = _Where()
    for segment in segments:
        if segment.id in ("HL", "CLM", *_DETAIL_ENDS):
            yield from _finished(where)
        _take(where, segment)


def _finished(where: _Where) -> Iterator[ProfessionalClaim]:
    if where.claim is None:
        return
    data, number = where.claim, where.claim.pop("segment")
    where.claim = where.line = where.other = None
    try:
        yield ProfessionalClaim.model_validate(data)
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise NotX12(f"the claim at segment {number}: {place} is not of its form") from None


def _take(where: _Where, segment: Segment) -> None:
    match segment.id:
        case "HL":
            _level(where, segment)
        case "PRV":
            where.person["taxonomy"] = segment.get(3) or None
        case "NM1":
            _named(where, segment)
        case "N3":
            where.person["address"] = {"line1": segment.get(1)}
        case "N4":
            address = where.person.setdefault("address", {})
            address |= {"city": segment.get(1), "state": segment.get(2), "zip": segment.get(3)}
        case "DMG":
            where.person["birth_date"] = day_of(segment.get(2), f"segment {segment.number} (DMG02)")
        case "PAT":
            where.relation = segment.get(1)
        case "SBR":
            _insurance(where, segment)
        case "CLM":
            _claim(where, segment)
        case _ if where.claim is not None:
            _within_claim(where, where.claim, segment)
        case "REF" if segment.get(1) == "EI":
            where.billing["tax_id"] = segment.get(2)
        case _:
            pass


def _level(where: _Where, segment: Segment) -> None:
    match segment.get(3):
        case "20":
            where.billing = where.person = {}
        case "22":
            where.sbr, where.payer, where.patient, where.relation = {}, {}, None, "18"
        case "23":
            where.patient = {}
        case _:
            raise NotX12(f"segment {segment.number} (HL03): no level of a professional claim")


def _named(where: _Where, segment: Segment) -> None:
    name = {"last": segment.get(3), "first": segment.get(4) or None, "middle": segment.get(5) or None}
    number = segment.get(9) or None
    match segment.get(1):
        case "85":
            # its taxonomy stands before its name
            where.billing |= {"name": segment.get(3), "npi": number, "is_person": segment.get(2) == "1"}
            where.person = where.billing
        case "IL":
            where.person = {"name": name, "member_id": number}
            if where.other is not None:
                where.other["subscriber"] = where.person
            else:
                where.subscriber = where.person
        case "QC":
            where.person = {"name": name, "member_id": number}
            where.patient = where.person
        case "PR":
            payer = {"name": segment.get(3), "id": number}
            where.person = {}
            if where.other is not None:
                where.other["payer"] = payer
            else:
                where.payer = payer
        case "82" | "DQ" if where.claim is not None:
            where.person = {"name": name, "npi": number}
            where.claim["rendering" if segment.get(1) == "82" else "supervising"] = where.person
        case _:
            where.person = {}


def _insurance(where: _Where, segment: Segment) -> None:
    said = {"order": segment.get(1), "filing_code": segment.get(9)}
    if where.claim is None:
        where.sbr = {**said, "medicare_secondary_reason": segment.get(5) or None}
        where.other = None
        return
    where.other = {**said, "relation": segment.get(2), "paid_cents": 0}
    where.claim["other"] = where.other


def _claim(where: _Where, segment: Segment) -> None:
    place = f"segment {segment.number}"
    where.line = where.other = None
    where.claim = {
        "segment": segment.number,
        "control_number": segment.get(1),
        "claim_id": segment.get(1),
        **where.sbr,
        "relation": where.relation,
        "subscriber": where.subscriber,
        "patient": where.patient,
        "payer": where.payer,
        "billing": where.billing,
        "total_cents": cents_of(segment.get(2), f"{place} (CLM02)"),
        "place": segment.part(5, 1),
        "frequency": count_of(segment.part(5, 3), f"{place} (CLM05-3)"),
        "assignment": segment.get(8) == "Y",
        "release": segment.get(9),
        "lines": [],
    }


def _within_claim(where: _Where, claim: Data, segment: Segment) -> None:
    place, line, other = f"segment {segment.number} ({segment.id})", where.line, where.other
    match segment.id, segment.get(1):
        case "AMT", "F5":
            claim["patient_paid_cents"] = cents_of(segment.get(2), place)
        case "AMT", "D" if other is not None:
            other["paid_cents"] = cents_of(segment.get(2), place)
        case "OI", _ if other is not None:
            other |= {"assignment": segment.get(3) == "Y", "release": segment.get(6)}
        case "REF", "G1" if line is None:
            claim["authorization_number"] = segment.get(2)
        case "REF", "F8" if line is None:
            (claim if other is None else other)["payer_control_number"] = segment.get(2)
        case "HI", _:
            claim["diagnoses"] = [
                segment.part(at, 2)
                for at in range(1, len(segment.elements) + 1)
                if segment.part(at, 1).startswith("AB")
            ]
        case "LX", _:
            where.line = {}
            claim["lines"].append(where.line)
        case "SV1", _ if line is not None:
            _, procedure, *modifiers = segment.parts(1) or ("", "")
            line |= {
                "procedure": procedure,
                "modifiers": [modifier for modifier in modifiers[:4] if modifier],
                "charge_cents": cents_of(segment.get(2), place),
                "units": count_of(segment.get(4), place),
                "pointers": [count_of(pointer, place) for pointer in segment.parts(7)],
            }
        case "DTP", "472" if line is not None:
            line["on"] = day_of(segment.get(3), place)
        case "DTP", "573":
            decided_on = day_of(segment.get(3), place)
            if line is None and other is not None:
                other["adjudicated_on"] = decided_on
            elif line is not None and "adjudicated" in line:
                line["adjudicated"]["on"] = decided_on
        case "SVD", _ if line is not None:
            line["adjudicated"] = {"paid_cents": cents_of(segment.get(2), place), "adjustments": []}
        case "CAS", _ if line is not None and "adjudicated" in line:
            for at in range(2, len(segment.elements) + 1, 3):
                adjustment = {"group": segment.get(1), "reason": segment.get(at)}
                cents = cents_of(segment.get(at + 1), place)
                line["adjudicated"]["adjustments"].append({**adjustment, "amount_cents": cents})
        case _:
            pass
