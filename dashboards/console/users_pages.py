"""Who may sign in, as what, for which practices, and as which clinician of the EHR? The administrator's page.

Reads and writes the users file and the desk's `staff`. Every change is recorded before it happens; a password is shown
once, in the answer that makes it.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from dashboards.console.context import CheckedForm, Requires, TheConsole, text_of
from dashboards.console.pages import error_page
from dashboards.console.rights import Right, Role, may
from dashboards.console.sessions import Session
from dashboards.console.user_changes import Practices, UserChangeError, UserChanges
from dashboards.console.users import User, new_password
from dashboards.desk import audit_log, staff
from dashboards.desk.desk import NotHereError
from schemas.audit import INSTALLATION, Action, AuditEvent

router = APIRouter(include_in_schema=False)
SeesUsers = Annotated[Session, Depends(Requires(Right.SEE_USERS))]
ManagesUsers = Annotated[Session, Depends(Requires(Right.MANAGE_USERS))]
UserName = Annotated[str, Path(max_length=64)]
ROLE_MEANS = {
    Role.ASSISTANT: "Prepares notes for a clinician; signs nothing.",
    Role.ASSOCIATE: "Treats under supervision; a supervisor co-signs.",
    Role.CLINICIAN: "Reviews and signs notes.",
    Role.SUPERVISOR: "Signs, co-signs and sees how long notes take.",
    Role.MANAGER: "Findings, consents, claims and rollout; no clinical text.",
    Role.BILLER: "Claims; no clinical text.",
    Role.COMPLIANCE: "Audit trail and reports; no clinical text.",
    Role.ADMIN: "Sign-ins, rollout and the system; no clinical text.",
}


@router.get("/users")
async def users_page(
    request: Request, session: SeesUsers, console: TheConsole, q: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Everybody who may sign in, and a form for one more."""
    changes = UserChanges(console.users, session.user)
    wanted = q.strip().casefold()
    rows = [user for user in changes.seen() if wanted in f"{user.name} {user.display_name} {user.role}".casefold()]
    links = await _links(console, session)
    values = {
        "rows": [(user, [link for link in links if link.user_name == user.name]) for user in rows],
        "q": q,
        "manages": session.user.may(Right.MANAGE_USERS),
        **await _choices(console, session),
    }
    return console.page(request, "users.html", session, values=values)


@router.get("/users/{name}")
async def user_page(request: Request, name: UserName, session: SeesUsers, console: TheConsole) -> Response:
    """One person, with what can be changed about them."""
    return await _one(request, console, session, _found(console, session, name))


@router.post("/users")
async def add(request: Request, session: ManagesUsers, form: CheckedForm, console: TheConsole) -> Response:
    """Somebody new. The answer shows their password, once."""
    password = new_password() if text_of(form, "way") != "organisation" else None
    changes = UserChanges(console.users, session.user)
    try:
        wanted = await _wanted(console, session, form, text_of(form, "name").strip().lower())

        def work() -> User:
            return changes.add(wanted.name, wanted.display_name, wanted.role, wanted.practices, password)

        user = await _recorded(console, session, Action.USER_ADDED, None, wanted, work)
    except UserChangeError as error:
        return _wrong(request, console, session, error)
    return await _one(request, console, session, user, password=password, added=True)


@router.post("/users/{name}")
async def change(
    request: Request, name: UserName, session: ManagesUsers, form: CheckedForm, console: TheConsole
) -> Response:
    """Another role, other practices, another shown name."""
    before, changes = _found(console, session, name), UserChanges(console.users, session.user)
    try:
        wanted = await _wanted(console, session, form, name)

        def work() -> User:
            return changes.change(name, wanted.display_name, wanted.role, wanted.practices)

        await _recorded(console, session, Action.USER_CHANGED, before, wanted, work)
    except UserChangeError as error:
        return _wrong(request, console, session, error)
    return RedirectResponse(f"/users/{name}", 303)


@router.post("/users/{name}/closed")
async def close(
    request: Request, name: UserName, session: ManagesUsers, form: CheckedForm, console: TheConsole
) -> Response:
    """Let somebody in no more, or again."""
    before = _found(console, session, name)
    closed = text_of(form, "closed") == "yes"
    action = Action.USER_CLOSED if closed else Action.USER_OPENED

    def work() -> User:
        return UserChanges(console.users, session.user).close(name, closed)

    try:
        await _recorded(console, session, action, before, before, work)
    except UserChangeError as error:
        return _wrong(request, console, session, error)
    return RedirectResponse(f"/users/{name}", 303)


@router.post("/users/{name}/password")
async def make_password(
    request: Request, name: UserName, session: ManagesUsers, _form: CheckedForm, console: TheConsole
) -> Response:
    """A new password; the answer shows it, once."""
    before, password = _found(console, session, name), new_password()

    def work() -> User:
        return UserChanges(console.users, session.user).set_password(name, password)

    try:
        user = await _recorded(console, session, Action.PASSWORD_MADE, before, before, work)
    except UserChangeError as error:
        return _wrong(request, console, session, error)
    return await _one(request, console, session, user, password=password)


@router.post("/users/{name}/clinician")
async def link(
    request: Request, name: UserName, session: ManagesUsers, form: CheckedForm, console: TheConsole
) -> Response:
    """As which clinician of a practice's EHR somebody works; what they sign is signed as that clinician."""
    user = _found(console, session, name)
    practice_id, clinician_id = text_of(form, "practice")[:200], text_of(form, "clinician")[:200]
    if user.name == session.user.name or not (user.works_for(practice_id) and session.user.works_for(practice_id)):
        raise NotHereError
    async with console.desk.database.transaction() as connection:
        known = await staff.clinicians(connection, practice_id)
        if clinician_id and clinician_id not in {one.clinician_id for one in known}:
            raise NotHereError
        event = _event(console, session, Action.USER_LINKED, user.name, practice_id)
        await audit_log.record(
            connection, event.model_copy(update={"details": {"clinician": clinician_id or "nobody"}})
        )
        await staff.link(connection, practice_id, user.name, clinician_id or None)
    return RedirectResponse(f"/users/{name}", 303)


def _found(console: TheConsole, session: Session, name: str) -> User:
    user = UserChanges(console.users, session.user).one(name)
    if user is None:
        raise NotHereError
    return user


async def _one(
    request: Request,
    console: TheConsole,
    session: Session,
    user: User,
    *,
    password: str | None = None,
    added: bool = False,
) -> Response:
    links = [one for one in await _links(console, session) if one.user_name == user.name]
    clinicians: list[tuple[str, Any, str | None]] = []
    if console.config.desk_dsn and may(user.role, Right.SIGN_NOTES) and user.practices != "all":
        async with console.desk.database.transaction() as connection:
            clinicians = [
                (
                    practice_id,
                    await staff.clinicians(connection, practice_id),
                    next((one.clinician_id for one in links if one.practice_id == practice_id), None),
                )
                for practice_id in user.practices
            ]
    values = {
        "user": user,
        "links": links,
        "clinicians": clinicians,
        "password": password,
        "added": added,
        "own": user.name == session.user.name,
        "signs": may(user.role, Right.SIGN_NOTES),
        "manages": session.user.may(Right.MANAGE_USERS),
        **await _choices(console, session),
    }
    return console.page(request, "user.html", session, values=values)


async def _links(console: TheConsole, session: Session) -> list[staff.Link]:
    if not console.config.desk_dsn:
        return []
    async with console.desk.database.transaction() as connection:
        return await staff.links(connection, session.user.scope)


async def _choices(console: TheConsole, session: Session) -> dict[str, Any]:
    """Roles, and the practices there are as far as they are this administrator's."""
    known = {one for user in console.users.everybody() if user.practices != "all" for one in user.practices}
    if console.config.desk_dsn:
        async with console.desk.database.transaction() as connection:
            known |= set(await staff.practices(connection))
    if session.user.practices != "all":
        known = set(session.user.practices)
    return {"roles": ROLE_MEANS, "practices": sorted(known), "all_too": session.user.practices == "all"}


async def _wanted(console: TheConsole, session: Session, form: FormData, name: str) -> User:
    """What the form asks for. Raises UserChangeError."""
    role, picked = text_of(form, "role"), [text for text in form.getlist("practices") if isinstance(text, str)]
    known: list[str] = (await _choices(console, session))["practices"]
    if role not in set(Role):
        raise UserChangeError("Choose a role.")
    if not set(picked) <= {*known, "all"}:
        raise UserChangeError("Choose at least one practice, and only practices that are yours.")
    every: Literal["all"] = "all"
    practices: Practices = every if every in picked else tuple(sorted(set(picked)))
    changes = UserChanges(console.users, session.user)
    return changes.checked(name, text_of(form, "display_name").strip(), Role(role), practices)


def _event(console: TheConsole, session: Session, action: Action, name: str, chain: str) -> AuditEvent:
    return AuditEvent(
        chain=chain,
        at=console.clock(),
        user_name=session.user.name,
        role=session.user.role.value,
        action=action,
        object_kind="user",
        object_id=name,
    )


async def _recorded(
    console: TheConsole, session: Session, action: Action, before: User | None, after: User, work: Callable[[], User]
) -> User:
    """Do it once it stands in the chain of every practice concerned, before and after. Raises UserChangeError, which
    takes the entries back."""

    async def do() -> User:
        async with console.checking:  # a hash takes 64 MiB
            return await asyncio.to_thread(work)

    if not console.config.desk_dsn:
        return await do()
    both = [after.practices] if before is None else [before.practices, after.practices]
    chains = {chain for some in both for chain in ([INSTALLATION] if some == "all" else some)}
    told = "all" if after.practices == "all" else ", ".join(after.practices)
    details = {"role": after.role.value, "practices": told[:1_000]}
    if before is not None and before.role is not after.role:
        details["role_before"] = before.role.value
    async with console.desk.database.transaction() as connection:
        events = [_event(console, session, action, after.name, chain) for chain in sorted(chains)]
        await audit_log.record(connection, *(event.model_copy(update={"details": details}) for event in events))
        return await do()


def _wrong(request: Request, console: TheConsole, session: Session, error: UserChangeError) -> Response:
    return error_page(request, console, 422, str(error), "Nothing was changed. Go back and try again.", session)
