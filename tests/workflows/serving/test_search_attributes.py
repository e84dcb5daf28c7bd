"""A Temporal server without our search attributes: they are made where that is allowed, and missed nowhere else."""

from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.store.database import Database
from schema import queues
from schema.account import Account
from schema.daily_plan import DailyPlan
from schema.item import ItemState
from schema.settings import load_settings
from signals.converter import data_converter
from starter.recurrence import schedule_id, schedule_of
from starter.schedules import existing, move_schedule, plan_of
from starter.session import Session
from starter.stack import temporal as embedded
from tests.house import open_house
from tests.services import temporal_server
from workflows.plan_day import PlanDay
from workflows.serving.namespace import can_search, ensure_search_attributes


@pytest.fixture
def bare_address(monkeypatch: pytest.MonkeyPatch):
    """A server that was started without them."""
    monkeypatch.setattr(embedded, "SEARCH_ATTRIBUTES", ())
    with temporal_server() as server:
        yield server.address


async def test_an_item_runs_whole_without_them(bare_address: str, database: Database, tmp_path: Path) -> None:
    async with open_house(bare_address, database, tmp_path) as house:
        handle = await house.begin()
        await house.until(handle, "review")
        await house.say(handle, "approve")
        assert (await house.result(handle)).state is ItemState.PUBLISHED
        found = (await handle.describe()).typed_search_attributes.search_attributes
        assert {pair.key.name for pair in found} <= {"BuildIds"}  # Temporal's own
        planned = await house.client.execute_workflow(
            PlanDay.run,
            DailyPlan(account_id="crafts", time_zone="UTC"),
            id="plan/x",
            task_queue=queues.CONTROL,
        )
        assert planned.started


async def test_a_schedule_is_made_and_changed_without_them(bare_address: str, database: Database) -> None:
    client = await Client.connect(bare_address, data_converter=data_converter)
    daily = schedule_of(DailyPlan(account_id="crafts", time_zone="UTC"), searched=await can_search(client))
    await client.create_schedule(schedule_id("crafts"), daily)
    nowhere: Any = None
    session = Session(load_settings(), nowhere, database, client)
    await move_schedule(session, Account(account_id="crafts", title="Crafts", time_zone="Asia/Tokyo"))
    described = await (await existing(session, "crafts")).describe()
    assert (await plan_of(session, described)).time_zone == "Asia/Tokyo"


async def test_they_are_made_and_can_be_used_at_once(bare_address: str) -> None:
    client = await Client.connect(bare_address, data_converter=data_converter)
    assert not await can_search(client)
    await ensure_search_attributes(client)
    assert await can_search(client)
    await ensure_search_attributes(client)  # nothing to do


async def test_where_they_may_not_be_made_the_worker_runs_and_says_so(
    bare_address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = await Client.connect(bare_address, data_converter=data_converter)

    async def refused(*_: object, **__: object) -> None:
        raise RPCError("Request unauthorized.", RPCStatusCode.PERMISSION_DENIED, b"")

    monkeypatch.setattr(client.operator_service, "list_search_attributes", refused)
    await ensure_search_attributes(client)
    assert "items run without the search attributes" in capsys.readouterr().out
