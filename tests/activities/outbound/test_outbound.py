"""The outbound client before a server that means harm."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from activities.outbound.answer import Answer
from activities.outbound.client import Outbound
from activities.outbound.errors import Forbidden, NotSent, TooLarge, Unexpected
from tests.activities.offline.studio_process import free_port
from tests.activities.outbound.conftest import KEY, QUICK, known
from tests.vendors.hostile import CLIP
from tests.vendors.process import VendorProcess


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "https://xn--a.media.example/x",
        "https://media.example:x/",
    ],
)
async def test_what_is_no_address_is_refused_like_one_that_is_not_spoken_to(
    outbound: Outbound, hostile: VendorProcess, tmp_path: Path, url: str
) -> None:
    """An address from an answer, or where a redirect leads to."""
    for asking in (
        outbound.call("GET", url),
        outbound.deposit(url, b"", "image/png"),
        outbound.download(url, tmp_path / "x.mp4"),
        outbound.download(f"{hostile.url}/go?to={quote(url)}", tmp_path / "x.mp4"),
    ):
        with pytest.raises(Forbidden):
            await asking
    with pytest.raises(Forbidden):
        outbound.check_media(url)


async def test_what_can_be_no_name_is_not_known(outbound: Outbound, tmp_path: Path) -> None:
    with pytest.raises(NotSent, match="is not known"):
        await outbound.download(f"https://{'a' * 80}.media.example/x", tmp_path / "x.mp4")


async def test_the_configured_origin_is_asked_with_our_credentials(
    outbound: Outbound, hostile: VendorProcess
) -> None:
    answer = await outbound.call("POST", f"{hostile.url}/hello", body={"a": "ü"})
    assert answer.document() == {"ok": True}
    asked = hostile.journal()[-1]
    assert asked["headers"]["authorization"] == KEY
    assert asked["headers"]["host"] == f"127.0.0.1:{hostile.port}"
    assert asked["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://localhost/x",
        "https://127.0.0.1/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "https://api.example.com/x",
    ],
)
async def test_no_other_origin_is_asked(outbound: Outbound, url: str) -> None:
    with pytest.raises(Forbidden):
        await outbound.call("GET", url)


async def test_a_name_and_password_in_an_address_are_refused(
    outbound: Outbound, hostile: VendorProcess
) -> None:
    for ask in (outbound.call("GET", f"http://a:b@127.0.0.1:{hostile.port}/x"),):
        with pytest.raises(Forbidden):
            await ask


@pytest.mark.parametrize(
    "origin",
    ["http://api.example.com", "http://10.0.0.1", "http://169.254.169.254", "ftp://x", "x", "https://a:b@c"],
)
def test_an_origin_that_must_not_be_spoken_to_cannot_be_configured(origin: str) -> None:
    with pytest.raises(ValueError, match="cannot be a vendor's address"):
        Outbound([origin])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "fe80::1",
    ],
)
async def test_a_public_name_that_leads_home_is_not_spoken_to(address: str, tmp_path: Path) -> None:
    for found in ([address], ["1.1.1.1", address]):
        client = Outbound(
            ["https://api.example"], media_hosts=["media.example"], bounds=QUICK, resolve=known(*found)
        )
        with pytest.raises(Forbidden):
            await client.call("GET", "https://api.example/x")
        with pytest.raises(Forbidden):
            await client.download("https://v3.media.example/x.mp4", tmp_path / "x.mp4")
        await client.aclose()


async def test_this_machines_own_origin_must_be_this_machine() -> None:
    client = Outbound(["http://localhost:9"], bounds=QUICK, resolve=known("1.1.1.1"))
    with pytest.raises(Forbidden):
        await client.call("GET", "http://localhost:9/x")
    await client.aclose()


async def test_a_redirect_of_a_call_is_an_answer_and_the_key_stays_here(
    outbound: Outbound, hostile: VendorProcess, stranger: VendorProcess
) -> None:
    answer = await outbound.call("POST", f"{hostile.url}/go?status=307&to={stranger.url}/x", body={})
    assert answer.status == 307
    assert not answer.ok
    assert stranger.journal() == []


async def test_media_never_get_our_credentials_and_come_whole(
    outbound: Outbound, hostile: VendorProcess, tmp_path: Path
) -> None:
    await outbound.download(f"{hostile.url}/go?to=/clip.mp4", tmp_path / "x.mp4", size_bytes=len(CLIP))
    assert (tmp_path / "x.mp4").read_bytes() == CLIP
    asked = [line["headers"] for line in hostile.journal() if line["marker"] in ("go", "clip.mp4")]
    assert not any("authorization" in headers for headers in asked[-2:])


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest",
        "https://evil.example/x",
        "file:///etc/passwd",
        "//[::1]/x",
    ],
)
async def test_media_redirected_elsewhere_are_refused_at_that_hop(
    outbound: Outbound, hostile: VendorProcess, tmp_path: Path, to: str
) -> None:
    with pytest.raises(Forbidden):
        await outbound.download(f"{hostile.url}/go?to={to}", tmp_path / "x.mp4")
    assert list(tmp_path.iterdir()) == []


async def test_redirects_end(outbound: Outbound, hostile: VendorProcess, tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match="redirects"):
        await outbound.download(f"{hostile.url}/loop", tmp_path / "x.mp4")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("cut", httpx.RemoteProtocolError),
        ("silent", httpx.ReadTimeout),
        ("reset", httpx.ReadError),
        ("endless", TooLarge),
        ("gzip", Unexpected),
    ],
)
async def test_a_lost_or_monstrous_answer_is_never_called_unsent_and_leaves_nothing(
    outbound: Outbound, hostile: VendorProcess, tmp_path: Path, path: str, error: type[Exception]
) -> None:
    before = hostile.count("asked", path)
    with pytest.raises(error) as call:
        await outbound.call("POST", f"{hostile.url}/{path}", body={})
    with pytest.raises(error):
        await outbound.download(f"{hostile.url}/{path}", tmp_path / "x.mp4")
    assert not isinstance(call.value, NotSent)
    assert hostile.count("asked", path) == before + 2
    assert list(tmp_path.iterdir()) == []


async def test_a_clip_of_another_size_than_announced_is_not_kept(
    outbound: Outbound, hostile: VendorProcess, tmp_path: Path
) -> None:
    with pytest.raises(httpx.ReadError, match="were announced"):
        await outbound.download(f"{hostile.url}/clip.mp4", tmp_path / "x.mp4", size_bytes=len(CLIP) + 1)
    assert list(tmp_path.iterdir()) == []


async def test_no_cookie_is_kept_and_no_proxy_is_taken_from_the_environment(
    outbound: Outbound, hostile: VendorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    await outbound.call("GET", f"{hostile.url}/cookie")
    await outbound.call("GET", f"{hostile.url}/cookie")
    assert "cookie" not in hostile.journal()[-1]["headers"]


async def test_what_a_vendor_says_went_wrong_is_one_short_clean_line(
    outbound: Outbound, hostile: VendorProcess
) -> None:
    words = (await outbound.call("GET", f"{hostile.url}/echo")).words()
    assert words == "bad key *** [31m *** b"
    assert "canary" not in words


@pytest.mark.parametrize("path", ["list", "html"])
async def test_what_is_no_object_is_not_read_as_one(
    outbound: Outbound, hostile: VendorProcess, path: str
) -> None:
    answer = await outbound.call("GET", f"{hostile.url}/{path}")
    assert not answer.is_document()
    with pytest.raises(Unexpected):
        answer.document()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("", 5), ("7", 7), ("0", 1), ("1e9", 300), ("-3", 1), ("nan", 5), ("inf", 300), ("Mon, 1", 5)],
)
def test_a_wait_is_taken_as_told_within_bounds(said: str, seconds: float) -> None:
    answer = Answer(429, {"retry-after": said}, b"")
    assert answer.retry_after(timedelta(seconds=5)).total_seconds() == seconds
