"""Who may be asked for a scene, where this worker has not joined everybody in the row."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.store.database import Database
from schema.content.scene import SceneRequest
from schema.failure import Fault
from tests.activities.studios.contract.buying import PRICE, Buyer, fault_of
from tests.activities.studios.contract.vendors import Vendor, fake_fal
from tests.vendors.process import VendorProcess


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    with fake_fal(tmp_path / "fal") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


def with_another(request: SceneRequest, *, first: bool) -> SceneRequest:
    """The same with a vendor in the row whose key was taken away since."""
    away = request.order.model_copy(update={"vendor": "replicate"})
    row = (away, request.order) if first else (request.order, away)
    return request.model_copy(update={"order": row[0], "others": row[1:]})


@pytest.mark.parametrize("first", [True, False], ids=["first in the row", "last in the row"])
async def test_a_vendor_that_is_not_joined_here_does_not_keep_others_from_making_it(
    buyer: Buyer, vendor: Vendor, first: bool
) -> None:
    request = with_another(await buyer.open("aaaaaa"), first=first)
    submission = await buyer.submit(request)
    assert (submission.vendor, submission.operation_id) == ("fal", f"{request.order.slot}/1")
    assert len(await buyer.operations(request)) == vendor.submissions() == 1
    assert await buyer.budget() == (PRICE, 0)


async def test_nothing_is_reserved_at_a_vendor_that_is_not_joined_here(
    buyer: Buyer, process: VendorProcess
) -> None:
    request = with_another(await buyer.open("aaaaaa"), first=False)
    process.lie({"call": "submit", "kind": "error", "status": 422, "times": 9, "body": {"detail": "no"}})
    for _ in range(2):  # what fal refused for good it is not asked again
        trouble = await fault_of(buyer.submit(request))
        assert trouble.fault is Fault.VENDOR_DOWN
        assert "does not know 'replicate'" in str(trouble)
        assert trouble.after
        assert [one.vendor for one in await buyer.operations(request)] == ["fal"]
    assert await buyer.budget() == (0, 0)


async def test_after_a_restore_a_vendor_that_is_not_joined_here_may_have_made_it(
    database: Database, buyer: Buyer, vendor: Vendor
) -> None:
    request = with_another(await buyer.open("aaaaaa"), first=False)
    async with database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )
    assert (await fault_of(buyer.submit_until_known(request))).fault is Fault.PARKED
    assert vendor.submissions() == 0
