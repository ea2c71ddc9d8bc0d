"""Secrets: made once, private, the same for everybody who asks."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.refusal import Refusal
from infra.secrets_file import FILE_NAME, Secrets, load_or_make_secrets


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = load_or_make_secrets(home)
    assert load_or_make_secrets(home) == first
    assert stat.S_IMODE((home / FILE_NAME).stat().st_mode) == 0o600
    values = [value.get_secret_value() for _, value in first]
    assert len(set(values)) == len(values)
    assert all(value not in repr(first) for value in values)


def test_ten_processes_asking_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: load_or_make_secrets(tmp_path), range(10)))
    assert all(answer == answers[0] for answer in answers)


def test_a_secret_added_by_a_newer_version_is_made_and_the_others_stay(tmp_path: Path) -> None:
    first = load_or_make_secrets(tmp_path)
    known = json.loads((tmp_path / FILE_NAME).read_text())
    del known["webhook_secret"]
    (tmp_path / FILE_NAME).write_text(json.dumps(known))
    second = load_or_make_secrets(tmp_path)
    assert second.webhook_secret != first.webhook_secret
    assert second.model_copy(update={"webhook_secret": first.webhook_secret}) == first


def test_a_file_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    load_or_make_secrets(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(Refusal, match="run: chmod 600"):
        load_or_make_secrets(tmp_path)


def test_a_damaged_file_is_refused_without_showing_it(tmp_path: Path) -> None:
    load_or_make_secrets(tmp_path)
    (tmp_path / FILE_NAME).write_text('{"webhook_secret": "hush')
    with pytest.raises(Refusal, match="is damaged") as refusal:
        load_or_make_secrets(tmp_path)
    assert "hush" not in str(refusal.value)


def test_the_registry_of_secrets_has_no_default_value() -> None:
    assert all(field.is_required() for field in Secrets.model_fields.values())
