"""Your own footage: any folder gives a finished video, or one line that says why not."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.activities.media.footage import Footage, ffmpeg, look
from tests.end_to_end.product import PROGRAM, Product


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
    answer = stack.inside("demo", "--clips", str(folder), "--approve", "--json")
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
        refused = stack.inside("make", "--account", "clay", "--clips", str(folder), code=2).err.splitlines()
        assert said in refused[-1]
        assert refused[-1].startswith("reelwright: ")
        assert all(line.startswith("checking clip") for line in refused[:-1])
    (tmp_path / "nothing").mkdir()
    for folder, said in (
        ("not there", "there is no folder"),
        ("nothing", "is empty; put your video files into it"),
        ("tiny.mp4", "is a file; give the folder it lies in"),
    ):
        assert said in stack.inside("demo", "--approve", "--clips", str(tmp_path / folder), code=2).line
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
    (cut,) = (stack.home / "content" / item_id / "cuts").glob("r1-*.mp4")
    assert look(cut).picture_s == pytest.approx(7, abs=0.3)
    stack.inside("reject", item_id)
    refused = stack.inside("make", "--account", "clay", "--watermark", str(intro), code=2)
    assert "'intro.mp4' is no PNG" in refused.line


def test_a_watermark_intro_or_outro_of_no_use_is_refused_by_make_before_anything_is_bought(
    stack: Product, tmp_path: Path, footage: Footage
) -> None:
    whole = footage.clip("whole.mp4", seconds=3)
    large, cut, half = tmp_path / "large.png", tmp_path / "cut.png", tmp_path / "half.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=s=1080x1920:c=white", "-frames:v", "1", large)
    cut.write_bytes(large.read_bytes()[:60])
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    before = stack.ask("select count(*) from item"), stack.ask("select count(*) from operation"), files(stack)
    for option, file, said in (
        ("--watermark", large, "'large.png' is 1080x1920 pixels and does not fit"),
        ("--watermark", cut, "'cut.png' is cut short"),
        ("--intro", half, "'half.mp4'"),
        ("--outro", large, "'large.png' is a picture, not a video"),
    ):
        refused = stack.inside("make", "--account", "clay", option, str(file), code=2)
        assert said in refused.err.splitlines()[-1]
    after = stack.ask("select count(*) from item"), stack.ask("select count(*) from operation"), files(stack)
    assert after == before


def test_a_clip_whose_name_is_no_text_is_composed_like_any_other(stack: Product, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    clip = Footage(tmp_path).clip("plain.mp4", seconds=2, sound=None)
    (folder / os.fsdecode(b"caf\xe9 2.mp4")).write_bytes(clip.read_bytes())
    (folder / os.fsdecode(b"caf\xe9 10.mp4")).write_bytes(clip.read_bytes())
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    answer = stack.inside("demo", "--clips", str(folder), "--approve", "--json")
    assert answer.json["state"] == "published"
    assert look(Path(answer.json["video"])).picture_s == pytest.approx(4, abs=0.1)


def test_an_empty_path_is_refused_and_buys_nothing(stack: Product) -> None:
    """As where a variable of a script is not set: it means neither the current folder nor a bought video."""
    for flag in ("--clips", "--intro", "--outro", "--watermark"):
        refused = stack.inside("make", "--account", "clay", flag, "", code=2).line
        assert "it is empty; name a file or folder, or leave the flag out" in refused


def test_a_person_who_interrupts_the_check_leaves_nothing_behind(stack: Product, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    long = folder / "long.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30:d=20", "-preset", "ultrafast", long)
    before = stack.ask("select count(*) from item"), files(stack)
    words = [PROGRAM, "make", "--account", "clay", "--clips", str(folder)]
    with subprocess.Popen(words, env=stack.environment, stderr=subprocess.PIPE, text=True) as making:
        assert making.stderr is not None
        assert making.stderr.readline() == "checking clip 1 of 1: long.mp4\n"
        making.send_signal(signal.SIGINT)
        assert "interrupted" in making.stderr.read()
        assert making.wait(60) == 130
    assert (stack.ask("select count(*) from item"), files(stack)) == before
