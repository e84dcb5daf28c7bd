"""Clips that an account bought before are copied whole or not at all; older copies serve too."""

import errno
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.store.database import Database
from schema.content.scene import FetchRequest, SceneRequest, Take, TakeRequest
from tests.activities.studios.contract.buying import Buyer
from tests.activities.studios.contract.vendors import Vendor, fake_fal


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    with fake_fal(tmp_path / "fal") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


@pytest.fixture
def buyer(database: Database, vendor: Vendor, tmp_path: Path) -> Buyer:
    return Buyer.of(database, vendor, tmp_path / "storage")


async def bought(buyer: Buyer, tail: str) -> Take:
    """Buy a scene, and bring it home."""
    submission = await buyer.submit(await buyer.open(tail))
    job = await buyer.wait(submission)
    fetch = FetchRequest(submission=submission, charged_microusd=job.charged_microusd)
    clip = await ActivityEnvironment().run(buyer.awaiting.fetch_scene, fetch)
    fetched = TakeRequest(submission=submission, charged_microusd=job.charged_microusd, clip=clip)
    return await ActivityEnvironment().run(buyer.inspecting.check_take, fetched)


async def wanted(buyer: Buyer, tail: str) -> SceneRequest:
    """The same scene for another item, if it can be had without buying it."""
    return (await buyer.open(tail)).model_copy(update={"fresh": False})


def half_made(storage: Path) -> list[Path]:
    return list((storage / "cache" / "scratch").rglob("kept-*"))


async def test_where_the_newest_clip_is_gone_an_older_one_is_kept(
    buyer: Buyer, vendor: Vendor, tmp_path: Path
) -> None:
    older, newer = await bought(buyer, "aaaaaa"), await bought(buyer, "bbbbbb")
    storage = tmp_path / "storage"
    (storage / newer.key).unlink()
    kept = (await buyer.submit(await wanted(buyer, "cccccc"))).kept
    assert kept is not None
    assert (kept.reused_from, kept.sha256, kept.cost_microusd) == (older.operation_id, older.sha256, 0)
    assert (storage / kept.key).read_bytes() == (storage / older.key).read_bytes()
    assert vendor.submissions() == 2
    (storage / older.key).write_bytes(b"another clip")
    (storage / kept.key).unlink()
    assert (await buyer.submit(await wanted(buyer, "dddddd"))).kept is None
    assert vendor.submissions() == 3
    assert half_made(storage) == []


async def test_a_copy_that_finds_no_room_leaves_nothing_behind(
    buyer: Buyer, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bought(buyer, "aaaaaa")
    request = await wanted(buyer, "bbbbbb")

    def full(source: Path, to: Path) -> None:
        to.write_bytes(source.read_bytes()[:100])
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", full)
        for _ in range(2):
            with pytest.raises(OSError, match="no space left"):
                await buyer.submit(request)
    assert half_made(tmp_path / "storage") == []
    assert (await buyer.submit(request)).kept
    assert vendor.submissions() == 1
