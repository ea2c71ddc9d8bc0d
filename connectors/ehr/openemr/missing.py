"""For which facts that rules need has OpenEMR no place of its own, and how does a practice say that it has one?

Declarations only. The words are those of `Practice.not_kept`; what has no "how" cannot be configured.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PLACES: Final[Mapping[str, tuple[str, str | None]]] = MappingProxyType(
    {
        "attendance_times": ("when a participant came and left", '[minutes] form = "LBF…"'),
        "authorizations": ("authorisations", "prior_authorizations = true"),
        "billing_release": ("releases for billing", '[[consents]] kind = "billing_release"'),
        "claim_answers": ("what a payer answered to a claim, and when", None),
        "claim_numbers": ("provider numbers as printed on a claim", None),
        "client_location": ("where a client is during telehealth", None),
        "conjoint_agreement": ("agreements of couples and families", '[[consents]] kind = "conjoint_agreement"'),
        "consent_signers": ("who signed a consent for whom", None),
        "consent_times": ("the time of day a consent was signed", None),
        "eligibility": ("payers' answers about eligibility", None),
        "enrollments": ("with which payers a clinician is enrolled", None),
        "group_agreement": ("group agreements", '[[consents]] kind = "group_agreement"'),
        "identified_patient": ("the identified patient of a couple or family", None),
        "licenses": ("the state of a clinician's licence", 'license_state = "…"'),
        "observation": ("consents to observers", '[[consents]] kind = "observation"'),
        "place_of_service": ("the place of service of a claim", None),
        "plans": ("treatment plans with the kinds of session they cover", None),
        "session_times": ("when a session really began and ended", None),
        "telehealth": ("consents to telehealth", '[[consents]] kind = "telehealth"'),
        "treatment": ("consents to treatment", '[[consents]] kind = "treatment"'),
    }
)
"""Fact → what it is, and the line of the practice's configuration that says where it is kept."""
