"""What do a practice's own status words mean? list_options, as the practice renamed them → the care vocabulary.

Pure. What the practice configured counts first, then the title its list gives the code, then what the code means out of
the box; a code that none of them explains means nothing, and is never guessed.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from connectors.ehr.joining import Look

ATTENDANCE_LIST, GROUP_LIST, APPOINTMENT_LIST = "attendstat", "groupstat", "apptstat"

ATTENDED, NO_SHOW, LATE_CANCEL, CANCELLED, EXCUSED = "attended", "no_show", "late_cancel", "cancelled", "excused"
NOT_REPORTED: Final = "not_reported"
TOOK_PLACE, DID_NOT_TAKE_PLACE = "took_place", "did_not_take_place"

_OUT_OF_THE_BOX: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        ATTENDANCE_LIST: {"-": NOT_REPORTED, "?": NO_SHOW, "@": ATTENDED, "x": CANCELLED, "~": ATTENDED},
        GROUP_LIST: {"-": NOT_REPORTED, "=": TOOK_PLACE, ">": DID_NOT_TAKE_PLACE, "<": NOT_REPORTED},
        APPOINTMENT_LIST: {
            "-": NOT_REPORTED,
            "*": NOT_REPORTED,
            "+": NOT_REPORTED,
            "^": NOT_REPORTED,
            "#": NOT_REPORTED,
            "AVM": NOT_REPORTED,
            "CALL": NOT_REPORTED,
            "EMAIL": NOT_REPORTED,
            "SMS": NOT_REPORTED,
            "&": NOT_REPORTED,
            "x": CANCELLED,
            "%": LATE_CANCEL,
            "?": NO_SHOW,
            "!": NO_SHOW,
            "@": ATTENDED,
            "~": ATTENDED,
            "<": ATTENDED,
            ">": ATTENDED,
            "$": ATTENDED,
        },
    }
)

_PEOPLE = (
    (r"not (yet )?report|^none$|pending|unknown|reminder|confirm|^-", NOT_REPORTED),
    (r"excus", EXCUSED),
    (r"(late|short).{0,12}cancel|cancel.{0,12}(late|24|short)", LATE_CANCEL),
    (r"cancel", CANCELLED),
    (r"no.?show|(did|does|was) not (attend|come|show|present)|did ?n.t|absent|missed|without visit|w/o visit", NO_SHOW),
    (r"attend|present|arriv|late|checked|seen|participat|here|came", ATTENDED),
)
_GROUPS = (
    (r"(did|does) not take|not take|did ?n.t|cancel|called off", DID_NOT_TAKE_PLACE),
    (r"not (yet )?report|^none$|pending|scheduled", NOT_REPORTED),
    (r"took place|held|met|complete|happened", TOOK_PLACE),
)
_TITLES: Final = MappingProxyType({ATTENDANCE_LIST: _PEOPLE, GROUP_LIST: _GROUPS, APPOINTMENT_LIST: _PEOPLE})

MEANINGS: Final = MappingProxyType(
    {
        ATTENDANCE_LIST: frozenset({ATTENDED, NO_SHOW, LATE_CANCEL, CANCELLED, EXCUSED, NOT_REPORTED}),
        APPOINTMENT_LIST: frozenset({ATTENDED, NO_SHOW, LATE_CANCEL, CANCELLED, EXCUSED, NOT_REPORTED}),
        GROUP_LIST: frozenset({TOOK_PLACE, DID_NOT_TAKE_PLACE, NOT_REPORTED}),
    }
)
"""The words a practice's configuration may use for its codes."""


def meaning(list_id: str, code: str | None, title: str | None, configured: Mapping[str, str]) -> str | None:
    """What a code of one of the three lists means; None if nothing explains it. No code at all is `not_reported`."""
    if code is None:
        return NOT_REPORTED
    if code in configured:
        return configured[code]
    # a title may repeat its code in front: "@ Attended"
    said = (title or "").removeprefix(f"{code} ").strip().lower()
    known = _OUT_OF_THE_BOX[list_id].get(code)
    told = next((word for pattern, word in _TITLES[list_id] if said and re.search(pattern, said)), None)
    return told or known


def meaning_now(look: Look, list_id: str, code: str | None, configured: Mapping[str, str]) -> str | None:
    """The same, with the title the practice's list has now."""
    option = None if code is None else look.one("list_options", list_id, code)
    return meaning(list_id, code, None if option is None else option["title"], configured)
