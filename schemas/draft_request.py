"""A completed group, family or couples session that wants a draft, as it stood then."""

from typing import Annotated, Literal

from schemas.phi import Phi
from schemas.record import Count, Id, Instant, Many, Schema, Word


class DraftRequest(Schema):
    """One per session state: the id is derived from what the draft would be made of.

    `withdrawn` = the session is no longer in that state (cancelled, corrected): the draft must not be made or is void.
    """

    request_id: Id
    practice_id: Id
    session_id: Id
    kind: Word
    unit_id: Id | None = None
    clinician_id: Id | None = None
    client_ids: Many[Id] = ()
    state: Annotated[Literal["requested", "withdrawn"], Phi.NONE]
    requested_at: Instant
    changed_at: Instant
    version: Count
