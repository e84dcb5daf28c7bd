"""Names what a file really is, by its first bytes, where it is none of the videos we read.

Runs inside a child of the guard, so it knows the standard library only.
"""

import codecs

_READ_BYTES = 1024
_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"uuid")
"""What a MOV may begin with besides `ftyp`."""
_PLAYLIST = "a playlist, not a video"
_TS_PACKETS = (188, 192)
"""Lengths of a packet of an MPEG transport stream; 192 with the time code of a camcorder."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"#EXTM3U", _PLAYLIST),
    (b"ffconcat", _PLAYLIST),
    (b"file ", _PLAYLIST),
    (b"v=0", "a stream description, not a video"),
    (b"GIF8", "a GIF, not a video"),
    (b"\x89PNG", "a picture, not a video"),
    (b"\xff\xd8\xff", "a picture, not a video"),
    (b"BM", "a BMP picture, not a video"),
    (b"II*\x00", "a TIFF or raw picture, not a video"),
    (b"MM\x00*", "a TIFF or raw picture, not a video"),
    (b"8BPS", "a Photoshop picture, not a video"),
    (b"\x00\x00\x01\x00", "an icon, not a video"),
    (b"\xff\x0a", "a JPEG XL picture, not a video"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture, not a video"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture, not a video"),
    (b"ID3", "an MP3, which has sound only"),
    (b"\xff\xfb", "an MP3, which has sound only"),
    (b"\xff\xf3", "an MP3, which has sound only"),
    (b"\xff\xf2", "an MP3, which has sound only"),
    (b"\xff\xf1", "an AAC file, which has sound only"),
    (b"\xff\xf9", "an AAC file, which has sound only"),
    (b"fLaC", "a FLAC file, which has sound only"),
    (b"FORM", "an AIFF file, which has sound only"),
    (b"#!AMR", "an AMR file, which has sound only"),
    (b"OggS", "an Ogg file"),
    (b"FLV", "a Flash video"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
    (b"\x00\x00\x01\xb3", "an MPEG stream without a container"),
    (b"\x00\x00\x00\x01", "an H.264 or H.265 stream without a container"),
    (b".RMF", "a RealMedia file"),
    (b"\x06\x0e\x2b\x34", "an MXF file"),
    (b"\xd0\xcf\x11\xe0", "a Windows or Office file, not a video"),
    (b"PK\x03\x04", "a ZIP archive, not a video"),
    (b"Rar!", "a RAR archive, not a video"),
    (b"7z\xbc\xaf", "a 7z archive, not a video"),
    (b"\x1f\x8b", "a gzip archive, not a video"),
    (b"%PDF", "a PDF, not a video"),
    (b"\x7fELF", "a program, not a video"),
    (b"MZ", "a program, not a video"),
    (b"[", "a text document, not a video"),
    (b"{", "a text document, not a video"),
    (b"<", "a text document, not a video"),
)
_RIFF = {
    b"AVI ": "an AVI",
    b"WAVE": "a WAV, which has sound only",
    b"WEBP": "a picture, not a video",
    b"ACON": "an animated cursor, not a video",
}
_PICTURE_BRANDS = {
    b"avif": "an AVIF picture",
    b"avis": "an animated AVIF picture",
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"heim": "a HEIC picture",
    b"heis": "a HEIC picture",
    b"hevc": "an animated HEIC picture",
    b"hevx": "an animated HEIC picture",
    b"mif1": "a HEIF picture",
    b"mif2": "a HEIF picture",
    b"msf1": "an animated HEIF picture",
    b"miaf": "a HEIF picture",
    b"jpeg": "a HEIF picture",
    b"j2ki": "a HEIF picture",
    b"avci": "a HEIF picture",
    b"crx ": "a raw picture",
}
"""Major brands of pictures in the container of MP4 (ISO 23008-12, AV1 image format, Canon's CR3)."""
_SOUND_BRANDS = {b"M4A ": "an M4A", b"M4B ": "an M4B", b"M4P ": "an M4P"}


def kind_of(path: str) -> str:
    """Return what a file is that is none of our videos, in words; nothing where it may be one.

    What is a video of another container, or has sound only, is named without "not a video".
    """
    with open(path, "rb") as file:
        start = file.read(_READ_BYTES)
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start or not text:
        return "an empty file, not a video"
    if not any(start):
        return "a file of zeros, not a video"
    if text.startswith(b"<MPD") or b"<MPD" in text:
        return _PLAYLIST
    if start[4:8] == b"ftyp":
        return _of_brand(start)
    if start[4:8] in _BOXES:
        return ""
    if start[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(start[8:12], "a RIFF file, not a video")
    if _is_transport_stream(start):
        return "an MPEG transport stream"
    for known, kind in _STARTS:
        if start.startswith(known) or (known.isascii() and text.startswith(known)):
            return kind
    return "a text document, not a video" if _is_text(start) else ""


def _of_brand(start: bytes) -> str:
    brand = start[8:12]
    if brand in _PICTURE_BRANDS:
        return f"{_PICTURE_BRANDS[brand]}, not a video"
    return f"{_SOUND_BRANDS[brand]}, which has sound only" if brand in _SOUND_BRANDS else ""


def _is_transport_stream(start: bytes) -> bool:
    return any(
        len(start) >= first + 4 * size and all(start[first + n * size] == 0x47 for n in range(4))
        for size in _TS_PACKETS
        for first in (size - 188,)
    )


def _is_text(start: bytes) -> bool:
    """Return whether all of it is UTF-8 that can be printed; a letter may be cut at the end."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n" for letter in text)
