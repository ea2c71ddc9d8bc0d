"""Demo users are made once, and their file opens nothing."""

import stat
import threading
from pathlib import Path

import orjson
import pytest
from argon2 import PasswordHasher

from dashboards.console.rights import Role
from dashboards.console.users import DEMO_USERS, NOBODY, Users, UsersFileError, ensure_demo_users


def test_demo_users_are_made_once_with_a_role_each_and_a_password_that_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "home" / "console-users.json"
    made = ensure_demo_users(path)
    assert [name for name, _ in made] == [role.value for role in Role]
    assert ensure_demo_users(path) == []
    users = Users(path)
    for name, password in made:
        user = users.verify(name, password)
        assert user is not None
        assert user.role == Role(name)
        assert user.practices == DEMO_USERS[user.role][1]
        assert users.verify(name, f"{password}x") is None


def test_the_file_is_for_its_owner_only_and_holds_no_password(tmp_path: Path) -> None:
    path = tmp_path / "console-users.json"
    made = ensure_demo_users(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert not any(password in text for _, password in made)
    assert len({password for _, password in made}) == len(Role)
    assert list(tmp_path.iterdir()) == [path]


def test_two_starts_at_once_make_one_set_of_users(tmp_path: Path) -> None:
    path = tmp_path / "console-users.json"
    made: list[list[tuple[str, str]]] = []
    starts = [threading.Thread(target=lambda: made.append(ensure_demo_users(path))) for _ in range(3)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    [told] = [each for each in made if each]
    users = Users(path)
    assert all(users.verify(name, password) for name, password in told)


def test_an_unknown_name_costs_as_much_as_a_wrong_password() -> None:
    assert not PasswordHasher().check_needs_rehash(NOBODY)


def test_a_user_never_prints_the_hash(tmp_path: Path) -> None:
    path = tmp_path / "console-users.json"
    ensure_demo_users(path)
    users = Users(path)
    user = users.find("admin")
    assert user is not None
    assert "$argon2" not in f"{user!r} {user} {users!r}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"not json", "the top"),
        (b'{"users": [{"name": "Some Body"}]}', "users.0.name"),
        (orjson.dumps({"users": [], "more": 1}), "more"),
    ],
)
def test_a_file_of_another_form_is_named_with_the_place_and_without_its_values(
    tmp_path: Path, text: bytes, place: str
) -> None:
    path = tmp_path / "console-users.json"
    path.write_bytes(text)
    with pytest.raises(UsersFileError, match=place) as caught:
        Users(path).find("x")
    assert "Some Body" not in str(caught.value)


def test_a_missing_file_says_how_it_comes_about(tmp_path: Path) -> None:
    with pytest.raises(UsersFileError, match="start Conjoint once"):
        Users(tmp_path / "none.json").find("x")


def test_a_changed_file_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "console-users.json"
    ensure_demo_users(path)
    users = Users(path)
    assert users.find("biller") is not None
    path.write_text('{"users": []}')
    assert users.find("biller") is None
