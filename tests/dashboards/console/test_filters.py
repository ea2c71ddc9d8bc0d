"""A view and its address say the same."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from dashboards.console.filters import MAX_SEARCH, View, facets_of, read_view
from dashboards.console.sources import FindingFilter, TallyCell
from tests.dashboards.console.samples import NOW, a_finding

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
views = st.builds(
    View,
    severities=st.lists(st.sampled_from(["block", "hold", "warn"]), unique=True).map(tuple),
    kinds=st.lists(st.sampled_from(["consent", "billing"]), unique=True).map(tuple),
    rules=st.lists(words, unique=True, max_size=3).map(tuple),
    practices=st.lists(words, unique=True, max_size=3).map(tuple),
    state=st.sampled_from(["open", "resolved", "all"]),
    historical=st.sampled_from(["show", "hide", "only"]),
    today=st.sampled_from(["", "opened", "resolved"]),
    new=st.booleans(),
    search=words.map(lambda text: " ".join(text.split())),
    grouping=st.sampled_from(["severity", "rule", "practice", "none"]),
    page=st.integers(1, 200),
)


@given(views)
def test_reading_the_address_of_a_view_gives_the_view(view: View) -> None:
    assert read_view(QueryParams(view.query(page=view.page)), 50) == view


def test_the_first_look_has_a_bare_address() -> None:
    assert View().address() == "/"


def test_changing_a_choice_goes_back_to_the_first_page() -> None:
    assert View(page=7, state="all").address(severities=("hold",)) == "/?severity=hold&state=all"


@given(st.text(max_size=300))
def test_no_address_is_too_odd_to_be_read(query: str) -> None:
    view = read_view(QueryParams(query), 50)
    assert len(view.search) <= MAX_SEARCH
    assert 1 <= view.page <= 200


def test_a_search_finds_all_its_words_in_any_order_and_case() -> None:
    finding = a_finding(why="Claim CL-7 of Client C-9", evidence=["N-5"])
    assert FindingFilter(search="c-9 CLAIM n-5").matches(finding)
    assert not FindingFilter(search="c-9 claim n-6").matches(finding)


def test_moments_are_compared_no_more_finely_than_the_store_keeps_them() -> None:
    finding = a_finding(opened_at=NOW + timedelta(microseconds=400))
    assert not FindingFilter(changed_after=NOW).matches(finding)


def test_a_choice_that_counts_nothing_stays_visible_so_that_it_can_be_undone() -> None:
    facets = facets_of([TallyCell("hold", "C01", "P-1", 3)], View(rules=("B10",), practices=("P-9",)))
    assert facets.rules == {"B10": 0}
    assert facets.practices == {"P-9": 0}
    assert facets.total == 0
