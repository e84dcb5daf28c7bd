"""An item is closed once two rounds in a row saw its workflow gone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.closing import PostgresCloser
from activities.store import item_rows
from activities.store.database import Database
from schema.items.item import ItemState
from tests.activities.ledger.scenery import open_item, plan, post_order, scene_order
from tests.services import TemporalServer
from tests.timings import SHORT
from workflows.serving import sweep

ITEM = "crafts-20261120-abcdef"
GONE = {ITEM: "its workflow was ended in Temporal (terminated)"}
AT_ONCE = timedelta(milliseconds=1)


async def swept(
    database: Database, client: Client, monkeypatch: pytest.MonkeyPatch, rounds: Sequence[dict[str, str]]
) -> ItemState:
    """Let the sweep see so many rounds; return how the item stands then."""
    script = iter(rounds)

    async def seen(*_: Any) -> sweep._Gone:  # pyright: ignore[reportPrivateUsage]
        for ended in script:
            return sweep._Gone(ended=ended)  # pyright: ignore[reportPrivateUsage]
        raise AssertionError("no further round")

    monkeypatch.setattr(sweep, "_gone", seen)
    looking = sweep.Sweep(database, client, AT_ONCE)
    for _ in rounds:
        assert not await looking.tick()
    async with database.statements() as connection:
        return (await item_rows.get(connection, ITEM)).state


@pytest.mark.parametrize(
    ("rounds", "state"),
    [
        ([GONE], ItemState.RUNNING),
        ([GONE, {}, GONE], ItemState.RUNNING),
        ([{}, GONE, GONE], ItemState.STOPPED),
        ([GONE, GONE, {}], ItemState.STOPPED),
    ],
    ids=["once", "once and once more", "twice", "twice and never again"],
)
async def test_an_item_is_closed_where_its_workflow_is_gone_in_two_rounds_on_end(
    database: Database,
    temporal: TemporalServer,
    monkeypatch: pytest.MonkeyPatch,
    rounds: list[dict[str, str]],
    state: ItemState,
) -> None:
    await open_item(database, plan(ITEM))
    client = await Client.connect(temporal.address)
    assert await swept(database, client, monkeypatch, rounds) is state


@pytest.mark.parametrize(
    ("kind", "as_state", "ends"),
    [
        ("publish", "reserved", ItemState.STOPPED),
        ("publish", "prepared", ItemState.STOPPED),
        ("publish", "released", ItemState.STOPPED),
        ("publish", "sending", ItemState.PARKED),
        ("publish", "unknown", ItemState.PARKED),
        ("publish", "accepted", ItemState.PARKED),
        ("publish", "settled", ItemState.PARKED),
        ("paid", "settled", ItemState.STOPPED),
        ("paid", "accepted", ItemState.STOPPED),
    ],
)
async def test_a_lost_item_is_a_question_where_something_of_it_may_be_public(
    database: Database, kind: str, as_state: str, ends: ItemState
) -> None:
    item = await open_item(database, plan(ITEM))
    order = post_order(item) if kind == "publish" else scene_order(item, 1, 1)
    await PostgresLedger(database, SHORT).reserve([order], item.limits)
    async with database.transaction() as connection:
        await connection.execute(
            "update operation set state = %s, prepared_handle = case kind when 'publish' then 'handle' end",
            [as_state],
        )
    assert await PostgresCloser(database).close_lost(ITEM, "its workflow is gone", "the sweep") is ends
    async with database.statements() as connection:
        row = await item_rows.get(connection, ITEM)
    assert row.reason.startswith("its workflow is gone; what it left open is listed by `unknowns`")


async def test_a_lost_item_that_has_ended_by_itself_stays_as_it_is(database: Database) -> None:
    await open_item(database, plan(ITEM))
    async with database.transaction() as connection:
        await item_rows.close(connection, ITEM, ItemState.REJECTED, "too loud")
    assert await PostgresCloser(database).close_lost(ITEM, "gone", "the sweep") is ItemState.REJECTED
