"""Where in OpenEMR does a note about a session belong? From our ids back to its patient and encounter numbers.

Pure over the rows. A group session's note about one participant belongs to that participant's own encounter.
"""

from dataclasses import dataclass

from connectors.ehr.joining import Image, Look


@dataclass(frozen=True, slots=True)
class Place:
    """A patient's encounter, by OpenEMR's own numbers. `signed`: a note of it is; `locked`: nothing more may enter."""

    pid: str
    encounter: str
    signed: bool
    locked: bool


def place_of(look: Look, session_id: str, client_id: str) -> Place | None:
    """The encounter that a note of this session about this client belongs to; None if OpenEMR has none."""
    pid = client_id.removeprefix("pid-")
    number = session_id.removeprefix("group-encounter-")
    encounters: list[Image] = []
    if number != session_id:
        for held in look.where("form_groups_encounter", "encounter", number):
            day = str(held["date"] or "")[:10]
            encounters += [
                own for own in look.where("form_encounter", "group_day", held["group_id"], day) if own["pid"] == pid
            ]
    else:
        number = session_id.removeprefix("encounter-")
        named = look.where("form_encounter", "encounter", number)
        encounters += [own for own in named if own["pid"] == pid]
        if not encounters and named:  # one of several people who were seen at once
            first = named[0]
            same = look.where("form_encounter", "category_day", first["pc_catid"], str(first["date"] or "")[:10])
            encounters += [own for own in same if own["pid"] == pid and own["provider_id"] == first["provider_id"]]
    numbers = sorted((own["encounter"] for own in encounters if own["encounter"] is not None), key=int)
    if not numbers:
        return None
    encounter = str(numbers[0])
    notes = [
        entry
        for entry in look.where("forms", "encounter", encounter)
        if entry["formdir"] in ("soap", "clinical_notes", "dictation") and not entry["deleted"]
    ]
    signatures = look.where("esign_signatures", "target", "form_encounter", encounter)
    return Place(
        pid,
        encounter,
        signed=any(look.where("esign_signatures", "target", "forms", entry["id"]) for entry in notes),
        locked=any(signature["is_lock"] for signature in signatures),
    )
