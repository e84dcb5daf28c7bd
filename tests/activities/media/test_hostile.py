"""What is no usable video is refused in one line that names the file and the remedy."""

import struct
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from activities.media.binary import ffmpeg_path
from activities.media.editor import FfmpegEditor
from activities.media.port import Composition
from schema.failure import Fault, Trouble
from tests.activities.media.footage import Footage, ffmpeg


def refusal(editor: FfmpegEditor, clip: Path) -> str:
    """Inspect a clip that must be refused, and return the one line."""
    with pytest.raises(Trouble) as caught:
        editor.inspect(clip)
    line = str(caught.value)
    assert caught.value.fault is Fault.BAD_FOOTAGE
    assert repr(clip.name) in line
    assert "\n" not in line
    assert ": " in line
    return line


def test_a_good_clip_is_described(editor: FfmpegEditor, footage: Footage) -> None:
    facts = editor.inspect(footage.clip("a.mp4"))
    assert (facts.width_px, facts.height_px, facts.frame_rate) == (180, 320, 24)
    assert (facts.video_codec, facts.audio_codec, facts.has_sound) == ("h264", "aac", True)
    assert facts.duration == timedelta(seconds=2)


def test_a_clip_without_sound_is_good(editor: FfmpegEditor, footage: Footage) -> None:
    facts = editor.inspect(footage.clip("dumb.mp4", sound=None))
    assert (facts.audio_codec, facts.has_sound) == (None, False)


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:5,\n{clip}\n",
        "ffconcat version 1.0\nfile {clip}\n",
        '<?xml version="1.0"?><MPD></MPD>',
    ],
    ids=["hls", "concat", "dash"],
)
def test_a_playlist_in_disguise_is_named_and_opens_nothing(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, text: str
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text(text.format(clip=footage.clip("a.mp4")))
    assert "is a playlist, not a video" in refusal(editor, clip)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is an empty file, not a video"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", "is a stream description"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is a text document"),
        (b"Dear diary, today I carved a spoon. " * 50, "is a text document, not a video"),
        (bytes(range(256)) * 64, "cannot be read as MP4"),
    ],
    ids=["empty", "sdp", "svg", "text", "noise"],
)
def test_what_is_no_video_at_all_is_refused(
    editor: FfmpegEditor, tmp_path: Path, content: bytes, said: str
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    assert said in refusal(editor, clip)


def test_a_missing_file_and_a_folder_are_refused(editor: FfmpegEditor, tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    assert "is not there" in refusal(editor, tmp_path / "gone.mp4")
    assert "is no file" in refusal(editor, tmp_path / "folder.mp4")


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_picture_named_like_a_video_is_refused(editor: FfmpegEditor, tmp_path: Path, kind: str) -> None:
    clip = tmp_path / "clip.mp4"
    Image.new("RGB", (180, 320), "red").save(clip, format=kind)
    assert "is a picture, not a video" in refusal(editor, clip)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "bomb.mp4"
    Image.new("1", (30_000, 30_000)).save(clip, format="png")
    refusal(editor, clip)


def test_one_pixel_is_no_video(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "dot.mov"
    ffmpeg("-f", "lavfi", "-i", "color=s=1x1:d=1,format=rgb24", "-c:v", "png", clip)
    assert "is 1x1 pixels, and 64 a side are the least" in refusal(editor, clip)


def test_a_file_of_sound_alone_is_refused(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "song.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", clip)
    assert "has sound only" in refusal(editor, clip)


def test_a_video_without_frames_is_refused(editor: FfmpegEditor, footage: Footage, tmp_path: Path) -> None:
    clip = tmp_path / "hollow.mp4"
    ffmpeg("-i", footage.clip("a.mp4"), "-c", "copy", "-frames:v", "0", "-frames:a", "0", clip)
    refusal(editor, clip)


def test_hours_are_refused_without_decoding_them(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "long.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:r=1/60:d=7200", clip)
    assert "is longer than 15 minutes (7200 s): cut it first" in refusal(editor, clip)


def test_a_header_that_hides_hours_of_frames_is_refused(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "liar.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:r=1/60:d=7200", clip)
    content = bytearray(clip.read_bytes())
    for box, skip in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        place = content.index(box)
        struct.pack_into(">I", content, place + skip, 1000)
    clip.write_bytes(content)
    assert "is longer than 15 minutes" in refusal(editor, clip)


def test_a_file_cut_short_before_its_index_is_refused(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.mp4"
    ffmpeg("-i", footage.clip("a.mp4"), "-c", "copy", whole)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    assert "cut short; export or download it again" in refusal(editor, cut)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.75])
def test_a_file_cut_short_after_its_index_is_found_out_by_decoding(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, share: float
) -> None:
    content = footage.clip("noisy.mp4", picture="mandelbrot").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(content[: int(len(content) * share)])
    assert "is cut short or damaged (" in refusal(editor, cut)


@pytest.mark.parametrize("name", ["uneven.mp4", "uneven.mkv"])
def test_uneven_footage_cut_short_is_found_out_as_well(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path, name: str
) -> None:
    uneven = ("-vf", "select='not(mod(n,3))+lt(n,20)'", "-fps_mode", "vfr", "-movflags", "+faststart")
    whole = footage.clip(
        f"cut-{name}", picture="mandelbrot", conforming=False, extra=(*uneven, "-c:v", "libx264")
    )
    editor.inspect(whole)
    cut = tmp_path / name
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "is cut short or damaged (" in refusal(editor, cut)


def test_footage_trimmed_by_an_edit_list_is_whole(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    trimmed = tmp_path / "trimmed.mp4"
    ffmpeg("-ss", "1.3", "-i", footage.clip("a.mp4"), "-c", "copy", trimmed)
    assert editor.inspect(trimmed).duration < timedelta(seconds=2.1)
    told = editor.compose(Composition(clips=(trimmed,), width_px=180, height_px=320), tmp_path / "final.mp4")
    assert not told.copied_picture


def test_a_file_with_its_middle_overwritten_is_found_out_by_decoding(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    content = bytearray(footage.clip("noisy.mp4", picture="mandelbrot").read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = bytes(third)
    (tmp_path / "rotten.mp4").write_bytes(content)
    assert "is cut short or damaged (" in refusal(editor, tmp_path / "rotten.mp4")


def test_a_frame_rate_beyond_all_screens_is_refused(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "fast.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:r=400:d=0.2", clip)
    assert "has 400 frames a second, and 120 are the most" in refusal(editor, clip)


def test_sides_beyond_4096_are_refused(editor: FfmpegEditor, tmp_path: Path) -> None:
    clip = tmp_path / "wide.mkv"
    ffmpeg("-f", "lavfi", "-i", "color=s=5000x64:d=0.1", "-c:v", "ffv1", clip)
    assert "is 5000x64 pixels, and 4096 a side are the most" in refusal(editor, clip)


def test_a_composition_names_the_clip_it_cannot_use_and_writes_nothing(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    (tmp_path / "third.mp4").write_text("#EXTM3U\n")
    clips = (footage.clip("a.mp4"), footage.clip("a.mp4"), tmp_path / "third.mp4")
    with pytest.raises(Trouble, match=r"'third\.mp4' is a playlist") as caught:
        editor.compose(Composition(clips=clips, width_px=180, height_px=320), tmp_path / "out" / "final.mp4")
    assert caught.value.fault is Fault.BAD_FOOTAGE
    assert not (tmp_path / "out").exists()


def test_a_watermark_that_is_no_png_is_refused(
    editor: FfmpegEditor, footage: Footage, tmp_path: Path
) -> None:
    clip = footage.clip("a.mp4")
    plan = Composition(clips=(clip,), watermark=clip, width_px=180, height_px=320)
    with pytest.raises(Trouble, match="a watermark is a PNG"):
        editor.compose(plan, tmp_path / "final.mp4")


def test_ffmpeg_itself_refuses_a_playlist_that_gets_past_the_probe(footage: Footage, tmp_path: Path) -> None:
    """The second lock: every input is opened by the demuxer the probe saw, with lists of what may be opened."""
    from activities.media import graph

    (tmp_path / "c0.mp4").write_text(f"#EXTM3U\n#EXTINF:5,\n{footage.clip('a.mp4')}\n")
    opened = graph.open_source(graph.Source("c0.mp4", "mov"))
    argv = [str(ffmpeg_path()), "-nostdin", *graph.write([graph.picture_of(opened)], ("-f", "null"), "-")]
    assert subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False).returncode != 0
