"""`conjoint claims`: which claims would be paid, what to do about the others, and what the payers said."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.text import Text

from connectors.claims.answers import Answers, read_answers_file
from connectors.claims.x12 import NotX12
from infra.asking import visible
from infra.claims.batch import Batch, make_batch, write_file
from infra.claims.lines import (
    batch_line,
    money,
    proposal_line,
    refusal_line,
)
from infra.refusal import Refusal
from schemas.claim_proposal import ClaimProposal
from streams.claims.from_changes import proposals_of_changes
from streams.claims.proposing import Proposed
from streams.replay import NotAChangesFile, read_changes_file, read_instant

STYLES = {"ready": "green", "held": "yellow", "blocked": "bold red"}


class ClaimsCommands(click.Group):
    """A group in which a file's name stands for `suggest` of that file."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and Path(args[0]).is_file():
            return super().resolve_command(ctx, ["suggest", *args])
        return super().resolve_command(ctx, args)


@click.group("claims", cls=ClaimsCommands, epilog="Example: conjoint claims suggest changes.json")
def command() -> None:
    """Suggest claims with their reasons, review them, write 837P files, and read what payers answer.

    `suggest` and `batch --from` work on files of changes alone (as `conjoint replay` reads them); the others on a
    running platform.
    """


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return read_instant(value, "--now")
    except NotAChangesFile as error:
        raise click.BadParameter(f"{error}; for example 2026-04-16T19:00:00-05:00") from None


now_option = click.option(
    "--now", callback=_moment, help="The moment to look at (default: the file's own, or its last change)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON line for each claim.")


# --- on files alone ----------------------------------------------------------------------------------------------


@command.command("suggest", epilog="Example: conjoint claims suggest --json changes.json")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@now_option
@click.option("--remittance", "remittances", multiple=True, type=click.Path(path_type=Path), help="An 835 that came.")
@click.option("--all", "everything", is_flag=True, help="Also those for whom there is no claim, and why.")
@json_option
def suggest(
    files: tuple[Path, ...], now: datetime | None, remittances: tuple[Path, ...], everything: bool, as_json: bool
) -> None:
    """Say which claims the changes in FILES would make, why, and what a payer would object to.

    No Kafka, no database. Exit code 2 if a file is not of that form; the others are still done.
    """
    wrong = False
    decided = _decided(remittances)
    for path in files:
        proposed = _proposed(path, now, decided)
        if proposed is None:
            wrong = True
            continue
        name = {"file": str(path)} if len(files) > 1 else {}
        if as_json:
            lines = [proposal_line(proposal) for proposal in proposed.proposals]
            lines += [refusal_line(refused) for refused in proposed.not_proposed] if everything else []
            for line in lines:
                click.echo(orjson.dumps(line | name))
            continue
        if name:
            click.echo(f"{path}:")
        print_proposals(proposed.proposals, Console(highlight=False))
        if everything:
            for refused in proposed.not_proposed:
                click.echo(f"no claim for client {visible(refused.client_id)}: {visible(refused.why)}")
    sys.exit(2 if wrong else 0)


def _decided(files: tuple[Path, ...]) -> Callable[[str], Any]:
    """What payers decided, by the claim's control number, out of remittance files."""
    known = {
        answer.control_number: answer
        for path in files
        for answer in _answers_of(path).about_claims
        if answer.kind == "835"
    }
    return known.get


def _answers_of(path: Path) -> Answers:
    try:
        return read_answers_file(path)
    except NotX12 as error:
        raise Refusal(f"{path}: {error}; a 999, 277CA or 835 file is wanted", exit_code=2) from None


def _proposed(path: Path, now: datetime | None, decided: Callable[[str], Any]) -> Proposed | None:
    try:
        return proposals_of_changes(read_changes_file(path), now, None, decided)
    except NotAChangesFile as error:
        click.echo(f"conjoint claims: {path}: {error}; see `conjoint claims suggest --help` for the form", err=True)
        return None


def print_proposals(proposals: tuple[ClaimProposal, ...] | list[ClaimProposal], console: Console) -> None:
    """Claims as a table for a person at a terminal."""
    if not proposals:
        console.print("No claims.")
        return
    for proposal in proposals:
        codes = ", ".join(
            " ".join(filter(None, (line.code, *line.modifiers))) + (f" x{line.units}" if (line.units or 1) > 1 else "")
            for line in proposal.claim.lines
        )
        head = Text(f"{proposal.state:8}", style=STYLES[proposal.state])
        head += Text(
            visible(
                f"{proposal.id}  {proposal.service_on or ''}  {proposal.client_id} to {proposal.payer_id}  "
                f"{codes}  ${money(proposal.total_cents)}  ({proposal.kind})"
            ),
            style="bold",
        )
        console.print(head)
        coded = [reason.why for reason in proposal.reasons if reason.field == "code"]
        for why in coded or [reason.why for reason in proposal.reasons[:1]]:
            console.print(Text(f"  {visible(why)}"))
        for line in against(proposal):
            console.print(Text(f"  {visible(line)}", style="yellow" if proposal.state == "held" else "red"))
        for caution in proposal.cautions:
            console.print(Text(f"  {visible(caution)}", style="dim"))
    counts = {state: sum(1 for p in proposals if p.state == state) for state in STYLES}
    console.print(", ".join(f"{count} {state}" for state, count in counts.items() if count) + ".")


def against(proposal: ClaimProposal) -> list[str]:
    """Everything that speaks against a claim, the gravest first."""
    return [
        *proposal.problems,
        *(f"{finding.rule} ({finding.severity}): {finding.why}" for finding in proposal.findings),
        *(f"The EHR says {d.claim} ({d.field}); by what is recorded: {d.suggested}." for d in proposal.differences),
    ]


@command.command("batch", epilog="Example: conjoint claims batch --from changes.json --out claims-out")
@click.option("--from", "source", type=click.Path(path_type=Path), required=True, help="A file of changes.")
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, help="Folder for the 837P file.")
@click.option("--number", type=click.IntRange(1, 999_999_999), help="The interchange's number (default: from content).")
@click.option("--only", multiple=True, metavar="ID", help="Only this claim (repeatable).")
@click.option("--with-held", is_flag=True, help="Also claims that somebody should look at first.")
@click.option("--remittance", "remittances", multiple=True, type=click.Path(path_type=Path), help="An 835 that came.")
@now_option
@json_option
def batch(
    source: Path,
    folder: Path,
    number: int | None,
    only: tuple[str, ...],
    with_held: bool,
    remittances: tuple[Path, ...],
    now: datetime | None,
    as_json: bool,
) -> None:
    """Write an 837P file of every claim that may go out, and say which may not.

    The file is checked by an independent reader of X12 and read back before it is written; only its owner may read it.
    """
    proposed = _proposed(source, now, _decided(remittances))
    if proposed is None:
        sys.exit(2)
    proposals = [proposal for proposal in proposed.proposals if not only or proposal.id in only]
    unknown = sorted(set(only) - {proposal.id for proposal in proposals})
    if unknown:
        raise Refusal(f"there is no claim {', '.join(unknown)}; see: conjoint claims suggest {source}")
    if proposed.sender is None:
        raise Refusal(*(proposed.sender_cautions or (f"{source} holds no practice that could send a claim",)))
    at = now or max((p.claim.queued_at for p in proposals if p.claim.queued_at is not None), default=None)
    made = make_batch(proposals, proposed.sender, at or _EPOCH, number, with_held=with_held)
    finish_batch(made, folder, proposed.sender_cautions, as_json)


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def finish_batch(made: Batch, folder: Path, cautions: tuple[str, ...], as_json: bool) -> Path:
    """Write the file and say what is in it. Raises Refusal if nothing may go out."""
    if not made.text:
        for one in made.left_out:
            click.echo(f"left out {visible(one.proposal_id)}: {visible(' '.join(one.why))}", err=True)
        raise Refusal("no claim may go out as it is; nothing was written")
    path = write_file(made, folder)
    for caution in cautions:
        click.echo(f"conjoint claims: {caution}", err=True)
    if as_json:
        click.echo(orjson.dumps(batch_line(made, str(path))))
        return path
    count = len(made.included)
    click.echo(f"{path}: {count} claim{'' if count == 1 else 's'}, ${money(made.total_cents)} in all")
    for one in made.left_out:
        click.echo(f"left out {visible(one.proposal_id)}: {visible(' '.join(one.why))}")
    return path
