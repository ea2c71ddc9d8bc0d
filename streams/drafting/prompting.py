"""Which instructions does a model get for this session? Readable files with a version, a practice's own over ours.

A file that is not of its form is refused at start, with the place; nothing is ever sent under half a prompt.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

OURS: Final = Path(__file__).parent / "prompts"
RULES: Final = "rules"
KINDS: Final = ("group", "family", "couple")
FIELDS: Final = (
    "relationship",
    "pronouns",
    "diagnosis_icd10",
    "plan_goals",
    "risk_flags",
    "recent_notes",
    "checkin_form",
    "assessments",
    "attendance",
    "group_type",
    "duration_minutes",
    "cpt",
    "modality",
    "template",
    "outline",
    "intervention_codes",
    "transcript",
)
"""Everything of a session that a prompt may ask for; client ids always go."""
MAX_PROMPT_BYTES: Final = 64 * 1024
_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
_VERSION: Final = re.compile(r"[1-9][0-9]{0,5}")


class NotAPrompt(ValueError):
    """A file is not a prompt; the text names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One file. `version` is its own number and a mark of the exact wording, rules included."""

    id: str
    version: str
    kind: str
    group_types: tuple[str, ...]
    fields: frozenset[str]
    instructions: str = field(repr=False)


def prompts(folder: Path | None = None) -> Mapping[str, Prompt]:
    """Our prompts by id, those of a practice's folder in their place or beside them. Raises NotAPrompt, OSError."""
    files = {path.stem: path for path in sorted(OURS.glob("*.md"))}
    if folder is not None:
        if not folder.is_dir():
            raise NotAPrompt(f"{folder}: no such folder of prompts")
        files |= {path.stem: path for path in sorted(folder.glob("*.md"))}
    head, rules = _parts(files.pop(RULES))
    if head.get("id") != RULES:
        raise NotAPrompt(f"{RULES}.md: its id is not {RULES}")
    known = {name: _prompt(path, rules) for name, path in files.items()}
    missing = [kind for kind in KINDS if not any(p.kind == kind and not p.group_types for p in known.values())]
    if missing:
        raise NotAPrompt(f"no prompt without group types for sessions of kind {', '.join(missing)}")
    return known


def prompt_for(known: Mapping[str, Prompt], kind: str, group_type: str | None, chosen: str | None = None) -> Prompt:
    """The prompt of a session: the one its practice chose, else the one whose group types name this group best."""
    own = known.get(chosen or "")
    if own is not None and own.kind == kind:
        return own
    words = set(re.findall(r"[a-z]+", (group_type or "").lower()))
    of_kind = sorted((prompt for prompt in known.values() if prompt.kind == kind), key=lambda prompt: prompt.id)
    return max(of_kind, key=lambda prompt: (_fits(prompt, words), not prompt.group_types))


def _fits(prompt: Prompt, words: set[str]) -> int:
    return sum(set(named.split()) <= words for named in prompt.group_types)


@lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int) -> str:
    body = path.read_bytes()
    if len(body) > MAX_PROMPT_BYTES:
        raise NotAPrompt(f"{path.name}: larger than {MAX_PROMPT_BYTES // 1024} KiB")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NotAPrompt(f"{path.name}: not UTF-8") from None


def _parts(path: Path) -> tuple[dict[str, str], str]:
    text = _read(path, path.stat().st_mtime_ns)
    opening, _, rest = text.partition("\n")
    front, marker, body = rest.partition("\n---\n")
    if opening != "---" or not marker or not body.strip():
        raise NotAPrompt(f"{path.name}: a prompt begins with front matter between two lines of ---, then its text")
    head: dict[str, str] = {}
    for number, line in enumerate(front.split("\n"), 2):
        name, colon, value = line.partition(":")
        if not colon or name.strip() in head:
            raise NotAPrompt(f"{path.name}: line {number} is not `name: value`, or repeats a name")
        head[name.strip()] = value.strip()
    if not _VERSION.fullmatch(head.get("version", "")):
        raise NotAPrompt(f"{path.name}: version is not a whole number from 1")
    return head, body.strip()


def _prompt(path: Path, rules: str) -> Prompt:
    head, body = _parts(path)
    unknown = sorted(head.keys() - {"id", "version", "kind", "group_types", "fields"})
    if unknown:
        raise NotAPrompt(f"{path.name}: unknown {', '.join(unknown)}")
    if head.get("id") != path.stem or not _ID.fullmatch(path.stem):
        raise NotAPrompt(f"{path.name}: its id is not the file's name in small letters")
    if head.get("kind") not in KINDS:
        raise NotAPrompt(f"{path.name}: kind is not one of {', '.join(KINDS)}")
    fields = _listed(head.get("fields", ""))
    wrong = sorted(set(fields) - set(FIELDS))
    if wrong or not fields:
        raise NotAPrompt(f"{path.name}: fields that may not be asked for: {', '.join(wrong) or 'none are named'}")
    instructions = f"{rules}\n\n{body}"
    mark = blake2b(instructions.encode(), digest_size=4).hexdigest()
    return Prompt(
        id=path.stem,
        version=f"{head['version']}-{mark}",
        kind=head["kind"],
        group_types=_listed(head.get("group_types", "").lower()),
        fields=frozenset(fields),
        instructions=instructions,
    )


def _listed(text: str) -> tuple[str, ...]:
    items: Iterable[str] = (item.strip() for item in text.split(","))
    return tuple(item for item in items if item)
