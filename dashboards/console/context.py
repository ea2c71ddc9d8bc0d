"""What may a request reach? The console's parts in one place, and who is asking.

Reads the session cookie. Every route that shows anything goes through `signed_in`; every POST through `checked_form`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from dashboards.console import wording
from dashboards.console.config import ConsoleConfig
from dashboards.console.live import Live
from dashboards.console.openid import OpenId
from dashboards.console.presenting import Presenter
from dashboards.console.rights import Right
from dashboards.console.sessions import THEME_COOKIE, Session, Sessions
from dashboards.console.sign_in_limits import SignInLimits
from dashboards.console.sources import Sources
from dashboards.console.users import Users
from dashboards.console.web_safety import RENEWED_COOKIE
from dashboards.desk.desk import Desk
from dashboards.desk.transactions import DeskDatabase

HERE = Path(__file__).parent
CHECKS_AT_ONCE = 2
BACKGROUND_HEADER = "x-conjoint-background"
log = logging.getLogger("conjoint.console")


class NotSignedInError(Exception):
    """Nobody is signed in on this request."""


class NotAllowedError(Exception):
    """Signed in, but not for this."""


class StaleFormError(Exception):
    """The form did not come from a page of this session."""


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = wording
    environment.globals["Right"] = Right
    environment.globals["icons"] = environment.get_template("_icons.html").module
    return environment


@dataclass
class Console:
    """Everything the routes share."""

    config: ConsoleConfig
    sources: Sources
    clock: Callable[[], datetime]
    users: Users = field(init=False)
    sessions: Sessions = field(init=False)
    limits: SignInLimits = field(init=False)
    live: Live = field(init=False)
    desk: Desk = field(init=False)
    openid: OpenId | None = field(init=False)
    templates: Environment = field(default_factory=_templates)
    checking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE))
    """Checking a password takes 64 MiB on purpose: without a bound a crowd of guesses would take all memory."""

    def __post_init__(self) -> None:
        self.zone: ZoneInfo = self.config.zone
        self.users = Users(self.config.users_path)
        self.sessions = Sessions(self.config.cookie_secret, self.users, self.seconds, self.config.cookie_secure)
        self.limits = SignInLimits(self.seconds)
        self.live = Live(self.sources.feed, self.sources.parts, self.clock, self.sources.drafts)
        self.openid = None if self.config.openid is None else OpenId(self.config.openid)
        self.desk = Desk(DeskDatabase(self.config.desk_dsn), self.practice_now, self.clock)

    def seconds(self) -> float:
        """Unix time by our clock."""
        return self.clock().timestamp()

    def practice_now(self) -> datetime:
        """The practices' clock; ours while they have none of their own."""
        wall = self.clock()
        return wall if self.config.practice_clock is None else self.config.practice_clock(wall)

    def clock_hand(self) -> dict[str, float]:
        """Where the practices' clock stands and how fast it runs just now, for the browser to go on by itself."""
        wall = self.clock()
        if self.config.practice_clock is None:
            return {"ms": wall.timestamp() * 1000, "speed": 1.0}
        now, soon = self.config.practice_clock(wall), self.config.practice_clock(wall + timedelta(seconds=1))
        return {"ms": now.timestamp() * 1000, "speed": (soon - now).total_seconds()}

    def day_from(self) -> datetime:
        """When today began, by the practices' clock in the display zone."""
        local = self.practice_now().astimezone(self.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)

    def presenter(self) -> Presenter:
        """Words as of now."""
        return Presenter(self.zone, self.practice_now(), self.config.rules)

    def page(
        self,
        request: Request,
        template: str,
        session: Session | None,
        *,
        status: int = 200,
        values: Mapping[str, Any] | None = None,
    ) -> HTMLResponse:
        """A page with everything the frame around it needs."""
        theme = request.cookies.get(THEME_COOKIE, "")
        now = self.practice_now()
        hand = self.clock_hand()
        text = self.templates.get_template(template).render(
            session=session,
            theme=theme if theme in ("light", "dark") else "",
            path=request.url.path,
            clock={
                "ms": int(hand["ms"]),
                "speed": round(hand["speed"], 3),
                "own": self.config.practice_clock is not None,
                "exact": wording.exactly(now, self.zone),
                "short": wording.to_the_minute(now, self.zone),
            },
            feed_live=self.live.feed_live,
            openid=self.openid is not None,
            timezone=self.config.timezone,
            **(values or {}),
        )
        return HTMLResponse(text, status)


def console_of(request: Request) -> Console:
    """The console this request came to."""
    console: Console = request.app.state.console
    return console


def signed_in(request: Request) -> Session:
    """The session of this request, renewed when it is in use. Raises NotSignedInError."""
    console = console_of(request)
    session = console.sessions.read(request)
    if session is None:
        raise NotSignedInError
    # what a page fetches by itself is not a person at work: an open tab alone must not keep a session alive
    renewed = None if BACKGROUND_HEADER in request.headers else console.sessions.renewed(session)
    if renewed is not None:
        carrier = Response()
        console.sessions.write(carrier, renewed)
        request.scope["state"][RENEWED_COOKIE] = carrier.headers["set-cookie"]
    return renewed or session


async def checked_form(request: Request) -> FormData:
    """The form of a POST by the signed-in person. Raises NotSignedInError, StaleFormError."""
    session = signed_in(request)
    form = await request.form(max_files=0, max_fields=50)
    if crosses_sites(request) or not session.accepts(text_of(form, "csrf")):
        raise StaleFormError
    return form


def text_of(form: FormData, name: str) -> str:
    """A field of a form; empty when it is missing or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def crosses_sites(request: Request) -> bool:
    """Does the browser say that another site sent this form?"""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


@dataclass(frozen=True)
class Requires:
    """What a route declares: `Annotated[Session, Depends(Requires(Right.SEE_FINDINGS))]` gives the session of a person
    who has that right. Raises NotSignedInError, NotAllowedError."""

    right: Right

    def __call__(self, request: Request) -> Session:
        session = signed_in(request)
        if not session.user.may(self.right):
            raise NotAllowedError
        return session


SignedIn = Annotated[Session, Depends(signed_in)]
"""Anybody who is signed in: for signing out only. Everything else declares its right."""
SeesFindings = Annotated[Session, Depends(Requires(Right.SEE_FINDINGS))]
SeesSystem = Annotated[Session, Depends(Requires(Right.SEE_SYSTEM))]
SeesDeadLetters = Annotated[Session, Depends(Requires(Right.SEE_DEAD_LETTERS))]
ReplaysDeadLetters = Annotated[Session, Depends(Requires(Right.REPLAY_DEAD_LETTERS))]
CheckedForm = Annotated[FormData, Depends(checked_form)]
TheConsole = Annotated[Console, Depends(console_of)]
