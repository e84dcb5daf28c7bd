"""Purchases of writing: each call to a writer is an operation, sent once, and its answer is stored.

What a writer charged cannot be looked up. So a lost answer is charged in full and asked for at most once more
(reliability.md 3.11), and an answer that cannot be used is mended at most once: never more than three asks.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from activities.buying.writing_effect import WritingEffect, answer_of
from activities.buying.writing_records import RecordedWriting, WritingRecord
from activities.ledger.port import Ledger, budget_refusal
from activities.runtime.fault_mapping import rest_after
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from activities.writers.port import Writer
from activities.writers.task import MOST_PROBLEM, MOST_TEXT, Mend, WritingTask
from schema.failure import Fault, NoEffect, Trouble
from schema.items.plan import ItemPlan
from schema.payload import Payload
from schema.purchases.operation import OperationState, Order, Refusal

T = TypeVar("T", bound=Payload)
MOST_ASKS = 3
"""The first; one more after an answer that was lost; one more after an answer that could not be used."""
_NOT_HEARD = (OperationState.SENDING, OperationState.UNKNOWN)


@dataclass(frozen=True)
class WritingPurchase(Generic[T]):
    """One text that an item has written for it."""

    item_id: str
    round: int
    """Which round of the item it is for."""
    on_behalf_of: str
    """The person who asked for that round; `system` where none did."""
    brief: Payload
    """What the item's workflow asked for: it never changes, and an ask that was sent is bound to it."""
    task: WritingTask[T]
    """The brief as a writer is told it."""
    objection: Callable[[T], str] | None = None
    """What speaks against an answer that could be used; empty where nothing does. It is asked again once for that."""


@dataclass(frozen=True)
class _PutOff(Generic[T]):
    """An answer that could be used, and that another one was asked for instead of."""

    value: T
    operation_id: str
    """Empty where it cost nothing."""
    problem: str


class WritingPurchases:
    """Buying texts, given a writer, the ledger and storage."""

    def __init__(self, writer: Writer, ledger: Ledger, store: Store, storage: Storage) -> None:
        self.writer = writer
        self._ledger = ledger
        self._store = store
        self._storage = storage

    async def buy(self, purchase: WritingPurchase[T]) -> T:
        """Return the text. Repeating it finds the answers that were kept, and pays for none of them again.

        Raises `Trouble`: `refused_by_cap`, `headroom_reserved`, `vendor_refused`, `vendor_down` (may be repeated),
        `vendor_failed`; and `NotResolvedYet` where an answer was lost just now.
        """
        item = await self._store.plan(purchase.item_id) if self._costs(purchase) else None
        lost = unfit = 0
        problem = ""
        put_off: _PutOff[T] | None = None
        mend: Mend | None = None
        for number in range(1, MOST_ASKS + 1):
            try:
                operation_id, kept = await (
                    self._ask(purchase, item, number, mend) if item else self._ask_freely(purchase, mend)
                )
            except Trouble:
                if put_off is None:
                    raise
                break  # what was put off can be used, and is paid
            if kept.value is not None:
                value = purchase.task.payload.model_validate(kept.value)
                if (
                    put_off is None
                    and number < MOST_ASKS
                    and (problem := await self._objection(purchase, item, number, kept, value))
                ):
                    put_off = _PutOff(value, operation_id, problem)
                    mend = Mend(text=value.model_dump_json()[:MOST_TEXT], problem=problem[:MOST_PROBLEM])
                    continue
                if put_off and put_off.operation_id:
                    await self._ledger.mark_wasted(
                        put_off.operation_id, f"it was not used: {put_off.problem}"
                    )
                return value
            if not kept.answered:
                lost += 1
                said = f" (the last: {kept.problem})" if kept.problem else ""
                problem = f"its answers were lost, and each was charged in full{said}"
            else:
                unfit += 1
                problem = kept.problem
                if kept.text:
                    mend = Mend(text=kept.text[:MOST_TEXT], problem=problem[:MOST_PROBLEM])
            if lost > 1 or unfit > 1 or (kept.answered and not kept.mendable):
                break
        if put_off is not None:
            return put_off.value
        asked = f"asked {lost + unfit} times" if lost + unfit > 1 else "asked once"
        raise Trouble(
            Fault.VENDOR_FAILED,
            f"{self.writer.name} ({self.writer.model}) wrote no {purchase.task.name} that can be used, {asked}: "
            f"{problem}; make the item again, or with another model",
        )

    async def close(self, item_id: str) -> None:
        """Settle calls whose answers were not recorded; the writer is not called.

        Raises `NotResolvedYet` while another worker has a call in hand.
        """
        for operation in await self._ledger.of_item(item_id):
            if operation.vendor != self.writer.name or operation.state not in _NOT_HEARD:
                continue
            key = file_keys.writers_answer(item_id, operation.round, operation.step, int(operation.variant))
            await self._ledger.carry_out(operation, "", RecordedWriting(key, self._storage))

    async def _objection(
        self, purchase: WritingPurchase[T], item: ItemPlan | None, number: int, kept: WritingRecord, value: T
    ) -> str:
        """Return what speaks against an answer, always the same once it was kept."""
        if purchase.objection is None or kept.objection is not None:
            return kept.objection or ""
        objection = purchase.objection(value)
        if item is not None:
            judged = kept.model_copy(update={"objection": objection})
            key = _key_of(purchase, item, number)
            await asyncio.to_thread(self._storage.write_text, key, judged.model_dump_json(indent=2))
        return objection

    def _costs(self, purchase: WritingPurchase[Any]) -> bool:
        """True where an ask goes through the ledger. Raises `Trouble` (`vendor_refused`) for an unknown price."""
        try:
            return self.writer.worst_case_microusd(purchase.task) > 0
        except ValueError as error:
            raise Trouble(Fault.VENDOR_REFUSED, f"{self.writer.name} is not asked: {error}") from error

    async def _ask(
        self, purchase: WritingPurchase[T], item: ItemPlan, number: int, mend: Mend | None
    ) -> tuple[str, WritingRecord]:
        """Ask once, or find what an earlier run was answered; an unanswered one was lost. Return its operation too."""
        ask = WritingEffect(self.writer, purchase.task, mend, _key_of(purchase, item, number), self._storage)
        order = Order(
            slot=f"{item.item_id}/{purchase.round}/{purchase.task.name}/{number}",
            kind="paid",
            item_id=item.item_id,
            account_id=item.account_id,
            round=purchase.round,
            on_behalf_of=purchase.on_behalf_of,
            vendor=self.writer.name,
            model=self.writer.model,
            book=self.writer.book,
            amount_microusd=self.writer.worst_case_microusd(purchase.task, mend),
        )
        try:
            reserved = await self._ledger.reserve([order], item.limits)
        except NoEffect as proof:
            raise self._refused(purchase, proof, attempt=1) from proof
        if isinstance(reserved, Refusal):
            raise budget_refusal(reserved)
        try:
            await self._ledger.carry_out(reserved[0], _hash_of(purchase.brief, mend), ask)
        except NoEffect as proof:
            raise self._refused(purchase, proof, reserved[0].attempt) from proof
        if ask.was_cancelled:  # only now: what was charged is settled, and nothing more is asked
            raise asyncio.CancelledError
        return reserved[0].operation_id, await ask.record()

    async def _ask_freely(self, purchase: WritingPurchase[T], mend: Mend | None) -> tuple[str, WritingRecord]:
        """Ask a writer that charges nothing: there is no operation, nothing is kept, and all of it may be repeated."""
        try:
            return "", await answer_of(self.writer, purchase.task, mend)
        except NoEffect as proof:
            raise self._refused(purchase, proof) from proof

    def _refused(self, purchase: WritingPurchase[Any], proof: NoEffect, attempt: int = 0) -> Trouble:
        """Return what a refusal means; without an `attempt`, which is an entry, Temporal sets the rest between two."""
        fault = Fault.VENDOR_DOWN if proof.repeatable else Fault.VENDOR_REFUSED
        rest = proof.after if proof.repeatable else None
        if proof.repeatable and attempt:
            rest = max(proof.after or timedelta(), rest_after(attempt))
        return Trouble(fault, f"{self.writer.name} wrote no {purchase.task.name}: {proof}", after=rest)


def _key_of(purchase: WritingPurchase[Any], item: ItemPlan, number: int) -> str:
    return file_keys.writers_answer(item.item_id, purchase.round, purchase.task.name, number)


def _hash_of(brief: Payload, mend: Mend | None) -> str:
    told = f"{brief.canonical_json()}\n{mend.canonical_json() if mend else ''}"
    return hashlib.sha256(told.encode()).hexdigest()
