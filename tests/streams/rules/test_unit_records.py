"""May the record of a whole unit be released? C16, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, at, block, clean_couple, clean_family, clean_group, holds

COUPLE = {"message": "D-1", "couple": "CP-1"}
C16_ = block("C16", **COUPLE)


def couple(*signed: str, under: tuple[str, ...] | None = None, who: str | None = "PAT", **fields: Any) -> Scenario:
    scenario = clean_couple()
    for member in signed:
        scenario.roi(member)
    ids = [f"CON-{member}-roi" for member in signed] if under is None else list(under)
    known = {"unit": "CP-1", "contents": ["conjoint_record"], "under_consents": ids}
    return scenario.disclosure("D-1", who, **{**known, **fields})


C16: dict[str, Case] = {
    "both partners signed": (couple("PAT", "QUINN"), []),
    "only one partner signed": (couple("PAT"), [C16_]),
    "nobody signed": (couple(), [C16_]),
    "filed under the couple alone, one partner signed": (couple("PAT", who=None), [C16_]),
    "filed under the couple alone, both signed": (couple("PAT", "QUINN", who=None), []),
    "waiting, only one partner signed": (couple("PAT", status="pending", sent_at=None), [C16_]),
    "the other partner's release is to somebody else": (
        couple("PAT", "QUINN").set("CON-QUINN-roi", recipients=["Dr. Lee"]),
        [C16_],
    ),
    "the other partner's release had expired": (
        couple("PAT", "QUINN").set("CON-QUINN-roi", expires=at("2026-04-01 09:00")),
        [C16_],
    ),
    "the other partner revoked it for this doctor": (
        couple("PAT", "QUINN").set(
            "CON-QUINN-roi",
            revocation={
                "scope": "partial",
                "recipients": ["Dr. Ito"],
                "in_writing": True,
                "at": at("2026-04-10 09:00"),
            },
        ),
        [C16_],
    ),
    "one form with both signatures": (
        couple("PAT").set(
            "CON-PAT-roi",
            signers=[
                {"person": f"C-{who}", "role": "self", "at": at("2026-03-11 10:00"), "identity_verified": True}
                | {"document_hash": "sha256:1"}
                for who in ("PAT", "QUINN")
            ],
        ),
        [],
    ),
    "of a family both parents signed, the child need not": (
        clean_family().roi("RUTH").roi("SAM").disclosure("D-1", None, unit="F-1", contents=["conjoint_record"]),
        [],
    ),
    "of a family only one parent signed": (
        clean_family().roi("RUTH").disclosure("D-1", None, unit="F-1", contents=["conjoint_record"]),
        [block("C16", message="D-1", family="F-1")],
    ),
    "of a group session three of four signed": (
        clean_group()
        .roi("ANA")
        .roi("BEN")
        .roi("CLEO")
        .disclosure("D-1", None, unit="G-1", contents=["conjoint_record"]),
        [block("C16", message="D-1", group="G-1")],
    ),
    "one member's own notes are nobody else's": (
        clean_group().roi("BEN").disclosure("D-1", "BEN", under_consents=["CON-BEN-roi"]),
        [],
    ),
}


@pytest.mark.parametrize("case", C16.values(), ids=C16.keys())
def test_a_units_record_leaves_with_the_signature_of_every_adult(case: Case) -> None:
    holds(case)
