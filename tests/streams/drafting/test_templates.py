"""Five templates from one structure: all fields there, nothing lost, nothing invented."""

import pytest

from streams.drafting.templates import GAPS, TEMPLATES, in_template, sections
from tests.streams.drafting.built import drafted


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_draft_in_any_template_says_the_same_and_back_again_is_the_same(template: str) -> None:
    draft = drafted(
        "T: How was it?", "C1: I slept four hours.", "B1: C2 tearful", "T: For homework, each write a list."
    )
    other = in_template(draft, template)
    gaps = set(GAPS.values())
    real = {s.text for section in draft.sections for s in section.sentences} - gaps
    assert {s.text for section in other.sections for s in section.sentences} - gaps == real
    assert in_template(other, draft.template) == draft
    assert {section.title for section in other.sections} == set(TEMPLATES[template])


@pytest.mark.parametrize("template", TEMPLATES)
def test_an_empty_field_says_that_it_is_not_documented(template: str) -> None:
    empty = sections(template, "C1", ())
    assert [section.sentences[0].text for section in empty] == [GAPS[section.title] for section in empty]
    assert all(section.sentences[0].flags == ("not_documented",) for section in empty)
    assert len({section.sentences[0].text for section in empty}) == len(empty)
