"""How does what is done on the command line get into the audit trail? One transaction: recorded and done, or neither.
Writes the audit chain of a practice. Must never let the deed go through where it cannot be recorded.
"""

import asyncio
import getpass
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import ValidationError

from infra.refusal import Refusal
from schemas.audit import Action, AuditEvent

OPERATOR = "operator"


def do_recorded(
    desk_dsn: str,
    chain: str,
    action: Action,
    about: tuple[str, str],
    do: Callable[[], None],
    *,
    reason: str,
    after_sha256: str | None = None,
) -> None:
    """Record it (`about`: kind and id of the object) and do it. What `do` raises takes the entry back. Raises Refusal
    when the desk's database does not answer."""
    kind, object_id = about
    try:
        event = AuditEvent(
            chain=chain,
            at=datetime.now(UTC),
            user_name=OPERATOR,
            role="command line",
            action=action,
            object_kind=kind,
            object_id=object_id,
            reason=reason,
            after_sha256=after_sha256,
            details={"account": _account()},
        )
    except ValidationError:
        raise Refusal("the practice is not named by an id; nothing was done", exit_code=2) from None
    asyncio.run(_do(desk_dsn, event, do))


async def _do(desk_dsn: str, event: AuditEvent, do: Callable[[], None]) -> None:
    from dashboards.desk import audit_log
    from dashboards.desk.transactions import DeskDatabase, DeskUnavailableError

    desk = DeskDatabase(desk_dsn, connections=1)
    try:
        async with desk.transaction() as connection:
            await audit_log.record(connection, event)
            await asyncio.to_thread(do)
    except DeskUnavailableError:
        raise Refusal(
            "the desk's database does not answer, so this could not be recorded and was not done; see: conjoint status"
        ) from None
    finally:
        await desk.close()


def _account() -> str:
    """The account of the operating system."""
    try:
        return getpass.getuser()[:100]
    except (OSError, KeyError):
        return "unknown"
