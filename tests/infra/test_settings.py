"""Settings: defaults, sources, and every mistake named at once."""

from pathlib import Path

import pytest

from infra.settings import Settings, WrongSettings, load_settings


@pytest.fixture(autouse=True)
def _empty_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CONJOINT_{name.upper()}", raising=False)


def test_defaults_are_the_embedded_stack_on_its_own_ports(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.home == tmp_path / "var"
    assert settings.kafka_bootstrap is None
    assert len(set(settings.ports().values())) == len(settings.ports())


def test_environment_wins_over_file_and_option_wins_over_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("conjoint.toml").write_text("kafka_port = 20001\nconsole_port = 20002\nspeed = 2\n")
    monkeypatch.setenv("CONJOINT_CONSOLE_PORT", "20003")
    monkeypatch.setenv("CONJOINT_SPEED", "3")
    settings = load_settings(speed=4.0, seed=None)
    assert (settings.kafka_port, settings.console_port, settings.speed, settings.seed) == (20001, 20003, 4.0, 7)


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("conjoint.toml").write_text("kafka_prot = 5\n")
    monkeypatch.setenv("CONJOINT_KAFKA_PORT", "80")
    monkeypatch.setenv("CONJOINT_SPEED", "fast")
    monkeypatch.setenv("CONJOINT_CLICKHOUSE_URL", "clickhouse.internal")
    monkeypatch.setenv("CONJOINT_CONSOL_PORT", "20000")
    with pytest.raises(WrongSettings) as wrong:
        load_settings()
    text = "\n".join(wrong.value.lines)
    assert wrong.value.exit_code == 2
    assert len(wrong.value.lines) == 5
    assert "CONJOINT_KAFKA_PORT must be greater than or equal to 1024" in text
    assert "CONJOINT_SPEED must be a valid number" in text
    assert "CONJOINT_CLICKHOUSE_URL must start with http:// or https://" in text
    assert "CONJOINT_CONSOL_PORT is not a setting; did you mean CONJOINT_CONSOLE_PORT?" in text
    assert "kafka_prot in conjoint.toml is not a setting; did you mean kafka_port?" in text


def test_two_parts_on_one_port_are_refused() -> None:
    with pytest.raises(WrongSettings, match="CONJOINT_CONNECT_PORT and CONJOINT_CONSOLE_PORT are the same port"):
        load_settings(connect_port=20000, console_port=20000)


def test_broken_toml_is_one_line() -> None:
    Path("conjoint.toml").write_text("kafka_port = = 1")
    with pytest.raises(WrongSettings, match=r"conjoint.toml is not valid TOML"):
        load_settings()


def test_no_error_and_no_repr_shows_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONJOINT_POSTGRES_DSN", "mysql://owner:hush@db/ehr")
    with pytest.raises(WrongSettings) as wrong:
        load_settings()
    assert "hush" not in "".join(wrong.value.lines)
    monkeypatch.setenv("CONJOINT_POSTGRES_DSN", "postgresql://owner:hush@db/ehr")
    assert "hush" not in repr(load_settings())


def test_a_home_that_the_brokers_settings_cannot_name_is_refused() -> None:
    with pytest.raises(WrongSettings, match="CONJOINT_HOME must be a folder without : or ,"):
        load_settings(home="a:b")
