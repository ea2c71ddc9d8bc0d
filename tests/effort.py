"""How hard do property tests look? At the same few examples in every run, so that a run never fails by chance.

CONJOINT_EXPLORE=20 looks at twenty times as many, and at others every time: for whoever changes the stream.
"""

import os

from hypothesis import HealthCheck, settings

EXPLORE = int(os.environ.get("CONJOINT_EXPLORE", "0"))


def effort(examples: int) -> settings:
    """The settings of a law that is tried with so many examples."""
    return settings(
        max_examples=examples * max(1, EXPLORE),
        derandomize=not EXPLORE,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
