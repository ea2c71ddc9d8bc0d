"""What is said in a simulated session, and what does the therapist jot down about it? Scenes, cast anew each time.
Reads a session's kind, group and people; the same session always says the same.
Must never hold a real person's words, nor a sentence in which a name of the bank occurs as a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

THERAPIST: Final = "THERAPIST"


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of a session. Speakers: T is the therapist, a to d are whoever is cast; `{a}` is what others call
    that person. `groups`: words of a group's name it fits; empty fits any of its kind."""

    kinds: tuple[str, ...]
    codes: tuple[str, ...]
    turns: tuple[tuple[str, str], ...]
    bullets: tuple[str, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A session's words: (speaker's person id or THERAPIST, text), the outline's lines, and intervention codes."""

    turns: tuple[tuple[str, str], ...]
    bullets: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Somebody in the room."""

    id: str
    called: str


GROUP, CONJOINT = ("group", "multi_family"), ("family", "couple")

SCENES: Final = (
    Scene(
        GROUP,
        ("DBT-DT", "HOMEWORK-REVIEW"),
        (
            ("T", "Let us go through the diary cards. Who used a skill before the urge was at its top?"),
            (
                "a",
                "I did the ice water on Tuesday, after the call with my landlord. The urge went from eight to four.",
            ),
            ("T", "From eight to four. What did you do next?"),
            ("a", "I sat on the step outside until it was a three, and then I went back in."),
            ("b", "I forgot the card at home, but I used the paced breathing twice at work."),
            ("T", "Did it help, {b}?"),
            ("b", "The first time it helped. The second time I was already shouting."),
            ("c", "{b}, when you say you were shouting, I do that too. I leave the room before it gets that far now."),
            ("b", "I could try leaving the room first."),
            ("T", "So the skill comes before the shouting. Will you practise that once this week?"),
            ("b", "Yes, I will leave the kitchen for five minutes when I notice my jaw."),
        ),
        (
            "Diary cards. {a}: ice water after phone call, urge 8 to 4",
            "{b} card forgotten, paced breathing twice, helped once",
            "{b} will leave kitchen 5 min when jaw tightens",
        ),
        ("DBT", "Skills"),
    ),
    Scene(
        GROUP,
        ("DBT-IE", "ROLE-PLAY"),
        (
            ("T", "Today's skill is DEAR MAN. {a}, you wanted to ask for a later shift."),
            ("a", "I want to start at ten on Mondays so that I can come here rested."),
            ("T", "Try it now, {b} is your supervisor."),
            ("a", "When I start at seven I sleep four hours. I would like to start at ten on Mondays."),
            ("b", "We are short of people on Mondays."),
            ("a", "I understand. I can stay until six instead."),
            ("c", "You kept your voice down the whole time, {a}. Last time you apologised three times."),
            ("a", "I noticed that I did not apologise. That felt strange and good."),
            ("T", "When will you ask for real?"),
            ("a", "On Thursday, after the handover."),
        ),
        (
            "DEAR MAN role-play, {a} asks for later shift, {b} plays supervisor",
            "{a} did not apologise, noticed it",
            "{a} will ask on Thursday",
        ),
        ("DBT", "Skills", "Adolescent"),
    ),
    Scene(
        GROUP,
        ("COG-RESTRUCT", "BA"),
        (
            ("T", "How was the week with the activity plan?"),
            ("a", "I walked on three mornings. On the other days I stayed in bed until eleven."),
            ("T", "What was different on the three mornings?"),
            ("a", "My shoes were next to the bed. It sounds silly, but it worked."),
            ("b", "It is not silly. I put the pills next to the coffee and since then I have not missed one."),
            ("c", "I did not do anything from my plan. I slept badly, maybe four hours a night."),
            ("T", "What went through your mind when you looked at the plan, {c}?"),
            ("c", "That it makes no difference anyway. I always ruin it."),
            ("T", "Always. What would speak against always?"),
            ("c", "I came here. And I called my sister back on Sunday."),
            ("a", "You did the calls last month as well, {c}."),
            ("c", "I can put one walk on the plan. Saturday, with the dog."),
        ),
        (
            "Activity plan: {a} three walks, shoes by the bed",
            "{c} sleep about 4 h, thought: always ruin it; evidence against found",
            "{c} one walk on Saturday",
        ),
    ),
    Scene(
        GROUP,
        ("EXPOSURE", "PSYCHOED"),
        (
            ("T", "Where is everybody on the exposure ladder?"),
            ("a", "I took the train for two stops. My fear was at seven at the door and at three when I got off."),
            ("b", "I did not get to the train. I stood on the platform for ten minutes and went home."),
            ("T", "You stood there for ten minutes. What was the number at the end?"),
            ("b", "Five. It had been eight."),
            ("c", "That is the same as {a} said, it came down by itself."),
            ("b", "I had not seen it like that. I thought I had failed."),
            ("T", "What is the next step for you, {b}?"),
            ("b", "Platform again on Wednesday, and get in if it is below six."),
            ("a", "I could go with you for the first stop."),
            ("b", "Thank you. I would like to try it alone first."),
        ),
        (
            "Ladder: {a} two stops, 7 to 3",
            "{b} platform 10 min, 8 to 5, had called it failure",
            "{b} platform again Wednesday, alone first",
        ),
        ("Anxiety", "Lab"),
    ),
    Scene(
        GROUP,
        ("GRIEF-WORK", "VALID"),
        (
            ("T", "{a}, last time you said the anniversary is coming."),
            ("a", "It was on Friday. I went to the lake where we used to fish and read the letter out loud."),
            ("T", "How was it to read it there?"),
            ("a", "I cried for an hour, and afterwards I ate a whole meal for the first time in weeks."),
            ("b", "I have not opened the box with his things. I walk around it."),
            ("c", "With me it was a coat. I moved it one room further every month."),
            ("b", "One room further. I think I could carry it to the hall."),
            ("T", "Only if you want to, {b}. When would that be?"),
            ("b", "On Sunday, when my daughter is there."),
        ),
        (
            "{a} read the letter at the lake on the anniversary, ate afterwards",
            "{b} avoids the box, {c} told of the coat, one room a month",
            "{b}: box to the hall on Sunday, daughter there",
        ),
        ("Grief", "Loss"),
    ),
    Scene(
        GROUP,
        ("RELAPSE-PREVENTION", "MI"),
        (
            ("T", "Who had a craving that surprised them?"),
            ("a", "At the game on Saturday. Somebody handed me a cup and I had it in my hand before I thought."),
            ("T", "And then?"),
            ("a", "I gave it back and called my sponsor from the parking lot. I did not drink."),
            ("b", "I used on Wednesday. One night. I did not want to come today."),
            ("T", "You came, {b}. What made you come?"),
            ("b", "That I promised it here. And my brother drove me."),
            ("c", "I was gone for two weeks after my last time, because I was ashamed. I am glad you came."),
            ("b", "The trigger was payday. I walk past the place on the way home."),
            ("T", "What could be another way home?"),
            ("b", "The bus. It takes ten minutes longer. I will take the bus on Fridays."),
        ),
        (
            "Cravings: {a} cup at the game, gave it back, called sponsor",
            "{b} used Wednesday, trigger payday, came anyway",
            "{b} will take the bus on Fridays",
        ),
        ("Recovery", "Relapse"),
    ),
    Scene(
        GROUP,
        ("REFUSAL-SKILLS", "ROLE-PLAY"),
        (
            ("T", "We practise saying no at a family table. {a} says no, {b} insists."),
            ("b", "Come on, one glass, it is my birthday."),
            ("a", "No, thank you. I will have the juice."),
            ("b", "You are no fun any more."),
            ("a", "I like being here with you, and I am not drinking."),
            ("T", "How was that?"),
            ("a", "My hands were shaking, but the sentence was there."),
            ("c", "I would have explained too much. {a} did not explain at all."),
            ("T", "{c}, what would your sentence be?"),
            ("c", "I am driving tonight. I will say I am driving."),
            ("a", "I will ring two people from the meeting before the party on Saturday."),
        ),
        (
            "Refusal practice, {a} short and without explaining",
            "{c} own sentence: I am driving",
            "{a} two calls before the party on Saturday",
        ),
        ("Recovery", "Relapse", "Adolescent"),
    ),
    Scene(
        GROUP,
        ("PEER-FEEDBACK", "PROBLEM-SOLVING"),
        (
            ("T", "What is the thing this week that you would like the group to think about with you?"),
            ("a", "My friends went to the lake without telling me. I saw the pictures."),
            ("b", "That happened to me in spring. I did not write to anybody for a week."),
            ("T", "What would you want to do differently, {a}?"),
            ("a", "I want to ask one of them, not all of them. I would ask the one who sits next to me in math."),
            ("c", "You could say that you would have liked to come. Not that they are mean."),
            ("a", "I would have liked to come. Yes. I can say that."),
            ("b", "And if it goes badly you have us on Wednesday."),
            ("T", "What about school this week, {c}?"),
            ("c", "I went on four days. On Friday I had a stomach ache and stayed in bed."),
        ),
        (
            "{a} left out by friends, will ask one of them",
            "{c} school four of five days, stomach ache on Friday",
            "Peers supportive, {b} had the same in spring",
        ),
        ("Adolescent",),
    ),
    Scene(
        GROUP,
        ("GROUND", "STABILISATION"),
        (
            ("T", "We begin with the grounding exercise. Five things that you see, in your own time."),
            ("a", "The lamp, the blue chair, my shoes, the window, the cup."),
            ("T", "Where is your body now, from one to ten?"),
            ("a", "Three. When I came it was a seven, the bus was full."),
            (
                "b",
                "I had the dream again on two nights. I used the list and could go back to sleep once.",
            ),
            ("T", "Once out of two. What did you use from the list?"),
            ("b", "The cold tap and saying the date out loud."),
            ("c", "I cannot close my eyes for the exercise. I kept them open and looked at the floor."),
            ("T", "That is a good way to do it. You decide how, {c}."),
            ("c", "I wrote half of the page about the stuck point. I would like to stop there for today."),
            ("T", "Then we stop there."),
        ),
        (
            "Grounding, {a} 7 to 3",
            "{b} dream on two nights, list helped once",
            "{c} half of stuck point page, chose to stop",
        ),
        ("Trauma",),
    ),
    Scene(
        ("multi_family",),
        ("FAMILY-PROBLEM-SOLVING", "COMMUNICATION-TRAINING"),
        (
            ("T", "Each family brings one thing that went a little better."),
            ("a", "We had dinner together on two evenings without the telephone."),
            ("b", "He did not get up once. I was surprised."),
            ("c", "With us it was the mornings. I stopped calling up the stairs and knocked on the door instead."),
            ("d", "I got up faster because nobody was shouting."),
            ("T", "What did the other families hear in that?"),
            ("a", "That knocking is something we could try as well."),
            ("b", "I would try it on school days."),
        ),
        (
            "Families: what went better. Dinner twice without telephone",
            "Knocking instead of calling, {d} up faster",
            "{a} and {b} will try knocking on school days",
        ),
    ),
    Scene(
        CONJOINT,
        ("CYCLE-DE-ESCALATION", "COMMUNICATION-TRAINING"),
        (
            ("T", "What happened on Sunday, slowly, step by step?"),
            ("a", "I came home late and {b} did not say a word. I went straight to the garage."),
            ("b", "I was afraid that something had happened, and then I was angry."),
            ("T", "First afraid, then angry. Did {a} see the fear?"),
            ("b", "No. I only show the angry part."),
            ("a", "When it is quiet like that I think I am in trouble, so I go away."),
            ("b", "And when you go away I am more afraid."),
            ("T", "Can you say the first part to each other, here?"),
            ("b", "I was worried when it was ten o'clock and I had not heard from you."),
            ("a", "I would have come in if you had said that. I will send a message when I leave work."),
            ("b", "That would help me."),
        ),
        (
            "Cycle: late, silence, garage. {b} afraid first, then angry",
            "{b} said the worry, {a} stayed",
            "{a} sends a message when leaving work",
        ),
    ),
    Scene(
        CONJOINT,
        ("COMMUNICATION-TRAINING", "TIME-OUT"),
        (
            ("T", "How did the pause word go?"),
            ("a", "We used it twice. Once it worked and once I did not stop."),
            ("b", "The second time I said it and {a} went on for ten minutes."),
            ("a", "That is true. I did not want to lose the point."),
            ("T", "What would make it possible to stop?"),
            ("a", "If I knew that we come back to it. With a time."),
            ("b", "Half an hour. I can promise that we come back after half an hour."),
            ("a", "Then I will stop when you say it."),
            ("T", "So: the word, half an hour, and back to the table. Is that agreed?"),
            ("b", "Yes."),
            ("a", "Agreed."),
        ),
        (
            "Pause word used twice, worked once",
            "Agreed: word, half an hour, back to the table",
            "{a}: stops if return is certain",
        ),
    ),
    Scene(
        ("family",),
        ("ENACT", "BOUND"),
        (
            ("T", "Who decides about the evenings at the moment?"),
            ("a", "I do, and then nobody keeps to it."),
            ("b", "Because the rule changes every day."),
            ("T", "{b}, say to {a} what rule you would keep."),
            ("b", "Home at nine on school days, and on Saturday I may stay until eleven if I text where I am."),
            ("a", "I could live with nine and eleven. I want the text."),
            ("c", "Nobody asks me, but I would like the door to be quiet when you come in."),
            ("b", "I can do that."),
            ("T", "{a}, what do you do if it is ten past nine?"),
            ("a", "I will not shout on the stairs. I will talk about it the next day."),
            ("b", "I will text by half past eight on school days."),
        ),
        (
            "Enactment about evening rule: nine on school days, eleven on Saturday with text",
            "{c} asks for quiet door",
            "{a} no shouting on the stairs, talks next day; {b} texts by half past eight",
        ),
    ),
    Scene(
        ("family",),
        ("REFRAMING", "CIRCULAR-QUESTIONS"),
        (
            ("T", "If I asked {c}, who worries most in this family, what would the answer be?"),
            ("c", "{a}. All the time, even when nothing is wrong."),
            ("a", "I do worry. Somebody has to."),
            ("b", "I worry as well, I only do not say it. I check the grades at night."),
            ("T", "So worrying is a job that two people do without telling each other."),
            ("a", "I did not know that you look at the grades."),
            ("b", "I did not want to make it bigger."),
            ("c", "It would be easier if you asked me on Sundays and not every day."),
            ("a", "Sundays, at breakfast. I can wait until then."),
        ),
        (
            "Who worries most: {a} aloud, {b} at night with the grades",
            "{c} asks for one talk on Sundays",
            "{a} agrees: grades on Sunday at breakfast",
        ),
    ),
    Scene(
        ("couple",),
        ("RITUALS", "LOVE-MAPS"),
        (
            ("T", "What have you noticed this week that the other did for you?"),
            ("a", "The coffee was on my side of the bed on Thursday. I did not say anything, but I saw it."),
            ("b", "I thought that nobody had seen it."),
            ("T", "What did you notice, {b}?"),
            ("b", "That {a} asked about my mother's appointment and remembered the name of the doctor."),
            ("a", "It is written on the calendar. But yes, I wanted to ask."),
            ("T", "How would you like to hear such things?"),
            ("b", "On the same day, and with words. A sentence is enough."),
            ("a", "I can say one thing every evening. Before the light goes out."),
        ),
        (
            "What each noticed: coffee, asked about the appointment",
            "{b} wants to hear it the same day, in words",
            "{a}: one sentence every evening",
        ),
    ),
)

OPENINGS: Final = (
    (("T", "Welcome. Who would like to begin with the week?"), ("a", "I can begin."), ("T", "Thank you, {a}.")),
    (("T", "Let us take a breath together before we begin. How are you here today?"), ("a", "Tired, but here.")),
    (("T", "Last time we ended with a plan. Who wants to say how it went?"), ("a", "Partly. I will come to it.")),
)
SAFETY: Final = (
    (
        ("T", "I ask everybody, as always: any thoughts of suicide or of harming yourself this week?"),
        ("a", "No, none."),
        ("b", "No."),
    ),
    (
        ("T", "Has anybody had thoughts of not wanting to live this week?"),
        ("a", "No. In March I did, not now."),
        ("b", "No, nothing like that."),
    ),
    (
        ("T", "Any thoughts of hurting yourself since we met?"),
        ("a", "Sometimes I think it would be easier not to wake up. I would not do anything."),
        (
            "T",
            "Thank you for saying it. Please stay a moment afterwards, {a}, we look at your safety plan.",
        ),
        ("a", "All right."),
    ),
)
CLOSINGS: Final = (
    (
        ("T", "Then let us say what each of you takes along."),
        ("a", "The sentence with the plan."),
        ("b", "That I was heard."),
    ),
    (("T", "We meet next week at the same time. One word each?"), ("a", "Lighter."), ("b", "Tired.")),
)


def told(seed: int, session_id: str, kind: str, group: str, people: Sequence[Cast]) -> Told:
    """The words of one session. People speak in turn, everybody has a part if there are scenes enough."""
    rng = Random(f"{seed}/{session_id}/words")  # noqa: S311 - a simulation
    fitting = [scene for scene in SCENES if kind in scene.kinds and _fits(scene, group)]
    rng.shuffle(fitting)
    order = list(people)
    rng.shuffle(order)
    turns = _spoken(rng.choice(OPENINGS), order)
    bullets: list[str] = []
    codes: list[str] = []
    for number, scene in enumerate(fitting[: 4 if len(people) > 3 else 3]):
        cast = _rotated(order, 3 * number)
        turns += _spoken(scene.turns, cast)
        bullets += [text.format(**_names(cast)) for text in scene.bullets]
        codes += scene.codes
    # seldom enough that what is urgent stands out
    safety = SAFETY[2] if rng.random() < 0.08 else rng.choice(SAFETY[:2])
    asked = _rotated(order, rng.randrange(len(order)))
    if rng.random() < 0.7:
        turns += _spoken(safety, asked)
        if safety is not SAFETY[2]:
            bullets.append("Safety asked about directly, nobody reported thoughts of self-harm")
    turns += _spoken(rng.choice(CLOSINGS), _rotated(order, 1))
    return Told(tuple(turns), tuple(bullets), tuple(dict.fromkeys(codes)))


def _fits(scene: Scene, group: str) -> bool:
    return not scene.groups or any(word in group for word in scene.groups)


def _rotated(order: Sequence[Cast], by: int) -> Sequence[Cast]:
    by %= len(order)
    return [*order[by:], *order[:by]]


def _role(role: str, cast: Sequence[Cast]) -> Cast:
    return cast[("abcd".index(role)) % len(cast)]


def _names(cast: Sequence[Cast]) -> dict[str, str]:
    return {role: _role(role, cast).called for role in "abcd"}


def _spoken(turns: Sequence[tuple[str, str]], cast: Sequence[Cast]) -> list[tuple[str, str]]:
    names = _names(cast)
    return [(THERAPIST if role == "T" else _role(role, cast).id, text.format(**names)) for role, text in turns]
