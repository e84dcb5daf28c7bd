"""The sending of one operation, once: who moves it from `reserved` to `sending` sends, whoever comes later looks.

Every paid call and every post goes through `carry_out`, nowhere around it.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import NoReturn

import psycopg
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from activities.clock import since_boot
from activities.ledger import brakes, recording, rows
from activities.ledger.crash_points import CrashPoints
from activities.ledger.port import Approval, Effect, NotResolvedYet, Outcome, RequestChanged
from activities.store import switch
from activities.store.database import Connection, Database
from schema.failure import Fault, NoEffect, Trouble, can_pass
from schema.money import Book
from schema.operation import Operation, OperationState
from schema.settings import Timings

LOOK_AGAIN = timedelta(seconds=15)
"""The longest between two looks at a listing that lags, or that cannot be read."""
RECORD_FOR = timedelta(seconds=8)
"""How long a database that has gone is asked again to take a vendor's answer; then the answer counts as lost."""
OUR_BUG = "a bug of ours"
"""How the reason of an unknown outcome begins where our own code failed while sending: sending again is no help."""
_GONE = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)
"""What says that the connection is lost, not that the statement was wrong."""
_log = structlog.get_logger()


class Sender:
    """Carries operations out, under the lock of each. The database clock decides every deadline."""

    def __init__(self, database: Database, timings: Timings, crash_points: CrashPoints) -> None:
        self._database = database
        self._timings = timings
        self._points = crash_points

    async def carry_out(
        self,
        operation: Operation,
        request_sha256: str,
        effect: Effect,
        approval: Approval | None = None,
    ) -> Operation:
        """Send a reserved operation, or find out what became of one that was sent; return it as it then stands."""
        async with self._lock(operation) as connection:
            current = await rows.operation(connection, operation.operation_id)
            match current.state:
                case OperationState.RESERVED:
                    return await self._send(connection, current, request_sha256, effect, approval)
                case OperationState.SENDING | OperationState.UNKNOWN:
                    return await self._find_out(connection, current, effect)
                case OperationState.PARKED:
                    raise Trouble(Fault.PARKED, f"{current.operation_id} is parked: {current.reason}")
                case OperationState.RELEASED:
                    raise NoEffect(current.reason, repeatable=not current.refused)
                case OperationState.ACCEPTED | OperationState.SETTLED:
                    return current

    @asynccontextmanager
    async def _lock(self, operation: Operation) -> AsyncGenerator[Connection]:
        """Hold the operation's lock: whoever sends has it, also while the process is paused."""
        key = rows.lock_name(operation.operation_id)
        async with self._database.direct() as connection:
            cursor = await connection.execute(
                "select pg_try_advisory_lock(hashtextextended(%s, 0)) as got", [key]
            )
            row = await cursor.fetchone()
            if not (row and row["got"]):
                raise NotResolvedYet(f"{operation.operation_id} is in another process's hands", 1.0)
            try:
                yield connection
            except (
                BaseException
            ):  # also a cancellation: closing drops the lock, whatever state the connection is in
                await connection.close()
                raise
            if not connection.closed:
                await connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [key])

    async def _send(
        self,
        connection: Connection,
        operation: Operation,
        request_sha256: str,
        effect: Effect,
        approval: Approval | None,
    ) -> Operation:
        claimed_at = since_boot()
        await switch.require_open(connection, operation.kind)
        if operation.kind == "paid" and operation.book is Book.USD:
            await brakes.require_pace(connection, self._timings.send_deadline)
        async with connection.transaction() if approval else nullcontext():
            if approval:
                await _still_approved(connection, operation, approval)
            claimed, since_restore = await self._claim(connection, operation, request_sha256)
        self._points.reach("send.claimed", claimed.slot)
        if since_restore is not None and (
            found := await self._done_before(connection, claimed, effect, since_restore)
        ):
            return found
        if since_boot() - claimed_at > self._timings.send_deadline.total_seconds():
            raise NotResolvedYet(f"{operation.operation_id} was claimed too long ago to be sent now", 1.0)
        try:
            outcome = await effect.send(claimed)
        except NoEffect as proof:
            await recording.release(connection, claimed, proof)
            raise
        except Exception as error:  # whatever it was: the call may have had its effect
            line = f"{'the answer was lost' if can_pass(error) else OUR_BUG}: {error!r}"
            await recording.move(connection, claimed, OperationState.UNKNOWN, line)
            raise NotResolvedYet(f"{claimed.operation_id}: {line}", 0.5) from error
        self._points.reach("send.answered", claimed.slot)
        accepted = await self._record(connection, claimed, outcome)
        self._points.reach("send.recorded", claimed.slot)
        return accepted

    async def _record(self, connection: Connection, operation: Operation, outcome: Outcome) -> Operation:
        """Record a vendor's answer, also where this connection is lost, and with it the lock: the epoch guards it."""
        try:
            return await self._accept(connection, operation, outcome)
        except _GONE as error:
            _log.warning(
                "the database went away before a vendor's answer was recorded; trying again",
                operation=operation.operation_id,
                handle=outcome.handle,
                error=_in_short(error),
            )
        async for attempt in AsyncRetrying(
            stop=stop_after_delay(RECORD_FOR),
            wait=wait_fixed(0.2),
            retry=retry_if_exception_type(_GONE),
            reraise=True,
        ):
            with attempt:
                async with self._database.statements() as fresh:
                    return await self._accept(fresh, operation, outcome)
        raise AssertionError("tenacity ended without an answer and without an error")

    async def _claim(
        self, connection: Connection, operation: Operation, request_sha256: str
    ) -> tuple[Operation, timedelta | None]:
        """Move the row to `sending`, or raise; say how long ago a backup was restored that may have forgotten it."""
        cursor = await connection.execute(
            f"""
            update operation
            set state = 'sending', request_sha256 = %(hash)s, send_before = now() + %(deadline)s, updated_at = now()
            where operation_id = %(id)s and state = 'reserved' and epoch = %(epoch)s
              and (request_sha256 is null or request_sha256 = %(hash)s)
            returning {rows.COLUMNS}, ({rows.SINCE_RESTORE}) as since_restore
            """,
            {
                "hash": request_sha256,
                "deadline": self._timings.send_deadline,
                "id": operation.operation_id,
                "epoch": operation.epoch,
            },
        )
        row = await cursor.fetchone()
        if row is None:
            now = await rows.operation(connection, operation.operation_id)
            if (now.state, now.epoch) != (OperationState.RESERVED, operation.epoch):
                raise NotResolvedYet(f"{operation.operation_id} was given back or taken over just now", 0.2)
            raise RequestChanged(f"{operation.operation_id!r} is bound to another request")
        return Operation.model_validate(row), row["since_restore"]

    async def _done_before(
        self, connection: Connection, operation: Operation, effect: Effect, since_restore: timedelta
    ) -> Operation | None:
        """Look before sending: after a restore the ledger may have forgotten what it did after the backup."""
        sighting = await effect.find_forgotten(await rows.dated(connection, operation))
        if sighting.outcome:
            return await self._accept(connection, operation, sighting.outcome)
        if sighting.seen or not sighting.authoritative:
            await self._park(
                connection, operation, "the backup does not know whether it was sent, nor does the vendor"
            )
        if since_restore < sighting.visible_within:
            raise NotResolvedYet(
                f"{operation.operation_id}: {operation.vendor} may not list yet what was sent before the restore",
                1.0,
            )
        return None

    async def _find_out(self, connection: Connection, operation: Operation, effect: Effect) -> Operation:
        """Conclude only what the other side shows: found, proven absent, or a question for a person."""
        unsent_for, since_restore = await self._nobody_sends_since(connection, operation)
        try:
            sighting = await effect.find(await rows.dated(connection, operation))
        except NotResolvedYet:
            raise
        except Exception as error:  # whatever it was: nothing was learned
            line = (
                f"the answer of {operation.vendor} was lost, and it cannot be looked up: {_in_short(error)}"
            )
            if unsent_for < self._timings.look_up_patience:
                seconds = min(max(unsent_for.total_seconds() / 4, 1.0), LOOK_AGAIN.total_seconds())
                raise NotResolvedYet(f"{operation.operation_id}: {line}", seconds) from error
            await self._park(connection, operation, line)
        if sighting.outcome:
            return await self._accept(connection, operation, sighting.outcome)
        patience = max(
            sighting.visible_within, self._timings.visibility_delay if sighting.authoritative else timedelta()
        )
        if patience and unsent_for < patience and not sighting.seen:
            raise NotResolvedYet(
                f"{operation.operation_id}: {operation.vendor} does not list it yet",
                min(patience - unsent_for, LOOK_AGAIN).total_seconds(),
            )
        if sighting.seen or not sighting.authoritative:
            line = f"the answer of {operation.vendor} was lost, and its listing does not say clearly what happened"
            await self._park(connection, operation, line)
        if since_restore is not None and (
            found := await self._done_before(connection, operation, effect, since_restore)
        ):
            return found  # under another attempt's name, which the backup has forgotten
        line = f"{operation.vendor} does not list it, a visibility delay after nobody could be sending it"
        ours = operation.reason if operation.reason.startswith(OUR_BUG) else ""
        proof = NoEffect(f"{ours}; {line}" if ours else line, repeatable=not ours)
        await recording.release(connection, operation, proof)
        raise proof

    async def _nobody_sends_since(
        self, connection: Connection, operation: Operation
    ) -> tuple[timedelta, timedelta | None]:
        """Note when the lock was first held, and say for how long nobody can have been sending; negative: not yet.

        Say too how long ago a backup was restored since the item was opened.
        """
        cursor = await connection.execute(
            f"""
            update operation set resolving_since = coalesce(resolving_since, clock_timestamp())
            where operation_id = %(id)s
            returning clock_timestamp() - greatest(resolving_since, coalesce(send_before, resolving_since)) as idle,
                      ({rows.SINCE_RESTORE}) as since_restore
            """,
            {"id": operation.operation_id},
        )
        row = await cursor.fetchone()
        return (row["idle"], row["since_restore"]) if row else (timedelta(), None)

    async def _park(self, connection: Connection, operation: Operation, line: str) -> NoReturn:
        await recording.park(connection, operation, line)
        raise Trouble(Fault.PARKED, f"{operation.operation_id} is parked: {line}")

    async def _accept(self, connection: Connection, operation: Operation, outcome: Outcome) -> Operation:
        return await recording.accept(connection, operation, outcome, self._points)


def _in_short(error: Exception) -> str:
    """Return an error as one line that fits beside others."""
    return " ".join(str(error).split())[:200] or type(error).__name__


async def _still_approved(connection: Connection, operation: Operation, approval: Approval) -> None:
    """Hold review and item while the send is claimed, and refuse what is not approved exactly as it is."""
    cursor = await connection.execute(
        """
        select review.state, review.content_sha256, item.ended_at
        from review join item using (item_id)
        where review_id = %s and review.item_id = %s for share
        """,
        [approval.review_id, operation.item_id],
    )
    row = await cursor.fetchone()
    if row is None or row["state"] != "approved" or row["content_sha256"] != approval.content_sha256:
        raise Trouble(
            Fault.NOT_APPROVED, f"{operation.operation_id}: nobody approved exactly this file and caption"
        )
    if row["ended_at"] is not None:
        raise Trouble(Fault.FINISHED, f"item {operation.item_id!r} has ended; nothing more is posted for it")
