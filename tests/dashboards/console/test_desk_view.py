"""What a reviewer reads and types, and what is kept of it."""

from dashboards.console.desk_view import typed_lines
from dashboards.desk.review import Line, SectionState

NAMES = {"C-00048": "Isidro S", "C-00049": "Gunnar S"}
BEFORE = SectionState(
    key="C-00049",
    position=1,
    client_id="C-00049",
    title="",
    original=(),
    lines=(Line("C-00049 said that [PERSON-1] calls [PERSON-2].", "subjective"),),
)


def test_a_sentence_nobody_touched_is_the_sentence_it_was() -> None:
    shown = "Gunnar S said that [a person] calls [another person]."
    assert typed_lines([(shown, "subjective")], NAMES, BEFORE) == list(BEFORE.lines)


def test_a_typed_sentence_names_people_by_their_ids() -> None:
    assert typed_lines([("Gunnar S calls Isidro S.", "plan")], NAMES, BEFORE) == [
        Line("C-00049 calls C-00048.", "plan")
    ]


def test_an_unknown_part_is_what_the_client_said() -> None:
    assert typed_lines([("Well.", "nonsense")], NAMES) == [Line("Well.", "subjective")]
