"""What `costs` adds up: the same sums as the budgets hold."""

from activities.ledger import ending
from activities.ledger.postgres import PostgresLedger
from activities.store.database import Database
from starter.costs import Cost, read_costs
from tests.activities.ledger.scenery import SHORT, limits, open_item, snapshot


async def bought(database: Database, number: int) -> None:
    """Three scenes of an item, of which one is settled and one given back."""
    item = await open_item(database, snapshot(f"crafts-20261120-c{number:05d}"))
    ledger = PostgresLedger(database, SHORT)
    first, second, _ = await ledger.reserve(item.scene_orders(1), limits(item))  # type: ignore[misc]
    async with database.transaction() as connection:
        await ending.settle(connection, first.operation_id, 400_000)
        await ending.release(connection, second.operation_id, "a test")


async def test_a_days_sum_is_its_budgets_whatever_day_it_was_elsewhere_or_later(database: Database) -> None:
    await bought(database, 1)
    async with database.transaction() as connection:
        # as if it had been bought the day before: the time zone of budgets is not the database's
        await connection.execute(
            "update configuration set value = '\"Pacific/Kiritimati\"' where key = 'budget_time_zone'"
        )
    await bought(database, 2)
    async with database.transaction() as connection:
        await connection.execute(
            "update configuration set value = '\"Etc/GMT+12\"' where key = 'budget_time_zone'"
        )
    await bought(database, 3)
    async with database.transaction() as connection:
        cursor = await connection.execute(
            """
            select substr(scope, 5) as day, sum(settled_microusd)::bigint as charged,
                   sum(reserved_microusd)::bigint as open
            from budget where scope like 'day:%' group by 1 order by 1
            """
        )
        budgets = [(row["day"], row["charged"], row["open"]) async for row in cursor]
        costs = await read_costs(connection, "day")
    assert [(cost.group, cost.charged_microusd, cost.reserved_microusd) for cost in costs] == budgets
    assert len(budgets) >= 2


async def test_a_day_is_one_row_a_book_and_what_was_given_back_costs_nothing(database: Database) -> None:
    await bought(database, 1)
    async with database.transaction() as connection:
        (day,) = await read_costs(connection, "day")
        (vendor,) = await read_costs(connection, "vendor")
    assert vendor == Cost(
        group="offline-studio",
        book=day.book,
        operations=3,
        charged_microusd=400_000,
        reserved_microusd=500_000,
        wasted_microusd=400_000,
    )
    assert (day.charged_microusd, day.reserved_microusd, day.operations) == (400_000, 500_000, 3)
