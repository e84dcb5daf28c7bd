"""One moment of a painting, as a picture."""

from pathlib import Path

from PIL import Image, ImageOps

from activities.offline.painting.brief import read_order
from activities.offline.painting.encoder import MARK_WORDS
from activities.offline.painting.mark import mark
from activities.offline.painting.order import Picture
from activities.offline.painting.scenes import build

MOMENT_S = 2.5
"""When something is to be seen in every scene: half-way through a clip of five seconds."""
_QUALITY = 92


def still(order: Picture, to: Path) -> None:
    """Paint the order into the file `to`, a JPEG of exactly its size. The same order gives the same bytes."""
    frame = Image.fromarray(build(read_order(order)).frame(MOMENT_S, 0.5))
    _keep(ImageOps.fit(frame, order.size_px, Image.Resampling.LANCZOS), to)


def write_instant_still(to: Path) -> None:
    """Write the one picture that `--instant` hands out: dusk, 720x1280; it never has its name half-made."""
    dusk = Image.linear_gradient("L").resize((720, 1280))
    part = to.with_name(f"{to.stem}.part.jpg")
    _keep(ImageOps.colorize(dusk, (28, 35, 56), (217, 142, 95)), part)
    part.replace(to)


def _keep(picture: Image.Image, to: Path) -> None:
    marked = Image.alpha_composite(picture.convert("RGBA"), mark(MARK_WORDS, *picture.size))
    marked.convert("RGB").save(to, "JPEG", quality=_QUALITY, comment=MARK_WORDS.encode())
