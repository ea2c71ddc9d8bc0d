"""What is risk, and how is it meant: idioms, negation, the past, others, passive wishes."""

import pytest

from streams.drafting.polarity import mentions, not_asked

CASES = {
    "negated": (
        ("suicide", "I don't want to die"),
        ("suicide", "No thoughts of suicide, honestly"),
        ("suicide", "i'm not suicidal or anything"),
        ("suicide", "I would never kill myself"),
        ("suicide", "denies SI/HI"),
        ("suicide", "I don't think about killing myself"),
        ("suicide", "I have zero thoughts of suicide"),
        ("suicide", "thoughts of suicide? none"),
        ("suicide", "I'm nowhere near wanting to die"),
        ("self_harm", "I haven't cut in three months"),
        ("self_harm", "I do not want to hurt myself or anything, I just want it quiet."),
        ("violence", "he's never hit me"),
        ("substance_use", "I haven't had a drink in nine days"),
    ),
    "passive": (
        ("suicide", "I don't want to be here anymore"),
        ("suicide", "i just dont want to wake up"),
        ("suicide", "sometimes I wish I could go to sleep and not wake up"),
        ("suicide", "no, but sometimes I wish I wouldn't wake up"),
        ("suicide", "Everyone would be better off without me"),
        ("suicide", "it's not that i want to die i just want it to stop"),
        ("suicide", "what's the point of living"),
        ("suicide", "passive SI, no plan"),
        ("suicide", "I'm just tired of being alive"),
        ("suicide", "some mornings I'm disappointed I woke up"),
        ("suicide", "I wouldn't care if I got hit by a bus"),
        ("suicide", "it'd be easier if I just wasn't here"),
        ("suicide", "Some mornings I wish I just wouldn't wake up."),
        ("suicide", "I'd rather not wake up some days"),
        ("suicide", "It would be easier to just not wake up"),
        ("suicide", "i don't see why i should keep going"),
        ("suicide", "i just want it all to stop"),
    ),
    "affirmed": (
        ("suicide", "I've been thinking about killing myself"),
        ("suicide", "I have a plan, I've been saving up my pills"),
        ("suicide", "I can't promise I won't kill myself"),
        ("suicide", "not gonna lie i thought about suicide"),
        ("suicide", "I wrote a goodbye letter to my kids"),
        ("suicide", "I keep thinking about suicide and I haven't told anyone"),
        ("self_harm", "i cut myself again on tuesday"),
        ("suicide", "I've been looking up how many Tylenol it would take to die"),
        ("suicide", "I drove to the bridge and stood there"),
        ("suicide", "Tonight I'm going to take all of them, the whole bottle of pills"),
        ("suicide", "I've been thinking about ending things"),
        ("suicide", "I took out the pills and counted them last night"),
        ("suicide", "I looked up how many tylenol it takes"),
        ("self_harm", "I had the urge to cut on Friday, and I used ice water instead."),
        ("violence", "he hit me on Saturday"),
        ("harm_to_others", "I'm going to kill him, I know where he lives"),
        ("substance_use", "I relapsed on Friday"),
        ("psychosis", "the voices tell me to hurt people"),
    ),
    "historical": (
        ("suicide", "I tried to kill myself when I was nineteen"),
        ("suicide", "back in 2019 i took a bunch of pills"),
        ("suicide", "I used to think about suicide, not anymore"),
        ("self_harm", "I used to cut myself in high school"),
        ("suicide", "I attempted in college, pills, sophomore year"),
    ),
    "third_party": (
        ("suicide", "My friend said she wants to kill herself"),
        ("suicide", "My brother killed himself when I was ten"),
        ("suicide", "a girl at my school took all her pills"),
        ("suicide", "she told me she didn't want to be alive anymore"),
    ),
}
IDIOMS = (
    "this job is killing me",
    "I'd die for a pizza right now",
    "my feet are killing me",
    "Mom's gonna kill me",
    "I was dying laughing",
    "I wanted to die of embarrassment",
    "my dog died in March",
    "we watched a movie where he kills himself",
    "I beat myself up about it",
    "it hit me that he was right",
    "my phone died",
    "we could hang out",
    "I could kill for a coffee",
    "that would be career suicide",
    "traffic was suicide this morning",
    "my mom will literally murder me",
    "these shoes are killing me",
    "I want it to stop raining",
    "I'm thinking of ending things with Mark",
    "I don't know why I keep going to that store",
    "I felt like cutting class",
    "I had an urge to cut him off",
    "Goodbye everyone, see you next week",
)


@pytest.mark.parametrize(
    ("polarity", "topic", "text"), [(polarity, *one) for polarity, cases in CASES.items() for one in cases]
)
def test_risk_is_read_as_it_was_meant(polarity: str, topic: str, text: str) -> None:
    assert (topic, polarity) in [(found.topic, found.polarity) for found in mentions(text)]


@pytest.mark.parametrize("text", IDIOMS)
def test_what_only_sounds_like_risk_is_none(text: str) -> None:
    assert mentions(text) == ()


def test_what_was_said_before_and_after_tells_when_it_was() -> None:
    assert [found.polarity for found in mentions("I tried to hang myself.", "That was twenty years ago.")] == [
        "historical"
    ]


@pytest.mark.parametrize("text", ["SI not assessed", "didn't get to risk", "risk not asked, ran out of time"])
def test_a_note_that_nobody_asked_is_no_denial(text: str) -> None:
    assert not_asked(text)
