"""A table as `make bench` prints it."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable


@dataclass(frozen=True)
class Table:
    """A title, column heads, and rows of text."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def show(self) -> None:
        """Print it."""
        shown = RichTable(title=self.title, title_justify="left")
        for index, head in enumerate(self.heads):
            shown.add_column(head, justify="left" if index == 0 else "right")
        for row in self.rows:
            shown.add_row(*row)
        Console(width=120).print(shown)
