"""How does a practice's policy folder become a change in the stream? One change a load, on the topic EHRs deliver to.
Writes raw.webhook; a later load takes the place of an earlier one, a removal ends it.
Must never read or write anything else of the practice.
"""

from datetime import datetime
from typing import Any, Final

import orjson
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.dead_letters import BrokerAway
from schemas.topics import MAX_MESSAGE_BYTES, PARTITIONER, WEBHOOK

POLICY_ID: Final = "policy-folder"
"""The id of what a folder says; what the EHR itself says of its policy has the practice's own id beside it."""
_WITHIN_S: Final = 15.0


def policy_change(document: str | None, at: datetime) -> dict[str, Any]:
    """The change that puts a document in force, or with None takes the folder's back. `at` also orders the loads."""
    rev = int(at.timestamp() * 1000)
    op, data = ("delete", {}) if document is None else ("update", {"document": document})
    return {"at": at.isoformat(), "entity": "policy", "op": op, "id": POLICY_ID, "rev": rev, "data": data}


def publish(bootstrap: str, practice_id: str, document: str | None, at: datetime) -> None:
    """Send it; returns once the broker has it. Raises BrokerAway when it has not."""
    failed: list[str] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error.name())

    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": PARTITIONER,
            "enable.idempotence": True,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "compression.type": "lz4",
            "message.timeout.ms": int(_WITHIN_S * 1000),
        }
    )
    body = orjson.dumps({"changes": [policy_change(document, at)]})
    try:
        producer.produce(WEBHOOK.name, key=practice_id, value=body, on_delivery=delivered)
        left = producer.flush(_WITHIN_S + 1)
    except KafkaException as error:
        raise BrokerAway(error.args[0].name()) from None
    if left or failed:
        raise BrokerAway(failed[0] if failed else "not acknowledged")
