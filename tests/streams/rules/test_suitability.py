"""Do the forms on file suit the person as they are now? C24 and C25, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import Case, Scenario, at, clean_couple, clean_group, clean_individual, hold, holds, warn

KINDS = ("treatment", "billing_release", "group_agreement")


def language(consent: str = "CON-BEN-treatment", **fields: Any) -> Scenario:
    return clean_group().set(consent, **fields)


ALL_BEN = [hold("C24", client="C-BEN", consent=f"CON-BEN-{kind}") for kind in KINDS]
C24_ = hold("C24", client="C-BEN", consent="CON-BEN-treatment")

C24: dict[str, Case] = {
    "forms in English, a person who speaks Spanish": (clean_group().set("C-BEN", language="es"), ALL_BEN),
    "one form in another language": (language(language="es"), [C24_]),
    "a variety of the person's language": (language(language="en-GB"), []),
    "signed in the person's language as well": (
        language(language="es").consent("BEN", "treatment", id_="CON-BEN-again"),
        [],
    ),
    "a form in another language that has expired": (
        language(language="es", expires=at("2026-04-16 09:00")),
        [],
    ),
    "the language of a form is not recorded": (
        language(language=None),
        [warn("C24", client="C-BEN", consent="CON-BEN-treatment")],
    ),
    "the language of a person is not recorded": (
        clean_group().set("C-BEN", language=None),
        [warn("C24", client="C-BEN")],
    ),
    "doubtful capacity": (clean_group().set("C-BEN", capacity_flag=True), [hold("C24", client="C-BEN")]),
    "whether there is doubt is not recorded": (clean_group().set("C-BEN", capacity_flag=None), []),
    "a relative who is no patient": (
        clean_couple().set("C-QUINN", language="pl"),
        [hold("C24", client="C-QUINN", consent=f"CON-QUINN-{kind}") for kind in ("treatment", "conjoint_agreement")],
    ),
}


@pytest.mark.parametrize("case", C24.values(), ids=C24.keys())
def test_every_form_is_in_the_persons_language(case: Case) -> None:
    holds(case)


C25_ = hold("C25", client="C-YAEL")


def moved(to: str = "WI", **sets: Any) -> Scenario:
    scenario = clean_individual().change("C-YAEL", "2026-04-16 09:00", state=to)
    scenario.policy["state_consent_sets"] = sets
    return scenario


C25: dict[str, Case] = {
    "moved to a state that asks for a form more": (moved(IL=["treatment"], WI=["treatment", "telehealth"]), [C25_]),
    "moved to a state that asks for the same": (moved(IL=["treatment"], WI=["treatment"]), []),
    "moved to a state that asks for nothing of its own": (moved(IL=["treatment", "messaging"]), []),
    "no state asks for anything": (moved(), []),
    "moved, and has signed what is asked there": (
        moved(IL=["treatment"], WI=["treatment", "telehealth"]).consent(
            "YAEL", "telehealth", signed="2026-04-16 10:00"
        ),
        [],
    ),
    "moved to a state with its own version of a form": (
        moved(IL={"treatment": "v1"}, WI={"treatment": "v1-WI"}),
        [C25_],
    ),
    "moved, and has signed that state's version": (
        moved(IL={"treatment": "v1"}, WI={"treatment": "v1-WI"}).consent(
            "YAEL", "treatment", signed="2026-04-16 10:00", id_="CON-WI", version="v1-WI"
        ),
        [],
    ),
    "moved to a state whose set has another name": (moved(IL="midwest", WI="lakes"), [C25_]),
    "moved to a state whose set has the same name": (moved(IL="midwest", WI="midwest"), []),
    "moved, and has signed since": (
        moved(IL="midwest", WI="lakes").consent("YAEL", "treatment", signed="2026-04-16 10:00", id_="CON-WI"),
        [],
    ),
    "did not move": (moved("IL", IL=["treatment"], WI=["treatment", "telehealth"]), []),
}


@pytest.mark.parametrize("case", C25.values(), ids=C25.keys())
def test_who_moves_signs_the_new_states_set(case: Case) -> None:
    holds(case)
