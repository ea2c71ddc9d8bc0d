"""Law: whatever form a known identifier takes in a text, it is in no request made of what de-identification leaves."""

import json
import re
import unicodedata
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.session_file import Session
from streams.drafting.deidentify import Identities

FIRST = tuple(
    "Marisol Thaddeus Yusuf Siobhán Keisha Bartholomew Jürgen Lucía Anneliese Rashid".split()  # noqa: SIM905
)
LAST = tuple(
    "Oyelaran Fitzwilliam Kowalczyk Nakamura O'Sullivan Delacroix Strauß Vandermeer Achterberg".split()  # noqa: SIM905
)
BEFORE = ("I told ", "and then ", "", "my friend ", "we saw ", "so ", "Yesterday ", "thanks, ", "ok ", "with ")
AFTER = (
    " to stop",
    " came late",
    "",
    ", you know",
    "'s mother cried",
    " and me",
    ". Then we left",
    "!",
    " 3 times a week",
)

_SHAPES: dict[str, Callable[[str], str]] = {
    "as it is": lambda name: name,
    "capitals": str.upper,
    "lower case": str.lower,
    "mixed": str.swapcase,
    "without accents": lambda name: "".join(
        c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)
    ),
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "hyphens between letters": lambda name: "-".join(name.replace(" ", "")),
    "dots between letters": lambda name: ".".join(name.replace(" ", "")),
    "spaces between letters": lambda name: " ".join(name.lower().replace(" ", "")),
    "zero width inside": lambda name: name[:2] + "\u200b" + name[2:],
    "soft hyphen inside": lambda name: name[:3] + "\u00ad" + name[3:],
    "wide letters": lambda name: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name),
    "cyrillic a": lambda name: name.replace("a", "\u0430"),
    "hash tag": lambda name: "#" + re.sub(r"\W", "", name),
    "user name": lambda name: re.sub(r"\W", "", name.lower()) + "77",
    "slash": lambda name: f"{name}/{name}",
    "quoted": lambda name: f"“{name}”",
    "emoji after": lambda name: f"{name}🙂",
    "doubled letter": lambda name: name[:2] + name[2] + name[2:],
    "a letter left out": lambda name: name[:3] + name[4:],
    "letters swapped": lambda name: name[0] + name[2] + name[1] + name[3:],
}


def session(first: str, last: str) -> Session:
    return Session.model_validate(
        {
            "id": "S",
            "kind": "couple",
            "clinician": {"name": "Octavia Brightwater"},
            "participants": [
                {"client_id": "C1", "legal_name": f"{first} {last}", "contacts": [{"name": "Evangeline Prescott"}]},
                {"client_id": "C2", "legal_name": "Hortensia Abernathy"},
            ],
        }
    )


def letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("\u0430", "a").replace("ß", "ss"))
    return "".join(c for c in folded if c.isalpha() and not unicodedata.combining(c))


@settings(max_examples=150)
@given(
    st.sampled_from(FIRST),
    st.sampled_from(LAST),
    st.sampled_from(sorted(_SHAPES)),
    st.sampled_from(["first", "last", "both", "last, first"]),
    st.sampled_from(BEFORE),
    st.sampled_from(AFTER),
    st.booleans(),
)
def test_no_form_of_a_known_name_reaches_a_request(
    first: str, last: str, shape: str, part: str, before: str, after: str, lower: bool
) -> None:
    name = {"first": first, "last": last, "both": f"{first} {last}", "last, first": f"{last} {first}"}[part]
    text = before + _SHAPES[shape](name) + after
    if lower and shape != "capitals":
        text = text.lower()
    identities = Identities.of(session(first, last))
    left = identities.deidentify(text).text
    request = json.dumps({"messages": [{"content": json.dumps({"text": left})}]}).encode()
    assert identities.leaks(request) == ()
    for word in (first, last):
        assert letters(word) not in letters(left), (shape, part)
