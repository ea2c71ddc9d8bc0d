"""What does a draft of a long session cost besides the model's answer? Eight clients, 10 000 words, no broker.

The speech is that of the development sessions, dealt to eight clients; every turn of every round differs in its words,
so that nothing is remembered from one to the next.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import TypeVar

from schemas.session_file import THERAPIST, Participant, Session, Turn, read_session_file
from streams.drafting.grounding import grounded
from streams.drafting.local.drafter import draft_locally
from streams.drafting.material import material_of
from streams.drafting.pens import SessionIdentities
from streams.drafting.prompting import Prompt, prompt_for, prompts
from streams.drafting.request import call_of, request_text
from tests.bench.table import Table
from tests.streams.drafting.measured import NAMES, SESSIONS

CLIENTS, WORDS, ROUNDS = 8, 10_000, 12
ADDED = (
    "long",
    "short",
    "warm",
    "cold",
    "quiet",
    "loud",
    "early",
    "late",
    "hard",
    "easy",
    "new",
    "old",
    "dark",
    "slow",
)
T = TypeVar("T")


def session(seed: int) -> Session:
    """Eight clients with names, contacts and goals of their own, and 10 000 words between them and the therapist."""
    files = [read_session_file(SESSIONS / f"{name}.json") for name in NAMES]
    people: dict[str, Participant] = {}
    for person in (person for one in files for person in one.participants if person.present):
        people.setdefault(person.client_id, person)
    members = tuple(people.values())[:CLIENTS]
    ids = [person.client_id for person in members]
    return Session(
        id="long",
        kind="group",
        group_type="Process group",
        participants=members,
        transcript=tuple(_turns(files, ids, seed)),
        therapist_outline=next(one.therapist_outline for one in files if one.therapist_outline),
        template="DAP",
    )


def _turns(files: list[Session], ids: list[str], seed: int) -> Iterator[Turn]:
    said = 0
    for round_ in count():
        for one in files:
            dealt = {person.client_id: ids[n % len(ids)] for n, person in enumerate(one.participants, round_)}
            for turn in one.transcript:
                speaker = turn.speaker if turn.speaker == THERAPIST else dealt.get(turn.speaker, ids[0])
                text = f"{turn.text} That was {ADDED[said % 14]} and {ADDED[(seed + round_ * 5) % 14]}."
                said += len(text.split())
                yield Turn(turn=said, speaker=speaker, text=text)
                if said >= WORDS:
                    return


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    gc.collect()
    gc.disable()  # without this a step pays for the garbage of the one before
    started = time.process_time()
    result = work()
    spent = (time.process_time() - started) * 1_000
    gc.enable()
    return result, spent


def once(long: Session, known: Mapping[str, Prompt]) -> dict[str, float]:
    """Milliseconds of one core for each step for one draft, nothing of it done before."""
    spent: dict[str, float] = {}
    prompt = prompt_for(known, long.kind, long.group_type)
    trusted = tuple(one.instructions for one in known.values())
    identities, spent["who everybody is"] = _timed(lambda: SessionIdentities(long, trusted))
    material, spent["de-identified material"] = _timed(lambda: material_of(long, identities))
    call, spent["request"] = _timed(lambda: call_of(material, prompt, "PR-1"))
    body = request_text(call).encode()
    _, spent["final gate"] = _timed(lambda: identities.refuse_if_identifying(body))
    draft, spent["local drafter"] = _timed(lambda: draft_locally(material))
    _, spent["grounding"] = _timed(lambda: grounded(draft, material))
    spent["all"] = sum(spent.values())
    return spent


def table() -> Table:
    """What `make bench` prints."""
    known = prompts()
    once(session(0), known)  # word lists and patterns are read once in a process's life
    rounds = [once(session(seed), known) for seed in range(1, ROUNDS + 1)]
    rows = tuple(
        (step, f"{statistics.median(one[step] for one in rounds):.0f} ms", f"{max(one[step] for one in rounds):.0f} ms")
        for step in rounds[0]
    )
    return Table(
        f"A draft of {WORDS:,} words and {CLIENTS} clients, {ROUNDS} times",
        ("step", "median", "slowest"),
        rows,
    )
