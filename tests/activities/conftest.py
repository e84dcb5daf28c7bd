"""An item with a cut on show, and one with a cut that was approved."""

from pathlib import Path

import pytest

from activities.store.database import Database
from tests.activities.posting import ShownItem, on_show


@pytest.fixture
async def shown(database: Database, tmp_path: Path) -> ShownItem:
    """A cut that nobody has decided on."""
    return await on_show(database, tmp_path)


@pytest.fixture
async def approved(shown: ShownItem) -> ShownItem:
    """A cut that Ada has approved."""
    await shown.say("approve")
    return shown
