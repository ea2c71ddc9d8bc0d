"""`conjoint replay`: files of changes in, findings out; the same every time, and a bad file named with the reason."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from infra.commands.replay import command
from streams.replay import MAX_FILE_BYTES, NotAChangesFile, read_changes_file, read_instant, replay
from tests.streams.playing import EXAMPLES
from tests.streams.scenario import Scenario, at, clean_group, clean_individual

Write = Callable[..., Path]
MARKER = "Zebulon Quisenberry"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of changes: an object, lines, or bytes as they are."""

    def written(content: Any, name: str = "changes.json") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
        return path

    return written


def run(*arguments: object) -> Result:
    """The command as a shell would start it."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def lines(result: Result) -> list[dict[str, Any]]:
    """What it printed, one JSON object a line and nothing else."""
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def document(scenario: Scenario, **fields: Any) -> dict[str, Any]:
    """The scenario as an object of the exchange format."""
    changes = sorted(scenario.changes, key=lambda change: datetime.fromisoformat(change["at"]))
    return {"policy": scenario.policy, "changes": changes, "now": at(scenario.now), **fields}


def json_lines(scenario: Scenario) -> bytes:
    """The scenario as lines."""
    return b"\n".join(orjson.dumps(change) for change in document(scenario)["changes"]) + b"\n"


def not_billed() -> Scenario:
    """Seen and billed to nobody; B02 three days later."""
    return clean_individual().without("K-S-1-YAEL")


def billed_late() -> Scenario:
    """Billed ten days after the session."""
    scenario = not_billed().claim("S-1", "YAEL", "90834")
    for change in scenario.changes:
        if change["entity"] == "claim":
            change["at"] = at("2026-04-25 09:00")
    return scenario


# --- what is printed --------------------------------------------------------------------------------------------------


def test_a_finding_is_one_line_with_all_the_format_promises(write: Write) -> None:
    result = run(write(document(not_billed(), now=at("2026-04-20 12:00"))))
    assert result.exit_code == 0
    assert result.stderr == ""
    (line,) = lines(result)
    assert set(line) == {
        "rule",
        "subject",
        "state",
        "severity",
        "predicts",
        "money_at_stake",
        "opened_at",
        "why",
        "todo",
        "evidence",
        "rule_version",
        "id",
    }
    assert (line["rule"], line["state"], line["money_at_stake"]) == ("B02", "open", "120.00")
    assert line["subject"] == {"session": "S-1", "client": "C-YAEL"}


def test_a_clean_practice_says_nothing(write: Write) -> None:
    result = run(write(document(clean_group())))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_what_was_open_and_is_resolved_is_told_only_when_asked(write: Write) -> None:
    path = write(document(billed_late(), now=None))
    assert all(line["state"] == "open" for line in lines(run(path)))
    told = lines(run("--all", path))
    assert "resolved" in {line["state"] for line in told}
    assert [line for line in told if line["state"] == "open"] == lines(run(path))


def test_draft_requests_are_told_only_when_asked(write: Write) -> None:
    path = write(document(clean_group(2)))
    assert lines(run(path)) == []
    (line,) = lines(run("--drafts", path))
    assert set(line) == {"draft_request"}
    assert line["draft_request"]["session"] == "S-1"
    assert line["draft_request"]["clients"] == ["C-ANA", "C-BEN"]


def test_the_same_file_prints_the_same_bytes_every_time(write: Write) -> None:
    for path in sorted(EXAMPLES.glob("*.json")):
        once, again = run("--all", "--drafts", path), run("--all", "--drafts", path)
        assert once.stdout_bytes == again.stdout_bytes
        assert once.exit_code == 0


def test_lines_are_sorted(write: Write) -> None:
    for path in sorted(EXAMPLES.glob("*.json")):
        told = lines(run("--all", path))
        keys = [(line["rule"], orjson.dumps(line["subject"]), line["id"]) for line in told]
        assert keys == sorted(keys)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_the_examples_expectations_hold(path: Path) -> None:
    told = lines(run("--all", path))
    for expected in orjson.loads(path.read_bytes())["expect"]:
        hits = [
            line
            for line in told
            if line["rule"] == expected["rule"]
            and line["state"] == expected["state"]
            and all(line["subject"].get(key) in (None, value) for key, value in expected["subject"].items())
        ]
        assert hits, f"missed {expected['rule']}"
        assert any(line["severity"] == expected["severity"] for line in hits)


# --- the forms of a file ----------------------------------------------------------------------------------------------


def test_json_lines_mean_the_same_as_an_object(write: Write) -> None:
    scenario = not_billed()
    now = "2026-04-20T12:00:00-05:00"
    whole = run("--now", now, write(document(scenario)))
    by_line = run("--now", now, write(json_lines(scenario), "changes.jsonl"))
    assert lines(whole) == lines(by_line) != []


def test_empty_lines_and_windows_line_ends_are_no_matter(write: Write) -> None:
    body = b"\r\n" + json_lines(not_billed()).replace(b"\n", b"\r\n\r\n")
    path = write(body, "changes.jsonl")
    assert len(read_changes_file(path).changes) == len(not_billed().changes)


def test_one_line_is_a_file_too(write: Write) -> None:
    path = write(json_lines(clean_group()).splitlines()[0])
    assert len(read_changes_file(path).changes) == 1
    assert run(path).exit_code == 0


@pytest.mark.parametrize("empty", [b"", b"\n\n", b'{"changes": []}', b'{"changes": [], "policy": null, "now": null}'])
def test_a_file_without_changes_says_nothing(write: Write, empty: bytes) -> None:
    result = run(write(empty))
    assert (result.exit_code, result.stdout) == (0, "")


def test_several_files_are_independent_and_each_line_says_whose_it_is(write: Write) -> None:
    scenario = document(not_billed(), now=at("2026-04-20 12:00"))
    one, other = write(scenario, "one.json"), write(scenario, "other.json")
    first, second = lines(run(one, other))
    assert (first.pop("file"), second.pop("file")) == (str(one), str(other))
    assert first == second
    assert "file" not in lines(run(one))[0]


def test_the_practices_own_policy_in_the_file_counts(write: Write) -> None:
    path = write(document(not_billed(), policy={"missed_revenue_hours": 2}))
    assert [line["rule"] for line in lines(run(path))] == ["B02"]


def test_rows_of_a_snapshot_are_decided_about_once_all_have_arrived(write: Write) -> None:
    scenario = document(not_billed(), now=None, policy={"missed_revenue_hours": 0})
    for change in scenario["changes"]:
        change["snapshot"] = True
    told = lines(run("--drafts", write(scenario)))
    assert [line.get("rule") for line in told] == ["B02"]


# --- the moment of evaluation -----------------------------------------------------------------------------------------


def test_the_moment_given_goes_before_the_files_own(write: Write) -> None:
    path = write(document(not_billed(), now=at("2026-04-20 12:00")))
    assert lines(run("--now", "2026-04-16T12:00:00-05:00", path)) == []
    assert len(lines(run("--now", "2026-04-20T12:00:00-05:00", path))) == 1


def test_without_any_moment_the_last_change_is_now(write: Write) -> None:
    path = write(document(not_billed(), now=None))
    assert lines(run(path)) == []
    assert len(lines(run("--now", "2026-04-20T12:00:00-05:00", path))) == 1


def test_changes_after_the_moment_are_not_known_yet(write: Write) -> None:
    """As of the evening before the no-show was entered, the claim is in order."""
    scenario = clean_group().change("AT-S-1-ANA", "2026-04-16 12:00", status="no_show", arrived=None, left=None)
    path = write(document(scenario))
    assert {line["rule"] for line in lines(run("--now", "2026-04-16T11:59:00-05:00", path))} == set()
    assert "B01" in {line["rule"] for line in lines(run("--now", "2026-04-16T12:00:00-05:00", path))}


def test_a_moment_before_every_change_says_nothing(write: Write) -> None:
    result = run("--now", "2020-01-01T00:00:00Z", write(document(not_billed())))
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("text", ["tomorrow", "2026-04-20", "2026-04-20T12:00:00", "9999-01-01T00:00:00Z", "5", ""])
def test_a_moment_that_is_none_is_wrong_usage(write: Write, text: str) -> None:
    result = run("--now", text, write(document(not_billed())))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--now" in result.stderr


def test_time_passes_between_changes(write: Write) -> None:
    """B02 opens three days after the session although no change arrives that day, and says since when."""
    told = lines(run("--all", write(document(billed_late(), now=None))))
    (line,) = (line for line in told if line["rule"] == "B02")
    assert line["state"] == "resolved"
    opened_at = datetime.fromisoformat(line["opened_at"])
    assert timedelta(0) <= opened_at - datetime.fromisoformat(at("2026-04-18 18:50")) < timedelta(minutes=1)


# --- deliveries -------------------------------------------------------------------------------------------------------


def test_every_delivery_of_a_file_ends_the_same(write: Write) -> None:
    for path in sorted(EXAMPLES.glob("*.json")):
        file = read_changes_file(path)
        plain = run(path)
        for number in range(len(file.deliveries)):
            assert run("--delivery", number, path).stdout == plain.stdout


def test_a_delivery_the_file_has_not_is_refused(write: Write) -> None:
    path = write(document(not_billed(), deliveries=[[0, 1]]))
    for number in (1, -1):
        result = run("--delivery", number, path)
        assert result.exit_code == 2
        assert "delivery" in result.stderr


# --- files that are not of the form -----------------------------------------------------------------------------------

SOUND = {"at": "2026-04-15T18:00:00-05:00", "entity": "client", "op": "create", "id": "C-1", "rev": 1, "data": {}}


def with_change(**fields: Any) -> dict[str, Any]:
    """An object whose second change is made otherwise."""
    return {"changes": [SOUND, {**SOUND, **fields}]}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"{", "line 1"),
        (MARKER.encode(), "line 1"),
        (orjson.dumps(SOUND) + b"\n{", "line 2"),
        (orjson.dumps(SOUND) + b"\n5", "line 2"),
        (orjson.dumps(SOUND) + b"\n" + orjson.dumps({**SOUND, "entity": MARKER}), "line 2"),
        (b"\xff\xfe\x00", "line 1"),
        (b"[]", "changes"),
        (b"5", "changes"),
        ({"change": []}, "changes"),
        ({"changes": 5}, "changes"),
        ({"changes": [5]}, "changes[0]"),
        (with_change(entity=MARKER), "changes[1]"),
        (with_change(at="2026-04-15T18:00:00"), "changes[1]"),
        (with_change(at=MARKER), "changes[1]"),
        (with_change(rev=None), "changes[1]"),
        (with_change(op=MARKER), "changes[1]"),
        (with_change(data={"name": 5}), "changes[1]"),
        (with_change(data={"nicknames": MARKER}), "changes[1]"),
        (with_change(entity="policy", data={"document": f'{{"missed_revenue_hours": "{MARKER}"}}'}), "changes[1]"),
        ({"changes": [], "policy": 5}, "policy"),
        ({"changes": [], "policy": []}, "policy"),
        ({"changes": [], "policy": {"missed_revenue_hours": MARKER}}, "policy"),
        ({"changes": [], "now": MARKER}, "now"),
        ({"changes": [], "now": 5}, "now"),
        ({"changes": [], "now": "2026-04-15T18:00:00"}, "now"),
        ({"changes": [], "now": "9999-01-01T00:00:00Z"}, "now"),
        ({"changes": [SOUND], "deliveries": 5}, "deliveries"),
        ({"changes": [SOUND], "deliveries": {"0": 0}}, "deliveries"),
        ({"changes": [SOUND], "deliveries": [[0], [1]]}, "deliveries[1]"),
        ({"changes": [SOUND], "deliveries": [[-1]]}, "deliveries[0]"),
        ({"changes": [SOUND], "deliveries": [MARKER]}, "deliveries[0]"),
    ],
)
def test_a_file_that_is_not_of_the_form_is_named_with_the_place_and_never_a_value(
    write: Write, content: Any, place: str
) -> None:
    path = write(content, "bad.json")
    result = run(path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert str(path) in result.stderr
    assert place in result.stderr
    assert MARKER not in result.stderr


def test_the_other_files_are_still_done(write: Write, tmp_path: Path) -> None:
    good = write(document(not_billed(), now=at("2026-04-20 12:00")), "good.json")
    bad, missing = write(b"{", "bad.json"), tmp_path / "missing.json"
    result = run(bad, good, missing, tmp_path)
    assert result.exit_code == 2
    assert [line["file"] for line in lines(result)] == [str(good)]
    assert len(result.stderr.splitlines()) == 3
    for path in (bad, missing, tmp_path):
        assert str(path) in result.stderr


def test_a_file_beyond_all_measure_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(NotAChangesFile, match="larger"):
        read_changes_file(path)


def test_no_file_at_all_is_wrong_usage() -> None:
    assert run().exit_code == 2


def test_help_shows_an_example() -> None:
    assert "Example: conjoint replay" in run("--help").stdout


def test_an_instant_may_be_written_in_any_form_that_has_an_offset() -> None:
    noon = read_instant("2026-04-16T12:00:00-05:00", "now")
    for text in ("2026-04-16T17:00:00Z", "2026-04-16 12:00-05:00", "20260416T170000+0000"):
        assert read_instant(text, "now") == noon


def test_a_replay_of_a_century_ends(write: Write) -> None:
    changes = [{**SOUND, "at": "1900-01-02T00:00:00Z"}, {**SOUND, "rev": 2, "at": "2026-04-15T18:00:00Z"}]
    ended = replay(read_changes_file(write({"changes": changes})))
    assert ended.findings == ()
