"""The way to the organisation's sign-in and back. Two addresses, and a cookie that lives ten minutes.

Reads the provider's answer; writes the session cookie. A sign-in that cannot be recorded does not happen.
"""

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from dashboards.console.acts import record_sign_in
from dashboards.console.context import Console, TheConsole, log
from dashboards.console.openid import TRANSACTION_S, OpenIdError
from dashboards.console.pages import error_page, local_path
from schemas.audit import Action
from schemas.metrics import SIGN_INS

router = APIRouter(include_in_schema=False)
COOKIE = "conjoint_openid"


@router.get("/sign-in/openid")
async def begin(request: Request, console: TheConsole) -> Response:
    """To the provider."""
    if console.openid is None:
        raise HTTPException(404)
    try:
        url, kept = await console.openid.begin(local_path(request.query_params.get("next", "/")))
    except OpenIdError as error:
        return _refused(request, console, error)
    response = RedirectResponse(url, 303)
    response.set_cookie(
        COOKIE,
        console.sessions.sealed(kept),
        max_age=TRANSACTION_S,
        path="/sign-in/openid",
        httponly=True,
        samesite="lax",  # the way back comes from the provider's site
        secure=console.config.cookie_secure,
    )
    return response


@router.get("/sign-in/openid/callback")
async def finish(request: Request, console: TheConsole) -> Response:
    """Back from the provider: a session for somebody our users file knows."""
    if console.openid is None:
        raise HTTPException(404)
    kept = console.sessions.unsealed(request.cookies.get(COOKIE, ""))
    try:
        if kept is None:
            raise OpenIdError("this sign-in was not begun here")
        name = await console.openid.finish(request.query_params, kept)
    except OpenIdError as error:
        return _refused(request, console, error)
    user = console.users.find(name)
    if user is None:
        await record_sign_in(console, None, Action.SIGN_IN_REFUSED, "openid: not in the users file")
        return _refused(request, console, OpenIdError("this person is not known here"))
    await record_sign_in(console, user, Action.SIGNED_IN, "openid")
    SIGN_INS.labels("signed_in").inc()
    response = RedirectResponse(str(kept["next"]), 303)
    console.sessions.write(response, console.sessions.open(user))
    response.delete_cookie(COOKIE, path="/sign-in/openid", httponly=True, samesite="lax")
    return response


def _refused(request: Request, console: Console, error: OpenIdError) -> Response:
    SIGN_INS.labels("refused").inc()
    log.warning("sign-in through the organisation refused: %s", error)
    todo = "Try again. If it happens again, ask an administrator of your practice to add you to the users of Conjoint."
    return error_page(request, console, 401, "You could not be signed in", todo)
