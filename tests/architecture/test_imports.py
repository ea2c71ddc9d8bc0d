"""The house stands as drawn: who may import whom, what files may be called, and what may stand in none of them.

Reads every tracked file; each check has a test that it can fail.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "streams", "connectors", "dashboards", "infra")
_NOT_OURS = {".git", ".venv", ".venv-bench", ".hypothesis", "var", "dist", "build"}


def tracked() -> list[Path]:
    """Every file that belongs to the project; in an unpacked archive every file there is."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [n for n in folders if n not in _NOT_OURS and not n.endswith(("cache", "cache__", ".egg-info"))]
        found += [Path(folder) / name for name in names]
    return found


def modules() -> list[Path]:
    """The tracked Python files."""
    return [path for path in tracked() if path.suffix == ".py"]


# --- who may import whom ----------------------------------------------------------------------------------------------


def contracts_of(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter's answer about a folder with a pyproject.toml."""
    start = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", start, "--no-cache"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_nobody_imports_whom_they_may_not() -> None:
    answer = contracts_of(ROOT)
    assert answer.returncode == 0, answer.stdout
    assert "0 broken" in answer.stdout


def test_the_contracts_speak_of_every_package() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for package in PACKAGES:
        assert f'"{package}"' in text.partition("[tool.importlinter]")[2]


def test_a_forbidden_import_is_noticed(tmp_path: Path) -> None:
    for package, body in (("lower", "import upper\n"), ("upper", "")):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(body)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.importlinter]\nroot_packages = ["lower", "upper"]\n'
        '[[tool.importlinter.contracts]]\nname = "no"\ntype = "forbidden"\n'
        'source_modules = ["lower"]\nforbidden_modules = ["upper"]\n'
    )
    answer = contracts_of(tmp_path)
    assert answer.returncode == 1
    assert "1 broken" in answer.stdout


def test_rules_see_cases_and_nothing_that_runs_them() -> None:
    """A decision is pure: no clock, no network, no log, no broker inside."""
    forbidden = {"time", "logging", "random", "socket", "asyncio", "os", "faust", "confluent_kafka", "httpx", "asyncpg"}
    pure = ["rules", "files.py", "homes.py", "cases.py", "facts.py", "drafts_wanted.py", "keeper.py", "rule.py"]
    pure += ["catalogue.py", "calendars.py", "replay.py"]
    for path in modules():
        inside = path.relative_to(ROOT).parts
        if inside[0] == "streams" and inside[1] in pure:
            assert not forbidden & {name.split(".")[0] for name in imports_of(path.read_text())}, path
            assert not re.search(r"\b(utcnow|now\(UTC\)|datetime\.now|date\.today)\b", path.read_text()), path


def imports_of(text: str) -> Iterator[str]:
    """The modules a Python text imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_an_import_inside_a_function_is_seen() -> None:
    assert list(imports_of("def f():\n    import time\n    from os import path\n")) == ["time", "os"]


# --- names ------------------------------------------------------------------------------------------------------------

_TWO_IDEAS = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}


def vague(path: Path) -> bool:
    """Whether a name says that somebody could not find one."""
    return path.stem.strip("_").lower() in _TWO_IDEAS or path.parent.name in _TWO_IDEAS


def test_no_file_has_a_name_that_says_nothing() -> None:
    # a page's layout is called base.html by everybody who writes Jinja templates
    assert [path for path in tracked() if vague(path) and path.suffix != ".html"] == []


@pytest.mark.parametrize("name", ["utils.py", "_helpers.py", "common/x.py", "Manager.py", "base.py"])
def test_such_a_name_is_noticed(name: str) -> None:
    assert vague(Path("streams") / name)


# --- docstrings -------------------------------------------------------------------------------------------------------


def head(text: str) -> list[str]:
    """The lines of a module's docstring that say something."""
    return [line for line in (ast.get_docstring(ast.parse(text)) or "").splitlines() if line.strip()]


def test_every_module_says_at_its_head_what_it_is_for_in_three_lines_or_less() -> None:
    wrong = {str(path.relative_to(ROOT)): len(head(path.read_text())) for path in modules()}
    assert {name: lines for name, lines in wrong.items() if not 1 <= lines <= 3} == {}


def test_a_head_that_is_missing_or_long_is_noticed() -> None:
    assert head("x = 1\n") == []
    assert len(head('"""One.\n\nTwo.\nThree.\nFour.\n"""\n')) == 4


# --- what may stand in no file ----------------------------------------------------------------------------------------

_REGISTRIES: tuple[str, ...] = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "maven" + ".org",
)
_REGISTRIES += ("maven.apache" + ".org", "docker" + ".io", "ghcr" + ".io", "quay" + ".io")
_UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" * 3 + ":")
_SKIPS = tuple(
    "pytest." + word for word in ("mark.sk" + "ip", "mark.xf" + "ail", "sk" + "ip(", "xf" + "ail(", "importor")
)


def naming(words: tuple[str, ...], *paths: Path) -> list[str]:
    """The files in which one of these words stands."""
    found = []
    for path in paths:
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path}: {word}" for word in words if word in text]
    return found


def test_no_registrys_host_is_named() -> None:
    assert naming(_REGISTRIES, *tracked()) == []


def test_no_path_of_the_machine_it_was_written_on_is_named() -> None:
    here = tuple(
        f"{folder}/" for folder in {ROOT.resolve(), ROOT.resolve().parent, Path.home()} if len(str(folder)) > 4
    )
    assert naming(here, *tracked()) == []


def test_nothing_is_left_to_be_done() -> None:
    assert naming(_UNFINISHED, *modules()) == []


def test_no_test_is_skipped() -> None:
    tests = [path for path in modules() if "tests" in path.relative_to(ROOT).parts]
    assert tests
    assert naming(_SKIPS, *tests) == []


def test_such_words_are_noticed(tmp_path: Path) -> None:
    for word in (*_REGISTRIES, *_UNFINISHED, *_SKIPS):
        path = tmp_path / "found.py"
        path.write_text(f"# {word}\n")
        assert naming((word,), path) == [f"{path}: {word}"]


def test_every_file_that_is_tracked_is_looked_at() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in tracked()}
    assert {"pyproject.toml", "schemas/care.py", "streams/keeper.py", "tests/architecture/test_imports.py"} <= found
    assert not any(name.startswith((".venv/", "var/")) for name in found)
