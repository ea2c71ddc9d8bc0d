"""What may a terminal be given? Text from outside, without what would steer the terminal."""


def visible(text: str) -> str:
    """`text` as a terminal may get it: an id from outside could hold an escape sequence."""
    return "".join(character if character.isprintable() else "�" for character in text)
