"""Candles in a dark room: wax that glows from within, flames that breathe, a drop that runs."""

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from activities.offline.painting import canvas
from activities.offline.painting.air import Motes, add_light, bokeh
from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import HEIGHT, Frame, Mask, Picture, step
from activities.offline.painting.palettes import colour

_CREAM = colour("f3dcae")
_CORE = colour("fff3c9")
_FLAME = colour("ff9a3c")
_BASE = colour("5a78ff")
_SETTINGS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "wide": ((120, 44, 760), (235, 56, 640), (365, 64, 720), (490, 50, 590), (610, 46, 790)),
    "close": ((150, 78, 700), (372, 108, 560), (600, 84, 780)),
    "detail": ((380, 190, 690),),
}
"""Middle, half width and top of each candle, in pixels."""


class CandleScene:
    """Some candles, or one."""

    def __init__(self, brief: Brief) -> None:
        self._palette = replace(brief.palette, light=brief.palette.light * 0.45 + colour("ffb45e") * 0.55)
        room, shot = brief.room("candles"), brief.shot("candles")
        self._wax = _CREAM * 0.62 + brief.palette.material * 0.38
        self._foot = {"wide": 1010.0, "close": 1120.0, "detail": 1400.0}[brief.framing]
        self._candles = [
            (cx + shot.uniform(-14, 14), half, top + shot.uniform(-30, 30))
            for cx, half, top in _SETTINGS[brief.framing]
        ]
        self._phases = shot.uniform(0, 6.28, (len(self._candles), 3))
        dark = self._room(room)
        for candle in sorted(self._candles, key=lambda candle: candle[2]):
            dark = self._stand(dark, shot, *candle)
        grain = brief.room("grain")
        self._low = canvas.developed(canvas.grained(canvas.vignette(self._lit(dark, 0.72)), grain))
        self._high = canvas.developed(
            canvas.grained(canvas.vignette(self._lit(dark, 1.0)), brief.room("grain"))
        )
        self._drop_on = int(shot.integers(len(self._candles)))
        self._drop_side = shot.uniform(-0.45, 0.3)
        self._motes = Motes(shot, 26, self._palette.light, rise=22, size=1.6, strength=0.4)

    def frame(self, seconds: float, share: float) -> Frame:
        """Paint one moment."""
        flicker = (
            0.55 + 0.25 * np.sin(seconds * 7.3) * np.sin(seconds * 2.9 + 1) + 0.2 * np.sin(seconds * 13.7 + 2)
        )
        frame = np.array(canvas.blend(self._low, self._high, float(np.clip(flicker, 0, 1))))
        self._run_drop(frame, share)
        for candle, phases in zip(self._candles, self._phases, strict=True):
            self._burn(frame, seconds, phases, *candle)
        self._motes.draw(frame, seconds)
        return frame

    def _room(self, room: Generator) -> Picture:
        palette = self._palette
        wall = canvas.plaster(room, palette) * 0.16 + palette.shade * 0.16
        wall = bokeh(wall, room, (palette.light, palette.accent * 0.8, palette.second), 22, 0.02, 0.62, 34)
        table = canvas.wood(room, palette) * 0.32
        _, y = canvas.grid()
        edge = min(self._foot - 90, HEIGHT * 0.86)
        return canvas.mix(wall, table, step(-6, 6, y - edge))

    def _stand(self, picture: Picture, shot: Generator, cx: float, half: float, top: float) -> Picture:
        """One candle: a glowing rim, a body that darkens downward, runs of wax at its side."""
        x, y = canvas.grid()
        s = np.clip((x - cx) / half, -1, 1)
        round_ = np.sqrt(1 - s * s)
        uneven = 0.05 * canvas.clouds(shot, 70, 3)
        body = np.clip(half - np.abs(x - cx) + 0.5, 0, 1)
        body *= step(-1, 1, y - top + half * 0.1 * s) * step(-1, 1, self._foot + half * 0.24 * round_ - y)
        deep = np.exp(-np.maximum(y - top, 0) / (half * 2.1))
        tone = (0.10 + 0.34 * round_ + uneven * 0.6)[..., None] * self._wax
        inner = (
            (deep * (0.35 + 0.65 * round_))[..., None] * (self._palette.light * 0.75 + _FLAME * 0.25) * 0.95
        )
        picture = canvas.mix(picture, tone + inner, body)
        for _ in range(5):
            picture = self._wax_run(picture, x, y, shot, cx, half, top, deep)
        bowl = np.hypot((x - cx) / half, (y - top) / (half * 0.24))
        rim = step(0, 0.03, 1 - bowl)
        pool = step(0, 0.06, 0.82 - bowl)
        picture = canvas.mix(picture, np.clip(self._wax * 1.05 + self._palette.light * 0.12, 0, 1), rim)
        picture = canvas.mix(picture, self._palette.light * 0.86 + _FLAME * 0.12, pool)
        wick_w, wick_h = max(2.0, half * 0.045), half * 0.42
        wick = step(0, 1.5, wick_w - np.abs(x - cx - 2 * np.sin(y / 9))) * (y < top + 2) * (y > top - wick_h)
        return canvas.mix(picture, colour("20120a"), wick)

    def _wax_run(
        self,
        picture: Picture,
        x: Mask,
        y: Mask,
        shot: Generator,
        cx: float,
        half: float,
        top: float,
        deep: Mask,
    ) -> Picture:
        """Wax that ran over the rim and set."""
        at, long, wide = (
            cx + shot.uniform(-0.85, 0.85) * half,
            half * shot.uniform(0.5, 2.4),
            half * shot.uniform(0.07, 0.13),
        )
        narrowing = wide * (0.8 + 0.35 * step(top + long * 0.55, top + long, y))
        from_axis = np.where(y < top + long, np.abs(x - at), np.hypot(x - at, y - top - long))
        run = np.clip(narrowing - from_axis + 0.5, 0, 1) * (y > top)
        ridge = np.clip((at - x) / wide * 0.5 + 0.5, 0, 1)
        tone = (0.24 + 0.42 * ridge + 0.5 * deep)[..., None] * self._wax + deep[
            ..., None
        ] * self._palette.light * 0.25
        return canvas.mix(picture, tone, run * 0.9)

    def _lit(self, dark: Picture, strength: float) -> Picture:
        """Let the flames light the room."""
        x, y = canvas.grid()
        picture = dark
        for cx, half, top in self._candles:
            fy = top - half * 1.5
            far = np.hypot(x - cx, y - fy)
            air = 0.42 * np.exp(-far / (half * 1.7)) + 0.16 * np.exp(-far / (half * 5.5))
            picture = canvas.lit(
                picture, self._palette.light * 0.7 + _FLAME * 0.3, np.clip(air, 0, 1), strength
            )
            on_table = np.exp(-(((x - cx) / (half * 3)) ** 2)) * np.exp(-np.abs(y - self._foot - 40) / 120)
            picture = picture * (1 + 0.9 * on_table * strength)[..., None]
            mirrored = np.exp(-(((x - cx) / (half * 0.7)) ** 2)) * step(0, 30, y - self._foot - half * 0.2)
            picture = canvas.lit(picture, self._palette.light, mirrored * 0.22, strength)
        return picture

    def _burn(self, frame: Frame, seconds: float, phases: Mask, cx: float, half: float, top: float) -> None:
        """Paint one flame, in place."""
        breath = 1 + 0.06 * np.sin(seconds * 9 + phases[0]) + 0.07 * np.sin(seconds * 3.1 + phases[1])
        tall, wide = half * 2.5 * breath, half * 0.46
        lean = half * 0.3 * (np.sin(seconds * 2.3 + phases[2]) + 0.5 * np.sin(seconds * 5.9 + phases[0]))
        pad = wide * 1.5 + abs(lean)
        left, low = cx - pad, top - half * 0.16
        x, y = canvas.grid(int(pad * 2), int(tall + 4))
        v = np.clip(1 - (y + 2) / tall, 0, 1)
        off = x - pad - lean * v**1.7 + (left % 1)
        shape = np.maximum(wide * 2.05 * np.sqrt(v) * (1 - v) ** 0.85, 0.01)
        near = np.abs(off) / shape
        outer = step(0, 0.55, 1 - near) * step(0, 0.05, v) * step(0, 0.2, 1 - v)
        inner = step(0, 0.5, 0.78 - near) * step(0.1, 0.32, v) * step(0, 0.35, 0.93 - v)
        blue = step(0, 0.5, 1 - near) * np.exp(-((v / 0.12) ** 2))
        at = (int(left), int(low - tall))
        add_light(frame, *at, (outer * 0.95).astype(np.float32), _FLAME)
        add_light(frame, *at, inner.astype(np.float32), _CORE)
        add_light(frame, *at, (blue * 0.4).astype(np.float32), _BASE)

    def _run_drop(self, frame: Frame, share: float) -> None:
        """One drop of wax that runs down the side, and slows."""
        cx, half, top = self._candles[self._drop_on]
        way = 1 - (1 - share) ** 2.2
        size = max(4.0, half * 0.085)
        x = cx + self._drop_side * half
        y = top + half * 0.2 + way * half * 2.0
        reach = int(size * 3)
        gx, gy = canvas.grid(2 * reach, 2 * reach)
        dx, dy = gx - reach - x % 1, gy - reach - y % 1
        stretch = np.where(dy < 0, 2.2, 1.0)
        body = np.exp(-((dx / size) ** 2) - (dy / size / stretch) ** 2)
        glint = np.exp(-(((dx + size * 0.3) / (size * 0.35)) ** 2) - ((dy + size * 0.2) / (size * 0.5)) ** 2)
        add_light(
            frame, int(x) - reach, int(y) - reach, (body * 0.34).astype(np.float32), self._palette.light
        )
        add_light(frame, int(x) - reach, int(y) - reach, (glint * 0.8).astype(np.float32), _CORE)
