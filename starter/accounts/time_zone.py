"""Time zones: Python names an item's day and PostgreSQL a budget's, so both must mean the same by a name."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from psycopg.errors import InvalidParameterValue

from activities.store.database import Connection
from schema.failure import Fault, Trouble

_MONTHS = 24
"""How far both are compared; every change of the clocks within that is seen."""


async def check_zone(connection: Connection, name: str) -> None:
    """Raise `Trouble` (`bad_input`) where PostgreSQL does not know the zone, or means other hours by it than Python.

    `CET` is one: a zone with summer time to Python, an abbreviation without to PostgreSQL. Tables of different age,
    of which one has heard of a change and the other has not, are no reason to refuse a place.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    moments = [now + timedelta(days=30 * number) for number in range(_MONTHS)]
    try:
        async with connection.transaction():  # of its own: a refused question must not end the caller's
            cursor = await connection.execute(
                """
                select moment at time zone %(name)s as wall,
                       exists(select from pg_timezone_abbrevs where abbrev = upper(%(name)s)) as is_abbreviation
                from unnest(%(moments)s::timestamptz[]) as moment
                """,
                {"name": name, "moments": moments},
            )
            told = [(row["wall"], row["is_abbreviation"]) async for row in cursor]
    except InvalidParameterValue:
        raise Trouble(
            Fault.BAD_INPUT, f"the database knows no time zone {name!r}; write it like Europe/Berlin"
        ) from None
    ours = [moment.astimezone(ZoneInfo(name)).replace(tzinfo=None) for moment in moments]
    if any(short and wall != own for (wall, short), own in zip(told, ours, strict=True)):
        raise Trouble(
            Fault.BAD_INPUT,
            f"{name!r} means other hours to the database than to this machine; name a place, like Europe/Berlin",
        )
