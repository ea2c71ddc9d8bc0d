"""Who may sign in, and as what? Users live in one JSON file that holds argon2 hashes and nothing that opens a door.

Reads and writes <home>/console-users.json (0600). Must never log or keep a password.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from dashboards.console.rights import Right, Role, may

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else when typed from paper

DEMO_PRACTICE = "PR-LAKE"
"""The reference practice in which the demo clinicians treat."""
DEMO_USERS: Mapping[Role, tuple[str, Literal["all"] | tuple[str, ...]]] = {
    Role.ASSISTANT: ("Assistant", (DEMO_PRACTICE,)),
    Role.ASSOCIATE: ("Associate", (DEMO_PRACTICE,)),
    Role.CLINICIAN: ("Clinician", (DEMO_PRACTICE,)),
    Role.SUPERVISOR: ("Supervisor", (DEMO_PRACTICE,)),
    Role.MANAGER: ("Practice manager", "all"),
    Role.BILLER: ("Biller", "all"),
    Role.COMPLIANCE: ("Compliance officer", "all"),
    Role.ADMIN: ("Administrator", "all"),
}
"""One person per role, and the practices they work for."""

# A hash of no password. An unknown name must cost the time of a wrong password, or names can be found out by timing.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$f6FjX6KictRdokgRK08sPw$EKYAdOXZNspBndcmA37407Jhqzlsy0sN/BNW/SeW1O8"


class User(BaseModel):
    """One person who may sign in. `practices` is "all" or the ids this person works for; without a `password_hash`
    they come in through the sign-in of their organisation only."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@-]{0,63}$")]
    role: Role
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    practices: Literal["all"] | tuple[str, ...]
    password_hash: Annotated[str, StringConstraints(max_length=500)] = ""
    closed: bool = False
    """Known, but does not come in any more."""

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return [("name", self.name), ("role", self.role.value)]

    @property
    def scope(self) -> frozenset[str] | None:
        """The practices this person may see; None means all of them."""
        return None if self.practices == "all" else frozenset(self.practices)

    def may(self, right: Right) -> bool:
        """Whether this person has a right, wherever they work."""
        return may(self.role, right)

    def works_for(self, practice_id: str) -> bool:
        """Whether the practice is one of theirs."""
        return self.practices == "all" or practice_id in self.practices

    @property
    def fingerprint(self) -> str:
        """Changes with everything about them: any change ends the sessions opened before."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class _UsersFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    users: tuple[User, ...]


class UsersFileError(RuntimeError):
    """The users file is missing or not of its form; the message says what to do."""


@dataclass
class Users:
    """The users file, read again whenever it changes."""

    path: Path
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _by_name: dict[str, User] = field(default_factory=dict, repr=False)
    _stamp: tuple[int, int, int] | None = None

    def find(self, name: str) -> User | None:
        """The user of that name who may come in now. Raises UsersFileError when the file cannot be used."""
        self._reload()
        user = self._by_name.get(name)
        return None if user is None or user.closed else user

    def everybody(self) -> tuple[User, ...]:
        """All of them by name, those included who do not come in any more. Raises UsersFileError."""
        self._reload()
        return tuple(user for _, user in sorted(self._by_name.items()))

    def verify(self, name: str, password: str) -> User | None:
        """The user if the password is right, else None, in the same time whether or not the name exists."""
        user = self.find(name)
        try:
            self.hasher.verify((user.password_hash if user else "") or NOBODY, password)
        except (VerificationError, InvalidHashError):
            return None
        return user

    def _reload(self) -> None:
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp == self._stamp:
                return
            users = _UsersFile.model_validate_json(self.path.read_bytes()).users
        except OSError as error:
            raise UsersFileError(
                f"{self.path} cannot be read ({error.strerror}): start Conjoint once to create it"
            ) from None
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UsersFileError(f"{self.path} is not a users file, at {place or 'the top'}: {first['msg']}") from None
        self._by_name = {user.name: user for user in users}
        self._stamp = stamp


def new_password() -> str:
    """One that is typed from paper: sixteen letters and digits, about 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def ensure_demo_users(path: Path) -> list[tuple[str, str]]:
    """Create one demo user per role unless the file exists. Returns (name, password) only when it created them.

    The passwords exist nowhere else: show them once. The file is complete or absent, and readable by its owner only.
    """
    if path.exists():
        return []
    hasher = PasswordHasher()
    made: list[tuple[str, str]] = []
    users: list[dict[str, object]] = []
    for role, (display_name, practices) in DEMO_USERS.items():
        password = new_password()
        made.append((role.value, password))
        users.append(
            {
                "name": role.value,
                "role": role.value,
                "display_name": display_name,
                "practices": practices,
                "password_hash": hasher.hash(password),
            }
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"users": users}, file, indent=2)
            file.write("\n")
        os.link(draft, path)  # fails when another process was first; a rename would replace its passwords
    except FileExistsError:
        return []
    finally:
        draft.unlink(missing_ok=True)
    return made
