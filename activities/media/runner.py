"""Runs ffmpeg: as a list of arguments, within limits, with progress, to an end we believe."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from activities.media.guard_client import MIB, RESIDENT_BYTES, ChildLimits, GuardClient, JobEnding
from schema.failure import Fault, Trouble

ALWAYS = (
    *("-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-y"),
    *("-progress", "pipe:1", "-stats_period", "0.5"),
    # Fixed: one thread a core would make memory grow with the machine.
    *("-filter_threads", "2", "-filter_complex_threads", "2"),
)
_ENOSPC = 228
"""ffmpeg ends with its own negative error number, and this is -28 in a byte."""
_FULL = ("No space left on device", "Disk quota exceeded")
_CORES_AT_MOST = 64
_SPEAKER = re.compile(r"^\[(?P<who>[^\]@]*)(?: @ 0x[0-9a-f]+)?\] *")
_DECODERS_TALK = re.compile(
    r"^\[(?!Parsed_|auto_|[vaf]+#|fc#|swscaler|SWR)[a-z0-9_,]+(?::[^\]]*)? @ 0x[0-9a-f]+\]"
)
"""Decoders complain of what they can live with, and do so before anything else fails."""


@dataclass(frozen=True)
class Call:
    """One run of ffmpeg."""

    args: Sequence[str]
    """Everything after the options that every run has."""
    folder: Path
    """Where it runs; the plain names in `args` lie here."""
    length: timedelta
    """Playing time of what it makes; rules progress and the wall limit."""
    purpose: str
    """What it is for, in a refusal: `make the cut`."""


class Runner:
    """Runs one ffmpeg under the guard."""

    def __init__(self, guard: GuardClient, ffmpeg: Path, file_bytes: int = 1024 * MIB) -> None:
        """`file_bytes` is the largest file a run may write."""
        self._guard = guard
        self._ffmpeg = ffmpeg
        self._file_bytes = file_bytes

    def run(self, call: Call, on_progress: Callable[[float], None] = lambda _: None) -> None:
        """Run to the end. `on_progress` gets 0 to 1 several times a second; what it raises ends the run.

        Raises `Trouble`: DISK_FULL, after which repeating helps once there is room; BAD_MEDIA for any other end
        than a good one.
        """
        progress = _Progress(call.length)
        argv = [str(self._ffmpeg), *ALWAYS, *call.args]
        wall = 20 * call.length + timedelta(seconds=60)
        ending = self._guard.run(
            {"argv": argv, "cwd": str(call.folder)},
            ChildLimits(wall=wall, cpu=_CORES_AT_MOST * wall, file_bytes=self._file_bytes),
            progress.feed,
            lambda: on_progress(progress.share),
        )
        if ending.code == 0 and progress.ended:
            return
        raise self._trouble(call, ending)

    def _trouble(self, call: Call, ending: JobEnding) -> Trouble:
        if ending.code == _ENOSPC or any(words in ending.stderr for words in _FULL):
            return disk_full(f"ffmpeg could not {call.purpose}")
        if "File too large" in ending.stderr or ending.code == -25:  # SIGXFSZ
            why = f"it grew beyond the {self._file_bytes // MIB} MiB we allow: bring fewer or shorter clips"
        elif ending.overdue:
            why = "it took more than 20 times its playing time: run it again when the machine is less busy"
        elif ending.too_large:
            why = f"it needed more than {RESIDENT_BYTES // MIB} MiB of memory: export the clip at a smaller size"
        else:
            why = f"{cause(ending.stderr)} (exit {ending.code}); export the clip as MP4 (H.264), or bring another"
        return Trouble(Fault.BAD_MEDIA, f"ffmpeg could not {call.purpose}: {why}")


def cause(stderr: str) -> str:
    """Return what went wrong first in ffmpeg's own words; all that follows it is its consequence."""
    said = [line.strip() for line in stderr.splitlines() if line.strip()]
    told = [line for line in said if not _DECODERS_TALK.match(line)] or said
    return _SPEAKER.sub("", told[0])[:400] if told else "ffmpeg said nothing"


class _Progress:
    """Reads ffmpeg's `key=value` lines."""

    def __init__(self, length: timedelta) -> None:
        self._length_us = max(1.0, length / timedelta(microseconds=1))
        self._rest = b""
        self.share = 0.0
        self.ended = False

    def feed(self, part: bytes) -> None:
        """Take in the next bytes, which may end anywhere."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            key, _, value = line.partition(b"=")
            if key == b"out_time_us" and value.strip().isdigit():
                self.share = min(1.0, int(value) / self._length_us)
            elif key == b"progress":
                self.ended = value.strip() == b"end"


def disk_full(what: str) -> Trouble:
    """Return the trouble of a full disk; `what` says what could not be done."""
    return Trouble(Fault.DISK_FULL, f"{what}: no room left on the disk; free some and run it again")
