"""How do we say it to a person? Severities, money, moments, denial codes and dead-letter reasons in plain words.

Pure. Every word on a page that stands for a code comes from here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.reasons import Reason

SEVERITY_NAMES: Mapping[str, str] = {"block": "Block", "hold": "Hold", "warn": "Warn"}
SEVERITY_MEANINGS: Mapping[str, str] = {
    "block": "Must not go out like this",
    "hold": "Waits until somebody has looked",
    "warn": "Worth knowing, nothing is stopped",
}
KIND_NAMES: Mapping[str, str] = {"consent": "Consent", "billing": "Billing"}
STATE_NAMES: Mapping[str, str] = {"open": "Open", "resolved": "Resolved", "all": "All"}
ROLE_NAMES: Mapping[str, str] = {
    "assistant": "Assistant",
    "associate": "Associate",
    "clinician": "Clinician",
    "supervisor": "Supervisor",
    "manager": "Manager",
    "biller": "Biller",
    "compliance": "Compliance officer",
    "admin": "Administrator",
}
CONSENT_NAMES: Mapping[str, str] = {
    "ai_assistance": "AI assistance",
    "part2_tpo": "Part 2 TPO consent",
    "part2_specific": "Part 2 specific consent",
    "roi": "Release of information",
}
SUBJECT_NAMES: Mapping[str, str] = {
    "session": "Session",
    "client": "Client",
    "claim": "Claim",
    "group": "Group",
    "family": "Family",
    "couple": "Couple",
    "clinician": "Clinician",
    "consent": "Consent",
    "note": "Note",
    "recording": "Recording",
    "message": "Message",
    "coverage": "Coverage",
    "authorization": "Authorization",
}
DENIALS: Mapping[str, str] = {
    "4": "Modifier does not fit the procedure, or is missing",
    "5": "Procedure does not fit the place of service",
    "6": "Procedure does not fit the patient’s age",
    "8": "Procedure does not fit the provider’s type or specialty",
    "11": "Diagnosis does not fit the procedure",
    "15": "Authorization number missing, invalid or for another service",
    "16": "Claim lacks information or has a submission error",
    "18": "Exact duplicate",
    "22": "Another payer comes first",
    "23": "Earlier payer’s decision is missing or differs",
    "24": "Covered by a managed care plan",
    "26": "Before coverage began",
    "27": "After coverage ended",
    "29": "Time limit for filing has passed",
    "31": "Patient not identified as insured",
    "50": "Not seen as medically necessary",
    "96": "Not covered",
    "97": "Included in another service",
    "109": "Sent to the wrong payer",
    "119": "Benefit maximum reached",
    "146": "Diagnosis invalid on the date of service",
    "150": "Level of service not supported",
    "151": "This many or this frequent not supported",
    "167": "Diagnosis not covered",
    "181": "Procedure code invalid on the date of service",
    "182": "Modifier invalid on the date of service",
    "185": "Rendering provider not eligible for this service",
    "197": "Authorization missing",
    "198": "Authorization exceeded",
    "200": "Lapse in coverage",
    "204": "Not part of the patient’s plan",
    "206": "Provider number missing",
    "208": "Provider number not matched",
    "222": "More units than the contract allows",
    "226": "Provider did not supply information",
    "227": "Patient did not supply information",
    "234": "Not paid separately",
    "236": "Cannot be combined with another procedure of the day",
    "252": "Documentation needed",
    "B7": "Provider not certified on the date of service",
}
LETTER_REASONS: Mapping[str, str] = {
    Reason.UNDECODABLE: "Nobody can read these bytes",
    Reason.UNKNOWN_ENTITY: "A kind of record we do not know",
    Reason.UNKNOWN_WORD: "A status word we have no meaning for",
    Reason.IMPOSSIBLE_VALUE: "Readable, but it cannot be true",
    Reason.UNAVAILABLE_VALUE: "The source left a value out",
    Reason.TOO_LARGE: "Too large to be taken in",
    Reason.NO_PRACTICE: "Belongs to no practice",
    Reason.FAILED: "Our own code failed on it",
}
LETTER_ADVICE: Mapping[str, str] = {
    Reason.UNDECODABLE: "Ask whoever runs the source what it sent. Replaying helps once a newer version can read it.",
    Reason.UNKNOWN_ENTITY: "The adapter sends something the vocabulary lacks. Replay after Conjoint was updated.",
    Reason.UNKNOWN_WORD: "Give the adapter a meaning for the word, then replay.",
    Reason.IMPOSSIBLE_VALUE: "Correct the record in the EHR. The correction arrives by itself, without a replay.",
    Reason.UNAVAILABLE_VALUE: "Set the table’s replica identity to FULL, then touch the record in the EHR.",
    Reason.TOO_LARGE: "Shorten the record in the EHR, or ask for a higher bound.",
    Reason.NO_PRACTICE: "Give the record a practice in the EHR; the correction arrives by itself.",
    Reason.FAILED: "Tell whoever runs Conjoint. Replay it once a corrected version is installed.",
}


def consent(kind: str) -> str:
    """A kind of consent in words, such as “Group agreement”."""
    return CONSENT_NAMES.get(kind, kind.replace("_", " ").capitalize())


def denial(code: str) -> str:
    """What a denial code (CARC) means, or an empty text for one we do not know."""
    return DENIALS.get(code, "")


def money(cents: int | None) -> str:
    """Dollars, such as “$1,234.50”; whole dollars without cents; empty for None."""
    if cents is None:
        return ""
    sign, dollars = ("−" if cents < 0 else ""), abs(cents) / 100
    return f"{sign}${dollars:,.0f}" if cents % 100 == 0 else f"{sign}${dollars:,.2f}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in the coarsest unit that is still true. The script of the pages says it the same way."""
    seconds = (now - moment) // timedelta(seconds=1)
    if seconds < -60:
        return f"in {_span(-seconds)}"
    return "just now" if seconds < 60 else f"{_span(seconds)} ago"


def _span(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "a moment"


def exactly(moment: datetime, zone: ZoneInfo) -> str:
    """To the second, with the weekday and the zone: “Mon, Jan 5, 2026, 2:05:09 PM EST”."""
    local = moment.astimezone(zone)
    return f"{local:%a, %b} {local.day}, {local.year}, {local.hour % 12 or 12}:{local:%M:%S %p %Z}"


def to_the_minute(moment: datetime, zone: ZoneInfo) -> str:
    """Short: “Jan 5, 2:05 PM”."""
    local = moment.astimezone(zone)
    return f"{local:%b} {local.day}, {local.hour % 12 or 12}:{local:%M %p}"


def counted(count: int, one: str, many: str = "") -> str:
    """“1 finding”, “1,204 findings”."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
