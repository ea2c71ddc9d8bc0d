"""`conjoint claims list`, `show`, `approve`, `hold`, `undo` and `fix`: the biller's desk on a running platform."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console
from rich.text import Text

from dashboards.claims.intake import ClaimIntake
from dashboards.claims.review import Actor, ClaimReview, NoSuchClaimError
from dashboards.claims.standing import CannotError, Claim, Standing
from dashboards.desk.transactions import DeskDatabase, DeskUnavailableError
from infra.asking import endpoints_here
from infra.claims.lines import claim_line
from infra.claims.terminal import print_proposals
from infra.clock import clock_from
from infra.refusal import Refusal
from infra.terminal import visible
from schemas.claim_proposal import ClaimFix

Answer = TypeVar("Answer")
home_option = click.option("--home", type=click.Path(), help="Folder that holds all state (default ./var).")
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON line for each claim.")
reason_option = click.option("--reason", default="", help="Why, in a few words; kept with the decision.")


@click.command("list", epilog="Example: conjoint claims list --json --state ready")
@click.option("--state", type=click.Choice(["ready", "held", "blocked"]), help="Only claims of this state.")
@click.option("--standing", type=click.Choice([one.value for one in Standing]), help="Only claims that stand so.")
@click.option("--practice", help="Only this practice.")
@json_option
@home_option
def list_(state: str | None, standing: str | None, practice: str | None, as_json: bool, home: str | None) -> None:
    """Show the claims that lie before the biller: what each says, why, what speaks against it, and where it stands."""
    claims = asyncio.run(with_review(home, lambda review, _: review.list(None, practice)))
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


@click.command("show", epilog="Example: conjoint claims show CJ4T6ZQ2L7N5XA3M")
@click.argument("claim_id")
@json_option
@home_option
def show(claim_id: str, as_json: bool, home: str | None) -> None:
    """Show one claim with every reason, everything decided about it and every answer of the payer."""
    claim = asyncio.run(with_review(home, lambda review, _: review.get(None, claim_id)))
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


@click.command("approve", epilog="Example: conjoint claims approve CJ4T6ZQ2L7N5XA3M")
@click.argument("claim_ids", nargs=-1, required=True)
@reason_option
@home_option
def approve(claim_ids: tuple[str, ...], reason: str, home: str | None) -> None:
    """Let claims go out as they are. What is blocked cannot; what asks for a look needs --reason."""
    _decide(home, claim_ids, lambda review, actor, id_: review.approve(actor, id_, None, reason))


@click.command("hold", epilog="Example: conjoint claims hold CJ4T6ZQ2L7N5XA3M --reason 'ask the payer first'")
@click.argument("claim_ids", nargs=-1, required=True)
@reason_option
@home_option
def hold(claim_ids: tuple[str, ...], reason: str, home: str | None) -> None:
    """Keep claims back until somebody takes them up again."""
    _decide(home, claim_ids, lambda review, actor, id_: review.hold(actor, id_, reason))


@click.command("undo", epilog="Example: conjoint claims undo CJ4T6ZQ2L7N5XA3M")
@click.argument("claim_ids", nargs=-1, required=True)
@home_option
def undo(claim_ids: tuple[str, ...], home: str | None) -> None:
    """Take back the last decision about claims that were not sent yet."""
    _decide(home, claim_ids, lambda review, actor, id_: review.undo(actor, id_))


@click.command("fix", epilog="Example: conjoint claims fix CJ4T6ZQ2L7N5XA3M --modifiers 95,HO --place 10")
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
    for id_, outcome in asyncio.run(with_review(home, each)):
        if isinstance(outcome, CannotError):
            refused.append(f"{id_}: {outcome}")
        else:
            click.echo(f"{id_}: {outcome.standing.value}")
    if refused:
        raise Refusal(*refused)


def operator() -> Actor:
    """Whoever sits at this machine: the shell is the right."""
    return Actor(f"shell:{getpass.getuser()}", "operator")


async def with_review(home: str | None, ask: Callable[[ClaimReview, ClaimIntake], Awaitable[Answer]]) -> Answer:
    """Ask the claims desk of the installation, and let go of it. Raises Refusal naming what to do."""
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


COMMANDS = (list_, show, approve, hold, undo, fix)
