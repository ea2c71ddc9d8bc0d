"""Does a consent's wording reach this far: this recipient, this purpose, these days, this moment?

Pure. Recipients and purposes are free text in every EHR, so they are compared as sets of words, in favour of the
person who wrote them: "Care coordination" is "coordination of care", "treating_providers" a "treating provider".
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache

from schemas.care import Consent, Message
from streams.cases import PracticeView, consent_holds, revoked_wholly_at
from streams.files import Held
from streams.rule import Recheck

Words = frozenset[str]

_SPLIT = re.compile(r"[^0-9a-z]+")
_FILLING = {"a", "an", "and", "at", "by", "for", "from", "in", "my", "of", "on", "or", "our", "the", "to", "with"}


@lru_cache(maxsize=4096)
def words(text: str | None) -> Words:
    """The words that matter in a short text: without case, accents, filling words and plural endings."""
    plain = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode().casefold()
    return frozenset(_singular(word) for word in _SPLIT.split(plain) if word and word not in _FILLING)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


_PROVIDERS = words(
    "provider physician doctor pcp therapist clinician psychiatrist psychologist hospital clinic nurse specialist "
    "counselor counsellor practitioner pharmacy laboratory"
)
_PAYERS = words("payer payor insurer insurance")
_OF_A_CLASS = (
    words("any treating treatment health healthcare care plan third party primary people helping operate operation")
    | words("program")
    | _PROVIDERS
    | _PAYERS
)
_OUTSIDE_CARE = words(
    "court judge attorney lawyer legal lawsuit litigation law police enforcement probation parole custody employer "
    "employment workplace school university teacher education family parent mother father spouse partner relative "
    "friend media press journalist landlord housing immigration military marketing research background"
)
"""Recipients and purposes that are nobody's treatment, payment or operations."""
_OPEN_PURPOSES = words("request any all")
_WITHOUT_CONSENT = tuple(
    words(reason) for reason in ("emergency", "audit", "court order", "abuse report", "child abuse")
)
_EVERYBODY = words("all any anyone everyone")
_TREATMENT_AND_PAYMENT = words("treatment payment")
_THE_PATIENT = words("the patient self client individual")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who is to receive something: by any of their names, and as one of a class."""

    names: tuple[Words, ...]
    classes: tuple[Words, ...]

    @classmethod
    def of(cls, message: Message) -> "Party | None":
        """The recipient of a disclosure; None if nobody is named."""
        recipient = message.recipient
        if recipient is None or not (recipient.name or recipient.class_):
            return None
        return cls(_known(recipient.name), _known(recipient.class_))

    @classmethod
    def payer(cls, payer_id: str | None, practice: PracticeView) -> "Party":
        """The payer of a claim."""
        return _payer(payer_id, practice.policy.payer(payer_id).name)

    @property
    def of_known_class(self) -> bool:
        """A provider, payer or operator, or plainly somebody else; not a word nobody can place."""
        return any(_class_of(class_) or class_ & _OUTSIDE_CARE for class_ in self.classes)

    @property
    def is_the_patient(self) -> bool:
        """The person whose record it is."""
        return any(class_ <= _THE_PATIENT for class_ in self.classes)


@lru_cache(maxsize=1024)
def _payer(payer_id: str | None, name: str) -> Party:
    return Party((*_known(payer_id), *_known(name)), (words("health plan"), words("third-party payer")))


def _known(text: str | None) -> tuple[Words, ...]:
    known = words(text)
    return (known,) if known else ()


AI_VENDOR = Party((), (words("AI vendor"), words("AI"), words("AI assistance")))


def names(entries: Iterable[str], party: Party) -> bool:
    """One of the entries is this party, by name or by exactly its class."""
    for entry in entries:
        written = words(entry)
        if not written:
            continue
        if any(written <= name or name <= written for name in party.names):
            return True
        if any(written == class_ for class_ in party.classes):
            return True
        # "treating providers" and "provider" are one class; "Lakeside Insurance" is a name though it tells the class
        if written <= _OF_A_CLASS and any(_class_of(written) & _class_of(class_) for class_ in party.classes):
            return True
    return False


def reaches(entries: Iterable[str], party: Party) -> bool:
    """As `names`; moreover a general description ("my treating providers, health plans …") covers whoever is of it."""
    entries = tuple(entries)
    if names(entries, party):
        return True
    for entry in entries:
        written = words(entry)
        if written & _EVERYBODY:
            return True
        if "tpo" in written or written >= _TREATMENT_AND_PAYMENT:
            written |= frozenset(("provider", "payer", "operation"))
        if any(class_ <= written or _class_of(written) & _class_of(class_) for class_ in party.classes):
            return True
    return False


def _class_of(written: Words) -> frozenset[str]:
    found = set()
    if written & _PROVIDERS:
        found.add("provider")
    if written & _PAYERS or written & words("payment billing") or words("health plan") <= written:
        found.add("payer")
    if "operation" in written or "operate" in written:
        found.add("operations")
    return frozenset(found)


def same_purpose(granted: str, wanted: str) -> bool:
    """One is the other, or part of it."""
    given, asked = words(granted), words(wanted)
    return bool(given & _OPEN_PURPOSES) or asked <= given or given <= asked


def outside_care(text: str | None) -> bool:
    """A recipient or purpose that is plainly not treatment, payment or health care operations."""
    return bool(words(text) & _OUTSIDE_CARE)


def lawful_without_consent(message: Message) -> bool:
    """To the patient, or for a purpose for which the law asks no consent (domain-facts §2.1, exceptions)."""
    party, purpose = Party.of(message), words(message.purpose)
    return (party is not None and party.is_the_patient) or any(reason <= purpose for reason in _WITHOUT_CONSENT)


def within(granted: Sequence[date | None], wanted: Sequence[date | None]) -> bool | None:
    """The wanted days lie within the granted ones, both ends inclusive; None if the wanted ones are not recorded."""
    if len(granted) != 2 or granted == (None, None):
        return True
    (first, last), (start, end) = granted, wanted if len(wanted) == 2 else (None, None)
    if first is not None and (start is not None and start < first):
        return False
    if last is not None and (end is not None and end > last):
        return False
    unknown = (first is not None and start is None) or (last is not None and end is None)
    return None if unknown else True


# --- at a moment, for a recipient --------------------------------------------------------------------------------


def revoked_for_at(consent: Consent, party: Party | None) -> datetime | None:
    """When it was revoked, as a whole or for this recipient; None = it was not.

    A partial revocation counts for the recipients it names; of a Part 2 consent only in writing (domain-facts §2.1).
    """
    whole, revocation = revoked_wholly_at(consent), consent.revocation
    if revocation is None or revocation.scope != "partial" or party is None:
        return whole
    if consent.kind.startswith("part2") and revocation.in_writing is False:
        return whole
    if not names(revocation.recipients, party):
        return whole
    moments = [at for at in (whole, revocation.at or consent.signed_at) if at is not None]
    return min(moments, default=None)


def holds_for(consent: Consent, moment: datetime, party: Party | None = None) -> bool:
    """Signed, not expired, and not revoked at that moment for this recipient."""
    revoked_at = revoked_for_at(consent, party)
    return consent_holds(consent, moment) and (revoked_at is None or revoked_at > moment)


def turning_points(consents: Iterable[Held[Consent]], now: datetime) -> Iterator[Recheck]:
    """The moments ahead at which time alone changes what these consents allow."""
    for consent in consents:
        data = consent.data
        revoked_at = None if data.revocation is None else data.revocation.at
        for moment in (data.signed_at, data.expires, data.revoked_at, revoked_at):
            if moment is not None and moment > now:
                yield Recheck(moment)


class Standing(Enum):
    """Where a job stands that was asked for at one moment and is still waiting at another."""

    CONSENTED = "consented"
    REVOKED_SINCE = "revoked since"
    NOT_CONSENTED = "not consented"


def standing(
    consents: Iterable[Held[Consent]], asked_at: datetime | None, now: datetime, party: Party | None = None
) -> Standing:
    """Whether any of the consents carries a job that waits now; if it was revoked since the job was asked for, that
    is another thing to do (C14) than if there was none."""
    consents = tuple(consents)
    if any(holds_for(consent.data, now, party) for consent in consents):
        return Standing.CONSENTED
    if asked_at is not None and any(revoked_since(consent.data, asked_at, now, party) for consent in consents):
        return Standing.REVOKED_SINCE
    return Standing.NOT_CONSENTED


def revoked_since(consent: Consent, asked_at: datetime, now: datetime, party: Party | None = None) -> bool:
    """It held when the job was asked for, and has been revoked by now."""
    revoked_at = revoked_for_at(consent, party)
    return revoked_at is not None and revoked_at <= now and holds_for(consent, asked_at, party)
