"""Where does each part of this installation answer, embedded or not?
Reads settings and secrets; writes nothing.
Must never show a password in its `repr`.
"""

from dataclasses import dataclass
from urllib.parse import quote

from infra.embedded.postgres import (
    CAPTURE_ROLE,
    DESK_APP,
    DESK_DATABASE,
    DESK_OWNER,
    EHR_DATABASE,
    EHR_OWNER,
    SUPERUSER,
)
from infra.secrets_file import Secrets, load_or_make_secrets
from infra.settings import LOOPBACK, Settings


@dataclass(frozen=True)
class Endpoints:
    """Addresses of the parts. Those with a password in them are properties, so that `repr` holds none."""

    settings: Settings
    secrets: Secrets

    @property
    def bootstrap(self) -> str:
        """The Kafka brokers, `host:port` list."""
        return self.settings.kafka_bootstrap or f"{LOOPBACK}:{self.settings.kafka_port}"

    @property
    def connect_url(self) -> str:
        """Kafka Connect's REST address."""
        return self.settings.connect_url or f"http://{LOOPBACK}:{self.settings.connect_port}"

    @property
    def clickhouse_url(self) -> str:
        """ClickHouse's HTTP address; users `writer` and `viewer`, passwords in `secrets`."""
        return self.settings.clickhouse_url or f"http://{LOOPBACK}:{self.settings.clickhouse_port}"

    @property
    def console_url(self) -> str:
        """Where people point their browser."""
        return f"http://{LOOPBACK}:{self.settings.console_port}"

    @property
    def webhook_url(self) -> str:
        """Where an EHR delivers signed webhooks."""
        return f"http://{LOOPBACK}:{self.settings.webhook_port}"

    @property
    def notes_api_url(self) -> str:
        """Where signed notes are put into the EHR."""
        return self.settings.notes_api_url or f"http://{LOOPBACK}:{self.settings.notes_api_port}"

    @property
    def postgres_dsn(self) -> str:
        """The EHR database as its owner: may create tables, publications, rows."""
        if self.settings.postgres_dsn is not None:
            return self.settings.postgres_dsn.get_secret_value()
        return self._embedded_dsn(EHR_OWNER, self.secrets.ehr_owner_password.get_secret_value(), EHR_DATABASE)

    @property
    def capture_dsn(self) -> str:
        """The EHR database as change capture sees it: replication and SELECT."""
        if self.settings.postgres_dsn is not None:
            return self.settings.postgres_dsn.get_secret_value()
        return self._embedded_dsn(CAPTURE_ROLE, self.secrets.conjoint_capture_password.get_secret_value(), EHR_DATABASE)

    @property
    def desk_dsn(self) -> str:
        """The database of the review desk as its owner: applies migrations, nothing else."""
        if self.settings.desk_owner_dsn is not None:
            return self.settings.desk_owner_dsn.get_secret_value()
        return self._embedded_dsn(DESK_OWNER, self.secrets.desk_owner_password.get_secret_value(), DESK_DATABASE)

    @property
    def desk_app_dsn(self) -> str:
        """The database of the review desk as console and workers use it: what the migrations grant, no more."""
        if self.settings.desk_dsn is not None:
            return self.settings.desk_dsn.get_secret_value()
        return self._embedded_dsn(DESK_APP, self.secrets.desk_app_password.get_secret_value(), DESK_DATABASE)

    @property
    def postgres_admin_dsn(self) -> str:
        """The embedded server's superuser, for tests and the doctor."""
        return self._embedded_dsn(SUPERUSER, self.secrets.postgres_superuser_password.get_secret_value(), EHR_DATABASE)

    def _embedded_dsn(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{quote(password)}@{LOOPBACK}:{self.settings.postgres_port}/{database}"


def endpoints_of(settings: Settings) -> Endpoints:
    """The endpoints of the home that `settings` names; makes its secrets on first use."""
    return Endpoints(settings, load_or_make_secrets(settings.home))
