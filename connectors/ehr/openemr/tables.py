"""Which tables and columns of OpenEMR does Conjoint read? Everything that is not named here never leaves the database.

Declarations only. Social security and driving licence numbers, telephone numbers and the like are not named, because no
rule needs them.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from connectors.ehr.joining import Column, Table
from connectors.ehr.openemr import values

_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_WORDS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum"})
_TEXTS = _WORDS


def _column(read: Callable[[Any], Any], types: frozenset[str], optional: bool = False) -> Column:
    return Column(read, types, optional)


KEY = _column(values.as_key, _WHOLE | _WORDS)
ID = _column(values.as_id, _WHOLE | _WORDS)
WORD = _column(values.as_word, _WORDS | _WHOLE)
TEXT = _column(values.as_text, _TEXTS)
COUNT = _column(values.as_count, _WHOLE)
FLAG = _column(values.as_flag, _WHOLE)
DAY = _column(values.as_day, frozenset({"date"}))
SERVICE_DAY = _column(values.as_service_day, frozenset({"date"}))
WALL = _column(values.as_wall, frozenset({"datetime"}))
LAST_DAY = _column(values.as_last_day, frozenset({"date"}))
MAYBE_WALL = _column(values.as_day_or_wall, frozenset({"date", "datetime"}))
TIME = _column(values.as_time, frozenset({"time"}))
MONEY = _column(values.as_money, frozenset({"decimal"}))


def maybe(column: Column) -> Column:
    """A column that not every release has."""
    return Column(column.read, column.types, optional=True)


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "list_options": Table(
            ("list_id", "option_id"),
            {"list_id": KEY, "option_id": KEY, "title": WORD, "activity": maybe(FLAG)},
        ),
        "facility": Table(
            ("id",),
            {
                "id": KEY,
                "name": WORD,
                "street": WORD,
                "city": WORD,
                "state": WORD,
                "postal_code": WORD,
                "federal_ein": WORD,
                "facility_npi": WORD,
                "facility_taxonomy": maybe(WORD),
                "pos_code": maybe(COUNT),
                "primary_business_entity": maybe(COUNT),
                "inactive": maybe(FLAG),
            },
            optional=True,
        ),
        "users": Table(
            ("id",),
            {
                "id": KEY,
                "username": WORD,
                "authorized": FLAG,
                "fname": WORD,
                "mname": WORD,
                "lname": WORD,
                "suffix": maybe(WORD),
                "npi": WORD,
                "taxonomy": maybe(WORD),
                "state_license_number": maybe(WORD),
                "supervisor_id": maybe(ID),
            },
            {"username": ("username",)},
            optional=True,
        ),
        "insurance_companies": Table(("id",), {"id": KEY, "name": WORD}, optional=True),
        "patient_data": Table(
            ("pid",),
            {
                "pid": KEY,
                "fname": WORD,
                "mname": WORD,
                "lname": WORD,
                "suffix": maybe(WORD),
                "preferred_name": maybe(WORD),
                "DOB": DAY,
                "language": WORD,
                "street": WORD,
                "city": WORD,
                "state": WORD,
                "postal_code": WORD,
            },
        ),
        "insurance_data": Table(
            ("id",),
            {
                "id": KEY,
                "type": WORD,
                "provider": ID,
                "plan_name": WORD,
                "policy_number": WORD,
                "subscriber_relationship": WORD,
                "subscriber_fname": WORD,
                "subscriber_mname": WORD,
                "subscriber_lname": WORD,
                "subscriber_DOB": DAY,
                "copay": WORD,
                "date": DAY,
                "date_end": maybe(DAY),
                "pid": ID,
                "accept_assignment": maybe(WORD),
            },
            {"pid": ("pid",)},
        ),
        "therapy_groups": Table(
            ("group_id",),
            {
                "group_id": KEY,
                "group_name": WORD,
                "group_start_date": SERVICE_DAY,
                "group_end_date": DAY,
                "group_type": WORD,
                "group_status": COUNT,
            },
        ),
        "therapy_groups_participants": Table(
            ("group_id", "pid"),
            {
                "group_id": KEY,
                "pid": KEY,
                "group_patient_status": COUNT,
                "group_patient_start": SERVICE_DAY,
                "group_patient_end": DAY,
            },
            {"group": ("group_id",)},
        ),
        "therapy_groups_counselors": Table(
            ("group_id", "user_id"), {"group_id": KEY, "user_id": KEY}, {"group": ("group_id",)}
        ),
        "openemr_postcalendar_events": Table(
            ("pc_eid",),
            {
                "pc_eid": KEY,
                "pc_catid": ID,
                "pc_aid": ID,
                "pc_pid": ID,
                "pc_gid": ID,
                "pc_eventDate": SERVICE_DAY,
                "pc_endDate": LAST_DAY,
                "pc_multiple": maybe(ID),
                "pc_alldayevent": maybe(FLAG),
                "pc_duration": COUNT,
                "pc_recurrtype": COUNT,
                "pc_recurrspec": TEXT,
                "pc_startTime": TIME,
                "pc_endTime": TIME,
                "pc_apptstatus": WORD,
                "pc_facility": ID,
            },
            {
                "group": ("pc_gid",),
                "group_day": ("pc_gid", "pc_eventDate"),
                "client_day": ("pc_pid", "pc_eventDate"),
                "category_day": ("pc_catid", "pc_eventDate"),
                "group_series": ("pc_gid", "pc_recurrtype"),
                "client_series": ("pc_pid", "pc_recurrtype"),
                "category_series": ("pc_catid", "pc_recurrtype"),
            },
        ),
        "openemr_postcalendar_categories": Table(("pc_catid",), {"pc_catid": KEY, "pc_cattype": COUNT}, optional=True),
        "form_groups_encounter": Table(
            ("id",),
            {
                "id": KEY,
                "date": WALL,
                "group_id": ID,
                "encounter": ID,
                "provider_id": ID,
                "facility_id": ID,
                "pos_code": maybe(COUNT),
                "counselors": WORD,
                "appt_id": ID,
            },
            {
                "encounter": ("encounter",),
                "group": ("group_id",),
                "group_day": ("group_id", "date:day"),
                "appointment": ("appt_id",),
            },
        ),
        "form_group_attendance": Table(
            ("id",), {"id": KEY, "encounter_id": ID, "activity": maybe(FLAG)}, {"encounter": ("encounter_id",)}
        ),
        "therapy_groups_participant_attendance": Table(
            ("form_id", "pid"),
            {"form_id": KEY, "pid": KEY, "meeting_patient_status": WORD},
            {"form": ("form_id",)},
        ),
        "form_encounter": Table(
            ("id",),
            {
                "id": KEY,
                "date": WALL,
                "date_end": maybe(WALL),
                "pid": ID,
                "encounter": ID,
                "facility_id": ID,
                "pc_catid": ID,
                "provider_id": ID,
                "supervisor_id": ID,
                "external_id": ID,
                "pos_code": COUNT,
            },
            {
                "encounter": ("encounter",),
                "client": ("pid",),
                "client_day": ("pid", "date:day"),
                "group_day": ("external_id", "date:day"),
                "category_day": ("pc_catid", "date:day"),
            },
        ),
        "patient_tracker": Table(
            ("id",),
            {"id": KEY, "eid": ID, "pid": ID, "encounter": ID},
            {"encounter": ("encounter",), "event": ("eid",)},
            optional=True,
        ),
        "patient_tracker_element": Table(
            ("pt_tracker_id", "seq"),
            {"pt_tracker_id": KEY, "seq": KEY, "start_datetime": WALL, "status": WORD},
            {"tracker": ("pt_tracker_id",)},
            optional=True,
        ),
        "forms": Table(
            ("id",),
            {
                "id": KEY,
                "date": WALL,
                "encounter": ID,
                "form_id": ID,
                "pid": ID,
                "user": WORD,
                "formdir": WORD,
                "deleted": FLAG,
                "provider_id": maybe(ID),
            },
            {"encounter": ("encounter",), "form": ("formdir", "form_id"), "client": ("pid",), "user": ("user",)},
        ),
        "form_soap": Table(
            ("id",),
            {
                "id": KEY,
                "pid": ID,
                "activity": FLAG,
                "subjective": TEXT,
                "objective": TEXT,
                "assessment": TEXT,
                "plan": TEXT,
            },
            optional=True,
        ),
        "form_clinical_notes": Table(
            ("id",),
            {
                "id": KEY,
                "form_id": ID,
                "pid": ID,
                "activity": FLAG,
                "codetext": maybe(TEXT),
                "description": TEXT,
                "external_id": maybe(WORD),
            },
            {"form": ("form_id",)},
            optional=True,
        ),
        "form_dictation": Table(
            ("id",),
            {"id": KEY, "pid": ID, "activity": FLAG, "dictation": TEXT, "additional_notes": TEXT},
            optional=True,
        ),
        "esign_signatures": Table(
            ("id",),
            {
                "id": KEY,
                "tid": ID,
                "table": WORD,
                "uid": ID,
                "datetime": WALL,
                "is_lock": FLAG,
                "amendment": maybe(TEXT),
            },
            {"target": ("table", "tid")},
        ),
        "billing": Table(
            ("id",),
            {
                "id": KEY,
                "date": WALL,
                "code_type": WORD,
                "code": WORD,
                "modifier": WORD,
                "pid": ID,
                "provider_id": ID,
                "encounter": ID,
                "billed": FLAG,
                "activity": FLAG,
                "payer_id": ID,
                "bill_date": WALL,
                "units": COUNT,
                "fee": MONEY,
                "justify": WORD,
            },
            {"encounter": ("encounter",)},
        ),
        "form_misc_billing_options": Table(
            ("id",),
            {
                "id": KEY,
                "encounter": maybe(ID),
                "activity": maybe(FLAG),
                "prior_auth_number": WORD,
                "replacement_claim": maybe(FLAG),
                "icn_resubmission_number": maybe(WORD),
            },
            {"encounter": ("encounter",)},
            optional=True,
        ),
        "module_prior_authorizations": Table(
            ("id",),
            {
                "id": KEY,
                "pid": ID,
                "auth_num": WORD,
                "start_date": DAY,
                "end_date": DAY,
                "cpt": WORD,
                "init_units": maybe(COUNT),
            },
            {"pid": ("pid",)},
            optional=True,
        ),
        "contact": Table(
            ("id",),
            {"id": KEY, "foreign_table_name": WORD, "foreign_id": ID},
            {"owner": ("foreign_table_name", "foreign_id")},
            optional=True,
        ),
        "contact_relation": Table(
            ("id",),
            {
                "id": KEY,
                "contact_id": ID,
                "target_table": WORD,
                "target_id": ID,
                "active": maybe(FLAG),
                "relationship": WORD,
                "can_make_medical_decisions": maybe(FLAG),
                "start_date": maybe(MAYBE_WALL),
                "end_date": maybe(MAYBE_WALL),
            },
            {"contact": ("contact_id",), "target": ("target_table", "target_id")},
            optional=True,
        ),
        "person": Table(
            ("id",),
            {"id": KEY, "first_name": WORD, "last_name": WORD, "preferred_name": maybe(WORD), "birth_date": maybe(DAY)},
            optional=True,
        ),
        "documents": Table(
            ("id",),
            {
                "id": KEY,
                "foreign_id": ID,
                "docdate": DAY,
                "date": WALL,
                "date_expires": maybe(WALL),
                "deleted": maybe(FLAG),
            },
            {"client": ("foreign_id",)},
            optional=True,
        ),
        "categories": Table(("id",), {"id": KEY, "name": WORD}, optional=True),
        "categories_to_documents": Table(
            ("category_id", "document_id"),
            {"category_id": KEY, "document_id": KEY},
            {"document": ("document_id",)},
            optional=True,
        ),
        "lbf_data": Table(
            ("form_id", "field_id"),
            {"form_id": KEY, "field_id": KEY, "field_value": TEXT},
            {"form": ("form_id",)},
            optional=True,
        ),
    }
)
"""In the order a snapshot does best to read them: words and people first, sessions last."""

MESSAGE_KEYS: Final = MappingProxyType({"patient_tracker_element": ("pt_tracker_id", "seq")})
"""Tables without a primary key: what stands for one."""

ONLY_IF_CONFIGURED: Final = frozenset({"documents", "categories", "categories_to_documents", "lbf_data"})
"""Tables that are read only where the practice keeps consents or minutes there."""
