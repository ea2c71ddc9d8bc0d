"""What do the simulated people say and write?
Reads nothing, writes nothing: banks of invented names and sentences.
Must never hold a real person's name, nor a sentence in which a name of the bank occurs as a word.
"""

from typing import Final


def _bank(names: str) -> tuple[str, ...]:
    return tuple(names.split())


GIVEN_FEMALE: Final = _bank(
    "Adriana Alessia Amara Anneliese Annika Beatriz Birgit Camila Chiara Cosima Daniela Delphine Dolores Eleni"
    " Elif Emilia Esperanza Fatima Fiorella Freya Gabriela Giulia Hanneke Helena Imani Ingrid Isolde Ivana Jasmina"
    " Joana Kalinda Katya Keisha Lakshmi Larisa Leticia Lucinda Magdalena Maricel Marisol Mireille Nadia Naomi"
    " Nerissa Noemi Olivia Paloma Petra Priya Quintina Raquel Rosalind Safiya Sanja Simone Sunniva Tamsin Tatiana"
    " Ursula Valentina Wilhelmina Ximena Yolanda Zainab Zofia"
)
GIVEN_MALE: Final = _bank(
    "Alejandro Ambrose Anselm Arjun Bartholomew Benedikt Bogdan Cassius Cedric Cornelius Dashiell Dmitri Edmund"
    " Emeka Esteban Evander Fabrizio Fernando Gideon Giovanni Gunnar Hamza Henrik Ignatius Isidro Ismael Jamal"
    " Joaquin Kareem Kwame Lamar Lars Leandro Lorenzo Lucian Malik Marcelo Mateus Mikkel Nathaniel Nikolai Obadiah"
    " Octavio Osvaldo Pascal Pavel Quentin Rafael Rajesh Reinhold Rodrigo Santiago Sergei Soren Tariq Thaddeus"
    " Tobias Umberto Vikram Wendell Xavier Yusuf Zoltan"
)
FAMILY_NAMES: Final = _bank(
    "Abernathy Achterberg Aguilar Albescu Almeida Andersson Arreola Baptiste Barrientos Beauchamp Bergstrom"
    " Bianchi Boudreaux Brzezinski Caballero Carrasco Castellano Chaudhry Cisneros Colombo Cordova Czerny"
    " Delacroix Desrosiers Dimitriou Dombrowski Echeverria Eriksen Escamilla Farahani Ferreira Fitzwilliam Fonseca"
    " Galvan Gebremariam Giordano Goncalves Gudmundsen Haldorsen Hashimoto Hinojosa Holmqvist Iglesias Ishikawa"
    " Ivanenko Jankowski Jaramillo Kaczmarek Kamara Karlsson Katsaros Kjellberg Kowalczyk Lagerfeld Laskaris"
    " Lindqvist Lombardi Macgillivray Magalhaes Marchetti Mbeki Medrano Mendoza Mikkelsen Montalvo Morozov"
    " Nakamura Navarrete Nguyen Nkemelu Nystrom Obermeier Ochoa Okafor Olszewski Oyelaran Pacheco Palomino"
    " Papadakis Pereira Petrosyan Pinheiro Quintero Ramanathan Rasmussen Restrepo Rothschild Saavedra Salcedo"
    " Sandoval Schumacher Sepulveda Serrano Shirazi Sorensen Szymanski Takahashi Tavares Thorvald Tremblay Ulloa"
    " Valenzuela Vandermeer Vasquez Vestergaard Villalobos Wachowski Westergaard Xenakis Yamamoto Ybarra Zambrano"
    " Zelenko Zielinski"
)
NICKNAMES: Final = {
    "Alejandro": "Alex",
    "Magdalena": "Lena",
    "Nathaniel": "Nate",
    "Gabriela": "Gabi",
    "Bartholomew": "Bart",
    "Valentina": "Vale",
    "Wilhelmina": "Mina",
    "Santiago": "Santi",
    "Rafael": "Rafa",
    "Tatiana": "Tanya",
    "Joaquin": "Quino",
    "Daniela": "Dani",
}
STREETS: Final = (
    "Larkspur Lane",
    "Quarry Street",
    "Mill Race Road",
    "Juniper Court",
    "Old Harbor Way",
    "Foundry Avenue",
)

# --- notes: one sentence of each bank makes a member's own section ------------------------------------

PRESENTED: Final = (
    "Presented with low mood rated {n} of 10 and described a flat weekend.",
    "Arrived tense after sleeping {h} hours, spoke quickly at first and settled over the session.",
    "Reported fewer panic symptoms and one short episode on public transport.",
    "Came in tearful about an argument at work and needed time before joining the exercise.",
    "Appeared rested, bright affect, and brought the completed diary card.",
    "Described loss of appetite on {n} days and skipping breakfast.",
    "Said that evenings are hardest and that the urge to withdraw peaks after nine.",
    "Was quiet for the first half and then spoke about avoiding telephone calls.",
    "Reported intrusive memories on {n} nights and used the grounding list twice.",
    "Gave a clear account of the week, with two difficult days and a recovery on each.",
    "Described irritability with a neighbor and regret about raising a voice.",
    "Noted a calmer week, with an anxiety rating of {n} of 10 at its highest.",
    "Complained of headaches and a stiff neck after long days at the screen.",
    "Spoke openly about shame around asking for support and looked down while doing so.",
    "Reported cravings on {n} afternoons and left the situation each time.",
    "Described worry about rent, with racing thoughts at bedtime.",
    "Shared pride in returning to the swimming pool after a long break.",
    "Restless at the start, asked to stand by the window, then joined the circle.",
    "Reported a missed shift because of fatigue and a worried supervisor.",
    "Said the anniversary of a loss is near and that sleep has shortened to {h} hours.",
    "Described a conflict over chores and a slammed door, followed by an apology.",
    "Mood brighter, concentration improved, finished a book chapter for the first time in months.",
    "Reported checking the stove {n} times a night, down from last month.",
    "Felt numb most of the week and found it hard to name any emotion.",
)
RESPONDED: Final = (
    "Practised checking the facts and named two other explanations for the event.",
    "Used paced breathing during the exercise and noticed the heartbeat settle.",
    "Explained the exposure ladder to peers and moved one step up.",
    "Rehearsed an opening sentence in role-play and asked for feedback.",
    "Completed the chain analysis and found the earliest point at which to act.",
    "Tried opposite action in the room and reported less urge to leave.",
    "Received a challenge about all-or-nothing thinking without becoming defensive.",
    "Identified three values and ranked them, surprised by the order.",
    "Responded well to validation and could stay with the sadness for several minutes.",
    "Linked body signals to the first sign of anger and marked them on the diagram.",
    "Accepted the reframe that rest is a skill and repeated it in own words.",
    "Worked through the thought record with prompting for the evidence column.",
    "Listened closely, offered one supportive remark and took up the homework review.",
    "Practised the refusal script twice, the second time with a steady voice.",
    "Found the imagery exercise difficult and switched to naming objects in the room.",
    "Engaged in problem solving and chose the smallest workable option.",
    "Could describe the cycle from outside and laughed at a familiar trap.",
    "Tolerated silence, then put the grief into one sentence.",
    "Compared two weeks of the diary card and saw the link with skipped meals.",
    "Showed insight into the function of reassurance seeking and delayed one request.",
    "Set a boundary in role-play and noticed guilt fade within minutes.",
    "Used the wise mind exercise to weigh a decision about overtime.",
    "Needed redirection twice and then followed the mindfulness task to its end.",
    "Generated a coping card with four steps and read it aloud.",
)
PLANNED: Final = (
    "Will log one check of the facts per day.",
    "Evening wind-down routine on four nights, screens off at ten.",
    "Next step on the ladder is the train platform at a quiet hour.",
    "Agreed to place one telephone call before the next visit.",
    "Will bring the diary card with the meals column filled in.",
    "Walk of twenty minutes on three mornings, rated afterwards.",
    "Keep the coping card in the wallet and note each use.",
    "Will ask the employer about a later shift and report back.",
    "Practise opposite action once when the urge to cancel appears.",
    "Read the handout on radical acceptance and mark one passage.",
    "Continue current frequency, review the goal at the next plan date.",
    "Will attend two mutual-help meetings and name one contact.",
    "Schedule the overdue medical check and bring the date.",
    "Write the unsent letter, no more than one page.",
    "Delay checking by ten minutes and record the distress curve.",
    "Arrange one shared meal at home without telephones.",
    "Use the breathing track before bed and rate sleep.",
    "List three early warning signs and share them with a support person.",
    "Try the boundary sentence with a colleague this week.",
    "Plan a pleasant activity for Saturday, with a fallback for rain.",
    "Note cravings by time of day and choose an exit for each.",
    "Prepare one question for the next session about returning to study.",
    "Put the crisis plan on the refrigerator and go through it with family.",
    "Leave the stove unchecked on two nights with the agreed support.",
)
CONJOINT_FOCUS: Final = (
    "Focus on the identified patient's withdrawal and how it triggers pursuit at home.",
    "Session addressed how the identified patient's anxiety organises the evening routine of the household.",
    "Worked on the identified patient's anger episodes and the answer each of them receives.",
    "Explored how the identified patient's low mood is read as disinterest by the others present.",
    "Reviewed the week around the identified patient's school refusal and the morning sequence.",
    "Mapped the cycle in which the identified patient's worry meets reassurance and grows.",
)
CONJOINT_RESPONSE: Final = (
    "A softening was enacted; the identified patient stated a fear of being a burden and was met with reassurance.",
    "Turn-taking with the speaker card held for ten minutes; the identified patient asked for time instead of leaving.",
    "The identified patient named the first sign of anger and the others agreed on a pause word.",
    "Each person present said what they had heard before answering; tension fell from {n} to 3 of 10.",
    "The identified patient could accept praise about two mornings without argument.",
    "Reversal of roles produced laughter and then a serious request from the identified patient.",
)
CONJOINT_PLAN: Final = (
    "Homework: fifteen minutes of undistracted talk on three evenings.",
    "Homework: use the pause word once and note what happened before it.",
    "Next session: review the morning chart and choose one reward.",
    "Homework: one appreciation per day, spoken, not written.",
    "Next session: return to the budget quarrel with the same structure.",
    "Homework: plan one shared activity that nobody has to win.",
)
GROUP_TOPICS: Final = (
    "checking the facts",
    "distress tolerance",
    "urge surfing",
    "the anxiety curve",
    "asking for support",
    "naming losses",
    "interpersonal effectiveness",
    "triggers and exits",
    "sleep and rhythm",
    "self-compassion",
)
SHARED_NOTE: Final = (
    "Topic: {topic}. Facilitator opened with a short mindfulness exercise, taught the skill, ran a practice"
    " round and reviewed homework. {count} participants were present. Group cohesion good; members responded"
    " to each other directly."
)
ADDENDUM: Final = (
    "Addendum: the homework was recorded incompletely; the member also agreed to bring the diary card.",
    "Addendum: corrected the wording of the plan after discussion in supervision; no change to time or service.",
)
INTAKE_NOTE: Final = (
    "Diagnostic evaluation completed: history of present complaint, prior treatment, medical history,"
    " substance use, family and social history, mental status within normal limits apart from mood. Risk was"
    " asked about directly and denied. Treatment options discussed; plan drawn up together."
)
CRISIS_NOTE: Final = (
    "Urgent assessment after a same-day call. State of the crisis, history and mental status assessed;"
    " resources mobilised; safety plan written and a support person involved with permission. Calmer at the"
    " end and able to name the next steps."
)
COMPLEXITY_FACTORS: Final = ("maladaptive_communication", "caregiver_interference", "mandated_report")

GOALS: Final = (
    "Reduce depressive symptoms (PHQ-9 below 10)",
    "Sleep six hours or more on five nights a week",
    "Use a coping skill before leaving a conflict",
    "Return to work or school for the agreed hours",
    "Reduce panic episodes to one a month or fewer",
    "Hold two weekly contacts with supportive people",
    "Remain abstinent and attend the recovery program",
    "Speak about the loss without avoidance",
    "Settle family conflicts without shouting",
    "Increase independence from parents in daily decisions",
    "Increase parental supervision of evening hours",
    "Share feelings with the partner at least weekly",
)
RISK_FLAGS: Final = (
    "Suicide attempt three years ago; safety plan on file",
    "Self-harm last year, none since spring",
    "Alcohol relapse in the past, sponsor known",
    "Conflict with a former partner, no contact order",
)
MESSAGES: Final = (
    "Could I move next week's appointment to a later hour?",
    "I have a question about the invoice from last month.",
    "The worksheet link does not open for me.",
    "Thank you for the session, the breathing exercise helped on the bus.",
    "I missed two doses of my medication and feel dizzy, what should I do?",
    "I would like a copy of my plan.",
    "We argued again after the session and I would like to talk before Thursday.",
    "I relapsed last night and I am ashamed to come to group.",
    "Sleep has been very short this week, should I keep the diary?",
    "Please do not send letters to the old address any more.",
    "Sometimes I think everybody would be better off without me.",
    "Another member wrote about our group online and used my name.",
)
CONFIDENTIAL_MESSAGES: Final = (
    "Please keep this between us: I have been skipping lunch again.",
    "I do not want my parents to read this, can we talk alone next time?",
    "Something happened at a party and I need to talk to you first.",
)
CHECKIN_ANSWERS: Final = (
    ("mood", ("2", "3", "4", "5", "6", "7")),
    ("sleep_hours", ("4", "5", "6", "7", "8")),
    ("safety_concern", ("no", "no", "no", "no", "no", "no", "no", "yes")),
    (
        "what_i_want_to_bring",
        (
            "the argument on Sunday",
            "my new job",
            "nothing special",
            "the homework",
            "a letter I got",
            "I slept badly and want to say why",
            "something that went well",
            "the conversation with my mother",
        ),
    ),
)
