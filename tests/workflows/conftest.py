"""A house for each workflow test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.store.database import Database
from tests.house import House, open_house
from tests.services import TemporalServer


@pytest.fixture
async def house(temporal: TemporalServer, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """A house that posts to the folder platform alone."""
    async with open_house(temporal.address, database, tmp_path) as opened:
        yield opened
