"""A spreadsheet shows what a cell says and never computes it."""

import csv
import io
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.console.csv_export import cell, findings_csv
from tests.dashboards.console.samples import a_finding


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "  =1", "\u00a0=1", "＝1", "%0a=1"])
def test_what_would_be_a_formula_becomes_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@given(st.text())
def test_any_sentence_comes_back_as_one_cell(text: str) -> None:
    finding = a_finding(why=text[:2_000].replace("\x00", ""))
    rows = list(csv.DictReader(io.StringIO("".join(findings_csv([finding], ZoneInfo("UTC"))).removeprefix("\ufeff"))))
    assert len(rows) == 1
    assert rows[0]["why"].removeprefix("'") == finding.why.removeprefix("'")


def test_an_amount_stays_a_number_even_below_zero() -> None:
    line = list(findings_csv([a_finding(money_at_stake_cents=-1_250)], ZoneInfo("UTC")))[1]
    assert ",-12.50," in line
