"""The JVM: nothing from the surroundings, and settings arrive as they are."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.embedded.java import LOG_SETTINGS, java_executable, java_launch, properties_text


def _as_java_reads(line: str) -> str:
    _, _, value = line.partition("=")
    units = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), value.lstrip(" "))
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be")


@given(st.text(st.characters(codec="utf-8")))
def test_a_setting_arrives_as_it_is_whatever_is_in_it(value: str) -> None:
    text = properties_text({"name": value})
    assert text.isascii()
    assert text.count("\n") == 1
    assert _as_java_reads(text.removesuffix("\n")) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("/home/practice one", "/home/practice one"),
        (" two  spaces", r"\u0020two  spaces"),
        ("C:\\tmp", r"C:\u005ctmp"),
        ("naïve", r"na\u00efve"),
    ],
)
def test_plain_values_stay_readable(value: str, text: str) -> None:
    assert properties_text({"name": value}) == f"name={text}\n"


def test_a_part_takes_no_java_options_from_its_surroundings() -> None:
    launch = java_launch("Main", ["a"], "x.jar", heap_mb=64)
    assert not launch.inherits_all
    assert launch.argv[0] == str(java_executable())
    assert launch.argv[-2:] == ("Main", "a")
    assert "-Xmx64m" in launch.argv


def test_no_logger_of_the_broker_prints_configurations_or_rows() -> None:
    text = Path(LOG_SETTINGS).read_text()
    assert "rootLogger.level = WARN" in text
    assert "DEBUG" not in text
    assert "TRACE" not in text
