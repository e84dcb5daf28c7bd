"""`caps`, `pause` and `resume`: what the whole installation may spend, and whether it may spend at all."""

from psycopg.types.json import Jsonb

from activities.store import switch
from schema.money import Book, in_words
from schema.settings import Settings
from starter.context import tell
from starter.given import actor as this_person
from starter.given import dollars
from starter.session import connected


async def set_caps(
    settings: Settings, day: str | None, in_all: str | None, calls_a_minute: int | None
) -> int:
    """Set the installation's caps where they were given, and say what they are."""
    given = {
        "day_cap_microusd": None if day is None else dollars(day),
        "global_cap_microusd": None if in_all is None or in_all == "none" else dollars(in_all),
    }
    changed: dict[str, int | None] = {key: value for key, value in given.items() if value is not None}
    if in_all == "none":
        changed["global_cap_microusd"] = None
    if calls_a_minute is not None:
        changed["paid_calls_a_minute"] = calls_a_minute
    async with connected(settings) as session, session.database.transaction() as connection:
        for key, value in changed.items():
            await connection.execute(
                "update configuration set value = %s, updated_at = now() where key = %s", [Jsonb(value), key]
            )
        cursor = await connection.execute(
            "select key, value from configuration where key = any(%s)", [[*given, "paid_calls_a_minute"]]
        )
        now = {row["key"]: row["value"] async for row in cursor}
    for key, name in (("day_cap_microusd", "a day"), ("global_cap_microusd", "in all")):
        tell(f"{name}: {'no cap' if now[key] is None else in_words(now[key], Book.USD)}")
    tell(f"paid calls a minute: {now['paid_calls_a_minute']}")
    return 0


async def pause(settings: Settings, reason: str, actor: str | None) -> int:
    """Stop paid calls; the next reservation sees it, and so does every send that was not claimed yet."""
    async with connected(settings) as session, session.database.transaction() as connection:
        await switch.stop(connection, f"{actor or this_person()}: {reason or 'no reason given'}")
    tell("paid calls are stopped; `reelwright resume` allows them again")
    return 0


async def resume(settings: Settings, actor: str | None) -> int:
    """Allow again what was stopped, and say for what it was.

    Raises `Trouble` (`bad_input`) where something new to look into came up at this very moment.
    """
    async with connected(settings) as session, session.database.transaction() as connection:
        seen = await switch.read(connection)
        await switch.resume(connection, seen, actor or this_person())
    was = f"; they were stopped, along with posts: {seen.reason}" if seen.quarantine else ""
    was = was or (f"; they were stopped: {seen.reason}" if seen.stopped else "")
    tell(f"paid calls are allowed{was}")
    return 0
