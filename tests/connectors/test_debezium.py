"""Revisions made from a binary log go on when the log begins anew."""

from datetime import UTC, datetime

import pytest

from connectors.debezium import POSITION_BITS, ROW_BITS, later_log
from connectors.ehr.row import Row
from schemas.reasons import Poison


def _row(file: int) -> Row:
    revision = file << POSITION_BITS + ROW_BITS
    return Row("forms", "c", {}, None, {}, revision, datetime(2026, 3, 3, tzinfo=UTC), snapshot=False)


def test_a_later_log_is_newer_than_all_of_the_one_before() -> None:
    assert later_log(_row(1), b"8").rev > later_log(_row(7), b"0").rev == _row(7).rev
    assert later_log(_row(7), None).rev == _row(7).rev


@pytest.mark.parametrize("header", [b"", b"-1", b"x", b"9999999", b"999999"])
def test_a_header_that_is_none_of_ours_is_refused(header: bytes) -> None:
    with pytest.raises(Poison, match="conjoint-log"):
        later_log(_row(1), header)
