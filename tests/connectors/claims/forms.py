"""Claims as they are sent: one that is right, and any that the model can hold."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from connectors.claims.write_837p import Interchange
from schemas.professional_claim import (
    Adjustment,
    BillingProvider,
    Insured,
    LineAdjudication,
    OtherPayer,
    PayerParty,
    PersonName,
    Postal,
    Professional,
    ProfessionalClaim,
    Sender,
    ServiceLine,
)

SENDER = Sender(
    submitter_id="361234567",
    submitter_name="LAKESHORE FAMILY & GROUP THERAPY",
    contact_name="BILLING OFFICE",
    contact_phone="3125550100",
    receiver_id="CLEARING1",
    receiver_name="CLEARING HOUSE",
)
AT = Interchange(7, datetime(2026, 4, 16, 12, tzinfo=UTC))
ADDRESS = Postal(line1="410 W FULTON ST", city="CHICAGO", state="IL", zip="606061234")
BILLING = BillingProvider(
    name="LAKESHORE FAMILY & GROUP THERAPY",
    npi="1445512001",
    taxonomy="261QM0801X",
    tax_id="361234567",
    address=ADDRESS,
)
LINE = ServiceLine(procedure="90847", charge_cents=14000, units=1, pointers=(1,), on=date(2026, 4, 15))


def right(**changed: Any) -> ProfessionalClaim:
    """A claim with nothing wrong in it."""
    data: dict[str, Any] = {
        "control_number": "K-1",
        "claim_id": "K-1",
        "order": "P",
        "filing_code": "CI",
        "relation": "18",
        "subscriber": Insured(
            name=PersonName(last="GARRITY", first="PAT"),
            member_id="MPAT01",
            birth_date=date(1985, 5, 5),
            address=ADDRESS,
        ),
        "payer": PayerParty(name="PRAIRIE MUTUAL", id="PAY-COM"),
        "total_cents": 14000,
        "place": "11",
        "frequency": 1,
        "assignment": True,
        "release": "Y",
        "diagnoses": ("F331",),
        "rendering": Professional(name=PersonName(last="REYES", first="DANA"), npi="1882300118", taxonomy="1041C0700X"),
        "billing": BILLING,
        "lines": (LINE,),
    }
    return ProfessionalClaim.model_validate({**data, **changed})


# --- any claim ---------------------------------------------------------------------------------------------------

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_CHARACTERS = _LETTERS + " !\"&'()+,-./;?="


def text(most: int, least: int = 1) -> st.SearchStrategy[str]:
    """What X12 can carry, with no space at either end."""
    return st.text(_CHARACTERS, min_size=least, max_size=most).filter(lambda t: t == t.strip() and len(t) >= least)


def word(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(_LETTERS, min_size=least, max_size=most or least)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
cents = st.integers(0, 10**7)
names = st.builds(PersonName, last=text(60), first=st.none() | text(35), middle=st.none() | text(25))
addresses = st.builds(
    Postal,
    line1=text(55),
    city=text(30, 2),
    state=st.sampled_from(["IL", "CA", "NY"]),
    zip=st.sampled_from(["60606", "606061234"]),
)
births = st.dates(date(1920, 1, 1), date(2025, 1, 1))
payers = st.builds(PayerParty, name=text(60), id=text(80, 2))
professionals = st.builds(Professional, name=names, npi=digits(10), taxonomy=st.none() | word(10))
adjustments = st.builds(
    Adjustment,
    group=st.sampled_from(["CO", "PR", "OA", "PI", "CR"]),
    reason=st.sampled_from(["1", "2", "3", "45", "97", "197", "B7", "253"]),
    amount_cents=st.integers(-(10**7), 10**7).filter(bool),
)
diagnoses = st.from_regex(r"[A-Z][0-9][0-9A-Z]{1,5}", fullmatch=True)


def insured(*, whole: bool, member: bool) -> st.SearchStrategy[Insured]:
    return st.builds(
        Insured,
        name=names,
        member_id=text(80, 2) if member else st.none(),
        birth_date=births if whole else st.none(),
        address=addresses if whole else st.none(),
    )


@st.composite
def service_lines(draw: st.DrawFn, decided: bool) -> ServiceLine:
    on = draw(days)
    adjudicated = None
    if decided:
        # a group's reasons stand together in the file
        taken_off = sorted(draw(st.lists(adjustments, max_size=8)), key=lambda adjustment: adjustment.group)
        adjudicated = LineAdjudication(paid_cents=draw(cents), on=on + timedelta(days=20), adjustments=tuple(taken_off))
    return ServiceLine(
        procedure=draw(word(5)),
        modifiers=tuple(draw(st.lists(word(2), max_size=4))),
        charge_cents=draw(cents),
        units=draw(st.integers(0, 999)),
        pointers=tuple(draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))),
        on=on,
        adjudicated=adjudicated,
    )


@st.composite
def claims(draw: st.DrawFn, control_number: str = "K-1") -> ProfessionalClaim:
    """Any claim the model can hold, right or wrong, as the file would hold it."""
    dependent, secondary = draw(st.booleans()), draw(st.booleans())
    by_line = draw(st.booleans())
    order = draw(st.sampled_from(["S", "T"])) if secondary else "P"
    other = None
    if secondary:
        other = draw(
            st.builds(
                OtherPayer,
                order=st.just("P"),
                relation=st.sampled_from(["18", "01", "G8"]),
                filing_code=st.sampled_from(["CI", "MC"]),
                subscriber=insured(whole=False, member=True),
                payer=payers,
                paid_cents=cents,
                adjudicated_on=st.none() if by_line else days,
                payer_control_number=st.none() | text(50),
                assignment=st.booleans(),
                release=st.sampled_from(["I", "Y"]),
            )
        )
    return ProfessionalClaim(
        control_number=control_number,
        claim_id=control_number,
        order=order,
        filing_code=draw(st.sampled_from(["CI", "MB", "MC"])),
        relation=draw(st.sampled_from(["01", "19", "G8"])) if dependent else "18",
        subscriber=draw(insured(whole=not dependent, member=True)),
        patient=draw(insured(whole=True, member=False)) if dependent else None,
        payer=draw(payers),
        total_cents=draw(cents),
        place=draw(st.sampled_from(["02", "10", "11", "12"])),
        frequency=draw(st.integers(0, 9)),
        assignment=draw(st.booleans()),
        release=draw(st.sampled_from(["I", "Y"])),
        patient_paid_cents=draw(st.none() | cents),
        authorization_number=draw(st.none() | text(50)),
        payer_control_number=draw(st.none() | text(50)),
        diagnoses=tuple(draw(st.lists(diagnoses, min_size=1, max_size=12))),
        rendering=draw(st.none() | professionals),
        supervising=draw(st.none() | st.builds(Professional, name=names, npi=digits(10), taxonomy=st.none())),
        billing=draw(
            st.builds(
                BillingProvider,
                name=text(60),
                npi=digits(10),
                is_person=st.booleans(),
                taxonomy=st.none() | word(10),
                tax_id=digits(9),
                address=addresses,
            )
        ),
        other=other,
        lines=tuple(draw(st.lists(service_lines(decided=secondary and by_line), min_size=1, max_size=3))),
        medicare_secondary_reason=draw(st.sampled_from([None, "12", "43"])),
    )
