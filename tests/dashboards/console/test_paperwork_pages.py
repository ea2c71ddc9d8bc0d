"""The pages about consents and compliance: what they show, count, print, mark and never do."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.dashboards.console.conftest import Visit, csrf_of
from tests.dashboards.console.paperwork import ScenarioPaperwork
from tests.dashboards.console.samples import Desk
from tests.streams.compliance.reporting import file_of
from tests.streams.scenario import Scenario, clean_family, clean_group

APRIL = {"from": "2026-04-01", "to": "2026-04-30", "as_of": "2026-04-20T18:00:00-05:00"}


def a_family() -> Scenario:
    """A family with a session ahead for which a parent's agreement is missing."""
    people = ["RUTH", "SAM", "TEO"]
    booked = clean_family().book("S-2", "family", people, "2026-04-22 18:00", 50)
    return booked.set("S-2", unit="F-1", identified_patient="C-TEO").without("CON-SAM-conjoint_agreement")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, now=datetime(2026, 4, 17, 0, tzinfo=UTC))
    desk.settings["paperwork"] = ScenarioPaperwork(file_of(a_family()))
    return desk


def paperwork(desk: Desk) -> ScenarioPaperwork:
    held = desk.settings["paperwork"]
    assert isinstance(held, ScenarioPaperwork)
    return held


# --- compliance -----------------------------------------------------------------------------------------------------


async def test_the_report_stands_on_the_page_with_its_moment_and_downloads(visit: Visit) -> None:
    page = await (await visit("manager")).get("/compliance", params=APRIL)
    assert page.status_code == 200
    assert "as of April 20, 2026, 18:00 CDT" in page.text
    for words in ("Visits and consents", "Unsigned and late notes", "Notes, claims and attendance", "Rules in force"):
        assert words in page.text
    assert "/compliance/report.pdf?" in page.text


async def test_each_download_is_the_report_of_the_moment_asked_for(visit: Visit) -> None:
    client = await visit("compliance")
    page = await client.get("/compliance/report.html", params=APRIL)
    assert "April 20, 2026, 18:00 CDT" in page.text
    assert 'filename="compliance-PR-1-2026-04-01-2026-04-30.html"' in page.headers["content-disposition"]
    pdf = await client.get("/compliance/report.pdf", params=APRIL)
    assert "Lakeshore Family" in PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    tables = await client.get("/compliance/report.csv", params=APRIL)
    assert "index.csv" in zipfile.ZipFile(io.BytesIO(tables.content)).namelist()
    assert (await client.get("/compliance/report.exe", params=APRIL)).status_code == 404


async def test_an_address_that_makes_no_sense_is_told_and_left_out(visit: Visit) -> None:
    client = await visit("manager")
    odd = {"from": "yesterday", "to": "2026-04-30", "as_of": "soon", "practice": "<script>alert(1)</script>"}
    page = await client.get("/compliance", params=odd)
    assert page.status_code == 200
    assert page.text.count("left out") == 3
    assert "<script>alert" not in page.text


async def test_an_earlier_moment_than_the_practice_is_known_says_so(visit: Visit) -> None:
    page = await (await visit("manager")).get("/compliance", params={**APRIL, "as_of": "2020-01-01T00:00:00Z"})
    assert page.status_code == 503
    assert "choose a later moment" in page.text


async def test_a_store_that_is_away_is_told_and_not_an_error(visit: Visit, desk: Desk) -> None:
    paperwork(desk).away = "ClickHouse does not answer; start Conjoint with: conjoint up"
    client = await visit("manager")
    for path in ("/compliance", "/consents"):
        page = await client.get(path)
        assert page.status_code == 503
        assert "does not answer" in page.text


async def test_somebody_without_the_right_sees_neither_page_nor_file(visit: Visit) -> None:
    client = await visit("biller")
    for path in ("/compliance", "/compliance/report.pdf", "/consents", "/consents.csv"):
        assert (await client.get(path)).status_code == 403


async def test_a_practice_outside_somebodys_scope_is_not_shown(visit: Visit, desk: Desk) -> None:
    desk.practices["manager"] = ["PR-OTHER"]
    client = await visit("manager")
    assert "Lakeshore" not in (await client.get("/compliance", params={**APRIL, "practice": "PR-1"})).text
    assert "C-SAM" not in (await client.get("/consents", params={"practice": "PR-1"})).text
    assert (await client.get("/consents.csv", params={"practice": "PR-1"})).status_code == 503


# --- consents -------------------------------------------------------------------------------------------------------


async def test_what_a_session_waits_for_stands_first_with_who_signs(visit: Visit) -> None:
    page = await (await visit("manager")).get("/consents", params={"show": "urgent"})
    assert "Conjoint agreement of client C-SAM" in page.text
    assert "C-SAM (self)" in page.text
    assert "Treatment of client" not in page.text
    assert "1 of 2" in page.text  # of the family's two agreements


async def test_no_name_is_on_the_page_but_on_the_form_itself(visit: Visit, desk: Desk) -> None:
    client = await visit("manager")
    page = await client.get("/consents", params={"show": "all"})
    assert "Delacroix" not in page.text
    need = next(f.request.need_id for f in paperwork(desk).forms("PR-1", desk.now).forms if f.urgent)
    form = await client.get("/consents/form.html", params={"practice": "PR-1", "need": need})
    assert "Sam Delacroix" in form.text
    pdf = await client.get("/consents/form.pdf", params={"practice": "PR-1", "need": need})
    assert "Family and couples agreement" in PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert (await client.get("/consents/form.pdf", params={"practice": "PR-1", "need": "x"})).status_code == 404


async def test_marking_as_sent_needs_a_form_of_ours_and_moves_the_form(visit: Visit, desk: Desk) -> None:
    client = await visit("manager")
    page = await client.get("/consents")
    need = next(f.request.need_id for f in paperwork(desk).forms("PR-1", desk.now).forms if f.urgent)
    form = {"practice": "PR-1", "need": need, "word": "sent"}
    assert (await client.post("/consents/mark", data=form)).status_code == 403
    answer = await client.post("/consents/mark", data={**form, "csrf": csrf_of(page)})
    assert answer.status_code == 303
    [mark] = paperwork(desk).marks.marks
    assert (mark.word, mark.by) == ("sent", "manager")
    assert "Conjoint agreement of client C-SAM" in (await client.get("/consents", params={"show": "sent"})).text
    wrong = await client.post("/consents/mark", data={**form, "csrf": csrf_of(page), "word": "signed"})
    assert wrong.status_code == 503
    assert len(paperwork(desk).marks.marks) == 1


async def test_the_list_as_a_file_holds_every_form_and_no_formula(visit: Visit) -> None:
    answer = await (await visit("manager")).get("/consents.csv", params={"practice": "PR-1"})
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["state", "form", "client_id"]
    assert ["needed", "conjoint_agreement", "C-SAM", "F-1"] in [row[:4] for row in rows]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


async def test_an_id_that_is_a_script_is_only_words(visit: Visit, desk: Desk) -> None:
    evil = clean_group().without("CON-ANA-group_agreement").book("S-2", "group", ["ANA"], "2026-04-22 18:00", 60)
    evil.set("S-2", unit="G-1")
    for change in evil.changes:
        text = str(change["data"].get("client", ""))
        if text == "C-ANA":
            change["data"]["client"] = "<img src=x onerror=alert(1)>"
        if change["id"] == "C-ANA":
            change["id"] = "<img src=x onerror=alert(1)>"
        if "clients" in change["data"]:
            change["data"]["clients"] = [
                c.replace("C-ANA", "<img src=x onerror=alert(1)>") for c in change["data"]["clients"]
            ]
    desk.settings["paperwork"] = ScenarioPaperwork(file_of(evil))
    client = await visit("manager")
    for path, params in (("/consents", {"show": "all"}), ("/compliance", APRIL), ("/compliance/report.html", APRIL)):
        page = await client.get(path, params=params)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "&lt;img" in page.text
