"""When are drafts evaluated by themselves? A while after the start, then every so many hours, at low priority.
Reads settings and session files; writes rows, the finding and a gauge.
Must never end because one evaluation could not be made: it says so and tries again.
"""

import logging
import os
import threading
from pathlib import Path
from typing import Final

from infra.endpoints import Endpoints
from infra.evaluating import evaluation, pens_here, sources_in, store
from infra.refusal import Refusal
from schemas.metrics import EVALUATION_FAILURES, EVALUATION_REGRESSIONS
from streams.drafting.evaluation.running import Plan

FIRST_AFTER_S: Final = 15 * 60.0
"""Everything else comes up first."""
AGAIN_AFTER_S: Final = 60 * 60.0
"""After one that could not be made."""
log = logging.getLogger(__name__)


def run(endpoints: Endpoints, stop: threading.Event, first_after_s: float = FIRST_AFTER_S) -> None:
    """Evaluates until `stop`."""
    os.nice(10)  # without this a run could delay findings on a small machine
    every_s = endpoints.settings.evaluation_every_hours * 3600
    wait_s = first_after_s
    while not stop.wait(wait_s):
        wait_s = every_s if evaluated(endpoints) else min(AGAIN_AFTER_S, every_s)


def evaluated(endpoints: Endpoints) -> bool:
    """One evaluation, stored; False if it could not be made, which is logged and counted."""
    folder: Path | None = endpoints.settings.evaluation_sessions
    try:
        done = evaluation(sources_in(folder), pens_here(endpoints.settings, None), Plan(), folder=folder)
        rows = store(endpoints, done)
    except Refusal as refusal:
        EVALUATION_FAILURES.inc()
        log.warning("drafts were not evaluated: %s", refusal)
        return False
    worse = () if done.compared is None else done.compared.regressions
    EVALUATION_REGRESSIONS.labels(done.run.drafter).set(len(worse))
    log.info("drafts were evaluated: %d rows, %d metrics worse than accepted", rows, len(worse))
    return True
