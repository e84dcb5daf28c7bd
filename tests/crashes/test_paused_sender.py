"""A sender that stands still after its deadline check may still send: as long as it can, nobody concludes anything."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.ledger.port import NotResolvedYet
from activities.store.database import Database
from schema.content.scene import SceneRequest
from schema.failure import NoEffect
from schema.purchases.operation import OperationState
from tests.activities.studios.contract.buying import Buyer
from tests.activities.studios.contract.vendors import LISTED_WITHIN, fake_fal
from tests.crashes.workers import paused
from tests.timings import ALONE

DELAYS_S = (ALONE.send_deadline + ALONE.effect + ALONE.visibility_delay + LISTED_WITHIN).total_seconds()
"""After so long, the listing's silence would prove that nothing was sent, if nobody could be sending."""


def sender(database_url: str, fal_url: str, folder: Path, request: SceneRequest) -> "subprocess.Popen[str]":
    """A process that sends, and stops itself between its deadline check and the first byte."""
    command = [sys.executable, "-m", "tests.crashes.sender", database_url, fal_url, str(folder)]
    return subprocess.Popen(
        [*command, request.model_dump_json()],
        env=os.environ
        | {"REELWRIGHT_HOME": str(folder / "home"), "REELWRIGHT_PAUSE_POINT": "send.checked@scene"},
        stdout=subprocess.PIPE,
        text=True,
    )


async def look(buyer: Buyer, request: SceneRequest) -> str:
    """What the reconciler says: it tries to find out what became of the send."""
    try:
        submitted = await ActivityEnvironment().run(buyer.filming.submit_scene, request)
    except (NotResolvedYet, NoEffect) as found:
        return str(found)
    return submitted.handle


async def test_a_sender_that_slept_after_its_deadline_check_has_one_effect(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with fake_fal(tmp_path / "fal") as vendor:
        assert vendor.process is not None
        buyer = Buyer.of(database, vendor, tmp_path / "storage")
        request = await buyer.open("asleep")
        with sender(database_url, vendor.process.url, tmp_path, request) as sleeper:
            try:
                await asyncio.to_thread(paused, sleeper)
                for _ in range(4):
                    await asyncio.sleep(DELAYS_S / 2)
                    assert "in another process's hands" in await look(buyer, request)
                (operation,) = await buyer.operations(request)
                assert operation.state is OperationState.SENDING
                assert vendor.submissions() == 0
                sleeper.send_signal(signal.SIGCONT)
                said, _ = await asyncio.to_thread(sleeper.communicate, timeout=60)
            finally:
                sleeper.kill()
        assert sleeper.returncode == 0
        assert vendor.submissions() == 1
        assert await look(buyer, request) == said.strip()
        (operation,) = await buyer.operations(request)
        assert (operation.state, operation.handle) == (OperationState.ACCEPTED, said.strip())
        assert vendor.submissions() == 1
        for studio in (vendor.studio, vendor.unreachable, vendor.books):
            await studio.aclose()
