"""Memory is that of one clip, however many there are, and its bound is a real one."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.media.editor import FfmpegEditor
from activities.media.guard_client import MIB, RESIDENT_BYTES, GuardClient, JobEnding
from activities.media.port import Composition
from schema.failure import Fault, Trouble
from tests.activities.media.footage import ffmpeg
from tests.patching import always

pytestmark = pytest.mark.slow

SIZE: dict[str, Any] = {"width_px": 720, "height_px": 1280}


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip as a phone makes it: 4K, HLG, ten bits."""
    clip = tmp_path_factory.mktemp("phone") / "IMG_0001.MOV"
    tags = "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"
    coded = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1")
    sources = ("-f", "lavfi", "-i", "testsrc2=s=3840x2160:r=30:d=0.6", "-f", "lavfi", "-i", "sine=d=0.6")
    ffmpeg(*sources, *coded, "-x265-params", tags, "-color_range", "tv", "-c:a", "aac", clip)
    return clip


@pytest.fixture
def endings(monkeypatch: pytest.MonkeyPatch) -> list[JobEnding]:
    """How each job of the guard ended, for it tells what it held."""
    told: list[JobEnding] = []
    run = GuardClient.run

    def listened(self: GuardClient, *args: Any, **options: Any) -> JobEnding:
        told.append(run(self, *args, **options))
        return told[-1]

    monkeypatch.setattr(GuardClient, "run", listened)
    return told


def test_six_clips_of_a_phone_need_the_memory_of_two(
    editor: FfmpegEditor, phone: Path, tmp_path: Path, endings: list[JobEnding]
) -> None:
    held: list[int] = []
    for count in (2, 6):
        endings.clear()
        plan = Composition(clips=(phone,) * count, clip_duration=timedelta(seconds=0.3), **SIZE)
        editor.compose(plan, tmp_path / "final.mp4")
        held.append(max(ending.peak_bytes for ending in endings))
    assert held[1] < 1.5 * held[0]
    assert held[1] < RESIDENT_BYTES / 2


def test_a_clip_beyond_the_bound_is_refused_at_the_door_and_told_by_its_name(
    editor: FfmpegEditor, phone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Composition(clips=(phone, phone), **SIZE)
    as_json = "activities.media.guard_client.ChildLimits.as_json"
    limits = {"address_bytes": 2**34, "cpu_s": 60, "file_bytes": 2**30, "core_bytes": 0}
    monkeypatch.setattr(as_json, always(limits | {"resident_bytes": 150 * MIB}))
    with pytest.raises(Trouble, match=r"'IMG_0001\.MOV'.* memory") as caught:
        editor.check(plan)
    assert caught.value.fault is Fault.BAD_FOOTAGE
