"""Findings are about what happened, not about names, calendars or the order in which people stand on a list."""

import re
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import change_of
from schemas.finding import Finding
from streams.catalogue import RULES
from streams.replay import ChangesFile, Replayed, replay
from tests.effort import effort
from tests.streams.corrections import corrections
from tests.streams.one_of_each import ONE_OF_EACH
from tests.streams.playing import changes_of
from tests.streams.scenario import ZONE, at
from tests.streams.worlds import NOW, WORLDS

Data = dict[str, Any]
WORLD_CHANGES = {name: changes_of(make()) for name, make in WORLDS.items()}
slow = effort(3)
UNTOLD = {"finding_id", "why", "todo", "version", "changed_at"}
worlds = pytest.mark.parametrize("world", WORLDS)


@st.composite
def histories(draw: st.DrawFn, world: str) -> list[Data]:
    """A world with some corrections, in the exchange format."""
    changes = draw(corrections(WORLD_CHANGES[world], NOW, most=5))
    raws = []
    for change in changes:
        raw = change.model_dump(mode="json", exclude={"data"})
        raws.append({**raw, "data": {} if change.data is None else change.data.model_dump(mode="json", by_alias=True)})
    return raws


def replayed(raws: list[Data], now: datetime = NOW) -> Replayed:
    """What they end in."""
    return replay(ChangesFile(tuple(change_of(raw) for raw in raws), None, now, ()))


def told(ended: Replayed) -> list[Data]:
    """What is open, as far as it does not quote dates or lists in a sentence."""
    said = [finding.model_dump(exclude=UNTOLD) for finding in ended.findings]
    return sorted((line for line in said if line["state"] == "open"), key=_by_subject)


def _by_subject(line: Data) -> tuple[str, str]:
    return (line["rule"], str(line["subject"]))


def every_text(value: Any, alter: Callable[[str], str]) -> Any:
    """Every string in a JSON value, keys left alone, made otherwise."""
    if isinstance(value, str):
        return alter(value)
    if isinstance(value, list):
        return [every_text(item, alter) for item in value]
    if isinstance(value, dict):
        return {key: every_text(item, alter) for key, item in value.items()}
    return value


@worlds
def test_other_ids_give_the_same_findings_about_the_other_ids(world: str) -> None:
    @slow
    @given(histories(world))
    def law(raws: list[Data]) -> None:
        ids = {raw["id"] for raw in raws}
        renamed = every_text(deepcopy(raws), lambda text: f"x{text}" if text in ids else text)
        plain, other = replayed(raws), replayed(renamed)
        expected = every_text(_texts(told(plain)), lambda text: f"x{text}" if text in ids else text)
        assert _texts(told(other)) == expected
        assert len({finding.finding_id for finding in (*plain.findings, *other.findings)}) == len(plain.findings) + len(
            other.findings
        )

    law()


def _texts(lines: list[Data]) -> list[Data]:
    return [{key: list(value) if isinstance(value, tuple) else value for key, value in line.items()} for line in lines]


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT.*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def later(text: str, weeks: int) -> str:
    """The same wall-clock time, weeks later; texts that are no time stay."""
    if _INSTANT.fullmatch(text):
        wall = datetime.fromisoformat(text).astimezone(ZONE).replace(tzinfo=None) + timedelta(weeks=weeks)
        return wall.replace(tzinfo=ZONE).isoformat()
    if _DAY.fullmatch(text):
        return str(date.fromisoformat(text) + timedelta(weeks=weeks))
    return text


@worlds
@pytest.mark.parametrize("weeks", [-1])
def test_the_same_history_weeks_later_gives_the_same_findings_weeks_later(world: str, weeks: int) -> None:
    @slow
    @given(histories(world))
    def law(raws: list[Data]) -> None:
        now = datetime.fromisoformat(later(NOW.isoformat(), weeks))
        moved = replayed(every_text(deepcopy(raws), lambda text: later(text, weeks)), now)
        expected = told(replayed(raws))
        for line in expected:
            line["opened_at"] = datetime.fromisoformat(later(line["opened_at"].isoformat(), weeks))
        assert told(moved) == expected

    law()


ORDERLESS = {
    ("appointment", "clients"),
    ("appointment", "facilitators"),
    ("appointment", "guests"),
    ("group", "members"),
    ("group", "facilitators"),
    ("group", "families"),
    ("family", "members"),
    ("couple", "members"),
    ("consent", "signers"),
    ("consent", "composition"),
    ("consent", "recipients"),
    ("plan", "modalities"),
    ("clinician", "licenses"),
    ("clinician", "enrollments"),
    ("message", "visible_to"),
}


@worlds
def test_the_order_in_which_people_stand_on_a_list_is_no_matter(world: str) -> None:
    @slow
    @given(histories(world), st.randoms(use_true_random=False))
    def law(raws: list[Data], chance: Any) -> None:
        shuffled = deepcopy(raws)
        for raw in shuffled:
            for entity, name in ORDERLESS:
                if raw["entity"] == entity and raw["data"].get(name):
                    chance.shuffle(raw["data"][name])
        assert told(replayed(shuffled)) == told(replayed(raws))

    law()


@worlds
def test_a_stranger_in_the_same_practice_changes_nothing(world: str) -> None:
    """Records about somebody else, at another time, leave every finding as it was."""

    @slow
    @given(histories(world))
    def law(raws: list[Data]) -> None:
        stranger = [{**deepcopy(raw), "id": "C-STRANGER"} for raw in raws if raw["entity"] == "client" and raw["data"]][
            :1
        ]
        assert told(replayed([*raws, *stranger])) == told(replayed(raws))

    law()


def permuted(raws: list[Data]) -> list[Data]:
    """Every list whose order says nothing, turned round."""
    turned = deepcopy(raws)
    for raw in turned:
        for entity, name in ORDERLESS:
            if raw["entity"] == entity and raw["data"].get(name):
                raw["data"][name] = raw["data"][name][::-1]
    return turned


def of_each(rule: str, raws: list[Data], moment: datetime) -> list[Data]:
    """What is found when these changes arrive one by one under the rule's own policy."""
    own = ONE_OF_EACH[rule]().policy
    policy = orjson.dumps(own).decode() if own else None
    changes = sorted((change_of(raw) for raw in raws), key=lambda change: change.at)
    return told(replay(ChangesFile(tuple(changes), policy, moment, ())))


def test_there_is_one_of_each_rule() -> None:
    assert set(ONE_OF_EACH) == {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", ONE_OF_EACH)
def test_every_rule_is_about_what_happened(rule: str) -> None:
    """Not about ids, the calendar, the order on a list, or how many change sets told it."""
    scenario = ONE_OF_EACH[rule]()
    raws, moment = scenario.changes, datetime.fromisoformat(at(scenario.now))
    found = of_each(rule, raws, moment)
    assert rule in {line["rule"] for line in found}

    ids = {raw["id"] for raw in raws}
    other = every_text(deepcopy(raws), lambda text: f"x{text}" if text in ids else text)
    renamed = every_text(_texts(found), lambda text: f"x{text}" if text in ids else text)
    assert _texts(of_each(rule, other, moment)) == renamed

    moved = every_text(deepcopy(raws), lambda text: later(text, 1))
    expected = deepcopy(found)
    for line in expected:
        line["opened_at"] = datetime.fromisoformat(later(line["opened_at"].isoformat(), 1))
    assert of_each(rule, moved, datetime.fromisoformat(later(moment.isoformat(), 1))) == expected

    assert of_each(rule, permuted(raws), moment) == found

    at_once = [finding.model_dump(exclude=UNTOLD) for finding in scenario.findings()]
    assert sorted(at_once, key=_by_subject) == found, "told in one set instead of one by one"


def test_a_finding_is_about_ids_and_never_about_names() -> None:
    names = {"Ana", "Ben", "Cleo", "Torres", "Whitlock", "Marchetti", "Garrity", "Faraday", "Ashby", "Reyes", "Dana"}
    for make in WORLDS.values():
        findings: tuple[Finding, ...] = replay(ChangesFile(changes_of(make()), None, NOW, ())).findings
        for finding in findings:
            words = set(re.findall(r"[A-Z][a-z]+", f"{finding.why} {finding.todo}"))
            assert not words & names
