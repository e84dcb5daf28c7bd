"""Reads the skeleton of an MP4: where its index lies, and whether it has edit lists or a rotation.

ffmpeg applies all of that silently, so nothing else tells whether it is there.
"""

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

_HEAD = struct.Struct(">I4s")
_CONTAINERS = (b"moov", b"trak", b"edts")
_UPRIGHT = (0x10000, 0, 0, 0x10000)
"""The first two rows of a display matrix that turns nothing, in 16.16 fixed point (ISO 14496-12)."""
_MAX_BOXES = 10_000


def index_facts(path: str) -> dict[str, Any]:
    """Return `index_first` (moov before mdat), `edit_list` and `upright` (no rotation) of an MP4 file."""
    seen: list[bytes] = []
    upright = True
    with open(path, "rb") as file:
        file.seek(0, 2)
        size = file.tell()
        for kind, start, end in _boxes(file, 0, size):
            seen.append(kind)
            if kind == b"tkhd":
                upright = upright and _is_upright(file, start, end)
            if len(seen) > _MAX_BOXES:
                break
    moov = seen.index(b"moov") if b"moov" in seen else len(seen)
    mdat = seen.index(b"mdat") if b"mdat" in seen else len(seen)
    return {"index_first": moov < mdat, "edit_list": b"elst" in seen, "upright": upright}


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box between two offsets as its kind and the bounds of its content, containers opened."""
    while start + _HEAD.size <= end:
        file.seek(start)
        size, kind = _HEAD.unpack(file.read(_HEAD.size))
        content = start + _HEAD.size
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
            content += 8
        stop = end if size == 0 else min(start + size, end)
        if stop < content:
            return
        yield kind, content, stop
        if kind in _CONTAINERS:
            yield from _boxes(file, content, stop)
        start = stop


def _is_upright(file: BinaryIO, start: int, end: int) -> bool:
    file.seek(start)
    version = file.read(1)
    matrix = start + (52 if version == b"\x01" else 40)
    if matrix + 20 > end:
        return True
    file.seek(matrix)
    a, b, _, c, d = struct.unpack(">5i", file.read(20))
    return (a, b, c, d) == _UPRIGHT
