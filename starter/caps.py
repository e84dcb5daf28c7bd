"""`caps`, `pause` and `resume`: what the whole installation may spend, and whether it may spend at all."""

from typing import Any

from psycopg.types.json import Jsonb

from schema.failure import Fault, Trouble
from schema.money import Book, in_words
from schema.settings import Settings
from starter.context import tell
from starter.given import actor as this_person
from starter.given import dollars
from starter.session import connected


async def set_caps(settings: Settings, day: str | None, in_all: str | None) -> int:
    """Set the installation's caps where they were given, and say what they are."""
    given = {
        "day_cap_microusd": None if day is None else dollars(day),
        "global_cap_microusd": None if in_all is None or in_all == "none" else dollars(in_all),
    }
    changed: dict[str, int | None] = {key: value for key, value in given.items() if value is not None}
    if in_all == "none":
        changed["global_cap_microusd"] = None
    async with connected(settings) as session, session.database.transaction() as connection:
        for key, value in changed.items():
            await connection.execute(
                "update configuration set value = %s, updated_at = now() where key = %s", [Jsonb(value), key]
            )
        cursor = await connection.execute(
            "select key, value from configuration where key = any(%s)", [list(given)]
        )
        now = {row["key"]: row["value"] async for row in cursor}
    for key, name in (("day_cap_microusd", "a day"), ("global_cap_microusd", "in all")):
        tell(f"{name}: {'no cap' if now[key] is None else in_words(now[key], Book.USD)}")
    return 0


async def switch(settings: Settings, *, stopped: bool, reason: str, actor: str | None) -> int:
    """Turn the stop switch; the next reservation sees it, and so does every send that was not claimed yet."""
    why = f"{actor or this_person()}: {reason or 'no reason given'}" if stopped else ""
    value: dict[str, Any] = {"stopped": stopped, "reason": why}
    async with connected(settings) as session, session.database.transaction() as connection:
        cursor = await connection.execute(
            "update configuration set value = %s, updated_at = now() where key = 'paid_calls' returning key",
            [Jsonb(value)],
        )
        if await cursor.fetchone() is None:
            raise Trouble(Fault.BAD_INPUT, "the database has no stop switch; run ./reelwright migrate")
    tell(
        "paid calls are stopped; `reelwright resume` allows them again"
        if stopped
        else "paid calls are allowed"
    )
    return 0
