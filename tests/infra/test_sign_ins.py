"""Demo sign-ins: shown once, made anew if nobody ever saw them."""

from pathlib import Path

import pytest

from dashboards.console.rights import Role
from dashboards.console.users import Users
from infra.sign_ins import new_sign_ins, renewed_sign_ins, sign_ins_were_shown, users_path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


def test_passwords_work_are_shown_once_and_are_nowhere_on_disk(home: Path) -> None:
    made = new_sign_ins(home)
    sign_ins_were_shown(home)
    assert len(made) == len(Role)
    name, password = made[0]
    assert Users(users_path(home)).verify(name, password) is not None
    assert new_sign_ins(home) == []
    everything = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert all(password.encode() not in everything for _, password in made)


def test_passwords_nobody_saw_because_the_start_was_interrupted_are_made_anew(home: Path) -> None:
    first, second = new_sign_ins(home), new_sign_ins(home)
    assert {name for name, _ in first} == {name for name, _ in second}
    assert first != second


def test_a_users_file_somebody_brought_along_is_left_alone(home: Path) -> None:
    users_path(home).write_text('{"users": []}')
    assert new_sign_ins(home) == []
    assert users_path(home).read_text() == '{"users": []}'


def test_new_passwords_for_the_demo_leave_those_alone_whom_an_administrator_added(home: Path) -> None:
    new_sign_ins(home)
    added = '{"name": "rosa", "role": "biller", "display_name": "Rosa", "practices": ["PR-1"], "password_hash": "x"}'
    closed = '{"name": "admin", "role": "biller", "display_name": "x", "practices": [], "closed": true}'
    users_path(home).write_text(f'{{"users": [{added}, {closed}]}}')
    made = dict(renewed_sign_ins(home))
    users = Users(users_path(home))
    assert {user.name for user in users.everybody()} == {*Role, "rosa"}
    rosa, admin = users.find("rosa"), users.verify("admin", made["admin"])
    assert rosa is not None
    assert rosa.password_hash == "x"
    assert admin is not None
    assert admin.role is Role.ADMIN
    assert not [path for path in home.iterdir() if path.name.startswith(".") and "lock" not in path.name]
