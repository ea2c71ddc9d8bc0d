"""Who came in and who was turned away? Sign-ins in the audit chain, before the session begins.

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
    if not console.config.desk_dsn:
        return
    chains = [INSTALLATION] if user is None or user.practices == "all" else list(user.practices)
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
                    object_kind="session",
                    object_id=NOBODY if user is None else user.name,
                    reason=reason,
                )
                for chain in chains
            ),
        )
