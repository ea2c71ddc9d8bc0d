"""How do files survive a crash? Faust tables whose changelog is written at commit, after everything that was sent.

Order of a commit: seal what changed, wait until every output so far is acknowledged, write the changelog, wait, commit.
So the stored state is never ahead of what was sent, and a repeat after a crash sends the same again under the same ids.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from confluent_kafka import KafkaException, Message, Producer
from faust.tables.table import Table

V = TypeVar("V")


PARTITION_UA = -1
"""librdkafka's word for a partition that the key decides."""


class NotDelivered(RuntimeError):
    """The broker did not acknowledge what must be there before offsets may be committed."""


@dataclass(frozen=True, slots=True)
class Sealing(Generic[V]):
    """How a table's values become bytes and come back."""

    seal: Callable[[V], bytes]
    unseal: Callable[[str, bytes], V]


class KeptTable(Table[str, Any]):
    """A table in memory whose writes are only noted; `Outbox.flush` brings them to the changelog."""

    sealing: Sealing[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dirty: dict[str, int] = {}

    def on_key_set(self, key: str, value: Any) -> None:
        """Note the write under the partition of the event being processed."""
        partition = self.partition_for_key(key)
        assert partition is not None
        self.dirty[key] = partition
        self._memory._key_partition[key] = partition

    def on_key_get(self, key: str) -> None:
        """Reading costs nothing."""

    @property
    def _memory(self) -> Any:
        # Faust's in-memory store: `data` and, for every key, the partition that owns it (it drops lost ones by that)
        return self.data

    def keys_of(self, partition: int) -> list[str]:
        """Every key that belongs to a partition."""
        return [key for key, owner in self._memory._key_partition.items() if owner == partition]

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Recovery: what the changelog says, newest last."""
        for event in batch:
            key, sealed = event.message.key.decode(), event.message.value
            if sealed is None:
                self._memory.data.pop(key, None)
                self._memory._key_partition.pop(key, None)
            else:
                self._memory.data[key] = self.sealing.unseal(key, sealed)
                self._memory._key_partition[key] = event.message.partition

    def take_dirty(self) -> list[tuple[str, int, bytes]]:
        """Seal every noted write, and forget the notes."""
        noted, self.dirty = self.dirty, {}
        values = self._memory.data
        return [(key, partition, self.sealing.seal(values[key])) for key, partition in noted.items() if key in values]

    def drop_dirty(self, partitions: set[int]) -> None:
        """Forget writes to partitions that somebody else keeps now."""
        self.dirty = {key: partition for key, partition in self.dirty.items() if partition not in partitions}


class Outbox:
    """Sends what the agent decided, and at each commit the tables' changelog after it."""

    def __init__(self, producer: Producer, tables: Iterable[KeptTable] = (), timeout_s: float = 30.0) -> None:
        self._producer = producer
        self.tables = tuple(tables)
        self._timeout_s = timeout_s
        self._failed: str | None = None

    def send(
        self,
        topic: str,
        key: str,
        value: bytes,
        headers: dict[str, str | bytes | None] | None = None,
        partition: int | None = None,
    ) -> None:
        """Queue one output; acknowledged by the next `flush` at the latest. `partition` None: the key's own."""
        place = PARTITION_UA if partition is None else partition
        while True:
            try:
                self._producer.produce(
                    topic,
                    key=key,
                    value=value,
                    partition=place,
                    headers=headers or None,
                    on_delivery=self._on_delivery,
                )
                break
            except BufferError:
                self._poll(0.05)
        self._poll(0)

    def _poll(self, seconds: float) -> None:
        # what a delivery report raises here would leave the agent's body, and Faust would count the message as done
        try:
            self._producer.poll(seconds)
        except Exception as error:
            self._failed = type(error).__name__

    def _on_delivery(self, error: Any, _: Message) -> None:
        if error is not None:
            self._failed = str(error.name())

    async def flush(self) -> None:
        """Outputs, then changelog, each acknowledged. Raises NotDelivered; then nothing may be committed."""
        sealed = [(table.changelog_topic_name, *entry) for table in self.tables for entry in table.take_dirty()]
        await self._acknowledged()
        for topic, key, partition, value in sealed:
            while True:
                try:
                    self._producer.produce(
                        topic, key=key, value=value, partition=partition, on_delivery=self._on_delivery
                    )
                    break
                except BufferError:
                    self._poll(0.05)
                except KafkaException as error:
                    raise NotDelivered(error.args[0].name()) from None
        await self._acknowledged()

    async def _acknowledged(self) -> None:
        try:
            left = await asyncio.to_thread(self._producer.flush, self._timeout_s)
        except Exception as error:
            raise NotDelivered(type(error).__name__) from None
        if left or self._failed:
            raise NotDelivered(self._failed or f"{left} messages not acknowledged in {self._timeout_s:.0f} s")
