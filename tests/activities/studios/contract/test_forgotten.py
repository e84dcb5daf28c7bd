"""After a restored backup the ledger has forgotten attempts: they are looked for wherever they may have been made."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from activities.ordering import ATTEMPTS_FORGOTTEN, Ordering
from schema.money import Book
from schema.operation import Operation, OperationState
from tests.activities.studios.contract.vendors import Vendor, fake_fal, fake_replicate
from tests.activities.studios.orders import scene_order

SLOT = "crafts-20261120-abcdef/1/scene/1"
MODEL = "wan-2.5"


@dataclass
class Two:
    """Two studios that may be asked for one scene."""

    fal: Vendor
    replicate: Vendor

    def ordering(self) -> Ordering:
        order = scene_order(f"{SLOT}/1")
        row = [(self.fal.studio, MODEL), (self.replicate.studio, MODEL)]
        return Ordering(self.fal.studio, order, None, row)


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


@pytest.mark.parametrize("attempt", [2, ATTEMPTS_FORGOTTEN])
@pytest.mark.parametrize("vendor", ["fal", "replicate"])
async def test_a_later_attempt_that_was_made_here_or_elsewhere_is_a_question_for_a_person(
    two: Two, vendor: str, attempt: int
) -> None:
    await getattr(two, vendor).studio.submit(scene_order(f"{SLOT}/{attempt}"))
    seen = await two.ordering().find_forgotten(first_attempt())
    assert seen.seen
    assert seen.outcome is None


async def test_where_nobody_made_anything_it_may_be_sent(two: Two) -> None:
    seen = await two.ordering().find_forgotten(first_attempt())
    assert (seen.seen, seen.authoritative) == (False, True)
