"""Clips that begin with an image: it is brought first, and never causes a second payment."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from activities.ledger.port import NotResolvedYet
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from activities.studios.port import NoEffect
from schema.content.scene import SceneRequest, StartImage
from schema.failure import Fault
from schema.purchases.operation import OperationState
from tests.activities.studios.contract.buying import PRICE, Buyer, fault_of
from tests.activities.studios.contract.vendors import VENDORS, Vendor, fake_fal
from tests.vendors.process import VendorProcess

KEY = "content/crafts-20261120-aaaaaa/raw/r1-s1.jpg"
IMAGE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
DIGEST = sha256(IMAGE).hexdigest()


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    with fake_fal(tmp_path / "fal") as running:
        yield running
        await running.studio.aclose()
        await running.unreachable.aclose()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    (tmp_path / "start.jpg").write_bytes(IMAGE)
    return tmp_path / "start.jpg"


@pytest.fixture
def buyer(database: Database, vendor: Vendor, tmp_path: Path) -> Buyer:
    storage = FolderStorage(tmp_path / "storage")
    (tmp_path / "made.jpg").write_bytes(IMAGE)
    storage.promote(tmp_path / "made.jpg", KEY)
    return Buyer.of(database, vendor, tmp_path / "storage")


async def begun(buyer: Buyer, tail: str, digest: str = DIGEST) -> SceneRequest:
    request = await buyer.open(tail)
    return request.model_copy(update={"start_image": StartImage(key=KEY, sha256=digest)})


def uploads(process: VendorProcess) -> int:
    return process.count("uploaded", DIGEST)


async def test_the_image_is_brought_and_the_clip_begins_with_it(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    submission = await buyer.submit(await begun(buyer, "aaaaaa"))
    assert (await buyer.wait(submission)).made
    lines = {line["effect"]: line for line in process.journal()}
    assert uploads(process) == vendor.submissions() == 1
    assert lines["submitted"]["job"]["input"]["image_url"] == f"{process.url}{lines['uploaded']['path']}"
    assert lines["uploaded"]["type"] == "image/jpeg"
    assert process.count("leaked") == 0
    assert await buyer.budget() == (0, PRICE)


async def test_an_answer_lost_after_the_upload_is_found_without_another(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    request = await begun(buyer, "aaaaaa")
    process.lie({"call": "submit", "kind": "reset", "acts": True})
    with pytest.raises(NotResolvedYet):
        await buyer.submit(request)
    submission = await buyer.submit_until_known(request)
    assert vendor.count("submitted", submission.operation_id) == vendor.submissions() == uploads(process) == 1


@pytest.mark.parametrize("call", ["initiate", "deposit"])
@pytest.mark.parametrize("acts", [True, False], ids=["acted", "did not act"])
async def test_an_upload_is_repeated_where_that_may_help(
    vendor: Vendor, process: VendorProcess, image: Path, call: str, acts: bool
) -> None:
    for lie in ({"kind": "reset"}, {"kind": "html", "status": 502}, {"kind": "error", "status": 500}):
        process.lie({"call": call, "acts": acts, "times": 2, **lie})
        assert (await vendor.studio.upload(image)).startswith(process.url), lie
    assert uploads(process) >= 3
    assert vendor.submissions() == 0
    assert process.count("leaked") == 0


@pytest.mark.parametrize(
    ("lie", "repeatable"),
    [
        ({"call": "initiate", "kind": "error", "status": 503, "times": 9}, True),
        ({"call": "initiate", "kind": "error", "status": 429, "times": 9}, True),
        ({"call": "initiate", "kind": "error", "status": 401}, False),
        ({"call": "deposit", "kind": "error", "status": 403}, False),
        ({"call": "deposit", "kind": "redirect", "location": "http://169.254.169.254/", "times": 9}, True),
        *(
            ({"call": "initiate", "kind": "body", "status": 200, "body": body, "times": 9}, repeatable)
            for body, repeatable in (
                ({"upload_url": "http://169.254.169.254/x", "file_url": "https://v3.fal.media/x"}, False),
                ({"upload_url": "https://evil.example/x", "file_url": "https://v3.fal.media/x"}, False),
                ({"upload_url": "file:///etc/passwd", "file_url": "https://v3.fal.media/x"}, False),
                ({"upload_url": "http://[::1", "file_url": "https://v3.fal.media/x"}, False),
                ({"upload_url": "https://xn--a.fal.media/x", "file_url": "https://v3.fal.media/x"}, False),
                (
                    {"upload_url": f"https://{'a' * 80}.fal.media/x", "file_url": "https://v3.fal.media/x"},
                    True,
                ),
                ({"upload_url": "x"}, True),
            )
        ),
    ],
)
async def test_an_upload_that_fails_is_proof_that_nothing_was_ordered(
    buyer: Buyer, vendor: Vendor, process: VendorProcess, lie: dict[str, Any], repeatable: bool
) -> None:
    request = await begun(buyer, "aaaaaa")
    process.lie(lie)
    trouble = await fault_of(buyer.submit(request))
    assert trouble.fault is (Fault.VENDOR_DOWN if repeatable else Fault.VENDOR_REFUSED)
    assert vendor.submissions() == 0
    assert await buyer.budget() == (0, 0)
    process.lie()
    assert (await buyer.submit(request)).operation_id.endswith("/2")
    assert vendor.submissions() == 1


async def test_an_address_that_is_not_fals_is_never_given_to_a_model(
    vendor: Vendor, process: VendorProcess, image: Path
) -> None:
    body = {"upload_url": f"{process.url}/files/x.jpg", "file_url": "http://127.0.0.1:1/x.jpg"}
    process.lie({"call": "initiate", "kind": "body", "status": 200, "body": body})
    with pytest.raises(NoEffect) as refusal:
        await vendor.studio.upload(image)
    assert not refusal.value.repeatable


async def test_what_is_no_fitting_image_is_not_brought(
    vendor: Vendor, process: VendorProcess, tmp_path: Path
) -> None:
    for content in (b"GIF89a", b"", b"\xff\xd8\xff" + bytes(30_000_000)):
        (tmp_path / "bad.jpg").write_bytes(content)
        with pytest.raises(NoEffect) as refusal:
            await vendor.studio.upload(tmp_path / "bad.jpg")
        assert not refusal.value.repeatable
    assert process.journal() == []


async def test_another_image_than_was_meant_buys_nothing(
    buyer: Buyer, vendor: Vendor, process: VendorProcess
) -> None:
    request = await begun(buyer, "aaaaaa", "0" * 64)
    trouble = await fault_of(buyer.submit(request))
    assert trouble.fault is Fault.VENDOR_REFUSED
    assert process.journal() == []
    assert [operation.state for operation in await buyer.operations(request)] == [OperationState.RELEASED]


@pytest.mark.parametrize("name", ["offline", "replicate"])
async def test_who_takes_no_images_says_so_and_nothing_is_bought(
    database: Database, tmp_path: Path, image: Path, name: str
) -> None:
    with VENDORS[name](tmp_path / "vendor") as vendor:
        with pytest.raises(NoEffect) as refusal:
            await vendor.studio.upload(image)
        assert not refusal.value.repeatable
        assert vendor.submissions() == 0
        await vendor.studio.aclose()
        await vendor.unreachable.aclose()
