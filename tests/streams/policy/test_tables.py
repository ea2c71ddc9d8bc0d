"""Are policy tables what a biller can read and edit: plain files, dates respected, every wrong row named?"""

from datetime import date
from pathlib import Path

import orjson
import pytest

from schemas.reasons import Poison
from streams.policy import policy_of
from streams.policy.rows import ROWS
from streams.policy.table_files import merged_file, write_table
from streams.policy.tables import (
    DEFAULTS,
    WrongTables,
    columns_of,
    defaults,
    document_of,
    read_folder,
    tables_of,
)

SPRING = date(2026, 4, 15)
EXCHANGE_DEFAULT = Path(__file__).parents[2] / "data" / "default-policy.json"
PAYERS = "payer,name,kind,filing_days,group_min,from,to,source,mark\n"


def folder_of(tmp_path: Path, **tables: str) -> Path:
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def policy_from(folder: Path, plain: str = "{}") -> str:
    return orjson.dumps({**orjson.loads(plain), "tables": document_of(read_folder(folder))}).decode()


def test_the_shipped_tables_say_what_the_exchange_format_says_by_default() -> None:
    expected = orjson.loads(EXCHANGE_DEFAULT.read_bytes())
    said = policy_of().on(SPRING).model_dump(mode="json", by_alias=True)
    for key, value in expected.items():
        if key != "payers":
            assert said[key] == value, key
    assert said["payers"].keys() == expected["payers"].keys()
    for payer, asked in expected["payers"].items():
        for name, value in asked.items():
            assert said["payers"][payer][name] == value or (not value and not said["payers"][payer][name]), name


def test_every_shipped_row_names_its_source() -> None:
    tables = defaults()
    assert tables.keys() == ROWS.keys()
    for rows in tables.values():
        assert all(row.source and row.mark in ("verified", "unverified") for row in rows)


@pytest.mark.parametrize("table", sorted(ROWS))
def test_a_table_written_is_a_table_read(table: str, tmp_path: Path) -> None:
    rows = defaults()[table]
    write_table(tmp_path / f"{table}.csv", rows)
    assert read_folder(tmp_path, own=False) == {table: rows}
    assert (tmp_path / f"{table}.csv").read_text() == (DEFAULTS / f"{table}.csv").read_text()


def test_a_row_holds_between_its_dates_both_included(tmp_path: Path) -> None:
    rows = "PAY-COM,,,90,,2026-01-01,2026-04-15,contract,verified\nPAY-COM,,,180,,2026-04-16,,contract,verified\n"
    book = policy_of(policy_from(folder_of(tmp_path, payers=PAYERS + rows)))
    days = {date(2025, 12, 31): 365, date(2026, 1, 1): 90, SPRING: 90, date(2026, 4, 16): 180, None: 180}
    assert {day: book.on(day).payer("PAY-COM").filing_days for day in days} == days
    assert book.on(SPRING).payer("PAY-COM").name == "Prairie Mutual", "a blank cell leaves what held before"


def test_a_new_payer_needs_no_code(tmp_path: Path) -> None:
    text = PAYERS + "PAY-NEW,New Mutual,medicaid,95,4,,,manual page 7,unverified\n"
    payer = policy_of(policy_from(folder_of(tmp_path, payers=text))).on(SPRING).payer("PAY-NEW")
    assert (payer.kind, payer.filing_days, payer.group_min, payer.group_max) == ("medicaid", 95, 4, 12)


def test_plain_values_win_over_rows(tmp_path: Path) -> None:
    text = PAYERS + "PAY-COM,,,90,,,,contract,verified\n"
    plain = '{"payers": {"PAY-COM": {"filing_days": 30}}, "rejected_resubmit_days": 7}'
    policy = policy_of(policy_from(folder_of(tmp_path, payers=text), plain)).on(SPRING)
    assert policy.payer("PAY-COM").filing_days == 30
    assert policy.rejected_resubmit_days == 7


def test_whoever_speaks_of_a_code_pair_says_all_of_it(tmp_path: Path) -> None:
    head = "col1,col2,indicator,modifier_on,from,to,source,mark\n"
    text = f"{head}90853,90834,0,col2,2014-10-01,2026-03-31,CMS,verified\n90853,90832,9,col2,2014-10-01,,CMS,verified\n"
    book = policy_of(policy_from(folder_of(tmp_path, code_pairs=text)))

    def pairs(day: date) -> set[tuple[str, int]]:
        return {(pair.col2, pair.indicator) for pair in book.on(day).ptp}

    assert pairs(date(2026, 3, 31)) == {("90834", 0), ("90837", 1), ("90849", 1)}
    assert pairs(date(2026, 4, 1)) == {("90837", 1), ("90849", 1)}, "the default row does not come back"


def test_tables_of_every_kind_reach_the_policy(tmp_path: Path) -> None:
    end = ",,,manual,verified\n"
    folder = folder_of(
        tmp_path,
        plans=f"payer,product,excluded_codes,visit_limits,from,to,source,mark\nPAY-COM,basic,90847,group=20{end}",
        unit_limits=f"code,units_per_day,mai,from,to,source,mark\n90853,2,3{end}90839,,{end}",
        states=f"state,minor_self_consent_age_sud,ai_notice,consent_set,from,to,source,mark\nWI,12,yes,treatment{end}",
        consent_kinds=f"kind,state,valid_days,from,to,source,mark\ntreatment,WI,365{end}",
        note_timeliness=f"level,hours,from,to,source,mark\nlate,36{end}",
        sign_off=f"credential,cosign,from,to,source,mark\nLPC-IT,yes{end}",
        settings=f"setting,value,from,to,source,mark\nfiling_percent.warn,50{end}consent_expiry_notice_days,14 0{end}",
    )
    policy = policy_of(policy_from(folder)).on(SPRING)
    assert policy.plan("PAY-COM", "basic").excluded_codes == ("90847",)
    assert policy.plan("PAY-COM", "basic").visit_limits == {"group": 20}
    assert policy.mue_per_day["90853"] == 2
    assert "90839" not in policy.mue_per_day
    assert policy.minor_self_consent_age == {"WI": {"sud": 12}}
    assert policy.ai_notice_states == ("IL", "WI")
    assert policy.state_consent_sets == {"WI": ["treatment"]}
    assert (policy.valid_days("treatment", "WI"), policy.valid_days("treatment", "IL")) == (365, None)
    assert policy.note_timeliness_hours["late"] == 36
    assert policy.cosign_credentials["LPC-IT"] is True
    assert policy.filing_percent == {"warn": 50, "hold": 80, "block": 100}
    assert policy.consent_expiry_notice_days == (14, 0)


@pytest.mark.parametrize(
    ("table", "text", "problem"),
    [
        ("payers", PAYERS + "PAY-X,,,ninety,,,,c,verified\n", "payers.csv line 2: filing_days: not a whole number"),
        ("payers", PAYERS + "PAY-X,,bank,,,,,c,verified\n", "payers.csv line 2: kind: "),
        ("payers", PAYERS + "\n,,,9,,,,c,verified\n", "payers.csv line 3: payer: is empty"),
        ("payers", PAYERS + "PAY-X,,,9,,,,,verified\n", "payers.csv line 2: source: is empty"),
        ("payers", PAYERS + "PAY-X,,,9,,,,c,maybe\n", "payers.csv line 2: mark: "),
        ("payers", PAYERS + "PAY-X,,,9,,01/02/2026,,c,verified\n", "payers.csv line 2: from: "),
        ("payers", PAYERS + "PAY-X,,,9,,2026-02-01,2026-01-31,c,verified\n", "payers.csv line 2: to: before from"),
        ("payers", PAYERS + "PAY-X,,,9,,,,c,verified,more\n", "payers.csv line 2: more cells than columns"),
        ("payers", "payer,colour,source,mark\n", "payers.csv line 1: unknown column colour"),
        ("payers", "name\n", "payers.csv line 1: no column payer, source, mark"),
        ("payers", PAYERS + "P,,,9,,,,c,verified\nP,,,8,,2026-01-01,,c,verified\n", "overlap with those of payers"),
        ("code_pairs", "col1,col2,source,mark\n9085,90834,c,verified\n", "line 2: col1: not of the right form"),
        ("fees", "code\n", "fees.csv: no such table"),
        ("modifiers", "modifier,says,source,mark\n", "modifiers.csv: this table is the same for every practice"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_with_file_and_line(table: str, text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(WrongTables) as refused:
        read_folder(folder_of(tmp_path, **{table: text}))
    assert any(problem in said for said in refused.value.problems), refused.value.problems


def test_a_problem_never_quotes_the_cell(tmp_path: Path) -> None:
    text = PAYERS + "PAY-X,,secretword,secretword,secretword,secretword,,c,secretword\n"
    with pytest.raises(WrongTables) as refused:
        read_folder(folder_of(tmp_path, payers=text))
    assert len(refused.value.problems) == 5
    assert "secretword" not in str(refused.value.problems)


def test_a_spreadsheet_may_write_semicolons_and_a_mark_of_its_own(tmp_path: Path) -> None:
    head = "\ufeffpayer;filing_days;auth_required_codes;source;mark\r\n"
    text = f"{head}PAY-X;90;90847 90846;c;verified\r\n# note;;;;\r\n;;;;\r\n"
    (tmp_path / "payers.csv").write_text(text, "utf-8", newline="")
    payer = policy_of(policy_from(tmp_path)).on(SPRING).payer("PAY-X")
    assert (payer.filing_days, payer.auth_required_codes) == (90, ("90847", "90846"))


@pytest.mark.parametrize(
    "tables",
    [[], {"payers": {}}, {"payers": [{"payer": "P"}]}, {"nothing": []}, {"modifiers": []}, {"payers": [1]}],
)
def test_a_document_with_wrong_tables_is_refused(tables: object) -> None:
    with pytest.raises(Poison):
        policy_of(orjson.dumps({"tables": tables}).decode())


def test_a_setting_of_the_wrong_kind_is_refused() -> None:
    row = {"setting": "missed_revenue_hours", "value": "soon", "source": "s", "mark": "unverified"}
    assert tables_of({"settings": [row]})
    with pytest.raises(Poison):
        policy_of(orjson.dumps({"tables": {"settings": [row]}}).decode())


def test_loaded_rows_take_the_place_of_those_with_their_key(tmp_path: Path) -> None:
    text = PAYERS + "PAY-A,,,90,,,,c,verified\nPAY-B,,,80,,,,c,verified\n"
    folder_of(tmp_path, payers=text)
    new = ROWS["payers"].model_validate({"payer": "PAY-B", "filing_days": 70, "source": "s", "mark": "verified"})
    kept = merged_file(tmp_path / "payers.csv", [new])
    assert [(row.key[0], getattr(row, "filing_days")) for row in kept] == [("PAY-A", 90), ("PAY-B", 70)]  # noqa: B009
    assert merged_file(tmp_path / "none" / "payers.csv", [new]) == (new,)


def test_every_column_is_offered_by_the_shipped_file() -> None:
    for table, row_class in ROWS.items():
        head = (DEFAULTS / f"{table}.csv").read_text().splitlines()[0]
        assert head.split(",") == list(columns_of(row_class))
