"""Runs ffmpeg for the studio: frames go in on its pipe, and it never outlives the one that feeds it."""

import ctypes
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable

from activities.media.binary import ffmpeg_path

MARK_WORDS = "stand-in · painted offline"
"""Painted into every picture and written into every file: these clips must not pass for bought ones."""

_QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-y")
_LAST_WORDS_BYTES = 2_000
_PR_SET_PDEATHSIG = 1


class FilmTorn(Exception):
    """ffmpeg gave up; the words are its own."""


def encode(arguments: list[str], frames: Iterable[memoryview] = ()) -> None:
    """Run ffmpeg on frames, and wait for it. Raises `FilmTorn` where it fails.

    It ends when this process ends: by signal on Linux, by its empty pipe elsewhere.
    """
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [str(ffmpeg_path()), *_QUIET, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=words,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
        assert process.stdin is not None
        try:
            for frame in frames:
                process.stdin.write(frame)
            process.stdin.close()
            code = process.wait()
        except BrokenPipeError:
            code = process.wait() or 1
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if code != 0:
            words.seek(0)
            last = words.read()[-_LAST_WORDS_BYTES:].decode(errors="replace").strip()
            raise FilmTorn(f"ffmpeg ended with {code}: {last}")


def die_with_parent() -> None:
    """Ask Linux to kill this process when the thread that started it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
