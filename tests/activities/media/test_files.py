"""After a composition the disk holds the whole cut, or nothing and a line that says why."""

import os
import stat
import time
from pathlib import Path

import pytest

from activities.media.binary import ffmpeg_path
from activities.media.editor import FfmpegEditor
from activities.media.port import Composition
from activities.media.workplace import STALE_AFTER_S
from schema.failure import Fault, Trouble
from tests.activities.media.footage import Footage


def test_a_full_disk_is_said_in_one_line_and_leaves_nothing(footage: Footage, tmp_path: Path) -> None:
    """The real ffmpeg, writing to the kernel's own full device instead of the file it was told."""
    full = _stand_in(
        tmp_path, 'for last; do :; done; case "$last" in *.part.mp4) ln -sf /dev/full "$last";; esac'
    )
    editor = FfmpegEditor(full)
    plan = Composition(clips=(footage.clip("a.mp4"),), width_px=90, height_px=160)
    with pytest.raises(Trouble, match="no room left on the disk; free some and run it again") as caught:
        editor.compose(plan, tmp_path / "out" / "final.mp4")
    assert caught.value.fault is Fault.DISK_FULL
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []
    editor.close()


def test_a_full_disk_under_our_own_files_is_said_as_well(
    footage: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    editor = FfmpegEditor()
    monkeypatch.setattr("activities.media.editor.os.replace", full)
    with pytest.raises(Trouble) as caught:
        editor.compose(
            Composition(clips=(footage.clip("a.mp4"),), width_px=180, height_px=320), tmp_path / "final.mp4"
        )
    assert caught.value.fault is Fault.DISK_FULL
    assert list(tmp_path.iterdir()) == []
    editor.close()


def test_a_file_that_is_not_as_planned_is_never_renamed(footage: Footage, tmp_path: Path) -> None:
    """An ffmpeg that reports success and writes half: existence proves nothing."""
    liar = _stand_in(tmp_path, 'case "$*" in *.part.mp4) set -- -t 0.7 "$@";; esac')
    editor = FfmpegEditor(liar)
    plan = Composition(clips=(footage.clip("a.mp4"),), width_px=90, height_px=160)
    with pytest.raises(Trouble, match=r"failed its check: .*it is 0\.\d+ s long and not 2\.00 s") as caught:
        editor.compose(plan, tmp_path / "out" / "final.mp4")
    assert caught.value.fault is Fault.BAD_MEDIA
    assert list((tmp_path / "out").iterdir()) == []
    editor.close()


def test_half_files_of_long_ago_are_swept_and_young_ones_are_left(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    old, young = tmp_path / "final.0123abcd.part.mp4", tmp_path / "final.4567abcd.part.mp4"
    other = tmp_path / "other.0123abcd.part.mp4"
    for path in (old, young, other):
        path.write_bytes(b"half")
    long_ago = time.time() - STALE_AFTER_S - 60
    for path in (old, other):
        os.utime(path, (long_ago, long_ago))
    plan = Composition(clips=(footage.clip("a.mp4"),), width_px=180, height_px=320)
    editor.compose(plan, tmp_path / "final.mp4")
    assert {path.name for path in tmp_path.iterdir()} == {"final.mp4", young.name, other.name}


def test_a_cut_that_is_made_again_replaces_the_old_one(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    (tmp_path / "final.mp4").write_bytes(b"old")
    plan = Composition(clips=(footage.clip("a.mp4"),), width_px=180, height_px=320)
    told = editor.compose(plan, tmp_path / "final.mp4")
    assert (tmp_path / "final.mp4").stat().st_size == told.size_bytes


def test_an_ffmpeg_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="there is no ffmpeg at") as caught:
        FfmpegEditor(tmp_path / "ffmpeg")
    assert caught.value.fault is Fault.BAD_INPUT


def test_another_ffmpeg_by_name_is_used_whatever_the_environment_says(
    footage: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/bin/false")
    used = tmp_path / "used"
    editor = FfmpegEditor(_stand_in(tmp_path, f"touch {used}"))
    editor.thumbnail(footage.clip("a.mp4"), tmp_path / "t.jpg")
    assert used.exists()
    assert ffmpeg_path().name.startswith("ffmpeg-")
    editor.close()


def _stand_in(folder: Path, before: str) -> Path:
    """The real ffmpeg, with a line of shell run before it."""
    script = folder / "ffmpeg"
    script.write_text(f'#!/bin/sh\n{before}\nexec "{ffmpeg_path()}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script
