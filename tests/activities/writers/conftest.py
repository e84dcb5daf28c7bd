"""A paid writer, the vendor that it speaks to, and an item that is written for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.store.database import Database
from tests.activities.writers.vendors import WRITERS, Author, WriterVendor


@pytest.fixture(params=sorted(WRITERS))
async def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WriterVendor]:
    with WRITERS[request.param](tmp_path / "vendor") as running:
        yield running
        await running.writer.aclose()
        await running.unreachable.aclose()


@pytest.fixture
async def author(database: Database, vendor: WriterVendor, tmp_path: Path) -> Author:
    return await Author.of(database, vendor.writer, tmp_path / "home")
