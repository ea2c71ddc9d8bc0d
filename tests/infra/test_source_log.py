"""A binary log that began anew is told from one that went on."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra import source_log
from infra.embedded.stack import settings_on_free_ports
from infra.source_log import LogPlace, known_place, look, remember
from infra.sources import sources_of

KNOWN = LogPlace("1", "mysql-bin", 7, 400, 90)


@pytest.mark.parametrize(
    ("place", "follows"),
    [
        (KNOWN, True),
        (replace(KNOWN, position=500, written=91), True),
        (replace(KNOWN, file=8, position=4, written=91), True),
        (replace(KNOWN, file=1, position=900, written=2), False),
        (replace(KNOWN, position=300), False),
        (replace(KNOWN, file=9, written=3), False),
        (replace(KNOWN, server="2", file=9), False),
        (replace(KNOWN, name="binlog", file=9), False),
    ],
)
def test_a_log_goes_on_or_is_another(place: LogPlace, follows: bool) -> None:
    assert place.follows(KNOWN) is follows


def test_a_log_that_began_anew_goes_on_counting_after_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (source,) = sources_of(settings_on_free_ports(tmp_path, sources="openemr=mysql://u@127.0.0.1:3306/openemr"))
    now = KNOWN
    monkeypatch.setattr(source_log, "opened", lambda _: _Opened())
    monkeypatch.setattr(source_log, "place_of", lambda _: now)
    assert look(source, tmp_path) == (KNOWN, False)
    remember(source, KNOWN, tmp_path)
    now = replace(KNOWN, file=1, position=4, written=0)
    begun, anew = look(source, tmp_path)
    assert (begun.base, anew) == (8, True)
    assert look(source, tmp_path) == (begun, True), "until it is remembered, it is news"
    remember(source, begun, tmp_path)
    now = replace(now, file=2)
    assert look(source, tmp_path) == (replace(now, base=8), False)
    assert known_place(source, tmp_path) == begun
    assert ((tmp_path / "run" / "source-openemr-log.json").stat().st_mode & 0o077) == 0


class _Opened:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
