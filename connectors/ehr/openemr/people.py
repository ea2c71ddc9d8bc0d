"""Who are the practice, its clinicians, its clients and its groups? Demographics of OpenEMR → the care vocabulary.

Pure. Names of clinicians and clients are put together from the parts OpenEMR keeps.
"""

from collections.abc import Iterator
from typing import Any

from connectors.ehr.joining import Entity, Image, Look
from connectors.ehr.openemr.group_sessions import group_kind
from connectors.ehr.openemr.mapping import OpenEmrMapping
from connectors.ehr.openemr.sessions import ACTIVE_MEMBER, client_id, clinician_id, group_id


def practice_of(look: Look, mapping: OpenEmrMapping, practice_id: str, zone: str, not_kept: list[str]) -> Entity:
    """The practice: its primary place of business, else the first."""
    places = sorted(
        (place for place in look.every("facility") if not place["inactive"]),
        key=lambda place: (not place["primary_business_entity"], int(place["id"])),
    )
    place: Image = places[0] if places else {}
    digits = "".join(c for c in place.get("postal_code") or "" if c.isdigit())
    return Entity(
        "practice",
        practice_id,
        {
            "name": place.get("name"),
            "timezone": zone,
            "state": mapping.state or place.get("state"),
            "npi": place.get("facility_npi"),
            "npi_type": 2 if place.get("facility_npi") else None,
            "taxonomy": place.get("facility_taxonomy"),
            "tax_id": place.get("federal_ein"),
            "address": _address(place, digits) if place else None,
            "part2_program": mapping.part2_program,
            "not_kept": not_kept,
        },
    )


def clinician_of(look: Look, mapping: OpenEmrMapping, user: str) -> Iterator[Entity]:
    """A user who provides care: one who is authorized to, or has a provider's number."""
    record = look.one("users", user)
    if record is None or not (record["authorized"] or record["npi"]):
        return
    yield Entity(
        "clinician",
        f"user-{user}",
        {
            "name": _name(record),
            "npi": record["npi"],
            "npi_type": 1 if record["npi"] else None,
            "taxonomy": record["taxonomy"],
            "credential": record["suffix"],
            "licenses": _licenses(mapping, record),
            "supervisor": clinician_id(record["supervisor_id"]),
            "supervised": True if record["supervisor_id"] else None,
        },
    )


def client_of(look: Look, pid: str) -> Iterator[Entity]:
    """A patient."""
    record = look.one("patient_data", pid)
    if record is None:
        return
    yield Entity(
        "client",
        client_id(pid),
        {
            "name": _name(record),
            "nicknames": [record["preferred_name"]] if record["preferred_name"] else [],
            "dob": record["DOB"],
            "state": record["state"],
            "language": record["language"],
            "patient": True,
            "program": "outpatient",
            "address": _address(record, "".join(c for c in record["postal_code"] or "" if c.isdigit())),
        },
    )


def unit_of(look: Look, mapping: OpenEmrMapping, group: str) -> Iterator[Entity]:
    """A therapy group, or the family or couple that the practice keeps as one."""
    record = look.one("therapy_groups", group)
    if record is None:
        return
    kind = group_kind(mapping, record, group)
    members = look.where("therapy_groups_participants", "group", group)
    if kind in ("family", "couple"):
        present = [member for member in members if _is_member(member)]
        data: dict[str, Any] = {
            "members": [client_id(member["pid"]) for member in present],
            "formed": record["group_start_date"],
            "name": record["group_name"],
        }
        yield Entity(kind, group_id(group), data)
        return
    counselors = look.where("therapy_groups_counselors", "group", group)
    yield Entity(
        "group",
        group_id(group),
        {
            "name": record["group_name"],
            "kind": kind,
            "members": [
                {
                    "client": client_id(member["pid"]),
                    "joined": member["group_patient_start"],
                    "left": member["group_patient_end"],
                }
                for member in members
            ],
            "facilitators": [f"user-{counselor['user_id']}" for counselor in counselors],
        },
    )


def family_of(look: Look, value: str) -> Iterator[Entity]:
    """The family whose members carry the same value in the field the practice keeps it in."""
    members = look.where("patient_data", "unit", value)
    if members:
        yield Entity("family", f"family-{value}", {"members": [client_id(member["pid"]) for member in members]})


def _licenses(mapping: OpenEmrMapping, record: Image) -> list[dict[str, str]]:
    state, number = mapping.license_state, record["state_license_number"]
    return [] if number is None or state is None else [{"state": state, "number": number}]


def _is_member(member: Image) -> bool:
    return member["group_patient_end"] is None and member["group_patient_status"] in (None, ACTIVE_MEMBER)


def _name(record: Image) -> str | None:
    parts = (record.get(part) for part in ("fname", "mname", "lname", "suffix"))
    return " ".join(part for part in parts if part) or None


def _address(record: Image, digits: str) -> dict[str, Any]:
    return {
        "line1": record.get("street"),
        "city": record.get("city"),
        "state": record.get("state"),
        "zip": digits if len(digits) in (5, 9) else record.get("postal_code"),
    }
