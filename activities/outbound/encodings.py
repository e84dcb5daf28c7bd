"""Unpacks an answer that came packed, though no packing was asked for: some proxies do that."""

import zlib

from activities.outbound.errors import TooLarge, Unexpected

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""How zlib is told what comes."""


def unpacked(body: bytes, encoding: str, status: int, most_bytes: int) -> bytes:
    """Return the body as it was before it was packed, up to a limit.

    Raises `Unexpected` for another encoding or a broken packing, `TooLarge` where it unpacks to more.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in _WINDOWS:
        raise Unexpected(f"HTTP {status} in the encoding {name[:20]!r}, which was not asked for", status)
    unpacking = zlib.decompressobj(_WINDOWS[name])
    try:
        found = unpacking.decompress(body, most_bytes + 1)
    except zlib.error:
        raise Unexpected(f"HTTP {status} whose {name} cannot be unpacked", status) from None
    if len(found) > most_bytes:
        raise TooLarge(f"an answer of more than {most_bytes} bytes, unpacked")
    if not unpacking.eof:
        raise Unexpected(f"HTTP {status} whose {name} is cut short", status)
    return found
