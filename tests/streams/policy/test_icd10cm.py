"""Which ICD-10-CM codes could be billed on which day?"""

import subprocess
import sys
from datetime import date

import pytest

from streams.policy.icd10cm import CodeStatus, in_range, newest_edition, status_on, was_billable_earlier

SPRING = date(2026, 4, 15)


@pytest.mark.parametrize("code", ["F33.1", "F331", "f33.1", "F43.10", "F43.81", "F50.010", "Z63.0", "Z62.820", "F99"])
def test_a_leaf_is_billable(code: str) -> None:
    assert status_on(code, SPRING) is CodeStatus.BILLABLE


@pytest.mark.parametrize("code", ["F43.1", "F43.8", "F50.01", "Z62.82", "F33", "F10"])
def test_a_heading_is_not(code: str) -> None:
    assert status_on(code, SPRING) is CodeStatus.HEADER


@pytest.mark.parametrize("code", ["ZZZZZ", "F33.15", "", "F01-F99", "5"])
def test_what_is_no_code_is_not_in_the_edition(code: str) -> None:
    assert status_on(code, SPRING) is CodeStatus.NOT_IN_EDITION


def test_the_edition_in_force_on_the_day_decides() -> None:
    assert status_on("F32.A", date(2021, 9, 30)) is CodeStatus.NOT_IN_EDITION
    assert status_on("F32.A", date(2021, 10, 1)) is CodeStatus.BILLABLE
    assert status_on("F50.01", date(2021, 9, 30)) is CodeStatus.BILLABLE
    assert status_on("F50.01", date(2024, 10, 1)) is CodeStatus.HEADER
    assert status_on("G35", date(2025, 9, 30)) is CodeStatus.BILLABLE
    assert status_on("G35", date(2025, 10, 1)) is CodeStatus.HEADER
    assert was_billable_earlier("F50.01")
    assert not was_billable_earlier("F43.1")


def test_between_two_loaded_editions_a_code_of_either_counts() -> None:
    assert status_on("F50.01", date(2023, 6, 1)) is CodeStatus.BILLABLE
    assert status_on("F50.010", date(2023, 6, 1)) is CodeStatus.BILLABLE


def test_past_the_newest_edition_what_it_does_not_know_stays_undecided() -> None:
    name, last_day = newest_edition()
    assert name
    later = date(last_day.year, 11, 1)
    assert status_on("F33.1", later) is CodeStatus.BILLABLE
    assert status_on("F43.1", later) is CodeStatus.HEADER
    assert status_on("F33.15", later) is CodeStatus.EDITION_NOT_LOADED


def test_ranges_are_of_categories() -> None:
    assert in_range("F10.20", "F10", "F19")
    assert in_range("f19.99", "F10", "F19")
    assert not in_range("F20.0", "F10", "F19")


@pytest.mark.long
def test_it_agrees_with_the_package_on_every_code_and_never_imports_it() -> None:
    # the package takes seconds and 180 MB to import, so that happens in a process of its own
    script = """
import simple_icd_10_cm as package
from datetime import date
from streams.policy.icd10cm import CodeStatus, status_on
day = date(2026, 4, 15)
codes = [code for code in package.get_all_codes(True) if package.is_category_or_subcategory(code)]
wrong = [c for c in codes if (status_on(c, day) is CodeStatus.BILLABLE) != package.is_leaf(c)]
assert len(codes) > 90000
assert not wrong, wrong[:10]
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert "simple_icd_10_cm" not in sys.modules
