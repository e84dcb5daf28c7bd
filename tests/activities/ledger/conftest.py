"""A ledger over a database of its own, with short times."""

import pytest

from activities.ledger.port import Approval
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.approvals import require_approval
from activities.store.database import Database
from tests.activities.ledger.scenery import open_item, plan
from tests.activities.reviews.reviewing import approval_for
from tests.timings import ALONE


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    """The ledger, as activities have it."""
    return PostgresLedger(database, ALONE, may_post=require_approval)


@pytest.fixture
async def approval(database: Database) -> Approval:
    """The approval of the first cut of an open item, for the usual place."""
    return await approval_for(database, await open_item(database, plan()))
