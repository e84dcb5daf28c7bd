"""Checks a PNG chunk by chunk, since decoders show half of a broken one without a word."""

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_BYTES = 64 * 1024 * 1024


def flaw_of(path: str) -> str:
    """Return what is wrong with a PNG, to follow its name in a sentence; empty if whole."""
    with open(path, "rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if not content.startswith(_SIGNATURE):
        return "is no PNG"
    if len(content) > _MOST_BYTES:
        return "is larger than 64 MiB"
    place, kind = len(_SIGNATURE), b""
    while place + 12 <= len(content) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 8 + length
        if end + 4 > len(content):
            return "is cut short"
        if zlib.crc32(content[place + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            return "is damaged"
        place = end + 4
    return "" if kind == b"IEND" else "is cut short"
