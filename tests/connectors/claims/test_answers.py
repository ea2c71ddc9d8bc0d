"""What payers answer: the file taken or not, the claim taken or turned away, paid or denied and why."""

from datetime import date
from pathlib import Path

import pytest

from connectors.claims.answers import read_answers, read_answers_file
from connectors.claims.structure import structure_errors
from connectors.claims.x12 import NotX12

SAMPLES = Path(__file__).parents[2] / "data" / "x12"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text()


def test_a_999_that_takes_the_file_takes_no_claim() -> None:
    answers = read_answers(sample("999-accepted.x12"))
    (group,) = answers.acknowledged
    assert (group.group_number, group.outcome, group.errors) == ("7", "accepted", ())
    assert answers.about_claims == ()


def test_a_999_that_rejects_names_segment_element_and_claim() -> None:
    (group,) = read_answers(sample("999-rejected.x12")).acknowledged
    assert group.outcome == "rejected"
    assert group.errors == (
        "segment 22 (HI) has wrong elements",
        "segment 22 (HI), element 1-2 is not a code of its list",
    )
    assert group.rejected_claims == ("K-S-1-ANA",)


def test_a_277ca_takes_some_claims_in_and_turns_others_away() -> None:
    taken, turned, split = read_answers(sample("277ca.x12")).about_claims
    assert (taken.control_number, taken.outcome, taken.reasons) == ("K-S-1-ANA", "accepted", ("A2:20",))
    assert taken.payer_control_number == "PCN100"
    assert (turned.control_number, turned.outcome) == ("K-S-1-BEN", "rejected")
    assert turned.reasons == ("A7:562", "A7:164")
    assert turned.says == "turned away: a value is invalid"
    assert turned.on == date(2026, 4, 17)
    assert (split.control_number, split.outcome) == ("K-S-1-CLEO", "rejected")


@pytest.mark.parametrize("category", ["A3", "A6", "A7", "A8"])
def test_these_categories_are_rejections(category: str) -> None:
    text = sample("277ca.x12").replace("STC*A2:20", f"STC*{category}:20")
    assert read_answers(text).about_claims[0].outcome == "rejected"


@pytest.mark.parametrize("category", ["A0", "A1", "A2"])
def test_these_categories_are_none(category: str) -> None:
    text = sample("277ca.x12").replace("STC*A2:20", f"STC*{category}:20")
    assert read_answers(text).about_claims[0].outcome == "accepted"


def test_a_remittance_says_what_was_paid_and_why_not_the_rest() -> None:
    paid, denied, shared, reversed_ = read_answers(sample("835.x12")).about_claims
    assert (paid.control_number, paid.outcome, paid.charge_cents, paid.paid_cents) == ("K-S-1-ANA", "paid", 6000, 3500)
    assert paid.denials == ()
    assert paid.payer_control_number == "PCN100"
    assert [(a.group, a.reason, a.amount_cents) for a in paid.lines[0].adjustments] == [
        ("CO", "45", 500),
        ("PR", "3", 2000),
    ]
    assert (denied.outcome, denied.paid_cents, denied.denials) == ("denied", 0, ("197",))
    assert denied.lines[0].remarks == ("M62",)
    assert (shared.outcome, shared.denials) == ("paid", ())  # all of it the patient's deductible
    assert reversed_.outcome == "reversed"
    assert {answer.on for answer in (paid, denied, shared)} == {date(2026, 4, 30)}


def test_a_remittance_that_does_not_balance_is_named() -> None:
    answer = read_answers(sample("835.x12").replace("CAS*CO*45*5~", "CAS*CO*45*4~")).about_claims[0]
    assert "do not balance" in answer.says


@pytest.mark.parametrize("name", ["999-accepted.x12", "999-rejected.x12", "277ca.x12", "835.x12"])
def test_the_samples_are_well_formed_to_an_independent_reader(name: str) -> None:
    assert structure_errors(sample(name)) == ()


@pytest.mark.parametrize(
    "broken",
    ["", "ISA", "hello", "837", "cut off", "amount"],
)
def test_what_is_no_answer_is_refused_by_name(broken: str, tmp_path: Path) -> None:
    whole = sample("835.x12")
    texts = {
        "837": whole.replace("ST*835", "ST*837"),
        "cut off": whole[:400],
        "amount": whole.replace("CLP*K-S-1-ANA*1*60*35", "CLP*K-S-1-ANA*1*sixty*35"),
    }
    path = tmp_path / "answer.x12"
    path.write_text(texts.get(broken, broken))
    with pytest.raises(NotX12) as refused:
        read_answers_file(path)
    assert "sixty" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotX12, match="No such file"):
        read_answers_file(tmp_path / "nothing.x12")
