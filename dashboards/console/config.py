"""What must the console be told before it can start? One frozen record of plain values.

Reads nothing; whoever wires the platform fills it in. Secrets in it are never part of its repr.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboards.claims.review import Actor, ClaimReview
from dashboards.console.openid import OpenIdConfig
from dashboards.console.paperwork import Paperwork
from schemas.style import AcceptedEdit, Style


@dataclass(frozen=True)
class RuleLabel:
    """How a rule is named to people: a few words, and the payer rule, law or decision it comes from."""

    title: str
    source: str = ""


SendClaims = Callable[[ClaimReview, Actor, str], Awaitable[tuple[int | None, str]]]
"""Of a practice, by somebody: the file's number, or None and why there is none."""


@dataclass(frozen=True)
class ConsoleConfig:
    """Everything the console needs to run. It always binds to 127.0.0.1."""

    port: int
    cookie_secret: str = field(repr=False)
    users_path: Path
    """The sign-ins (argon2 hashes only), see dashboards.console.users."""
    status_path: Path
    """The supervisor's list of parts."""
    clickhouse_url: str
    clickhouse_password: str = field(repr=False)
    kafka_bootstrap: str
    clickhouse_user: str = "viewer"
    clickhouse_database: str = "conjoint"
    practice_clock: Callable[[datetime], datetime] | None = None
    """What the practices' clock shows at a moment of ours; None while they live by ours."""
    replay_dead_letter: Callable[[str], str] | None = None
    """Puts the dead letter of an id back where it came from; returns why it did not, or an empty text."""
    desk_dsn: str = field(default="", repr=False)
    """The desk's database as its role `desk_app`; empty = no desk here."""
    send_claims: SendClaims | None = None
    """Makes the 837P file of everything a practice has approved; None = not from here."""
    paperwork: Paperwork | None = None
    """Compliance reports and consent forms; None = not from here."""
    learn: Callable[[Sequence[AcceptedEdit]], Style] | None = None
    """What a clinician's accepted edits say about how they write."""
    openid: OpenIdConfig | None = None
    """The organisation's sign-in; None = names and passwords only."""
    metrics_urls: tuple[str, ...] = ()
    """The /metrics of the workers, asked for how far each is behind when somebody looks at the System page."""
    timezone: str = "America/Chicago"
    """The zone in which moments are shown and in which "today" begins."""
    rules: Mapping[str, RuleLabel] = field(default_factory=dict)
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    """Host headers that are answered; anything else is refused (a page elsewhere cannot reach us by a rebound name)."""
    cookie_secure: bool = False
    """True when the console is reached over https."""
    page_size: int = 50

    @property
    def zone(self) -> ZoneInfo:
        """The display zone; raises ZoneInfoNotFoundError when there is no such zone."""
        return ZoneInfo(self.timezone)
