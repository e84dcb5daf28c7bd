"""After a restored backup the ledger has forgotten attempts: they are looked for wherever they may have been made."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.buying.scene_effect import ATTEMPTS_FORGOTTEN, SceneEffect
from activities.store.database import Database
from schema.failure import Fault
from schema.money import Book
from schema.purchases.operation import Operation, OperationState
from tests.activities.studios.contract.buying import Buyer, fault_of
from tests.activities.studios.contract.vendors import Vendor, fake_fal, fake_replicate, finished
from tests.activities.studios.orders import scene_order

SLOT = "crafts-20261120-abcdef/1/scene/1"
MODEL = "wan-2.5"


@dataclass
class Two:
    """Two studios that may be asked for one scene."""

    fal: Vendor
    replicate: Vendor

    def ordering(self) -> SceneEffect:
        order = scene_order(f"{SLOT}/1")
        row = [(self.fal.studio, MODEL), (self.replicate.studio, MODEL)]
        return SceneEffect(self.fal.studio, order, None, row)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    with fake_fal(tmp_path / "fal") as fal, fake_replicate(tmp_path / "replicate") as replicate:
        yield Two(fal, replicate)
        for client in (fal.studio, fal.unreachable, replicate.studio, replicate.unreachable):
            await client.aclose()


def first_attempt() -> Operation:
    return Operation(
        operation_id=f"{SLOT}/1",
        slot=SLOT,
        attempt=1,
        kind="paid",
        item_id="crafts-20261120-abcdef",
        account_id="crafts",
        round=1,
        vendor="fal",
        model=MODEL,
        book=Book.USD,
        state=OperationState.SENDING,
        epoch=0,
        reserved_microusd=500_000,
        charged_microusd=None,
        handle=None,
        reason="",
    )


async def test_what_was_made_under_the_very_attempt_is_adopted(two: Two) -> None:
    handle = await two.fal.studio.submit(scene_order(f"{SLOT}/1"))
    seen = await two.ordering().find_forgotten(first_attempt())
    assert seen.outcome is not None
    assert seen.outcome.handle == handle


@pytest.mark.parametrize("attempt", [2, 7, ATTEMPTS_FORGOTTEN])
@pytest.mark.parametrize("vendor", ["fal", "replicate"])
async def test_a_later_attempt_that_was_made_here_or_elsewhere_is_a_question_for_a_person(
    two: Two, vendor: str, attempt: int
) -> None:
    await getattr(two, vendor).studio.submit(scene_order(f"{SLOT}/{attempt}"))
    seen = await two.ordering().find_forgotten(first_attempt())
    assert seen.seen
    assert seen.outcome is None


async def test_what_was_made_twice_is_a_question_for_a_person(two: Two) -> None:
    for attempt in (1, 3):
        await two.fal.studio.submit(scene_order(f"{SLOT}/{attempt}"))
    seen = await two.ordering().find_forgotten(first_attempt())
    assert (seen.seen, seen.outcome) == (True, None)


async def test_each_list_is_read_once_however_many_attempts_are_looked_for(two: Two) -> None:
    for vendor in (two.fal, two.replicate):
        assert vendor.process is not None
        vendor.process.lie({"call": "listing", "kind": "late", "seconds": 0, "acts": True, "times": 999})
    await two.ordering().find_forgotten(first_attempt())
    for vendor in (two.fal, two.replicate):
        assert vendor.process is not None
        assert vendor.process.counters()["lies"] == 1


async def test_where_nobody_made_anything_it_may_be_sent(two: Two) -> None:
    seen = await two.ordering().find_forgotten(first_attempt())
    assert (seen.seen, seen.authoritative) == (False, True)


@pytest.mark.parametrize("made", ["before the item", "since"])
async def test_what_a_vendor_wiped_is_a_question_only_where_it_is_not_older_than_the_item(
    two: Two, made: str
) -> None:
    assert two.replicate.process is not None
    two.replicate.process.set(made_ago=2 * 3_600)
    await two.replicate.studio.submit(scene_order("others-20261120-abcdef/1/scene/1/1"))
    opened = datetime.now(UTC) - timedelta(hours=1 if made == "before the item" else 3)
    operation = first_attempt().model_copy(update={"not_made_before": opened})
    seen = await two.ordering().find_forgotten(operation)
    assert (seen.seen, seen.authoritative) == (False, made == "before the item")


async def test_who_is_not_joined_here_may_have_made_it(two: Two) -> None:
    order = scene_order(f"{SLOT}/1")
    ordering = SceneEffect(two.fal.studio, order, None, [(two.fal.studio, MODEL), (None, MODEL)])
    seen = await ordering.find_forgotten(first_attempt())
    assert (seen.seen, seen.authoritative) == (False, False)


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
async def test_after_a_restore_nothing_is_bought_again_however_many_attempts_were_forgotten(
    two: Two, database: Database, tmp_path: Path, made: bool
) -> None:
    """The backup knows of no attempt; the sixth after it was paid, before the machine was lost."""
    buyer = Buyer.of(database, two.fal, tmp_path / "storage")
    request = await buyer.open("aaaaaa")
    if made:
        order = scene_order(f"{request.order.slot}/7").model_copy(update={"look": ""})
        await finished(two.fal.studio, await two.fal.studio.submit(order))
    async with database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )
    if made:
        assert (await fault_of(buyer.submit_until_known(request))).fault is Fault.PARKED
    else:
        assert (await fault_of(buyer.submit_until_known(request))).fault is Fault.VENDOR_DOWN
        assert (await buyer.wait(await buyer.submit_until_known(request))).made
    assert two.fal.submissions() == 1
