"""How do claims, and what payers answered, look to a person at a terminal?
Writes to the console it is given; shows ids, codes and sentences about ids.
Must never print a name, nor a control character.
"""

from collections.abc import Mapping, Sequence

import click
from rich.console import Console
from rich.text import Text

from connectors.claims.answers import Answers
from infra.claims.lines import money
from infra.terminal import visible
from schemas.claim_proposal import ClaimProposal

STYLES = {"ready": "green", "held": "yellow", "blocked": "bold red"}


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


def print_answers(answers: Answers) -> None:
    """What a file of payers' answers says."""
    for acknowledged in answers.acknowledged:
        click.echo(f"file {visible(acknowledged.group_number)}: {acknowledged.outcome.replace('_', ' ')}")
        for error in acknowledged.errors:
            click.echo(f"  {visible(error)}")
    for answer in answers.about_claims:
        paid = "" if answer.paid_cents is None else f", paid ${money(answer.paid_cents)}"
        why = f" ({', '.join(answer.reasons)})" if answer.reasons else ""
        click.echo(f"claim {visible(answer.control_number)}: {visible(answer.says)}{paid}{visible(why)}")
