"""Was the form signed in time, and is the signature one? C18 and C19, case by case."""

from typing import Any

import pytest

from tests.streams.scenario import (
    SIGNED,
    Case,
    Scenario,
    at,
    clean_couple,
    clean_family,
    clean_group,
    hold,
    holds,
    signature,
    warn,
)

BEN = {"session": "S-1", "client": "C-BEN"}
TREATMENT = "CON-BEN-treatment"
C01 = hold("C01", **BEN)
C18_ = warn("C18", **BEN, consent=TREATMENT)


def signed(moment: str, consent: str = TREATMENT, **fields: Any) -> Scenario:
    """The form says it was signed then; it was entered at once."""
    scenario = clean_group()
    data = scenario.data(consent)
    signers = [{**signer, "at": at(moment)} for signer in data["signers"]]
    return scenario.without(consent).add(
        "consent", consent, moment, **{**data, "signed_at": at(moment), "signers": signers, **fields}
    )


def late_agreement() -> Scenario:
    return signed("2026-04-16 09:00", "CON-BEN-group_agreement")


C18: dict[str, Case] = {
    "a day after, dated back to before": (signed("2026-04-16 09:00", effective="2026-03-11"), [C01, C18_]),
    "a day after, and says nothing of the past": (signed("2026-04-16 09:00"), [C01, C18_]),
    "dated to before, but the signature bears the day after": (
        signed("2026-04-16 09:00").set(TREATMENT, signed_at=at(SIGNED)),
        [C18_],
    ),
    "a minute after the end": (signed("2026-04-15 19:01"), [C01, C18_]),
    "at the end to the minute": (signed("2026-04-15 19:00"), [C01]),
    "while the session ran": (signed("2026-04-15 18:40"), [C01]),
    "a day after, and claims to cover only later ones": (signed("2026-04-16 09:00", effective="2026-04-16"), [C01]),
    "on paper in time, and entered a day after": (
        clean_group()
        .without(TREATMENT)
        .consent("BEN", "treatment", entered="2026-04-16 09:00", expires=at("2027-03-11 23:59")),
        [],
    ),
    "a renewal while the earlier form still held": (
        clean_group().consent("BEN", "treatment", signed="2026-04-16 09:00", id_="CON-RENEWED"),
        [],
    ),
    "the group's agreement": (
        late_agreement(),
        [
            hold("C02", **BEN, group="G-1"),
            warn("C18", **BEN, consent="CON-BEN-group_agreement"),
        ],
    ),
    "the agreement for the cycle after this one": (
        clean_group().group_agreement("BEN", signed="2026-04-16 09:00", id_="CON-NEXT", cycle="CY-2"),
        [],
    ),
    "the conjoint agreement": (
        clean_couple()
        .without("CON-QUINN-conjoint_agreement")
        .consent(
            "QUINN",
            "conjoint_agreement",
            signed="2026-04-16 09:00",
            unit="CP-1",
            composition=["C-PAT", "C-QUINN"],
            no_secrets_policy=True,
        ),
        [
            hold("C04", session="S-1", couple="CP-1", client="C-QUINN"),
            warn("C18", session="S-1", client="C-QUINN", consent="CON-QUINN-conjoint_agreement"),
        ],
    ),
    "a child in the family signs none": (
        clean_family().consent(
            "TEO", "conjoint_agreement", signed="2026-04-16 09:00", unit="F-1", composition=["C-RUTH", "C-SAM", "C-TEO"]
        ),
        [],
    ),
    "by somebody who had missed the session": (signed("2026-04-16 09:00").miss("S-1", "BEN"), []),
    "a form the session did not need, dated back to it": (
        signed("2026-04-15 21:30", "CON-BEN-billing_release", effective="2026-03-11"),
        [warn("C18", **BEN, consent="CON-BEN-billing_release")],
    ),
    "a billing release is signed when it is needed": (signed("2026-04-15 21:30", "CON-BEN-billing_release"), []),
}


@pytest.mark.parametrize("case", C18.values(), ids=C18.keys())
def test_a_form_is_signed_before_the_session_it_covers(case: Case) -> None:
    holds(case)


C19_ = warn("C19", client="C-BEN", consent=TREATMENT)


def signer(**fields: Any) -> Scenario:
    known = signature("C-BEN", "self", SIGNED)
    return clean_group().set(TREATMENT, signers=[{**known, **fields}])


def newer_form(**fields: Any) -> Scenario:
    known = {
        "kind": "treatment",
        "version": "v2",
        "language": "en",
        "supersedes": "v1",
        "material_change": True,
        "effective": "2026-04-01",
    }
    return clean_group().add("form", "FORM-2", "2026-03-20 09:00", **{**known, **fields})


EVERYBODY_C19 = [
    warn("C19", client=f"C-{who}", consent=f"CON-{who}-treatment") for who in ("ANA", "BEN", "CLEO", "DREW")
]

C19: dict[str, Case] = {
    "identity, time and document are all there": (signer(), []),
    "the identity was not verified": (signer(identity_verified=False), [C19_]),
    "whether the identity was verified is not recorded": (signer(identity_verified=None), [C19_]),
    "no time": (signer(at=None), [C19_]),
    "nothing says what was signed": (signer(document_hash=None), [C19_]),
    "who signed is not recorded": (clean_group().set(TREATMENT, signers=[]), [C19_]),
    "one of two signatures lacks its time": (
        clean_group().set(
            TREATMENT,
            signers=[signature("C-BEN", "self", SIGNED), {**signature("C-ANA", "guardian", SIGNED), "at": None}],
        ),
        [C19_],
    ),
    "signed anew as it should be": (
        signer(document_hash=None).consent("BEN", "treatment", signed="2026-04-01 09:00", id_="CON-ANEW"),
        [],
    ),
    "expired": (
        signer(document_hash=None).set(TREATMENT, expires=at("2026-04-16 09:00")),
        [],
    ),
    "a clinician's own consent": (
        clean_group().recorded("S-1").set("CON-REYES-recording", signers=[]),
        [warn("C19", clinician="CL-REYES", consent="CON-REYES-recording")],
    ),
    "a newer version that changed something that matters": (newer_form(), EVERYBODY_C19),
    "a newer version that changed a comma": (newer_form(material_change=False), []),
    "a newer version from tomorrow on": (newer_form(effective="2026-04-17"), []),
    "a newer version from today on": (newer_form(effective="2026-04-16"), EVERYBODY_C19),
    "a newer version of another form": (newer_form(kind="telehealth"), []),
    "a newer version in another language": (newer_form(language="es"), []),
    "a newer version, signed by all but one": (
        newer_form()
        .set("CON-ANA-treatment", version="v2")
        .set("CON-CLEO-treatment", version="v2")
        .set("CON-DREW-treatment", version="v2"),
        [C19_],
    ),
    "two versions on, and the first of them mattered": (
        newer_form().add(
            "form",
            "FORM-3",
            "2026-03-21 09:00",
            kind="treatment",
            version="v3",
            language="en",
            supersedes="v2",
            material_change=False,
            effective="2026-04-02",
        ),
        EVERYBODY_C19,
    ),
    "two versions on, and only the second mattered": (
        newer_form(material_change=False).add(
            "form",
            "FORM-3",
            "2026-03-21 09:00",
            kind="treatment",
            version="v3",
            language="en",
            supersedes="v2",
            material_change=True,
            effective="2026-04-02",
        ),
        EVERYBODY_C19,
    ),
}


@pytest.mark.parametrize("case", C19.values(), ids=C19.keys())
def test_a_signature_has_identity_time_and_document_and_its_form_is_current(case: Case) -> None:
    holds(case)


def test_a_new_version_is_told_on_the_day_it_takes_effect() -> None:
    scenario = newer_form(effective="2026-04-20")
    assert scenario.found("2026-04-19 23:00") == []
    assert scenario.found("2026-04-20 01:00") == EVERYBODY_C19
