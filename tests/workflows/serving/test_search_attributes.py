"""A Temporal server without our search attributes: they are made where that is allowed, and missed nowhere else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

import worker
from activities.reviews.arbiter import PostgresArbiter
from activities.store import account_rows
from activities.store.database import Database
from schema import queues
from schema.items.account import Account
from schema.items.daily_plan import DailyPlan
from schema.items.item import ItemRequest, ItemState
from schema.reviews.review import WordForm
from schema.settings import Settings, load_settings
from signals.converter import data_converter
from signals.doors.intake import DecisionIntake
from starter.accounts.manage_schedules import existing, move_schedule, plan_of
from starter.accounts.recurrence import schedule_id, schedule_of
from starter.console.session import Session
from starter.items.follow import follow
from starter.items.start_item import start
from starter.stack import doctor
from starter.stack import embedded_temporal as embedded
from starter.stack.stack_addresses import Addresses
from tests.benchmarks import instant
from tests.house import open_house
from tests.services import temporal_server
from tests.timings import SHORT
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
        found = (await handle.describe()).raw_description.workflow_execution_info.search_attributes
        assert set(found.indexed_fields) <= {"BuildIds"}  # Temporal's own
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
    monkeypatch.setattr(client.operator_service, "list_search_attributes", refuse)
    await ensure_search_attributes(client)
    assert "items run without the search attributes" in capsys.readouterr().out


async def test_a_worker_that_may_not_make_them_runs_items_all_the_same_and_doctor_says_so(
    bare_address: str, database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product's worker whole, on a server where a plain user may read and may not administrate."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", bare_address)
    connect = worker.connect

    async def as_a_plain_user(settings: Settings) -> Client:
        client = await connect(settings)
        monkeypatch.setattr(client.operator_service, "add_search_attributes", refuse)
        return client

    monkeypatch.setattr(worker, "connect", as_a_plain_user)
    settings = Settings.model_validate({"home": tmp_path, "database_url": database_url, "timings": SHORT})
    async with database.transaction() as connection:
        await account_rows.ensure(connection, Account(account_id="crafts", title="crafts"))
    client = await Client.connect(bare_address, data_converter=data_converter)
    serving = asyncio.create_task(worker.serve(settings, instant.built))
    try:
        item_id = "crafts-20261120-abcdef"
        handle = await start(client, ItemRequest(item_id=item_id, account_id="crafts"))
        async for seen in follow(handle):
            if seen.progress and seen.progress.review_id:
                break
        intake = DecisionIntake(PostgresArbiter(database), database, client)
        await intake.decide(WordForm(kind="approve", item_id=item_id, actor="ada", door="test"))
        assert (await asyncio.wait_for(handle.result(), 60)).state is ItemState.PUBLISHED
        assert not await can_search(client)
        said = await examined(settings, database_url, bare_address)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    lacking = next(finding for finding in said if finding.what == "temporal")
    assert lacking.ok is False
    assert "without the search attributes Account, CostUsd, Format, Stage" in lacking.says
    assert "temporal operator search-attribute create" in lacking.remedy
    assert next(finding for finding in said if finding.what == "worker").ok


async def refuse(*_: object, **__: object) -> None:
    raise RPCError("Request unauthorized.", RPCStatusCode.PERMISSION_DENIED, b"")


async def examined(settings: Settings, database_url: str, address: str) -> list[doctor.Finding]:
    """What `doctor` finds at this Temporal."""
    addresses = Addresses(
        home=settings.home,
        owner_pid=None,
        database_url=database_url,
        database_migration_url=database_url,
        database_embedded=False,
        temporal_address=address,
        temporal_ui=None,
        temporal_embedded=False,
        studio_url=None,
    )
    return await doctor._temporal(settings, addresses)  # pyright: ignore[reportPrivateUsage]
