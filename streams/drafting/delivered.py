"""Which drafts are out already? Read from the topic `drafts` itself, from its headers alone.

So that a process that takes over does not write again what its predecessor delivered and could not note.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from schemas.topics import DRAFTS, HEADER_DRAFT_VERSION, MAX_MESSAGE_BYTES
from streams.drafting.board import Key

BATCH = 500
ASK_SECONDS = 10.0


def delivered_before(
    bootstrap: str, partitions: Iterable[int], client_settings: Mapping[str, Any]
) -> Iterator[tuple[Key, int, int]]:
    """(practice and request, version, partition) of every draft on these partitions of the topic.

    Raises KafkaException while the broker does not answer: not knowing is no reason to write everything again.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "conjoint-write-drafts-looking-back",  # librdkafka wants one; assigned partitions never join it
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.partition.eof": False,
            "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
            **client_settings,
        }
    )
    # right after a topic was made, or while its leader changes, the broker says so for a moment
    patiently = Retrying(
        retry=retry_if_exception_type(KafkaException), stop=stop_after_delay(60), wait=wait_fixed(0.5), reraise=True
    )
    try:
        for number in sorted(partitions):
            yield from patiently(lambda number=number: list(_of_partition(consumer, number)))
    finally:
        consumer.close()


def _of_partition(consumer: Consumer, number: int) -> Iterator[tuple[Key, int, int]]:
    place = TopicPartition(DRAFTS.name, number)
    start, end = consumer.get_watermark_offsets(place, timeout=ASK_SECONDS, cached=False)
    if start >= end:
        return
    consumer.assign([TopicPartition(DRAFTS.name, number, start)])
    at = start
    while at < end:
        messages = consumer.consume(BATCH, ASK_SECONDS)
        if not messages:
            # the last offsets may be the marks of a transaction or compacted away: the position tells
            (position,) = consumer.position([place])
            if position.offset >= end:
                return
            raise KafkaException("the topic drafts is not answering")
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
            at = max(at, (message.offset() or 0) + 1)
            known = _header(message.headers())
            if known is not None:
                yield (*known, number)


def _header(headers: Any) -> tuple[Key, int] | None:
    for name, raw in headers or ():
        if name == HEADER_DRAFT_VERSION and isinstance(raw, bytes):
            version, _, rest = raw.decode("utf-8", "replace").partition("/")
            practice_id, _, request_id = rest.rpartition("/")
            if version.isdigit():
                return (practice_id, request_id), int(version)
    return None
