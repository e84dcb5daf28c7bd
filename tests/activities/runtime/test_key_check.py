"""Keys, looked at by one free question to each vendor."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from activities.runtime import key_check
from activities.studios.fal import FalStudio
from activities.studios.fal_bills import FalBills
from activities.studios.replicate import ReplicateStudio
from activities.writers.claude import AnthropicWriter
from activities.writers.openai_compatible import OpenAiCompatibleWriter
from schema.prices.price_table import load_prices
from schema.vendors.key_finding import KeyFinding
from tests.activities.offline.studio_process import free_port
from tests.activities.studios.contract.vendors import QUICK
from tests.vendors import anthropic, fal, openai, replicate
from tests.vendors.process import VendorProcess, running

Made = FalStudio | FalBills | ReplicateStudio | AnthropicWriter | OpenAiCompatibleWriter
BOOKS = "'s books"
RIGHT = {
    "fal": fal.KEY,
    "replicate": replicate.TOKEN,
    "anthropic": anthropic.KEY,
    "openai": openai.KEY,
    "fal's books": fal.KEY,
}
FREE = {
    "fal": "prices",
    "replicate": "account",
    "anthropic": "models",
    "openai": "models",
    "fal's books": "bill",
}
"""What each vendor calls its free question."""


def made(vendor: str, key: str, url: str) -> Made:
    """The adapter of a vendor with this key."""
    match vendor:
        case "fal":
            return FalStudio(key, load_prices("fal"), queue_url=url, platform_url=f"{url}/v1", bounds=QUICK)
        case "replicate":
            return ReplicateStudio(key, load_prices("replicate"), api_url=url, bounds=QUICK)
        case "anthropic":
            return AnthropicWriter(
                key, load_prices("anthropic"), "claude-haiku-5-5", base_url=url, bounds=QUICK
            )
        case "fal's books":
            return FalBills(key, load_prices("fal"), platform_url=f"{url}/v1", bounds=QUICK)
        case _:
            return OpenAiCompatibleWriter(key, openai.MODEL, None, base_url=f"{url}/v1", bounds=QUICK)


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, VendorProcess]]:
    with ExitStack() as ends:
        folder = tmp_path_factory.mktemp("vendors")
        yield {
            name: ends.enter_context(running(f"tests.vendors.{name.removesuffix(BOOKS)}", folder / name))
            for name in RIGHT
        }


async def finding(vendor: str, key: str, url: str) -> KeyFinding:
    adapter = made(vendor, key, url)
    try:
        return (await key_check.check([adapter]))[0]
    finally:
        await adapter.aclose()


@pytest.mark.parametrize("vendor", RIGHT)
async def test_a_good_key_is_accepted_and_nothing_is_charged(
    vendors: dict[str, VendorProcess], vendor: str
) -> None:
    found = await finding(vendor, RIGHT[vendor], vendors[vendor].url)
    assert (found.vendor, found.state) == (vendor, "ok")
    assert vendors[vendor].journal() == []


@pytest.mark.parametrize("vendor", RIGHT)
async def test_a_wrong_key_is_refused_and_not_repeated_to_anybody(
    vendors: dict[str, VendorProcess], vendor: str
) -> None:
    found = await finding(vendor, "a-key-of-nobody", vendors[vendor].url)
    assert found.state == "refused"
    assert "a-key-of-nobody" not in found.says
    assert len(found.says.splitlines()) == 1


async def test_a_key_that_may_buy_but_not_read_bills_is_told_with_the_remedy(
    vendors: dict[str, VendorProcess],
) -> None:
    process = vendors["fal's books"]
    process.set(bills=False)
    found = await finding("fal's books", fal.KEY, process.url)
    process.set(bills=True)
    assert found.state == "refused"
    assert "set FAL_ADMIN_KEY" in found.says
    assert (await finding("fal", fal.KEY, process.url)).state == "ok"


LIES: list[tuple[dict[str, Any], str]] = [
    ({"kind": "html", "status": 200}, "unreachable"),
    ({"kind": "html", "status": 403}, "unreachable"),
    ({"kind": "error", "status": 500}, "unreachable"),
    ({"kind": "error", "status": 402}, "refused"),
    ({"kind": "error", "status": 403}, "refused"),
    ({"kind": "error", "status": 429}, "unreachable"),
    ({"kind": "redirect", "location": "http://169.254.169.254/"}, "unreachable"),
    ({"kind": "reset"}, "unreachable"),
    ({"kind": "cut", "acts": True}, "unreachable"),
    ({"kind": "endless"}, "unreachable"),
]


@pytest.mark.parametrize("vendor", RIGHT)
async def test_only_the_vendors_own_words_are_a_refusal(
    vendors: dict[str, VendorProcess], vendor: str
) -> None:
    for lie, state in LIES:
        vendors[vendor].lie({"call": FREE[vendor], **lie})
        found = await finding(vendor, RIGHT[vendor], vendors[vendor].url)
        assert found.state == state, (lie, found)
        assert RIGHT[vendor] not in found.says
    assert (await finding(vendor, RIGHT[vendor], vendors[vendor].url)).state == "ok"


@pytest.mark.parametrize("vendor", RIGHT)
async def test_nobody_there_is_unreachable(vendor: str) -> None:
    found = await finding(vendor, RIGHT[vendor], f"http://127.0.0.1:{free_port()}")
    assert found.state == "unreachable"


async def test_all_are_asked_at_once_and_a_silent_one_holds_nobody_up() -> None:
    class Silent:
        name = "silent"

        async def check_key(self) -> KeyFinding:
            await asyncio.Event().wait()
            raise AssertionError

    class Good:
        name = "good"

        async def check_key(self) -> KeyFinding:
            return KeyFinding(vendor="good", state="ok", says="fine")

    found = await key_check.check([Silent(), Good(), Silent()], timedelta(seconds=0.05))
    assert [(one.vendor, one.state) for one in found] == [
        ("silent", "unreachable"),
        ("good", "ok"),
        ("silent", "unreachable"),
    ]
