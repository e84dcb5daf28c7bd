"""However a composition ends, no half file stays, no ffmpeg runs on, and the line says what to do."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from activities.media.editor import FfmpegEditor
from activities.media.guard_client import MIB, ChildLimits, GuardClient
from activities.media.port import Composition
from activities.media.runner import Call, Runner
from schema.failure import Fault, Trouble
from tests.activities.media.footage import Footage

SIZE: dict[str, Any] = {"width_px": 720, "height_px": 1280}
LIMITS = ChildLimits(wall=timedelta(seconds=20), cpu=timedelta(seconds=20))
ROOT = Path(__file__).parents[3]


Composing = tuple[subprocess.Popen[str], list[psutil.Process]]


class Enough(Exception):
    """What a cancelled activity raises from its progress."""


def long_work(footage: Footage) -> Composition:
    """A composition of a minute, so that there is time to end it."""
    return Composition(clips=(footage.clip("a.mp4"),), clip_duration=timedelta(seconds=60), **SIZE)


def children(pid: int) -> list[psutil.Process]:
    """All processes below one."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def name_of(process: psutil.Process) -> str:
    """What it is called; nothing where it has gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.name()
    return ""


def all_gone(processes: list[psutil.Process], within_s: float) -> bool:
    """Whether processes end within a time; the dead who wait to be collected count as ended."""

    def lives(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            return process.status() != psutil.STATUS_ZOMBIE
        return False

    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(map(lives, processes)):
            return True
        time.sleep(0.02)
    return False


def test_progress_rises_from_nothing_to_one(editor: FfmpegEditor, footage: Footage, tmp_path: Path) -> None:
    told: list[float] = []
    plan = Composition(clips=(footage.clip("a.mp4"),), clip_duration=timedelta(seconds=30), **SIZE)
    editor.compose(plan, tmp_path / "final.mp4", told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len(told) > 4


@pytest.mark.alone
def test_an_exception_from_progress_ends_ffmpeg_within_two_seconds_and_leaves_nothing(
    footage: Footage, tmp_path: Path
) -> None:
    editor = FfmpegEditor()
    raised = 0.0

    def stop_half_way(share: float) -> None:
        nonlocal raised
        if share > 0.06:
            assert list(tmp_path.glob("final.*.part/*.encoded.mp4"))
            raised = time.monotonic()
            raise Enough

    with pytest.raises(Enough):
        editor.compose(long_work(footage), tmp_path / "final.mp4", stop_half_way)
    assert time.monotonic() - raised < 2
    assert list(tmp_path.iterdir()) == []
    assert [name for name in map(name_of, children(os.getpid())) if "ffmpeg" in name] == []
    editor.close()


COMPOSE = """
import sys
from datetime import timedelta
from pathlib import Path
from activities.media.editor import FfmpegEditor
from activities.media.port import Composition

plan = Composition(
    clips=(Path(sys.argv[1]),), width_px=720, height_px=1280, clip_duration=timedelta(seconds=60)
)
FfmpegEditor().compose(plan, Path(sys.argv[2]) / "final.mp4", lambda share: print(share, flush=True))
"""


@pytest.fixture
def composing(footage: Footage, tmp_path: Path) -> Iterator[Composing]:
    """A process in the middle of a composition, and all processes below it."""
    (tmp_path / "scratch").mkdir()
    (tmp_path / "out").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", COMPOSE, str(footage.clip("a.mp4")), str(tmp_path / "out")],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path / "scratch"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if float(line) > 0.06:
            break
    below = children(process.pid)
    assert any("ffmpeg" in one.name() for one in below)
    assert list((tmp_path / "out").iterdir())
    yield process, below
    process.kill()
    process.wait()
    process.stdout.close()


def test_killing_the_worker_leaves_no_process_and_no_file(composing: Composing, tmp_path: Path) -> None:
    process, below = composing
    process.send_signal(signal.SIGKILL)
    assert all_gone(below, within_s=30)
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "scratch").iterdir()) == []


def test_killing_the_guard_ends_ffmpeg_with_it(composing: Composing, tmp_path: Path) -> None:
    process, below = composing
    guard = next(one for one in below if "python" in name_of(one))
    guard.kill()
    assert all_gone(below, within_s=30)
    assert process.wait(60) != 0
    assert list((tmp_path / "out").iterdir()) == []


def test_a_lost_guard_is_replaced_at_the_next_wish(footage: Footage) -> None:
    guard = GuardClient()
    heard = bytearray()
    job = {"argv": ["/bin/echo", "hello"], "cwd": "/"}
    guard.run(job, LIMITS, heard.extend)
    first = guard.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):  # said where the wish met the guard's last moment
        guard.run(job, LIMITS, heard.extend)
    guard.run(job, LIMITS, heard.extend)
    assert heard.startswith(b"hello\nhello\n")
    assert guard.pid != first
    guard.close()


def test_a_guard_whose_owner_forgets_it_ends() -> None:
    guard = GuardClient()
    guard.run({"argv": ["/bin/true"], "cwd": "/"}, LIMITS, lambda _: None)
    assert guard.pid is not None
    process = psutil.Process(guard.pid)
    del guard
    assert all_gone([process], within_s=30)


def test_several_threads_share_one_guard(footage: Footage) -> None:
    editor = FfmpegEditor()
    found: list[int] = []
    clip = footage.clip("a.mp4")
    threads = [threading.Thread(target=lambda: found.append(editor.inspect(clip).width_px)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [180] * 6
    editor.close()


@pytest.mark.parametrize(
    ("limits", "program", "ended"),
    [
        (
            ChildLimits(LIMITS.wall, LIMITS.cpu, 64 * MIB),
            "b = b'x' * (200 * 2**20); __import__('time').sleep(30)",
            "",
        ),
        (
            ChildLimits(LIMITS.wall, timedelta(seconds=1)),
            "all(iter(int, 1)) or [0 for _ in iter(int, 1)]",
            "",
        ),
        (ChildLimits(timedelta(seconds=0.5), LIMITS.cpu), "__import__('time').sleep(30)", ""),
    ],
    ids=["memory", "processor", "time"],
)
def test_a_job_beyond_its_limits_is_ended(
    limits: ChildLimits, program: str, ended: str, tmp_path: Path
) -> None:
    guard = GuardClient()
    argv = [sys.executable, "-I", "-S", "-c", program]
    ending = guard.run({"argv": argv, "cwd": str(tmp_path)}, limits, lambda _: None)
    assert ending.code != 0
    assert ended in ending.stderr
    guard.close()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("echo progress=end; exit 3", "exit 3"),
        ("echo progress=continue; exit 0", "exit 0"),
        ("echo 'all is lost' >&2; exit 1", "all is lost"),
    ],
    ids=["exit", "unfinished", "stderr"],
)
def test_an_ending_that_is_not_wholly_good_is_a_failure(tmp_path: Path, program: str, said: str) -> None:
    guard = GuardClient()
    script = tmp_path / "ffmpeg"
    script.write_text(f"#!/bin/sh\n{program}\n")
    script.chmod(0o755)
    with pytest.raises(Trouble, match=said) as caught:
        Runner(guard, script).run(Call((), tmp_path, timedelta(seconds=1), "make the cut"))
    assert caught.value.fault is Fault.BAD_MEDIA
    guard.close()


def test_a_file_that_grows_beyond_its_limit_is_ended(footage: Footage, tmp_path: Path) -> None:
    editor = FfmpegEditor(largest_file_bytes=64 * 1024)
    with pytest.raises(Trouble, match="it grew beyond the") as caught:
        editor.compose(long_work(footage), tmp_path / "final.mp4")
    assert caught.value.fault is Fault.BAD_MEDIA
    assert list(tmp_path.iterdir()) == []
    editor.close()
