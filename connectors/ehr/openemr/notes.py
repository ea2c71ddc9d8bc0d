"""What was written about a session, and who signed it? SOAP, clinical notes and dictation of OpenEMR → notes.

Pure. A form is signed when it or its whole encounter carries a signature; a second signer is the one who co-signed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.ehr.joining import Entity, Image, Look
from connectors.ehr.openemr import values
from connectors.ehr.openemr.sessions import Reading, Session, client_id, clinician_id

WRITTEN_BY_US: Final = "conjoint:"
"""How the external id of a note begins that Conjoint has written."""
FOLDERS: Final = {"soap": "form_soap", "clinical_notes": "form_clinical_notes", "dictation": "form_dictation"}
_SOAP = (("S", "subjective"), ("O", "objective"), ("A", "assessment"), ("P", "plan"))


def notes_of(reading: Reading, session: Session) -> Iterator[Entity]:
    """Every note of a session's encounters; a group encounter's own belongs to nobody alone."""
    for encounter in session.encounters:
        for entry in reading.look.where("forms", "encounter", encounter):
            if entry["formdir"] in FOLDERS and not entry["deleted"]:
                note = _note(reading, session, entry)
                if note is not None:
                    yield Entity("note", f"form-{entry['id']}", note)


def _note(reading: Reading, session: Session, entry: Image) -> Mapping[str, Any] | None:
    look = reading.look
    text, ours = _content(look, entry)
    if text is None:
        return None  # its row has not arrived, or it was withdrawn
    signatures = sorted(
        (
            *look.where("esign_signatures", "target", "forms", entry["id"]),
            *look.where("esign_signatures", "target", "form_encounter", entry["encounter"]),
        ),
        key=lambda signature: (signature["datetime"] or "", int(signature["id"])),
    )
    first = signatures[0] if signatures else None
    second = next((s for s in signatures[1:] if first is not None and s["uid"] != first["uid"]), None)
    return {
        "session": session.id,
        "client": None if entry["pid"] is None else client_id(entry["pid"]),
        "kind": "group_shared" if entry["pid"] is None else "progress",
        "origin": "ai" if ours else "human",
        "status": "draft" if first is None else "signed",
        "author": _user(look, entry["user"]),
        "date": session.day,
        "text": text,
        "signed_by": None if first is None else clinician_id(first["uid"]),
        "signed_at": None if first is None else values.instant(first["datetime"], reading.zone),
        "cosigned_by": None if second is None else clinician_id(second["uid"]),
        "cosigned_at": None if second is None else values.instant(second["datetime"], reading.zone),
    }


def _content(look: Look, entry: Image) -> tuple[str | None, bool]:
    """Text, and whether Conjoint wrote it."""
    form_id = entry["form_id"]
    if form_id is None:
        return None, False
    match entry["formdir"]:
        case "soap":
            form = look.one("form_soap", form_id)
            if form is None or not form["activity"]:
                return None, False
            parts = [f"{letter}: {form[column]}" for letter, column in _SOAP if form[column]]
            ours = any(WRITTEN_BY_US in (form[column] or "") for _, column in _SOAP)
            return "\n\n".join(parts), ours
        case "clinical_notes":
            forms = [form for form in look.where("form_clinical_notes", "form", form_id) if form["activity"]]
            if not forms:
                return None, False
            ours = any((form["external_id"] or "").startswith(WRITTEN_BY_US) for form in forms)
            return "\n\n".join(form["description"] or "" for form in forms), ours
        case _:
            form = look.one("form_dictation", form_id)
            if form is None or not form["activity"]:
                return None, False
            parts = [form[column] for column in ("dictation", "additional_notes") if form[column]]
            return "\n\n".join(parts), False


def _user(look: Look, username: str | None) -> str | None:
    """A provider named in text → the user; None if no user is called that."""
    users = look.where("users", "username", username)
    return clinician_id(users[0]["id"]) if users else None
