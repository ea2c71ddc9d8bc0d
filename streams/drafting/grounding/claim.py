"""What does one sentence claim? Its subject, its quotations, its own words and numbers, apart from each other. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schemas.session_file import THERAPIST
from streams.drafting.words import content, days, numbers, without_tokens

OTHER: Final = "another"
"""The subject of a sentence about somebody else in the room who is not named."""

_QUOTED = re.compile(r"“([^”]*)”|\"([^\"]*)\"")
_ICD = re.compile(r"\b[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?\b")
_THERAPIST = re.compile(r"\b(?:therapist|clinician|facilitator|counsell?or|provider)\b", re.IGNORECASE)
_BY_THERAPIST = re.compile(r"\bby the (?:therapist|clinician|facilitator)\b", re.IGNORECASE)
_NOBODYS = re.compile(r"^\W*(?:homework|with everybody|all agreed|goals?\b|theme|check-in form)", re.IGNORECASE)
_OTHER = re.compile(r"\b(?:another (?:family )?member|the partner|other members?)\b", re.IGNORECASE)
_SELF_NAMED = re.compile(
    r"^\W*(?:the )?(?:client|patient|member|participant|he|she|they)\b(?!'s (?:mother|father|partner))", re.IGNORECASE
)
_GAP = re.compile(r"…|\.\.\.|\[[a-z][^\]]*\](?:['’]s\b)?")
REPORTING: Final = content(
    """said says say stated states reported reports expressed expresses described describes shared shares noted notes
    mentioned mentions acknowledged acknowledges agreed agrees agree denied denies told tells asked asks answered
    answers
    replied replies responded responds thanked thanks praised praises apologised apologized apologises apologizes
    discussed discusses explained explains identified identifies recalled recalls indicated indicates observed observes
    proposed proposes offered offers committed commits rated rates spoke speaks speaking addressed addresses described
    client member partner family group session therapist clinician outline homework check-in form goal goals came
    attended participated engaged participation selected introduced used applied reviewed facilitated provided
    encouraged invited supported explored assessed assigned practiced practised planned continue continues next
    diagnosis file turn words everybody present everyone others another theme themes spoken possible tension review
    feeling feelings felt feels regarding related wants wanted want needs needed desire past somebody certain speaker
    confidence section record nothing documented directly statement statements linked responded expressed work worked
    came come late early left first last take took taken part parts present not present
    toward towards progress reduction increase decreased increased difficulty difficulties report concern concerns
    currently recently today week last previous during through within also both together including such own"""
)
"""Stems that frame a report; they claim nothing that a source would have to say."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """Verbatim stretches of one quotation, and who is said to have spoken it (None: not said)."""

    stretches: tuple[str, ...]
    speaker: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """`subject`: a client id, THERAPIST, OTHER or None. `plain`: the sentence without its quotations and ids."""

    text: str
    subject: str | None
    quotations: tuple[Quotation, ...]
    plain: str
    named: tuple[str, ...]
    codes: tuple[str, ...]
    evidence: tuple[str, ...]

    @property
    def stems(self) -> frozenset[str]:
        """What its own words claim."""
        return _claimed(self.plain)

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers and days in its own words."""
        return numbers(self.plain) | days(self.plain)


@lru_cache(maxsize=8192)
def _claimed(plain: str) -> frozenset[str]:
    return frozenset(one for one in content(plain) - REPORTING if not numbers(one))


class Claims:
    """Reads sentences of one session."""

    def __init__(self, client_ids: tuple[str, ...], goal_ids: tuple[str, ...], codes: tuple[str, ...]) -> None:
        self._clients = frozenset(client_ids)
        self._ids = _any_of(client_ids)
        self._codes = _any_of((*goal_ids, *client_ids, *codes))

    def of(self, text: str, evidence: tuple[str, ...], section: str | None) -> Claim:
        """The claim of a sentence that stands in the section of `section` (None: the shared part)."""
        own = self._codes.sub(" ", _QUOTED.sub(" ", text))
        plain = _ICD.sub(" ", own)
        return Claim(
            text=text,
            subject=self._subject(_QUOTED.sub(" “” ", text), section),
            quotations=tuple(self._quotations(text)),
            plain=without_tokens(plain),
            named=tuple(dict.fromkeys(match[0] for match in self._ids.finditer(text))),
            codes=tuple(dict.fromkeys(match[0] for match in _ICD.finditer(own))),
            evidence=evidence,
        )

    def _subject(self, text: str, section: str | None) -> str | None:
        if _BY_THERAPIST.search(text):
            return THERAPIST
        if _NOBODYS.match(text) or " took part." in text:
            return None
        first = self._ids.search(text)
        therapist = _THERAPIST.search(text)
        other = _OTHER.search(text)
        places = sorted(
            (match.start(), who)
            for match, who in ((first, first and first[0]), (therapist, THERAPIST), (other, OTHER))
            if match is not None and who is not None
        )
        if _SELF_NAMED.match(text) and section is not None and not _OTHER.match(text):
            return section
        return places[0][1] if places else section

    def _quotations(self, text: str) -> list[Quotation]:
        found = []
        at = 0
        for match in _QUOTED.finditer(text):
            before = text[at : match.start()]
            at = match.end()
            quoted = match[1] if match[1] is not None else match[2]
            stretches = tuple(part.strip(" ,;:–—-") for part in _GAP.split(quoted))
            found.append(Quotation(tuple(filter(None, stretches)), self._speaker(before)))
        return found

    def _speaker(self, before: str) -> str | None:
        if re.search(r"\basked\s*$", before, re.IGNORECASE) and not self._ids.search(before):
            return None
        if re.search(r"\bhomework\b", before, re.IGNORECASE):
            return None
        places = [(match.start(), match[0]) for match in (self._ids.search(before),) if match]
        places += [(match.start(), OTHER) for match in (_OTHER.search(before),) if match]
        if re.search(r"\btherapist(?!'s outline)\b", before, re.IGNORECASE) and not places:
            return THERAPIST
        if re.search(r"\b(?:outline|form|goal|note)\b", before, re.IGNORECASE):
            return None
        return min(places)[1] if places else None


def _any_of(ids: tuple[str, ...]) -> re.Pattern[str]:
    listed = "|".join(re.escape(one) for one in sorted(filter(None, ids), key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{listed})(?![\w-])") if listed else re.compile(r"(?!)")
