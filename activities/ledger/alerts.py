"""Alerts: written in the transaction of what they tell of, and delivered from there by a relay.

Functions take an open transaction or connection.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, LiteralString

from activities.store.database import Connection
from schema.alert import Alert, AlertKind
from schema.money import Book, in_words
from schema.payload import Payload
from schema.scope import ITEM, kind_of

THRESHOLDS: Final = (50, 75, 90)
"""Percent of a cap."""
_COLUMNS = "alert_id, kind, account_id, line, created_at, delivered_at"


class Standing(Payload):
    """A budget as it stands, its row held by this transaction."""

    scope: str
    book: Book
    account_id: str | None
    cap_microusd: int | None
    committed_microusd: int
    """Reserved and settled."""
    settled_microusd: int
    alerted_percent: int

    @property
    def crossed(self) -> list[int]:
        """The thresholds that are reached and were never told of.

        A budget of one item has none: it is reserved by whole rounds, so an ordinary one crosses half its cap at once.
        """
        if self.cap_microusd is None or kind_of(self.scope) == ITEM:
            return []
        reached = [
            percent for percent in THRESHOLDS if self.committed_microusd * 100 >= self.cap_microusd * percent
        ]
        return [percent for percent in reached if percent > self.alerted_percent]

    def with_more(self, reserved_microusd: int) -> "Standing":
        """Return it as it stands with so much more reserved."""
        return self.model_copy(update={"committed_microusd": self.committed_microusd + reserved_microusd})

    def line(self, percent: int) -> str:
        """Return the alert in words."""
        committed, cap = (
            in_words(amount, self.book) for amount in (self.committed_microusd, self.cap_microusd or 0)
        )
        return f"the budget {self.scope} has passed {percent} % of its cap: {committed} of {cap} is reserved or spent"


async def note_crossed(connection: Connection, standings: Iterable[Standing]) -> None:
    """Raise an alert for each threshold that was crossed; nothing is asked of the database where none was."""
    for standing in standings:
        for percent in standing.crossed:
            await connection.execute(
                """
                insert into alert (alert_id, kind, account_id, scope, book, percent, line)
                values (%s, 'budget', %s, %s, %s, %s, %s) on conflict do nothing
                """,
                [
                    f"budget/{standing.scope}/{standing.book}/{percent}",
                    standing.account_id,
                    standing.scope,
                    standing.book,
                    percent,
                    standing.line(percent),
                ],
            )
        if standing.crossed:
            await connection.execute(
                "update budget set alerted_percent = %s where scope = %s and book = %s",
                [standing.crossed[-1], standing.scope, standing.book],
            )


async def note_crossed_by_overrun(connection: Connection, operation_id: str) -> None:
    """The same for the budgets of one operation that was charged more than it had reserved."""
    cursor = await connection.execute(
        """
        select scope, budget.book, budget.account_id, cap_microusd, alerted_percent, settled_microusd,
               budget.reserved_microusd + settled_microusd as committed_microusd
        from budget join operation on budget.scope = any(operation.scopes) and budget.book = operation.book
        where operation_id = %s order by scope
        """,
        [operation_id],
    )
    await note_crossed(connection, [Standing.model_validate(row) for row in await cursor.fetchall()])


async def raise_alert(
    connection: Connection, alert_id: str, kind: AlertKind, line: str, account_id: str | None = None
) -> bool:
    """Write an alert down unless it was before; say whether it is new."""
    cursor = await connection.execute(
        """
        insert into alert (alert_id, kind, account_id, line) values (%s, %s, %s, %s)
        on conflict do nothing returning alert_id
        """,
        [alert_id, kind, account_id, line[:2000]],
    )
    return await cursor.fetchone() is not None


async def note_vendor_refuses(connection: Connection, vendor: str, why: str) -> None:
    """Say that a vendor does not accept our key or our credit, once a day, by the database clock."""
    cursor = await connection.execute("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD') as day")
    row = await cursor.fetchone()
    line = f"nothing can be bought there before you mend our key or our credit: {why}"
    await raise_alert(connection, f"vendor/{vendor}/{row['day'] if row else ''}", "vendor", line)


async def claim_oldest(connection: Connection, lease: timedelta) -> Alert | None:
    """Claim the oldest alert that is neither delivered nor claimed by another worker; None where there is none."""
    cursor = await connection.execute(
        f"""
        update alert set claimed_until = clock_timestamp() + %s
        where alert_id = (
            select alert_id from alert
            where delivered_at is null and coalesce(claimed_until < clock_timestamp(), true)
            order by created_at, alert_id limit 1 for update skip locked)
        returning {_COLUMNS}
        """,
        [lease],
    )
    row = await cursor.fetchone()
    return Alert.model_validate(row) if row else None


async def unclaim(connection: Connection, alert_id: str) -> None:
    """Let another worker deliver an alert at once."""
    await connection.execute(
        "update alert set claimed_until = null where alert_id = %s and delivered_at is null", [alert_id]
    )


async def mark_delivered(connection: Connection, alert_id: str) -> None:
    """Write down that somebody has it. Repeating changes nothing."""
    await connection.execute(
        "update alert set delivered_at = clock_timestamp() where alert_id = %s and delivered_at is null",
        [alert_id],
    )


async def still_true(connection: Connection, most: int) -> list[Alert]:
    """Return the newest alerts, newest first, without those of reviews that were closed since."""
    return await _read(
        connection,
        """
        where kind <> 'review' or exists (
            select 1 from review where state = 'open' and starts_with(alert_id, 'review/' || item_id || '/'))
        order by created_at desc, alert_id desc limit %s
        """,
        [most],
    )


async def newest(connection: Connection, most: int) -> list[Alert]:
    """Return the newest alerts, newest first."""
    return await _read(connection, "order by created_at desc, alert_id desc limit %s", [most])


async def _read(connection: Connection, which: LiteralString, values: Sequence[object]) -> list[Alert]:
    cursor = await connection.execute(f"select {_COLUMNS} from alert {which}", values)
    return [Alert.model_validate(row) async for row in cursor]
