"""Which claims go into one file, what is said of the others, and that the file is what was reviewed."""

import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.claims.read_837p import read_837p
from connectors.claims.structure import structure_errors
from infra.claims.batch import Batch, make_batch, write_file
from infra.refusal import Refusal
from schemas.claim_proposal import ClaimProposal
from tests.connectors.claims.forms import SENDER
from tests.streams.claims.suggested import proposed, unbilled
from tests.streams.claims.test_following import remittance, second_plan
from tests.streams.rules.billing import accepted
from tests.streams.scenario import Scenario, clean_couple, clean_family, clean_group

AT = datetime(2026, 4, 16, 12, tzinfo=UTC)
GOLDEN = Path(__file__).parents[2] / "data" / "x12"


def corrected() -> Scenario:
    scenario = accepted(clean_couple(), "K-S-1-PAT")
    line = {**scenario.data("K-S-1-PAT")["lines"][0], "code": "90846", "amount": "130.00"}
    return scenario.set("K-S-1-PAT", lines=[line], total="130.00")


def absent() -> Scenario:
    scenario = accepted(clean_group(2), "K-S-1-BEN").without("K-S-1-ANA", "N-S-1-ANA")
    return scenario.set("AT-S-1-BEN", status="no_show", arrived=None, left=None, location=None)


def named(scenario: Scenario) -> Scenario:
    """Everybody's address is recorded."""
    address = {"line1": "12 Elm St Apt 3", "city": "Evanston", "state": "IL", "zip": "60201"}
    for id_ in scenario.ids("client"):
        scenario.set(id_, address=address)
    return scenario


SAMPLES: dict[str, Callable[[], tuple[ClaimProposal, ...]]] = {
    "self": lambda: proposed(unbilled(named(clean_couple()))).proposals,
    "dependent": lambda: proposed(unbilled(named(clean_family()))).proposals,
    "group-of-eight": lambda: proposed(unbilled(named(clean_group(8)))).proposals,
    "corrected": lambda: proposed(named(corrected())).proposals,
    "void": lambda: tuple(p for p in proposed(named(absent())).proposals if p.kind == "void"),
    "secondary": lambda: proposed(named(second_plan()), None, {"K-S-1-PAT": remittance()}).proposals,
}


def batch(proposals: tuple[ClaimProposal, ...]) -> Batch:
    return make_batch(proposals, SENDER, AT, 7)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sample_file_is_what_it_was_and_an_independent_reader_takes_it(name: str) -> None:
    made = batch(SAMPLES[name]())
    assert made.left_out == ()
    golden = (GOLDEN / f"837p-{name}.x12").read_text()
    assert made.text == golden
    assert structure_errors(golden) == ()
    read = {claim.control_number: claim for claim in read_837p(golden).claims}
    for proposal in made.included:
        assert proposal.form is not None
        number = proposal.form.control_number
        assert read.pop(number) == proposal.form.model_copy(update={"claim_id": number})
    assert not read


def test_a_group_of_eight_is_eight_claims_of_one_unit() -> None:
    text = batch(SAMPLES["group-of-eight"]()).text
    assert text.count("\nCLM*") == text.count("*UN*1*") == 8
    assert len({line for line in text.splitlines() if line.startswith("HL*")}) == 9


def test_what_is_blocked_stays_out_and_says_why() -> None:
    scenario = unbilled(clean_group()).set("N-S-1-BEN", status="draft", signed_at=None, signed_by=None)
    made = batch(proposed(scenario).proposals)
    assert len(made.included) == 3
    ((left, why),) = [(one.proposal_id, one.why) for one in made.left_out]
    assert left not in {p.id for p in made.included}
    assert why[0].startswith("B39: ")


def test_what_is_held_goes_only_with_somebody_who_looked() -> None:
    scenario = unbilled(clean_couple()).without("PL-PAT")
    proposals = proposed(scenario).proposals
    assert batch(proposals).text == ""
    assert batch(proposals).left_out[0].why[0].startswith("B41: ")
    assert make_batch(proposals, SENDER, AT, 7, with_held=True).included == proposals


def test_one_service_twice_goes_out_once() -> None:
    (one,) = SAMPLES["self"]()
    assert one.form is not None
    again = one.model_copy(
        update={"id": "CJ2", "form": one.form.model_copy(update={"control_number": "CJ2", "claim_id": "CJ2"})}
    )
    made = batch((one, again))
    assert len(made.included) == 1
    assert "same service" in made.left_out[0].why[0]


def test_a_claim_that_the_independent_reader_refuses_is_left_out_and_the_rest_go() -> None:
    proposals = SAMPLES["group-of-eight"]()
    first = proposals[0]
    assert first.form is not None
    broken = first.model_copy(update={"form": first.form.model_copy(update={"place": "77"})})
    made = batch((broken, *proposals[1:]))
    assert len(made.included) == 7
    assert made.left_out[0].why == ("Structure: CLM05-1 is not a code of its list.",)


def test_the_number_follows_from_the_content_unless_it_is_given() -> None:
    proposals = SAMPLES["self"]()
    one, other = make_batch(proposals, SENDER, AT), make_batch(proposals, SENDER, AT)
    assert one.number == other.number
    assert one.text == other.text
    assert make_batch(SAMPLES["dependent"](), SENDER, AT).number != one.number


def test_only_its_owner_may_read_the_file_and_nothing_is_overwritten(tmp_path: Path) -> None:
    made = batch(SAMPLES["self"]())
    path = write_file(made, tmp_path / "out")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert write_file(made, tmp_path / "out") == path
    with pytest.raises(Refusal, match="another content"):
        write_file(batch(SAMPLES["dependent"]()), tmp_path / "out")
