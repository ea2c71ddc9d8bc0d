"""How fast is the same work in a bare confluent-kafka loop? The floor under every stream library.

`python -m tests.bench.peer_bare BOOTSTRAP MESSAGES`: consume a batch, decide, send, write what changed, commit.
"""

import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.topics import CARE_CHANGES, MAX_MESSAGE_BYTES
from streams.files import seal
from streams.homes import seal_whereabouts
from tests.bench.peer import Deciding, Timed

CHANGELOG = "bench-bare-changelog"
BATCH = 500


def main(bootstrap: str, messages: int) -> None:
    """Work everything off and say how long it took."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench-bare",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 2,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    for made in AdminClient({"bootstrap.servers": bootstrap}).create_topics([NewTopic(CHANGELOG, 4, 1)]).values():
        made.result()
    consumer.subscribe([CARE_CHANGES.name])
    deciding, timed, done = Deciding(), Timed(messages), False
    while not done:
        batch = [message for message in consumer.consume(BATCH, 1.0) if message.error() is None]
        for message in batch:
            value, partition, offset = message.value(), message.partition(), message.offset()
            assert isinstance(value, bytes)
            assert partition is not None
            assert offset is not None
            change_set, outputs = deciding.outputs(value, partition, offset)
            for topic, key, body in outputs:
                producer.produce(topic, key=key, value=body)
            done = timed.note(change_set)
        producer.flush()
        for noting in deciding.files.values():
            for key, file in noting.take():
                producer.produce(CHANGELOG, key=key, value=seal(file))
        for key, where in deciding.whereabouts.take():
            producer.produce(CHANGELOG, key=key, value=seal_whereabouts(where))
        producer.flush()
        if batch:
            consumer.commit(asynchronous=False)
    timed.tell()
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
