"""Reserving: one transaction writes the operations and raises every budget they fall under, or does nothing.

The functions take an open transaction, so that a decision that buys something is stored together with its purchase.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import psycopg
from psycopg.types.json import Jsonb

from activities.ledger import brakes, ending, operation_rows, thresholds
from activities.ledger.port import NEVER_SENT, NotResolvedYet, RequestChanged
from activities.ledger.scopes import Scope, lock_budgets, read_scopes
from activities.store import stop_switch
from activities.store.database import Connection
from schema.failure import Fault, NoEffect, Trouble
from schema.money import Book
from schema.purchases.operation import Limits, Operation, OperationState, Order, Refusal


class _BudgetFull(Exception):
    """A budget said no; it undoes whatever was given back on the way."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.in_words())
        self.refusal = refusal


async def reserve(
    connection: Connection, orders: Sequence[Order], limits: Limits | None
) -> list[Operation] | Refusal:
    """Reserve all orders of one item inside the caller's transaction.

    What a slot reserved elsewhere and never began to send is given back in the same step: the order that is asked for
    now counts. On a `Refusal` the caller rolls back nothing: nothing was reserved, and nothing given back. Raises
    `Trouble` (`finished`, `paused`), `RequestChanged` where a slot was reserved before for another request, and
    `NoEffect` where the vendor has refused it for good.
    """
    latest = await operation_rows.latest_attempts(connection, [order.slot for order in orders])
    orders = [_for_the_same_person(order, latest.get(order.slot)) for order in orders]
    first = _of_one_item(orders)
    book = first.book
    await _not_refused_before(connection, [order for order in orders if order.slot in latest], latest)
    moved = [order for order in orders if _is_held_elsewhere(order, latest.get(order.slot))]
    settled_on = {slot for slot, op in latest.items() if op.state is not OperationState.RELEASED}
    await _item_still_open(connection, first.item_id, hold=bool(moved) or len(settled_on) < len(orders))
    known = {operation.operation_id for operation in latest.values()}
    scopes: list[Scope] = []
    try:
        async with connection.transaction() if moved else nullcontext():
            await _give_back(connection, moved, latest, limits)
            live = {slot: op for slot, op in latest.items() if op.state is not OperationState.RELEASED}
            new = [order for order in orders if order.slot not in live]
            await _same_requests(connection, [order for order in orders if order.slot in live], live)
            if total := sum(order.amount_microusd for order in new):
                await stop_switch.require_open(connection, "paid")
                scopes = await _budgets(connection, first, limits)
                await _raise_reserved(connection, scopes, book, total)
    except _BudgetFull as full:
        await _not_reserved_meanwhile(connection, orders, known)
        scopes = await _budgets(connection, first, limits)
        await thresholds.note_crossed(connection, await _budget_states(connection, scopes, book))
        return full.refusal
    if new:
        attempts = {
            order.slot: latest[order.slot].attempt + 1 if order.slot in latest else 1 for order in new
        }
        for slot, attempt in attempts.items():
            await brakes.require_few_attempts(connection, slot, attempt)
        live |= {written.slot: written for written in await _write(connection, new, attempts, scopes)}
    return [live[order.slot] for order in orders]


async def _not_reserved_meanwhile(connection: Connection, orders: Sequence[Order], known: set[str]) -> None:
    """Raise `NotResolvedYet` where another worker has reserved the same: its room is ours, not taken from us."""
    latest = await operation_rows.latest_attempts(connection, [order.slot for order in orders])
    if any(operation.operation_id not in known for operation in latest.values()):
        raise NotResolvedYet(f"{orders[0].slot!r} was reserved by another worker just now", 0.2)


async def reserved_before(connection: Connection, orders: Sequence[Order]) -> list[Operation] | None:
    """Return what these orders reserved before, as it stands; None where `reserve` has anything to do or to refuse.

    One statement without a lock: `reserve` holds nothing either where it has nothing to write.
    """
    if any(order.request_sha256 for order in orders):
        return None
    latest = await operation_rows.latest_attempts(connection, [order.slot for order in orders], unended=True)
    standing = [
        operation
        for order in orders
        if (operation := latest.get(order.slot))
        and operation.state is not OperationState.RELEASED
        and not _is_held_elsewhere(order, operation)
    ]
    return standing if len(standing) == len(orders) else None


def _for_the_same_person(order: Order, earlier: Operation | None) -> Order:
    """Return a later attempt at the same thing as bought for whom the first was: the person who revised, perhaps."""
    return order.model_copy(update={"on_behalf_of": earlier.on_behalf_of}) if earlier else order


def _of_one_item(orders: Sequence[Order]) -> Order:
    """Return an order that falls under the same budgets as all of them."""
    owners = {(order.item_id, order.account_id, order.book, order.on_behalf_of) for order in orders}
    if len(owners) != 1:
        raise ValueError(
            f"orders are reserved together for one item, one book and one person, not for {owners!r}"
        )
    return orders[0]


async def _budgets(
    connection: Connection, order: Order, limits: Limits | None, *, also: Sequence[str] = ()
) -> list[Scope]:
    """Return the budgets of an order; when this returns, their rows are locked, and those named in `also`."""
    scopes = await read_scopes(connection, order, limits)
    await lock_budgets(connection, scopes, order.book, also=also)
    return scopes


def _is_held_elsewhere(order: Order, held: Operation | None) -> bool:
    """True where the slot is reserved, and not sent, at another vendor or model than is ordered now."""
    return (
        held is not None
        and held.state is OperationState.RESERVED
        and (held.vendor, held.model) != (order.vendor, order.model)
    )


async def _not_refused_before(
    connection: Connection, orders: Sequence[Order], latest: Mapping[str, Operation]
) -> None:
    """Raise `NoEffect` where the vendor has refused an order for good in an attempt that nothing has followed there."""
    asked = [
        order
        for order in orders
        if latest[order.slot].state is OperationState.RELEASED
        or _is_held_elsewhere(order, latest[order.slot])
    ]
    if not asked:
        return
    refused = {
        (attempt.slot, attempt.vendor, attempt.model): attempt.reason
        for attempt in await operation_rows.refusals_of(connection, [order.slot for order in asked])
    }
    for order in asked:
        if reason := refused.get((order.slot, order.vendor, order.model)):
            raise NoEffect(reason, repeatable=False)


async def _give_back(
    connection: Connection, moved: Sequence[Order], latest: dict[str, Operation], limits: Limits | None
) -> None:
    """Release what was never sent and is now ordered elsewhere; `latest` tells it too.

    The operations are locked first, then their budgets and those of today together, which after midnight are not the
    same: item, operations, budgets is the order in which all transactions lock.
    """
    if not moved:
        return
    ids = [latest[order.slot].operation_id for order in moved]
    cursor = await connection.execute(
        "select scopes from operation where operation_id = any(%s) order by operation_id for update", [ids]
    )
    also = sorted({scope for row in await cursor.fetchall() for scope in row["scopes"]})
    await _budgets(connection, _of_one_item(moved), limits, also=also)
    for order in moved:
        held = latest[order.slot]
        proof = f"{NEVER_SENT}: ordered from {order.vendor} instead"
        latest[order.slot] = await ending.release_if_unsent(connection, held.operation_id, proof)


async def _item_still_open(connection: Connection, item_id: str, *, hold: bool) -> None:
    """Raise `Trouble` (`finished`) for an item that has ended; `hold` keeps it from ending meanwhile."""
    cursor = await connection.execute(
        f"select ended_at from item where item_id = %s {'for share' if hold else ''}", [item_id]
    )
    row = await cursor.fetchone()
    if row is None or row["ended_at"] is not None:
        raise Trouble(Fault.FINISHED, f"item {item_id!r} has ended; nothing more is bought for it")


async def _same_requests(connection: Connection, orders: Sequence[Order], live: dict[str, Operation]) -> None:
    asked = [order for order in orders if order.request_sha256]
    if not asked:
        return
    cursor = await connection.execute(
        "select slot, request_sha256 from operation where operation_id = any(%s)",
        [[live[order.slot].operation_id for order in asked]],
    )
    bound = {row["slot"]: row["request_sha256"] async for row in cursor}
    for order in asked:
        if bound[order.slot] and order.request_sha256 != bound[order.slot]:
            raise RequestChanged(
                f"{order.slot!r} is bound to another request; a changed request needs a new round"
            )


async def _raise_reserved(connection: Connection, scopes: Sequence[Scope], book: Book, total: int) -> None:
    """Raise `reserved` on every scope that has room; where one has none, raise `_BudgetFull`, and no budget.

    Where several have none, one that waiting does not help is named.
    """
    budgets = await _budget_states(connection, scopes, book)
    own = {scope.name: scope.own_cap_microusd for scope in scopes}
    refusals = [
        refusal for standing in budgets if (refusal := _refused_by(standing, total, own[standing.scope]))
    ]
    if refusals:
        raise _BudgetFull(min(refusals, key=lambda refusal: refusal.passes))
    await connection.execute(
        "update budget set reserved_microusd = reserved_microusd + %s where book = %s and scope = any(%s)",
        [total, book, list(own)],
    )
    await thresholds.note_crossed(connection, [standing.with_more(total) for standing in budgets])


async def _budget_states(
    connection: Connection, scopes: Sequence[Scope], book: Book
) -> list[thresholds.BudgetState]:
    """Return how the budgets stand; locks their rows in the order that all transactions use."""
    cursor = await connection.execute(
        """
        select *, reserved_microusd + settled_microusd as committed_microusd
        from budget where book = %s and scope = any(%s) order by scope for update
        """,
        [book, [scope.name for scope in scopes]],
    )
    return [thresholds.BudgetState.model_validate(row) for row in await cursor.fetchall()]


def _refused_by(standing: thresholds.BudgetState, total: int, own: int | None) -> Refusal | None:
    """Return what a budget says where it has no room for so much more; None where it has.

    `own` is what the item may bring it to, where that is less than its cap.
    """
    cap = standing.cap_microusd
    if own is not None:
        cap = own if cap is None else min(own, cap)
    committed = standing.committed_microusd
    if cap is None or committed + total <= cap:
        return None
    return Refusal(
        scope=standing.scope,
        book=standing.book,
        asked_microusd=total,
        left_microusd=max(cap - committed, 0),
        cap_microusd=cap,
        passes=standing.settled_microusd + total <= cap,
    )


async def _write(
    connection: Connection, orders: Sequence[Order], attempts: Mapping[str, int], scopes: Sequence[Scope]
) -> list[Operation]:
    """Write the operations and their entries in one statement: the budgets are locked meanwhile."""
    values = [
        order.model_dump(mode="json")
        | {"operation_id": f"{order.slot}/{attempts[order.slot]}", "attempt": attempts[order.slot]}
        for order in orders
    ]
    try:
        return await _insert(connection, values, scopes)
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != "operation_one_post":
            raise NotResolvedYet(f"{orders[0].slot!r} is being reserved by another worker", 0.2) from error
        raise Trouble(
            Fault.FINISHED,
            f"{orders[0].vendor} has a post of {orders[0].item_id!r}, or of an item that it takes up again, which is "
            "live or not proven to have failed; nothing is posted there a second time",
        ) from error


async def _insert(
    connection: Connection, values: Sequence[Mapping[str, object]], scopes: Sequence[Scope]
) -> list[Operation]:
    cursor = await connection.execute(
        f"""
        with written as (
            insert into operation (operation_id, slot, attempt, kind, item_id, account_id, round, on_behalf_of, vendor,
                                   model, book, request_sha256, reserved_microusd, scopes, line_id)
            select operation_id, slot, attempt, kind, item_id, account_id, round, on_behalf_of, vendor, model, book,
                   request_sha256, amount_microusd, case when amount_microusd > 0 then %s::text[] else '{{}}' end,
                   (select line_id from item where item.item_id = ordered.item_id)
            from jsonb_to_recordset(%s) as ordered (
                operation_id text, slot text, attempt integer, kind text, item_id text, account_id text, round integer,
                on_behalf_of text, vendor text, model text, book text, request_sha256 text, amount_microusd bigint)
            returning {operation_rows.COLUMNS}
        ), noted as (
            insert into entry (operation_id, account_id, item_id, book, movement, amount_microusd)
            select operation_id, account_id, item_id, book, 'reserve', reserved_microusd from written
        )
        select * from written
        """,
        [[scope.name for scope in scopes], Jsonb(values)],
    )
    return [Operation.model_validate(row) async for row in cursor]
