"""Who belongs to a client? Contacts of OpenEMR 8 (`contact`, `contact_relation`, `person`) → relatives, relationships.

Pure. A relative who is a patient too is that client; one who is not is a client who is never billed.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from connectors.ehr.joining import Entity, Image, Look
from connectors.ehr.openemr.sessions import client_id

_PATIENTS, _PERSONS = "patient_data", "person"
_KINDS: Final = MappingProxyType(
    dict.fromkeys(("mother", "father", "parent", "mth", "fth", "prn"), "parent")
    | dict.fromkeys(("spouse", "wife", "husband", "sps", "wife", "husb"), "spouse")
    | dict.fromkeys(("guardian", "guard"), "guardian")
)
"""Words of OpenEMR's list and of HL7's role codes; any other stays as it is."""


def relatives_of(look: Look, pid: str) -> Iterator[Entity]:
    """The people whom a client's contacts name, and what they are to the client."""
    told: set[str] = set()
    for contact in look.where("contact", "owner", _PATIENTS, pid):
        for relation in look.where("contact_relation", "contact", contact["id"]):
            person = _person(relation, pid)
            if person is None:
                continue
            yield Entity(
                "relationship",
                f"relation-{relation['id']}",
                {
                    "person": person,
                    "of": client_id(pid),
                    "kind": _kind(relation["relationship"]),
                    "may_consent": relation["can_make_medical_decisions"],
                    "from": relation["start_date"],
                    "to": relation["end_date"],
                },
            )
            if relation["target_table"] == _PERSONS and person not in told:
                told.add(person)
                yield from _relative(look, person, relation["target_id"])


def clients_told_of(table: str, image: Image, look: Look) -> Iterator[str]:
    """The clients whose relatives a row tells of."""
    match table:
        case "contact":
            if image["foreign_table_name"] == _PATIENTS and image["foreign_id"] is not None:
                yield image["foreign_id"]
        case "contact_relation":
            contact = look.one("contact", image["contact_id"]) if image["contact_id"] is not None else None
            if contact is not None:
                yield from clients_told_of("contact", contact, look)
        case _:
            for relation in look.where("contact_relation", "target", _PERSONS, image["id"]):
                yield from clients_told_of("contact_relation", relation, look)


def _person(relation: Image, pid: str) -> str | None:
    target = relation["target_id"]
    if target is None or relation["active"] is False:
        return None
    if relation["target_table"] == _PATIENTS:
        return client_id(target)
    # a relative of two clients is told of by each: the id names both
    return f"person-{target}-of-{pid}" if relation["target_table"] == _PERSONS else None


def _relative(look: Look, person: str, number: str) -> Iterator[Entity]:
    record = look.one(_PERSONS, number)
    if record is not None:
        names = " ".join(name for name in (record["first_name"], record["last_name"]) if name)
        nickname = record["preferred_name"]
        data = {"name": names or None, "nicknames": [nickname] if nickname else [], "dob": record["birth_date"]}
        yield Entity("client", person, {**data, "patient": False})


def _kind(word: str | None) -> str | None:
    if word is None:
        return None
    return _KINDS.get(word.lower(), word.lower())
