"""What does the desk say before a draft is written: how far is the rollout, and how does the clinician write?
Reads the desk's database, once per draft, from any thread.
Must never let a draft go beyond a phase because the desk did not answer.
"""

import asyncio
from collections.abc import Callable

from dashboards.desk import rollout, styles
from dashboards.desk.transactions import DeskDatabase, DeskUnavailableError
from schemas.draft_context import DraftContext
from schemas.model_call import ModelAway
from schemas.rollout import DEFAULT_PHASE, Phase
from schemas.style import Style
from streams.learning.learn import learn


def said_by(dsn: str) -> Callable[[DraftContext, bool], tuple[Phase, Style]]:
    """Asks the desk about one context. While it is away the draft waits; once it can wait no longer (not `patient`) it
    is written in the most careful phase."""

    def ask(context: DraftContext, patient: bool) -> tuple[Phase, Style]:
        try:
            return asyncio.run(_ask(dsn, context))
        except DeskUnavailableError:
            if patient:
                raise ModelAway("the desk's database does not answer") from None
            return DEFAULT_PHASE, Style()

    return ask


async def _ask(dsn: str, context: DraftContext) -> tuple[Phase, Style]:
    desk = DeskDatabase(dsn, connections=1)
    try:
        async with desk.transaction() as connection:
            phase = await rollout.phase_for(connection, context.practice_id, context.clinician_id)
            if context.clinician_id is None:
                return phase, Style()
            return phase, learn(await styles.accepted_edits(connection, context.practice_id, context.clinician_id))
    finally:
        await desk.close()
