"""Which passwords and keys do the parts of this home share?
Reads and writes `<home>/secrets.json` (mode 0600), made once and then kept.
Must never log, print or put on a command line what it holds.
"""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from infra.refusal import Refusal

FILE_NAME: Final = "secrets.json"


class Secrets(BaseModel):
    """One generated value per field, 256 bits each. `repr` shows none of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    clickhouse_writer_password: SecretStr
    clickhouse_viewer_password: SecretStr
    webhook_secret: SecretStr
    console_cookie_secret: SecretStr
    postgres_superuser_password: SecretStr
    ehr_owner_password: SecretStr
    conjoint_capture_password: SecretStr
    desk_owner_password: SecretStr
    desk_app_password: SecretStr
    audit_signing_seed: SecretStr
    notes_api_token: SecretStr


def load_or_make_secrets(home: Path) -> Secrets:
    """The secrets of `home`. Made on first call; a field that a newer version added is made then.

    Any number of processes may call this at once: all get the same values.
    """
    make_private_folder(home)
    path = home / FILE_NAME
    with (home / "secrets.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read(path) if path.exists() else {}
        missing = [name for name in Secrets.model_fields if name not in known]
        if missing:
            known |= {name: secrets.token_urlsafe(32) for name in missing}
            write_private(path, json.dumps(known, indent=1))
    try:
        return Secrets.model_validate(known)
    except ValidationError:
        raise Refusal(f"{path} was not written by this version; move it away and start again") from None


def _read(path: Path) -> dict[str, str]:
    if path.stat().st_mode & 0o077:
        raise Refusal(f"{path} can be read by other users; run: chmod 600 {path}")
    try:
        known = json.loads(path.read_text())
    except ValueError:
        known = None
    if not isinstance(known, dict):
        raise Refusal(f"{path} is damaged; move it away and start again (passwords are made anew)")
    return known


def make_private_folder(folder: Path) -> None:
    """Creates `folder` so that nobody else can list it. Passing through it stays possible for root's own
    database user: without that PostgreSQL, which refuses to be root, could not reach its data."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise Refusal(f"cannot create {folder} ({error.strerror}); choose another with --home") from None


def write_private(path: Path, text: str, *, durable: bool = True) -> None:
    """Replaces `path` in one step, mode 0600: a reader sees the old text or the new, never a part.
    `durable` also survives a power cut; what is rewritten every second need not."""
    part = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    part.replace(path)
