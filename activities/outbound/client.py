"""The outbound client: one request, to an address that was checked, within limits of time and size.

It follows no redirect by itself, takes no proxy from the environment, keeps no cookie and no connection: a kept
connection may be dead without our knowing, and then a reset would say nothing about an order.
"""

import asyncio
import json
import os
import ssl
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx

from activities.outbound.addresses import Resolve, is_loopback, is_public, resolve
from activities.outbound.answer import Answer
from activities.outbound.boot_clock import since_boot
from activities.outbound.cleaning import cleaned
from activities.outbound.encodings import unpacked
from activities.outbound.errors import Forbidden, NotSent, TooLarge, Unexpected
from activities.outbound.origins import Allowed

_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Bounds:
    """How long and how much."""

    connect: timedelta = timedelta(seconds=10)
    """Until the first byte of a request is written; after that it is not written any more."""
    call: timedelta = timedelta(seconds=30)
    """One call, from the look-up of the name to the last byte of the answer."""
    download: timedelta = timedelta(minutes=4)
    """One piece of media."""
    answer_bytes: int = 4_000_000
    media_bytes: int = 1_000_000_000
    hops: int = 3
    """Redirects of a download that are followed, each one checked."""


USUAL: Final = Bounds()
"""What suits most vendors."""


@cache
def tls() -> ssl.SSLContext:
    """Return how every certificate is checked: reading all authorities takes 20 ms, so each process does it once."""
    return httpx.create_ssl_context(trust_env=False)


class Outbound:
    """Speaks to one vendor."""

    def __init__(
        self,
        origins: Sequence[str],
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        media_hosts: Sequence[str] = (),
        bounds: Bounds = USUAL,
        resolve: Resolve = resolve,
    ) -> None:
        """Take the only origins that are asked, and the headers (credentials) that go to them and nowhere else.

        Raises `ValueError` for an origin that must not be spoken to.
        """
        self._allowed = Allowed(origins, media_hosts)
        self._headers = dict(headers or {})
        self._secrets = tuple(secret for secret in secrets if secret)
        self._bounds = bounds
        self._resolve = resolve
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls(),
            trust_env=False,
            retries=0,
            limits=httpx.Limits(max_keepalive_connections=0, max_connections=200),
        )

    async def aclose(self) -> None:
        """Close what is open."""
        await self._transport.aclose()

    async def call(
        self, method: str, url: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request, once, with our credentials, and return whatever is answered.

        `body` is sent as JSON. Raises `NotSent` on proof that nothing was written, `TooLarge`, and `httpx.HTTPError`
        where the answer was lost. A redirect is an answer like any other.
        """
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        typed = {} if body is None else {"Content-Type": "application/json"}
        return await self.carry(method, url, content, {**self._headers, **typed, **(headers or {})})

    async def carry(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request that another client has written, with exactly these headers; else like `call`."""
        target = _parsed(url)
        self._allowed.check_call(target)
        return await self._answered(method, target, content, headers, self._bounds.call)

    async def deposit(self, url: str, content: bytes, content_type: str) -> Answer:
        """Put a file where a vendor's answer said, without credentials and only where its media may lie.

        Raises like `carry`; a redirect is an answer like any other.
        """
        target = _parsed(url)
        self._allowed.check_media(target)
        headers = {"Content-Type": content_type}
        return await self._answered("PUT", target, content, headers, self._bounds.download)

    def check_media(self, url: str) -> None:
        """Raise `Forbidden` for an address where this vendor's media do not lie."""
        self._allowed.check_media(_parsed(url))

    async def download(self, url: str, to: Path, *, size_bytes: int | None = None) -> None:
        """Stream media into the file `to`, without credentials; it exists only when all of it has come.

        `size_bytes` is what the vendor announced. Raises `FileExistsError`, `Forbidden` for an address that media must
        not come from, also after a redirect, `Unexpected`, `TooLarge`, and `httpx.HTTPError` where it did not all come.
        """
        if to.exists():
            raise FileExistsError(f"{to.name!r} exists already: a take is never overwritten")
        target = _parsed(url)
        for _ in range(self._bounds.hops + 1):
            self._allowed.check_media(target)
            async with self._exchange("GET", target, {}, b"", self._bounds.download) as response:
                if response.status_code not in _REDIRECTS:
                    await self._store(response, to, size_bytes)
                    return
                target = _parsed(response.headers.get("location", ""), target)
        raise Forbidden(f"more than {self._bounds.hops} redirects on the way to a clip")

    async def _answered(
        self, method: str, url: httpx.URL, content: bytes, headers: Mapping[str, str], within: timedelta
    ) -> Answer:
        """Send a request and read what is answered, up to the limit."""
        async with self._exchange(method, url, headers, content, within) as response:
            read = bytearray()
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) > self._bounds.answer_bytes:
                    raise TooLarge(f"an answer of more than {self._bounds.answer_bytes} bytes")
        found = {name.lower(): value for name, value in response.headers.items()}
        packed = found.pop("content-encoding", "")
        body = unpacked(bytes(read), packed, response.status_code, self._bounds.answer_bytes)
        return Answer(response.status_code, found, body, self._secrets)

    async def _store(self, response: httpx.Response, to: Path, size_bytes: int | None) -> None:
        if response.status_code != 200:
            raise Unexpected(f"HTTP {response.status_code} instead of a clip", response.status_code)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Unexpected("a clip in an encoding that was not asked for", response.status_code)
        opened, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(opened, "wb") as file:
                async for chunk in response.aiter_raw():
                    file.write(chunk)
                    if file.tell() > self._bounds.media_bytes:
                        raise TooLarge(f"a clip of more than {self._bounds.media_bytes} bytes")
                if size_bytes is not None and file.tell() != size_bytes:
                    raise httpx.ReadError(f"{file.tell()} bytes came, {size_bytes} were announced")
                file.flush()
                os.fsync(file.fileno())
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)

    @asynccontextmanager
    async def _exchange(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes, within: timedelta
    ) -> AsyncGenerator[httpx.Response]:
        """Send a request and give its answer, unread. What fails before a byte was written is `NotSent`."""
        writing = _Writing(self._bounds.connect.total_seconds())
        try:
            async with asyncio.timeout(within.total_seconds()):
                response = await self._send(method, url, headers, content, writing)
                try:
                    yield response
                finally:
                    await response.aclose()
        except TimeoutError as error:
            if not writing.begun:
                raise NotSent(f"{url.host} could not be reached in time") from error
            raise httpx.ReadTimeout(f"{url.host} did not answer in full in time") from error
        except httpx.ProtocolError as error:  # it quotes what was sent or answered
            raise type(error)(cleaned(str(error), self._secrets)) from None

    async def _send(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes, writing: "_Writing"
    ) -> httpx.Response:
        addresses = await self._addresses(url)
        failed: Exception | None = None
        for address in addresses[:4]:
            request = httpx.Request(
                method,
                url.copy_with(host=address),
                headers={
                    "Host": url.netloc.decode("ascii"),
                    "Accept-Encoding": "identity",
                    "User-Agent": "reelwright",
                    **headers,
                },
                content=content,
                extensions={
                    "timeout": {
                        "connect": writing.within_s,
                        "read": None,
                        "write": None,
                        "pool": writing.within_s,
                    },
                    "sni_hostname": url.host,
                    "trace": writing.trace,
                },
            )
            try:
                return await self._transport.handle_async_request(request)
            except (httpx.HTTPError, OSError) as error:
                if writing.begun or isinstance(error, NotSent):
                    raise
                failed = error
        raise NotSent(f"no connection to {url.host}: {cleaned(str(failed), self._secrets)}") from None

    async def _addresses(self, url: httpx.URL) -> list[str]:
        """Resolve once and test every address; the connection is made to one of these and no other."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await self._resolve(url.host, port)
        except (OSError, UnicodeError) as error:  # the latter for what can be no name
            raise NotSent(f"the name {url.host[:100]!r} is not known: {cleaned(str(error))}") from None
        may = is_loopback if self._allowed.is_local(url) else is_public
        if not found or not all(may(address) for address in found):
            raise Forbidden(f"{url.host} leads to an address that is not spoken to")
        return found


def _parsed(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read an address, a vendor's perhaps; from a redirect beside `base`. Raises `Forbidden` for what is none."""
    try:
        found = base.join(url) if base else httpx.URL(url)
        _ = found.host  # it is decoded when it is asked for
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Forbidden(f"what was given is no address: {cleaned(str(error))}") from None
    return found


class _Writing:
    """Knows whether a byte of the request was written, and sees to it that none is written late."""

    def __init__(self, within_s: float) -> None:
        self.within_s = within_s
        self.begun = False
        self._since = since_boot()

    async def trace(self, event: str, _: Any) -> None:
        if event != "http11.send_request_headers.started":
            return
        if since_boot() - self._since > self.within_s:
            raise NotSent("this process was held up; the request was not written any more")
        self.begun = True
