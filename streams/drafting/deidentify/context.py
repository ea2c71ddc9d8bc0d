"""Is an ordinary word meant as a name here? Decides by the words around it, the same way whatever the case. Pure.

"Will said", "hey will", "with Grace" name somebody; "I will", "amazing grace", "in May" do not.
"""

from typing import Final

from streams.drafting.deidentify.lexicon import lexicon, word_set
from streams.drafting.deidentify.reading import Reading, stem_length

FUNCTION_WORDS: Final = word_set(
    """
    a an the this that these those my your his her its our their i you he she it we they me him us them who whom
    whose which what when where why how and or but nor so yet if then than as at by for from in into of off on
    onto out over to up with about after before between through during without within is am are was were be been
    being do does did done doing have has had having can could should would shall must might ought not no yes
    all any both each few more most other some such only own same too very just now here there again once ever
    never always also back even still well much many one two three four five six seven eight nine ten go goes
    get got let say see know think want like make take come good bad long man in my so le ha la do don he
    """
)
TITLES: Final = word_set(
    """
    mr mrs ms mx miss dr doctor prof professor coach pastor reverend rev rabbi imam father sister brother
    officer judge detective sergeant captain nurse principal uncle aunt auntie tia tio grandma grandpa nana papa
    cousin lady sir
    """
)
_KIN_TITLES: Final = word_set(
    """
    father sister brother cousin lady sir nurse judge doctor principal grandma grandpa nana papa
    """
)
"""Titles that often stand alone: what follows may be a verb."""
KIN: Final = word_set(
    """
    mom mother dad father stepdad stepmom stepfather stepmother brother sister stepbrother stepsister son
    daughter stepson stepdaughter husband wife spouse partner fiance fiancee boyfriend girlfriend bf gf ex
    friend bestie buddy roommate housemate neighbor neighbour boss manager supervisor coworker colleague sponsor
    sponsee teacher tutor coach mentor counselor counsellor therapist psychiatrist doctor dentist lawyer
    attorney landlord cousin aunt auntie uncle nephew niece grandma grandpa grandmother grandfather grandson
    granddaughter godfather godmother godson kid baby twin dog cat puppy pet babysitter nanny pastor guy girl
    lady woman man classmate teammate crush caseworker probation daddy mommy stepkid
    """
)
_POSSESSIVES: Final = word_set(
    """
    my your his her our their the a this that old new best named older younger little big other ex
    """
)
_NAMED: Final = word_set("named nicknamed names")
_GREETINGS: Final = word_set("hey hi hello hiya bye goodbye goodnight howdy welcome")
_THANKS: Final = word_set("thanks sorry congratulations congrats please okay ok right yeah yes")
_TOLD: Final = word_set(
    """
    told asked tell ask telling asking texted texting text hugged hug met meet meeting married marry dating
    dated date invited invite emailed messaged visited visit interrupted helped thanked
    """
)
_WITH: Final = word_set(
    """
    with than from at about like between toward towards besides against beside without near behind
    """
)
_SAID: Final = word_set(
    """
    said says told tells asked asks replied answered admitted agreed reported reports stated states thinks
    thought wants wanted cried cries yelled yells screamed laughed laughs texted texts shared nodded disclosed
    endorsed denied denies expressed verbalized identified described participated apologized apologised
    interrupted hugged smiled sighed shrugged mentioned explained suggested offered promised refused lied drinks
    drank relapsed slept arrived left moved
    """
)
_FINITE: Final = (
    word_set(
        """
        is isn't was wasn't has hasn't had hadn't did didn't does doesn't went goes came comes got gets made
        makes gave gives took takes knew knows saw sees felt feels found finds kept keeps ran runs sat stood
        spoke brought started stopped seemed seems looked looks lives lived works worked calls loves loved hates
        hated needs needed tries tried likes liked always never just really keeps won't wouldn't can't couldn't
        """
    )
    | _SAID
)
_OPENERS: Final = word_set(
    """
    and but so because that when if then since while said say think thought know knew guess like well yeah yes
    no okay ok oh until before after though although cause whenever how what why where
    """
)
_DETERMINERS: Final = word_set(
    """
    the a an this that these those my your his her its our their each every no some any such what another both
    all more much of great full little good old new big first last next one two
    """
)
_QUESTIONS: Final = word_set(
    """
    what how why when where who did do does can could would are tell i you let's lets thank thanks is were have
    should
    """
)
_PLACE_PREPOSITIONS: Final = word_set(
    """
    in to near around through across outside visit visiting visited leave left leaving
    """
)
MONTHS: Final = word_set(
    """
    january february march april may june july august september october november december jan feb mar apr jun
    jul aug sep sept oct nov dec
    """
)
_COMING: Final = word_set(
    """
    i'm im she's he's we're they're you're is was are were am originally moved came flew drove comes hails
    """
)
STATE_LETTERS: Final = word_set(
    """
    al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok
    or pa ri sc sd tn tx ut vt va wa wv wi wy dc pr
    """
)
_DATE_BEFORE: Final = word_set(
    """
    in on since until till by last next this of early late mid every from through before after during and to or
    for end beginning start between around
    """
)
_MODALS: Final = word_set("will may might can")
_VERBS: Final = word_set(
    """
    will may mark bill sue rob pat chase drew grant frank rich jack gene dean skip trace hunt wade pierce chuck
    nick don jay ray max art guy lee kit van tad bud buck al ty mac dot
    """
)
"""Names that, as ordinary words, are seldom the subject of a finite verb."""
_ADJECTIVES: Final = word_set(
    """
    rich frank young long happy rusty lucky precious strong gray grey green blue gay merry sunny smart bright
    strange good early sandy noble earnest tiny sharp swift wise wild misty dusty stormy rowdy royal golden
    silver red black white brown short small little sweet savage slim savvy quick hardy moody cross
    """
)
_OTHER_PRONOUNS: Final = word_set("i me him her he she them they us we")
_ORDINARY_AFTER: Final = word_set(
    """
    of for to my your the this that these those it its be you we so your his our their a an
    """
)
_ABSTRACT: Final = word_set(
    """
    hope faith grace joy love peace patience charity mercy harmony serenity destiny liberty justice freedom
    courage honor trinity glory journey legend heaven dawn summer spring winter autumn rain storm art story
    price
    """
)
_ABSTRACT_AFTER: Final = word_set(
    """
    is isn't was wasn't can could comes in and or that will helps means makes gives has as
    """
)
_FELT: Final = word_set(
    """
    quiet tearful late absent calm anxious tired upset angry sad withdrawn engaged attentive present here
    distracted irritable flat euthymic sober talking sharing crying doing going having getting feeling being ok
    okay fine home sick
    """
)


def meant_as_name(reading: Reading, i: int, *, known: bool) -> bool:
    """Is this word, which is also an ordinary one, a name here? `known`: somebody in the session is called so."""
    word = reading.words[i]
    stem = word[: stem_length(word)]
    previous, following = reading.before(i), reading.after(i)
    starts = reading.begins_sentence(i)
    capital = reading.capital(i)
    if stem in FUNCTION_WORDS:
        return capital and not starts and known and stem not in ("i", "he", "she", "we", "you")
    if capital and not starts:
        return not (stem in MONTHS and (previous in _DATE_BEFORE or following.isdigit()))
    if stem in MONTHS and (previous in _DATE_BEFORE or following[:1].isdigit()):
        return False
    if previous in _DETERMINERS and previous not in ("that", "what"):
        return False
    return (
        _addressed(reading, i, stem, previous, following, known=known)
        or _introduced(reading, i, stem, previous, following)
        or _acts(reading, i, stem, previous, following, known=known)
        or (known and capital and starts and _opens_as_name(reading, i, stem, following))
        or (
            word != stem
            and word.endswith("'s")
            and stem not in _ABSTRACT
            and (known or following not in FUNCTION_WORDS)
        )
    )


def place_meant(reading: Reading, i: int) -> bool:
    """Is this word, which is also an ordinary one, a place here (in Reading, moved to Orange)?"""
    previous = reading.before(i)
    if previous == "from" and reading.before(i, 2) in _COMING:
        return True
    if reading.capital(i) and not reading.begins_sentence(i) and reading.after(i) in STATE_LETTERS:
        return True
    if previous not in _PLACE_PREPOSITIONS and not (previous == "from" and reading.capital(i)):
        return False
    return reading.capital(i) or reading.before(i, 2) in (
        "live",
        "lives",
        "lived",
        "living",
        "moved",
        "moving",
        "move",
        "grew",
        "born",
        "raised",
        "based",
        "house",
        "apartment",
    )


def after_place_preposition(reading: Reading, i: int) -> bool:
    """Does a preposition of place stand before this word?"""
    return reading.before(i) in _PLACE_PREPOSITIONS or reading.before(i) in ("from", "of", "at")


def introduced(reading: Reading, i: int) -> bool:
    """Do the words before say that a name comes now ("named …", "my boss …", "uncle …", "hey …")?"""
    return _introduced(reading, i, reading.words[i], reading.before(i), reading.after(i))


def _addressed(reading: Reading, i: int, stem: str, previous: str, following: str, *, known: bool) -> bool:
    starts, ends = reading.begins_sentence(i), reading.ends_clause(i)
    if previous in _GREETINGS:
        return True
    if previous in _THANKS or (previous == "you" and reading.before(i, 2) in ("thank", "love", "with")):
        if previous == "thanks" and known and following not in ("do", "be", "have"):
            return True
        return ends and stem not in _MODALS and (known or previous not in ("right", "yes", "yeah", "please"))
    if not known:
        return False
    comma_before = "," in reading.gap(i) and i > 0
    if starts and ends and i + 1 < len(reading):
        return reading.gap(i + 1).startswith(",") or reading.gap(i + 1).startswith(":")
    if comma_before and ends and stem not in _ABSTRACT:
        return True
    if starts and following in _QUESTIONS:
        easily_verb = stem in ("will", "may", "mark", "hope", "grant", "bill", "chase", "love", "skip", "trace")
        return not (easily_verb and following in ("you", "i", "is", "are", "have"))
    return False


def _introduced(reading: Reading, i: int, stem: str, previous: str, following: str) -> bool:
    if not previous:
        return False
    before_that = reading.before(i, 2)
    if previous in _NAMED or (
        previous in ("called", "name's") and stem not in _ADJECTIVES and stem not in FUNCTION_WORDS
    ):
        return (
            previous not in ("called", "names")
            or before_that
            in (
                "is",
                "was",
                "girl",
                "guy",
                "woman",
                "man",
                "kid",
                "are",
                "get",
                "me",
                "him",
                "her",
                "got",
                "dog",
                "somebody",
                "someone",
            )
            or (previous == "called" and stem not in lexicon().common)
        )
    if previous == "is" and before_that == "name":
        return True
    if previous in TITLES and (
        previous not in _KIN_TITLES or before_that in ("", "and", "with", "told", "asked", "from", "to")
    ):
        return stem not in FUNCTION_WORDS and stem not in _MODALS
    if previous in KIN and before_that in _POSSESSIVES:
        if stem in FUNCTION_WORDS or following in ("be", "have", "not", "never"):
            return False
        if stem in _MODALS:
            return following in _FINITE or reading.ends_clause(i)
        return stem in lexicon().names_that_are_words and (stem not in _ADJECTIVES or following in _FINITE)
    return False


def _acts(reading: Reading, i: int, stem: str, previous: str, following: str, *, known: bool) -> bool:
    """Subject of what people do, object of what is done to people, or one of two."""
    free = previous in _OPENERS or not previous or "," in reading.gap(i)
    if following in _SAID and free:
        return not (stem in _ABSTRACT and following in ("left", "moved", "arrived", "states", "shared", "offered"))
    if following in _FINITE and free and stem in _VERBS:
        return known or stem not in ("guy", "art", "bill", "don", "dot", "van", "rich", "frank", "drew", "may")
    if previous in _TOLD and stem not in _ADJECTIVES and stem not in ("love", "date", "text", "story", "price"):
        return reading.ends_clause(i) or following in FUNCTION_WORDS or known
    if known and previous in _WITH and stem in _VERBS:
        return reading.ends_clause(i) or following in FUNCTION_WORDS
    if following == "and" and reading.after(i, 2) in ("i", "me", "my", "him", "he", "she") and known:
        return stem in _VERBS or free or previous in ("me", "with")
    if previous == "and" and reading.before(i, 2) in _OTHER_PRONOUNS and stem not in _ADJECTIVES:
        return (known or reading.before(i, 2) == "me") and following not in ("you", "be") and stem not in _MODALS
    return False


def _opens_as_name(reading: Reading, i: int, stem: str, following: str) -> bool:
    if not following:
        return len(reading) > 1 or stem not in _ADJECTIVES
    if following in _ORDINARY_AFTER or (stem in _ADJECTIVES and following not in _FINITE):
        return False
    if following in ("and", "or") and i + 2 < len(reading) and reading.text[reading.starts[i + 2]].isupper():
        return True  # one of two people
    if stem in _ABSTRACT and following in _ABSTRACT_AFTER:
        return reading.after(i, 2) in _FELT
    if stem in ("will", "may") and following in ("i", "he", "she", "they", "there", "have", "not"):
        return False
    return not (stem == "grace" and following == "period")
