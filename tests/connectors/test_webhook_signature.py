"""Who signed what, when: every way a signature can be wrong."""

import hashlib
import hmac

import pytest

from connectors.webhook_signature import MAX_SIGNATURES, Verdict, sign, verdict

SECRET = "the secret of this test"
OLD_SECRET = "the secret before this one"
NOW = 1_772_461_800
BODY = b'{"changes":[]}'
RIGHT = sign(SECRET, NOW, BODY)


def judge(
    timestamps: list[str] | None = None,
    signatures: list[str] | None = None,
    body: bytes = BODY,
    secrets: tuple[str, ...] = (SECRET,),
    now: float = NOW,
) -> Verdict:
    return verdict(
        secrets,
        [str(NOW)] if timestamps is None else timestamps,
        [RIGHT] if signatures is None else signatures,
        body,
        now,
        300,
    )


def test_the_signature_is_what_the_documentation_says() -> None:
    by_hand = hmac.new(SECRET.encode(), f"{NOW}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert f"v1={by_hand}" == RIGHT


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("signed now", judge()),
        ("signed five minutes ago", judge(now=NOW + 300)),
        ("signed by a clock five minutes ahead", judge(now=NOW - 300)),
        ("signed with the new secret while both hold", judge(secrets=(OLD_SECRET, SECRET))),
        ("signed with both secrets, one header", judge(signatures=[f"{sign(OLD_SECRET, NOW, BODY)}, {RIGHT}"])),
        ("signed with both secrets, two headers", judge(signatures=[sign(OLD_SECRET, NOW, BODY), RIGHT])),
        ("a newer version beside ours", judge(signatures=[f"v2=abc,{RIGHT}"])),
        ("upper-case digits", judge(signatures=["v1=" + RIGHT.removeprefix("v1=").upper()])),
        (
            "a timestamp with a leading zero, signed so",
            judge(
                [f"0{NOW}"],
                ["v1=" + hmac.new(SECRET.encode(), f"0{NOW}.".encode() + BODY, hashlib.sha256).hexdigest()],
            ),
        ),
    ],
)
def test_a_right_signature_is_taken(what: str, said: Verdict) -> None:
    assert said is Verdict.SIGNED, what


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("another secret", judge(signatures=[sign("some other secret....", NOW, BODY)])),
        ("a secret that was taken out of use", judge(signatures=[sign(OLD_SECRET, NOW, BODY)])),
        ("a changed body", judge(body=BODY + b" ")),
        ("a changed timestamp", judge([str(NOW + 1)])),
        ("the same number written otherwise", judge([f"0{NOW}"])),
        ("nobody has a secret", judge(secrets=())),
        ("zeros", judge(signatures=["v1=" + "0" * 64])),
    ],
)
def test_a_wrong_signature_is_refused_without_saying_what_was_wrong(what: str, said: Verdict) -> None:
    assert said is Verdict.WRONG_SIGNATURE, what


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("just over five minutes old", judge(now=NOW + 300.5)),
        ("just over five minutes ahead", judge(now=NOW - 300.5)),
        ("the beginning of time", judge(["0"])),
        ("milliseconds instead of seconds", judge([f"{NOW}000"[:12]])),
        ("old, and signed wrongly as well", judge(now=NOW + 9_999, signatures=["v1=" + "0" * 64])),
    ],
)
def test_a_moment_too_far_from_our_clock_is_refused(what: str, said: Verdict) -> None:
    assert said is Verdict.OUTSIDE_WINDOW, what


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no timestamp", judge([])),
        ("two timestamps", judge([str(NOW), str(NOW)])),
        ("no signature", judge(signatures=[])),
        ("an empty signature", judge(signatures=[""])),
        ("no version", judge(signatures=[RIGHT.removeprefix("v1=")])),
        ("another version only", judge(signatures=["v2=" + "0" * 64])),
        ("a digit short", judge(signatures=[RIGHT[:-1]])),
        ("a digit too many", judge(signatures=[RIGHT + "0"])),
        ("base64", judge(signatures=["v1=" + "A" * 43 + "="])),
        ("a timestamp with a sign", judge([f"+{NOW}"])),
        ("a timestamp with a fraction", judge([f"{NOW}.0"])),
        ("a timestamp in other digits", judge(["١٧٧٢٤٦١٨٠٠"])),
        ("a superscript two", judge(["²"])),
        ("a timestamp with spaces", judge([f" {NOW}"])),
        ("a very long timestamp", judge(["1" * 5_000])),
        ("ours behind too many others", judge(signatures=[",".join(["v2=x"] * 2 * MAX_SIGNATURES + [RIGHT])])),
    ],
)
def test_headers_of_another_form_are_unsigned(what: str, said: Verdict) -> None:
    assert said is Verdict.UNSIGNED, what


def test_no_more_than_a_few_signatures_are_tried() -> None:
    many = ["v1=" + f"{number:064x}" for number in range(MAX_SIGNATURES)]
    assert judge(signatures=[*many, RIGHT]) is Verdict.WRONG_SIGNATURE
    assert judge(signatures=[*many[1:], RIGHT]) is Verdict.SIGNED
