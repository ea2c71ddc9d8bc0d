"""Which of these claims go into one 837P file, and what became of the others?
Reads proposals; writes one file, readable by its owner alone, and only if an independent reader takes it.
Must never send what is blocked, nor leave a claim out without saying why.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b, sha256
from pathlib import Path

from connectors.claims.read_837p import read_837p
from connectors.claims.structure import StructureError, structure_errors
from connectors.claims.write_837p import Interchange, Written, write_837p
from connectors.claims.x12 import NotX12, Unsendable
from infra.refusal import Refusal
from schemas.claim_proposal import ClaimProposal
from schemas.professional_claim import ProfessionalClaim, Sender
from streams.claims.form_checks import batch_problems

OUT_OF_HAND_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A claim that is not in the file, and why."""

    proposal_id: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A file as it will be written. `text` is empty if no claim could go in."""

    number: int
    text: str
    included: tuple[ClaimProposal, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def total_cents(self) -> int:
        """What is charged in all."""
        return sum(proposal.total_cents for proposal in self.included)

    @property
    def sha256(self) -> str:
        """Of the file's bytes."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def file_name(self) -> str:
        """Unique by the interchange's number."""
        return f"837P-{self.number:09}.x12"


def make_batch(
    proposals: Sequence[ClaimProposal],
    sender: Sender,
    made_at: datetime,
    number: int | None = None,
    *,
    with_held: bool = False,
) -> Batch:
    """The file of everything that may go out. The same claims and moment give the same bytes.

    `number`: the interchange's, 1 to 999999999; None derives it from what is in the file. `with_held`: also claims that
    somebody should look at first, for whoever did.
    """
    left_out: dict[str, tuple[str, ...]] = {}
    ready: dict[str, ClaimProposal] = {}
    for proposal in proposals:
        why = _why_not(proposal, with_held)
        if why:
            left_out[proposal.id] = why
        elif proposal.form is not None:
            ready[proposal.id] = proposal
    for id_, problem in _twice(ready.values()):
        ready.pop(id_, None)
        left_out[id_] = (problem,)
    for _ in range(OUT_OF_HAND_ROUNDS):
        if not ready:
            break
        text, errors = _tried(list(ready.values()), sender, made_at, number)
        if not errors:
            included = tuple(sorted(ready.values(), key=lambda proposal: proposal.id))
            chosen = number if number is not None else number_of(included, sender, made_at)
            return Batch(chosen, text, included, _sorted(left_out))
        for id_, why in errors.items():
            ready.pop(id_, None)
            left_out[id_] = why
    return Batch(number or 0, "", (), _sorted(left_out))


def _why_not(proposal: ClaimProposal, with_held: bool) -> tuple[str, ...]:
    blocking = [f"{finding.rule}: {finding.why}" for finding in proposal.findings if finding.severity == "block"]
    if proposal.state == "blocked" or proposal.form is None:
        return (*proposal.problems, *blocking) or ("It cannot be written.",)
    if proposal.state == "held" and not with_held:
        return tuple(f"{finding.rule}: {finding.why}" for finding in proposal.findings if finding.severity == "hold")
    return ()


def _twice(proposals: Iterable[ClaimProposal]) -> Iterable[tuple[str, str]]:
    by_number: dict[str, ClaimProposal] = {}
    kept: list[ProfessionalClaim] = []
    for proposal in sorted(proposals, key=lambda one: one.id):
        form = proposal.form
        assert form is not None
        problems = batch_problems([*kept, form])
        if problems:
            yield proposal.id, problems[0]
            continue
        kept.append(form)
        by_number[form.control_number] = proposal


def _tried(
    proposals: Sequence[ClaimProposal], sender: Sender, made_at: datetime, number: int | None
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The file, or what is wrong with which claims."""
    chosen = number if number is not None else number_of(proposals, sender, made_at)
    forms = [proposal.form for proposal in proposals if proposal.form is not None]
    try:
        written = write_837p(forms, sender, Interchange(chosen, made_at))
    except Unsendable as refused:
        return "", _each_alone(proposals, sender, made_at, f"{refused} holds what X12 cannot carry")
    errors = structure_errors(written.text)
    if errors:
        return "", _blamed(proposals, written, errors)
    try:
        back = {claim.control_number: claim for claim in read_837p(written.text).claims}
    except NotX12 as error:
        raise Refusal(f"the file of this batch cannot be read back ({error}); it was not written") from None
    altered = [p.id for p in proposals if p.form is not None and not _same(p.form, back.get(p.form.control_number))]
    return written.text, dict.fromkeys(altered, ("Read back from the file, it is not the same claim.",))


def _same(form: ProfessionalClaim, read: ProfessionalClaim | None) -> bool:
    return read is not None and read.model_copy(update={"claim_id": form.claim_id}) == form


def _each_alone(
    proposals: Sequence[ClaimProposal], sender: Sender, made_at: datetime, why: str
) -> dict[str, tuple[str, ...]]:
    """Which of them cannot be written."""
    wrong: dict[str, tuple[str, ...]] = {}
    for proposal in proposals:
        assert proposal.form is not None
        try:
            write_837p([proposal.form], sender, Interchange(1, made_at))
        except Unsendable as refused:
            wrong[proposal.id] = (f"{refused} holds what X12 cannot carry",)
    return wrong or {proposal.id: (why,) for proposal in proposals}


def _blamed(
    proposals: Sequence[ClaimProposal], written: Written, errors: Sequence[StructureError]
) -> dict[str, tuple[str, ...]]:
    owner = {p.form.control_number: p.id for p in proposals if p.form is not None}
    found: dict[str, list[str]] = {}
    for error in errors:
        for number, (first, last) in written.segments_of_claim.items():
            if first <= error.segment <= last:
                found.setdefault(owner[number], []).append(f"Structure: {error.what}.")
    if not found:
        # it is the envelope, or the practice, and so every claim of it
        told = tuple(dict.fromkeys(f"Structure of the file: {error.what}." for error in errors))
        return {proposal.id: told for proposal in proposals}
    return {id_: tuple(dict.fromkeys(whats)) for id_, whats in found.items()}


def _sorted(left_out: dict[str, tuple[str, ...]]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(id_, why) for id_, why in sorted(left_out.items()))


def number_of(proposals: Sequence[ClaimProposal], sender: Sender, made_at: datetime) -> int:
    """An interchange number that always follows from what is in the file."""
    forms = sorted(p.form.model_dump_json() for p in proposals if p.form is not None)
    said = "\n".join((sender.model_dump_json(), made_at.isoformat(), *forms))
    return int.from_bytes(blake2b(said.encode(), digest_size=8).digest()) % 999_999_999 + 1


def write_file(batch: Batch, folder: Path) -> Path:
    """Write the batch into the folder, readable by its owner alone. Raises Refusal; a file there is never replaced by
    another content."""
    path = folder / batch.file_name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.read_text() == batch.text:
            return path
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(batch.text)
    except FileExistsError:
        raise Refusal(f"{path} is there already with another content; choose another --out folder") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({error.strerror}); choose another --out folder") from None
    return path
