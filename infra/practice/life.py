"""The simulated life of the reference practice, from its founding on: a pure, seeded, endless run of acts.
Reads its arguments only; same seed, anchor and days of history → the same acts.
Must never know whether anybody executes them.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from infra.practice import desk, founding, opener
from infra.practice.acts import Act
from infra.practice.world import USUAL_MISTAKES, World


def live(
    seed: int, anchor: datetime, backfill_days: int, mistakes: Mapping[str, float] = USUAL_MISTAKES, demo: bool = True
) -> Iterator[Act]:
    """Every act in order of time, without end. History runs `backfill_days` up to `anchor`; then life goes on.

    `mistakes`: rule → how often it is broken; an empty mapping makes a practice without any. `demo` adds a group
    session that ends, and two mistakes that are made, within minutes after the anchor.
    """
    world = World(seed, anchor, backfill_days, mistakes)
    founding.found(world)
    desk.open_for_business(world)
    if demo:
        opener.arrange(world)
    return world.acts()
