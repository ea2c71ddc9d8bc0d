"""May this release of records go out as it is? C13 of disclosures, and C23, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import (
    PART2_ELEMENTS,
    Case,
    Scenario,
    at,
    block,
    clean_group,
    holds,
    warn,
)

D1 = {"client": "C-BEN", "message": "D-1"}
AUTHORIZED: dict[str, Any] = {
    "recipients": ["Dr. Ito"],
    "purpose": "Coordination of care",
    "date_range": ["2026-01-01", "2026-12-31"],
}


def released(under: tuple[str, ...] = ("CON-BEN-roi",), **fields: Any) -> Scenario:
    """Ben's progress notes went to Dr. Ito under a release that says so."""
    return clean_group().roi("BEN").disclosure("D-1", "BEN", **{"under_consents": list(under), **fields})


def psychotherapy(**fields: Any) -> Scenario:
    return released(contents=["progress_notes", "psychotherapy_notes"], **fields)


C13_ = block("C13", **D1)

C13: dict[str, Case] = {
    "psychotherapy notes under a general release": (psychotherapy(), [C13_]),
    "psychotherapy notes under their own authorization": (
        psychotherapy().consent("BEN", "psychotherapy_notes_authorization", **AUTHORIZED),
        [],
    ),
    "their authorization is for SUD counselling notes": (
        psychotherapy().consent("BEN", "sud_counseling_notes_authorization", **AUTHORIZED),
        [C13_],
    ),
    "their authorization had expired when they were sent": (
        psychotherapy().consent(
            "BEN", "psychotherapy_notes_authorization", **AUTHORIZED, expires=at("2026-04-16 11:59")
        ),
        [C13_],
    ),
    "their authorization was revoked before": (
        psychotherapy().consent(
            "BEN",
            "psychotherapy_notes_authorization",
            **AUTHORIZED,
            status="revoked",
            revoked_at=at("2026-04-10 09:00"),
        ),
        [C13_],
    ),
    "waiting to go out": (psychotherapy(status="pending", sent_at=None), [C13_]),
    "SUD counselling notes without any": (released(contents=["sud_counseling_notes"]), [C13_]),
    "progress notes need none": (released(), []),
    "the session dates need none": (released(contents=["attendance"]), []),
}


@pytest.mark.parametrize("case", C13.values(), ids=C13.keys())
def test_separate_notes_leave_only_with_their_own_authorization(case: Case) -> None:
    holds(case)


C23_ = block("C23", **D1, consent="CON-BEN-roi")
UNKNOWN = warn("C23", **D1)


def release(**fields: Any) -> Scenario:
    return released().set("CON-BEN-roi", **fields)


C23: dict[str, Case] = {
    "recipient, purpose and dates are those of the release": (released(), []),
    "to another doctor": (released(recipient={"name": "Dr. Lee", "class": "treating_provider"}), [C23_]),
    "to the same doctor, written in full": (
        released(recipient={"name": "Dr. Maya Ito", "class": "treating_provider"}),
        [],
    ),
    "to one of a class the release names": (release(recipients=["treating providers"]), []),
    "to one school of two": (
        released(recipient={"name": "Washington High School", "class": "school"}).set(
            "CON-BEN-roi", recipients=["Lincoln High School"]
        ),
        [C23_],
    ),
    "for another purpose": (released(purpose="Custody evaluation"), [C23_]),
    "for the same purpose in other words": (release(purpose="care coordination with the family doctor"), []),
    "for any purpose": (release(purpose="At the request of the individual"), []),
    "a day more than the release": (released(date_range=["2025-12-31", "2026-04-15"]), [C23_]),
    "days after the end of the release": (release(date_range=["2026-01-01", "2026-04-14"]), [C23_]),
    "to the last day of the release": (release(date_range=["2026-03-01", "2026-04-15"]), []),
    "a release with an open end": (release(date_range=["2026-01-01", None]), []),
    "a release without dates": (release(date_range=None), []),
    "which days it covers is not recorded": (released(date_range=None), [UNKNOWN]),
    "for what purpose is not recorded": (released(purpose=None), [UNKNOWN]),
    "to whom is not recorded": (released(recipient=None), [UNKNOWN]),
    "the release had expired when it was sent": (release(expires=at("2026-04-16 11:00")), [C23_]),
    "the release expired after it was sent": (release(expires=at("2026-04-16 13:00")), []),
    "the release was revoked before": (release(status="revoked", revoked_at=at("2026-04-10 09:00")), [C23_]),
    "the release was revoked for this doctor": (
        release(
            revocation={"scope": "partial", "recipients": ["Dr. Ito"], "in_writing": True, "at": at("2026-04-10 09:00")}
        ),
        [C23_],
    ),
    "the release was revoked for another doctor": (
        release(
            revocation={"scope": "partial", "recipients": ["Dr. Lee"], "in_writing": True, "at": at("2026-04-10 09:00")}
        ),
        [],
    ),
    "waiting, and to another doctor": (
        released(recipient={"name": "Dr. Lee", "class": None}, status="pending", sent_at=None),
        [C23_],
    ),
    "one of two releases matches": (
        released(under=("CON-BEN-roi", "CON-BEN-roi2"), recipient={"name": "Dr. Lee", "class": None}).roi(
            "BEN", recipients=["Dr. Lee"], id_="CON-BEN-roi2"
        ),
        [],
    ),
    "it does not say under which release, and one matches": (released(under=()), []),
    "it does not say under which release, and none matches": (
        released(under=(), recipient={"name": "Dr. Lee", "class": None}),
        [C23_],
    ),
    "a TPO consent does not serve a lawsuit": (
        clean_group()
        .set("PR-1", part2_program=True)
        .set("C-BEN", sud_program=True)
        .tpo("BEN")
        .disclosure("D-1", "BEN", under_consents=["CON-BEN-part2_tpo"], purpose="Lawsuit against an employer"),
        [block("C23", **D1, consent="CON-BEN-part2_tpo")],
    ),
    "a specific Part 2 consent for another purpose": (
        clean_group()
        .set("PR-1", part2_program=True)
        .set("C-BEN", sud_program=True)
        .tpo("BEN")
        .consent(
            "BEN",
            "part2_specific",
            elements=list(PART2_ELEMENTS),
            recipients=["Dr. Ito"],
            purpose="Probation report",
            expires=at("2026-12-31 23:59"),
        )
        .disclosure("D-1", "BEN", under_consents=["CON-BEN-part2_specific"]),
        [block("C23", **D1, consent="CON-BEN-part2_specific")],
    ),
}


@pytest.mark.parametrize("case", C23.values(), ids=C23.keys())
def test_a_disclosure_is_what_its_release_says(case: Case) -> None:
    holds(case)
