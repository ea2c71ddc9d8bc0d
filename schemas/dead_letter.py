"""Why a message was set aside. The message itself stays byte for byte; only these fields travel in its headers."""

from schemas.record import Count, Flag, Id, Instant, Schema, Word


class DeadLetter(Schema):
    """Where a dead letter came from and why it died; never what it said.

    `letter_id` is derived from where it came from, so the same poison met twice is one row.
    """

    letter_id: Id
    reason: Word
    error: Word
    topic: Word
    partition: Count
    offset: Count
    died_at: Instant
    replayed: Flag = False
    version: Count = 1
