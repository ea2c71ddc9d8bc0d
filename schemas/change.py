"""What travels on `care.changes`: the changes of one practice that arrived together, or a tick of its clock.

A change carries the whole record after it (no patches); `rev` orders the versions of one id.
"""

from typing import Annotated, Literal

from schemas.care import ENTITIES, PARTS
from schemas.phi import Phi
from schemas.record import Count, Flag, Id, Instant, Many, Schema, Word


class Part(Schema):
    """Which element of which list of the entity a change is about, where a source keeps that list as rows."""

    list: Word
    key: Id


class Change(Schema):
    """One version of one entity, or of one element of one of its lists.

    `at`: commit time at the source. `snapshot`: read from what was there already, so it must never trigger work.
    `data`: the entity (None for a delete), an instance of ENTITIES[entity] or PARTS[entity, part.list].
    """

    at: Instant
    entity: Word
    op: Annotated[Literal["create", "update", "delete"], Phi.NONE]
    id: Id
    rev: Count
    part: Part | None = None
    snapshot: Flag = False
    data: Schema | None = None

    @property
    def model(self) -> type[Schema]:
        """The class that `data` has; KeyError for an entity or list the vocabulary does not know."""
        return ENTITIES[self.entity] if self.part is None else PARTS[self.entity, self.part.list]


class ChangeSet(Schema):
    """`now`: the practice's clock when the set was made; every decision about the set uses it.

    A set with no changes and an empty practice_id is a tick: it only moves the clock of its partition.
    """

    practice_id: Id
    now: Instant
    changes: Many[Change] = ()

    @property
    def is_tick(self) -> bool:
        return not self.changes
