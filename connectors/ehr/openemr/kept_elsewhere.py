"""Where does a practice keep consents and minutes, for which OpenEMR has no table? Where its configuration says.

Pure. What is not configured is not recorded: nothing here guesses.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.ehr.joining import Entity, Image, Look
from connectors.ehr.openemr import values
from connectors.ehr.openemr.mapping import ConsentPlace, OpenEmrMapping

_ARRIVED, _LEFT = frozenset({"@", "~"}), frozenset({">"})


def presence_of(
    look: Look, mapping: OpenEmrMapping, zone: ZoneInfo, day: str, start: str | None, encounters: Sequence[str]
) -> tuple[str | None, str | None]:
    """From when to when a client was there: by the practice's own form, else by the patient tracker; None = unknown."""
    for encounter in encounters:
        arrived, left = _by_form(look, mapping, zone, day, start, encounter)
        if arrived is not None or left is not None:
            return arrived, left
    for encounter in encounters:
        for tracker in look.where("patient_tracker", "encounter", encounter):
            steps = look.where("patient_tracker_element", "tracker", tracker["id"])
            came = [step["start_datetime"] for step in steps if step["status"] in _ARRIVED and step["start_datetime"]]
            went = [step["start_datetime"] for step in steps if step["status"] in _LEFT and step["start_datetime"]]
            # the tracker of a group's participant says when attendance was entered, not when anybody left
            if came and went and max(went) > min(came):
                return values.instant(min(came), zone), values.instant(max(went), zone)
    return None, None


def _by_form(
    look: Look, mapping: OpenEmrMapping, zone: ZoneInfo, day: str, start: str | None, encounter: str
) -> tuple[str | None, str | None]:
    place = mapping.minutes
    if place is None:
        return None, None
    for entry in look.where("forms", "encounter", encounter):
        if entry["formdir"] != place.form or entry["deleted"]:
            continue
        said = form_fields(look, entry)
        arrived = values.moment(day, values.time_typed(said.get(place.arrived or "")), zone)
        left = values.moment(day, values.time_typed(said.get(place.left or "")), zone)
        minutes = said.get(place.minutes or "")
        if left is None and minutes is not None and minutes.strip().isdigit():
            arrived = arrived or start
            left = values.later(arrived, int(minutes) * 60)
        return arrived, left
    return None, None


def form_fields(look: Look, entry: Image) -> dict[str, str]:
    """What was filled into a layout-based form."""
    return {
        row["field_id"]: row["field_value"]
        for row in look.where("lbf_data", "form", entry["form_id"])
        if row["field_value"] is not None
    }


def consents_of(look: Look, mapping: OpenEmrMapping, zone: ZoneInfo, pid: str, client: str) -> Iterator[Entity]:
    """Every consent of a client that the practice's configuration tells where to find."""
    for place in mapping.consents:
        if place.document is not None:
            yield from _documents(look, place, zone, pid, client)
        elif place.form is not None:
            yield from _forms(look, place, zone, pid, client)
        else:
            yield from _demographics(look, place, zone, pid, client)


def _documents(look: Look, place: ConsentPlace, zone: ZoneInfo, pid: str, client: str) -> Iterator[Entity]:
    for document in look.where("documents", "client", pid):
        if document["deleted"]:
            continue
        for link in look.where("categories_to_documents", "document", document["id"]):
            category = look.one("categories", link["category_id"])
            name = None if category is None else category["name"]
            if place.document in (link["category_id"], name):
                day = document["docdate"] or str(document["date"] or "")[:10] or None
                expires = str(document["date_expires"] or "")[:10] or None
                yield _consent(f"document-{document['id']}-{place.kind}", place, zone, client, day, expires)


def _forms(look: Look, place: ConsentPlace, zone: ZoneInfo, pid: str, client: str) -> Iterator[Entity]:
    for entry in look.where("forms", "client", pid):
        if entry["formdir"] != place.form or entry["deleted"]:
            continue
        said = form_fields(look, entry)
        if place.if_field is not None and said.get(place.if_field) not in place.yes:
            continue
        day = values.day_typed(said.get(place.signed_on or "")) if place.signed_on else str(entry["date"] or "")[:10]
        expires = values.day_typed(said.get(place.expires_on or ""))
        yield _consent(f"form-{entry['id']}-{place.kind}", place, zone, client, day or None, expires)


def _demographics(look: Look, place: ConsentPlace, zone: ZoneInfo, pid: str, client: str) -> Iterator[Entity]:
    person = look.one("patient_data", pid)
    if person is None or person.get(place.demographics or "") not in place.yes:
        return
    day = values.day_typed(person.get(place.signed_on or ""))
    expires = values.day_typed(person.get(place.expires_on or ""))
    yield _consent(f"patient-{pid}-{place.demographics}-{place.kind}", place, zone, client, day, expires)


def _consent(
    id_: str, place: ConsentPlace, zone: ZoneInfo, client: str, day: str | None, expires: str | None
) -> Entity:
    # only the day is known: it counts from its beginning
    signed_at = values.moment(day, 0, zone)
    return Entity(
        "consent",
        id_,
        {
            "client": client,
            "kind": place.kind,
            "version": place.version,
            "status": "active",
            "signed_at": signed_at,
            "expires": None if expires is None else _end_of(expires, zone),
            "signers": [],
        },
    )


def _end_of(day: str, zone: ZoneInfo) -> str | None:
    following = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    return values.moment(following, 0, zone)
