"""An 837P file: any claim in it is taken by an independent reader, and read back it is the same claim."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.claims.read_837p import read_837p
from connectors.claims.structure import structure_errors
from connectors.claims.write_837p import write_837p
from connectors.claims.x12 import NotX12, Unsendable
from schemas.professional_claim import ProfessionalClaim
from tests.connectors.claims.forms import AT, LINE, SENDER, claims, right
from tests.effort import effort

batches = st.tuples(claims("K-1"), claims("K-2"), claims("K-3"))


@effort(4)
@given(batches)
def test_any_claims_are_taken_by_an_independent_reader(batch: tuple[ProfessionalClaim, ...]) -> None:
    assert structure_errors(write_837p(batch, SENDER, AT).text) == ()


@effort(10)
@given(batches)
def test_any_claims_read_back_as_themselves(batch: tuple[ProfessionalClaim, ...]) -> None:
    read = read_837p(write_837p(batch, SENDER, AT).text).claims
    assert sorted(read, key=lambda claim: claim.control_number) == list(batch)


def test_the_same_batch_gives_the_same_bytes_whatever_its_order() -> None:
    one, other = right(), right(control_number="K-2", claim_id="K-2")
    assert write_837p([one, other], SENDER, AT).text == write_837p([other, one], SENDER, AT).text


def test_each_claim_knows_its_segments() -> None:
    batch = [right(), right(control_number="K-2", claim_id="K-2", diagnoses=("F331", "Z630"))]
    written = write_837p(batch, SENDER, AT)
    lines = written.text.splitlines()
    for number, (first, last) in written.segments_of_claim.items():
        own = lines[first - 1 : last]
        assert own[0].startswith("HL*")
        assert sum(line.startswith(f"CLM*{number}*") for line in own) == 1
    assert structure_errors(written.text.replace("HI*ABK:F331*ABF", "HX*ABK:F331*ABF"))[0].segment in range(
        *written.segments_of_claim["K-2"]
    )


def test_the_envelope_says_who_sends_and_that_it_is_a_test() -> None:
    envelope = read_837p(write_837p([right()], SENDER, AT).text).envelope
    assert (envelope.submitter_id, envelope.receiver_id, envelope.interchange_number) == ("361234567", "CLEARING1", 7)
    assert envelope.test


@pytest.mark.parametrize("batch", [[], [right(), right()]], ids=["no claim", "two claims of the same control number"])
def test_it_refuses(batch: list[ProfessionalClaim]) -> None:
    with pytest.raises(ValueError, match="batch"):
        write_837p(batch, SENDER, AT)


def test_a_delimiter_never_gets_into_a_file_nor_into_the_error() -> None:
    smuggled = right().model_copy(update={"authorization_number": "SECRET~CLM*"})
    with pytest.raises(Unsendable) as refused:
        write_837p([smuggled], SENDER, AT)
    assert str(refused.value) == "REF02"


def test_the_independent_reader_objects_to_what_is_missing_or_unknown() -> None:
    text = write_837p([right(control_number=f"K-{n}", claim_id=f"K-{n}") for n in range(4)], SENDER, AT).text
    whole, *rest = re.split(r"(?=HL\*\d+\*1\*22)", text)
    rest[0] = rest[0].replace("HI*ABK:F331~\n", "")
    rest[1] = rest[1].replace("DTP*472*D8*20260415~\n", "")
    rest[2] = rest[2].replace("SBR*P*18*******CI~\n", "")
    rest[3] = rest[3].replace("11:B:1", "77:B:1").replace("SE*", "SE*9")
    said = " ".join(error.what for error in structure_errors("".join((whole, *rest))))
    for what in ("HI is missing", "DTP is missing", "SBR is missing", "CLM05-1 is not a code", "does not add up"):
        assert what in said


def test_what_the_independent_reader_says_never_repeats_a_value() -> None:
    text = write_837p([right()], SENDER, AT).text
    text = text.replace("GARRITY*PAT", "GARRITY*PA\tT").replace("19850505", "1985-5-5")
    said = " ".join(error.what for error in structure_errors(text))
    assert said
    assert not {"GARRITY", "PA", "1985-5-5"} & set(said.split())


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: "",
        lambda text: text[:500],
        lambda text: text.replace("SE*", "SE*1"),
        lambda text: text.replace("IEA*1*", "IEA*1*9"),
        lambda text: text.replace("CLM*K-1*140", "CLM*K-1*14x"),
        lambda text: text.replace("DTP*472*D8*2026", "DTP*472*D8*XX"),
        lambda text: text.replace("NM1*85*2", "NM1*8*2"),
    ],
)
def test_what_is_no_837p_is_refused_by_name(broken: "object") -> None:
    assert callable(broken)
    with pytest.raises(NotX12):
        read_837p(broken(write_837p([right()], SENDER, AT).text))


def test_it_reads_files_with_other_delimiters_and_without_line_ends() -> None:
    text = write_837p([right(lines=(LINE.model_copy(update={"on": date(2026, 4, 1)}),))], SENDER, AT).text
    other = text.replace("\n", "").replace("*", "|").replace(":", ">").replace("~", "\x1c")
    assert read_837p(other).claims == read_837p(text).claims
