"""Waiting for a scene: what the ledger says of its purchase stands, whatever the vendor says later."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.await_scene import Awaiting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from schema.content.scene import SceneJob, Submission
from schema.failure import Fault, Trouble
from tests.activities.ledger.scenery import HASH, Vendor, committed, reserve_one
from tests.fakes import InstantStudio
from tests.timings import SHORT


async def wait_for(database: Database, home: Path, operation_id: str, *, fails: bool) -> SceneJob:
    """Run the activity for a job that has ended."""
    studio = InstantStudio()
    studio.fails_first = int(fails)
    studios: Any = {studio.name: studio}
    awaiting = Awaiting(studios, PostgresLedger(database, SHORT), FolderStorage(home))
    submission = Submission(
        operation_id=operation_id,
        handle="1",
        vendor=studio.name,
        model="offline",
        item_id=operation_id.partition("/")[0],
        account_id="crafts",
        round=1,
        scene=1,
        poll=timedelta(seconds=1),
    )
    return await ActivityEnvironment().run(awaiting.wait_for_scene, submission)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_scene_that_a_restored_backup_does_not_know_is_neither_settled_nor_released(
    database: Database, tmp_path: Path, fails: bool
) -> None:
    with pytest.raises(Trouble, match="does not know") as unknown:
        await wait_for(database, tmp_path, "crafts-20261120-gone00/1/scene/1/1", fails=fails)
    assert unknown.value.fault is Fault.FINISHED


@pytest.mark.parametrize("released", [False, True])
async def test_the_reading_that_came_first_stands(database: Database, tmp_path: Path, released: bool) -> None:
    ledger = PostgresLedger(database, SHORT)
    operation = await ledger.carry_out(await reserve_one(ledger, database), HASH, Vendor())
    if released:
        await ledger.release(operation.operation_id, "failed and charged nothing")
    else:
        await ledger.settle(operation.operation_id, 300_000)
    job = await wait_for(database, tmp_path, operation.operation_id, fails=not released)
    assert (job.made, job.charged_microusd) == ((False, 0) if released else (True, 300_000))
    assert set((await committed(database)).values()) == {(0, job.charged_microusd)}
