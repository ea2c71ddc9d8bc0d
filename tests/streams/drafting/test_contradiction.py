"""A sentence that its own source turns round goes; the same said rightly stays."""

import pytest

from schemas.draft import Draft, Provenance, Section, Sentence
from streams.drafting.grounding import grounded
from tests.streams.drafting.built import material

FALSE = (
    ("I skipped lunch, I didn't take the pill.", "C1 took the pill."),
    ("We had three fights, down from like nine.", "C1 had nine fights."),
    ("I walked for ten minutes instead of an hour.", "C1 walked for an hour."),
    ("I called once, not twice.", "C1 called twice."),
    ("The urge went from a seven to a three.", "C1's urge went from three to seven."),
    ("I texted my sister after I got there.", "C1 texted a sister before getting there."),
    ("My grades went down a lot this term.", "C1's grades increased."),
    ("I quit the band last year.", "C1 quit the band this month."),
    ("I stopped smoking two years ago.", "C1 has been smoking for two years."),
    ("My neighbor's brother moved to Ohio.", "C1's neighbor moved away."),
    ("My dad goes, you are a lazy liar.", "C1 is a lazy liar."),
    ("My story was that the landlord hates us.", "C1's landlord hates the family."),
    ("I was home Monday and Tuesday not Saturday.", "C1 was home for the party on Saturday."),
)
TRUE = (
    ("I skipped lunch, I didn't take the pill.", "C1 did not take the pill."),
    ("We had three fights, down from like nine.", "C1 had three fights."),
    ("We had three fights, down from like nine.", "C1 had three fights, down from nine."),
    ("The urge went from a seven to a three.", "C1's urge went from seven to three."),
    ("I texted my sister after I got there.", "C1 texted a sister after getting there."),
    ("I quit the band last year.", "C1 quit the band last year."),
    ("My dad goes, you are a lazy liar.", "C1's father called C1 a lazy liar."),
    ("My story was that the landlord hates us.", "C1 thought that the landlord hates the family."),
    ("I drank two beers on Sunday.", "C1 drank two beers on Sunday."),
)


def stands(said: str, written: str) -> bool:
    """Is a sentence about C1 still in the draft, flagged or not?"""
    sentence = Sentence(text=written, evidence=("1",))
    draft = Draft(
        sections=(Section(client_id="C1", title="x", sentences=(sentence,)),), provenance=Provenance(drafter="model")
    )
    kept = grounded(draft, material(f"C1: {said}", kind="group"))
    return any(one.text == written for section in kept.sections for one in section.sentences)


@pytest.mark.parametrize(("said", "written"), FALSE)
def test_what_the_source_turns_round_goes(said: str, written: str) -> None:
    assert not stands(said, written)


@pytest.mark.parametrize(("said", "written"), TRUE)
def test_what_the_source_says_stays(said: str, written: str) -> None:
    assert stands(said, written)
