"""How do we tell the person at the terminal that we stop here, and what to do about it?
Reads and writes nothing.
Must never carry a name, a text, a password or any other value out of a record or a secret.
"""


class Refusal(Exception):
    """The command cannot go on. The text is one line for a person: what is wrong, then what to do.

    The command line prints it on stderr as it is and ends with `exit_code` (1 = cannot, 2 = asked wrongly).
    """

    def __init__(self, line: str, *, exit_code: int = 1) -> None:
        super().__init__(line)
        self.exit_code = exit_code

    @property
    def lines(self) -> tuple[str, ...]:
        """What to print, one problem per line."""
        return (str(self),)
