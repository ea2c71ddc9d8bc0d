"""What must an adapter say about an EHR whose care entities are spread over several tables?
Declarations only: the interface between a joining adapter, the shelf of its rows, and the joiner that drives it.
Must never know a particular EHR.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.ehr.row import Row
from schemas.reasons import Reason

Image = Mapping[str, Any]
"""A row as the shelf keeps it: only the columns the adapter reads, every value in one canonical form."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column an adapter reads. `read` gives its canonical value or raises ValueError; `types` are the declared
    types (as `information_schema.data_type` says) it understands; an `optional` one may be missing from the table."""

    read: Callable[[Any], Any]
    types: frozenset[str]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table an adapter reads. `key`: its primary key. `indexes`: by which of its columns rows are looked up (a
    column's value cut to its calendar day is written `date:day`). `optional`: the EHR may not have it."""

    key: tuple[str, ...]
    columns: Mapping[str, Column]
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: bool = False


class Look(Protocol):
    """The rows as they are now. Everything an adapter decides, it decides from these."""

    def one(self, table: str, *key: str) -> Image | None:
        """The row with this primary key."""
        ...

    def where(self, table: str, index: str, *values: str | None) -> Sequence[Image]:
        """The rows an index finds, sorted by primary key; none if a value is None."""
        ...

    def every(self, table: str) -> Iterator[Image]:
        """All rows of a table; slow, for tables of a practice's own words only."""
        ...


@dataclass(frozen=True, slots=True)
class Touch:
    """A cluster to be put together anew. `patient`: its rows are rewritten piece by piece, so that only the state
    after a quiet period is to be believed."""

    cluster: str
    patient: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """One care entity as a cluster says it now is: the vocabulary's word, its id, its record as plain data. `doubtful`:
    more of it may be about to arrive, so its patient cluster is believed late."""

    kind: str
    id: str
    data: Mapping[str, Any] = field(repr=False)
    doubtful: bool = False


class JoiningAdapter(Protocol):
    """One EHR database whose rows mean something together. Pure: the same rows give the same entities, whatever the
    order they came in.

    A *cluster* is what must be looked at together (one group's sessions of one day). `touches` names every cluster that
    a row, as it was or as it is, has a part in; `assemble` puts one together from the rows that are there, and must
    read no row that would not have touched it.
    """

    @property
    def source(self) -> str:
        """The second word of its raw topics."""
        ...

    @property
    def practice_id(self) -> str: ...

    @property
    def tables(self) -> Mapping[str, Table]: ...

    @property
    def settings(self) -> str:
        """Fingerprint of its configuration: when it changes, everything is put together anew."""
        ...

    @property
    def not_kept(self) -> frozenset[str]:
        """Capabilities, by what is missing: facts this EHR has no place for (words of `Practice.not_kept`). They stand
        in the practice's record, and rules that need one of them stay silent."""
        ...

    @property
    def slow_to_lose(self) -> frozenset[str]:
        """Entities whose rows the EHR deletes and writes anew: their loss is believed late."""
        ...

    def row(self, key: bytes | None, value: bytes | None) -> Row | Reason:
        """The row event in a message. Raises Poison for bytes that are none."""
        ...

    def touches(self, table: str, image: Image, look: Look) -> Iterable[Touch]: ...

    def standing(self) -> Iterable[str]:
        """Clusters that exist without any row."""
        ...

    def assemble(self, cluster: str, look: Look) -> Iterable[Entity]: ...
