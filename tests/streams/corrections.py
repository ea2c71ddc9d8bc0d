"""Which changes might a practice still make? Random corrections of what a scenario recorded, for hypothesis.

Every kind of correction an EHR allows: another person, another session, other times, shorter lists, deletes,
deletes that are taken back. None of them is checked for sense: the keeper must digest them all alike.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.care import PARTS, PersonRef
from schemas.change import Change, Part
from schemas.record import Schema

_WORDS: dict[tuple[str, str], tuple[str | None, ...]] = {
    ("appointment", "status"): ("booked", "completed", "cancelled"),
    ("attendance", "status"): ("attended", "no_show", "late_cancel", "cancelled", "excused", None),
    ("claim", "status"): ("queued", "submitted", "rejected", "paid", "voided"),
    ("note", "status"): ("draft", "signed"),
    ("consent", "status"): ("active", "revoked"),
}
_REFERS_TO = {
    "session": "appointment",
    "client": "client",
    "coverage": "coverage",
    "identified_patient": "client",
    "of": "client",
    "person": "client",
}


class _Corrections:
    def __init__(self, changes: Sequence[Change]) -> None:
        self.newest: dict[tuple[str, str], Change] = {}
        for change in changes:
            known = self.newest.get((change.entity, change.id))
            if known is None or known.rev < change.rev:
                self.newest[change.entity, change.id] = change
        self.data = {key: change.data for key, change in self.newest.items()}
        self.ids: dict[str, list[str]] = {}
        for entity, id_ in self.newest:
            self.ids.setdefault(entity, []).append(id_)

    def one(self, draw: st.DrawFn, at: datetime) -> Change:
        key = draw(st.sampled_from(sorted(self.newest)))
        known, data = self.newest[key], self.data[key]
        if key[0] != "practice" and known.op != "delete" and draw(st.integers(0, 4)) == 0:
            made = Change(at=at, entity=known.entity, op="delete", id=known.id, rev=known.rev + 1)
        else:
            op = "create" if known.op == "delete" else "update"
            corrected = None if data is None else self._corrected(draw, key[0], data)
            made = Change(at=at, entity=known.entity, op=op, id=known.id, rev=known.rev + 1, data=corrected)
            self.data[key] = corrected
        self.newest[key] = made
        return made

    def _corrected(self, draw: st.DrawFn, entity: str, data: Schema) -> Schema:
        fields = [name for name in type(data).model_fields if self._can_differ(entity, name, getattr(data, name))]
        if not fields:
            return data
        name = draw(st.sampled_from(fields))
        return data.model_copy(update={name: self._other(draw, entity, name, getattr(data, name))})

    def _can_differ(self, entity: str, name: str, value: Any) -> bool:
        return (
            (entity, name) in _WORDS
            or (name in _REFERS_TO and value is not None)
            or isinstance(value, datetime)
            or (isinstance(value, tuple) and bool(value))
        )

    def _other(self, draw: st.DrawFn, entity: str, name: str, value: Any) -> Any:
        if (entity, name) in _WORDS:
            return draw(st.sampled_from(_WORDS[entity, name]))
        if name in _REFERS_TO:
            return draw(st.sampled_from(sorted(self.ids.get(_REFERS_TO[name], [value]))))
        if isinstance(value, datetime):
            return value + timedelta(hours=draw(st.sampled_from((-240, -72, -1, 1, 30, 100, 800))))
        return tuple(item for item in value if draw(st.booleans()))


def as_rows(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The same history from a relational source: every list it keeps as rows arrives element by element."""
    rows: list[Change] = []
    known: dict[tuple[str, str, str], int] = {}
    for change in changes:
        lists = [name for entity, name in PARTS if entity == change.entity]
        data = change.data
        rows.append(
            change
            if data is None
            else change.model_copy(update={"data": data.model_copy(update=dict.fromkeys(lists, ()))})
        )
        for name in lists:
            items = () if data is None else getattr(data, name)
            count = known.get((change.entity, change.id, name), 0)
            for position in range(max(count, len(items))):
                item = items[position] if position < len(items) else None
                rows.append(
                    change.model_copy(
                        update={
                            "op": "delete" if item is None else change.op,
                            "part": Part(list=name, key=f"{position:03}"),
                            "data": PersonRef(client=item) if isinstance(item, str) else item,
                        }
                    )
                )
            known[change.entity, change.id, name] = max(count, len(items))
    return tuple(rows)


@st.composite
def corrections(draw: st.DrawFn, changes: Sequence[Change], until: datetime, most: int = 8) -> tuple[Change, ...]:
    """The changes, and up to `most` corrections of them committed afterwards, before `until`."""
    state = _Corrections(changes)
    after = max(change.at for change in changes)
    moments = sorted(
        after + (until - after) * draw(st.integers(0, 100)) / 100 for _ in range(draw(st.integers(0, most)))
    )
    return (*changes, *(state.one(draw, moment) for moment in moments))


@st.composite
def deliveries(draw: st.DrawFn, changes: Sequence[Change]) -> list[list[Change]]:
    """The same changes in any order, some of them again, cut into change sets."""
    again = draw(st.lists(st.sampled_from(changes), max_size=6))
    order = draw(st.permutations([*changes, *again]))
    sizes = draw(st.lists(st.sampled_from((1, 1, 1, 2, 3, 8, 25)), min_size=1, max_size=12))
    sets: list[list[Change]] = []
    while order:
        size = sizes[len(sets) % len(sizes)]
        sets.append(order[:size])
        order = order[size:]
    return sets
