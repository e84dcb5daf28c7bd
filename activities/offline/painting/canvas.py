"""What every scene is painted with: light, texture, softness. Pictures are float arrays from 0 to 1."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from activities.offline.painting.palettes import Colour, Palette

Picture = NDArray[np.floating[Any]]
"""Height x width x 3."""
Mask = NDArray[np.floating[Any]]
"""Height x width, 0 to 1."""
Frame = NDArray[np.uint8]

WIDTH = 720
HEIGHT = 1280


def grid(width: int = WIDTH, height: int = HEIGHT) -> tuple[Mask, Mask]:
    """Return x and y of every pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x, y


def filled(tint: Colour, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Return one colour everywhere."""
    return np.broadcast_to(tint, (height, width, 3)).astype(np.float32)


def noise(dice: Generator, cells: tuple[float, float], width: int = WIDTH, height: int = HEIGHT) -> Mask:
    """Return soft noise around 0 (about -1 to 1) with bumps `cells` (width, height) pixels wide."""
    small = dice.normal(0, 0.6, (max(2, int(height / cells[1]) + 2), max(2, int(width / cells[0]) + 2)))
    image = Image.fromarray(small.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float32)


def clouds(
    dice: Generator,
    cell: float,
    octaves: int = 4,
    stretch: float = 1,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Mask:
    """Return noise of several sizes, from `cell` pixels down; `stretch` above 1 draws it out sideways."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        size = max(cell / 2**octave, 1.5)
        total += noise(dice, (size * stretch, size), width, height) * 0.55**octave
    return total


def soften(mask: Mask, radius: float) -> Mask:
    """Blur a mask; wide blurs are made small, where they cost little."""
    height, width = mask.shape
    shrink = max(1, int(radius / 6))
    image = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
    if shrink > 1:
        image = image.resize((max(1, width // shrink), max(1, height // shrink)), Image.Resampling.BOX)
    image = image.filter(ImageFilter.GaussianBlur(radius / shrink))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float32) / 255


def out_of_focus(picture: Picture, radius: float) -> Picture:
    """Blur a picture as a lens does what lies far behind."""
    return np.stack([soften(picture[..., channel], radius) for channel in range(3)], axis=-1)


def drawn(
    paint: Callable[[ImageDraw.ImageDraw], None], width: int = WIDTH, height: int = HEIGHT, scale: int = 2
) -> Mask:
    """Return what `paint` draws in white at `scale` times the size, smoothed down."""
    image = Image.new("L", (width * scale, height * scale))
    paint(ImageDraw.Draw(image))
    return np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float32) / 255


def step(low: float, high: float, value: Mask) -> Mask:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def glow(
    cx: float, cy: float, radius: float, width: int = WIDTH, height: int = HEIGHT, squash: float = 1
) -> Mask:
    """Return a soft spot of light."""
    x, y = grid(width, height)
    return np.exp(-(((x - cx) / radius) ** 2 + ((y - cy) / (radius * squash)) ** 2))


def mix(under: Picture, over: Picture | Colour, mask: Mask) -> Picture:
    """Lay one picture or colour over another through a mask."""
    return under + (over - under) * mask[..., None]


def lit(picture: Picture, light: Colour, mask: Mask, strength: float = 1) -> Picture:
    """Add light: bright places glow, dark ones keep their colour."""
    return picture + (1 - np.clip(picture, 0, 1)) * light * (mask * strength)[..., None]


def vignette(picture: Picture, strength: float = 0.45) -> Picture:
    """Darken the corners."""
    height, width = picture.shape[:2]
    x, y = grid(width, height)
    distance = np.hypot((x - width / 2) / width, (y - height / 2) / height * 1.15)
    return picture * (1 - strength * step(0.28, 0.82, distance))[..., None]


def grained(picture: Picture, dice: Generator, strength: float = 0.012) -> Picture:
    """Add fine grain, which keeps soft gradients from showing steps."""
    return picture + dice.normal(0, strength, picture.shape[:2]).astype(np.float32)[..., None]


def developed(picture: Picture) -> Frame:
    """Return the picture as bytes, highlights rolled off softly."""
    rolled = np.where(picture > 0.8, 0.8 + 0.2 * np.tanh((picture - 0.8) / 0.2), picture)
    return (np.clip(rolled, 0, 1) * 255 + 0.5).astype(np.uint8)


def relief(height: Mask, strength: float, light_from: tuple[float, float] = (-0.7, -0.7)) -> Mask:
    """Return how bright a surface of this height is under slanting light; 1 where it is flat."""
    down, across = np.gradient(height)
    return np.asarray(1 - strength * (across * -light_from[0] + down * -light_from[1]), np.float32)


def wood(
    dice: Generator, palette: Palette, width: int = WIDTH, height: int = HEIGHT, upright: bool = False
) -> Picture:
    """Return planed wood; the grain runs sideways, or upright."""
    if upright:
        return wood(dice, palette, height, width).swapaxes(0, 1)
    x, y = grid(width, height)
    bend = clouds(dice, 220, 3, 3.5, width, height)
    rings = np.sin((y / 13 + bend * 5.5) + 0.9 * np.sin(x / 300 + bend * 2))
    fibre = noise(dice, (60, 1.6), width, height)
    tone = 1 + 0.13 * rings * (0.5 + 0.5 * noise(dice, (180, 40), width, height)) + 0.055 * fibre + 0.1 * bend
    return palette.wood * tone[..., None]


def plaster(dice: Generator, palette: Palette) -> Picture:
    """Return the wall of the room: lit from the upper left, uneven, out of focus."""
    x, y = grid()
    fall = step(-0.1, 1.15, (x / WIDTH) * 0.75 + (y / HEIGHT) * 0.55 + 0.08 * clouds(dice, 400, 2))
    wall = mix(filled(palette.wall), palette.shade, fall)
    return wall * (1 + 0.035 * clouds(dice, 90, 4))[..., None]


def window_light(dice: Generator, softness: float = 16) -> Mask:
    """Return the light of a window thrown on a surface: slanted panes with soft edges."""
    left, top = dice.uniform(-60, 180), dice.uniform(60, 260)
    pane_w, pane_h, slant = dice.uniform(130, 180), dice.uniform(200, 270), dice.uniform(0.25, 0.5)

    def panes(draw: ImageDraw.ImageDraw) -> None:
        for column in range(2):
            for row in range(3):
                x, y = left + column * (pane_w + 22), top + row * (pane_h + 22)
                corners = [(x, y), (x + pane_w, y), (x + pane_w, y + pane_h), (x, y + pane_h)]
                draw.polygon(
                    [(px + (py - top) * slant, py + (px - left) * 0.18) for px, py in corners], fill=255
                )

    return soften(drawn(panes, scale=1), softness)


def leaf_shadow(dice: Generator) -> Mask:
    """Return the soft shadow of a branch, as it falls through a window."""
    stem = [(dice.uniform(0.5, 1.1) * WIDTH, -40.0)]
    heading = dice.uniform(1.7, 2.3)
    for _ in range(26):
        heading += dice.uniform(-0.16, 0.16)
        stem.append((stem[-1][0] + 34 * np.cos(heading), stem[-1][1] + 34 * np.sin(heading)))

    def branch(draw: ImageDraw.ImageDraw) -> None:
        draw.line(stem, fill=255, width=7)
        for index, (x, y) in enumerate(stem[2:]):
            side = heading + (0.9 if index % 2 else -0.9) + dice.uniform(-0.4, 0.4)
            length, breadth = dice.uniform(60, 120), dice.uniform(13, 24)
            along, across = (np.cos(side), np.sin(side)), (-np.sin(side), np.cos(side))
            outline: list[tuple[float, float]] = []
            for turn in np.linspace(0, 2 * np.pi, 22):
                far, wide = (1 - np.cos(turn)) / 2 * length, np.sin(turn) * breadth
                outline.append((x + along[0] * far + across[0] * wide, y + along[1] * far + across[1] * wide))
            draw.polygon(outline, fill=255)

    return soften(drawn(branch, scale=1), 9)


def blend(one: Frame, other: Frame, share: float) -> Frame:
    """Return a frame between two, cheaply: how light changes."""
    return np.asarray(Image.blend(Image.fromarray(one), Image.fromarray(other), share))
