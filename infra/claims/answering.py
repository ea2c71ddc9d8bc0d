"""How do the payers' answers reach the claims they are about?
Reads the answers of one file; writes the desk's database, once a file.
Must never take an acknowledgement of a file for an acceptance of its claims.
"""

from connectors.claims.answers import Answers
from dashboards.claims.intake import ClaimIntake
from schemas.remittance import Acknowledged, ClaimAnswer


async def keep_answers(intake: ClaimIntake, file_sha256: str, answers: Answers, practice_id: str | None) -> list[str]:
    """Keep what a file says; answers what a person should know about it."""
    told: list[str] = []
    about = list(answers.about_claims)
    for acknowledged in answers.acknowledged:
        about += await _rejected_with(intake, acknowledged)
        if acknowledged.outcome == "rejected":
            told.append(f"file {acknowledged.group_number} was rejected as a whole; correct it and send it again")
    unknown = await intake.take_answers(file_sha256, about, practice_id)
    if unknown:
        names = ", ".join(sorted(answer.control_number for answer in unknown)[:10])
        kept = "kept for the practice you named" if practice_id is not None else "not kept; say whose with --practice"
        told.append(f"{len(unknown)} answer(s) about claims that were not sent from here ({names}): {kept}")
    told += [f"claim {a.control_number}: {a.says}" for a in about if "do not balance" in a.says]
    return told


async def _rejected_with(intake: ClaimIntake, acknowledged: Acknowledged) -> list[ClaimAnswer]:
    """The claims a 999 turned away: those it names, or every one of a file it rejects."""
    numbers = acknowledged.rejected_claims
    if acknowledged.outcome == "rejected" and acknowledged.group_number.isdigit():
        numbers = numbers or await intake.claims_of_file(int(acknowledged.group_number))
    return [
        ClaimAnswer(
            kind="999",
            control_number=number,
            outcome="rejected",
            reasons=(),
            says="turned away with its file: " + "; ".join(acknowledged.errors[:3]),
        )
        for number in numbers
        if acknowledged.outcome == "rejected" or number in acknowledged.rejected_claims
    ]
