"""Have a group's members agreed to who joined after them? C03, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, clean_group, holds, warn

OLD = ("ANA", "BEN", "CLEO", "DREW")
ALL = [warn("C03", group="G-1", client=f"C-{who}") for who in OLD]


def joined(on: str = "2026-04-08", acknowledged: tuple[str, ...] = (), asked: bool = True, **eda: Any) -> Scenario:
    """Eda joins the group of four on that day, before the session; who acknowledged it did so on 9 April."""
    scenario = clean_group()
    if asked:
        scenario.policy["reacknowledge_on_new_member"] = True
    members = [*scenario.data("G-1")["members"], {"client": "C-EDA", "joined": on, "left": None, **eda}]
    scenario.patient("EDA").group_agreement("EDA").change("G-1", "2026-04-08 12:00", members=members)
    for who in acknowledged:
        scenario.group_agreement(
            who, signed="2026-04-09 09:00", id_=f"CON-{who}-again", reacknowledges={"new_member": "C-EDA"}
        )
    return scenario


C03: dict[str, Case] = {
    "nobody has acknowledged it": (joined(), ALL),
    "the policy does not ask for it": (joined(asked=False), []),
    "everybody has": (joined(acknowledged=OLD), []),
    "all but one have": (joined(acknowledged=("ANA", "CLEO", "DREW")), [warn("C03", group="G-1", client="C-BEN")]),
    "one signed the whole agreement anew instead": (
        joined(acknowledged=("ANA", "CLEO", "DREW")).group_agreement(
            "BEN", signed="2026-04-10 09:00", id_="CON-BEN-anew"
        ),
        [],
    ),
    "one acknowledged another new member": (
        joined(acknowledged=("ANA", "CLEO", "DREW")).group_agreement(
            "BEN", signed="2026-04-09 09:00", id_="CON-BEN-again", reacknowledges={"new_member": "C-FINN"}
        ),
        [warn("C03", group="G-1", client="C-BEN")],
    ),
    "who joined on one day with the others is not new": (joined(on="2026-03-12"), []),
    "the new member joins tomorrow": (joined(on="2026-04-17"), []),
    "the new member has left again": (joined(left="2026-04-10"), []),
    "one of the others has left": (
        joined().change(
            "G-1",
            "2026-04-16 09:00",
            members=[
                {"client": f"C-{who}", "joined": "2026-03-12", "left": "2026-04-15" if who == "BEN" else None}
                for who in OLD
            ]
            + [{"client": "C-EDA", "joined": "2026-04-08", "left": None}],
        ),
        [line for line in ALL if line[2]["client"] != "C-BEN"],
    ),
}


@pytest.mark.parametrize("case", C03.values(), ids=C03.keys())
def test_existing_members_acknowledge_who_joins(case: Case) -> None:
    holds(case)


def test_it_is_asked_from_the_day_the_new_member_joins() -> None:
    scenario = joined(on="2026-04-20")
    assert scenario.found("2026-04-19 23:00") == []
    assert scenario.found("2026-04-20 01:00") == ALL
