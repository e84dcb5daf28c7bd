"""Brings an input file to fal's storage (providers.md 2.9): ask for an address, put the bytes there.

Not through `fal-client`, although repeating is harmless here: it speaks to `https://rest.fal.ai` and `v3.fal.media` and
to nothing else, so no test can reach it; it takes a proxy from the environment, follows redirects, resolves names by
itself, and retries up to ten times. Our own way out holds uploads to the same rules as everything else.
"""

from pathlib import Path
from typing import Final

import httpx
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from activities.outbound.client import Outbound
from activities.outbound.errors import Forbidden, Unexpected
from schema.failure import NoEffect

MOST_BYTES: Final = 30_000_000
"""What the strictest of the models takes (providers.md 3.5)."""
_TRIES = 3
_KINDS: Final = ((b"\xff\xd8\xff", "image/jpeg", "jpg"), (b"\x89PNG\r\n\x1a\n", "image/png", "png"))


async def upload(outbound: Outbound, rest_url: str, image: Path) -> str:
    """Return the address fal reads the image at. Repeated a few times: an upload costs nothing and orders nothing.

    Raises `NoEffect`: for good for what is no JPEG or PNG, or too large; else where fal did not take it now.
    """
    content = image.read_bytes()
    kind = next(((mime, suffix) for magic, mime, suffix in _KINDS if content.startswith(magic)), None)
    if kind is None or len(content) > MOST_BYTES:
        raise NoEffect(
            f"{image.name!r} is no JPEG or PNG of at most {MOST_BYTES // 1_000_000} MB", repeatable=False
        )
    tries = AsyncRetrying(
        stop=stop_after_attempt(_TRIES),
        wait=wait_random_exponential(multiplier=0.1, max=1),
        retry=retry_if_exception(lambda error: isinstance(error, httpx.HTTPError) and not _is_final(error)),
        reraise=True,
    )
    try:
        return await tries(_upload, outbound, rest_url, content, *kind)
    except httpx.HTTPError as error:
        line = f"the start image could not be brought to fal: {error or type(error).__name__}"
        raise NoEffect(line, repeatable=not _is_final(error)) from error


def _is_final(error: BaseException) -> bool:
    """Whether repeating cannot help: not an address of fal's, or refused in so many words."""
    return isinstance(error, Forbidden) or (isinstance(error, Unexpected) and 400 <= error.status < 429)


async def _upload(outbound: Outbound, rest_url: str, content: bytes, mime: str, suffix: str) -> str:
    named = {"file_name": f"start.{suffix}", "content_type": mime}
    url = f"{rest_url}/storage/upload/initiate?storage_type=fal-cdn-v3"
    begun = await outbound.call("POST", url, body=named)
    if not begun.ok:
        raise begun.fail()
    address = begun.text("file_url")
    put = await outbound.deposit(begun.text("upload_url"), content, mime)
    if not put.ok:
        raise put.fail()
    outbound.check_media(address)
    return address
