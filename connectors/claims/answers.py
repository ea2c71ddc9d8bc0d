"""What kind of answer is this file, and what does it say? 999, 277CA or 835, told apart by their own headers.

Reads files it is given; must never quote what stands in them.
"""

from dataclasses import dataclass
from pathlib import Path

from connectors.claims.read_277ca import read_277ca
from connectors.claims.read_835 import read_835
from connectors.claims.read_999 import read_999
from connectors.claims.x12 import MAX_FILE_CHARACTERS, NotX12, Segment, segments_of
from schemas.remittance import Acknowledged, ClaimAnswer


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything one file answers. `kinds`: of its transaction sets."""

    kinds: tuple[str, ...]
    acknowledged: tuple[Acknowledged, ...] = ()
    about_claims: tuple[ClaimAnswer, ...] = ()


def read_answers_file(path: Path) -> Answers:
    """The answers in a file. Raises NotX12, also for a file that cannot be read."""
    try:
        if path.stat().st_size > MAX_FILE_CHARACTERS:
            raise NotX12(f"larger than {MAX_FILE_CHARACTERS // 2**20} MiB")
        text = path.read_bytes().decode("ascii", "replace")
    except OSError as error:
        raise NotX12(error.strerror or "cannot be read") from None
    return read_answers(text)


def read_answers(text: str) -> Answers:
    """The answers in a text. A transaction set of another kind is refused by its number."""
    kinds: list[str] = []
    acknowledged: list[Acknowledged] = []
    about_claims: list[ClaimAnswer] = []
    for kind, segments in _sets(text):
        kinds.append(kind)
        match kind:
            case "999":
                acknowledged += read_999(segments)
            case "277":
                about_claims += read_277ca(segments)
            case "835":
                about_claims += read_835(segments)
            case _:
                raise NotX12("a transaction set that is neither 999, 277CA nor 835")
    if not kinds:
        raise NotX12("no transaction set (ST)")
    names = dict.fromkeys("277CA" if kind == "277" else kind for kind in kinds)
    return Answers(tuple(names), tuple(acknowledged), tuple(about_claims))


def _sets(text: str) -> list[tuple[str, list[Segment]]]:
    """Each transaction set with its segments, ST to SE."""
    sets: list[tuple[str, list[Segment]]] = []
    inside: list[Segment] | None = None
    for segment in segments_of(text):
        if segment.id == "ST":
            inside = [segment]
            sets.append((segment.get(1), inside))
        elif inside is not None:
            inside.append(segment)
            if segment.id == "SE":
                inside = None
    if inside is not None:
        raise NotX12("ends in the middle of a transaction set")
    return sets
