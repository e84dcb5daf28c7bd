"""What is proof that nothing was sent, and what is never written late."""

import asyncio
from datetime import timedelta

import pytest

from activities.outbound.client import Bounds, Outbound
from activities.outbound.errors import NotSent
from tests.activities.offline.studio_process import free_port
from tests.activities.outbound.conftest import KEY, QUICK, known
from tests.patching import always
from tests.vendors.process import VendorProcess


async def test_no_connection_is_proof_that_nothing_was_sent() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    client = Outbound([url], bounds=QUICK)
    with pytest.raises(NotSent):
        await client.call("POST", url, body={})
    await client.aclose()


async def test_a_name_nobody_knows_is_proof_too() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError("not known")

    client = Outbound(["https://api.example"], bounds=QUICK, resolve=nobody)
    with pytest.raises(NotSent):
        await client.call("POST", "https://api.example", body={})
    await client.aclose()


async def test_a_name_server_that_hangs_is_proof_too() -> None:
    async def hangs(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    client = Outbound(["https://api.example"], bounds=QUICK, resolve=hangs)
    with pytest.raises(NotSent):
        await client.call("POST", "https://api.example", body={})
    await client.aclose()


async def test_a_request_that_was_held_up_before_it_was_written_is_not_written_late(
    hostile: VendorProcess,
) -> None:
    async def slow(host: str, port: int) -> list[str]:
        await asyncio.sleep(0.7)
        return ["127.0.0.1"]

    bounds = Bounds(connect=timedelta(seconds=0.5), call=timedelta(seconds=5))
    client = Outbound([hostile.url], bounds=bounds, resolve=slow)
    before = hostile.count("asked")
    with pytest.raises(NotSent, match="held up"):
        await client.call("POST", f"{hostile.url}/late", body={})
    assert hostile.count("asked") == before
    await client.aclose()


async def test_tls_names_the_host_and_a_handshake_that_fails_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[bytes] = []

    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4_096))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(no_tls, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr("activities.outbound.client.is_public", always(True))
    client = Outbound(
        [f"https://api.example:{port}"],
        headers={"Authorization": KEY},
        bounds=QUICK,
        resolve=known("127.0.0.1"),
    )
    with pytest.raises(NotSent):
        await client.call("POST", f"https://api.example:{port}/x", body={})
    assert b"api.example" in heard[0]
    assert KEY.encode() not in heard[0]
    await client.aclose()
    server.close()
