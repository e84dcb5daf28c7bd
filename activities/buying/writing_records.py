"""The record of one ask of a writer that costs money: written to storage, and found there again."""

import asyncio
from typing import Any

from activities.ledger.port import Outcome, Sighting
from activities.storage.port import Storage
from schema.failure import NoEffect
from schema.payload import Payload
from schema.purchases.operation import Operation

_LOST = "lost"


class WritingRecord(Payload):
    """One ask as storage holds it, before it is sent and after it was answered."""

    answered: bool = False
    undone: bool = False
    """True where it is proven that the ask had no effect: there is no answer to be lost."""
    vendors_id: str = ""
    charged_microusd: int = 0
    value: dict[str, Any] | None = None
    """What was written; None where it cannot be used."""
    text: str = ""
    problem: str = ""
    """Why it cannot be used; of a lost one what is known of it."""
    mendable: bool = False
    objection: str | None = None
    """What spoke against it when it came, empty where nothing did; None where that was not asked yet. It stays: what
    it is compared with may change before the next ask is answered."""


class RecordedWriting:
    """The answer to one ask, as far as it was recorded: an effect that is only looked for."""

    def __init__(self, key: str, storage: Storage) -> None:
        self.key = key
        self.storage = storage

    async def send(self, operation: Operation) -> Outcome:
        """Send nothing: a call that was not made before is not wanted any more."""
        raise NoEffect(f"{operation.operation_id} is not asked any more", repeatable=False)

    async def find(self, operation: Operation) -> Sighting:
        """Look where answers are kept. What is not there is lost for good: it is charged in full."""
        return Sighting(seen=True, outcome=self.outcome(operation, await self.record()))

    async def find_forgotten(self, operation: Operation) -> Sighting:
        """Answers are kept beside the ledger, and may be forgotten with it.

        Of what is not kept, the first ask of an item counts as lost; further ones as not made, so that it gets its
        words: one lost ask is charged in full, and one more is made.
        """
        if await self._read() is None and operation.variant != "1":
            return Sighting(seen=False, authoritative=True)
        return await self.find(operation)

    async def record(self) -> WritingRecord:
        """Return what storage holds of this ask; nothing answered where it holds nothing."""
        return await self._read() or WritingRecord()

    def outcome(self, operation: Operation, record: WritingRecord) -> Outcome:
        """Return what this answer means for the ledger."""
        if not record.answered:
            charged, line = operation.reserved_microusd, "the answer was lost, so it counts in full"
            return Outcome(handle=_LOST, charged_microusd=charged, wasted=line)
        return Outcome(
            handle=record.vendors_id or operation.operation_id,
            charged_microusd=record.charged_microusd,
            wasted="" if record.value is not None else f"it could not be used: {record.problem}",
        )

    async def _read(self) -> WritingRecord | None:
        try:
            record = WritingRecord.model_validate_json(
                await asyncio.to_thread(self.storage.read_text, self.key)
            )
        except FileNotFoundError:
            return None
        return None if record.undone else record
