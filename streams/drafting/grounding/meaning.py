"""Does a sentence mean what its evidence means: the same person, the same way round, the same about risk?

Checks like those in checks.py, each for itself; pure.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from schemas.session_file import THERAPIST
from streams.drafting.grounding.claim import OTHER, Claim
from streams.drafting.grounding.evidence import Evidence, Item, sentences_of, text_of
from streams.drafting.grounding.same_meaning import alike
from streams.drafting.local.answers import answer
from streams.drafting.polarity import mentions, not_asked, without_idioms
from streams.drafting.words import STOP_WORDS, content, stem, tokens

_NEGATES = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|without|neither|nor|cannot|(?:do"
    r"|does|did|would|could|should|have|has|had|is|are|was|were|wo|ca)n'?t"
    r"|"
    r"dont|doesnt|didnt|wouldnt|couldnt|havent|hasnt|isnt|wasnt|wont|cant)\b",
    re.IGNORECASE,
)
_NEGATES_SOFTLY = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|refus\w+|declin\w+|unable|avoid\w*|skip\w*"
    r"|miss(?:ed|es|ing)?|stop\w*|quit\w*|lack\w*|fail\w*|unwilling|forg[eo]t\w*"
    r"|absent|barely|hardly|"
    r"rarely|less|few|lost|left|withdr\w+|hate\w*|difficult\w*|struggl\w*|away"
    r"|hard|un\w{4,}|reject\w*|cancel\w*|disagree\w*|only|alone|trouble|instead"
    r"|reduc\w+)\b",
    re.IGNORECASE,
)
_DENIED_VERB = re.compile(
    r"(?:\b(?:not|never)|n't|\b(?:did|do|does|have|has|had|was|is)nt) (?:really |even |actually |ever )?(\w{3,})"
)
_ONLY = re.compile(r"\bonly\b", re.IGNORECASE)
_WHOLLY = re.compile(r"\b(?:all|any|ever|never|at all|once|entire|whole)\b", re.IGNORECASE)
_SUPPOSES = re.compile(
    r"\b(?:would|could|might|if|suppos\w+|imagin\w+|hypothetical\w*|wish\w*|hop(?:e|es|ed|ing))\b", re.IGNORECASE
)
_DOUBTS = re.compile(
    r"\b(?:s[ck]eptical|reluctan\w*|hesitan\w*|unsure|ambivalen\w*|not (?:sure"
    r"|ready)|doubt\w*|refus\w*|declin\w*|on the fence)\b",
    re.IGNORECASE,
)
_RESPONDS = re.compile(
    r"\b(?:respond(?:s|ed|ing)?|repl(?:y|ies|ied|ying)|in response|answer(?:s|ed|ing)?|reacted)\b", re.IGNORECASE
)
_THIRD_PERSON = re.compile(r"^\W*(?:and |but |so |that |then )*(?:he|she|they|my \w+|his \w+|her \w+)\b", re.IGNORECASE)
_CLAUSES = re.compile(r"[,;:.!?]|\s[-–—/]\s|\b(?:but|and|so|because|although|when|while|that)\b")
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|im|ive|ill|we|we're|we've|me|us)\b", re.IGNORECASE)
_OF_OTHERS = re.compile(
    r"\b(?:(?:said|says|reported|stated|noted|described|shared|feels?|felt"
    r"|worried|concerned) (?:he|she|they|his|her|their)|"
    r"that|who|friend|mother|father|partner|wife|husband|brother|sister|son|daughter|ex|boss|teacher|coach|aunt|"
    r"uncle|cousin|someone|another|others?|peer|about|of)\b",
    re.IGNORECASE,
)
_AGREES = re.compile(
    r"\b(?:agree[ds]?|commit(?:s|ted)?|promise[ds]?|will|plans? to|consent(?:s|ed)?|accept(?:s|ed)?)\b", re.IGNORECASE
)
_AGREED_IN_NOTE = re.compile(
    r"\b(?:agree\w*|will|plans?|commit\w*|accept\w*|decid\w*|hw|home ?work"
    r"|ok|okay|willing|promis\w*|contract\w*|going to|"
    r"to (?:call|do|text|bring|write|try|keep|go|send|wait)|sends?|waits?|drafts?)\b",
    re.IGNORECASE,
)
_SAFE = re.compile(
    r"\b(?:no (?:safety|risk|acute|current|imminent|suicid\w*|self[- ]harm)\b[^.;]{0,30}"
    r"|(?:low|no|minimal|denie[sd]|den(?:y|ied) (?:any )?)\s*(?:current )?(?:risk"
    r"|SI\b|HI\b|suicid\w*|self[- ]harm|safety concerns?)|safe to (?:go|leave"
    r"|return)|contract(?:s|ed) for safety)",
    re.IGNORECASE,
)
_GRAVE = re.compile(
    r"\b(?:die[sd]?|dying|dead|death|kill\w*|suicid\w*|murder\w*|overdos\w*|self[- ]?harm\w*)\b", re.IGNORECASE
)
_SILENCE = re.compile(
    r"\bnot (?:been )?(?:documented|recorded|asked|assessed|discussed)|neither yes nor no", re.IGNORECASE
)
_OWN_RISK: Final = frozenset({"suicide", "self_harm", "safety"})


def risk_as_it_was_meant(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Whatever is said about risk was said so, by that person, in what is cited: affirmed, negated, passive, past."""
    if _SILENCE.search(claim.text) or not_asked(claim.plain):
        return None
    who = section if claim.subject in (None, OTHER, THERAPIST) else claim.subject
    items = evidence.items(claim.evidence)
    if _GRAVE.search(claim.plain) and not _GRAVE.search(without_idioms(text_of(items))):
        return "Says something about risk that its evidence does not say."
    own = _as_first_person(claim.plain, who)
    stated = [(found.topic, found.polarity) for found in mentions(own)]
    if not stated and _SAFE.search(claim.plain):
        stated = [("safety", "negated")]
    found = [hit for hit in evidence.hits(claim.evidence) if who is None or hit.client_id in (who, None)]
    for topic, polarity in stated:
        fits = [hit for hit in found if hit.topic == topic or {hit.topic, topic} <= _OWN_RISK]
        if any(hit.polarity == polarity for hit in fits):
            continue
        if not fits:
            return "Says something about risk that its evidence does not say."
        if {polarity, *(hit.polarity for hit in fits)} <= {"affirmed", "third_party"} and claim.subject != who:
            continue
        return "Turns what was said about risk into something else."
    return None


def says_it_the_same_way_round(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """What the source denies is not affirmed, and the other way round."""
    if claim.quotations or not claim.stems:
        return None
    items = evidence.items(claim.evidence)
    if (reason := _against_the_answer(claim, items)) is not None:
        return reason
    plain = claim.plain.replace("’", "'")
    source = text_of(items)
    denies = bool(_NEGATES.search(plain))
    if not denies and _denied_words(source) & set(tokens(plain)):
        return "Says what the source denies."
    if not (denies or _NEGATES_SOFTLY.search(plain)) and _denied_verbs(items) & claim.stems:
        return "Says what the source denies."
    if denies and _WHOLLY.search(plain) and not _NEGATES.search(_ONLY.sub(" ", source)) and _ONLY.search(source):
        return "Denies what the source says."
    best, best_share = "", 0.0
    for sentence in sentences_of(items):
        for clause in re.split(r"[,;:–—]|\b(?:but|and|so|because|although)\b", sentence):
            share = len([one for one in claim.stems if alike(one, content(clause))]) / len(claim.stems)
            if share > best_share:
                best, best_share = clause, share
    if best_share < 0.34:
        return None
    best = best.replace("’", "'")
    if denies and not (_NEGATES.search(source) or _NEGATES_SOFTLY.search(source)):
        return "Denies what the source says."
    if _SUPPOSES.search(best) and not _SUPPOSES.search(plain) and best_share >= 0.5:
        return "Says as fact what the source supposes."
    if _DOUBTS.search(best) and not _DOUBTS.search(plain) and not _NEGATES.search(plain):
        return "Says what the source doubts."
    if _NEGATES.search(best) and not (_NEGATES.search(plain) or _NEGATES_SOFTLY.search(plain)) and best_share >= 0.5:
        return "Says what the source denies."
    return None


def _against_the_answer(claim: Claim, items: tuple[Item, ...]) -> str | None:
    """A `no` to a question is not the question's words affirmed, a `yes` not their denial."""
    for item in items:
        if not item.asked or item.turn is None or len(items) > 2:
            continue
        by_question = len([one for one in claim.stems if alike(one, content(item.asked))]) / len(claim.stems)
        by_answer = len([one for one in claim.stems if alike(one, content(item.text))]) / len(claim.stems)
        if by_question < 0.5 or by_answer >= 0.5:
            continue
        kind, denies = answer(item.text), bool(_NEGATES.search(claim.plain) or _NEGATES_SOFTLY.search(claim.plain))
        if (kind == "no" and not denies) or (kind == "yes" and _NEGATES.search(claim.plain)):
            return "Turns an answer round."
    return None


def _denied_words(source: str) -> set[str]:
    """Words that the source says with `not` before them and nowhere without."""
    denied = {match[1] for match in re.finditer(r"(?<!\w)not (?:\w+ ){0,1}?(\w{4,})", source)}
    return {word for word in denied if len(re.findall(rf"\b{word}\b", source)) == 1}


def _denied_verbs(items: Iterable[Item]) -> frozenset[str]:
    """Stems that people say only with `didn't`, `never` or `haven't` before them: `Didn't drink it`."""
    source = " . ".join(item.text for item in items).lower().replace("’", "'")
    denied = [stem(match[1]) for match in _DENIED_VERB.finditer(source) if match[1] not in STOP_WORDS]
    counted = Counter(stem(word) for word in tokens(source))
    return frozenset(one for one in denied if counted[one] == denied.count(one))


def says_who_did_it(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """What a client tells of somebody else is not what the client did; nor is what a note says of another client."""
    who = claim.subject
    if who in (None, OTHER, THERAPIST) or claim.quotations or not claim.stems or _OF_OTHERS.search(claim.plain):
        return None
    best, best_share, whose = "", 0.0, ""
    for item in evidence.items(claim.evidence):
        if who not in item.about:
            continue
        named = who if item.turn is not None else ""
        for clause in _CLAUSES.split(item.text):
            ids = [one for one in evidence.addressing.mentioned(clause) if one in evidence.material.client_ids]
            if item.turn is None and ids:
                named = ids[0]
            share = len([one for one in claim.stems if alike(one, content(clause))]) / len(claim.stems)
            if share > best_share:
                best, best_share, whose = clause, share, named or ""
    if best_share < 0.5:
        return None
    if whose not in ("", who):
        return "Says of this person what the source says of another."
    noted = all(item.turn is None for item in evidence.items(claim.evidence))
    if not noted and _THIRD_PERSON.match(best) and not _FIRST_PERSON.search(best):
        return "Says of this person what the source says of another."
    return None


def answers_only_who_was_addressed(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Somebody responds to somebody only if the words address them; following in the transcript is not enough."""
    clients = [who for who in claim.named if who in evidence.material.client_ids]
    if len(clients) < 2 or not _RESPONDS.search(claim.plain):
        return None
    turns = [item.turn for item in evidence.items(claim.evidence) if item.turn is not None]
    for turn in turns:
        others = set(clients) - {turn.speaker}
        if turn.speaker in clients and others & set(turn.to):
            return None
    return "Says that one answers another, but the words do not address them."


def agreed_and_not_refused(claim: Claim, evidence: Evidence, section: str | None) -> str | None:
    """Somebody who said no has not agreed."""
    if not _AGREES.search(claim.plain) or claim.subject is None or claim.subject in (THERAPIST, OTHER):
        return None
    if re.search(r"\b(?:declin|refus|not agree|disagree)\w*", claim.plain, re.IGNORECASE):
        return None
    own = [item for item in evidence.items(claim.evidence) if item.turn is not None and item.speaker == claim.subject]
    if own and all(answer(item.text) == "no" for item in own):
        return "Says somebody agreed who did not."
    if not own and not _AGREED_IN_NOTE.search(text_of(evidence.items(claim.evidence))):
        return "Says somebody agreed where nothing says so."
    return None


def _as_first_person(text: str, who: str | None) -> str:
    if who is None:
        return text
    said = re.sub(r"^\W*(?:the )?(?:client|patient|member|participant|he|she|they)\b", "I", text, flags=re.IGNORECASE)
    return said if said != text else f"I {text.strip()}"
