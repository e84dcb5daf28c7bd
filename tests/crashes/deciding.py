"""A process that stores one word: `python -m tests.crashes.deciding DATABASE_URL WORD CRASH_POINT`."""

import asyncio
import sys

from activities.ledger.crash_points import CrashPoints
from activities.reviews.arbiter import PostgresArbiter
from activities.store.database import Database
from schema.reviews.review import Verdict, Word


async def decide(url: str, word: Word, crash_at: str) -> Verdict:
    """Store the word, and die on the way where `crash_at` says so."""
    database = Database(url, connections=1)
    await database.open()
    try:
        return await PostgresArbiter(database, CrashPoints(crash_at)).decide(word)
    finally:
        await database.close()


if __name__ == "__main__":
    _url, _word, _point = sys.argv[1:]
    print(asyncio.run(decide(_url, Word.model_validate_json(_word), _point)).line)  # noqa: T201
