"""Who sends this practice's claims, and to whom? From the practice's record and its policy's `electronic_claims`. Pure.

What is not set has a default that is said, and the file is marked as a test until the policy says `production`.
"""

from typing import Any

from schemas.professional_claim import Sender
from streams.cases import PracticeView
from streams.claims.sendable import sendable

POLICY_KEY = "electronic_claims"
"""{submitter_id, submitter_name, contact_name, contact_phone, receiver_id, receiver_name, production}"""
_NO_PHONE, _NO_RECEIVER = "0000000000", "RECEIVER"


def sender_of(practice: PracticeView) -> tuple[Sender | None, tuple[str, ...]]:
    """The sender, and what was not set; None if what is set, or the practice's own numbers, cannot be sent."""
    record = practice.record.data
    own = (practice.policy.model_extra or {}).get(POLICY_KEY)
    set_: dict[str, Any] = own if isinstance(own, dict) else {}
    cautions = []
    digits = "".join(character for character in str(set_.get("contact_phone") or "") if character.isdigit())
    if len(digits) != 10:
        cautions.append(f"No telephone of the billing office is set ({POLICY_KEY}.contact_phone in the policy).")
    receiver = _identifier(set_.get("receiver_id"))
    if receiver is None:
        cautions.append(f"No receiver is set ({POLICY_KEY}.receiver_id in the policy).")
    if not set_.get("production"):
        cautions.append(f"The file is marked as a test ({POLICY_KEY}.production in the policy).")
    name = sendable(record.name, 60)
    data = {
        "submitter_id": _identifier(set_.get("submitter_id")) or _identifier(record.tax_id) or _identifier(record.npi),
        "submitter_name": sendable(_text(set_.get("submitter_name")), 60) or name,
        "contact_name": sendable(_text(set_.get("contact_name")), 60) or "BILLING OFFICE",
        "contact_phone": digits if len(digits) == 10 else _NO_PHONE,
        "receiver_id": receiver or _NO_RECEIVER,
        "receiver_name": sendable(_text(set_.get("receiver_name")), 60) or receiver or _NO_RECEIVER,
        "test": not set_.get("production"),
    }
    try:
        return Sender.model_validate(data), tuple(cautions)
    except ValueError:
        return None, (*cautions, "The practice's name, tax id or NPI is missing, so no file can be sent in its name.")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _identifier(value: object) -> str | None:
    kept = "".join(c for c in str(value or "").upper() if c.isascii() and c.isalnum())
    return kept[:15] if len(kept) >= 2 else None
