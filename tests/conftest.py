"""Real servers for every test that needs them, and a clean environment."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from activities.store.database import Database
from activities.store.migrate import migrate
from tests.databases import MigratedDatabase
from tests.services import PostgresServer, TemporalServer, postgres_server, temporal_server

OURS = ("REELWRIGHT_", "RW_", "DATABASE_", "TEMPORAL_", "ANTHROPIC_", "OPENAI_", "FAL_", "REPLICATE_")
"""How the names begin of what the caller of the tests may have set for the product, or how the product was called."""

SERVERS = {"postgres", "temporal", "studio", "stack", "fresh"}
"""Fixtures that run a server: a test that asks for one of them is marked `server`."""
WITH_SERVERS = (
    "benchmarks", "crashes", "end_to_end", "starter/stack", "activities/studios/contract",
    "activities/offline/test_studio_server.py", "starter/console/test_session.py",
    "workflows/serving/test_search_attributes.py",
)  # fmt: skip
"""Where all tests run servers of their own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The whole proof of `tests/crashes`, or a sample with real timeouts; by default its narrowest windows."""
    parser.addoption(
        "--every-crash-point", action="store_true", help="crash at every place of every paid call"
    )
    parser.addoption(
        "--real-timings",
        action="store_true",
        help="crash with the timeouts that people run with, at some places",
    )
    parser.addoption(
        "--mixtures",
        type=int,
        default=0,
        help="so many sets of mixed footage, each with every pair of traits; by default one with every trait",
    )


def pytest_configure() -> None:
    """Let an interrupt reach what tests start; a shell that runs them in the background has switched it off."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a server; `./reelwright test --quick` runs the others."""
    for item in items:
        place = item.path.relative_to(Path(__file__).parent).as_posix()
        asked = set(item.fixturenames) if isinstance(item, pytest.Function) else set[str]()
        if asked & SERVERS or place.startswith(WITH_SERVERS):
            item.add_marker("server")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole session; use `database_url` for a database of your own."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def temporal() -> Iterator[TemporalServer]:
    """A Temporal server for the whole session, able to skip time; use a task queue of your own."""
    with temporal_server(time_skipping=True) as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer) -> MigratedDatabase:
    """A migrated database that tests have one after the other."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {MigratedDatabase.NAME}".encode())
    url = postgres.url(MigratedDatabase.NAME)
    asyncio.run(migrate(url))
    return MigratedDatabase(url)


@pytest.fixture
def empty_database_name(migrated: MigratedDatabase) -> Iterator[str]:
    """A migrated database without rows, which nobody else uses meanwhile."""
    yield migrated.NAME
    migrated.empty()


@pytest.fixture
def database_url(postgres: PostgresServer, empty_database_name: str) -> str:
    """The address of a migrated database, as the application's role."""
    return postgres.url(empty_database_name, "reelwright_app")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated, empty database."""
    opened = Database(database_url, connections=40)
    await opened.open()
    yield opened
    await opened.close()
