"""The sending of one operation, once: the process that moves it to `sending` sends, any later one looks.

Every paid call goes through `carry_out`, every post through `publish`, nowhere around them.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import psycopg
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay, wait_fixed

from activities.ledger import claiming, operation_rows, recording
from activities.ledger.crash_points import CrashPoints
from activities.ledger.port import Approval, Effect, NotResolvedYet, Outcome, PostEffect
from activities.outbound.boot_clock import since_boot
from activities.store.database import Connection, Database
from activities.store.locks import HeldLock
from schema.failure import Fault, NoEffect, Trouble, can_pass
from schema.purchases.operation import UNSENT, Operation, OperationState
from schema.settings import Timings

LOOK_AGAIN = timedelta(seconds=15)
"""The longest between two looks at a listing that lags, or that cannot be read."""
RECORD_FOR = timedelta(seconds=8)
"""How long a database that has gone is asked again to take a vendor's answer; then the answer counts as lost."""
OUR_BUG = "a bug of ours"
"""How the reason of an unknown outcome begins where our own code failed while sending: sending again is no help."""
NOT_CONTINUED = "it cannot be continued"
"""How the reason begins where the same handle was committed again and was refused for good."""
_GONE = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)
"""What says that the connection is lost, not that the statement was wrong."""
_log = structlog.get_logger()


@dataclass(frozen=True)
class _Call:
    """What is to be sent, and what a post stands on."""

    effect: Effect
    request_sha256: str
    approval: Approval | None = None


class Sender:
    """Carries operations out, under the lock of each. The database clock decides every deadline."""

    def __init__(
        self, database: Database, timings: Timings, crash_points: CrashPoints, may_post: claiming.MayPost
    ) -> None:
        self._database = database
        self._timings = timings
        self._points = crash_points
        self._may_post = may_post

    async def carry_out(self, operation: Operation, request_sha256: str, effect: Effect) -> Operation:
        """Send a reserved purchase, or find out what became of one that was sent; return it as it then stands."""
        if operation.kind == "publish":
            raise ValueError(
                f"{operation.operation_id!r} is a post: it is prepared first, and needs an approval"
            )
        async with self._lock(operation) as lock:
            current = await self._read(operation)
            return await self._go_on(lock, current, _Call(effect, request_sha256))

    async def publish(
        self, operation: Operation, request_sha256: str, effect: PostEffect, approval: Approval
    ) -> Operation:
        """Prepare a reserved post, store its handle, and send it; or find out what became of one that was sent."""
        async with self._lock(operation) as lock:
            current = await self._read(operation)
            if current.state is OperationState.RESERVED:
                current = await self._prepare(current, effect, approval)
            return await self._go_on(lock, current, _Call(effect, request_sha256, approval))

    async def _read(self, operation: Operation) -> Operation:
        async with self._database.statements() as connection:
            return await operation_rows.operation(connection, operation.operation_id)

    async def _prepare(self, operation: Operation, effect: PostEffect, approval: Approval) -> Operation:
        """Make a handle and store it: whatever happens meanwhile, no post can come from one that is not stored."""
        async with self._database.transaction() as connection:
            await claiming.require_leave(connection, operation, approval, self._may_post)
        try:
            handle = await effect.prepare(operation)
        except NoEffect as proof:
            await self._release(operation, proof)
            raise
        self._points.reach("prepare.made", operation.slot)
        async with self._database.statements() as connection:
            prepared = await recording.prepare(connection, operation, handle)
        self._points.reach("prepare.stored", operation.slot)
        return prepared

    async def _go_on(self, lock: HeldLock, current: Operation, call: _Call) -> Operation:
        match current.state:
            case OperationState.RESERVED | OperationState.PREPARED:
                return await self._send(lock, current, call)
            case OperationState.SENDING | OperationState.UNKNOWN:
                return await self._find_out(lock, current, call)
            case OperationState.PARKED:
                raise Trouble(Fault.PARKED, f"{current.operation_id} is parked: {current.reason}")
            case OperationState.RELEASED:
                raise NoEffect(current.reason, repeatable=not current.refused)
            case OperationState.ACCEPTED | OperationState.SETTLED:
                return current

    @asynccontextmanager
    async def _lock(self, operation: Operation) -> AsyncGenerator[HeldLock]:
        """Hold the operation's lock: the process that sends has it, also while it is paused."""
        async with self._database.locks.hold(operation_rows.lock_name(operation.operation_id)) as lock:
            if lock is None:
                raise NotResolvedYet(f"{operation.operation_id} is in another process's hands", 1.0)
            yield lock

    async def _send(self, lock: HeldLock, operation: Operation, call: _Call) -> Operation:
        claimed_at = since_boot()
        async with self._database.statements() as connection:
            claimed, since_restore = await claiming.claim(
                connection,
                operation,
                call.request_sha256,
                call.approval,
                self._may_post,
                self._timings.send_deadline,
            )
        self._points.reach("send.claimed", claimed.slot)
        if since_restore is not None and (
            found := await self._done_before(lock, claimed, call.effect, since_restore)
        ):
            return found
        await lock.require()
        if since_boot() - claimed_at > self._timings.send_deadline.total_seconds():
            raise NotResolvedYet(f"{operation.operation_id} was claimed too long ago to be sent now", 1.0)
        self._points.reach("send.checked", claimed.slot)
        try:
            outcome = await call.effect.send(claimed)
        except NoEffect as proof:
            if operation.state in UNSENT:
                await self._release(claimed, proof)
                raise
            # Proof of this call alone: the one that it continues may have had its effect.
            line = f"{'the platform was busy' if proof.repeatable else NOT_CONTINUED}: {proof}"
            await self._doubt(claimed, line)
            raise NotResolvedYet(f"{claimed.operation_id}: {line}", 0.5) from proof
        except Exception as error:  # whatever it was: the call may have had its effect
            line = f"{'the answer was lost' if can_pass(error) else OUR_BUG}: {error!r}"
            await self._doubt(claimed, line)
            raise NotResolvedYet(f"{claimed.operation_id}: {line}", 0.5) from error
        self._points.reach("send.answered", claimed.slot)
        accepted = await self._record(claimed, outcome)
        self._points.reach("send.recorded", claimed.slot)
        return accepted

    async def _record(self, operation: Operation, outcome: Outcome) -> Operation:
        """Record a vendor's answer, also where the lock or the database is lost meanwhile: the epoch guards it."""

        def gone(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
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
            before_sleep=gone,
            reraise=True,
        ):
            with attempt:
                return await self._accept(operation, outcome)
        raise AssertionError("tenacity ended without an answer and without an error")

    async def _done_before(
        self, lock: HeldLock, operation: Operation, effect: Effect, since_restore: timedelta
    ) -> Operation | None:
        """Look before sending: after a restore the ledger may have forgotten what it did after the backup."""
        async with self._database.statements() as connection:
            dated = await operation_rows.dated(connection, operation)
        sighting = await effect.find_forgotten(dated)
        await lock.require()
        if sighting.outcome:
            return await self._accept(operation, sighting.outcome)
        if sighting.seen or not sighting.authoritative:
            await self._park(operation, "the backup does not know whether it was sent, nor does the vendor")
        if since_restore < sighting.visible_within:
            raise NotResolvedYet(
                f"{operation.operation_id}: {operation.vendor} may not list yet what was sent before the restore",
                1.0,
            )
        return None

    async def _find_out(self, lock: HeldLock, operation: Operation, call: _Call) -> Operation:
        """Conclude only what the other side shows: found, unfinished, proven absent, or parked for a person."""
        async with self._database.statements() as connection:
            unsent_for, since_restore = await self._nobody_sends_since(connection, operation)
            dated = await operation_rows.dated(connection, operation)
        try:
            sighting = await call.effect.find(dated)
        except NotResolvedYet:
            raise
        except Exception as error:  # whatever it was: nothing was learned
            line = (
                f"the answer of {operation.vendor} was lost, and it cannot be looked up: {_in_short(error)}"
            )
            if unsent_for < self._timings.look_up_patience:
                seconds = min(max(unsent_for.total_seconds() / 4, 1.0), LOOK_AGAIN.total_seconds())
                raise NotResolvedYet(f"{operation.operation_id}: {line}", seconds) from error
            await lock.require()
            await self._park(operation, line)
        await lock.require()
        if sighting.outcome:
            return await self._accept(operation, sighting.outcome)
        if sighting.may_continue and not operation.reason.startswith((OUR_BUG, NOT_CONTINUED)):
            if unsent_for < timedelta():
                line = f"{operation.operation_id}: another process may be sending it"
                raise NotResolvedYet(line, -unsent_for.total_seconds())
            return await self._send(lock, operation, call)
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
            await self._park(operation, line)
        if since_restore is not None and (
            found := await self._done_before(lock, operation, call.effect, since_restore)
        ):
            return found  # under another attempt's name, which the backup has forgotten
        line = f"{operation.vendor} does not list it, a visibility delay after no process could be sending it"
        final = operation.reason if operation.reason.startswith((OUR_BUG, NOT_CONTINUED)) else ""
        proof = NoEffect(f"{final}; {line}" if final else line, repeatable=not final)
        await self._release(operation, proof)
        raise proof

    async def _nobody_sends_since(
        self, connection: Connection, operation: Operation
    ) -> tuple[timedelta, timedelta | None]:
        """Note when the lock was first held; return how long no process can have been sending.

        A negative length means that one still may: a row left in `sending` tells of a process that was killed, or of
        one that lost its lock with its connection while its call goes on. Say too how long ago a backup was restored
        since the item was opened.
        """
        cursor = await connection.execute(
            f"""
            update operation set resolving_since = coalesce(resolving_since, clock_timestamp())
            where operation_id = %(id)s
            returning clock_timestamp() - greatest(
                          resolving_since,
                          send_before + case when state = 'sending' then %(send)s else interval '0' end
                      ) as idle,
                      ({operation_rows.SINCE_RESTORE}) as since_restore
            """,
            {"id": operation.operation_id, "send": self._timings.effect},
        )
        row = await cursor.fetchone()
        return (row["idle"], row["since_restore"]) if row else (timedelta(), None)

    async def _park(self, operation: Operation, line: str) -> NoReturn:
        async with self._database.statements() as connection:
            await recording.park(connection, operation, line)
        raise Trouble(Fault.PARKED, f"{operation.operation_id} is parked: {line}")

    async def _accept(self, operation: Operation, outcome: Outcome) -> Operation:
        async with self._database.statements() as connection:
            return await recording.accept(connection, operation, outcome, self._points)

    async def _release(self, operation: Operation, proof: NoEffect) -> None:
        async with self._database.statements() as connection:
            await recording.release(connection, operation, proof)

    async def _doubt(self, operation: Operation, line: str) -> None:
        """Write down that it is not known what became of a send."""
        async with self._database.statements() as connection:
            await recording.move(connection, operation, OperationState.UNKNOWN, line)


def _in_short(error: BaseException | None) -> str:
    """Return an error as one line that fits beside others."""
    return " ".join(str(error).split())[:200] or type(error).__name__
