"""The arbiter in PostgreSQL: each word is one transaction."""

from activities.ledger import arbiter
from activities.ledger.crash_points import OFF, CrashPoints
from activities.store.database import Database
from schema.reviews.review import Review, ReviewRequest, Verdict, Word


class PostgresArbiter:
    """Implements the `Arbiter` port."""

    def __init__(self, database: Database, crash_points: CrashPoints = OFF) -> None:
        self._database = database
        self._points = crash_points

    async def open_review(self, request: ReviewRequest) -> Review:
        """Put a cut before a person; a review that was opened before is returned as it stands."""
        async with self._database.transaction() as connection:
            return await arbiter.open_review(connection, request)

    async def remind(self, item_id: str, line: str) -> None:
        """Tell people that an open review still waits; `line` says for how long."""
        async with self._database.transaction() as connection:
            await arbiter.remind(connection, item_id, line)

    async def decide(self, word: Word) -> Verdict:
        """Store a word if it is the first valid one for what is on show; say what became of it."""
        async with self._database.transaction() as connection:
            verdict = await arbiter.decide(connection, word)
        self._points.reach("decision.stored")
        return verdict

    async def read(self, item_id: str) -> Verdict:
        """Return what the newest review of an item says."""
        async with self._database.statements() as connection:
            return await arbiter.read(connection, item_id)

    async def expire(self, item_id: str) -> Verdict:
        """End an open review whose deadline has passed by the database clock."""
        async with self._database.transaction() as connection:
            return await arbiter.expire(connection, item_id)
