"""`conjoint claims`: which claims would be paid, what to do about the others, and what the payers said."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console
from rich.text import Text

from connectors.claims.answers import Answers, read_answers_file
from connectors.claims.x12 import NotX12
from dashboards.claims.calibration import Outcome, calibration
from dashboards.claims.intake import ClaimIntake
from dashboards.claims.review import Actor, ClaimReview, NoSuchClaimError
from dashboards.claims.standing import CannotError, Claim, Standing
from dashboards.desk.database import DeskDatabase, DeskUnavailableError
from infra.asking import endpoints_here, visible
from infra.claims.answering import keep_answers
from infra.claims.batch import Batch, make_batch, write_file
from infra.claims.lines import (
    acknowledgement_line,
    answer_line,
    batch_line,
    calibration_line,
    claim_line,
    money,
    proposal_line,
    refusal_line,
)
from infra.claims.sending import send_approved
from infra.clock import clock_from
from infra.refusal import Refusal
from schemas.claim_proposal import ClaimFix, ClaimProposal
from streams.claims.from_changes import proposals_of_changes
from streams.claims.proposing import Proposed
from streams.replay import NotAChangesFile, read_changes_file, read_instant, replay

Answer = TypeVar("Answer")
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


def print_proposals(
    proposals: Sequence[ClaimProposal], console: Console, standing: Mapping[str, str] | None = None
) -> None:
    """Claims for a person at a terminal."""
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
                f"{codes}  ${money(proposal.total_cents)}  "
                f"({', '.join(filter(None, (proposal.kind, (standing or {}).get(proposal.id))))})"
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


# --- on a running platform ---------------------------------------------------------------------------------------

home_option = click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
reason_option = click.option("--reason", default="", help="Why, in a few words; kept with the decision.")


@command.command("list", epilog="Example: conjoint claims list --json --state ready")
@click.option("--state", type=click.Choice(["ready", "held", "blocked"]), help="Only claims of this state.")
@click.option("--standing", type=click.Choice([one.value for one in Standing]), help="Only claims that stand so.")
@click.option("--practice", help="Only this practice.")
@json_option
@home_option
def list_(state: str | None, standing: str | None, practice: str | None, as_json: bool, home: str | None) -> None:
    """Show the claims that lie before the biller: what each says, why, what speaks against it, and where it stands."""
    claims = asyncio.run(_with_review(home, lambda review, _: review.list(None, practice)))
    shown = [
        claim
        for claim in claims
        if (state is None or claim.proposal.state == state) and (standing is None or claim.standing == standing)
    ]
    if as_json:
        for claim in shown:
            click.echo(orjson.dumps(claim_line(claim)))
        return
    console = Console(highlight=False)
    print_proposals([claim.proposal for claim in shown], console, {c.proposal.id: c.standing.value for c in shown})


@command.command("show", epilog="Example: conjoint claims show CJ4T6ZQ2L7N5XA3M")
@click.argument("claim_id")
@json_option
@home_option
def show(claim_id: str, as_json: bool, home: str | None) -> None:
    """Show one claim with every reason, everything decided about it and every answer of the payer."""
    claim = asyncio.run(_with_review(home, lambda review, _: review.get(None, claim_id)))
    if as_json:
        click.echo(orjson.dumps(claim_line(claim)))
        return
    console = Console(highlight=False)
    print_proposals([claim.proposal], console, {claim.proposal.id: claim.standing.value})
    for reason in claim.proposal.reasons:
        console.print(Text(f"  {reason.field}: {visible(reason.says)}. {visible(reason.why)}"))
    for decision in claim.decisions:
        undone = " (taken back)" if decision.undone else ""
        what = f"{decision.at:%Y-%m-%d %H:%M} {decision.by}: {decision.act}{undone} {decision.reason}"
        console.print(Text(f"  {visible(what)}"))
    for answer in claim.answers:
        console.print(Text(f"  {answer.on or ''} {answer.kind}: {answer.says} {' '.join(answer.reasons)}"))


@command.command("approve", epilog="Example: conjoint claims approve CJ4T6ZQ2L7N5XA3M")
@click.argument("claim_ids", nargs=-1, required=True)
@reason_option
@home_option
def approve(claim_ids: tuple[str, ...], reason: str, home: str | None) -> None:
    """Let claims go out as they are. What is blocked cannot; what asks for a look needs --reason."""
    _decide(home, claim_ids, lambda review, actor, id_: review.approve(actor, id_, None, reason))


@command.command("hold", epilog="Example: conjoint claims hold CJ4T6ZQ2L7N5XA3M --reason 'ask the payer first'")
@click.argument("claim_ids", nargs=-1, required=True)
@reason_option
@home_option
def hold(claim_ids: tuple[str, ...], reason: str, home: str | None) -> None:
    """Keep claims back until somebody takes them up again."""
    _decide(home, claim_ids, lambda review, actor, id_: review.hold(actor, id_, reason))


@command.command("undo", epilog="Example: conjoint claims undo CJ4T6ZQ2L7N5XA3M")
@click.argument("claim_ids", nargs=-1, required=True)
@home_option
def undo(claim_ids: tuple[str, ...], home: str | None) -> None:
    """Take back the last decision about claims that were not sent yet."""
    _decide(home, claim_ids, lambda review, actor, id_: review.undo(actor, id_))


@command.command("fix", epilog="Example: conjoint claims fix CJ4T6ZQ2L7N5XA3M --modifiers 95,HO --place 10")
@click.argument("claim_id")
@click.option("--line", type=click.IntRange(1, 50), default=1, show_default=True, help="Which service line.")
@click.option("--code", help="Procedure code; the amount follows from the fee schedule.")
@click.option("--units", type=click.IntRange(1, 999))
@click.option("--modifiers", help="Comma-separated; empty for none.")
@click.option("--place", "place_of_service", help="Place of service.")
@click.option("--diagnoses", help="Comma-separated, the principal first.")
@click.option("--authorization", "authorization_number", help="The payer's authorization number.")
@click.option("--original", "original_ref", help="The payer's number of the original claim (replacements and voids).")
@click.option("--rendering", help="Clinician id.")
@click.option("--supervising", help="Clinician id; empty for none.")
@reason_option
@home_option
def fix(claim_id: str, reason: str, home: str | None, **fields: Any) -> None:
    """Set something in a claim by hand. It is judged anew within seconds; approve it then."""
    listed = {
        name: None if fields[name] is None else tuple(part for part in fields[name].upper().split(",") if part)
        for name in ("modifiers", "diagnoses")
    }
    wanted = ClaimFix.model_validate({**fields, **listed})
    _decide(home, (claim_id,), lambda review, actor, id_: review.fix(actor, id_, wanted, reason))


def _decide(
    home: str | None,
    claim_ids: tuple[str, ...],
    act: Callable[[ClaimReview, Actor, str], Awaitable[Claim]],
) -> None:
    async def each(review: ClaimReview, _: ClaimIntake) -> list[tuple[str, Claim | CannotError]]:
        outcomes: list[tuple[str, Claim | CannotError]] = []
        for id_ in claim_ids:
            try:
                outcomes.append((id_, await act(review, operator(), id_)))
            except CannotError as refusal:
                outcomes.append((id_, refusal))
        return outcomes

    refused = []
    for id_, outcome in asyncio.run(_with_review(home, each)):
        if isinstance(outcome, CannotError):
            refused.append(f"{id_}: {outcome}")
        else:
            click.echo(f"{id_}: {outcome.standing.value}")
    if refused:
        raise Refusal(*refused)


def operator() -> Actor:
    """Whoever sits at this machine: the shell is the right."""
    return Actor(f"shell:{getpass.getuser()}", "operator")


async def _with_review(home: str | None, ask: Callable[[ClaimReview, ClaimIntake], Awaitable[Answer]]) -> Answer:
    database = DeskDatabase(endpoints_here(home).desk_app_dsn)
    clock = clock_from(os.environ)
    review = ClaimReview(database, practice_now=lambda: clock.now(datetime.now(UTC)))
    try:
        return await ask(review, ClaimIntake(database))
    except DeskUnavailableError:
        raise Refusal("the desk's database does not answer; start Conjoint with: conjoint up") from None
    except NoSuchClaimError:
        raise Refusal("there is no such claim; see: conjoint claims list") from None
    except CannotError as refusal:
        raise Refusal(str(refusal)) from None
    finally:
        await database.close()


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

    if not asyncio.run(_with_review(home, each)):
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
            told = asyncio.run(_with_review(home, keep))
        except Refusal as refusal:
            raise Refusal(
                *refusal.lines, "the answers were read but not kept; to only read them: --only-read"
            ) from None
        for line in told:
            click.echo(f"conjoint claims: {line}", err=True)
    if wrong:
        raise Refusal(*wrong, exit_code=2)


def _print_answers(answers: Answers, as_json: bool) -> None:
    if as_json:
        for acknowledged in answers.acknowledged:
            click.echo(orjson.dumps(acknowledgement_line(acknowledged)))
        for answer in answers.about_claims:
            click.echo(orjson.dumps(answer_line(answer)))
        return
    for acknowledged in answers.acknowledged:
        click.echo(f"file {visible(acknowledged.group_number)}: {acknowledged.outcome.replace('_', ' ')}")
        for error in acknowledged.errors:
            click.echo(f"  {visible(error)}")
    for answer in answers.about_claims:
        paid = "" if answer.paid_cents is None else f", paid ${money(answer.paid_cents)}"
        why = f" ({', '.join(answer.reasons)})" if answer.reasons else ""
        click.echo(f"claim {visible(answer.control_number)}: {visible(answer.says)}{paid}{visible(why)}")


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
        outcomes = asyncio.run(_with_review(home, lambda _, intake: intake.outcomes(None)))
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
