"""How does a person read a draft at the terminal? With names, its evidence, and the mark that it is AI-drafted.

Reads a draft and the session it was made of; prints to stdout and keeps nothing.
"""

from itertools import groupby
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from infra.terminal import visible
from schemas.draft import Draft, Sentence
from schemas.session_file import Session
from streams.drafting.deidentify import Identities

WATERMARK: Final = "AI-DRAFTED · not part of the record until a licensed clinician has reviewed and signed it"
_WEIGHTY: Final = frozenset({"restricted", "low_coverage", "affirmed", "passive", "third_party"})


def print_draft(draft: Draft, session: Session, identities: Identities, name: str) -> None:
    """The whole draft on stdout."""
    console = Console(highlight=False)
    page = _Page(console, identities)
    console.print(Panel(Text(WATERMARK, style="bold"), title=visible(name), expand=False))
    drafter = draft.provenance.model or f"{draft.provenance.drafter} drafter"
    console.print(Text(f"{session.kind} · {draft.template} · {drafter}"))
    page.lines("Blocked or reduced", draft.blocked, "bold yellow")
    for one in draft.urgent:
        console.print(page.line(f"URGENT  {one.text}", one.evidence, (), "bold red"))
    for client_id, sections in groupby(draft.sections, key=lambda section: section.client_id):
        console.rule(page.told("Session" if client_id is None else client_id))
        for section in sections:
            console.print(Text(section.title, style="bold"))
            for sentence in section.sentences:
                console.print(page.sentence(sentence))
    page.table("Actions", [(one.client_id or "all", one.text, one.evidence) for one in draft.actions])
    page.table("Risk", [(one.client_id or "?", f"{one.polarity}: {one.text}", one.evidence) for one in draft.risk])
    page.table("Interactions", [(f"{one.from_} → {one.to}", one.text, one.evidence) for one in draft.dyads])
    page.lines("Themes", draft.themes)
    page.lines("Interventions", draft.interventions)
    page.lines("For review", [one.reason for one in draft.possible_tensions])
    page.lines("Who spoke?", [f"Turn {one.turn}: {one.reason}" for one in draft.speaker_doubts], "yellow")
    page.lines("Removed", [f"{one.text} ({one.reason})" for one in draft.removed], "dim")
    if draft.raw_request is not None:
        console.rule("What a model would get")
        console.print(Text(visible(draft.raw_request)))
    console.print(Panel(Text(WATERMARK, style="bold"), expand=False))


class _Page:
    def __init__(self, console: Console, identities: Identities) -> None:
        self._console = console
        self._identities = identities

    def told(self, text: str) -> Text:
        """A text with names, safe for a terminal."""
        return Text(visible(self._identities.reidentified(text)))

    def sentence(self, sentence: Sentence) -> Text:
        weighty = [flag for flag in sentence.flags if flag in _WEIGHTY]
        return self.line(sentence.text, sentence.evidence, (*sentence.goal_ids, *weighty))

    def line(self, text: str, evidence: tuple[str, ...], marks: tuple[str, ...], style: str = "") -> Text:
        line = Text("  ")
        line.append(visible(self._identities.reidentified(text)), style=style)
        if evidence:
            line.append(f"  [{', '.join(evidence)}]", style="dim")
        for mark in marks:
            line.append(f" {mark}", style="yellow")
        return line

    def lines(self, title: str, lines: tuple[str, ...] | list[str], style: str = "") -> None:
        if lines:
            self._console.print(Text(f"\n{title}", style="bold"))
            for line in lines:
                self._console.print(self.line(line, (), (), style))

    def table(self, title: str, rows: list[tuple[str, str, tuple[str, ...]]]) -> None:
        if not rows:
            return
        table = Table(box=None, pad_edge=False, show_header=False, title=title, title_justify="left")
        for who, text, evidence in rows:
            table.add_row(self.told(who), self.told(text), Text(", ".join(evidence), style="dim"))
        self._console.print(table)
