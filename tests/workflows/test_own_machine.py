"""An item written on one's own machine ends within seconds, for a reason a person reads."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from activities.store.database import Database
from activities.writers.openai_compatible import OpenAiCompatibleWriter
from schema.items.item import ItemState
from tests.activities.offline.studio_process import free_port
from tests.activities.writers.vendors import QUICK
from tests.house import open_house
from tests.services import TemporalServer
from tests.vendors import openai
from tests.vendors.process import VendorProcess, running
from workflows.content_item import ContentItem


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[VendorProcess]:
    with running("tests.vendors.openai", tmp_path / "vendor") as process:
        process.set(limit_field="max_tokens", tells_usage=False)
        yield process


def writer_at(port: int) -> OpenAiCompatibleWriter:
    return OpenAiCompatibleWriter(
        openai.KEY,
        openai.MODEL,
        None,
        name="own-machine",
        base_url=f"http://127.0.0.1:{port}/v1",
        limit_field="max_tokens",
        bounds=QUICK,
    )


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ({"call": "answer", "kind": "body", "body": {"form": "no message: page"}}, "a web page"),
        (
            {"call": "answer", "kind": "body", "body": {"form": "no message: error"}},
            "the model is not loaded",
        ),
        ({"call": "answer", "kind": "body", "body": {"text": "I would rather not."}}, "no JSON object"),
        (
            {"call": "ask", "kind": "error", "status": 404, "body": {"error": "no such model"}},
            "no such model",
        ),
        ({"call": "ask", "kind": "html", "status": 404}, "HTTP 404"),
        ({"call": "ask", "kind": "reset"}, "the connection broke"),
    ],
)
async def test_an_answer_of_no_use_ends_the_item_within_seconds(
    temporal: TemporalServer,
    database: Database,
    server: VendorProcess,
    tmp_path: Path,
    lie: dict[str, Any],
    says: str,
) -> None:
    server.lie({"times": 99, **lie})
    async with open_house(temporal.address, database, tmp_path, writer=writer_at(server.port)) as house:
        began = time.monotonic()
        result = await house.result(await house.begin())
        assert time.monotonic() - began < 15
    assert result.state is ItemState.FAILED
    assert says in result.reason
    assert "own-machine" in result.reason
    assert server.counters()["lies"] <= 2


async def test_a_server_that_comes_later_is_waited_for(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    port = free_port()
    async with open_house(temporal.address, database, tmp_path, writer=writer_at(port)) as house:
        handle = await house.begin()
        async with asyncio.timeout(30):
            while True:
                pending = (await handle.describe()).raw_description.pending_activities
                if "no connection" in str(pending):
                    break
                await asyncio.sleep(0.05)
        assert (await handle.query(ContentItem.progress)).state is ItemState.RUNNING
        vendor = VendorProcess("tests.vendors.openai", tmp_path / "vendor", port=port)
        vendor.start()
        try:
            vendor.set(limit_field="max_tokens", tells_usage=False)
            assert (await house.until(handle, "review")).title.startswith("A bowl turned")
        finally:
            vendor.kill()
