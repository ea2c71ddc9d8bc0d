"""Are the public CMS files read as they are published? The samples here are our own, in the published layouts."""

from datetime import date
from pathlib import Path

import pytest

from streams.policy.cms import NotACmsFile, code_pairs, read_limits, read_pairs, unit_limits

PTP = (
    "CPT only copyright. All rights reserved.\n"
    '"Column1/Column 2 Edits"\t\t\t\t\t\t\n'
    '"Column 1"\t"Column 2"\t"*=in existence prior to 1996"\t"Effective Date"\t"Deletion Date *=no data"\t'
    '"Modifier 0=not allowed 1=allowed 9=not applicable"\t"PTP Edit Rationale"\n'
    "90853\t90832\t\t20130101\t*\t1\tMisuse of column two code with column one code\n"
    "90853\t90834\t*\t20130101\t20260331\t0\tMore extensive procedure\n"
    "90853\t90834\t\t20260401\t*\t1\tMore extensive procedure\n"
    "90847\t90846\t\t20100101\t20100101\t9\tMutually exclusive\n"
    "90853\t99999\t\t20130101\t*\t1\tCPT Manual or CMS manual coding instruction\n"
)
MUE = (
    '"Practitioner Services MUE Table",,,\n'
    '"HCPCS/\nCPT Code","Practitioner Services MUE Values","MUE Adjudication Indicator","MUE Rationale"\n'
    '90853,1,"2 Date of Service Edit: Policy","Code Descriptor / CPT Instruction"\n'
    '90840,3,"3 Date of Service Edit: Clinical","Clinical: Data"\n'
    '0001A,1,"1 Line Edit","Nature of Service"\n'
)


def file_of(tmp_path: Path, text: str, name: str = "edits.txt") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_pairs_of_codes_we_know_become_rows_with_their_dates(tmp_path: Path) -> None:
    rows = code_pairs(read_pairs(file_of(tmp_path, PTP)), "CMS, third quarter")
    assert [(row.col1, row.col2, row.indicator, row.from_, row.to) for row in rows] == [
        ("90853", "90832", 1, date(2013, 1, 1), None),
        ("90853", "90834", 0, date(2013, 1, 1), date(2026, 3, 31)),
        ("90853", "90834", 1, date(2026, 4, 1), None),
    ]
    assert {(row.modifier_on, row.source, row.mark) for row in rows} == {("col2", "CMS, third quarter", "verified")}
    assert len(code_pairs(read_pairs(file_of(tmp_path, PTP)), "CMS", every_code=True)) == 4


@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("day", ["20130101", "2013-01-01", "1/1/2013"])
def test_the_same_rows_from_a_saved_sheet(delimiter: str, day: str, tmp_path: Path) -> None:
    line = delimiter.join(("90853", "90837", "", day, "*", "1", "Misuse"))
    rows = list(read_pairs(file_of(tmp_path, f"Column 1{delimiter}Column 2\n{line}\n")))
    assert [(row.column1, row.column2, row.effective, row.deleted) for row in rows] == [
        ("90853", "90837", date(2013, 1, 1), None)
    ]


def test_limits_of_codes_we_know_become_rows_of_the_quarter(tmp_path: Path) -> None:
    rows = unit_limits(read_limits(file_of(tmp_path, MUE, "mue.csv")), "CMS MUE", date(2026, 10, 1), date(2026, 12, 31))
    assert [(row.code, row.units_per_day, row.mai) for row in rows] == [("90840", 3, "3"), ("90853", 1, "2")]
    assert {(row.from_, row.to) for row in rows} == {(date(2026, 10, 1), date(2026, 12, 31))}
    every = unit_limits(read_limits(file_of(tmp_path, MUE)), "CMS MUE", date(2026, 10, 1), every_code=True)
    assert [row.code for row in every] == ["0001A", "90840", "90853"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "no row of code pairs"),
        ("nothing\tof\tthe\tsort\n", "no row of code pairs"),
        ("90853\t90832\t\tsoon\t*\t1\tx\n", "line 1: not a date"),
        ("90853\t90832\t\t20130101\t*\t5\tx\n", "line 1: no effective date or modifier indicator"),
        (PTP + "broken\trow\n", "line 9: not a row of code pairs"),
        ("PK\x03\x04", "a workbook or ZIP"),
    ],
)
def test_what_is_no_file_of_pairs_is_named_with_its_line(text: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(NotACmsFile, match=where):
        list(read_pairs(file_of(tmp_path, text)))


@pytest.mark.parametrize(("text", "where"), [("90853,1,x\n", "line 1: no adjudication"), ("a,b\n", "no row of unit")])
def test_what_is_no_file_of_limits_is_named(text: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(NotACmsFile, match=where):
        list(read_limits(file_of(tmp_path, text)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotACmsFile, match="cannot be read"):
        list(read_pairs(tmp_path / "none.txt"))
