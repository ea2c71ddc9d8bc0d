"""Who would read a confidential message in the portal? C22, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, at, block, clean_couple, clean_family, holds, warn

TEO = block("C22", client="C-TEO", message="M-1")
PAT = block("C22", client="C-PAT", message="M-1")
WORDS = "Can we talk before Thursday?"


def wrote(scenario: Scenario, owner: str, *readers: str, **fields: Any) -> Scenario:
    known = {
        "kind": "portal",
        "thread_of": owner,
        "author": owner,
        "confidential": True,
        "visible_to": list(readers),
        "sent_at": at("2026-04-16 10:00"),
        "text": WORDS,
    }
    return scenario.add("message", "M-1", "2026-04-16 10:00", **{**known, **fields})


def teen(*readers: str, **fields: Any) -> Scenario:
    """A message of a fourteen-year-old whose mother has proxy access."""
    return wrote(clean_family().set("REL-RUTH-TEO", portal_proxy=True), "C-TEO", *readers, **fields)


C22: dict[str, Case] = {
    "the mother, who is a proxy, can read it": (teen("C-TEO", "CL-REYES", "C-RUTH"), [TEO]),
    "only the child and the clinician can read it": (teen("C-TEO", "CL-REYES"), []),
    "it is not confidential": (teen("C-TEO", "CL-REYES", "C-RUTH", confidential=False), []),
    "the clinician wrote it, and the mother can read it": (
        teen("C-TEO", "CL-REYES", "C-RUTH", author="CL-REYES"),
        [TEO],
    ),
    "the mother wrote it herself": (teen("C-RUTH", "CL-REYES", author="C-RUTH"), []),
    "the father, who is no proxy, can read it": (teen("C-TEO", "CL-REYES", "C-SAM"), [TEO]),
    "who can read it is not recorded": (teen(), [warn("C22", client="C-TEO", message="M-1")]),
    "who can read it is not recorded, and nobody is a proxy": (wrote(clean_family(), "C-TEO"), []),
    "the partner can read it": (wrote(clean_couple(), "C-PAT", "C-PAT", "C-QUINN", "CL-REYES"), [PAT]),
    "a former partner whose access should have ended can read it": (
        wrote(
            clean_couple().set("REL-QUINN-PAT", kind="ex_spouse", to="2026-03-31", portal_proxy=True),
            "C-PAT",
            "C-PAT",
            "C-QUINN",
        ),
        [PAT],
    ),
    "not sent yet": (teen("C-TEO", "CL-REYES", "C-RUTH", sent_at=None), [TEO]),
}


@pytest.mark.parametrize("case", C22.values(), ids=C22.keys())
def test_a_proxy_reads_no_confidential_message(case: Case) -> None:
    holds(case)
