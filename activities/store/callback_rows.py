"""Callbacks of vendors, kept: a lost answer is found again by them."""

from collections.abc import Sequence

from activities.store.database import Database
from schema.vendors.callback_address import Called, ReturnAddresses


class PostgresCallbacks:
    """Implements the studios' `Callbacks` port, and keeps what the door lets in."""

    def __init__(self, database: Database, addresses: ReturnAddresses) -> None:
        self._database = database
        self._addresses = addresses

    def address(self, vendor: str, operation_id: str) -> str:
        """Return where the vendor is to call back about this operation."""
        return self._addresses.address(vendor, operation_id)

    def operation_in(self, vendor: str, token: str) -> str | None:
        """Return the operation that a token leads to; None for one that is not ours."""
        return self._addresses.operation_in(vendor, token)

    async def keep(self, vendor: str, operation_id: str, called: Called) -> bool:
        """Write a verified callback down; False where it was told before."""
        async with self._database.statements() as connection:
            cursor = await connection.execute(
                """
                insert into callback (vendor, operation_id, account_id, job_id, says)
                values (%(vendor)s, %(operation)s,
                        (select account_id from operation where operation_id = %(operation)s), %(job)s, %(says)s)
                on conflict do nothing returning callback_id
                """,
                {"vendor": vendor, "operation": operation_id, "job": called.job_id, "says": called.says},
            )
            return await cursor.fetchone() is not None

    async def is_told_of(self, vendor: str, operation_ids: Sequence[str]) -> bool:
        """True where anything was told about one of these operations, clear or not."""
        async with self._database.statements() as connection:
            cursor = await connection.execute(
                "select 1 from callback where vendor = %s and operation_id = any(%s) limit 1",
                [vendor, list(operation_ids)],
            )
            return await cursor.fetchone() is not None

    async def job_of(self, vendor: str, operation_id: str) -> str | None:
        """Return the one job that was named for this operation and for no other; None where it is not clear."""
        async with self._database.statements() as connection:
            cursor = await connection.execute(
                """
                select job_id, exists (
                    select 1 from callback as other
                    where other.vendor = callback.vendor and other.job_id = callback.job_id
                      and other.operation_id <> callback.operation_id
                ) or exists (
                    select 1 from operation
                    where operation.vendor = callback.vendor
                      and operation.operation_id <> callback.operation_id
                      and callback.job_id in (handle, split_part(handle, '#', 2))) as shared
                from callback where vendor = %s and operation_id = %s
                """,
                [vendor, operation_id],
            )
            found = await cursor.fetchall()
        return found[0]["job_id"] if len(found) == 1 and not found[0]["shared"] else None
