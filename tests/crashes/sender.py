"""A process that sends one scene to fal, once, and stops itself where `REELWRIGHT_PAUSE_POINT` says.

Run as `python -m tests.crashes.sender <database> <fal's address> <folder> <request as JSON>`.
"""

import asyncio
import sys
from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.film_scene import Filming
from activities.ledger.crash_points import CrashPoints
from activities.ledger.postgres_ledger import PostgresLedger
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from activities.studios.fal import FalStudio
from schema.content.scene import SceneRequest
from schema.prices.price_table import load_prices
from schema.settings import load_settings
from tests.timings import SHORT
from tests.vendors import fal


async def send(database_url: str, fal_url: str, folder: Path, request: SceneRequest) -> str:
    """Submit the scene; return the vendor's name for its job."""
    database = Database(database_url, connections=2)
    await database.open()
    ledger = PostgresLedger(database, SHORT, CrashPoints(pause_at=load_settings().pause_point))
    studio = FalStudio(
        fal.KEY, load_prices("fal"), queue_url=fal_url, platform_url=f"{fal_url}/v1", rest_url=fal_url
    )
    filming = Filming({studio.name: studio}, ledger, PostgresStore(database), FolderStorage(folder))
    try:
        submission = await ActivityEnvironment().run(filming.submit_scene, request)
    finally:
        await studio.aclose()
        await database.close()
    return submission.handle


if __name__ == "__main__":
    database_url, fal_url, folder, request = sys.argv[1:]
    print(asyncio.run(send(database_url, fal_url, Path(folder), SceneRequest.model_validate_json(request))))  # noqa: T201
