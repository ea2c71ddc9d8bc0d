"""Who is signed in? A signed, http-only cookie that dies after twelve idle hours, and the CSRF token that goes with it.

Reads and writes cookies only. Must never accept a token by anything but constant-time comparison.
"""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from dashboards.console.users import User, Users

SESSION_COOKIE = "conjoint_session"
SIGN_IN_COOKIE = "conjoint_sign_in"
LOOKED_COOKIE = "conjoint_looked"
THEME_COOKIE = "conjoint_theme"
IDLE_SECONDS = 12 * 3600.0
LONGEST_SECONDS = 7 * 24 * 3600.0
RENEW_AFTER_SECONDS = 300.0
MAX_ENDED = 10_000
MAX_MARKS = 8


@dataclass(frozen=True)
class Session:
    """One signed-in visit."""

    user: User
    session_id: str
    csrf: str = field(repr=False)
    started_at: float
    seen_at: float

    def accepts(self, token: str) -> bool:
        """Is this the token that our own pages of this session carry?"""
        return hmac.compare_digest(self.csrf.encode(), token.encode())


@dataclass
class Sessions:
    """Opens, reads, renews and ends sessions. A signed-out cookie stays dead even if somebody kept a copy."""

    secret: str = field(repr=False)
    users: Users
    clock: Callable[[], float]
    secure: bool = False
    _ended: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._sessions = URLSafeSerializer(self.secret, salt="conjoint-console-session")
        self._sign_ins = URLSafeSerializer(self.secret, salt="conjoint-console-sign-in")
        self._sealed = URLSafeSerializer(self.secret, salt="conjoint-console-sealed")
        self._looks = URLSafeSerializer(self.secret, salt="conjoint-console-looked")

    def open(self, user: User) -> Session:
        """A new session with fresh ids: nothing from before the sign-in lives on in it."""
        now = self.clock()
        return Session(user, secrets.token_urlsafe(16), secrets.token_urlsafe(24), now, now)

    def read(self, request: Request) -> Session | None:
        """The session of this request, or None when there is none, it expired, was ended, or its user changed."""
        try:
            stored: dict[str, Any] = self._sessions.loads(request.cookies.get(SESSION_COOKIE, ""))
        except BadData:
            return None
        user = self.users.find(stored["user"])
        if user is None or not hmac.compare_digest(stored["fingerprint"], user.fingerprint):
            return None
        session = Session(user, stored["session"], stored["csrf"], stored["started"], stored["seen"])
        return session if self._lives(session) else None

    def still_holds(self, session: Session) -> bool:
        """Is a session that was read earlier still good? For answers that go on for hours."""
        return self._lives(session) and self.users.find(session.user.name) == session.user

    def _lives(self, session: Session) -> bool:
        now = self.clock()
        return (
            session.session_id not in self._ended
            and now - session.seen_at <= IDLE_SECONDS
            and now - session.started_at <= LONGEST_SECONDS
        )

    def renewed(self, session: Session) -> Session | None:
        """The session marked as used now, when that is worth a new cookie."""
        now = self.clock()
        return replace(session, seen_at=now) if now - session.seen_at > RENEW_AFTER_SECONDS else None

    def end(self, session: Session) -> None:
        """From now on this session's cookie opens nothing."""
        self._ended[session.session_id] = None
        while len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)

    def write(self, response: Response, session: Session) -> None:
        """Put the session's cookie on the response."""
        value = self._sessions.dumps(
            {
                "user": session.user.name,
                "fingerprint": session.user.fingerprint,
                "session": session.session_id,
                "csrf": session.csrf,
                "started": session.started_at,
                "seen": session.seen_at,
            }
        )
        self._set(response, SESSION_COOKIE, str(value), int(IDLE_SECONDS))

    def clear(self, response: Response) -> None:
        """Take the session's cookie away."""
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=self.secure)

    def sign_in_token(self, request: Request, response: Response) -> str:
        """The token of the sign-in form; there is no session yet, so it is tied to a cookie of its own."""
        kept = self._sign_in_cookie(request)
        token = kept or secrets.token_urlsafe(24)
        if kept is None:
            self._set(response, SIGN_IN_COOKIE, str(self._sign_ins.dumps(token)), 3600)
        return token

    def accepts_sign_in(self, request: Request, token: str) -> bool:
        """Did this sign-in come from our own form, in this browser?"""
        kept = self._sign_in_cookie(request)
        return kept is not None and hmac.compare_digest(kept.encode(), token.encode())

    def sealed(self, kept: dict[str, Any]) -> str:
        """Something of ours that the browser keeps for a while and cannot change."""
        return str(self._sealed.dumps(kept))

    def unsealed(self, text: str) -> dict[str, Any] | None:
        """What was sealed here; None for anything else."""
        try:
            kept = self._sealed.loads(text)
        except BadData:
            return None
        return kept if isinstance(kept, dict) else None

    def looked_ms(self, request: Request, user: User) -> int | None:
        """The newest change this person has marked as seen in this browser; None when nothing was ever marked."""
        return self._marks(request).get(user.name)

    def write_looked(self, request: Request, response: Response, user: User, newest_ms: int) -> None:
        """Remember, beyond the session, that everything up to a change was seen."""
        marks = {**self._marks(request), user.name: newest_ms}
        kept = dict(list(marks.items())[-MAX_MARKS:])
        self._set(response, LOOKED_COOKIE, str(self._looks.dumps(kept)), 365 * 24 * 3600)

    def _marks(self, request: Request) -> dict[str, int]:
        try:
            marks: dict[str, int] = self._looks.loads(request.cookies.get(LOOKED_COOKIE, ""))
        except BadData:
            return {}
        return marks

    def _sign_in_cookie(self, request: Request) -> str | None:
        try:
            token = self._sign_ins.loads(request.cookies.get(SIGN_IN_COOKIE, ""))
        except BadData:
            return None
        return token if isinstance(token, str) else None

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=self.secure)
