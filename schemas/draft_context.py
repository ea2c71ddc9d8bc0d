"""All that one draft may be made of, as the stream knows it now: what travels on `draft.contexts`, for one worker only.

One per state of a session: whatever changes in it (material, consents, policy) is another version under the same
request. What a missing consent keeps out is not in it.
"""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.phi import Phi
from schemas.record import Count, Flag, Id, Instant, Label, Many, Schema, Word
from schemas.session_file import MAX_FILE_BYTES, Session, parse_session

MAX_SESSION_LENGTH = MAX_FILE_BYTES // 4
"""Characters: however many bytes each takes, it fits a message."""


class DraftContext(Schema):
    """The newest `version` of a request counts; there is no session once it is withdrawn.

    `holds_until`: the moment at which a consent it rests on ends by itself; from then on nothing may be sent or
    delivered from this version. `withheld`: what was left out upstream, and whom that concerns.
    `asked`: a therapist asked for it, beyond the session being complete. `own_notes_only`: nothing but the clinician's
    own outline may be drafted from. `refused`: nothing may be drafted at all.
    """

    request_id: Id
    practice_id: Id
    session_id: Id
    kind: Word
    unit_id: Id | None = None
    clinician_id: Id | None = None
    client_ids: Many[Id] = ()
    state: Annotated[Literal["requested", "withdrawn"], Phi.NONE]
    asked: Flag = False
    requested_at: Instant
    changed_at: Instant
    holds_until: Instant | None = None
    refused: Flag = False
    own_notes_only: Flag = False
    withheld: Many[Label] = ()
    prompt_id: Word | None = None
    model_allowed: Flag = True
    fingerprint: Word
    session_json: Annotated[str, StringConstraints(max_length=MAX_SESSION_LENGTH), Phi.CLINICAL] | None = None
    version: Count

    @cached_property
    def session(self) -> Session | None:
        """The session; None if it is withdrawn or refused. Raises NotASessionFile for text that is none."""
        return None if self.session_json is None else parse_session(self.session_json.encode())


def as_json(session: Session) -> str:
    """A session as a context carries it: the file people exchange, so that the wire does not follow each of its
    fields."""
    return session.model_dump_json(by_alias=True, exclude_none=True)
