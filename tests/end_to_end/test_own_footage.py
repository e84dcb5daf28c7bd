"""Your own footage: whatever a folder holds, either a finished video comes of it, or one line says what is wrong."""

import json
from pathlib import Path

import pytest

from tests.activities.media.footage import Footage, ffmpeg, look
from tests.end_to_end.product import Product


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """A place to wish for clips."""
    return Footage(tmp_path_factory.mktemp("clips"))


def test_mixed_clips_with_and_without_sound_become_one_mastered_video(stack: Product, tmp_path: Path) -> None:
    folder = tmp_path / "lyon_bakery-2026"
    folder.mkdir()
    mixed = Footage(folder)
    mixed.clip("1 tall.mp4", size="180x320", rate="30", conforming=False)
    mixed.clip("2 wide.webm", size="320x180", rate="25", sound=None, conforming=False, extra=("-c:v", "vp9"))
    mixed.clip("3 quick.mov", size="200x200", rate="50", conforming=False)
    answer = stack("demo", "--clips", str(folder), "--approve", "--json")
    assert answer.json["state"] == "published"
    assert answer.json["cost_usd"] == 0.0
    assert "checking clip 2 of 3: 2 wide.webm" in answer.err
    item_id = answer.json["item_id"]
    post = json.loads((stack.home / "outbox" / item_id / "post.json").read_text())
    assert (post["title"], post["caption"]) == ("Lyon bakery 2026", "")
    assert not (stack.home / "content" / item_id / "idea.json").exists()
    seen = look(Path(answer.json["video"]))
    assert (seen.width_px, seen.height_px) == (720, 1280)
    assert seen.picture_s == pytest.approx(6, abs=0.3)
    assert seen.loudness_lufs == pytest.approx(-14, abs=1)


def test_clips_that_are_of_no_use_are_refused_in_one_line_before_anything_begins(
    stack: Product, tmp_path: Path, footage: Footage
) -> None:
    whole = footage.clip("whole.mp4", seconds=3).read_bytes()
    tiny = tmp_path / "tiny.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=s=2x2:r=24", "-t", "1", "-vf", "scale=2:2", tiny)
    bad = {
        "diary.mp4": (b"Dear diary, today I carved a spoon. " * 50, "diary.mp4"),
        "cut.mp4": (whole[: len(whole) * 2 // 3], "cut.mp4"),
        "list.mp4": (b"#EXTM3U\n#EXTINF:5,\n/etc/passwd\n", "is a playlist, not a video"),
        "tiny.mp4": (tiny.read_bytes(), "tiny.mp4"),
        "empty.mp4": (b"", "is an empty file"),
    }
    before = stack.ask("select count(*) from item"), files(stack)
    for name, (content, said) in bad.items():
        folder = tmp_path / f"folder of {name}"
        folder.mkdir()
        (folder / "0 good.mp4").write_bytes(whole)
        (folder / name).write_bytes(content)
        refused = stack("make", "--account", "clay", "--clips", str(folder), code=2).err.splitlines()
        assert said in refused[-1]
        assert refused[-1].startswith("reelwright: ")
        assert all(line.startswith("checking clip") for line in refused[:-1])
    (tmp_path / "nothing").mkdir()
    for folder, said in (
        ("not there", "there is no folder"),
        ("nothing", "is empty; put your video files into it"),
        ("tiny.mp4", "there is no folder"),
    ):
        assert said in stack("demo", "--approve", "--clips", str(tmp_path / folder), code=2).line
    assert (stack.ask("select count(*) from item"), files(stack)) == before


def files(stack: Product) -> set[Path]:
    """All that lies in the items' folders."""
    return set((stack.home / "content").rglob("*")) | set((stack.home / "cache" / "scratch").rglob("*"))


def test_intro_outro_and_watermark_go_around_and_onto_the_clips(stack: Product, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    Footage(folder).clip("a.mp4", size="180x320", seconds=3)
    around = Footage(tmp_path)
    intro = around.clip("intro.mp4", size="180x320", seconds=2)
    outro = around.clip("outro.mp4", size="180x320", seconds=2)
    mark = tmp_path / "mark.png"
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:c=white", "-frames:v", "1", mark)
    words = ("--clips", str(folder), "--intro", str(intro), "--outro", str(outro), "--watermark", str(mark))
    item_id = stack.waiting("clay", *words)
    assert look(stack.home / "content" / item_id / "final.mp4").picture_s == pytest.approx(7, abs=0.3)
    stack("reject", item_id)
    refused = stack("make", "--account", "clay", "--watermark", str(intro), code=2)
    assert "is no PNG" in refused.line
