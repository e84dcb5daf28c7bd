"""Asking a writer that costs money: each ask is an operation of its own, sent once, and its answer is kept.

What a writer charged cannot be looked up. So a lost answer is charged in full and asked for at most once more
(reliability.md 3.11), and an answer that cannot be used is mended at most once: never more than three asks.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar

from activities.answers import Answer, Kept
from activities.faults import rest_after
from activities.ledger.port import Ledger, Outcome, no_room
from activities.outbound.cleaning import cleaned
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from activities.writers.port import MOST_PROBLEM, MOST_TEXT, Mend, NoEffect, Unfit, Writer, Written
from schema.failure import Fault, Trouble
from schema.idea import IdeaBrief, PromptBrief
from schema.operation import Operation, OperationState, Order, Refusal
from schema.payload import Payload
from schema.plan import ItemPlan

T = TypeVar("T", bound=Payload)
MOST_ASKS = 3
"""The first; one more after an answer that was lost; one more after an answer that could not be used."""
_NOT_HEARD = (OperationState.SENDING, OperationState.UNKNOWN)


@dataclass(frozen=True)
class Wish(Generic[T]):
    """What an item wants written."""

    item_id: str
    step: Literal["idea", "prompts"]
    round_in: Callable[[ItemPlan], int]
    """Which round of the item it is for."""
    brief: IdeaBrief | PromptBrief
    kind: type[T]
    write: Callable[[Mend | None], Awaitable[Written[T]]]
    """One ask of the writer."""
    objection: Callable[[T], str] | None = None
    """What speaks against an answer that could be used; empty where nothing does. It is asked again once for that."""


@dataclass(frozen=True)
class _PutOff(Generic[T]):
    """An answer that could be used, and that another one was asked for instead of."""

    value: T
    operation_id: str
    """Empty where it cost nothing."""
    problem: str


class Asks:
    """Asking, given a writer, the ledger and storage."""

    def __init__(self, writer: Writer, ledger: Ledger, store: Store, storage: Storage) -> None:
        self.writer = writer
        self._ledger = ledger
        self._store = store
        self._storage = storage

    async def fulfil(self, wish: Wish[T]) -> T:
        """Return what was wished for. Repeating it finds the answers that were kept, and pays for none of them again.

        Raises `Trouble`: `refused_by_cap`, `headroom_reserved`, `vendor_refused`, `vendor_down` (may be repeated),
        `vendor_failed`; and `NotResolvedYet` where an answer was lost just now.
        """
        item = await self._store.plan(wish.item_id) if self._costs(wish) else None
        lost = unfit = 0
        problem = ""
        put_off: _PutOff[T] | None = None
        mend: Mend | None = None
        for number in range(1, MOST_ASKS + 1):
            try:
                operation_id, kept = await (
                    self._ask(wish, item, number, mend) if item else self._ask_freely(wish, mend)
                )
            except Trouble:
                if put_off is None:
                    raise
                break  # what was put off can be used, and is paid
            if kept.value is not None:
                value = wish.kind.model_validate(kept.value)
                if (
                    put_off is None
                    and number < MOST_ASKS
                    and (problem := await self._objection(wish, item, number, kept, value))
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
            f"{self.writer.name} ({self.writer.model}) wrote no {wish.step} that can be used, {asked}: {problem}; "
            "make the item again, or with another model",
        )

    async def close(self, item_id: str) -> None:
        """Settle what an item asked for and nobody has heard the answer of; nothing is asked.

        Raises `NotResolvedYet` while somebody else has an ask in hand.
        """
        for operation in await self._ledger.of_item(item_id):
            if operation.vendor != self.writer.name or operation.state not in _NOT_HEARD:
                continue
            _, round_number, step, number = operation.slot.split("/")
            key = file_keys.writers_answer(item_id, int(round_number), step, int(number))
            await self._ledger.carry_out(operation, "", Answer(key, self._storage))

    async def _objection(
        self, wish: Wish[T], item: ItemPlan | None, number: int, kept: Kept, value: T
    ) -> str:
        """Return what speaks against an answer, always the same once it was kept."""
        if wish.objection is None or kept.objection is not None:
            return kept.objection or ""
        objection = wish.objection(value)
        if item is not None:
            judged = kept.model_copy(update={"objection": objection})
            key = _key_of(wish, item, number)
            await asyncio.to_thread(self._storage.write_text, key, judged.model_dump_json(indent=2))
        return objection

    def _costs(self, wish: Wish[Any]) -> bool:
        """True where an ask goes through the ledger. Raises `Trouble` (`vendor_refused`) for an unknown price."""
        try:
            return self.writer.worst_case_microusd(wish.brief) > 0
        except ValueError as error:
            raise Trouble(Fault.VENDOR_REFUSED, f"{self.writer.name} is not asked: {error}") from error

    async def _ask(self, wish: Wish[T], item: ItemPlan, number: int, mend: Mend | None) -> tuple[str, Kept]:
        """Ask once, or find what an earlier run was answered; an unanswered one was lost. Return its operation too."""
        round_number = wish.round_in(item)
        asking = _Asking(wish, _key_of(wish, item, number), mend, self._storage)
        order = Order(
            slot=f"{item.item_id}/{round_number}/{wish.step}/{number}",
            kind="paid",
            item_id=item.item_id,
            account_id=item.account_id,
            round=round_number,
            on_behalf_of=item.on_behalf_of,
            vendor=self.writer.name,
            model=self.writer.model,
            book=self.writer.book,
            amount_microusd=self.writer.worst_case_microusd(wish.brief, mend),
        )
        try:
            reserved = await self._ledger.reserve([order], item.limits)
        except NoEffect as proof:
            raise self._refused(wish, proof, attempt=1) from proof
        if isinstance(reserved, Refusal):
            raise no_room(reserved)
        try:
            await self._ledger.carry_out(reserved[0], _hash_of(wish.brief, mend), asking)
        except NoEffect as proof:
            raise self._refused(wish, proof, reserved[0].attempt) from proof
        if asking.was_cancelled:  # only now: what was charged is settled, and nothing more is asked
            raise asyncio.CancelledError
        return reserved[0].operation_id, await asking.kept()

    async def _ask_freely(self, wish: Wish[T], mend: Mend | None) -> tuple[str, Kept]:
        """Ask a writer that charges nothing: there is no operation, nothing is kept, and all of it may be repeated."""
        try:
            return "", await _answer(wish, mend)
        except NoEffect as proof:
            raise self._refused(wish, proof) from proof

    def _refused(self, wish: Wish[Any], proof: NoEffect, attempt: int = 0) -> Trouble:
        """Return what a refusal means; without an `attempt`, which is an entry, Temporal sets the rest between two."""
        fault = Fault.VENDOR_DOWN if proof.repeatable else Fault.VENDOR_REFUSED
        rest = proof.after if proof.repeatable else None
        if proof.repeatable and attempt:
            rest = max(proof.after or timedelta(), rest_after(attempt))
        return Trouble(fault, f"{self.writer.name} wrote no {wish.step}: {proof}", after=rest)


class _Asking(Answer, Generic[T]):
    """The effect of one ask: its answer is kept before anybody is told of it."""

    def __init__(self, wish: Wish[T], key: str, mend: Mend | None, storage: Storage) -> None:
        super().__init__(key, storage)
        self._wish = wish
        self._mend = mend
        self.was_cancelled = False
        """True where somebody cancelled while the answer was on its way."""

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

    async def _answer_and_keep(self) -> Kept:
        try:
            await self._keep(Kept())
        except OSError as error:
            raise NoEffect(
                f"not asked, since its answer could not be kept: {error}", repeatable=True
            ) from error
        try:
            kept = await _answer(self._wish, self._mend)
        except NoEffect:
            await self._keep(Kept(undone=True))
            raise
        except Exception as error:  # whatever it was: the answer is lost, and what is known of it is kept
            with contextlib.suppress(OSError):
                await self._keep(Kept(problem=cleaned(str(error)) or type(error).__name__))
            raise
        await self._keep(kept)
        return kept

    async def _keep(self, kept: Kept) -> None:
        await asyncio.to_thread(self.storage.write_text, self.key, kept.model_dump_json(indent=2))


async def _answer(wish: Wish[Any], mend: Mend | None) -> Kept:
    """Ask, and return the answer whether it can be used or not."""
    try:
        written = await wish.write(mend)
    except Unfit as unfit:
        return Kept(
            answered=True,
            vendors_id=unfit.vendors_id,
            charged_microusd=unfit.charged_microusd,
            text=unfit.text[:MOST_TEXT],
            problem=unfit.problem,
            mendable=unfit.mendable,
        )
    return Kept(
        answered=True,
        vendors_id=written.vendors_id,
        charged_microusd=written.charged_microusd,
        value=written.value.model_dump(mode="json"),
    )


def _key_of(wish: Wish[Any], item: ItemPlan, number: int) -> str:
    return file_keys.writers_answer(item.item_id, wish.round_in(item), wish.step, number)


def _hash_of(brief: IdeaBrief | PromptBrief, mend: Mend | None) -> str:
    told = f"{brief.model_dump_json()}\n{mend.model_dump_json() if mend else ''}"
    return hashlib.sha256(told.encode()).hexdigest()
