"""`conjoint claims`: which claims would be paid, what to do about the others, and what the payers said."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from connectors.claims.answers import Answers, read_answers_file
from connectors.claims.x12 import NotX12
from dashboards.claims.calibration import Outcome, calibration
from dashboards.claims.intake import ClaimIntake
from dashboards.claims.review import ClaimReview
from infra.claims.answering import keep_answers
from infra.claims.batch import Batch, make_batch, write_file
from infra.claims.desk_commands import COMMANDS, home_option, json_option, operator, with_review
from infra.claims.lines import (
    acknowledgement_line,
    answer_line,
    batch_line,
    calibration_line,
    money,
    proposal_line,
    refusal_line,
)
from infra.claims.sending import send_approved
from infra.claims.terminal import print_answers, print_proposals
from infra.refusal import Refusal
from infra.terminal import visible
from streams.claims.from_changes import proposals_of_changes
from streams.claims.proposing import Proposed
from streams.replay import NotAChangesFile, read_changes_file, read_instant, replay


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
    wrong: list[str] = []
    decided = _decided(remittances)
    for path in files:
        try:
            proposed = _proposed(path, now, decided)
        except Refusal as refusal:
            wrong += refusal.lines
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
    if wrong:
        raise Refusal(*wrong, exit_code=2)


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


def _proposed(path: Path, now: datetime | None, decided: Callable[[str], Any]) -> Proposed:
    try:
        return proposals_of_changes(read_changes_file(path), now, None, decided)
    except NotAChangesFile as error:
        raise Refusal(f"{path}: {error}; see `conjoint claims suggest --help` for the form", exit_code=2) from None


# --- files out and in --------------------------------------------------------------------------------------------


@command.command("batch", epilog="Example: conjoint claims batch --from changes.json --out claims-out")
@click.option("--from", "source", type=click.Path(path_type=Path), help="A file of changes; else what was approved.")
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, help="Folder for the 837P file.")
@click.option("--practice", "practices", multiple=True, help="Only this practice (repeatable).")
@click.option("--number", type=click.IntRange(1, 999_999_999), help="With --from: the interchange's number.")
@click.option("--only", multiple=True, metavar="ID", help="With --from: only this claim (repeatable).")
@click.option("--with-held", is_flag=True, help="With --from: also claims that somebody should look at first.")
@click.option("--remittance", "remittances", multiple=True, type=click.Path(path_type=Path), help="An 835 that came.")
@now_option
@json_option
@home_option
def batch(
    source: Path | None,
    folder: Path,
    practices: tuple[str, ...],
    number: int | None,
    only: tuple[str, ...],
    with_held: bool,
    remittances: tuple[Path, ...],
    now: datetime | None,
    as_json: bool,
    home: str | None,
) -> None:
    """Write 837P files of everything approved (or, with --from, of what a file of changes asks for).

    A file is checked by an independent reader of X12 and read back before it is written; only its owner may read it.
    """
    if source is None:
        _send_approved(home, folder, practices, as_json)
        return
    proposed = _proposed(source, now, _decided(remittances))
    proposals = [proposal for proposal in proposed.proposals if not only or proposal.id in only]
    unknown = sorted(set(only) - {proposal.id for proposal in proposals})
    if unknown:
        raise Refusal(f"there is no claim {', '.join(unknown)}; see: conjoint claims suggest {source}")
    if proposed.sender is None:
        raise Refusal(*(proposed.sender_cautions or (f"{source} holds no practice that could send a claim",)))
    at = now or max((p.claim.queued_at for p in proposals if p.claim.queued_at is not None), default=None)
    made = make_batch(proposals, proposed.sender, at or _EPOCH, number, with_held=with_held)
    finish_batch(made, folder, proposed.sender_cautions, as_json)


def _send_approved(home: str | None, folder: Path, practices: tuple[str, ...], as_json: bool) -> None:
    async def each(review: ClaimReview, _: ClaimIntake) -> list[tuple[str, tuple[str, ...]]]:
        done = []
        for practice_id in practices or await review.practices():
            made, cautions = await send_approved(review, operator(), practice_id)
            if made is not None:
                finish_batch(made, folder, cautions, as_json)
                done.append((practice_id, cautions))
        return done

    if not asyncio.run(with_review(home, each)):
        raise Refusal("nothing is approved and unsent; see: conjoint claims list --standing open")


@command.command("ack", epilog="Example: conjoint claims ack 999.txt 277ca.txt 835.txt")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--only-read", is_flag=True, help="Print what the files say; keep nothing.")
@click.option("--practice", help="Whose claims they are, where they were not sent from here.")
@json_option
@home_option
def ack(files: tuple[Path, ...], only_read: bool, practice: str | None, as_json: bool, home: str | None) -> None:
    """Read what came back: 999 (was the file taken), 277CA (which claims), 835 (what was paid, and why not the rest).

    Exit code 2 if a file is none of these; the others are still done.
    """
    wrong: list[str] = []
    for path in files:
        try:
            answers = _answers_of(path)
        except Refusal as refusal:
            wrong += refusal.lines
            continue
        _print_answers(answers, as_json)
        if only_read:
            continue

        digest = sha256(path.read_bytes()).hexdigest()

        async def keep(
            _: ClaimReview, intake: ClaimIntake, digest: str = digest, answers: Answers = answers
        ) -> list[str]:
            return await keep_answers(intake, digest, answers, practice)

        try:
            told = asyncio.run(with_review(home, keep))
        except Refusal as refusal:
            raise Refusal(
                *refusal.lines, "the answers were read but not kept; to only read them: --only-read"
            ) from None
        for line in told:
            click.echo(f"conjoint claims: {line}", err=True)
    if wrong:
        raise Refusal(*wrong, exit_code=2)


def _print_answers(answers: Answers, as_json: bool) -> None:
    if not as_json:
        print_answers(answers)
        return
    for acknowledged in answers.acknowledged:
        click.echo(orjson.dumps(acknowledgement_line(acknowledged)))
    for answer in answers.about_claims:
        click.echo(orjson.dumps(answer_line(answer)))


@command.command("calibration", epilog="Example: conjoint claims calibration --from changes.json 835.txt")
@click.argument("remittances", nargs=-1, type=click.Path(path_type=Path))
@click.option("--from", "source", type=click.Path(path_type=Path), help="A file of changes whose claims were decided.")
@now_option
@json_option
@home_option
def calibration_(
    remittances: tuple[Path, ...], source: Path | None, now: datetime | None, as_json: bool, home: str | None
) -> None:
    """Compare the denials the rules predict with those that came: one row a rule, and what nobody foresaw."""
    if source is not None:
        outcomes = _outcomes_of(source, now, remittances)
    else:
        outcomes = asyncio.run(with_review(home, lambda _, intake: intake.outcomes(None)))
    rows = calibration(outcomes)
    if as_json:
        for row in rows:
            click.echo(orjson.dumps(calibration_line(row)))
        return
    if not rows:
        click.echo("No claim was decided yet.")
        return
    click.echo("rule   CARC  predicted  denied so  denied otherwise  paid")
    for row in rows:
        rule = row.rule or "none"
        click.echo(
            f"{rule:6} {row.carc:5} {row.predicted:9}  {row.denied_so:9}  {row.denied_otherwise:16}  {row.paid:4}"
        )


def _outcomes_of(source: Path, now: datetime | None, remittances: tuple[Path, ...]) -> tuple[Outcome, ...]:
    try:
        findings = replay(read_changes_file(source), now).findings
    except NotAChangesFile as error:
        raise Refusal(f"{source}: {error}; see `conjoint claims suggest --help` for the form", exit_code=2) from None
    predicted: dict[str, list[tuple[str, str]]] = {}
    for finding in findings:
        if finding.state == "open" and finding.predicts is not None and "claim" in finding.subject:
            predicted.setdefault(finding.subject["claim"], []).append((finding.rule, finding.predicts))
    answers = [a for path in remittances for a in _answers_of(path).about_claims if a.kind == "835"]
    return tuple(
        Outcome(answer.control_number, tuple(predicted.get(answer.control_number, ())), answer) for answer in answers
    )


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


for at_the_desk in COMMANDS:
    command.add_command(at_the_desk)
