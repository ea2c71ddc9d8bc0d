"""What OpenEMR keeps about people and claims beside sessions, and what a practice says about where it keeps it."""

from schemas.change import Change
from tests.connectors.ehr.openemr.capturing import adapter
from tests.connectors.ehr.openemr.database import Database, day
from tests.connectors.ehr.openemr.test_sessions import practice, told_of

ON = "2026-03-03"


def _with_a_visit() -> tuple[Database, int]:
    database = practice()
    slot = database.slot(7, 1, ON)
    encounter = database.group_encounter(1, ON, slot)
    database.attendance(encounter, {1: "@", 2: "@", 3: "@"}, slot)
    own = database.own_encounter(1)
    database.bill(own, 1)
    return database, own


def test_a_corrected_claim_names_the_one_it_replaces_and_its_authorization() -> None:
    database, own = _with_a_visit()
    database.insert(
        "form_misc_billing_options",
        encounter=own,
        activity=1,
        prior_auth_number="PA-7",
        replacement_claim=1,
        icn_resubmission_number="ICN-1",
    )
    claims = list(told_of(database).told.entities("claim").values())
    assert [(c["frequency"], c["original_ref"], c["authorization_number"]) for c in claims] == [(7, "ICN-1", "PA-7")]


def test_authorizations_are_read_where_the_practice_keeps_them() -> None:
    database, _ = _with_a_visit()
    row = {"auth_num": "PA-7", "cpt": "90853, 90847", "start_date": day(ON), "init_units": 12}
    database.insert("module_prior_authorizations", pid=1, **row)
    assert told_of(database, prior_authorizations=True).told.entities("authorization") != {}
    kept = told_of(database, prior_authorizations=True).told.entities("authorization")["authorization-1"]
    assert (kept["codes"], kept["units_approved"], kept["end"]) == (["90853", "90847"], 12, None)
    assert "authorizations" in adapter().not_kept
    assert "authorizations" not in adapter(prior_authorizations=True).not_kept
    assert "module_prior_authorizations" not in adapter().tables


def test_a_licence_number_is_of_the_state_the_practice_names() -> None:
    database = practice()
    database.update("users", database.rows["users"][1,], state_license_number="LCSW-1")
    assert told_of(database).told.entities("clinician")["user-1"]["licenses"] == []
    told = told_of(database, license_state="IL").told.entities("clinician")["user-1"]["licenses"]
    assert [(licence["state"], licence["number"]) for licence in told] == [("IL", "LCSW-1")]


def test_relatives_are_who_the_contacts_name() -> None:
    database = practice()
    database.insert("contact", id=11, foreign_table_name="patient_data", foreign_id=1)
    database.insert("person", id=5, first_name="Ana", last_name="Weiß", birth_date=day("1950-01-02"))
    mother = database.insert(
        "contact_relation",
        contact_id=11,
        target_table="person",
        target_id=5,
        active=1,
        relationship="mother",
        can_make_medical_decisions=1,
        start_date=day("2020-01-01"),
    )
    database.insert(
        "contact_relation", contact_id=11, target_table="patient_data", target_id=2, active=1, relationship="SPS"
    )
    told = told_of(database).told
    relations = {r["person"]: (r["of"], r["kind"], r["may_consent"]) for r in told.entities("relationship").values()}
    assert relations == {"person-5-of-1": ("pid-1", "parent", True), "pid-2": ("pid-1", "spouse", None)}
    assert told.entities("client")["person-5-of-1"]["patient"] is False
    database.update("contact_relation", mother, active=0)
    ended = told_of(database).told
    assert list(ended.entities("client")) == ["pid-1", "pid-2", "pid-3"]


def test_two_records_of_one_patient_that_are_merged_stay_one_session() -> None:
    database, _ = _with_a_visit()
    listening = told_of(database)
    before, told = len(database.log), len(listening.told.changes)
    # every row of the one is given to the other, table by table, and its demographics go
    table = "therapy_groups_participant_attendance"
    (row,) = [row for key, row in database.rows[table].items() if key[1] == 3]
    database.delete(table, row)
    database.insert(table, form_id=row["form_id"], pid=9, meeting_patient_status="@")
    for name in ("form_encounter", "forms", "insurance_data"):
        for other in [row for row in database.rows[name].values() if row["pid"] == 3]:
            database.update(name, other, pid=9)
    database.delete("patient_data", database.rows["patient_data"][3,])
    database.patient(9)
    listening.hear(database.events(before))
    listening.wait(20)
    assert list(listening.told.entities("appointment")) == ["group-encounter-501"]
    assert sorted(a["client"] for a in listening.told.entities("attendance").values()) == ["pid-1", "pid-2", "pid-9"]
    assert not [c for c in _new(listening.told.changes, told) if c.entity == "appointment" and c.op != "update"]


def _new(changes: list[Change], since: int) -> list[Change]:
    return changes[since:]
