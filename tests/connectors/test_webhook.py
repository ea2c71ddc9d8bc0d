"""Deliveries over HTTP: who is let in, what is stored, what a repeat gets, and what nobody ever gets to read."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from prometheus_client import REGISTRY, generate_latest

from connectors import webhook
from connectors.dead_letters import BrokerAway, Headers
from connectors.webhook import (
    HEADER_DELIVERY,
    HEADER_RECEIVED_MS,
    HEADER_SIGNATURE,
    HEADER_SOURCE,
    HEADER_TIMESTAMP,
    MAX_CHANGES,
    Outcome,
    WebhookConfig,
    changes_of,
    create_app,
    sign,
)
from schemas.reasons import Poison, Reason

SECRET = "the secret of this test"
NOW = 1_772_461_800
MARK = "Ottilie Quellwasser"
CHANGE: dict[str, Any] = {
    "at": "2026-03-02T14:30:00Z",
    "entity": "client",
    "op": "create",
    "id": "C-1",
    "rev": 1,
    "data": {"name": MARK, "dob": "1990-02-03"},
}
BODY = orjson.dumps({"changes": [CHANGE, {**CHANGE, "id": "C-2"}]})


class Door:
    """The application with a store in memory and a clock of the test's own."""

    def __init__(self, **changed: Any) -> None:
        self.stored: list[tuple[str, bytes, Headers]] = []
        self.away = False
        self.gate: asyncio.Event | None = None
        self.now = float(NOW)
        self.config = WebhookConfig(**({"bootstrap": "unused", "secrets": (SECRET,)} | changed))
        app = create_app(self.config, self.store, lambda: self.now, lambda: self.now)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("127.0.0.1", 40_000)), base_url="http://webhook.test"
        )

    async def store(self, key: str, value: bytes, headers: Headers) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise BrokerAway("_MSG_TIMED_OUT")
        self.stored.append((key, value, headers))

    async def post(
        self,
        body: bytes | AsyncIterator[bytes] = BODY,
        practice: str = "P-1",
        *,
        secret: str = SECRET,
        delivery: str | None = None,
        at: int | None = None,
        signed: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        timestamp = int(self.now) if at is None else at
        to_sign = signed if signed is not None else body
        assert isinstance(to_sign, bytes)
        sent = {HEADER_TIMESTAMP: str(timestamp), HEADER_SIGNATURE: sign(secret, timestamp, to_sign)}
        if delivery is not None:
            sent[HEADER_DELIVERY] = delivery
        return await self.client.post(f"/v1/changes/{practice}", content=body, headers=sent | (headers or {}))


def said(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["outcome"]


async def test_a_signed_delivery_is_stored_untouched_under_its_practice_and_then_accepted() -> None:
    door = Door(source="healthie")
    body = b' { "changes" : [' + orjson.dumps(CHANGE) + b"] }\n"
    response = await door.post(body)
    assert (response.status_code, response.json()) == (202, {"outcome": "accepted", "changes": 1})
    assert door.stored == [("P-1", body, [(HEADER_SOURCE, "healthie"), (HEADER_RECEIVED_MS, f"{NOW}000")])]


async def test_a_body_may_be_one_change() -> None:
    response = await Door().post(orjson.dumps(CHANGE))
    assert response.json() == {"outcome": "accepted", "changes": 1}


async def test_the_answer_comes_only_after_the_broker_has_it() -> None:
    door = Door()
    door.gate = asyncio.Event()
    answer = asyncio.create_task(door.post())
    await asyncio.sleep(0.05)
    assert not answer.done()
    door.gate.set()
    assert said(await answer) == (202, "accepted")


# --- who is let in ----------------------------------------------------------------------------------------------------


async def test_wrong_old_future_tampered_and_unsigned_deliveries_are_named_and_nothing_is_stored() -> None:
    door = Door()
    assert said(await door.post(secret="another secret entirely")) == (401, "wrong_signature")
    assert said(await door.post(signed=BODY + b" ")) == (401, "wrong_signature")
    assert said(await door.post(at=NOW - 301)) == (401, "outside_time_window")
    assert said(await door.post(at=NOW + 301)) == (401, "outside_time_window")
    assert said(await door.client.post("/v1/changes/P-1", content=BODY)) == (401, "unsigned")
    assert said(await door.post(headers={HEADER_SIGNATURE: ""})) == (401, "unsigned")
    assert said(await door.post(headers={HEADER_TIMESTAMP: "yesterday"})) == (401, "unsigned")
    assert door.stored == []


async def test_a_refusal_is_one_line_that_reveals_nothing() -> None:
    response = await Door().post(secret="another secret entirely")
    assert response.content.count(b"\n") == 0
    assert response.json() == {"outcome": "wrong_signature", "todo": "the signature does not match"}
    right = sign(SECRET, NOW, BODY).removeprefix("v1=")
    assert right not in response.text + str(response.headers)


async def test_a_secret_is_replaced_without_a_gap() -> None:
    door = Door(secrets=("the secret before it", SECRET))
    assert said(await door.post(secret="the secret before it")) == (202, "accepted")
    door.now += 1
    assert said(await door.post()) == (202, "accepted")


async def test_a_practice_with_a_secret_of_its_own_takes_no_other() -> None:
    door = Door(practice_secrets={"P-2": ("a secret of practice two",)})
    assert said(await door.post(practice="P-2")) == (401, "wrong_signature")
    assert said(await door.post(practice="P-2", secret="a secret of practice two")) == (202, "accepted")
    assert said(await door.post(practice="P-1", secret="a secret of practice two")) == (401, "wrong_signature")


async def test_without_a_common_secret_an_unknown_practice_looks_like_a_wrong_signature() -> None:
    door = Door(secrets=(), practice_secrets={"P-2": ("a secret of practice two",)})
    unknown = await door.post(practice="P-9")
    wrong = await door.post(practice="P-2")
    assert (said(unknown), unknown.content) == (said(wrong), wrong.content)


# --- repeats ----------------------------------------------------------------------------------------------------------


async def test_a_repeated_delivery_is_a_duplicate_and_stored_once() -> None:
    door = Door()
    assert said(await door.post(delivery="d-1")) == (202, "accepted")
    door.now += 60
    repeat = await door.post(delivery="d-1")  # signed anew, as a sender's retry is
    assert (repeat.status_code, repeat.json()) == (200, {"outcome": "duplicate"})
    assert len(door.stored) == 1


async def test_a_captured_request_sent_again_is_a_duplicate_whatever_delivery_id_it_is_given() -> None:
    door = Door()
    await door.post(delivery="d-1")
    assert said(await door.post(delivery="d-2")) == (200, "duplicate")
    assert said(await door.post()) == (200, "duplicate")
    assert len(door.stored) == 1


async def test_a_captured_request_is_a_duplicate_even_when_one_of_its_signatures_is_cut_off() -> None:
    door = Door(secrets=("the secret before it", SECRET))
    both = f"{sign('the secret before it', NOW, BODY)},{sign(SECRET, NOW, BODY)}"
    assert said(await door.post(headers={HEADER_SIGNATURE: both})) == (202, "accepted")
    assert said(await door.post()) == (200, "duplicate")


async def test_a_captured_request_sent_to_another_practice_is_refused() -> None:
    door = Door()
    await door.post(practice="P-1")
    assert said(await door.post(practice="P-2")) == (401, "signature_spent")
    door.now += 1
    assert said(await door.post(practice="P-2")) == (202, "accepted")


async def test_a_delivery_id_with_another_body_is_refused_loudly_instead_of_dropped_silently() -> None:
    door = Door()
    await door.post(delivery="d-1")
    assert said(await door.post(orjson.dumps(CHANGE), delivery="d-1")) == (409, "delivery_id_reused")


async def test_the_same_body_under_a_new_delivery_id_is_stored_again() -> None:
    door = Door()
    await door.post(delivery="d-1")
    door.now += 1
    assert said(await door.post(delivery="d-2")) == (202, "accepted")


async def test_the_same_delivery_id_of_two_practices_is_two_deliveries() -> None:
    door = Door()
    await door.post(practice="P-1", delivery="d-1")
    door.now += 1
    assert said(await door.post(practice="P-2", delivery="d-1")) == (202, "accepted")


async def test_the_memory_of_deliveries_ends() -> None:
    door = Door(remember_s=3_600)
    await door.post(delivery="d-1")
    door.now += 3_601
    assert said(await door.post(delivery="d-1")) == (202, "accepted")


async def test_a_signature_is_remembered_as_long_as_it_could_be_used() -> None:
    door = Door()
    ahead = NOW + 300
    assert said(await door.post(at=ahead)) == (202, "accepted")
    door.now = NOW + 600
    assert said(await door.post(at=ahead)) == (200, "duplicate")
    door.now = NOW + 601
    assert said(await door.post(at=ahead)) == (401, "outside_time_window")


async def test_a_delivery_that_was_not_stored_may_be_tried_again() -> None:
    door = Door()
    door.away = True
    away = await door.post(delivery="d-1")
    assert said(away) == (503, "broker_away")
    assert int(away.headers["retry-after"]) >= 1
    door.away = False
    assert said(await door.post(delivery="d-1")) == (202, "accepted")


async def test_of_two_equal_deliveries_at_once_one_is_stored_and_the_other_waits_for_it() -> None:
    door = Door()
    door.gate = asyncio.Event()
    both = [asyncio.create_task(door.post(delivery="d-1")) for _ in range(2)]
    await asyncio.sleep(0.05)
    assert not any(one.done() for one in both)
    door.gate.set()
    assert sorted([said(await one) for one in both]) == [(200, "duplicate"), (202, "accepted")]
    assert len(door.stored) == 1


async def test_of_two_equal_deliveries_at_once_neither_is_accepted_when_the_broker_is_away() -> None:
    door = Door()
    door.away = True
    door.gate = asyncio.Event()
    both = [asyncio.create_task(door.post(delivery="d-1")) for _ in range(2)]
    await asyncio.sleep(0.05)
    door.gate.set()
    assert [said(await one) for one in both] == [(503, "broker_away")] * 2


# --- bounds -----------------------------------------------------------------------------------------------------------


async def test_a_body_over_the_bound_is_refused_before_it_is_read() -> None:
    door = Door(max_body_bytes=1_000)
    fits = orjson.dumps(CHANGE).ljust(1_000)
    assert said(await door.post(fits)) == (202, "accepted")
    assert said(await door.post(fits + b" ")) == (413, "too_large")


async def test_a_body_that_does_not_tell_its_size_is_cut_off_at_the_bound() -> None:
    door = Door(max_body_bytes=1_000)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100
            yield b" " * 100

    assert said(await door.post(endless(), signed=b"")) == (413, "too_large")
    assert sent <= 1_200


async def test_a_body_that_does_not_end_in_time_is_refused() -> None:
    door = Door(read_within_s=0.05)

    async def hesitant() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    assert said(await door.post(hesitant(), signed=b"")) == (408, "too_slow")


async def test_an_address_may_knock_so_often_and_no_more() -> None:
    door = Door(requests_per_s=2, burst=3)
    seen = [said(await door.post(secret="another secret entirely"))[0] for _ in range(4)]
    assert seen == [401, 401, 401, 429]
    refused = await door.post()
    assert said(refused) == (429, "too_many")
    assert int(refused.headers["retry-after"]) == 1
    door.now += 0.5
    assert said(await door.post(at=NOW)) == (202, "accepted")
    assert said(await door.post()) == (429, "too_many")


async def test_behind_a_proxy_of_ours_addresses_are_told_apart_by_what_the_proxy_saw() -> None:
    trusting = Door(requests_per_s=1, burst=1, trust_forwarded_for=True)
    assert said(await trusting.post(headers={"x-forwarded-for": "198.51.100.7"}))[0] == 202
    assert said(await trusting.post(headers={"x-forwarded-for": "1.2.3.4, 198.51.100.7"}))[0] == 429
    assert said(await trusting.post(headers={"x-forwarded-for": "198.51.100.8"}))[0] == 200
    wary = Door(requests_per_s=1, burst=1)
    assert said(await wary.post(headers={"x-forwarded-for": "198.51.100.7"}))[0] == 202
    assert said(await wary.post(headers={"x-forwarded-for": "198.51.100.8"}))[0] == 429


async def test_more_at_once_than_fit_into_memory_are_asked_to_wait() -> None:
    door = Door(max_open=1)
    door.gate = asyncio.Event()
    first = asyncio.create_task(door.post(delivery="d-1"))
    await asyncio.sleep(0.05)
    assert said(await door.post(orjson.dumps(CHANGE))) == (503, "busy")
    door.gate.set()
    assert said(await first) == (202, "accepted")
    assert said(await door.post(orjson.dumps(CHANGE))) == (202, "accepted")


@pytest.mark.parametrize("practice", ["P%201", "%2e%2e", "a" * 201, "P-1%0d%0aX", "Ärzte", "-P"])
async def test_a_practice_id_of_another_form_is_refused_before_anything_else(practice: str) -> None:
    assert said(await Door().post(practice=practice)) == (400, "not_the_form")


@pytest.mark.parametrize("delivery", ["", "with space", "a" * 201])
async def test_a_delivery_id_of_another_form_is_refused(delivery: str) -> None:
    response = await Door().post(delivery=delivery)
    assert response.json()["where"] == HEADER_DELIVERY


@pytest.mark.parametrize(
    "wrong",
    [
        {"secrets": ()},
        {"secrets": ("",)},
        {"secrets": ("short",)},
        {"practice_secrets": {"P-1": ()}},
        {"practice_secrets": {"P-1": ("short",)}},
        {"max_body_bytes": 17 * 1024 * 1024},
        {"max_body_bytes": 0},
        {"source": "Healthie\r\n"},
    ],
)
def test_a_configuration_that_cannot_work_is_refused_at_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        WebhookConfig(**({"bootstrap": "unused", "secrets": (SECRET,)} | wrong))


def test_no_secret_shows_in_the_repr_of_the_configuration() -> None:
    config = WebhookConfig("unused", (SECRET,), {"P-1": ("a secret of practice one",)})
    assert "secret of" not in repr(config)


# --- the form ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason", "where"),
    [
        (b"", Reason.UNDECODABLE, "not JSON"),
        (b"{", Reason.UNDECODABLE, "not JSON"),
        (b"\xff\xfe", Reason.UNDECODABLE, "not JSON"),
        (b'{"changes": [NaN]}', Reason.UNDECODABLE, "not JSON"),
        (b"[" * 100_000, Reason.UNDECODABLE, "not JSON"),
        (b"[]", Reason.IMPOSSIBLE_VALUE, "body"),
        (b'"text"', Reason.IMPOSSIBLE_VALUE, "body"),
        (b'{"changes": {}}', Reason.IMPOSSIBLE_VALUE, "changes"),
        (b'{"changes": null}', Reason.IMPOSSIBLE_VALUE, "changes"),
        (b'{"changes": [7]}', Reason.IMPOSSIBLE_VALUE, "changes[0]"),
        (b"{}", Reason.IMPOSSIBLE_VALUE, "at"),
        (b'{"changes": [%s]}' % b",".join([b"0"] * (MAX_CHANGES + 1)), Reason.TOO_LARGE, "changes"),
    ],
)
def test_a_body_that_is_not_changes_is_named_by_its_place(body: bytes, reason: Reason, where: str) -> None:
    with pytest.raises(Poison) as caught:
        changes_of(body)
    assert (caught.value.reason, caught.value.where) == (reason, where)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("at", None),
        ("at", 1_772_461_800),
        ("at", MARK * 20),
        ("entity", ""),
        ("entity", ["client"]),
        ("op", "upsert"),
        ("op", {}),
        ("id", 7),
        ("id", ""),
        ("id", "x" * 201),
        ("rev", "1"),
        ("rev", True),
        ("rev", 1.0),
        ("rev", -1),
        ("rev", 2**63),
        ("data", None),
        ("data", []),
        ("part", "members"),
        ("snapshot", "yes"),
    ],
)
def test_a_change_of_another_form_is_named_by_its_place_and_never_by_its_value(field: str, wrong: Any) -> None:
    body = orjson.dumps({"changes": [CHANGE, {**CHANGE, field: wrong}]})
    with pytest.raises(Poison) as caught:
        changes_of(body)
    assert caught.value.where == f"changes[1].{field}"
    assert MARK not in str(caught.value)


def test_a_delete_needs_no_data_and_parts_and_snapshots_are_let_through() -> None:
    deleted = {key: value for key, value in CHANGE.items() if key != "data"} | {"op": "delete"}
    part = CHANGE | {"part": {"list": "members", "key": "C-1"}, "snapshot": True}
    assert changes_of(orjson.dumps({"changes": [deleted, deleted | {"data": {}}, part]})) == [
        deleted,
        deleted | {"data": {}},
        part,
    ]
    assert changes_of(b'{"changes": []}') == []


async def test_a_body_of_another_form_is_refused_with_its_place_and_nothing_is_stored() -> None:
    door = Door()
    response = await door.post(orjson.dumps({"changes": [CHANGE | {"rev": MARK}]}))
    assert response.status_code == 400
    assert response.json() == {
        "outcome": "not_the_form",
        "where": "changes[0].rev",
        "todo": "send one change, or an object with a list of changes",
    }
    assert said(await door.post(MARK.encode())) == (400, "not_json")
    assert door.stored == []


# --- what is seen from outside ----------------------------------------------------------------------------------------


async def test_every_outcome_is_counted_under_its_name() -> None:
    door = Door()

    def count(outcome: Outcome) -> float:
        return REGISTRY.get_sample_value("conjoint_webhook_deliveries_total", {"outcome": outcome.value}) or 0.0

    before = {outcome: count(outcome) for outcome in Outcome}
    await door.post()
    await door.post()
    await door.post(secret="another secret entirely")
    after = {outcome: count(outcome) - before[outcome] for outcome in Outcome}
    assert {outcome: number for outcome, number in after.items() if number} == {
        Outcome.ACCEPTED: 1,
        Outcome.DUPLICATE: 1,
        Outcome.WRONG_SIGNATURE: 1,
    }


def test_every_outcome_has_an_answer() -> None:
    assert set(webhook._ANSWERS) == set(Outcome)


async def test_health_tells_whether_the_broker_took_the_last_delivery() -> None:
    door = Door()
    assert (await door.client.get("/healthz")).json() == {"ok": True, "broker": "unknown"}
    door.away = True
    await door.post()
    assert (await door.client.get("/healthz")).json() == {"ok": True, "broker": "away"}
    door.away = False
    await door.post()
    assert (await door.client.get("/healthz")).json() == {"ok": True, "broker": "answers"}


async def test_metrics_are_for_this_machine_only() -> None:
    door = Door()
    assert b"conjoint_webhook_deliveries_total" in (await door.client.get("/metrics")).content
    assert (await door.client.get("/metrics", headers={"x-forwarded-for": "198.51.100.7"})).status_code == 403


async def test_only_a_post_is_a_delivery() -> None:
    assert (await Door().client.get("/v1/changes/P-1")).status_code == 405
    assert (await Door().client.post("/v1/changes/")).status_code == 404


async def test_no_marked_value_comes_back_is_logged_or_measured(caplog: pytest.LogCaptureFixture) -> None:
    door = Door()
    caplog.set_level(logging.DEBUG)
    answers = [
        await door.post(delivery="d-1"),
        await door.post(orjson.dumps({"changes": [CHANGE | {"op": MARK}]})),
        await door.post(orjson.dumps({MARK: MARK})),
        await door.post(MARK.encode()),
        await door.post(secret=MARK),
        await door.post(practice=f"{MARK.split()[0]}%20x", headers={HEADER_SIGNATURE: MARK}),
        await door.post(headers={HEADER_TIMESTAMP: MARK}),
        await door.post(orjson.dumps(CHANGE), delivery="d-1"),
    ]
    door.away = True
    answers.append(await door.post(orjson.dumps(CHANGE | {"rev": 2})))
    everything = "".join(answer.text + str(answer.headers) for answer in answers)
    everything += "".join(record.getMessage() for record in caplog.records if record.name.startswith("conjoint"))
    everything += generate_latest().decode()
    assert not re.search("Ottilie|Quellwasser|1990-02-03|" + SECRET, everything)
    assert len([record for record in caplog.records if record.name == "conjoint.webhook"]) >= 7
