"""The worker around the keeper, as far as it needs no broker."""

import gc
from collections.abc import Iterator

import pytest

from streams.agents import freeze_what_stays


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_kept_is_out_of_the_garbage_collectors_sight() -> None:
    kept = [[number] for number in range(10_000)]
    freeze_what_stays()
    assert gc.get_freeze_count() > len(kept)
    assert len(gc.get_objects()) < len(kept)
