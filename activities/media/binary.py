"""Finds the ffmpeg we run: the packaged one, unless a person names another."""

from importlib.resources import files
from pathlib import Path

from schema.failure import Fault, Trouble


def ffmpeg_path(chosen: Path | None = None) -> Path:
    """Return the ffmpeg to run: `chosen`, or the one that lies in the imageio-ffmpeg wheel for None.

    The wheel's own finder is passed by: it reads the environment and falls back to whatever the system has,
    and we promise the same bytes and the same security behaviour everywhere.

    Raises `Trouble` BAD_INPUT where there is none; a person mends it, repeating is no help.
    """
    if chosen is not None:
        if chosen.is_file():
            return chosen
        raise Trouble(Fault.BAD_INPUT, f"there is no ffmpeg at {str(chosen)!r}: name the binary itself")
    folder = Path(str(files("imageio_ffmpeg") / "binaries"))
    found = sorted(path for path in folder.glob("ffmpeg-*") if path.is_file())
    if not found:
        raise Trouble(
            Fault.BAD_INPUT,
            "the imageio-ffmpeg package has no ffmpeg for this platform: install ffmpeg and name its path",
        )
    return found[0]
