"""An item with a cut on show, and one with a cut that was approved."""

from pathlib import Path

import pytest

from activities.store.database import Database
from tests.activities.posting import Desk, on_show


@pytest.fixture
async def shown(database: Database, tmp_path: Path) -> Desk:
    """A cut that nobody has decided on."""
    return await on_show(database, tmp_path)


@pytest.fixture
async def desk(shown: Desk) -> Desk:
    """A cut that Ada has approved."""
    await shown.say("approve")
    return shown
