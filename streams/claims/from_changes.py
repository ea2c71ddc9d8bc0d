"""Which claims follow from a file of changes, without Kafka or a database? The exchange format in, proposals out. Pure.

Takes changes in as the worker does, but asks the rules only about the claims.
"""

from collections.abc import Mapping
from datetime import datetime

from schemas.care import Policy
from schemas.change import Change, ChangeSet
from schemas.claim_proposal import ClaimFix
from streams.book import Book, Shelves
from streams.cases import PracticeView
from streams.claims.following import Decided
from streams.claims.proposing import Proposed, propose
from streams.files import FileKey, FileKind
from streams.keeper import Keeper
from streams.replay import ChangesFile


def proposals_of_changes(
    file: ChangesFile,
    now: datetime | None = None,
    fixes: Mapping[str, ClaimFix] | None = None,
    decided: Decided = lambda _: None,
) -> Proposed:
    """The proposals at `now` (default: the file's own, else its last change). No practice in the file: nothing."""
    end = now or file.now or max((change.at for change in file.changes), default=None)
    changes = tuple(change for change in file.changes if end is None or change.at <= end)
    practice_id = next((change.id for change in file.changes if change.entity == "practice"), None)
    if practice_id is None or end is None or not changes:
        return Proposed((), ())
    book = Book(Shelves.in_memory())
    if file.policy is not None:
        policy = Policy(document=file.policy)
        changes = (
            Change(at=changes[0].at, entity="policy", op="create", id=practice_id, rev=1, data=policy),
            *changes,
        )
    Keeper(book, ()).apply(ChangeSet(practice_id=practice_id, now=end, changes=changes), 1)
    practice = PracticeView.of(book.find(FileKey(practice_id, FileKind.PRACTICE, practice_id)))
    if practice is None:
        return Proposed((), ())
    sessions = [file.key.id for file in book.shelves.files[FileKind.SESSION].values()]
    return propose(practice, sessions, book.find, book.calendars, end, fixes, decided)
