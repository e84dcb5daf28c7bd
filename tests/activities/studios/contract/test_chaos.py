"""Many purchases at once, under one cap, from a vendor that lies at random by a seed."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.ledger.port import NotResolvedYet
from activities.store.database import Database
from schema.content.scene import SceneRequest, Submission
from schema.failure import Fault, Trouble
from schema.purchases.operation import Limits, OperationState
from tests.activities.studios.contract.buying import PRICE, Buyer
from tests.activities.studios.contract.vendors import LIARS, VENDORS, Vendor

ITEMS = 24
CAP = 10 * PRICE
KINDS: list[dict[str, Any]] = [
    {"kind": "reset"},
    {"kind": "cut"},
    {"kind": "html", "status": 502},
    {"kind": "html", "status": 200},
    {"kind": "error", "status": 500},
    {
        "kind": "error",
        "status": 503,
        "body": {"detail": "no runner", "error_type": "runner_connection_error"},
        "headers": {"x-fal-error-type": "runner_connection_error"},
    },
    {"kind": "body", "status": 200, "body": {}},
]
PASSING = (Fault.HEADROOM_RESERVED, Fault.VENDOR_DOWN)


@pytest.fixture(params=LIARS)
async def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Vendor]:
    with VENDORS[request.param](tmp_path / "vendor") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


def lies(dice: random.Random) -> list[dict[str, Any]]:
    """Lies of every kind on every call, with the effect and without."""
    told = [
        {"call": call, "acts": acts, "times": 100_000, "probability": dice.uniform(0.04, 0.12), **kind}
        for call in ("submit", "status", "result", "listing", "cancel")
        for kind in KINDS
        for acts in (True, False)
    ]
    dice.shuffle(told)
    return [{"call": "submit", "kind": "error", "status": 429, "times": 100_000, "probability": 0.1}, *told]


async def bought(buyer: Buyer, request: SceneRequest) -> Submission | None:
    """Buy as Temporal would: again and again while that may help. None where a cap refused it."""
    while True:
        try:
            return await buyer.submit(request)
        except NotResolvedYet as wait:
            await asyncio.sleep(min(wait.seconds, 0.1))
        except Trouble as trouble:
            if trouble.fault is Fault.REFUSED_BY_CAP:
                return None
            if trouble.fault not in PASSING:
                raise
            await asyncio.sleep(0.05)
        except httpx.HTTPError:  # a read that failed: Temporal repeats it
            await asyncio.sleep(0.02)


async def lived(buyer: Buyer, request: SceneRequest) -> Submission | None:
    """Buy one scene and see it to its end."""
    submission = await bought(buyer, request)
    while submission:
        try:
            await buyer.wait(submission)
            return submission
        except httpx.HTTPError:
            await asyncio.sleep(0.02)
    return None


@pytest.mark.parametrize("seed", [1])
async def test_nothing_is_bought_twice_no_cap_is_passed_and_the_books_agree(
    database: Database, vendor: Vendor, tmp_path: Path, seed: int
) -> None:
    assert vendor.process is not None
    dice = random.Random(seed)
    buyer = Buyer.of(database, vendor, tmp_path / "storage")
    names = ["".join(dice.choices("abcdefghijkmnpqrstuvwxyz", k=6)) for _ in range(ITEMS)]
    requests = [
        (await buyer.open(name)).model_copy(
            update={"limits": Limits(item_cap_microusd=2_000_000, day_cap_microusd=CAP)}
        )
        for name in dict.fromkeys(names)
    ]
    vendor.process.lie(*lies(dice), seed=seed)
    outcomes = await asyncio.gather(*(lived(buyer, request) for request in requests))
    vendor.process.lie()

    made = [submission for submission in outcomes if submission]
    counters = vendor.process.counters()
    assert len(made) == CAP // PRICE
    assert counters["lies"] > 3
    assert set(counters["by_marker"]["submitted"].values()) == {1}
    assert vendor.submissions() == len(made)
    assert counters["peak_microusd"] <= CAP
    assert await buyer.budget() == (0, vendor.charged_microusd()) == (0, CAP)
    states = {operation.state for request in requests for operation in await buyer.operations(request)}
    assert states <= {OperationState.SETTLED, OperationState.RELEASED}
