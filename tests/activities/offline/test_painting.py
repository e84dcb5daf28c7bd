"""What the offline studio paints: conforming, marked, the same for the same order, and never black or still."""

import re
import subprocess
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from activities.media.binary import ffmpeg_path
from activities.offline.painting.brief import read_order
from activities.offline.painting.encoder import MARK_WORDS
from activities.offline.painting.mark import mark
from activities.offline.painting.order import PaintingOrder, Picture
from activities.offline.painting.painter import paint
from activities.offline.painting.palettes import PALETTES
from activities.offline.painting.scenes import SCENES, build
from activities.offline.painting.sound import VOICES, ambience
from activities.offline.painting.still import still
from activities.offline.texts.revision_notes import read_revision_notes
from tests.activities.studios.orders import AUDIO, VIDEO

pytestmark = pytest.mark.slow

PROMPTS = {
    "wheel": "Wide shot. A potter turns a bowl of clay on the wheel.",
    "candle": "Close-up. A candle burns, wax runs from the flame.",
    "carving": "Wide shot. A carver cuts a rosette into wood with a gouge, shavings fall.",
    "ink": "Wide shot. A brush draws bamboo with ink on paper.",
    "loom": "Macro. The shuttle crosses the warp of the loom.",
    "glass": "Close-up. Molten glass turns before the furnace.",
    "vat": "Close-up. A dyer dips cotton into the indigo vat.",
    "hammered": "Close-up. A hammer plants dimples in copper.",
}


def order(
    prompt: str = f"{PROMPTS['loom']} Audio: {AUDIO}", look: str = "Moon jar|a pottery", **changes: object
) -> PaintingOrder:
    """An order of the scene that is painted most quickly, unless another is asked for."""
    fields = {
        "prompt": prompt,
        "look": look,
        "seed": 1,
        "duration": 1,
        "resolution": "720p",
        "aspect_ratio": "9:16",
    }
    return PaintingOrder.model_validate(fields | changes)


@pytest.mark.parametrize(
    "look", ["Moon jar|a pottery; night", "Moon jar|a pottery; low morning sun", "x|gold at noon"]
)
@pytest.mark.parametrize(
    "wish", ["warmer light", "colder", "darker", "brighter", "morning", "dusk", "softer light"]
)
def test_a_light_that_was_asked_for_is_another_than_the_usual_one(look: str, wish: str) -> None:
    light = read_revision_notes(wish).light
    told = f"{VIDEO} Light as asked: {light}, a slow push-in. Textures: golden snow. Audio: {AUDIO}"
    before, after = read_order(order(look=look)), read_order(order(told, look=look))
    assert light
    assert after.palette != before.palette
    assert after.room_seed == before.room_seed


def test_the_same_order_gives_the_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        paint(order(seed=seed, resolution="480p"), tmp_path / f"{name}.mp4")
    one, two, three = ((tmp_path / f"{name}.mp4").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three


@pytest.mark.parametrize(
    ("aspect_ratio", "size"), [("9:16", (720, 1280)), ("16:9", (1280, 720)), ("1:1", (720, 720))]
)
def test_a_clip_keeps_the_delivery_profile(tmp_path: Path, aspect_ratio: str, size: tuple[int, int]) -> None:
    paint(order(aspect_ratio=aspect_ratio), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as clip:
        picture, sound = clip.streams.video[0], clip.streams.audio[0]
        assert (picture.width, picture.height) == size
        assert (picture.codec_context.name, picture.profile, picture.pix_fmt) == ("h264", "High", "yuv420p")
        assert (picture.average_rate, picture.frames) == (24, 24)
        assert (sound.codec_context.name, sound.rate, sound.channels) == ("aac", 48_000, 2)
        assert clip.metadata["comment"] == MARK_WORDS
        shown = next(clip.decode(picture))
        assert (int(shown.colorspace), int(shown.color_range)) == (1, 1)
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_mark_stands_inside_the_safe_box_and_can_be_read() -> None:
    left, top, right, bottom = mark(MARK_WORDS, 720, 1280).getchannel("A").point(_solid).getbbox() or (
        0,
        0,
        0,
        0,
    )
    assert 40 <= left < right <= 720 - 190 * 720 / 1080
    assert 180 <= top < bottom <= 1280 - 480 * 1280 / 1920
    assert bottom - top >= 16


def _solid(alpha: int) -> int:
    return 255 if alpha > 200 else 0


def test_the_mark_is_in_the_picture_of_a_finished_clip(tmp_path: Path) -> None:
    paint(order(PROMPTS["candle"]), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as clip:
        shown = next(clip.decode(video=0)).to_ndarray(format="gray")
    letters = np.asarray(mark(MARK_WORDS, 720, 1280).getchannel("A").point(_solid)) > 0
    white = np.asarray(mark(MARK_WORDS, 720, 1280).convert("L")) > 200
    assert shown[letters & white].mean() > 185


@cache
def frames_of(name: str) -> list[NDArray[np.float32]]:
    """The beginning, the middle and the end of a scene of five seconds."""
    scene = build(read_order(order(PROMPTS[name])))
    return [scene.frame(5 * share, share).astype(np.float32) for share in (0.0, 0.5, 1.0)]


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_scene_is_bright_enough_rich_and_moves(name: str) -> None:
    assert read_order(order(PROMPTS[name])).scene == name
    frames = frames_of(name)
    for frame in frames:
        assert frame.shape == (1280, 720, 3)
        assert frame.mean() > 22
        assert frame.std() > 16
    assert np.abs(frames[0] - frames[1]).mean() > 0.8
    assert np.abs(frames[1] - frames[2]).mean() > 0.8


def test_all_scenes_differ_from_each_other() -> None:
    small = {
        name: np.asarray(Image.fromarray(frames_of(name)[1].astype(np.uint8)).resize((18, 32)), np.float32)
        for name in PROMPTS
    }
    names = sorted(small)
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            assert np.abs(small[one] - small[other]).mean() > 8, (one, other)


def test_scenes_of_one_look_share_palette_and_room_and_differ_in_framing() -> None:
    prompts = [
        "Wide shot of a potter at the wheel.",
        "Close-up of wet clay on the wheel.",
        "Macro detail of the wheel.",
    ]
    briefs = [read_order(order(prompt)) for prompt in prompts]
    assert len({brief.palette.name for brief in briefs}) == 1
    assert len({brief.room_seed for brief in briefs}) == 1
    assert [brief.framing for brief in briefs] == ["wide", "close", "detail"]
    assert len({brief.shot_seed for brief in briefs}) == 3


def test_words_of_the_look_choose_the_palette() -> None:
    assert read_order(order(look="Sky|an indigo vat at dusk")).palette.name == "indigo dusk"
    assert read_order(order(look="Wick|a chandlery, candle light at night")).palette.name == "lamplight"
    assert len({read_order(order(look=f"title {n}|place")).palette.name for n in range(60)}) == len(PALETTES)


def test_every_prompt_can_be_painted() -> None:
    for prompt in ("x", "дом у реки", "🫖", "Audio: only sound"):
        assert read_order(order(prompt)).scene in SCENES


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_every_sound_is_heard_and_none_clips(voice: str) -> None:
    sound = ambience(np.random.default_rng(5), (VOICES[voice][2][0],), 5)
    assert sound.shape == (240_000, 2)
    assert np.isfinite(sound).all()
    assert 0.05 < np.abs(sound).max() <= 0.5
    assert np.sqrt((sound**2).mean()) > 0.02


def test_sound_follows_the_words() -> None:
    metal, water = (ambience(np.random.default_rng(5), (word,), 5) for word in ("hammer", "drip"))
    assert not np.array_equal(metal, water)


def test_loudness_is_soft_and_even(tmp_path: Path) -> None:
    paint(order(duration=5, resolution="480p"), tmp_path / "clip.mp4")
    command = [str(ffmpeg_path()), "-nostdin", "-hide_banner", "-i", str(tmp_path / "clip.mp4")]
    measured = subprocess.run(
        [*command, "-af", "ebur128", "-f", "null", "-"], capture_output=True, text=True, check=True
    )
    loudness = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", measured.stderr)[-1])
    assert -34 < loudness < -16


def test_the_same_picture_gives_the_same_bytes_in_any_shape(tmp_path: Path) -> None:
    for name, width in (("one", 300), ("two", 300), ("wide", 900)):
        asked = Picture(prompt=PROMPTS["loom"], seed=1, width_px=width, height_px=500)
        still(asked, tmp_path / f"{name}.jpg")
        with Image.open(tmp_path / f"{name}.jpg") as image:
            assert image.size == (width, 500)
    assert (tmp_path / "one.jpg").read_bytes() == (tmp_path / "two.jpg").read_bytes()
