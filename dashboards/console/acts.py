"""Who came in, who was turned away, who took something out? Recorded before it happens, or it does not happen.

Writes the audit chain of each practice somebody works for, or of the installation. Must never record what was typed.
"""

from dashboards.console.context import Console
from dashboards.console.users import User
from dashboards.desk import audit_log
from schemas.audit import INSTALLATION, Action, AuditEvent

NOBODY = "-"


async def record_sign_in(console: Console, user: User | None, action: Action, reason: str = "") -> None:
    """Record it. Without a desk there is nowhere to; raises DeskUnavailableError when there is one and it is away, for
    somebody who cannot be recorded does not come in."""
    await record_act(console, user, action, "session", NOBODY if user is None else user.name, reason)


async def record_act(
    console: Console,
    user: User | None,
    action: Action,
    object_kind: str,
    object_id: str,
    reason: str = "",
    practice_id: str | None = None,
) -> None:
    """Something somebody looks at or takes out, in the chain of that practice, else in those of all of theirs."""
    if not console.config.desk_dsn:
        return
    chains = [INSTALLATION] if user is None or user.practices == "all" else list(user.practices)
    if practice_id is not None:
        chains = [practice_id]
    async with console.desk.database.transaction() as connection:
        await audit_log.record(
            connection,
            *(
                AuditEvent(
                    chain=chain,
                    at=console.clock(),
                    user_name=NOBODY if user is None else user.name,
                    role=NOBODY if user is None else user.role.value,
                    action=action,
                    object_kind=object_kind,
                    object_id=object_id,
                    reason=reason,
                )
                for chain in chains
            ),
        )
