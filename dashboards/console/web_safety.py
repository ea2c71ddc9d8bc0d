"""What must hold for every answer, whatever page gave it? Headers, bounded bodies, a renewed cookie, a counted request.

Wraps the whole application. Must never log an address line or a body.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.metrics import CONSOLE_REQUESTS

MAX_BODY_BYTES = 16_384
MAX_TEXT_BYTES = 262_144
"""For what carries a whole section of a note."""
RENEWED_COOKIE = "renewed_cookie"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)


class WebSafety:
    """ASGI middleware; plain, because a buffering one would hold live streams back."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in _ALWAYS:
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-cache" if scope["path"].startswith("/static/") else "no-store"
                renewed = scope["state"].get(RENEWED_COOKIE)
                if renewed is not None and "set-cookie" not in headers:
                    headers.append("set-cookie", renewed)
                message = {**message, "headers": headers.raw}
                endpoint = getattr(scope.get("endpoint"), "__name__", "none")
                CONSOLE_REQUESTS.labels(endpoint, f"{message['status'] // 100}xx").inc()
            await send(message)

        refusal = _refusal(scope)
        await (self.app if refusal is None else refusal)(scope, receive, guarded)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    if scope["method"] in ("GET", "HEAD"):
        return None
    length = Headers(scope=scope).get("content-length")
    if length is None:
        return PlainTextResponse("Send the length of the form (Content-Length).\n", 411)
    allowed = MAX_TEXT_BYTES if scope["path"].startswith("/api/desk/") else MAX_BODY_BYTES
    if not length.isascii() or not length.isdigit() or len(length) > 12 or int(length) > allowed:
        return PlainTextResponse(f"The form is too large (at most {allowed} bytes).\n", 413)
    return None
