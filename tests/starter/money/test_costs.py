"""What `costs` adds up: the same sums as the budgets hold."""

import pytest

from activities.buying.purchases import orders_of
from activities.ledger import ending
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.items.stage import STAGES, Stage, StageRow, stages_gone_through_once
from starter.money.costs import Cost, read_costs
from starter.money.receipt import BOUGHT_ONCE
from tests.activities.ledger.scenery import open_item, plan, reserved
from tests.timings import SHORT


async def bought(database: Database, number: int) -> None:
    """Three scenes of an item, of which one is settled and one given back."""
    item = await open_item(database, plan(f"crafts-20261120-c{number:05d}"))
    ledger = PostgresLedger(database, SHORT)
    first, second, _ = await reserved(ledger, orders_of(item, 1, "system"), item)
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
        wasted_microusd=0,
    )
    assert (day.charged_microusd, day.reserved_microusd, day.operations) == (400_000, 500_000, 3)


async def shown(
    database: Database, item_id: str, round_number: int, state: str, sha256: str | None = None
) -> None:
    """A closed review of a round, with its own file unless `sha256` says otherwise."""
    async with database.transaction() as connection:
        await connection.execute(
            """
            insert into review (review_id, item_id, account_id, round, gate, revision, artifacts, text, content_sha256,
                                title, cost_microusd, round_price_microusd, book, places, state, deadline)
            values (%(id)s || '/' || %(round)s || '/video/1', %(id)s, 'crafts', %(round)s, 'video', 1,
                    jsonb_build_array(jsonb_build_object('role', 'video', 'key', 'x', 'sha256', %(sha)s::text)),
                    '', '', '', 0, 0, 'simulated', '{}', %(state)s, now())
            """,
            {"id": item_id, "round": round_number, "state": state, "sha": sha256 or f"round-{round_number}"},
        )


async def spent(database: Database, item_id: str, rounds: int, *, forerunner_id: str | None = None) -> None:
    """An item that was charged $0.10 for its idea and $0.50 for one scene a round."""
    item = await open_item(database, plan(item_id, item_cap_microusd=90_000_000))
    ledger = PostgresLedger(database, SHORT)
    idea = orders_of(item, 1, "system")[0].model_copy(
        update={"slot": f"{item_id}/1/idea/1", "amount_microusd": 100_000}
    )
    scenes = [orders_of(item, number, "system")[0] for number in range(1, rounds + 1)]
    for order in (idea, *scenes):
        (operation,) = await reserved(ledger, [order], item)
        await ledger.settle(operation.operation_id, order.amount_microusd)
    if forerunner_id:
        async with database.transaction() as connection:
            await connection.execute(
                "update item set forerunner_id = %(one)s, line_id = %(one)s where item_id = %(two)s",
                {"one": forerunner_id, "two": item_id},
            )


async def ended(database: Database, item_id: str, state: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "update item set state = %s, ended_at = now() where item_id = %s", [state, item_id]
        )


async def wasted(database: Database) -> int:
    async with database.transaction() as connection:
        return sum(cost.wasted_microusd for cost in await read_costs(connection, "day"))


ONE, TWO = "crafts-20261120-w00001", "crafts-20261120-w00002"


async def test_money_is_wasted_that_is_in_no_published_video(database: Database) -> None:
    await spent(database, ONE, rounds=2)
    await shown(database, ONE, 1, "revised")
    await shown(database, ONE, 2, "approved")
    assert await wasted(database) == 0, "nothing is wasted of an item that goes on"
    await ended(database, ONE, "published")
    assert await wasted(database) == 500_000, "the round that was replaced"
    await ended(database, ONE, "failed")
    assert await wasted(database) == 1_100_000, "all of it"


async def test_a_round_that_could_not_be_made_is_wasted_and_the_earlier_file_that_was_posted_is_not(
    database: Database,
) -> None:
    await spent(database, ONE, rounds=2)
    await shown(database, ONE, 1, "revised", "the file")
    await shown(database, ONE, 2, "approved", "the file")
    await ended(database, ONE, "partly_published")
    assert await wasted(database) == 500_000


async def test_what_is_taken_up_again_and_published_is_not_wasted(database: Database) -> None:
    await spent(database, ONE, rounds=1)
    await shown(database, ONE, 1, "expired")
    await ended(database, ONE, "expired")
    assert await wasted(database) == 600_000
    await spent(database, TWO, rounds=0, forerunner_id=ONE)
    await shown(database, TWO, 1, "approved")
    await ended(database, TWO, "published")
    assert await wasted(database) == 0


async def test_a_scene_of_a_rejected_item_that_another_one_keeps_and_posts_is_not_wasted(
    database: Database,
) -> None:
    await spent(database, ONE, rounds=1)
    await shown(database, ONE, 1, "rejected")
    await ended(database, ONE, "rejected")
    await spent(database, TWO, rounds=0)
    async with database.transaction() as connection:
        await connection.execute(
            """
            insert into take (item_id, account_id, round, scene, storage_key, sha256, size_bytes, duration_seconds,
                              width_px,
                              height_px, has_sound, vendor, reused_from)
            values (%s, 'crafts', 1, 1, 'x', 'x', 1, 5, 720, 1280, true, 'offline-studio', %s)
            """,
            [TWO, f"{ONE}/1/scene/1/1"],
        )
    assert await wasted(database) == 600_000
    await shown(database, TWO, 1, "approved")
    await ended(database, TWO, "published")
    assert await wasted(database) == 100_000, "the idea alone"


def test_what_serves_every_round_is_bought_in_a_stage_that_an_item_has_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Stage.IDEA in BOUGHT_ONCE
    assert not {Stage.PROMPTS, "scene", "still"} & set(BOUGHT_ONCE)
    monkeypatch.setitem(STAGES, "script", StageRow("the script is being written", "script"))
    monkeypatch.setitem(STAGES, "voice", StageRow("the story is being spoken", "voice", each_round=True))
    assert set(stages_gone_through_once()) == {*BOUGHT_ONCE, "script"}
