"""How do we tell the person at the terminal that we stop here, and what to do about it?
Reads and writes nothing.
Must never carry a name, a text, a password or any other value out of a record or a secret.
"""


class Refusal(Exception):
    """The command cannot go on. Each of `lines` is one sentence for a person: what is wrong, then what to do.

    The command line prints them on stderr as they are and ends with `exit_code` (1 = cannot, 2 = asked wrongly).
    """

    def __init__(self, *lines: str, exit_code: int = 1) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines
        self.exit_code = exit_code
