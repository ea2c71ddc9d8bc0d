"""Names and addresses as every payer's system reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.care import Address
from schemas.professional_claim import PersonName
from streams.claims.form import control_number
from streams.claims.sendable import exact, person_name, postal, sendable
from tests.effort import effort


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Zoë Müller-Łoś", "ZOE MULLER-LOS"),
        ("  O’Brien  ", "O'BRIEN"),
        ("A*B~C:D^E", "A B C D E"),
        ("410 W Fulton St #3", "410 W FULTON ST 3"),
        ("李", None),
        ("", None),
        (None, None),
    ],
)
def test_a_text_is_sent_as(text: str | None, sent: str | None) -> None:
    assert sendable(text, 60) == sent


@pytest.mark.parametrize(
    ("full", "last", "first", "middle"),
    [
        ("Ana Torres", "TORRES", "ANA", None),
        ("Torres, Ana Maria", "TORRES", "ANA", "MARIA"),
        ("Ana Maria del Torres", "TORRES", "ANA", "MARIA DEL"),
        ("Cher", "CHER", None, None),
        ("Ana Torres, Jr.", "TORRES", "ANA", None),
    ],
)
def test_a_name_has_its_parts(full: str, last: str, first: str | None, middle: str | None) -> None:
    assert person_name(full) == PersonName(last=last, first=first, middle=middle)


def test_no_name_is_none() -> None:
    assert person_name("") is None
    assert person_name("李") is None


def test_a_number_is_sent_whole_or_not_at_all() -> None:
    assert exact("m123-a", 80) == "M123-A"
    assert exact("M1*23", 80) is None
    assert exact("1" * 51, 50) is None


def test_an_address_is_whole_or_none() -> None:
    whole = Address(line1="12 Elm St", city="Evanston", state="il", zip="60201-1234")
    sent = postal(whole)
    assert sent is not None
    assert (sent.state, sent.zip) == ("IL", "602011234")
    for missing in ({"line1": None}, {"zip": "602"}, {"state": "ZZ"}):
        assert postal(whole.model_copy(update=missing)) is None


@effort(50)
@given(st.text(max_size=200), st.integers(1, 80))
def test_whatever_is_sent_can_be_sent(text: str, most: int) -> None:
    sent = sendable(text, most)
    if sent is not None:
        assert len(sent) <= most
        assert sendable(sent, most) == sent
        assert not set(sent) & set("*~:^")


@pytest.mark.parametrize("id_", ["k-1", "K" * 21, "K 1", "K*1"])
def test_an_id_that_is_no_control_number_gets_one_that_always_follows(id_: str) -> None:
    number = control_number(id_, practice_id="P")
    assert number == control_number(id_, practice_id="P") != control_number(id_, practice_id="Q")
    assert len(number) == 16
    assert control_number("K-1", practice_id="P") == "K-1"
