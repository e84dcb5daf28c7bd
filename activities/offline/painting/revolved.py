"""A body of revolution that turns and changes its shape: what a wheel, a lathe or a blowpipe makes."""

import numpy as np
from numpy.random import Generator
from PIL import Image

from activities.offline.painting import canvas
from activities.offline.painting.canvas import HEIGHT, WIDTH, Frame, Mask, Picture, step
from activities.offline.painting.palettes import Colour

TURNS_A_SECOND = 0.75
_LOOK_DOWN = 0.2
"""How much of a ring's depth is seen: the camera stands a little above."""
_AROUND = 768
"""Columns of the skin: one turn."""


class Turned:
    """A vessel, from its shape `before` to its shape `after` over the clip."""

    def __init__(
        self,
        *,
        dice: Generator,
        tint: Colour,
        light: Colour,
        cx: float,
        foot_y: float,
        widest: float,
        heights: tuple[float, float],
        before: tuple[float, ...],
        after: tuple[float, ...],
    ) -> None:
        """Sizes are pixels; the shapes are half widths from rim to foot, as shares of `widest`."""
        self._tint, self._light = tint, light
        self._cx, self._foot_y, self._widest, self._heights = cx, foot_y, widest, heights
        self._before, self._after = _smooth(before), _smooth(after)
        self._skin = self._make_skin(dice)

    @property
    def foot(self) -> float:
        """Half the width where it stands."""
        return float(self._after[-1]) * self._widest

    def _make_skin(self, dice: Generator) -> Mask:
        """The marks of fingers: a spiral of rings, and streaks of slip that show that it turns."""
        rows = 512
        v, u = np.mgrid[0:rows, 0:_AROUND].astype(np.float32)
        turns = v / rows * 21 + u / _AROUND
        rings = np.sin(2 * np.pi * turns) * (0.5 + 0.5 * np.sin(v / 47 + 1.3)) + 0.4 * np.sin(
            2 * np.pi * turns * 2.03 + 1
        )
        streaks = canvas.clouds(dice, 46, 4, 7, _AROUND, rows)
        blend = np.linspace(0, 1, 96, dtype=np.float32)
        streaks[:, :96] = streaks[:, :96] * blend + streaks[:, -96:][:, ::-1] * (1 - blend)
        lean = 0.05 * np.sin(2 * np.pi * u / _AROUND + dice.uniform(0, 6))
        return (0.075 * rings + 0.075 * streaks + lean).astype(np.float32)

    def paint(self, frame: Frame, seconds: float, share: float) -> None:
        """Paint it into a frame, in place.

        Every second column is reckoned and the rest drawn between: marks of the wheel run sideways, so nothing is lost.
        """
        eased = share * share * (3 - 2 * share)
        profile = self._before + (self._after - self._before) * np.float32(eased)
        tall = self._heights[0] + (self._heights[1] - self._heights[0]) * eased
        cx = self._cx + 1.6 * float(np.sin(2 * np.pi * TURNS_A_SECOND * seconds))
        rim_r = float(profile[0]) * self._widest
        top = self._foot_y - tall
        reach = self._widest * 1.04
        y0, y1 = (
            max(int(top - rim_r * _LOOK_DOWN - 6), 0),
            min(int(self._foot_y + self.foot * _LOOK_DOWN + 4), HEIGHT),
        )
        x0, x1 = max(int(cx - reach), 0), min(int(cx + reach), WIDTH)
        x1 -= (x1 - x0) % 2
        x, y = canvas.grid((x1 - x0) // 2, y1 - y0)
        x, y = x * 2 + np.float32(x0 + 0.5 - cx), y + y0
        colours, mask = self._wall(x, y, top, tall, profile, seconds)
        colours, mask = self._with_mouth(colours, mask, x, y, top, rim_r, seconds)
        image = Image.fromarray(frame)
        size = (x1 - x0, y1 - y0)
        over = Image.fromarray((np.clip(colours, 0, 1) * 255).astype(np.uint8)).resize(
            size, Image.Resampling.BILINEAR
        )
        through = Image.fromarray((mask * 255).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
        image.paste(over, (x0, y0), through)
        frame[y0:y1, x0:x1] = np.asarray(image.crop((x0, y0, x1, y1)))

    def _wall(
        self, x: Mask, y: Mask, top: float, tall: float, profile: Mask, seconds: float
    ) -> tuple[Picture, Mask]:
        """The outside: finger marks that turn, light from the left, a wet streak."""
        last = len(profile) - 1
        radii = profile * np.float32(self._widest)
        v = np.clip((y - top) / tall, 0, 1)
        radius = radii[(v * last).astype(np.intp)]
        for _ in range(2):
            s = np.clip(x / radius, -1, 1)
            facing = np.sqrt(1 - s * s)
            v = np.clip((y - radius * _LOOK_DOWN * facing - top) / tall, 0, 1)
            at = (v * last).astype(np.intp)
            radius = radii[at]
        s = np.clip(x / radius, -1, 1)
        facing = np.sqrt(1 - s * s)
        mask = np.clip((radius - np.abs(x)) / 2 + 0.5, 0, 1)
        mask *= np.clip(y - top, 0, 1) * np.clip(self._foot_y + radius * _LOOK_DOWN * facing - y, 0, 1)
        lean_at = np.clip(np.gradient(radii) * np.float32(-0.35 * last / tall), -0.3, 0.3)
        at = (v * last).astype(np.intp)
        turn = ((np.arcsin(s) / np.float32(2 * np.pi) + seconds * TURNS_A_SECOND) * _AROUND).astype(
            np.intp
        ) % _AROUND
        skin = self._skin[(v * 511).astype(np.intp), turn]
        bright = 0.35 + 0.62 * np.clip(0.66 * facing - 0.62 * s + lean_at[at], 0, 1) + skin * (0.35 + facing)
        bright += 0.1 * np.clip(s - 0.75, 0, 1) - 0.1 * v
        wet = np.exp(-(((s + 0.46 + skin * 0.5) / 0.085) ** 2)) * (0.31 + 1.36 * np.clip(skin + 0.12, 0, 0.3))
        return self._tint * bright[..., None] + self._light * wet[..., None], mask

    def _with_mouth(
        self, colours: Picture, mask: Mask, x: Mask, y: Mask, top: float, rim_r: float, seconds: float
    ) -> tuple[Picture, Mask]:
        """The lip and the hollow, seen a little from above; they take the upper rows only."""
        ry = rim_r * _LOOK_DOWN
        rows = slice(0, int(np.clip(top + ry + 3 - float(y[0, 0]), 0, len(y))))
        x, y = x[rows], y[rows]
        ring = np.hypot(x / rim_r, (y - top) / ry)
        inner = np.hypot(x / (rim_r * 0.93), (y - top - 1.5) / (ry * 0.86))
        lip, hollow = step(0, 0.02, 1.0 - ring), step(0, 0.03, 1 - inner)
        depth = np.clip((y - top) / ry, -1, 1)
        turn = (np.arctan2(depth, x / rim_r) / (2 * np.pi) + seconds * TURNS_A_SECOND) % 1
        skin = self._skin[
            np.clip(np.abs(depth) * 60, 0, 511).astype(np.intp), (turn * _AROUND).astype(np.intp) % _AROUND
        ]
        inside = 0.34 + 0.34 * np.clip(x / rim_r, -1, 1) - 0.24 * depth + skin * 0.9
        edge = 0.86 + 0.32 * np.clip(-x / rim_r, -0.5, 1) + skin
        for tone, where in ((edge, lip), (inside, hollow)):
            colours[rows] = canvas.mix(colours[rows], self._tint * tone[..., None], where)
        mask[rows] = np.maximum(mask[rows], lip)
        return colours, mask


def _smooth(shape: tuple[float, ...]) -> Mask:
    """A shape of a few points as a fine, smooth curve."""
    fine = np.interp(np.linspace(0, len(shape) - 1, 256), np.arange(len(shape)), shape)
    kernel = np.hanning(61) / np.hanning(61).sum()
    return np.convolve(np.pad(fine, 30, mode="edge"), kernel, mode="valid").astype(np.float32)
