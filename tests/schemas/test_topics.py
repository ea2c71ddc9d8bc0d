"""The topics: one spelling each, kept long enough, large enough, and keyed so that a practice stays together."""

import re

import pytest

from schemas.topics import (
    CARE_CHANGES,
    DEAD_LETTERS,
    FACTS,
    FINDINGS,
    MAX_MESSAGE_BYTES,
    PARTITIONER,
    RAW_PATTERN,
    TOPICS,
    WEBHOOK,
    Topic,
)

DAY_MS = 24 * 60 * 60 * 1000


def test_every_keyed_producer_is_to_use_javas_partitioner() -> None:
    assert PARTITIONER == "murmur2_random"


def test_names_are_unique_and_legal() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z]+(\.[a-z]+)*", name)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_broker_is_told_how_long_and_how_large(topic: Topic) -> None:
    kept = {"cleanup.policy": "compact,delete", "min.cleanable.dirty.ratio": "0.1"} if topic.latest_only else {}
    assert topic.config == {
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        **kept,
    }
    assert topic.retention_ms >= 14 * DAY_MS


def test_a_text_of_the_longest_length_fits_a_message() -> None:
    assert MAX_MESSAGE_BYTES > 4 * 1_000_000 + 1_000_000


def test_what_people_act_on_is_kept_longer_than_what_can_be_derived() -> None:
    for topic in (FINDINGS, DEAD_LETTERS):
        assert topic.retention_ms > max(CARE_CHANGES.retention_ms, FACTS.retention_ms)


def test_raw_topics_and_no_others_are_read_by_pattern() -> None:
    assert re.match(RAW_PATTERN, WEBHOOK.name)
    assert re.match(RAW_PATTERN, "raw.ehr.public.claims")
    assert [topic.name for topic in TOPICS if re.match(RAW_PATTERN, topic.name)] == [WEBHOOK.name]


def test_only_dead_letters_and_raw_topics_carry_bytes_as_delivered() -> None:
    assert {topic for topic in TOPICS if topic.value is None} == {DEAD_LETTERS, WEBHOOK}
