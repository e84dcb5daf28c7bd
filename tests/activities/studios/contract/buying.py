"""Buys scenes as an item does, for tests of what a lying vendor can do."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.await_scene import Awaiting
from activities.buying.purchases import orders_of
from activities.check_take import Inspecting
from activities.film_scene import Filming
from activities.ledger.port import NotResolvedYet
from activities.ledger.postgres_ledger import PostgresLedger
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from schema.content.scene import SceneJob, SceneRequest, Submission
from schema.failure import Trouble
from schema.purchases.operation import Operation
from tests.activities.ledger.scenery import open_item, plan
from tests.activities.studios.contract.vendors import Vendor
from tests.activities.studios.orders import scene_order
from tests.fakes import InstantEditor
from tests.timings import ALONE

PRICE = 500_000


@dataclass
class Buyer:
    """One account that buys one scene for each of its items."""

    database: Database
    vendor: Vendor
    ledger: PostgresLedger
    filming: Filming
    awaiting: Awaiting
    inspecting: Inspecting

    @classmethod
    def of(cls, database: Database, vendor: Vendor, folder: Path) -> "Buyer":
        """Join ledger, activities and vendor."""
        ledger = PostgresLedger(database, ALONE)
        studios = {vendor.studio.name: vendor.studio}
        store, storage = PostgresStore(database), FolderStorage(folder)
        filming = Filming(studios, ledger, store, storage)
        awaiting = Awaiting(studios, ledger, storage)
        inspecting = Inspecting(store, storage, InstantEditor())
        return cls(database, vendor, ledger, filming, awaiting, inspecting)

    async def open(self, tail: str, model: str = "wan-2.5") -> SceneRequest:
        """Open an item and return its first scene's request. `tail` is six letters."""
        studio = self.vendor.studio
        item = plan(f"crafts-20261120-{tail}", book=studio.book, vendor=studio.name, model=model)
        await open_item(self.database, item)
        return SceneRequest(
            order=orders_of(item, 1, "system")[0],
            limits=item.limits,
            prompt=scene_order().prompt,
            seed=7,
            fresh=True,
            look="",
            poll=timedelta(seconds=0.05),
            deadline=timedelta(seconds=30),
        )

    async def submit(self, request: SceneRequest) -> Submission:
        """Run the activity once; wait only until the server has noticed that whoever held a lock is gone."""
        async with asyncio.timeout(20):
            while True:
                try:
                    return await ActivityEnvironment().run(self.filming.submit_scene, request)
                except NotResolvedYet as wait:
                    if "hands" not in str(wait):
                        raise
                    await asyncio.sleep(0.02)

    async def submit_until_known(self, request: SceneRequest) -> Submission:
        """Run the activity as Temporal would, for as long as the outcome is being found out."""
        async with asyncio.timeout(20):
            while True:
                try:
                    return await self.submit(request)
                except NotResolvedYet as wait:
                    await asyncio.sleep(wait.seconds + 0.02)

    async def wait(self, submission: Submission) -> SceneJob:
        """Wait for the job, and settle it."""
        async with asyncio.timeout(20):
            while True:
                try:
                    return await ActivityEnvironment().run(self.awaiting.wait_for_scene, submission)
                except ApplicationError:
                    await asyncio.sleep(0.05)

    async def operations(self, request: SceneRequest) -> list[Operation]:
        """What the ledger holds of an item."""
        return await self.ledger.of_item(request.order.item_id)

    async def budget(self) -> tuple[int, int]:
        """Reserved and settled of the day, in this vendor's book."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select reserved_microusd, settled_microusd from budget where scope like 'day:%%' and book = %s",
                [self.vendor.studio.book],
            )
            row = await cursor.fetchone()
        return (row["reserved_microusd"], row["settled_microusd"]) if row else (0, 0)


async def fault_of(buying: Awaitable[object]) -> Trouble:
    """Return what a purchase that must fail failed with."""
    try:
        await buying
    except Trouble as trouble:
        return trouble
    raise AssertionError("it was bought")
