"""Does an independent reader of X12 find the file well formed? Asks pyx12, which knows the guide's loops and elements.

Reads the text it is given. What pyx12 says may quote values, so only codes, segments and places leave this module.
"""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import pyx12.errors
import pyx12.map_if
import pyx12.params
import pyx12.x12n_document

_SEGMENT_ERRORS = {
    "1": "is not a segment of the guide",
    "2": "is not expected here",
    "3": "is missing",
    "4": "stands in a loop that comes too often",
    "5": "comes too often",
    "6": "is not part of this transaction",
    "7": "is out of order",
    "8": "has elements that are wrong",
}
_ELEMENT_ERRORS = {
    "1": "is missing",
    "2": "is missing, given another element",
    "3": "is one element too many",
    "4": "is too short",
    "5": "is too long",
    "6": "holds a character that is not allowed",
    "7": "is not a code of its list",
    "8": "is not a date",
    "9": "is not a time",
    "10": "excludes another element",
}
_one_at_a_time = Lock()
"""pyx12 keeps its maps and a logger in module state."""


_read_map = pyx12.map_if.load_map_file


@cache
def _map(name: str) -> Any:
    return _read_map(name, pyx12.params.ParamsBase(), None)


@contextmanager
def _maps_read_once() -> Iterator[None]:
    """Without this every file would cost a quarter of a second for reading the guide's XML again."""
    pyx12.map_if.load_map_file = lambda name, *_: _map(name)
    try:
        yield
    finally:
        pyx12.map_if.load_map_file = _read_map


@dataclass(frozen=True, slots=True)
class StructureError:
    """One thing that is wrong. `segment`: its place in the file, ISA being 1 (0 = the file as a whole)."""

    segment: int
    what: str


def structure_errors(text: str) -> tuple[StructureError, ...]:
    """Everything the independent reader objects to, in the order of the file; none if it takes the file."""
    answer = io.StringIO()
    logger = logging.getLogger("pyx12")
    with _one_at_a_time, _maps_read_once():
        level, logger.level = logger.level, logging.CRITICAL + 1  # it would log values
        try:
            taken = pyx12.x12n_document.x12n_document(
                pyx12.params.ParamsBase(), io.StringIO(text), None, None, None, answer
            )
        except (pyx12.errors.EngineError, pyx12.errors.X12Error, ValueError, IndexError, KeyError) as error:
            return (StructureError(0, f"cannot be read by the independent reader ({type(error).__name__})"),)
        finally:
            logger.level = level
    if taken:
        return ()
    found = _errors(json.loads(answer.getvalue() or '{"interchanges": []}'))
    return tuple(found) or (StructureError(0, "is not an X12 file the independent reader can follow"),)


def _errors(said: dict[str, Any]) -> list[StructureError]:
    found: list[StructureError] = []
    for interchange in said["interchanges"]:
        found += [_whole("the interchange", error, interchange) for error in interchange["errors"]]
        for group in interchange["groups"]:
            found += [_whole("the functional group", error, group) for error in group["errors"]]
            for transaction in group["transactions"]:
                found += [_whole("the transaction set", error, transaction) for error in transaction["errors"]]
                for segment in transaction["segments"]:
                    found += _of_segment(segment)
    return sorted(dict.fromkeys(found), key=lambda error: error.segment)


def _whole(what: str, error: dict[str, Any], at: dict[str, Any]) -> StructureError:
    return StructureError(int(at.get("cur_line") or 0), f"{what} does not add up (code {error['err_cde']})")


def _of_segment(segment: dict[str, Any]) -> list[StructureError]:
    place, name = int(segment["cur_line"] or 0), str(segment["seg_id"])
    found = [
        StructureError(place, f"{name} {_SEGMENT_ERRORS.get(str(error['err_cde']), 'is wrong')}")
        for error in segment["errors"]
        # 8 only says that an element of it is wrong, which follows
        if str(error["err_cde"]) != "8"
    ]
    for element in segment["elements"]:
        at = f"{name}{int(element['ele_pos'] or 0):02}" + (
            f"-{element['subele_pos']}" if element.get("subele_pos") else ""
        )
        found += [
            StructureError(place, f"{at} {_ELEMENT_ERRORS.get(str(error['err_cde']), 'is wrong')}")
            for error in element["errors"]
        ]
    return found
