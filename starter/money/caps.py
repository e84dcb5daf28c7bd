"""`caps`, `pause` and `resume`: what may be spent, what is spent of it, and whether anything may be at all."""

from psycopg.types.json import Jsonb
from rich.table import Table

from activities.store import stop_switch
from activities.store.database import Connection
from schema.money import Book, in_words
from schema.payload import Payload
from schema.settings import Settings
from starter.console.context import say
from starter.console.display import paper
from starter.console.from_database import stored
from starter.console.json_output import print_json
from starter.console.option_values import actor as this_person
from starter.console.option_values import dollars


class Cap(Payload):
    """One cap of today, and what is committed of it in one book."""

    cap: str
    """In words: `a day`, `in all`, or whose day it is."""
    scope: str
    """The budget's name in the ledger."""
    book: Book
    cap_microusd: int | None
    """None for no cap."""
    spent_microusd: int
    reserved_microusd: int

    @property
    def left_microusd(self) -> int | None:
        """What may still be spent; None without a cap."""
        if self.cap_microusd is None:
            return None
        return max(self.cap_microusd - self.spent_microusd - self.reserved_microusd, 0)


async def set_caps(
    settings: Settings, day: str | None, in_all: str | None, calls_a_minute: int | None, as_json: bool
) -> int:
    """Set the installation's caps where they were given, and show all caps of today with what is spent of them."""
    given = {
        "day_cap_microusd": None if day is None else dollars(day),
        "global_cap_microusd": None if in_all is None or in_all == "none" else dollars(in_all),
    }
    changed: dict[str, int | None] = {key: value for key, value in given.items() if value is not None}
    if in_all == "none":
        changed["global_cap_microusd"] = None
    if calls_a_minute is not None:
        changed["paid_calls_a_minute"] = calls_a_minute
    async with stored(settings) as connection:
        for key, value in changed.items():
            await connection.execute(
                "update configuration set value = %s, updated_at = now() where key = %s", [Jsonb(value), key]
            )
        cursor = await connection.execute("select value from configuration where key = 'paid_calls_a_minute'")
        row = await cursor.fetchone()
        caps = await read_caps(connection)
        stopped = await stop_switch.read(connection)
    a_minute = row["value"] if row else None
    if as_json:
        rows = [cap.model_dump() | {"left_microusd": cap.left_microusd} for cap in caps]
        print_json(settings.home, caps=rows, paid_calls_a_minute=a_minute, paid_calls=stopped)
        return 0
    table = Table("", "cap", "spent", "reserved", "left", box=None, header_style="bold")
    for cap in caps:
        amounts = (cap.cap_microusd, cap.spent_microusd, cap.reserved_microusd, cap.left_microusd)
        table.add_row(cap.cap, *("no cap" if one is None else in_words(one, cap.book) for one in amounts))
    paper().print(table)
    say(f"paid calls a minute: {a_minute}")
    if stopped.line:
        say(stopped.line)
    return 0


async def read_caps(connection: Connection) -> list[Cap]:
    """Return the caps of today, the installation's first; one that is spent from in both books has two rows."""
    cursor = await connection.execute(
        """
        with setting as (
            select (select (value #>> '{}')::bigint from configuration where key = 'day_cap_microusd') as day_cap,
                   (select (value #>> '{}')::bigint from configuration where key = 'global_cap_microusd') as all_cap,
                   to_char(now() at time zone (select value #>> '{}' from configuration
                                               where key = 'budget_time_zone'), 'YYYY-MM-DD') as today
        ), wanted as (
            select 1 as place, 'a day, all accounts' as cap, 'day:' || today as scope, day_cap as cap_microusd
            from setting
            union all select 2, 'in all', 'global', all_cap from setting
            union all select 3, account_id || ', a day', 'account-day:' || account_id || ':'
                             || to_char(now() at time zone time_zone, 'YYYY-MM-DD'), day_cap_microusd from account
        )
        select cap, scope, wanted.cap_microusd, coalesce(book, 'usd') as book,
               coalesce(settled_microusd, 0) as spent_microusd, coalesce(reserved_microusd, 0) as reserved_microusd
        from wanted left join budget using (scope) order by place, cap, book
        """
    )
    return [Cap.model_validate(row) async for row in cursor]


async def pause(settings: Settings, reason: str, actor: str | None, as_json: bool) -> int:
    """Stop paid calls; the next reservation sees it, and so does every send that was not claimed yet."""
    async with stored(settings) as connection:
        await stop_switch.stop(connection, f"{actor or this_person()}: {reason or 'no reason given'}")
        now = await stop_switch.read(connection)
    if as_json:
        print_json(settings.home, paid_calls=now)
    else:
        say("paid calls are stopped; `reelwright resume` allows them again")
    return 0


async def resume(settings: Settings, actor: str | None, as_json: bool) -> int:
    """Allow again what was stopped, and say for what it was.

    Raises `Trouble` (`bad_input`) where something new to look into came up at this very moment.
    """
    async with stored(settings) as connection:
        seen = await stop_switch.read(connection)
        await stop_switch.resume(connection, seen, actor or this_person())
        now = await stop_switch.read(connection)
    if as_json:
        print_json(settings.home, paid_calls=now, were=seen)
        return 0
    was = f"; they were stopped, along with posts: {seen.reason}" if seen.quarantine else ""
    was = was or (f"; they were stopped: {seen.reason}" if seen.stopped else "")
    say(f"paid calls are allowed{was}")
    return 0
