"""The session all de-identification tests share: eight people whose names are hard."""

from typing import Any

from schemas.session_file import Session

_PARTICIPANTS: list[dict[str, Any]] = [
    {
        "client_id": "C101",
        "legal_name": "Robert Garcia",
        "preferred_name": "Bob",
        "birth_date": "1980-03-03",
        "phone": "(603) 555-0142",
        "address": "48 Maple Street, Concord, NH 03301",
        "mrn": "CP-2041",
        "contacts": [{"name": "Maya Garcia", "relation": "daughter"}],
    },
    {
        "client_id": "C102",
        "legal_name": "Elizabeth Garcia",
        "preferred_name": "Elizabeth",
        "birth_date": "1984-07-21",
        "email": "elizabeth.garcia@example.com",
        "employer": "Stonewall Hospice",
    },
    {"client_id": "C103", "legal_name": "William Mark Baker", "preferred_name": "Will", "birth_date": "1990-12-01"},
    {
        "client_id": "C104",
        "legal_name": "Siobhán O'Brien-Nakamura",
        "preferred_name": "Siobhán",
        "nicknames": ["Shiv"],
        "school": "Roosevelt High School",
        "birth_date": "2001-01-31",
    },
    {"client_id": "C105", "legal_name": "Nguyễn Thị Hương", "preferred_name": "Hương", "birth_date": "1975-05-10"},
    {"client_id": "C106", "legal_name": "DeShawn Jackson Jr.", "birth_date": "1999-09-09", "mrn": "0048213"},
    {"client_id": "C107", "legal_name": "Hope Okonkwo", "preferred_name": "Hope", "birth_date": "1988-11-14"},
    {
        "client_id": "C108",
        "legal_name": "José María de la Cruz",
        "preferred_name": "José",
        "nicknames": ["Chema"],
        "birth_date": "1969-10-02",
    },
]


def hard_names(**more: Any) -> Session:
    """A group of eight with names that are ordinary words, have accents, hyphens, apostrophes or a shared surname."""
    return Session.model_validate(
        {
            "id": "S-1",
            "kind": "group",
            "clinician": {"clinician_id": "K-1", "name": "Dr. Tiberius Malloy, LMFT"},
            "started_at": "2026-11-02T18:30:00-05:00",
            "unit": {"unit_id": "U-1", "name": "Tuesday DBT skills", "type": "group"},
            "participants": _PARTICIPANTS,
        }
        | more
    )
