"""Which settings does this installation run with?
Reads `CONJOINT_*` from the environment and `conjoint.toml` from the working folder (or `CONJOINT_CONFIG`).
Must never print a value: a DSN holds a password.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from infra.refusal import Refusal

PREFIX: Final = "CONJOINT_"
LOOPBACK: Final = "127.0.0.1"

Port = Annotated[int, Field(ge=1024, le=65535)]

PROCESS_VARIABLES: Final = frozenset(
    {"CONFIG", "CLOCK", "RUN_HOME", "RUN_ID", "RUN_PART"},
)
"""`CONJOINT_<name>` that are not settings: the supervisor hands them to its children, or they say where to look."""


class WrongSettings(Refusal):
    """At least one setting is wrong; `lines` names every one of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(*problems, exit_code=2)


class Settings(BaseSettings):
    """Everything that may differ between two installations. Frozen; `home` is absolute."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    home: Path = Field(Path("var"), description="folder that holds all state of the embedded parts")
    cache: Path = Field(
        Path("~/.cache/conjoint"), description="folder for downloaded jars, shared between homes of one user"
    )

    kafka_port: Port = 19092
    kafka_controller_port: Port = 19093
    connect_port: Port = 19083
    postgres_port: Port = 19432
    clickhouse_port: Port = 18123
    console_port: Port = 18080
    webhook_port: Port = 18090
    assemble_metrics_port: Port = 19313
    notes_api_port: Port = 18091
    normalise_metrics_port: Port = 19301
    keep_files_metrics_port: Port = 19302
    sink_metrics_port: Port = 19303
    clickhouse_metrics_port: Port = 19304
    practice_metrics_port: Port = 19305
    supervisor_metrics_port: Port = 19306
    write_drafts_metrics_port: Port = 19307
    desk_metrics_port: Port = 19311
    claims_metrics_port: Port = 19312
    evaluate_metrics_port: Port = 19314

    kafka_bootstrap: str | None = Field(None, description="brokers of an existing cluster; unset = embedded")
    connect_url: str | None = Field(None, description="REST address of an existing Connect cluster; unset = embedded")
    clickhouse_url: str | None = Field(None, description="HTTP address of an existing ClickHouse; unset = embedded")
    postgres_dsn: SecretStr | None = Field(None, description="DSN of an existing EHR database; unset = embedded")
    desk_dsn: SecretStr | None = Field(
        None, description="DSN of an existing desk database as desk_app; unset = embedded"
    )
    desk_owner_dsn: SecretStr | None = Field(None, description="DSN of the same as its owner, for `prepare desk`")
    notes_api_url: str | None = Field(None, description="note-creation API of an existing EHR; unset = embedded")
    openid_issuer: str | None = Field(None, description="OpenID Connect provider people sign in with; unset = none")
    openid_client_id: str | None = Field(None, description="how this console is registered there")
    openid_client_secret: SecretStr | None = Field(None, description="its secret there")
    console_url: str | None = Field(None, description="address of the console as browsers reach it, for OpenID Connect")
    maven_url: str | None = Field(None, description="Maven mirror to fetch jars from; unset = Maven Central")

    model_url: str | None = Field(
        None, description="base address of an OpenAI-compatible endpoint (…/v1); unset = the local drafter alone"
    )
    model_name: str | None = Field(None, description="the model's name there; needed with model_url")
    model_key: SecretStr | None = Field(None, description="API key of the endpoint")
    model_timeout_s: float = Field(120.0, ge=1, le=3600, description="seconds one answer may take")
    model_at_once: int = Field(4, ge=1, le=64, description="drafts written at the same time")
    model_at_once_per_practice: int = Field(2, ge=1, le=64, description="of these, of one practice")
    model_dollars_per_day: float | None = Field(
        None, gt=0, description="what one practice's drafts may cost a day; beyond it the local drafter writes"
    )
    model_input_price: float = Field(0.0, ge=0, description="US dollars per million tokens sent")
    model_output_price: float = Field(0.0, ge=0, description="US dollars per million tokens received")
    model_patience_s: float = Field(
        900.0, ge=0, description="seconds a draft waits for an endpoint that is away before the local drafter writes it"
    )
    prompts: Path | None = Field(None, description="folder of the practice's own prompts, over ours by name")

    evaluation_every_hours: float = Field(24.0, ge=0, le=720, description="how often drafts are evaluated; 0 = never")
    evaluation_sessions: Path | None = Field(
        None, description="folder of session files to evaluate with, as for `conjoint evaluate`; unset = ours"
    )

    policy_folder: Path | None = Field(None, description="folder of policy tables, one folder in it for each practice")

    partitions: int = Field(4, ge=1, le=64, description="partitions of our topics; fixed when they are created")
    speed: float = Field(60.0, ge=1, le=3600, description="practice minutes per real minute in working hours")
    backfill_days: int = Field(90, ge=0, le=730, description="days of history the reference practice starts with")
    seed: int = Field(7, ge=0, description="seed of the reference practice")
    simulate: bool = Field(True, description="let the reference practice live on")
    demo_at_desk: bool = Field(
        True, description="in the reference practice, leave the demo clinicians' notes to the review desk"
    )

    sources: SecretStr | None = Field(
        None, description="OpenEMR databases to listen to: openemr=mysql://user@host:3306/database, separated by spaces"
    )
    source_password: SecretStr | None = Field(None, description="password of sources whose address has none")
    source_folder: Path | None = Field(
        None, description="folder with a TOML file for each source, named after it; unset = the home's folder sources"
    )
    reference: bool = Field(True, description="run the reference practice; with sources it may be left out")

    @field_validator("home", "cache")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        if set(str(folder)) & set(":,\n"):
            # they separate paths in a class path and in the broker's and Connect's settings
            raise ValueError("must be a folder without : or , in its name")
        return folder.expanduser().absolute()

    @field_validator("connect_url", "clickhouse_url", "maven_url", "notes_api_url", "console_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return url.rstrip("/") if url is not None else None

    @field_validator("postgres_dsn", "desk_dsn", "desk_owner_dsn")
    @classmethod
    def _is_dsn(cls, dsn: SecretStr | None) -> SecretStr | None:
        if dsn is not None and not dsn.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return dsn

    @model_validator(mode="after")
    def _model_is_named(self) -> Self:
        if self.model_url is not None and not self.model_name:
            raise ValueError(f"{PREFIX}MODEL_URL needs {PREFIX}MODEL_NAME")
        return self

    @model_validator(mode="after")
    def _openid_is_whole(self) -> Self:
        parts = (self.openid_issuer, self.openid_client_id, self.openid_client_secret)
        if None in parts and any(part is not None for part in parts):
            names = (f"{PREFIX}OPENID_{name}" for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
            raise ValueError(f"{', '.join(names)} go together: set all of them or none")
        return self

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        taken: dict[int, str] = {}
        for name, port in self.ports().items():
            other = taken.setdefault(port, name)
            if other != name:
                raise ValueError(f"{PREFIX}{other.upper()} and {PREFIX}{name.upper()} are the same port")
        return self

    def ports(self) -> dict[str, int]:
        """Every `<name>_port` with its number."""
        return {name: getattr(self, name) for name in type(self).model_fields if name.endswith("_port")}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = Path(os.environ.get(f"{PREFIX}CONFIG", "conjoint.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=toml)


def variable(name: str) -> str:
    """The environment variable of a setting: `kafka_port` → `CONJOINT_KAFKA_PORT`."""
    return PREFIX + name.upper()


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` (from command-line options) win, `None` means not given.

    Raises `WrongSettings` naming every wrong setting, a misspelt one included.
    """
    problems = _unknown_variables(os.environ)
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings([*problems, f"conjoint.toml is not valid TOML: {error}"]) from None
    except ValidationError as error:
        problems += [_problem(dict(item)) for item in error.errors(include_input=False, include_url=False)]
        raise WrongSettings(problems) from None
    if problems:
        raise WrongSettings(problems)
    return settings


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = {variable(name) for name in Settings.model_fields} | {PREFIX + name for name in PROCESS_VARIABLES}
    problems = []
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            problems.append(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "; remove it"))
    return problems


def _problem(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:] if not message.startswith(PREFIX) else message
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, list(Settings.model_fields), n=1)
        return f"{name} in conjoint.toml is not a setting" + (f"; did you mean {near[0]}?" if near else "; remove it")
    return f"{variable(name)} {message.replace('input should be', 'must be')}"


def settings_environment(settings: Settings) -> dict[str, str]:
    """`settings` as environment variables: a child process that gets them loads equal settings."""
    environment = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            environment[variable(name)] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return environment
