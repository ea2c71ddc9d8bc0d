"""A practice's own configuration: the guide's example is sound, and what is wrong is named."""

import tomllib
from pathlib import Path

import pytest

from connectors.ehr.openemr.mapping import OpenEmrMapping, WrongMapping, mapping_of, read_mapping
from connectors.ehr.openemr.words import APPOINTMENT_LIST, ATTENDANCE_LIST, GROUP_LIST, meaning

GUIDE = Path(__file__).parents[4] / "connectors" / "ehr" / "README.md"


def test_the_example_in_the_guide_is_sound() -> None:
    text = GUIDE.read_text().split("```toml\n")[1].split("```")[0]
    mapping = mapping_of(tomllib.loads(text), "guide")
    assert mapping.groups[0].fits("1", "5", "Family Smith")
    assert mapping.reads_documents
    assert mapping.reads_forms
    assert mapping.demographics_columns == ("usertext1",)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"timezone": "Chicago"}, "timezone"),
        ({"groups": [{"kind": "club"}]}, "groups.0.kind"),
        ({"groups": [{"kind": "family", "name": "("}]}, "groups.0.name"),
        ({"attendance": {"@": "present"}}, "not present"),
        ({"consents": [{"kind": "treatment"}]}, "exactly one of"),
        ({"unit_field": "a b"}, "unit_field"),
        ({"mistyped": 1}, "mistyped"),
    ],
)
def test_what_is_wrong_is_named(raw: dict[str, object], place: str) -> None:
    with pytest.raises(WrongMapping, match=place):
        mapping_of(raw, "openemr.toml")


def test_a_file_that_is_not_there_or_no_toml_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongMapping, match="No such file"):
        read_mapping(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("= 1")
    with pytest.raises(WrongMapping, match="not valid TOML"):
        read_mapping(tmp_path / "bad.toml")


def test_the_api_does_not_make_everything_be_looked_at_anew() -> None:
    plain = OpenEmrMapping()
    with_api = OpenEmrMapping.model_validate({"api": {"url": "https://emr.example", "client_id": "c"}})
    assert plain.fingerprint() == with_api.fingerprint()
    assert plain.fingerprint() != OpenEmrMapping(state="IL").fingerprint()


@pytest.mark.parametrize(
    ("list_id", "code", "title", "means"),
    [
        (ATTENDANCE_LIST, "@", "Attended", "attended"),
        (ATTENDANCE_LIST, "@", None, "attended"),
        (ATTENDANCE_LIST, "~", "Late Arrival", "attended"),
        (ATTENDANCE_LIST, "?", "Did Not Attend", "no_show"),
        (ATTENDANCE_LIST, "x", "Cancelled", "cancelled"),
        (ATTENDANCE_LIST, "-", "Not Reported", "not_reported"),
        (ATTENDANCE_LIST, "E", "Excused", "excused"),
        (ATTENDANCE_LIST, "L", "Late cancellation", "late_cancel"),
        (ATTENDANCE_LIST, "Z", "Zebra", None),
        (ATTENDANCE_LIST, None, None, "not_reported"),
        (GROUP_LIST, "=", "Took Place", "took_place"),
        (GROUP_LIST, ">", "Did Not Take Place", "did_not_take_place"),
        (GROUP_LIST, "<", "Not Reported", "not_reported"),
        (GROUP_LIST, "H", "Held online", "took_place"),
        (APPOINTMENT_LIST, "%", "% Canceled < 24h", "late_cancel"),
        (APPOINTMENT_LIST, ">", "> Checked out", "attended"),
        (APPOINTMENT_LIST, "!", "! Left w/o visit", "no_show"),
        (APPOINTMENT_LIST, "-", "- None", "not_reported"),
        (APPOINTMENT_LIST, "*", "* Reminder done", "not_reported"),
    ],
)
def test_a_code_means_what_the_practices_list_calls_it(
    list_id: str, code: str | None, title: str | None, means: str | None
) -> None:
    assert meaning(list_id, code, title, {}) == means


def test_what_the_practice_configured_counts_first() -> None:
    assert meaning(ATTENDANCE_LIST, "@", "Attended", {"@": "excused"}) == "excused"
