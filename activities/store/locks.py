"""Advisory locks: one direct connection holds all those of a process, and all of them are lost with it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from psycopg import AsyncConnection, Error, OperationalError
from psycopg.rows import DictRow

Session = AsyncConnection[DictRow]
T = TypeVar("T")
PATIENCE_S = 10.0
"""For connecting. No timer of ours ends a session, which may hold many locks."""
_TRY = "select pg_try_advisory_lock(hashtextextended(%s, 0)) as got"
_LIVES = "select true as got"
_UNLOCK = "select pg_advisory_unlock(hashtextextended(%s, 0)) as got"


class LockLost(OperationalError):
    """The connection that held a lock is gone, so another process may hold that lock by now."""


class HeldLock:
    """One lock in this process's hands, as long as the session lives that took it."""

    def __init__(self, locks: "SessionLocks", session: Session) -> None:
        self._locks = locks
        self._session = session

    async def require(self) -> None:
        """Ask the database whether the session still lives; raises `LockLost` where it does not."""
        await self._locks.require(self._session)


class SessionLocks:
    """The advisory locks of this process. A lock is taken at once, or not at all.

    A set of names keeps two tasks of this process from one lock, which PostgreSQL would give its session twice.
    Statements run one after the other, in tasks of their own, so that a caller that is cancelled leaves none half done.
    """

    def __init__(self, connect: Callable[[], Awaitable[Session]]) -> None:
        self._connect = connect
        self._session: Session | None = None
        self._names: set[str] = set()
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Connect now rather than with the first lock. Raises `OperationalError` where that does not work."""
        await self._ask(None, _LIVES)

    async def close(self) -> None:
        """Give all locks up."""
        if self._session is not None:
            await self._lose(self._session)

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncGenerator[HeldLock | None]:
        """Hold a lock for a `with` block; None where another task or another process holds it."""
        if name in self._names:
            yield None
            return
        self._names.add(name)
        taking = self._run(self._ask(None, _TRY, name))
        try:
            session = await asyncio.shield(taking)
            yield HeldLock(self, session) if session else None
        finally:
            await asyncio.shield(self._run(self._give_back(name, taking)))

    async def require(self, session: Session) -> None:
        """Raise `LockLost` unless this session, and with it each lock it took, still lives."""
        await asyncio.shield(self._run(self._ask(session, _LIVES)))

    async def _give_back(self, name: str, taking: "asyncio.Task[Session | None]") -> None:
        try:
            with suppress(Error):
                if session := await taking:
                    await self._ask(session, _UNLOCK, name)
        finally:
            self._names.discard(name)

    async def _ask(self, session: Session | None, statement: str, *names: str) -> Session | None:
        """Run a statement that answers `got`; return the session where the answer is yes.

        It runs on the session that is given, and must still live, or else on that of now, which is made where none is.
        Whatever goes wrong, the session counts as lost, and is closed: the next lock begins another one.
        """
        async with self._turn:
            try:
                session = session or await self._connected()
                cursor = await session.execute(statement.encode(), names or None)
                row = await cursor.fetchone()
            except (Error, OSError) as error:
                if session is not None:
                    await self._lose(session)
                raise LockLost(f"the connection for locks does not answer ({error!r})") from error
        return session if row and row["got"] else None

    async def _connected(self) -> Session:
        if self._session is None:
            async with asyncio.timeout(PATIENCE_S):
                self._session = await self._connect()
        return self._session

    async def _lose(self, session: Session) -> None:
        if session is self._session:
            self._session = None
        with suppress(Error, OSError):
            await session.close()

    def _run(self, what: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Run it to its end, also where its caller is cancelled meanwhile."""
        task = asyncio.create_task(what)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # read here, since its caller may be gone
