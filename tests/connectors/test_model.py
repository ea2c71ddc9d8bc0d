"""A model behind an endpoint: every way it can fail ends in the next way of asking, a wait, or a named reason."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from connectors.model import EndpointModel, ModelConfig
from connectors.model_limits import LimitReached, Limits, Usage
from schemas.model_call import Held, ModelAway, ModelCall, NotAcceptable, NoUsableAnswer
from tests.connectors.scripted_model import Reply, ScriptedModel, answers, fails, says, scripted_model

SCHEMA = {"type": "object", "properties": {"said": {"type": "string", "maxLength": 80}}, "required": ["said"]}
CALL = ModelCall("PR-1", "family", "1", "Write.", '{"transcript":[]}', SCHEMA)
GOOD = {"said": "C-1 slept."}


@pytest.fixture
def endpoint() -> Iterator[ScriptedModel]:
    with scripted_model() as model:
        model.default = answers(GOOD)
        yield model


def model_at(endpoint: ScriptedModel, **changes: Any) -> EndpointModel:
    settings: dict[str, Any] = {
        "timeout_s": 5.0,
        "attempts": 3,
        "longest_wait_s": 0.05,
        "input_price": 2.0,
        "output_price": 10.0,
    }
    return EndpointModel(ModelConfig(endpoint.url, "tiny", "key-1", **(settings | changes)))


def accept(answer: Any) -> str:
    if not isinstance(answer, dict) or not isinstance(answer.get("said"), str):
        raise NotAcceptable("not of the form")
    return str(answer["said"])


def nothing(_: bytes) -> None:
    """Lets everything pass."""


def test_the_first_way_of_asking_is_a_schema_at_temperature_0_2(endpoint: ScriptedModel) -> None:
    answer = model_at(endpoint).ask(CALL, accept, nothing)
    assert (answer.value, answer.rung, answer.model, answer.calls) == ("C-1 slept.", "json_schema", "tiny", 1)
    assert (answer.input_tokens, answer.output_tokens, answer.cost_micros) == (100, 10, 300)
    (asked,) = endpoint.asked
    assert asked["temperature"] == 0.2
    assert asked["response_format"]["json_schema"]["schema"] == SCHEMA
    assert asked["response_format"]["json_schema"]["strict"] is True
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert asked["messages"][1]["content"] == CALL.material


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_server_that_does_not_know_schemas_is_asked_for_an_object(endpoint: ScriptedModel, status: int) -> None:
    endpoint.script = [fails(status)]
    model = model_at(endpoint)
    assert model.ask(CALL, accept, nothing).rung == "json_object"
    assert '"maxLength":80' in endpoint.asked[1]["messages"][0]["content"]
    model.ask(CALL, accept, nothing)
    assert endpoint.ways == ["json_schema", "json_object", "json_object"]  # and not knocked at again


@pytest.mark.parametrize(
    "first",
    [
        says("I cannot help with that.", refusal="no"),
        says('{"said": "C-1 sl', finish="length"),
        says(None, finish="content_filter"),
        says("C-1 slept well, I think."),
        says('{"said": '),
        says(""),
        answers({"else": 1}),
        answers([1, 2]),
        Reply(body={"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": []}),
    ],
    ids=["refusal", "cut-off", "filter", "prose", "half", "empty", "wrong form", "list", "no choice"],
)
def test_an_answer_that_cannot_be_used_leads_to_the_next_way(endpoint: ScriptedModel, first: Reply) -> None:
    endpoint.script = [first]
    answer = model_at(endpoint).ask(CALL, accept, nothing)
    assert (answer.rung, answer.calls) == ("json_object", 2)


def test_plain_text_comes_in_fences_and_with_a_sentence_before_it(endpoint: ScriptedModel) -> None:
    endpoint.script = [fails(400), fails(400), says(f"Here it is:\n```json\n{json.dumps(GOOD)}\n```\nAnything else?")]
    assert model_at(endpoint).ask(CALL, accept, nothing).rung == "text"
    assert endpoint.ways == ["json_schema", "json_object", "text"]


def test_when_nothing_usable_comes_it_is_said_with_what_it_cost(endpoint: ScriptedModel) -> None:
    endpoint.default = says("no")
    with pytest.raises(NoUsableAnswer) as caught:
        model_at(endpoint).ask(CALL, accept, nothing)
    assert caught.value.reason.startswith("json_schema: prose instead of JSON; json_object:")
    assert (caught.value.calls, caught.value.cost_micros) == (3, 900)


def test_too_many_requests_is_waited_out(endpoint: ScriptedModel) -> None:
    endpoint.script = [fails(429, retry_after="0"), fails(503)]
    answer = model_at(endpoint).ask(CALL, accept, nothing)
    assert (answer.rung, answer.calls) == ("json_schema", 3)


def test_an_endpoint_that_goes_on_refusing_everybody_is_away(endpoint: ScriptedModel) -> None:
    endpoint.default = fails(429)
    with pytest.raises(ModelAway, match="429"):
        model_at(endpoint).ask(CALL, accept, nothing)
    assert len(endpoint.seen) == 3


def test_an_endpoint_that_fails_however_it_is_asked_is_away_and_not_a_bad_answer(endpoint: ScriptedModel) -> None:
    endpoint.default = fails(500)
    with pytest.raises(ModelAway, match="500"):
        model_at(endpoint).ask(CALL, accept, nothing)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_away_until_somebody_mends_it(endpoint: ScriptedModel, status: int) -> None:
    endpoint.default = fails(status)
    with pytest.raises(ModelAway, match=str(status)):
        model_at(endpoint).ask(CALL, accept, nothing)


def test_an_endpoint_that_hangs_is_given_up_after_its_time(endpoint: ScriptedModel) -> None:
    endpoint.default = Reply(200, {}, wait_s=1.0)
    with pytest.raises(ModelAway, match="in time"):
        model_at(endpoint, timeout_s=0.2).ask(CALL, accept, nothing)
    assert len(endpoint.seen) == 1


def test_an_endpoint_that_hangs_up_is_asked_again(endpoint: ScriptedModel) -> None:
    endpoint.script = [Reply(drop=True)]
    assert model_at(endpoint).ask(CALL, accept, nothing).value == "C-1 slept."


def test_after_repeated_failures_nobody_knocks_for_a_while(endpoint: ScriptedModel) -> None:
    endpoint.default = fails(503)
    model = model_at(endpoint, attempts=2, failures_to_open=4, open_s=60.0)
    for _ in range(4):
        with pytest.raises(ModelAway):
            model.ask(CALL, accept, nothing)
    assert len(endpoint.seen) == 4
    with pytest.raises(ModelAway, match="pause") as caught:
        model.ask(CALL, accept, nothing)
    assert caught.value.again_in_s == 60.0


def test_bad_answers_do_not_open_the_breaker(endpoint: ScriptedModel) -> None:
    endpoint.default = says("prose")
    model = model_at(endpoint, failures_to_open=2)
    for _ in range(3):
        with pytest.raises(NoUsableAnswer):
            model.ask(CALL, accept, nothing)
    assert len(endpoint.seen) == 9


def test_what_is_about_to_leave_is_looked_at_byte_for_byte_and_may_be_held(endpoint: ScriptedModel) -> None:
    looked: list[bytes] = []

    class Consent(Held):
        """Somebody has withdrawn."""

    def hold_the_second(body: bytes) -> None:
        looked.append(body)
        if len(looked) == 2:
            raise Consent("withdrawn")

    endpoint.script = [fails(429)]
    with pytest.raises(Consent):
        model_at(endpoint).ask(CALL, accept, hold_the_second)
    assert endpoint.seen == looked[:1]


def test_so_many_at_once_of_all_and_of_one_practice(endpoint: ScriptedModel) -> None:
    endpoint.default = Reply(200, answers(GOOD).body, wait_s=0.05)
    model = model_at(endpoint, at_once=3, at_once_per_practice=2)
    calls = [ModelCall(f"PR-{number % 4}", "family", "1", "Write.", "{}", SCHEMA) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda call: model.ask(call, accept, nothing), calls))) == 8
    assert endpoint.most_at_once == 3


def test_a_practice_that_has_used_up_its_day_is_told_so_and_the_others_go_on(endpoint: ScriptedModel) -> None:
    model = model_at(endpoint, dollars_per_day=0.0005)
    other = ModelCall("PR-2", "family", "1", "Write.", "{}", SCHEMA)
    for _ in range(2):
        model.ask(CALL, accept, nothing)
    with pytest.raises(NoUsableAnswer, match="budget"):
        model.ask(CALL, accept, nothing)
    assert model.ask(other, accept, nothing).value == "C-1 slept."


def test_a_new_day_has_a_new_budget() -> None:
    day = [date(2026, 4, 1)]
    limits = Limits(1, 1, 1.0, today=lambda: day[0])
    limits.spent("PR-1", 1_000_000)
    with pytest.raises(LimitReached), limits.place("PR-1", Usage(0, 0)):
        pass
    day[0] = date(2026, 4, 2)
    with limits.place("PR-1", Usage(0, 0)):
        pass


def test_nothing_of_a_question_or_an_answer_is_logged(
    endpoint: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    endpoint.script = [says("Quisenberry is prose"), fails(500)]
    model_at(endpoint).ask(ModelCall("PR-1", "f", "1", "Write.", "Quisenberry", SCHEMA), accept, nothing)
    assert "Quisenberry" not in caplog.text
    assert "Quisenberry" not in repr(CALL)
    assert "key-1" not in repr(ModelConfig("http://x", "m", "key-1"))


def test_questions_from_several_threads_each_keep_their_own_check(endpoint: ScriptedModel) -> None:
    endpoint.default = Reply(200, answers(GOOD).body, wait_s=0.02)
    model = model_at(endpoint)
    wrong: list[str] = []
    barrier = threading.Barrier(4)

    def one(number: int) -> None:
        call = ModelCall(f"PR-{number}", "family", "1", "Write.", f'{{"n":{number}}}', SCHEMA)

        def check(body: bytes) -> None:
            if f'{{\\"n\\":{number}}}'.encode() not in body:
                wrong.append(f"{number}")

        barrier.wait()
        model.ask(call, accept, check)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    assert wrong == []
