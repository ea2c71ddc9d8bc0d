"""How does the list of people who may sign in change? One change at a time, the file whole or as it was.
Reads and writes <home>/console-users.json (0600) under a lock beside it.
Must never let somebody change their own standing, give away more practices than they have, or keep a password.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson
from pydantic import ValidationError

from dashboards.console.rights import Role
from dashboards.console.users import User, Users, UsersFileError, ensure_demo_users

Practices = Literal["all"] | tuple[str, ...]
MAX_USERS = 2_000


class UserChangeError(Exception):
    """Nothing was changed; the message says why in a sentence for the page."""


@dataclass(frozen=True)
class UserChanges:
    """What an administrator may do to the users. `by` is that administrator."""

    users: Users
    by: User

    def seen(self) -> tuple[User, ...]:
        """Everybody all of whose practices are the administrator's."""
        return tuple(user for user in self.users.everybody() if self.covers(user.practices))

    def one(self, name: str) -> User | None:
        """One of them."""
        return next((user for user in self.seen() if user.name == name), None)

    def covers(self, practices: Practices) -> bool:
        """Whether the administrator answers for all of these practices."""
        if self.by.practices == "all":
            return True
        return practices != "all" and bool(practices) and set(practices) <= set(self.by.practices)

    def add(self, name: str, display_name: str, role: Role, practices: Practices, password: str | None) -> User:
        """Somebody new; without a password they come in through their organisation only. Raises UserChangeError."""
        user = self.checked(name, display_name, role, practices)
        if password is not None:
            user = user.model_copy(update={"password_hash": self.users.hasher.hash(password)})

        def added(users: tuple[User, ...]) -> tuple[User, ...]:
            if any(one.name == name for one in users):
                raise UserChangeError("That name is taken. Choose another.")
            if len(users) >= MAX_USERS:
                raise UserChangeError(f"There are {MAX_USERS} users already.")
            return (*users, user)

        self._write(added)
        return user

    def change(self, name: str, display_name: str, role: Role, practices: Practices) -> User:
        """Another role, other practices or another spelling of the name. Open sessions end."""
        wanted = self.checked(name, display_name, role, practices)
        update = {"display_name": wanted.display_name, "role": wanted.role, "practices": wanted.practices}
        return self._replace(name, lambda user: user.model_copy(update=update))

    def close(self, name: str, closed: bool) -> User:
        """Let somebody in no more, or again. Open sessions end at once."""
        return self._replace(name, lambda user: user.model_copy(update={"closed": closed}))

    def set_password(self, name: str, password: str) -> User:
        """Another password; the old one and open sessions end."""
        hashed = self.users.hasher.hash(password)
        return self._replace(name, lambda user: user.model_copy(update={"password_hash": hashed}))

    def _replace(self, name: str, changed: Callable[[User], User]) -> User:
        if name == self.by.name:
            raise UserChangeError("Nobody changes their own sign-in. Ask another administrator.")
        done: list[User] = []

        def replaced(users: tuple[User, ...]) -> tuple[User, ...]:
            if not any(user.name == name and self.covers(user.practices) for user in users):
                raise UserChangeError("There is nobody of that name any more.")
            kept = tuple(changed(user) if user.name == name else user for user in users)
            done.extend(user for user in kept if user.name == name)
            return kept

        self._write(replaced)
        return done[0]

    def checked(self, name: str, display_name: str, role: Role, practices: Practices) -> User:
        """The user as they would be. Raises UserChangeError."""
        if not practices or not self.covers(practices):
            raise UserChangeError("Choose at least one practice, and only practices that are yours.")
        if not display_name.isprintable() or not display_name:
            raise UserChangeError("Give the name of the person as it should be shown.")
        try:
            return User(name=name, display_name=display_name, role=role, practices=practices)
        except ValidationError:
            raise UserChangeError(
                "A sign-in name is up to 64 small letters, digits, dots, dashes, underscores or @; the shown name has"
                " up to 80 characters."
            ) from None

    def _write(self, change: Callable[[tuple[User, ...]], tuple[User, ...]]) -> None:
        path = self.users.path
        with _alone(path):
            users = change(self.users.everybody())
            _write_users(path, users)


def renew_demo_users(path: Path) -> list[tuple[str, str]]:
    """New passwords for the demo users, who come in again with the role and practices of the demo; everybody whom an
    administrator added stays as they are. A file that cannot be read is made anew. Returns (name, password)."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        made = ensure_demo_users(fresh)
        with _alone(path):
            try:
                known = Users(path).everybody()
            except UsersFileError:
                known = ()
            names = {name for name, _ in made}
            _write_users(path, (*Users(fresh).everybody(), *(user for user in known if user.name not in names)))
    finally:
        fresh.unlink(missing_ok=True)
    return made


def _write_users(path: Path, users: tuple[User, ...]) -> None:
    listed = [user.model_dump(mode="json", exclude_defaults=True) for user in users]
    _put(path, orjson.dumps({"users": listed}, option=orjson.OPT_INDENT_2) + b"\n")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two changes at once would else lose one of them."""
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _put(path: Path, text: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
