"""A server that means harm, a stranger, and our client before them."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from activities.outbound.addresses import Resolve
from activities.outbound.client import Bounds, Outbound
from tests.vendors.process import VendorProcess, running

KEY = "Key canary-0123456789"
QUICK = Bounds(
    connect=timedelta(seconds=1),
    call=timedelta(seconds=1.5),
    download=timedelta(seconds=2),
    answer_bytes=100_000,
    media_bytes=200_000,
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorProcess]:
    with running("tests.vendors.hostile", tmp_path_factory.mktemp("hostile")) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorProcess]:
    """Another origin, which nobody configured."""
    with running("tests.vendors.hostile", tmp_path_factory.mktemp("stranger")) as vendor:
        yield vendor


@pytest.fixture
async def outbound(hostile: VendorProcess) -> AsyncIterator[Outbound]:
    client = Outbound(
        [hostile.url],
        headers={"Authorization": KEY},
        secrets=[KEY],
        media_hosts=["media.example"],
        bounds=QUICK,
    )
    yield client
    await client.aclose()


def known(*addresses: str) -> Resolve:
    async def answer(host: str, port: int) -> list[str]:
        return list(addresses)

    return answer
