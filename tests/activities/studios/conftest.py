"""What tests of a studio share; each file says itself which `vendor` it means."""

from pathlib import Path

import pytest

from activities.store.database import Database
from tests.activities.studios.contract.buying import Buyer
from tests.activities.studios.contract.vendors import Vendor
from tests.vendors.process import VendorProcess


@pytest.fixture
def process(vendor: Vendor) -> VendorProcess:
    """The fake vendor itself, to be told to lie."""
    assert vendor.process is not None
    return vendor.process


@pytest.fixture
def buyer(database: Database, vendor: Vendor, tmp_path: Path) -> Buyer:
    """An account that buys from the vendor, through activities and ledger."""
    return Buyer.of(database, vendor, tmp_path / "storage")
