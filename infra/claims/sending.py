"""How do approved claims become a file that went out? Made, checked, recorded; then it is written.
Reads and writes the desk's database.
Must never record a file that was not checked, nor one whose claims changed since they were approved.
"""

import asyncio

from dashboards.claims.review import Actor, ClaimReview, FileToSend
from dashboards.claims.standing import CannotError
from infra.claims.batch import Batch, make_batch
from infra.refusal import Refusal


async def send_approved(review: ClaimReview, actor: Actor, practice_id: str) -> tuple[Batch | None, tuple[str, ...]]:
    """The file of everything a practice has approved, recorded as sent, and what is not set about its sender.

    None if nothing is approved. Raises Refusal if a file cannot be made, CannotError if something changed meanwhile.
    """
    approved = await review.approved(actor.scope, practice_id)
    if not approved:
        return None, ()
    sender, cautions = await review.sender(practice_id)
    if sender is None:
        raise Refusal(*cautions)
    number = await review.next_number()
    # checking takes a second or two of computing: whoever else uses this process must not wait
    made = await asyncio.to_thread(make_batch, approved, sender, review.practice_now(), number, with_held=True)
    if not made.text:
        raise Refusal(*(f"{one.proposal_id}: {' '.join(one.why)}" for one in made.left_out))
    await review.record_file(
        actor, FileToSend(number, practice_id, made.file_name, made.sha256, made.text, made.included)
    )
    return made, cautions


async def send_claims_of_console(review: ClaimReview, actor: Actor, practice_id: str) -> tuple[int | None, str]:
    """The same for the console: the file's number, or None and why there is none."""
    try:
        made, _ = await send_approved(review, actor, practice_id)
    except Refusal as refusal:
        return None, " ".join(refusal.lines)
    except CannotError as refusal:
        return None, str(refusal)
    return (None if made is None else made.number), ""
