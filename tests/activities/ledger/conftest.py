"""A ledger over a database of its own, with short times."""

import pytest

from activities.ledger.postgres import PostgresLedger
from activities.store.database import Database
from tests.activities.ledger.scenery import SHORT


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    """The ledger, as activities have it."""
    return PostgresLedger(database, SHORT)
