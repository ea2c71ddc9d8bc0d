"""Which EHR databases can be read? One adapter each; a new EHR is one file beside this and one line below."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from connectors import debezium
from connectors.ehr import reference
from connectors.ehr.row import Outcome, Row, TimeZoneOf
from schemas.reasons import Reason


@dataclass(frozen=True, slots=True)
class ReferenceEhr:
    """The reference practice's PostgreSQL EHR; `source` is the second word of its raw topics."""

    source: str = "ehr"
    zone_table: str = "raw.ehr.public.practices"

    def row(self, key: bytes | None, value: bytes | None) -> Row | Reason:
        """The row event in a message. Raises Poison for bytes that are none."""
        return debezium.row_of(key, value)

    def zone(self, row: Row) -> tuple[str, ZoneInfo] | None:
        """The practice and zone a row tells of."""
        return reference.practice_zone(row)

    def changes(self, row: Row, time_zone_of: TimeZoneOf) -> Outcome:
        """What the row means in the care vocabulary."""
        return reference.to_changes(row, time_zone_of)


ADAPTERS = (ReferenceEhr(),)
