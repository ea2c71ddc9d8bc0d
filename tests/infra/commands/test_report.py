"""`conjoint report compliance` and `conjoint consents` as a person at a terminal meets them; without a platform."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from pypdf import PdfReader

from infra.cli import run
from tests.streams.scenario import Scenario, at, clean_family, clean_group

X12 = Path(__file__).parents[2] / "data" / "x12"
PERIOD = ("--from", "2026-04-01", "--to", "2026-04-30")


def a_file(folder: Path, scenario: Scenario, now: str = "2026-04-16 19:00") -> Path:
    path = folder / "changes.json"
    path.write_bytes(orjson.dumps({"now": at(now), "changes": scenario.changes}))
    return path


@pytest.fixture
def changes(tmp_path: Path) -> Path:
    people = ["RUTH", "SAM", "TEO"]
    booked = clean_family().book("S-2", "family", people, "2026-04-22 18:00", 50)
    booked.set("S-2", unit="F-1", identified_patient="C-TEO").without("CON-SAM-conjoint_agreement")
    return a_file(tmp_path, booked)


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# --- report ---------------------------------------------------------------------------------------------------------


def test_each_form_of_the_report_is_written(tmp_path: Path, changes: Path) -> None:
    common = ("report", "compliance", *PERIOD, "--file", str(changes), "--practice", "PR-1")
    for form, name in (("html", "r.html"), ("pdf", "r.pdf"), ("csv", "r.zip"), ("csv", "tables")):
        assert run([*common, "--format", form, "--out", str(tmp_path / name)]) == 0
    assert "<!doctype html>" in (tmp_path / "r.html").read_text()
    assert len(PdfReader(io.BytesIO((tmp_path / "r.pdf").read_bytes())).pages) > 10
    assert "index.csv" in zipfile.ZipFile(tmp_path / "r.zip").namelist()
    assert (tmp_path / "tables" / "index.csv").exists()


def test_without_a_file_to_write_the_page_goes_to_standard_output(
    changes: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["report", "compliance", *PERIOD, "--file", str(changes)]) == 0
    assert capsysbinary.readouterr().out.startswith(b"<!doctype html>")


def test_as_of_an_earlier_moment_later_facts_are_not_in_it(tmp_path: Path) -> None:
    late = clean_group().delete("CON-ANA-group_agreement", "2026-04-25 10:00")
    path = a_file(tmp_path, late, "2026-04-28 10:00")
    pages = {}
    for name, moment in (("before", "2026-04-20T10:00:00-05:00"), ("after", "2026-04-28T10:00:00-05:00")):
        out = tmp_path / name
        assert run(["report", "compliance", *PERIOD, "--file", str(path), "--as-of", moment, "--out", str(out)]) == 0
        pages[name] = out.read_text()
    assert "group agreement" in pages["after"]
    assert pages["before"].count("C02") < pages["after"].count("C02")


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--from", "2026-05-01", "--to", "2026-04-01"), 2, "--from is after --to"),
        (("--from", "soon", "--to", "2026-04-01"), 2, "not a day"),
        (("--from", "2026-04-01"), 2, "--to"),
        ((*PERIOD, "--as-of", "now"), 2, "not an instant"),
        ((*PERIOD, "--practice", "PR-9"), 1, "about practice PR-1"),
        ((*PERIOD, "--as-of", "2020-01-01T00:00:00Z"), 2, "no practice"),
        ((*PERIOD, "--format", "docx"), 2, "docx"),
        ((*PERIOD, "--out", "/nowhere/at/all.html"), 1, "cannot be written"),
    ],
)
def test_what_is_asked_wrongly_is_one_line_that_says_what_to_do(
    changes: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, word: str
) -> None:
    assert run(["report", "compliance", *arguments, "--file", str(changes)]) == code
    said = capsys.readouterr().err
    assert word in said
    assert said.count("\n") == 1


def test_a_file_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert run(["report", "compliance", *PERIOD, "--file", str(tmp_path / "x.json")]) == 2
    assert "x.json" in capsys.readouterr().err


# --- consents -------------------------------------------------------------------------------------------------------


def test_forms_are_listed_the_most_urgent_first(changes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["consents", "list", "--json", "--file", str(changes)]) == 0
    lines = told(capsys)
    assert (lines[0]["kind"], lines[0]["client"], lines[0]["state"]) == ("conjoint_agreement", "C-SAM", "needed")
    assert lines[0]["signers"] == [{"person": "C-SAM", "role": "self"}]
    assert run(["consents", "list", "--file", str(changes), "--state", "signed"]) == 0
    assert "5 forms" in capsys.readouterr().out


def test_forms_are_written_for_their_owner_only(
    tmp_path: Path, changes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "to-sign"
    assert run(["consents", "forms", "--file", str(changes), "--unit", "F-1", "--out", str(out)]) == 0
    [path] = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert path.stat().st_mode & 0o077 == 0
    assert "Sam Delacroix" in PdfReader(io.BytesIO(path.read_bytes())).pages[0].extract_text()


def test_from_needed_to_sent_to_declined_and_back(
    tmp_path: Path, changes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = tmp_path / "marks.jsonl"
    common = ("--file", str(changes), "--tracking", str(marks))
    run(["consents", "list", "--json", *common])
    need = told(capsys)[0]["id"]

    def state() -> str:
        run(["consents", "list", "--json", *common])
        return next(str(line["state"]) for line in told(capsys) if line["id"] == need)

    assert run(["consents", "send", *common, need[:8], "--out", str(tmp_path / "f"), "--by", "ana"]) == 0
    capsys.readouterr()
    assert state() == "sent"
    later = ("--now", at("2026-04-17 09:00"))
    assert run(["consents", "mark", *common, *later, need, "--as", "declined", "--by", "ana"]) == 0
    assert state() == "declined"
    assert run(["consents", "mark", *common, "--now", at("2026-04-17 10:00"), need, "--as", "withdrawn"]) == 0
    assert state() == "needed"
    assert len(marks.read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("mark", "00000000", "--as", "sent"), 2, "no form has the id"),
        (("mark", "x", "--as", "signed"), 2, "signed"),
        (("list", "--state", "lost"), 2, "lost"),
    ],
)
def test_a_mark_that_makes_no_sense_is_refused(
    changes: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, word: str
) -> None:
    assert run(["consents", *arguments, "--file", str(changes)]) == code
    assert word in capsys.readouterr().err


def test_marks_need_a_file_that_keeps_them(changes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["consents", "list", "--json", "--file", str(changes)])
    need = told(capsys)[0]["id"]
    assert run(["consents", "mark", need, "--as", "sent", "--file", str(changes)]) == 2
    assert "--tracking" in capsys.readouterr().err


def test_a_file_of_marks_that_is_none_names_its_line(
    tmp_path: Path, changes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = tmp_path / "marks.jsonl"
    marks.write_text('{"need": "x"}\n')
    assert run(["consents", "list", "--file", str(changes), "--tracking", str(marks)]) == 2
    assert "line 1 is not a mark" in capsys.readouterr().err


def test_an_835_given_with_a_file_tells_denials_by_the_payers_own_codes(tmp_path: Path) -> None:
    path = a_file(tmp_path, clean_group().set("COV-BEN", end="2026-04-14"), "2026-05-02 10:00")
    common = ("report", "compliance", *PERIOD, "--file", str(path), "--format", "csv", "--out")
    assert run([*common, str(tmp_path / "t"), "--remittance", str(X12 / "835.x12")]) == 0
    [written] = (tmp_path / "t").glob("*denied_claims.csv")
    with written.open() as lines:
        [denied] = csv.DictReader(lines)
    assert (denied["claim_id"], denied["actual"], denied["forecast"]) == (
        "K-S-1-BEN",
        "197",
        "foretold, another reason",
    )
    assert run([*common, str(tmp_path / "u"), "--remittance", str(X12 / "999-accepted.x12")]) == 0
    assert run([*common, str(tmp_path / "v"), "--remittance", str(path)]) == 2
