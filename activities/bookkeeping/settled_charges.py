"""The ledger as a check of the books reads it, in PostgreSQL. It changes no operation and no budget."""

from datetime import datetime, timedelta

from activities.bookkeeping.port import Listed, Record
from activities.store import outbox
from activities.store.database import Database
from schema.money import Book
from schema.reviews.message import MessageKind


class SettledCharges:
    """Implements the `ChargeReader` port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def moment(self) -> datetime:
        """Return the time by the database clock."""
        async with self._database.statements() as connection:
            row = await (await connection.execute("select clock_timestamp() as now")).fetchone()
        if row is None:
            raise LookupError("the database told no time")
        return row["now"]

    async def vendors(self, window: timedelta) -> dict[str, Book]:
        """Return who was paid for operations that are not older than this, and in which book."""
        async with self._database.statements() as connection:
            cursor = await connection.execute(
                """
                select distinct vendor, book from operation
                where kind = 'paid' and created_at > now() - %s order by vendor
                """,
                [window],
            )
            return {row["vendor"]: Book(row["book"]) async for row in cursor}

    async def records(self, vendor: str, window: timedelta) -> list[Record]:
        """Return the paid operations of a vendor that are not older than this, oldest first."""
        async with self._database.statements() as connection:
            cursor = await connection.execute(
                """
                select operation.operation_id, operation.account_id, operation.state, handle, charged_microusd,
                       clock_timestamp() - operation.created_at as age,
                       clock_timestamp() - entry.created_at as ended_for, item.ended_at is not null as item_ended
                from operation join item using (item_id)
                left join entry on entry.operation_id = operation.operation_id and movement in ('settle', 'release')
                where vendor = %s and kind = 'paid' and operation.created_at > now() - %s
                order by operation.created_at, operation.operation_id
                """,
                [vendor, window],
            )
            return [Record.model_validate(row) async for row in cursor]

    async def raise_alert(
        self, alert_id: str, kind: MessageKind, line: str, account_id: str | None = None
    ) -> None:
        """Write an alert down, once ever."""
        async with self._database.statements() as connection:
            await outbox.put(connection, alert_id, kind, line, account_id)

    async def price_before(self, vendor: str, price: Listed) -> Listed | None:
        """Keep what a vendor says a model costs; return what it said before where that was something else."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                """
                select endpoint, unit_price, unit, currency from listed_price
                where vendor = %s and endpoint = %s for update
                """,
                [vendor, price.endpoint],
            )
            row = await cursor.fetchone()
            await connection.execute(
                """
                insert into listed_price (vendor, endpoint, unit_price, unit, currency)
                values (%(vendor)s, %(endpoint)s, %(unit_price)s, %(unit)s, %(currency)s)
                on conflict (vendor, endpoint) do update set unit_price = excluded.unit_price, unit = excluded.unit,
                    currency = excluded.currency, seen_at = now()
                """,
                price.model_dump() | {"vendor": vendor},
            )
        before = Listed.model_validate(row) if row else None
        return None if before == price else before
