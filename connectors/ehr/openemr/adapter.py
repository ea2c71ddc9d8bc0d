"""Which sessions, people and bills does a changed row of OpenEMR have a part in? The joining adapter.

Pure. Clusters: one group's day, one client's day, the families' and couples' day, and single people and units.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from zoneinfo import ZoneInfo

from connectors.debezium import binlog_row_of
from connectors.ehr.joining import Column, Entity, Image, Look, Table, Touch
from connectors.ehr.openemr import values
from connectors.ehr.openemr.calendar import EVENTS, days_of, is_series
from connectors.ehr.openemr.group_sessions import group_sessions
from connectors.ehr.openemr.kept_elsewhere import consents_of
from connectors.ehr.openemr.mapping import OpenEmrMapping
from connectors.ehr.openemr.missing import PLACES
from connectors.ehr.openemr.money import authorizations_of, bills_of, coverages_of
from connectors.ehr.openemr.notes import notes_of
from connectors.ehr.openemr.people import client_of, clinician_of, family_of, practice_of, unit_of
from connectors.ehr.openemr.relatives import clients_told_of, relatives_of
from connectors.ehr.openemr.sessions import Reading
from connectors.ehr.openemr.tables import TABLES
from connectors.ehr.openemr.visits import client_sessions, conjoint_sessions, is_conjoint
from connectors.ehr.row import Row
from schemas.reasons import Reason

PRACTICE = "practice"
_SEPARATOR = "|"


@dataclass(frozen=True)
class OpenEmr:
    """One practice's OpenEMR. `source` is the second word of its raw topics, `zone` its clinic's time zone."""

    practice_id: str
    zone: ZoneInfo
    mapping: OpenEmrMapping = field(default_factory=OpenEmrMapping)
    source: str = "openemr"
    slow_to_lose: frozenset[str] = frozenset({"attendance"})

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """The tables this practice's configuration needs, with the columns it names."""
        needed = dict(TABLES)
        if not self.mapping.reads_documents:
            for name in ("documents", "categories", "categories_to_documents"):
                del needed[name]
        if not self.mapping.reads_forms:
            del needed["lbf_data"]
        if not self.mapping.prior_authorizations:
            del needed["module_prior_authorizations"]
        patients = needed["patient_data"]
        own = {
            name: Column(_as_typed, frozenset({"char", "varchar", "tinytext", "text", "date", "datetime", "int"}))
            for name in self.mapping.demographics_columns
            if name not in patients.columns
        }
        indexes = {"unit": (self.mapping.unit_field,)} if self.mapping.unit_field else {}
        needed["patient_data"] = replace(
            patients, columns={**patients.columns, **own}, indexes={**patients.indexes, **indexes}
        )
        return needed

    @property
    def settings(self) -> str:
        """Fingerprint of everything that decides what rows mean."""
        return self.mapping.fingerprint(self.practice_id, self.zone.key, "2")

    @cached_property
    def not_kept(self) -> frozenset[str]:
        """What this practice's OpenEMR has no place for."""
        kept = {place.kind for place in self.mapping.consents}
        kept |= {"attendance_times"} if self.mapping.minutes else set()
        kept |= {"licenses"} if self.mapping.license_state else set()
        kept |= {"authorizations"} if self.mapping.prior_authorizations else set()
        return frozenset(PLACES) - kept

    def row(self, key: bytes | None, value: bytes | None) -> Row | Reason:
        """The row event in a message. Raises Poison for bytes that are none."""
        return binlog_row_of(key, value)

    def standing(self) -> Iterable[str]:
        """The practice itself: without its zone nothing can be decided."""
        return (PRACTICE,)

    # --- which clusters a row has a part in ---------------------------------------------------------------------------

    def touches(self, table: str, image: Image, look: Look) -> Iterator[Touch]:
        """Every cluster that reads this row, found through the rows that are there."""
        match table:
            case "facility":
                yield Touch(PRACTICE)
            case "users":
                yield Touch(_named("clinician", image["id"]))
                yield from self._forms_by(image["username"], look)
            case "patient_data":
                yield Touch(_named("client", image["pid"]))
                if self.mapping.unit_field is not None:
                    yield from _maybe("family", image[self.mapping.unit_field])
                    yield from self._sessions_of_client(image["pid"], look)
            case "insurance_data":
                yield from _maybe("client", image["pid"])
                yield from self._sessions_of_client(image["pid"], look)
            case "therapy_groups" | "therapy_groups_participants":
                yield Touch(_named("unit", image["group_id"]))
                yield from self._sessions_of_group(image["group_id"], look)
            case "therapy_groups_counselors":
                yield Touch(_named("unit", image["group_id"]))
            case "openemr_postcalendar_events":
                yield from self._of_event(image, look)
            case "form_groups_encounter":
                yield from self._of_group_encounter(image, look)
            case "openemr_postcalendar_categories":
                for visit in look.every("form_encounter"):
                    if visit["pc_catid"] == image["pc_catid"] and visit["external_id"] is not None:
                        yield from self._of_visit(visit)
            case "form_group_attendance":
                yield from self._of_encounter(image["encounter_id"], look, patient=True)
            case "therapy_groups_participant_attendance":
                form = look.one("form_group_attendance", image["form_id"])
                if form is not None:
                    yield from self._of_encounter(form["encounter_id"], look, patient=True)
            case "form_encounter":
                yield from self._of_visit(image)
            case "patient_tracker":
                yield from self._of_encounter(image["encounter"], look)
            case "patient_tracker_element":
                tracker = look.one("patient_tracker", image["pt_tracker_id"])
                if tracker is not None:
                    yield from self._of_encounter(tracker["encounter"], look)
            case "forms":
                yield from self._of_encounter(image["encounter"], look)
                if self.mapping.reads_forms:
                    yield from _maybe("client", image["pid"])
            case "form_soap" | "form_dictation":
                yield from self._of_form(table.removeprefix("form_"), image["id"], look)
            case "form_clinical_notes":
                yield from self._of_form("clinical_notes", image["form_id"], look)
            case "esign_signatures":
                yield from self._of_signature(image, look)
            case "billing" | "form_misc_billing_options":
                yield from self._of_encounter(image["encounter"], look)
            case "module_prior_authorizations":
                yield from _maybe("client", image["pid"])
            case "contact" | "contact_relation" | "person":
                for pid in clients_told_of(table, image, look):
                    yield from _maybe("client", pid)
            case "list_options":
                yield from self._of_word(image["list_id"], image["option_id"], look)
            case "documents":
                yield from _maybe("client", image["foreign_id"])
            case "categories_to_documents":
                document = look.one("documents", image["document_id"])
                yield from _maybe("client", None if document is None else document["foreign_id"])
            case "categories":
                for link in look.every("categories_to_documents"):
                    if link["category_id"] == image["id"]:
                        yield from self.touches("categories_to_documents", link, look)
            case "lbf_data":
                for place in (*self.mapping.consents, self.mapping.minutes):
                    if place is not None and place.form is not None:
                        for entry in look.where("forms", "form", place.form, image["form_id"]):
                            yield from self.touches("forms", entry, look)

    def _of_event(self, event: Image, look: Look) -> Iterator[Touch]:
        for encounter in look.where("form_groups_encounter", "appointment", event["pc_eid"]):
            yield from _maybe("group_day", encounter["group_id"], _day(encounter), patient=True)
        for day in days_of(event):
            if event["pc_gid"] is not None:
                yield from _maybe("group_day", event["pc_gid"], day, patient=True)
                continue
            yield from _maybe("client_day", event["pc_pid"], day)
            if is_conjoint(self.mapping, event["pc_catid"]):
                yield from _maybe("conjoint", day)

    def _of_group_encounter(self, encounter: Image, look: Look) -> Iterator[Touch]:
        group, day = encounter["group_id"], _day(encounter)
        yield from _maybe("group_day", group, day, patient=True)
        for made in look.where("form_encounter", "group_day", group, day):
            # until now it looked like a session of its own
            yield from self._of_visit(made)
        event = look.one(EVENTS, encounter["appt_id"]) if encounter["appt_id"] else None
        if event is not None and not is_series(event):
            yield from _maybe("group_day", event["pc_gid"], event["pc_eventDate"], patient=True)

    def _of_visit(self, visit: Image) -> Iterator[Touch]:
        day = _day(visit)
        yield from _maybe("client_day", visit["pid"], day)
        yield from _maybe("group_day", visit["external_id"], day)
        if is_conjoint(self.mapping, visit["pc_catid"]):
            yield from _maybe("conjoint", day)

    def _of_encounter(self, encounter: str | None, look: Look, *, patient: bool = False) -> Iterator[Touch]:
        for held in look.where("form_groups_encounter", "encounter", encounter):
            yield from _maybe("group_day", held["group_id"], _day(held), patient=patient)
        for visit in look.where("form_encounter", "encounter", encounter):
            yield from self._of_visit(visit)

    def _of_form(self, folder: str, form_id: str | None, look: Look) -> Iterator[Touch]:
        for entry in look.where("forms", "form", folder, form_id):
            yield from self._of_encounter(entry["encounter"], look)

    def _of_signature(self, signature: Image, look: Look) -> Iterator[Touch]:
        if signature["table"] == "forms" and signature["tid"] is not None:
            entry = look.one("forms", signature["tid"])
            if entry is not None:
                yield from self._of_encounter(entry["encounter"], look)
        elif signature["table"] == "form_encounter":
            yield from self._of_encounter(signature["tid"], look)

    def _forms_by(self, username: str | None, look: Look) -> Iterator[Touch]:
        for entry in look.where("forms", "user", username):
            yield from self._of_encounter(entry["encounter"], look)

    def _sessions_of_group(self, group: str, look: Look) -> Iterator[Touch]:
        for held in look.where("form_groups_encounter", "group", group):
            yield from _maybe("group_day", group, _day(held))
        for event in look.where(EVENTS, "group", group):
            for day in days_of(event):
                yield from _maybe("group_day", group, day)

    def _sessions_of_client(self, pid: str | None, look: Look) -> Iterator[Touch]:
        for visit in look.where("form_encounter", "client", pid):
            yield from self._of_visit(visit)

    def _of_word(self, list_id: str, code: str, look: Look) -> Iterator[Touch]:
        if list_id == "attendstat":
            for row in look.every("therapy_groups_participant_attendance"):
                if row["meeting_patient_status"] == code:
                    yield from self.touches("therapy_groups_participant_attendance", row, look)
        elif list_id in ("groupstat", "apptstat"):
            for event in look.every(EVENTS):
                if event["pc_apptstatus"] == code:
                    yield from self._of_event(event, look)
                    for tracker in look.where("patient_tracker", "event", event["pc_eid"]):
                        yield from self._of_encounter(tracker["encounter"], look)

    # --- what a cluster says now --------------------------------------------------------------------------------------

    def assemble(self, cluster: str, look: Look) -> Iterator[Entity]:
        """The care entities of one cluster."""
        kind, *names = cluster.split(_SEPARATOR)
        reading = Reading(look, self.mapping, self.zone)
        match kind, names:
            case "practice", []:
                yield practice_of(look, self.mapping, self.practice_id, self.zone.key, sorted(self.not_kept))
            case "clinician", [user]:
                yield from clinician_of(look, self.mapping, user)
            case "client", [pid]:
                yield from client_of(look, pid)
                yield from coverages_of(look, self.mapping, pid)
                yield from relatives_of(look, pid)
                if self.mapping.prior_authorizations:
                    yield from authorizations_of(look, pid)
                yield from consents_of(look, self.mapping, self.zone, pid, f"pid-{pid}")
            case "unit", [group]:
                yield from unit_of(look, self.mapping, group)
            case "family", [value]:
                yield from family_of(look, value)
            case "group_day", [group, day]:
                sessions = group_sessions(reading, group, day)
            case "client_day", [pid, day]:
                sessions = client_sessions(reading, pid, day)
            case "conjoint", [day]:
                sessions = conjoint_sessions(reading, day)
        if kind in ("group_day", "client_day", "conjoint"):
            for session in sessions:
                yield from session.entities()
                yield from notes_of(reading, session)
                yield from bills_of(reading, session)


def _named(*words: str) -> str:
    return _SEPARATOR.join(words)


def _maybe(kind: str, *names: str | None, patient: bool = False) -> Iterator[Touch]:
    if all(name is not None and _SEPARATOR not in name for name in names):
        yield Touch(_named(kind, *(str(name) for name in names)), patient)


def _day(encounter: Image) -> str | None:
    return None if encounter["date"] is None else str(encounter["date"])[:10]


def _as_typed(value: object) -> str | None:
    """A column of the practice's own choice: as text, dates as dates."""
    return values.as_word(value)
