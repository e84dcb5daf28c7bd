"""How many connections PostgreSQL lets in, held against what the processes of an installation may open."""

from dataclasses import dataclass

from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.settings import Settings

SPARE = 10
"""For people's commands, migrations and backups."""


@dataclass(frozen=True)
class Capacity:
    """What is let in, and what may be opened."""

    allowed: int
    """For a role like ours: those that are kept for superusers are not counted."""
    worker: int
    """What one worker may open: its pool, and one connection for locks. Behind a pooler only the latter counts."""
    workers: int
    doors: int

    @property
    def needed(self) -> int:
        """What all processes may open together."""
        return self.worker * self.workers + self.doors + SPARE

    @property
    def shortage(self) -> str:
        """Say in one line that not all may fit, and what mends it; empty where they do."""
        if self.needed <= self.allowed:
            return ""
        fitting = max((self.allowed - self.doors - SPARE) // self.workers - 1, 2)
        return (
            f"{self.workers} worker(s) with {self.worker} connections each, doors with {self.doors} and {SPARE} to "
            f"spare need {self.needed} connections, and this PostgreSQL lets {self.allowed} in: set "
            f"REELWRIGHT_CONNECTIONS to {fitting}, REELWRIGHT_WORKERS to how many run, or raise max_connections"
        )


async def capacity(connection: Connection, settings: Settings) -> Capacity:
    """Ask the server what it lets in."""
    cursor = await connection.execute(
        """
        select coalesce(sum(setting::int) filter (where name = 'max_connections'), 0)
             - coalesce(sum(setting::int) filter (where name <> 'max_connections'), 0) as allowed
        from pg_settings
        where name in ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
        """
    )
    row = await cursor.fetchone()
    behind_pooler = settings.database_direct_url not in (None, settings.database_url)
    return Capacity(
        allowed=row["allowed"] if row else 0,
        worker=1 if behind_pooler else settings.connections + 1,
        workers=settings.workers,
        doors=settings.doors_connections,
    )


async def require_room(connection: Connection, settings: Settings) -> str:
    """Return what `Capacity.shortage` says, for the log.

    Raises `Trouble` (`bad_input`) where not even one worker fits: it would stop in the middle of its work.
    """
    found = await capacity(connection, settings)
    if found.worker > found.allowed:
        raise Trouble(
            Fault.BAD_INPUT,
            f"a worker may open {found.worker} connections, and this PostgreSQL lets {found.allowed} in: set "
            f"REELWRIGHT_CONNECTIONS to {max(found.allowed // 2, 2)} or raise max_connections",
        )
    return found.shortage
