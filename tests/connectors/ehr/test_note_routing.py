"""A note goes to the EHR of its own practice."""

from connectors.ehr.note_routing import RoutedNoteWriter
from schemas.note_writing import NoteToWrite, WriteOutcome, Written
from tests.connectors.ehr.test_openemr_notes import note


class Named:
    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = False

    async def write(self, note: NoteToWrite) -> WriteOutcome:
        return Written(self.name)

    async def close(self) -> None:
        self.closed = True


async def test_each_practice_has_its_own_way() -> None:
    own, other = Named("own"), Named("other")
    routed = RoutedNoteWriter({"openemr": own}, other)
    assert await routed.write(note()) == Written("own")
    assert await routed.write(note(practice_id="PR-1")) == Written("other")
    await routed.close()
    assert (own.closed, other.closed) == (True, True)
