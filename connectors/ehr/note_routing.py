"""Which EHR does a practice's note go to? One writer for each practice, and one for all others.
Reads nothing, writes nothing itself.
Must never send a note to the EHR of another practice.
"""

from collections.abc import Mapping

from schemas.note_writing import NoteToWrite, NoteWriter, WriteOutcome


class RoutedNoteWriter:
    """Gives each note to its practice's EHR."""

    def __init__(self, of_practice: Mapping[str, NoteWriter], otherwise: NoteWriter) -> None:
        self._of_practice = of_practice
        self._otherwise = otherwise

    async def write(self, note: NoteToWrite) -> WriteOutcome:
        """See `NoteWriter`."""
        return await self._of_practice.get(note.practice_id, self._otherwise).write(note)

    async def close(self) -> None:
        """Let go of every connection."""
        for writer in (*self._of_practice.values(), self._otherwise):
            await writer.close()
