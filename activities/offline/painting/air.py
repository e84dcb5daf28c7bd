"""What hangs in the air and moves: dust in the light, sparks, steam, circles of light far behind."""

import numpy as np
from numpy.random import Generator

from activities.offline.painting.canvas import HEIGHT, WIDTH, Frame, Mask, Picture, clouds, grid, step
from activities.offline.painting.palettes import Colour


def add_light(frame: Frame, x: float, y: float, spot: Mask, tint: Colour) -> None:
    """Add a small patch of light to a frame, in place, its upper left corner at whole pixels x, y."""
    height, width = spot.shape
    left, top = int(x), int(y)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, WIDTH), min(top + height, HEIGHT)
    if x0 >= x1 or y0 >= y1:
        return
    part = frame[y0:y1, x0:x1]
    light = spot[y0 - top : y1 - top, x0 - left : x1 - left, None] * (tint * 255)
    part[:] = np.minimum(part + light * (1 - part / 320), 255).astype(np.uint8)


class Motes:
    """Dust that floats through the light, or sparks that rise."""

    def __init__(
        self,
        dice: Generator,
        count: int,
        tint: Colour,
        rise: float = 6,
        size: float = 2.2,
        strength: float = 0.5,
    ) -> None:
        """`rise` is pixels a second upwards; `size` the radius of a usual one."""
        self._x, self._y = dice.uniform(0, WIDTH, count), dice.uniform(0, HEIGHT, count)
        self._rise, self._drift = rise * dice.uniform(0.4, 1.8, count), dice.uniform(-9, 9, count)
        self._phase, self._size = dice.uniform(0, 6.28, count), size * dice.lognormal(0, 0.4, count)
        self._strength = strength * dice.uniform(0.3, 1, count)
        self._tint = tint

    def draw(self, frame: Frame, seconds: float) -> None:
        """Add all of them to a frame, in place."""
        for x, y, rise, drift, phase, size, strength in zip(
            self._x, self._y, self._rise, self._drift, self._phase, self._size, self._strength, strict=True
        ):
            px = (x + drift * seconds + 10 * np.sin(seconds * 0.7 + phase)) % (WIDTH + 40) - 20
            py = (y - rise * seconds) % (HEIGHT + 40) - 20
            reach = int(size * 3) + 1
            around = np.arange(-reach, reach + 1, dtype=np.float32)
            fall_x = np.exp(-(((around - (px % 1)) / size) ** 2))
            fall_y = np.exp(-(((around - (py % 1)) / size) ** 2))
            twinkle = strength * (0.65 + 0.35 * np.sin(seconds * 2.1 + phase * 3))
            spot = (fall_y[:, None] * fall_x[None, :] * twinkle).astype(np.float32)
            add_light(frame, np.floor(px) - reach, np.floor(py) - reach, spot, self._tint)


class Steam:
    """Slow steam over one place."""

    def __init__(
        self, dice: Generator, cx: float, bottom: float, width: int, height: int, strength: float = 0.3
    ) -> None:
        self._cloud = clouds(dice, 110, 3, 0.8, width, height * 2)
        self._left, self._top, self._height = int(cx - width / 2), int(bottom - height), height
        x, y = grid(width, height)
        sides = step(0.0, 0.45, 0.5 - np.abs(x / width - 0.5))
        self._veil = sides * step(0, 0.5, y / height) * step(0, 0.12, 1 - y / height) * strength

    def draw(self, frame: Frame, seconds: float, tint: Colour) -> None:
        """Add it to a frame, in place."""
        offset = (seconds * 42) % self._height
        whole, part = int(offset), np.float32(offset % 1)
        rows = self._cloud[whole : whole + self._height + 1]
        cloud = rows[:-1] * (1 - part) + rows[1:] * part
        add_light(frame, self._left, self._top, np.clip(cloud + 0.25, 0, 1) * self._veil, tint)


def bokeh(
    picture: Picture,
    dice: Generator,
    tints: tuple[Colour, ...],
    count: int,
    top: float,
    bottom: float,
    radius: float = 30,
) -> Picture:
    """Add lights far out of focus, between two heights (shares of the picture)."""
    result = picture.copy()
    for index in range(count):
        size = radius * dice.uniform(0.5, 1.5)
        cx, cy = dice.uniform(0, WIDTH), dice.uniform(top, bottom) * HEIGHT
        reach = int(size + 4)
        x0, y0 = max(int(cx) - reach, 0), max(int(cy) - reach, 0)
        x1, y1 = min(int(cx) + reach, WIDTH), min(int(cy) + reach, HEIGHT)
        if x0 >= x1 or y0 >= y1:
            continue
        x, y = grid(x1 - x0, y1 - y0)
        distance = np.hypot(x + x0 - cx, y + y0 - cy)
        disc = step(0, 3, size - distance) * (0.55 + 0.45 * step(size * 0.6, size, distance))
        part = result[y0:y1, x0:x1]
        part += (disc * dice.uniform(0.12, 0.5))[..., None] * tints[index % len(tints)]
    return result
