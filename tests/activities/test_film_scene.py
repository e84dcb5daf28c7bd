"""How a job ended is settled once: what a later reading says otherwise changes neither the ledger nor the take."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from activities.store.database import Database
from activities.studios.port import Job, JobState
from schema.content.scene import SceneJob
from schema.purchases.operation import OperationState
from tests.activities.studios.contract.buying import PRICE, Buyer
from tests.activities.studios.contract.vendors import Vendor
from tests.fakes import InstantStudio

Reading = Callable[[str], Job]


def done(charged_microusd: int | None) -> Reading:
    return lambda handle: Job(handle=handle, state=JobState.DONE, charged_microusd=charged_microusd)


def failed(charged_microusd: int | None) -> Reading:
    return lambda handle: Job(
        handle=handle, state=JobState.FAILED, reason="the kiln went out", charged_microusd=charged_microusd
    )


class FickleStudio(InstantStudio):
    """A studio that tells of a job something else each time."""

    def __init__(self, *readings: Reading) -> None:
        super().__init__()
        self._readings = iter(readings)

    async def read_job(self, handle: str) -> Job:
        return next(self._readings)(handle)


@pytest.mark.parametrize(
    ("first", "then", "charged", "state", "made"),
    [
        (done(None), done(300_000), PRICE, OperationState.SETTLED, True),
        (done(300_000), done(400_000), 300_000, OperationState.SETTLED, True),
        (done(300_000), failed(0), 300_000, OperationState.SETTLED, True),
        (failed(200_000), failed(0), 200_000, OperationState.SETTLED, False),
        (failed(0), done(300_000), 0, OperationState.RELEASED, False),
        (failed(0), failed(200_000), 0, OperationState.RELEASED, False),
    ],
    ids=["reserve, price", "two prices", "made, free", "charged, free", "free, made", "free, charged"],
)
async def test_the_first_reading_that_the_ledger_took_stands(
    database: Database,
    tmp_path: Path,
    first: Reading,
    then: Reading,
    charged: int,
    state: OperationState,
    *,
    made: bool,
) -> None:
    studio = FickleStudio(first, then)
    buyer = Buyer.of(database, cast(Vendor, SimpleNamespace(studio=studio)), tmp_path)
    request = await buyer.open("fickle")
    submission = await buyer.submit(request)
    told: list[SceneJob] = [await buyer.wait(submission) for _ in range(2)]
    assert [(one.made, one.charged_microusd) for one in told] == [(made, charged)] * 2
    (operation,) = await buyer.operations(request)
    assert (operation.state, operation.charged_microusd) == (state, charged)
