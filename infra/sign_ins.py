"""With which names and passwords do people get into the console of a fresh home?
Reads and writes `<home>/console-users.json` (hashes only) and a marker that the passwords were shown.
Must never store a password, nor show one twice.
"""

from pathlib import Path

SignIns = list[tuple[str, str]]


def new_sign_ins(home: Path) -> SignIns:
    """Name and password of each demo user, if nobody has seen theirs yet; else nothing. Passwords that were made
    but never shown (the first start was interrupted) are made anew."""
    from dashboards.console.users import ensure_demo_users

    users = users_path(home)
    if users.exists() and not _shown_marker(home).exists() and _were_made_here(home):
        users.unlink()
    made = ensure_demo_users(users)
    if made:
        _made_marker(home).touch(mode=0o600)
    return made


def renewed_sign_ins(home: Path) -> SignIns:
    """New passwords for the demo users, whoever else may sign in untouched."""
    from dashboards.console.user_changes import renew_demo_users

    made = renew_demo_users(users_path(home))
    _made_marker(home).touch(mode=0o600)
    return made


def sign_ins_were_shown(home: Path) -> None:
    """From now on these passwords are in people's hands."""
    _shown_marker(home).touch(mode=0o600)


def users_path(home: Path) -> Path:
    """The console's users file."""
    return home / "console-users.json"


def _were_made_here(home: Path) -> bool:
    # a users file somebody brought along is theirs
    return _made_marker(home).exists()


def _made_marker(home: Path) -> Path:
    return home / "run" / "sign-ins-made"


def _shown_marker(home: Path) -> Path:
    return home / "run" / "sign-ins-shown"
