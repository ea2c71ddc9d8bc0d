"""Table: numbers, dates and places that say who somebody is go; scores, doses, times and ages stay."""

import pytest

from streams.drafting.deidentify import Identities
from tests.streams.drafting.deidentify.people import hard_names

GOES = {
    "we talked on 11/02/2026": "we talked on [DATE]",
    "we talked on 2026-11-02": "we talked on [DATE]",
    "we talked on 2.11.2026": "we talked on [DATE]",
    "due on Nov. 2": "due on [DATE]",
    "on november second nineteen ninety nine": "on [DATE]",
    "born the 3rd of March": "born [DATE]",
    "friday the thirteenth": "friday [DATE]",
    "see you on the twenty first": "see you on [DATE]",
    "since february": "since [DATE]",
    "(603) 555-0199": "[PHONE]",
    "+44 20 7946 0958": "[PHONE]",
    "603 555 0199 ext 12": "[PHONE]",
    "double five five one two one two": "[PHONE]",
    "ssn 123-45-6789": "ssn [ID]",
    "MRN: 00482133": "MRN: [ID]",
    "my account number is 88120": "my account number is [ID]",
    "my plate is GKR 412": "my plate is [ID]",
    "VIN 1HGCM82633A004352": "VIN [ID]",
    "192.168.10.4": "[URL]",
    "https://example.org/a?b=c": "[URL]",
    "see example.org today": "see [URL] today",
    "mail jane.roe+x@mail.example.org": "mail [EMAIL]",
    "zip code 03302": "zip code [PLACE]",
    "PO Box 1182": "[ADDRESS]",
    "we live at 7 Elm Court": "we live at [ADDRESS]",
    "she is 94 years old": "she is [AGE] years old",
    "grandma turned ninety one": "grandma turned [AGE]",
    "born in 1931": "born in [DATE]",
}
STAYS = (
    "PHQ-9 of 14",
    "GAD-7: 11, ORS 24.5",
    "mood 7/10 and sleep 5/10",
    "attended 5/7 days",
    "BP 120/80",
    "24/7 and 50/50",
    "45 minutes, 3 times a week",
    "at 6:30 pm until 8",
    "sertraline 50 mg twice a day",
    "CPT 90853, 90847 and H0004 90785",
    "diagnosis F43.20 and F10.20",
    "in 2019 and again in 2021",
    "from 2019-2021",
    "she is 16 and he is 42 years old",
    "he has 90 days sober",
    "about 10000 steps and 12500 dollars",
    "one two three four five six seven eight",
    "the second time, the third step, the first week",
    "three days ago, last Friday, next week, yesterday",
    "may be, march on, august company",
    "in 7th grade",
    "he took 2 of the 10 pills",
    "a 12-step meeting",
    "100% of the time",
    "I vaped all night and then journaled",
    "Intv: psychoed, txt reviewed",
)


@pytest.mark.parametrize(("text", "left"), GOES.items(), ids=GOES.keys())
def test_it_goes(text: str, left: str) -> None:
    scrubbed = Identities.of(hard_names()).deidentify(text)
    shown = scrubbed.text
    for removal in scrubbed.removals:
        shown = shown.replace(removal.token, f"[{removal.kind}]")
    assert shown == left


@pytest.mark.parametrize("text", STAYS)
def test_it_stays(text: str) -> None:
    assert Identities.of(hard_names()).deidentify(text).text == text
