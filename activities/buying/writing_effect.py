"""One ask of a writer as an effect of the ledger: sent once, and its answer kept."""

import asyncio
import contextlib
from typing import Any

from activities.buying.writing_records import RecordedWriting, WritingRecord
from activities.ledger.port import Outcome
from activities.outbound.cleaning import cleaned
from activities.storage.port import Storage
from activities.writers.port import Unfit, Writer
from activities.writers.task import MOST_TEXT, Mend, WritingTask
from schema.failure import NoEffect
from schema.purchases.operation import Operation


class WritingEffect(RecordedWriting):
    """The effect of one ask: storage holds its answer before the ledger is told of it."""

    def __init__(
        self, writer: Writer, task: WritingTask[Any], mend: Mend | None, key: str, storage: Storage
    ) -> None:
        super().__init__(key, storage)
        self._writer = writer
        self._task = task
        self._mend = mend
        self.was_cancelled = False
        """True if the activity was cancelled while the answer was on its way."""

    async def send(self, operation: Operation) -> Outcome:
        """Ask, once. What could not be kept is not asked.

        What is on its way is paid for: a cancellation waits until its answer is kept, and its charge known.
        """
        answering = asyncio.create_task(self._answer_and_keep())
        while not answering.done():
            try:
                await asyncio.wait([answering])
            except asyncio.CancelledError:
                self.was_cancelled = True
        return self.outcome(operation, answering.result())

    async def _answer_and_keep(self) -> WritingRecord:
        try:
            await self._keep(WritingRecord())
        except OSError as error:
            raise NoEffect(
                f"not asked, since its answer could not be kept: {error}", repeatable=True
            ) from error
        try:
            kept = await answer_of(self._writer, self._task, self._mend)
        except NoEffect:
            await self._keep(WritingRecord(undone=True))
            raise
        except Exception as error:  # whatever it was: the answer is lost, and what is known of it is kept
            with contextlib.suppress(OSError):
                await self._keep(WritingRecord(problem=cleaned(str(error)) or type(error).__name__))
            raise
        await self._keep(kept)
        return kept

    async def _keep(self, kept: WritingRecord) -> None:
        await asyncio.to_thread(self.storage.write_text, self.key, kept.model_dump_json(indent=2))


async def answer_of(writer: Writer, task: WritingTask[Any], mend: Mend | None) -> WritingRecord:
    """Ask, and return the answer whether it can be used or not."""
    try:
        written = await writer.write(task, mend)
    except Unfit as unfit:
        return WritingRecord(
            answered=True,
            vendors_id=unfit.vendors_id,
            charged_microusd=unfit.charged_microusd,
            text=unfit.text[:MOST_TEXT],
            problem=unfit.problem,
            mendable=unfit.mendable,
        )
    return WritingRecord(
        answered=True,
        vendors_id=written.vendors_id,
        charged_microusd=written.charged_microusd,
        value=written.value.model_dump(mode="json"),
    )
