"""How fast is the same work in quixstreams? Its state holds the sealed files, its checkpoints do the rest.

`python -m tests.bench.peer_quix BOOTSTRAP MESSAGES STATE_FOLDER`, in an environment of its own (.venv-bench).
"""

import os
import sys
from typing import Any

from quixstreams import Application
from quixstreams.context import message_context

from schemas.topics import CARE_CHANGES
from streams.files import seal
from streams.homes import seal_whereabouts
from tests.bench.peer import Deciding, Timed

COMMIT_INTERVAL_S = 1.0


def main(bootstrap: str, messages: int, folder: str) -> None:
    """Work everything off and say how long it took."""
    application = Application(
        broker_address=bootstrap,
        consumer_group="bench-quix",
        auto_offset_reset="earliest",
        state_dir=folder,
        loglevel="WARNING",
        commit_interval=COMMIT_INTERVAL_S,
        producer_extra_config={"linger.ms": 2, "message.max.bytes": 16 * 1024 * 1024},
    )
    source = application.topic(CARE_CHANGES.name, key_deserializer="str", value_deserializer="bytes")
    deciding, timed = Deciding(), Timed(messages)
    producer = application.get_producer()

    def decide(value: bytes, key: Any, timestamp: int, headers: Any, state: Any) -> None:
        context = message_context()
        change_set, outputs = deciding.outputs(value, context.partition, context.offset)
        for topic, output_key, body in outputs:
            producer.produce(topic, key=output_key, value=body)
        for noting in deciding.files.values():
            for text, file in noting.take():
                state.set_bytes(text, seal(file))
        for text, where in deciding.whereabouts.take():
            state.set_bytes(text, seal_whereabouts(where))
        if timed.note(change_set):
            producer.flush()
            timed.tell()
            os._exit(0)  # its own stop waits for things that are no part of the work

    application.dataframe(source).update(decide, stateful=True, metadata=True)
    application.run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
