"""The drafts: a queue for those who may know of them, their words for those who may read them, evidence beside them."""

import re

import pytest

from dashboards.console.rights import Right, Role, may
from tests.dashboards.console.conftest import Visit
from tests.dashboards.console.samples import NOW, Desk, a_draft

ONE = "/drafts/2f0d7a11-0000-5000-8000-000000000001"


async def test_the_queue_shows_state_and_reason_newest_first(visit: Visit) -> None:
    page = (await (await visit("clinician")).get("/drafts")).text
    assert page.index("S-104") < page.index("S-900") < page.index("S-105")
    assert "Nobody present has consented." in page
    assert "I slept five hours" not in page
    assert 'href="/review" aria-current="page">Review</a>' in page
    assert 'href="/drafts" aria-current="page">All drafts</a>' in page


async def test_every_sentence_opens_to_the_words_it_rests_on(visit: Visit) -> None:
    page = (await (await visit("clinician")).get(ONE)).text
    sentence = re.search(r"<details[^>]*>\s*<summary>[^\n]*I slept five hours\.”.*?</details>", page, re.DOTALL)
    assert sentence is not None
    assert "I slept five hours, again." in sentence.group()
    assert "<code>4</code> C-22" in sentence.group()
    assert "GL-1" in sentence.group()
    assert page.count("<details") == 1 + 7  # what was removed, and each statement that has evidence
    assert "AI-drafted" in page
    assert "Nothing was asked." in page
    assert "Not documented as assessed" in page
    assert "No valid consent to AI assistance from C-24." in page


async def test_what_somebody_said_is_text_and_never_markup(visit: Visit) -> None:
    page = (await (await visit("clinician")).get(ONE)).text
    assert "Work was &lt;b&gt;loud&lt;/b&gt;." in page
    assert "<b>loud" not in page


@pytest.mark.parametrize("role", list(Role))
async def test_only_those_who_treat_or_document_read_what_it_says(visit: Visit, role: Role) -> None:
    browser = await visit(role.value)
    queue, page = await browser.get("/drafts"), await browser.get(ONE)
    if not may(role, Right.SEE_DRAFTS):
        assert (queue.status_code, page.status_code) == (403, 403)
        assert 'href="/review"' not in (await browser.get("/")).text
        return
    assert (queue.status_code, page.status_code) == (200, 200)
    readable = "I slept five hours" in page.text
    assert readable is may(role, Right.READ_DRAFTS)
    if not readable:
        assert not re.search(r"pause word|loud|denies everything|Sleep", page.text)


async def test_a_draft_of_another_practice_is_not_there(desk: Desk, visit: Visit) -> None:
    desk.practices = {"clinician": ["P-3"]}
    browser = await visit("clinician")
    queue = (await browser.get("/drafts")).text
    assert "S-900" in queue
    assert "S-104" not in queue
    assert (await browser.get(ONE)).status_code == 404


async def test_while_the_stream_is_away_the_pages_say_so(desk: Desk, visit: Visit) -> None:
    desk.drafts.available = False
    browser = await visit("clinician")
    answers = [await browser.get("/drafts"), await browser.get(ONE)]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert "Nothing is lost" in answers[0].text


async def test_a_withdrawn_draft_stands_last_and_says_that_it_is_void(desk: Desk, visit: Visit) -> None:
    from schemas.draft import Draft, Provenance

    nothing = Draft(provenance=Provenance(drafter="none"))
    desk.drafts.put(a_draft(state="withdrawn", draft=nothing, cited=(), created_at=NOW, version=41))
    desk.drafts.put(a_draft(version=40))  # an older word changes nothing
    browser = await visit("clinician")
    queue = (await browser.get("/drafts")).text
    assert queue.index("S-105") < queue.index("S-104")
    assert "this draft is void" in (await browser.get(ONE)).text
