"""Which rules stay silent where an EHR has no place for what they need? A word for each such fact, and who needs it.

A fact that a practice could record and did not is "Not recorded", said once for the case. A fact that its EHR has no
place for is nobody's omission: saying so for every session would bury what is wrong.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NEEDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        rule: frozenset(words.split())
        for rule, words in {
            "C01": "treatment",
            "C02": "group_agreement",
            "C03": "group_agreement",
            "C04": "conjoint_agreement",
            "C05": "treatment consent_signers",
            "C06": "treatment consent_signers",
            "C07": "telehealth client_location",
            "C18": "consent_times",
            "C19": "consent_signers",
            "C20": "observation",
            "C21": "billing_release",
            "C24": "consent_signers",
            "C25": "consent_signers",
            "B06": "identified_patient",
            "B07": "identified_patient",
            "B08": "identified_patient",
            "B09": "identified_patient",
            "B10": "session_times",
            "B11": "session_times",
            "B12": "attendance_times",
            "B15": "session_times",
            "B21": "eligibility",
            "B22": "eligibility",
            "B24": "authorizations",
            "B25": "authorizations",
            "B31": "plans",
            "B32": "place_of_service",
            "B33": "licenses",
            "B34": "licenses enrollments",
            "B41": "plans",
            "B43": "claim_answers",
            "B45": "claim_numbers",
        }.items()
    }
)
"""Rule → the facts without which it would ask, for every case, for what cannot be recorded."""

WORDS: Final = frozenset(word for words in NEEDS.values() for word in words)
"""Every word an adapter may declare as not kept that silences a rule."""


def silent(rule_id: str, not_kept: frozenset[str]) -> bool:
    """Whether a rule needs something this practice's EHR has no place for."""
    return not not_kept.isdisjoint(NEEDS.get(rule_id, ()))
