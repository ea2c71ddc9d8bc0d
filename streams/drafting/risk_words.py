"""Which words speak of risk, and which only sound like it? One table per topic, used by drafting and by checking.

Patterns are wide on purpose where life is concerned; idioms are taken out first. Nothing here decides how bad it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SELF: Final = r"(?:my|him|her|it|them|your|our)sel(?:f|ves)"
_KIN: Final = (
    r"(?:mom|mum|mother|dad|father|stepdad|stepmom|stepfather|brother|sister|husband|wife|partner|boyfriend|"
    r"girlfriend|ex|uncle|cousin|grandpa|grandfather|neighbou?r|babysitter"
    r"|coach|teacher|boss|roommate|kids?|son|daughter|baby)"
)
_ANYONE: Final = (
    rf"(?:him|her|them|you|someone|somebody|people|everyone|(?:my|his|her|their|the|our) (?:\w+ )?{_KIN}|"
    r"[A-Z][\w-]*\d[\w-]*)"
)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of risk. `direct` and `passive` find it; `passive` is a wish to be gone without a wish to act."""

    name: str
    direct: re.Pattern[str]
    passive: re.Pattern[str] | None = None
    anchors: frozenset[str] = frozenset()
    """Beginnings of words (four letters) without one of which neither pattern can match: they make looking quick."""


def _words(*parts: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)


def _beginnings(words: str) -> frozenset[str]:
    return frozenset(words.split())


IDIOMS: Final = _words(
    r"killing me(?! and)",
    r"(?:was|is|be|be like) suicide(?! by| risk| watch)",
    r"(?:is|are|was|were|'s|'re) (?:literally |just |absolutely )?(?:gonna|going to) kill me",
    r"(?:ll|d|will|would|gonna|going to) kill me(?= (?:if|when|for)|[.,!?]|$)",
    r"kill(?:s|ed|ing)? (?:time|it|the (?:mood|vibe|lights?|engine|power|buzz)"
    r"|two birds|off|a few hours|an hour|for (?:a|some|that|the))",
    r"(?:could|would|'d|could've) kill for",
    r"could(?:'ve| have)? (?:kill|strangle|murder)(?:ed|d)? (?:him|her|them"
    r"|you|(?:my|his|her) [\w-]+)(?= (?:for|over|when|about|sometimes|some days))",
    r"(?:kill|strangle|murder|shoot|hurt) [^.!?]{0,40}(?:just talk|just kidding"
    r"|kidding|joking|not literally|figure of speech|just venting)",
    r"kill me now",
    r"(?:laugh(?:ed|ing)?|smil\w+|bored|scared|worried|sick|tickled|frightened"
    r"|loved?|starved|froze|frozen|working (?:my|him|her|your)self|worked (?:my"
    r"|him|her|your)self) (?:half )?to death",
    r"to die for",
    r"(?:would|'d|could|could've|almost|nearly|just|about|thought i'd|thought i would"
    r"|i) die[ds]?(?: a little)?(?: of| from| with)? (?:embarrassment|shame"
    r"|laughing|laughter|boredom|curiosity|for|inside|when)",
    r"(?:would|'d) rather die(?: than)?",
    r"wanted to die (?:of|from) (?:embarrassment|shame|boredom|laughing)",
    r"(?:so )?(?:embarrass\w+|awkward|cringe\w*|humiliat\w+)[^.!?]{0,40}?(?:want(?:ed)?|wanna) to die",
    r"(?:want(?:ed)?|wanna) to die[^.!?]{0,25}?(?:embarrass\w+|cringe|awkward|laughing)",
    r"dying (?:to|for|laughing|of (?:laughter|curiosity|boredom|thirst|hunger|heat|cold))",
    r"die on (?:that|this) hill|die hard|dead(?:line|pan|beat|lock|weight| tired"
    r"| serious| wrong| end| set)s?|over my dead body|drop[- ]dead",
    r"(?:phone|battery|car|laptop|conversation|plant|engine|computer)s?(?:'s)? (?:is "
    r"|was |has |had |just )*(?:died|dying|dead|die)",
    r"(?:career|political|social|financial|professional|commercial) suicide"
    r"|suicide (?:squeeze|doors?|mission|sprints?|drills?|squad|wings)",
    r"(?:beat(?:ing|en|s)?|kick(?:ing|ed|s)?|blam(?:e|ed|ing)) (?:my|him|her|them|your|our)sel(?:f|ves)(?: up)?",
    r"(?:shoot|shot|shooting) (?:my|him|her|them|your|our)sel(?:f|ves) in the foot"
    r"|shoot me|shoot hoops|shoot (?:a|an|over|him an?|her an?|you an?|them an?) (?:text"
    r"|email|message|over|line)",
    r"cut(?:ting)? (?:my|him|her|your|them)sel(?:f|ves) (?:some slack|a break"
    r"|off|shaving|cooking|chopping|slicing|while (?:shaving|cooking))",
    r"cut(?:ting)? (?:it|back|down|out|off|class(?:es)?|school|corners|in line"
    r"|in half|the \w+|my (?:hair|nails|finger|losses|hours|grass))",
    r"(?:my|her|his) (?:hair|nails?) (?:was |were |got |is |are )?cut",
    r"hang(?:ing|s)? (?:out|in there|on|up|around|with)|hung (?:out|up|over)",
    r"hit(?:s|ting)? (?:me|him|her|us|you) (?:up|hard|that|like|later|then"
    r"|when|at (?:once|night)|all)|(?:it|that|this|which|reality|grief|sadness"
    r"|wave|anxiety|depression|news|realization|loss|everything) (?:really "
    r"|just |suddenly |finally )*hits? (?:me|him|her|us|home)",
    r"hit (?:the|my|a|rock|bottom|snooze|pause)",
    r"overdos(?:e|ed|ing) on (?:chocolate|coffee|sugar|netflix|tv|ice cream"
    r"|cake|candy|work|caffeine|screens?|vitamins?|football|news)",
    r"(?:stab|take a stab|stabbing) (?:at|pain)|stab(?:bed|s|bing)? (?:me |him |her )?in the back",
    r"choked? up|choked on|chok(?:ed|ing) (?:back|at the|under|during)",
    r"hurt(?:s|ing)? (?:my|his|her|their|your|our) (?:feelings?|back|knee|ankle"
    r"|pride|shoulder|foot|leg|arm|hand|wrist|neck|head)",
    r"hurt (?:my|him|her|them)sel(?:f|ves) (?:playing|at (?:practice|work|soccer"
    r"|football|training|the gym)|skiing|running|lifting|falling|on the (?:ice"
    r"|stairs|field)|in (?:practice|gym|pe))",
    r"(?:burn(?:ed|t|ing)?|wear(?:ing)?|wore|tir(?:ed|ing)) (?:my|him|her|them|your)sel(?:f|ves) out",
    r"burn(?:ed|t)? (?:my|him|her|them|your)sel(?:f|ves) (?:on|cooking|with the (?:iron|oven|stove|kettle|pan))",
    r"drinking (?:water|coffee|tea|more water|enough|juice|milk|soda|less coffee)"
    r"|drank (?:water|coffee|tea|my|the water|some water|a (?:tea|coffee))",
    r"voices? (?:down|raised|raise|mail|memo)|hear(?:ing|d)? (?:my|his|her|their|your|our) voices?",
    r"plan(?:s|ning)? to (?:end|finish) (?:the|this|our) (?:meeting|lease|call|project|relationship|contract)",
    r"abuse of (?:power|trust|authority)|substance abuse (?:class|counsel\w+|group|program)",
)
"""What only sounds like risk; blanked out before anything else is looked for."""

SUICIDE: Final = Topic(
    "suicide",
    anchors=_beginnings(
        "advi anno asle atte away bett blad both bott boug can' cant care ceas chos coll coun cras dead "
        "deat die died disa done down drif driv drov drow dyin easi end ende endi enou ever exis fall fare "
        "foun gave giv givi goin good got gun hang happ hid hoar hope hopi how hung jump kill kms know lett "
        "life like live love medi meds mind miss my no nobo noos noth od od'd orde over pain pass pick pill "
        "pist plan poin pois pray ran rath read reas rifl rope run sad sat save savi sens shoo shot si sick simp "
        "shou slee slit stas stee step stoo stop suic swal swer tabl take taki they thin thou tied tire took "
        "trai trie tryi tyle unal upse use vani veer wake waki walk wann want went wish woke wort wris"
    ),
    direct=_words(
        r"(?:how (?:many|much)|enough) (?:\w+ ){1,6}to (?:die|kill|overdose)",
        r"how (?:many|much) (?:of (?:my|the) )?(?:\w+ )?(?:pills?|tablets?|meds?|medication|tylenol|advil|insulin"
        r"|painkillers?) (?:it (?:takes|would take|might take)|would (?:do it|be enough|kill)"
        r"|is (?:lethal|fatal|enough))",
        r"(?:think(?:ing|s)?|thought|thoughts|talk(?:ing|ed|s)?) (?:about|of) (?:just )?ending (?:it|things|everything)"
        r"(?! with|\s+(?:between|here|this (?:call|meeting)))",
        r"(?:pills?|tablets?|meds|medication|bottle)(?: out)? (?:\w+ )?and counted (?:them|it)",
        r"goodbye,? (?:everyone|everybody|world)(?!,? (?:see|until|till|have|thank|talk|and (?:see|thank|have)))",
        r"(?:bought|ordered|found|tied) (?:a|the|some) (?:rope|noose)|(?:a|the) whole bottle of (?:\w+ )?("
        r"?:pills|tylenol|advil|meds)",
        r"(?:drove|went|walked|stood|sat) (?:to|on|at|out to) (?:the|a) (?:bridge|ledge|edge|roof|overpass|tracks)",
        r"(?:i|he|she|they) attempted(?= (?:in|when|at|once|twice|last|suicide"
        r"|with|to (?:kill|end|take))|,)|(?:suicide|past|prior|previous) attempts?",
        rf"(?:kill(?:ed|ing|s)?|hang(?:ed|ing)?|hung|shoot(?:ing)?|shot|drown(?:ed|ing)?|poison(?:ed|ing)?) {SELF}",
        r"suicid\w*",
        r"(?:end(?:ed|ing)?|tak(?:e|en|ing)|took) (?:my|his|her|their|your|our|one's) (?:own )?li(?:fe|ves)",
        r"end(?:ing)? it all|end(?:ing)? it(?= (?:tonight|today|now|soon|for good|once)|[.,!?]|$)",
        r"(?:want(?:s|ed|ing)?|wanna|wish(?:ed|ing)?|going|ready|plan(?:s|ned|ning)?"
        r"|trying|tried|try) (?:to )?(?:die|be dead|unalive)",
        r"unaliv\w+|kms",
        r"(?:took|tak(?:e|ing|en)|swallow(?:ed|ing)?|down(?:ed|ing)?) (?:all|a (?:bunch"
        r"|handful|whole bottle|bottle|lot)|too many|the whole|every) (?:of )?(?:of (?:my"
        r"|her|his|their|the) |my |her |his |their |the )?(?:[\w']+ )?(?:pills?|tablets?"
        r"|meds?|medication|bottle|tylenol|advil|painkillers?|sleeping \w+)",
        r"overdos\w*|od'?d",
        r"(?:sav(?:e|ed|ing)|stash(?:ed|ing)?|stockpil(?:e|ed|ing)|hoard(?:ed|ing)?"
        r"|hid(?:ing|den)?|collect(?:ed|ing)?|count(?:ed|ing)?)(?: up)? (?:my|the"
        r"|her|his|some|all my|those|extra) (?:\w+ )?(?:pills?|tablets?|meds?|medication)",
        r"jump(?:ed|ing)? (?:off|from|in front of|out of) (?:the|a|that|my) (?:\w+ )?(?:bridge"
        r"|roof|building|balcony|train|window|overpass|traffic|cliff|truck|bus"
        r"|car park)",
        r"(?:step|walk|drive|drove|run|crash)(?:ped|ed|ing)? (?:\w+ ){0,3}(?:into"
        r"|in front of|off) (?:traffic|a (?:tree|truck|train|bus|wall|bridge)|the (?:traffic"
        r"|train|river|road|bridge|oncoming \w+))",
        r"slit(?:ting)? (?:my|his|her|their) (?:wrists?|throat)|cut(?:ting)? (?:my|his|her|their) wrists?",
        r"(?:goodbye|suicide|farewell) (?:notes?|letters?|videos?|texts?|messages?)"
        r"|(?:said|say|saying|wrote|writing|written|sent) (?:\w+ ){0,2}goodbyes?(?: to everyone)?(?= to (?"
        r":every|my (?:kids|family|dog|cat))|[.,!?]|$)",
        r"(?:giv(?:e|en|ing)|gave) (?:away )?(?:all )?(?:my|his|her) (?:things"
        r"|stuff|belongings|pets?|dog|cat) away|giv(?:ing|en) away (?:my|his|her"
        r"|all)",
        r"(?:gun|rope|noose|blade|pistol|rifle) (?:in|under|by|next to|beside|from) (?:my|the|his|her|dad's)",
        r"(?:a |the |my )?plan to (?:do it|end it|end my life|die|kill)|know (?:exactly )?how i(?:'d"
        r"| would|'ll| will) do it|i(?:'ve| have) (?:picked|chosen|got) (?:a|the) (?:day"
        r"|date|time|place|spot|method)",
        r"(?-i:SI)(?![’'])",
    ),
    passive=_words(
        r"(?:rather|prefer(?: to| if i)?|easier (?:to|if i)|better (?:to|if i)|nicer? (?:to|if i)) (?:just |simply )?"
        r"(?:not|never|didn'?t|don'?t|wasn'?t|weren'?t) (?:just |even |have to )?(?:wake up|woken up"
        r"|be(?: here| alive| around)(?: anymore| any more)?|exist|live|alive|around|here)"
        r"(?! on | at | in | when | for )",
        r"(?:(?:don'?t|do not|can'?t|cannot) (?:really |even )?(?:see|know|understand|get) )?"
        r"why (?:i|i'd|i'm|should i|would i|do i) (?:\w+ ){0,2}(?:keep going(?! to | back| there| with | out)"
        r"|keep living|go(?:ing)? on(?! about| with| the| a )|stay alive|am alive)",
        r"(?:want|wanted|wish|need) (?:it|everything|the pain|this) (?:all )?(?:to )?(?:just )?(?:stop|be over|end)"
        r"(?=[.,!?]|$| now| already| for good| once and)",
        r"(?:disappointed|sad|upset|mad|annoyed)(?: that)? i (?:even )?w[oa]ke up",
        r"(?:wouldn'?t|would not|don'?t) (?:really )?(?:mind|care) if i (?:\w+ ){0,3}(?:hit by"
        r"|run over|died|gone|didn'?t)",
        r"(?:easier|better|simpler)(?: for \w+)? if i (?:just |simply )?(?:was"
        r"|were|wasn'?t|weren'?t) (?:here|around|alive|gone|dead|not)",
        r"(?:don'?t|do not|didn'?t|not|never) (?:really |even )?(?:want|wanted|wanna|wanting) (?:to )?(?:be (?:he"
        r"re|alive|around|on this (?:earth|planet))|live|exist|wake up|go on(?: living)?"
        r"|keep (?:living|going on))(?: anymore| any more)?",
        r"(?:wish|wished|hope|hoped|pray|prayed|wishing|hoping|praying)(?: that)? (?:i"
        r"|he|she) (?:(?:just|simply|really|only) )?(?:was|were|wasn'?t|weren'?t|would|wouldn'?t|could|didn'?t|don'?t"
        r"|won'?t|had(?: not|n'?t)? (?:been )?|'?d)? ?(?:(?:just|simply|really|ever|even) )?(?:not |never )?(?:dead"
        r"|wake up|alive|be(?:en)? born|born|here|exist|disappear|gone|go to sleep and"
        r"|fall asleep and|never (?:been )?(?:born|wake|existed))",
        r"(?:would|'d) (?:all )?(?:be|have|do) (?:\w+ ){0,3}(?:better|easier|happier|fine|relieved)(?: \w+)?"
        r" (?:if i (?:was|were|wasn'?t|weren'?t|died|disappeared|am not|'m not)|without me)",
        r"(?:better off|easier|better|happier) (?:if i (?:was|were|wasn'?t|weren'?t"
        r"|am|'m) (?:dead|gone|not here|here|around|alive|not around)|without me(?: around"
        r"| here)?|dead|if i (?:died|disappeared|never (?:woke|existed)))",
        r"(?:go|going|fall(?:ing)?|drift(?:ing)?) (?:to sleep|asleep|off) and (?:just )?(?:not"
        r"|never) wak(?:e|ing) up|(?:not|never) wak(?:e|ing) up (?:again|tomorrow"
        r"|one day|in the morning|some ?day)|if i (?:didn'?t|don'?t|never) (?:just )?wake up"
        r"|(?:not|never) waking up",
        r"(?:wouldn'?t|would not|won'?t) (?:really )?(?:mind|care|be sad|bother me) if (?:i"
        r"|a|the|something|someone) (?:\w+ ){0,5}(?:die[ds]?|dead|wake up|woke up"
        r"|hit me|ran me over|crash\w*|happened to me|here)",
        r"(?:no|any|what'?s the|what is the|see (?:the|a|no|any)|not much) (?:point"
        r"|reason|sense|use) (?:in |to |of )?(?:living|be(?:ing)? (?:here|alive)"
        r"|liv(?:e|ing)|go(?:ing)? on|wak(?:e|ing) up|staying alive|exist(?:ing)?)",
        r"let(?:ting)? go of the wheel|(?:swerv|steer|driv|veer)(?:e|ing) (?:\w+ ){0,3}(?:off the (?:road"
        r"|bridge)|into (?:a|the) (?:tree|wall|river|median|oncoming))",
        r"(?:tired|sick|done) (?:of|with) (?:living|life|being alive|existing|being here)",
        r"nothing (?:left )?(?:to live|worth living) for|life (?:isn'?t|is not"
        r"|'s not) worth (?:it|living)|not worth living|can'?t (?:go on|do (?:life"
        r"|this life)|keep living)(?: anymore| like this| any more)?",
        r"(?:want|wanna|wanted|like|wish i could|love) (?:to )?(?:just )?(?:disappear"
        r"|not exist|not be here|vanish|cease to exist|stop existing)(?: (?:forever"
        r"|for good|completely|anymore))?",
        r"(?:think|thinking|thought|thoughts) (?:about|of) (?:death|dying|being dead"
        r"|not being (?:here|alive|around))|passive (?:SI|ideation|death wish\w*"
        r"|suicid\w*)|death wish",
        r"(?:everyone|everybody|they|my (?:family|kids|mom|parents)|nobody|no one) (?:would"
        r"|'d|wouldn'?t) (?:\w+ )?(?:be (?:better|happier|fine|relieved)|miss me"
        r"|notice|care) (?:without me|if i (?:was|were|wasn'?t|died|disappeared)\b[^.!?]{0,25}"
        r"|at all)?",
    ),
)
SELF_HARM: Final = Topic(
    "self_harm",
    anchors=_beginnings(
        "burn carv cut cuts cutt feel felt harm hit hits hitt hurt impu inju nssi punc scra self temp urge"
    ),
    direct=_words(
        r"(?:i|she|he|they)(?:'m| was| were| am| is|'s)(?: been)? (?:\w+ )?cutting(?! (?:back"
        r"|down|it|out|class|school|the|up|my (?:hair|nails|hours)))",
        r"self[- ]?(?:harm|injur)\w*|nssi",
        r"(?:urges?|impulses?|tempted|temptation) to (?:cut|burn|scratch|hurt|harm|punch)(?! (?:back|down|it|out|class"
        r"|school|the|him|her|them|off|corners|somebody|someone))",
        r"(?:felt|feel|feeling) like (?:cutting|burning)(?! (?:back|down|it|out|class|school|the|off))",
        r"(?:cut(?:ting|s)?|hurt(?:ing|s)?|harm(?:ed|ing|s)?|burn(?:ed|t|ing|s)?"
        r"|scratch(?:ed|ing|es)?|punch(?:ed|ing|es)?|hit(?:ting|s)?|injur(?:e|ed"
        rf"|ing)) (?:{SELF})",
        r"(?:cut|cutting|cuts|scratched|scratching|burned|burning|carv\w+) (?:on "
        r"|up )?(?:my|his|her|their) (?:arms?|legs?|thighs?|skin|stomach|forearms?"
        r"|hips?)",
        r"(?:i|she|he|been|started|stopped|still|quit|back to|urges? to|want(?:ed)? to"
        r"|wanna|(?:have|has|had|did|do|does|was)n'?t|not|never) (?:been )?cut(?:ting)?(?= again| anymore| last"
        r"| this| myself| when| to (?:feel|cope)| in |[.,!?]|$)",
    ),
)
HARM_TO_OTHERS: Final = Topic(
    "harm_to_others",
    anchors=_beginnings("beat blow gun harm hi homi hurt kill knif made make murd shoo si/h stab stra"),
    direct=_words(
        r"(?:kill(?:ing|ed)?|murder(?:ing)?|stab(?:bing)?|shoot(?:ing)?|strangl(?:e"
        rf"|ing)|(?:seriously )?hurt(?:ing)?|harm(?:ing)?|beat(?:ing)? up) {_ANYONE}",
        rf"beat(?:ing)? {_ANYONE} up",
        r"homicid\w*|(?-i:(?:SI|[Nn]o|[Dd]enies|[Dd]enied|[Ee]ndorses|and|or|&)\s*[/,]?\s*HI)",
        r"(?:bring|bringing|brought|get|getting|got|take|taking) (?:a|the|my|dad's|his) (?:gun|knife) (?:to|and|from)",
        r"(?:shoot up|blow up) (?:the|my) (?:school|place|office|class)",
        r"make (?:him|her|them) (?:pay|bleed)",
    ),
)
VIOLENCE: Final = Topic(
    "violence",
    anchors=_beginnings(
        "abus afra beat bit blac brui burn came chok come comi dome eye frig grab hit hits hitt hurt kick "
        "lock made make mark mole punc push rape safe scar shak shoo shov slap smac span stra terr thre thro "
        "touc unsa viol"
    ),
    direct=_words(
        rf"(?:he|she|they|who|{_KIN}|[A-Z][\w-]*\d[\w-]*|you)(?:'s|'ve| has| have"
        r"|'d)? (?:\w+ )?(?:hit|hits|hitting|touching|choking|slapping|grabbing"
        r"|threatening|beating|beat|beats|punched|punches|slapped"
        r"|slaps|slap|kicked|kicks|choked|chokes|strangled|shoved|shoves|pushed"
        r"|pushes|grabbed|grabs|threw|throws|touched|touches|molested|raped|threatened"
        rf"|threatens|bit|burned|locked) (?:me|him|her|us|them|my (?:\w+ )?{_KIN}"
        r"|the kids|things at|\w+ (?:at|against) (?:me|him|her|us|them|the wall)"
        r"|in (?:the|my) (?:room|closet|basement))(?! (?:off|up|for|out|a (?:text"
        r"|ball|party)|into (?:therapy|coming|going|doing)|to (?:do|go|come|try"
        r"|the (?:store|doctor|side))))",
        r"(?:hit|beat|punched|slapped|kicked|choked|strangled|shoved|touched|molested"
        r"|raped|abused|hurt|threatened) by (?:my|his|her|a|the) (?!bus|car|truck"
        r"|train|wave|ball|wall|storm)(?:\w+ )?\w+",
        r"(?:physically|sexually|emotionally|verbally) abus\w+|domestic violence"
        r"|(?:child|elder|sexual) abuse|abus(?:es|ed|ing) (?:me|him|her|us|them"
        r"|my)|molest\w+|raped?",
        r"(?:bruises?|marks?|black eye) (?:on|from|where|because|he|she|that)|(?:left"
        r"|has|had|got|with) (?:a )?(?:bruises?|black eye)",
        r"(?:scared|afraid|frightened|terrified) (?:to go home|of (?:him|her|what (?:he"
        r"|she) (?:will|might|would|could)|being home)|(?:he|she|they)(?:'ll| will"
        r"| might| would) (?:hit|hurt|beat|come after))|(?:not|don'?t feel|isn'?t"
        r"|doesn'?t feel|never felt|unsafe) (?:safe )?at home|feel(?:s|ing)? unsafe",
        r"(?:hit|hitting|hits|smack(?:ed|ing|s)?|spank(?:ed|ing)? (?:him|her) (?:hard"
        r"|with)|shook|shaking) (?:the (?:kids?|baby|child(?:ren)?|boys?|girls?)"
        r"|my (?:son|daughter|kids?|wife|husband|girlfriend|boyfriend|partner))",
        r"(?:come|coming|came) (?:in|into) my (?:room|bed) at night|(?:makes?|made) me (?:touch|do things)",
    ),
)
PSYCHOSIS: Final = Topic(
    "psychosis",
    anchors=_beginnings("comm demo devi ever god hall hear peop phon radi some they tv voic"),
    direct=_words(
        r"(?:voices?|god|the devil|demons?|the (?:tv|radio|phone)) (?:\w+ )?(?:tell(?:s"
        r"|ing)?|told|say(?:s|ing)?|said|command(?:s|ing|ed)?) (?:me|him|her|them)?(?: to)?",
        r"(?:hear(?:s|ing|d)?) voices|command hallucinations?|hallucinat\w+",
        r"(?:they'?re|people are|everyone is|someone is|they are) (?:watching|following|poisoning|after) me",
    ),
)
SUBSTANCE: Final = Topic(
    "substance_use",
    anchors=_beginnings(
        "agai beer blac clea coca coke crac crav dran drin drop drug drun fell fent hamm hero high hit hits "
        "inje join line load meth opia opio oxy pick pill rela shoo shot slip smok snor sobe touc urge use "
        "used wast xana"
    ),
    direct=_words(
        r"relaps\w+|slipped(?= (?:mon|tue|wed|thu|fri|sat|sun|again|\())|(?:slipped"
        r"|slip) (?:up )?(?=last|on|this|and (?:used|drank))"
        r"|fell off the wagon|picked up (?:again|a drink|a bottle|last)|(?:i|he"
        r"|she|we) (?:picked up|used|drank|smoked)(?= (?:again|last|on|this|yesterday"
        r"|over|after|twice|once|two|three|four|five|six|the other)|[.,!?]|$)",
        r"(?:us(?:e|ed|ing)|shot up|shooting up|snort(?:ed|ing)?|inject(?:ed|ing)?) (?:heroin"
        r"|fentanyl|meth|coke|cocaine|opioids?|opiates?|pills|oxy\w*|crack|again"
        r"|xanax|drugs?)",
        r"(?:got|get|getting|was|came home|been|is) (?:(?:really|so|totally|very"
        r"|pretty|too) )?(?:drunk|wasted|hammered)",
        r"(?:i|he|she|they|we)(?:'m|'s|'ve been)? (?:got|get|was|were|came home"
        r"|been|is) (?:(?:really|so|totally|pretty|too) )?high"
        r"(?! (?:on life|marks?|score|grades?|up|hopes|in the|school|five|spirits|blood|energy))",
        r"(?:start(?:ed)?|back to|been|stopp?(?:ed)?|quit|kept|keep|still|hiding (?:my"
        r"|his|her)) drinking(?: again| every| too| on| at| alone| more)?",
        r"(?:had|have|having|take|took|want|wanted) (?:a|one|another|my first|two"
        r"|three|four|five|six|\d+|a few|some) (?:drinks?|beers?|shots?|lines?"
        r"|joints?|hits? of)|black(?:ed|ing)? out|(?:a (?:drink|drop)|touched (?:a "
        r"|any )?(?:alcohol|drop|drink))(?= (?:in|since|for) )",
        r"crav(?:e|ed|es|ing|ings)(?= (?:a drink|to use|alcohol|it|were|was|hit"
        r"|came|got|is|are|for|have|has|on|every|after|when|bad|this|all)|[.,!?]"
        r"|$)|(?:clean|sober)(?= (?:for|since|now|\d|\w+ (?:days|weeks|months|years))"
        r"|[.,!?]|$)|urge to (?:use|drink)",
    ),
)
EATING: Final = Topic(
    "eating",
    anchors=_beginnings("bing eat eate eati laxa made make maki purg star thro"),
    direct=_words(
        r"(?:purg(?:e|ed|ing)|binge(?:d|ing)? and|laxatives?)|(?:made|make|making) myself (?:throw up"
        r"|sick|vomit)|throw(?:ing)? up (?:after|my (?:food|meals?|dinner|lunch))"
        r"|starv(?:e|ed|ing) (?:my|her|him)self",
        r"(?:haven'?t|hasn'?t|not|didn'?t|stopped) (?:eat(?:en|ing)?)(?: anything)? (?:in"
        r"|for) (?:\w+ )?(?:days?|\w+ days)",
    ),
)
MISSING: Final = Topic(
    "missing_minor",
    anchors=_beginnings("away home wher"),
    direct=_words(
        r"(?:hasn'?t|didn'?t|never) (?:come|came) home (?:since|last night|in|for)"
        r"|(?:ran|run|running) away (?:from home|last|again|on)|(?:don'?t|do not) know where (?:he"
        r"|she|my (?:son|daughter|kid)) is",
    ),
)
TOPICS: Final = (SUICIDE, SELF_HARM, HARM_TO_OTHERS, VIOLENCE, PSYCHOSIS, SUBSTANCE, EATING, MISSING)

SAFETY_ASKED: Final = _words(
    r"thoughts? like (?:that|those|these)|feel(?:ing|t)? (?:that|this) way"
    r"|unsafe|safe at home|safety concerns?|at risk",
    r"(?:feel(?:ing|s)?|are|be|been|were|was|is|keep(?:ing)?|kept|stay(?:ing)?) (?:\w+ ){0,3}safe(?! for)",
    r"thoughts? (?:of|about) (?:hurting|harming|killing|dying|ending|death|not|joining|suicide|wanting)|suicid\w*",
    r"(?:hurt|harm|kill)(?:ing)? (?:(?:your|them|our|him|her|any|some)sel(?:f"
    r"|ves)|(?:any|some|every)(?:one|body)|others?)",
    r"self[- ]?harm\w*|not want(?:ing)? to (?:be here|live|be alive)|(?:joining"
    r"|join) (?:him|her|them)|cutting|overdos\w*",
    r"(?:feel(?:ing)?|been feeling|felt) (?:\w+ ){0,2}(?:low|hopeless|down"
    r"|unsafe)(?! there)|end(?:ing)? (?:your|their) li(?:fe|ves)",
    r"wish(?:ed|ing)? you (?:were|weren'?t|was|wasn'?t)|better off dead|not wak(?:e"
    r"|ing) up|dying|want(?:ing|ed)? to die",
    r"(?:any|an|have|had|your) (?:\w+ )?(?:intent|intention) (?:to (?:act|do|harm|hurt"
    r"|die|kill|follow)|of acting|behind)|(?:have|had|was there) (?:an?|any) intent",
)
"""What a question about risk is recognised by."""

QUESTION_TOPICS: Final[Mapping[str, re.Pattern[str]]] = {
    "suicide": _words(
        r"suicid\w*|kill(?:ing)? (?:your|them|our)sel(?:f|ves)|end(?:ing)? (?:your li(?:fe|ves)"
        r"|it|things)|dying|death|dead|die|not wanting to (?:be here|live|be alive"
        r"|be around)|(?:not |n'?t )want(?:ed)? to (?:be here|live|be alive|be around"
        r"|wake up)|not wake up|wish(?:ed|ing)? you (?:were|weren'?t|was|wasn'?t)"
        r"|harm(?:ing)? (?:your|them|our)sel(?:f|ves)|hurt(?:ing)? (?:your|them|our)sel(?:f|ves)"
    ),
    "self_harm": _words(r"self[- ]?harm\w*|cutting|cut|(?:hurt|harm)(?:ing)? (?:your|them|our)sel(?:f|ves)"),
    "harm_to_others": _words(
        r"(?:hurt|harm|kill)(?:ing)? (?:any|some|every)(?:one|body)(?: else)?|(?:hurt"
        r"|harm|kill)(?:ing)? (?:him|her|them|others?|other people)|others"
    ),
    "violence": _words(
        r"safe at home|(?:hit|hurt|hurting|hitting|threaten\w*) (?:you|by)|anyone (?:hit"
        r"|hurt)\w*|violen\w+|abus\w+|afraid of"
    ),
    "substance_use": _words(
        r"(?<!and )drinking|drink (?:any|at all|this|since|again)|drank|us(?:e"
        r"|ed|ing) (?:any )?(?:again|since|substances?|drugs?)",
        r"substances?|alcohol|crav\w+|relaps\w+|sober|(?:stay(?:ed|ing)?|been|and) clean",
    ),
    "psychosis": _words(r"voices?|hear(?:ing)? things|see(?:ing)? things"),
}
"""What a question asks about, by topic. A question about safety that names none is about `safety`."""
