"""Which vendor makes a scene: the next one only on proof, and nobody where the account has the scene already."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from activities.store.database import Database
from schema.items.item import ItemState
from schema.prices.price_table import load_prices
from tests.activities.studios.contract.vendors import Vendor, fake_fal, fake_replicate, replicate_prices
from tests.house import House, open_house
from tests.services import TemporalServer

REFUSED = {"call": "submit", "kind": "error", "status": 402, "times": 99, "body": {"detail": "no credit"}}
BUSY = {"call": "submit", "kind": "error", "status": 429, "times": 99, "body": {"detail": "slow down"}}


@dataclass
class TwoVendors:
    """A house that buys from fal, and from Replicate where fal makes nothing."""

    house: House
    fal: Vendor
    replicate: Vendor
    database: Database

    def fal_lies(self, *lies: dict[str, Any]) -> None:
        assert self.fal.process is not None
        self.fal.process.lie(*lies)

    async def published(self, **fields: Any) -> str:
        """Make an item, approve it and see it published; returns its id."""
        handle = await self.house.begin(**fields)
        await self.house.until(handle, "review")
        await self.house.say(handle, "approve")
        result = await self.house.result(handle)
        assert result.state is ItemState.PUBLISHED
        await self._forget_titles()  # else the writer would not write the same idea again
        return result.item_id

    async def _forget_titles(self) -> None:
        async with self.database.transaction() as connection:
            await connection.execute("update item set title = null")

    async def takes(self, item_id: str) -> list[dict[str, Any]]:
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select * from take where item_id = %s order by scene", [item_id]
            )
            return await cursor.fetchall()

    async def committed(self, item_id: str) -> tuple[int, int]:
        """What is settled and reserved for an item."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select settled_microusd, reserved_microusd from budget where scope = %s", [f"item:{item_id}"]
            )
            row = await cursor.fetchone()
        assert row is not None
        return row["settled_microusd"], row["reserved_microusd"]


@pytest.fixture
async def two(temporal: TemporalServer, database: Database, tmp_path: Path) -> AsyncIterator[TwoVendors]:
    async with AsyncExitStack() as stack:
        fal = stack.enter_context(fake_fal(tmp_path / "fal"))
        replicate = stack.enter_context(fake_replicate(tmp_path / "replicate"))
        house = await stack.enter_async_context(
            open_house(
                temporal.address,
                database,
                tmp_path / "home",
                studios=[fal.studio, replicate.studio],
                prices=[load_prices("fal"), replicate_prices()],
            )
        )
        yield TwoVendors(house, fal, replicate, database)
        for client in (fal.studio, fal.unreachable, replicate.studio, replicate.unreachable):
            await client.aclose()


@pytest.mark.parametrize("lie", [REFUSED, BUSY], ids=["no credit", "busy"])
async def test_a_vendor_that_refuses_leads_to_the_next_and_the_take_says_why(
    two: TwoVendors, lie: dict[str, Any]
) -> None:
    two.fal_lies(lie)
    item_id = await two.published()
    assert (two.fal.submissions(), two.replicate.submissions()) == (0, 3)
    for take in await two.takes(item_id):
        assert take["vendor"] == "replicate"
        assert lie["body"]["detail"] in take["why"]
        assert take["why"].count("made nothing") == 1
    assert await two.committed(item_id) == (two.replicate.charged_microusd(), 0)


async def test_a_lost_answer_is_no_proof_so_the_next_vendor_is_not_asked(two: TwoVendors) -> None:
    two.fal_lies({"call": "submit", "kind": "reset", "acts": True, "times": 3})
    item_id = await two.published()
    assert (two.fal.submissions(), two.replicate.submissions()) == (3, 0)
    assert {take["vendor"] for take in await two.takes(item_id)} == {"fal"}


async def test_a_lost_answer_that_is_proven_to_be_nothing_leads_to_the_next(two: TwoVendors) -> None:
    two.fal_lies({"call": "submit", "kind": "reset", "acts": False, "times": 99})
    item_id = await two.published()
    assert (two.fal.submissions(), two.replicate.submissions()) == (0, 3)
    assert await two.committed(item_id) == (two.replicate.charged_microusd(), 0)


async def test_a_job_that_failed_uncharged_is_bought_elsewhere(two: TwoVendors) -> None:
    fallen = {"detail": "GPU fell over", "error_type": "runner_server_error"}
    two.fal_lies({"call": "job", "kind": "body", "times": 3, "status": 500, "body": fallen})
    item_id = await two.published()
    assert (two.fal.submissions(), two.replicate.submissions()) == (3, 3)
    for take in await two.takes(item_id):
        assert take["vendor"] == "replicate"
        assert "fal" in take["why"]
    assert two.fal.charged_microusd() == 0
    assert await two.committed(item_id) == (two.replicate.charged_microusd(), 0)


async def test_everybody_who_may_make_a_scene_is_asked_however_many_attempts_are_usual(
    two: TwoVendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.stages.one_scene.FEWEST_ATTEMPTS", 1)
    fallen = {"detail": "GPU fell over", "error_type": "runner_server_error"}
    two.fal_lies({"call": "job", "kind": "body", "times": 3, "status": 500, "body": fallen})
    await two.published()
    assert (two.fal.submissions(), two.replicate.submissions()) == (3, 3)


async def test_where_everybody_refuses_the_item_ends_and_names_them_all(two: TwoVendors) -> None:
    two.fal_lies(REFUSED)
    assert two.replicate.process is not None
    two.replicate.process.lie({**REFUSED, "body": {"detail": "monthly spend limit"}})
    result = await two.house.result(await two.house.begin())
    assert result.state is ItemState.FAILED
    assert "fal" in result.reason
    assert "monthly spend limit" in result.reason
    assert (two.fal.submissions(), two.replicate.submissions()) == (0, 0)


async def test_the_same_scenes_are_not_bought_again_by_the_same_account(two: TwoVendors) -> None:
    first = await two.published(topic="tea bowls", seed=7)
    second = await two.published(topic="tea bowls", seed=7)
    assert two.fal.submissions() == 3
    earlier, kept = await two.takes(first), await two.takes(second)
    assert [take["sha256"] for take in kept] == [take["sha256"] for take in earlier]
    assert [take["reused_from"] for take in kept] == [take["operation_id"] for take in earlier]
    assert {take["cost_microusd"] for take in kept} == {0}
    assert await two.committed(second) == (0, 0)


async def test_the_same_scenes_are_bought_again_where_that_is_asked_for_or_the_files_are_gone(
    two: TwoVendors,
) -> None:
    first = await two.published(topic="tea bowls", seed=7)
    await two.published(topic="tea bowls", seed=7, fresh=True)
    assert two.fal.submissions() == 6
    for raw in (two.house.home / "content").glob("*/raw/*.mp4"):
        raw.unlink()
    assert all(take["reused_from"] is None for take in await two.takes(first))
    await two.published(topic="tea bowls", seed=7)
    assert two.fal.submissions() == 9


async def test_another_account_buys_its_own(two: TwoVendors) -> None:
    await two.house.account("weavers")
    await two.published(topic="tea bowls", seed=7)
    await two.published(account_id="weavers", topic="tea bowls", seed=7)
    assert two.fal.submissions() == 6
