"""A glasshouse: a gather of molten glass that turns on its pipe before the furnace, and swells."""

import numpy as np

from activities.offline.painting import canvas
from activities.offline.painting.air import Motes, bokeh
from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import HEIGHT, WIDTH, Frame, Mask, Picture, step
from activities.offline.painting.palettes import Colour, colour

_TURNS_A_SECOND = 0.55
_HEAT = tuple(colour(code) for code in ("5a1206", "d4380c", "ff8a1e", "ffd36a", "fff6d8"))


class GlassScene:
    """The pipe comes in from the left, a little downhill; the glass hangs at its end."""

    def __init__(self, brief: Brief) -> None:
        self._palette = brief.palette
        room, shot = brief.room("glass"), brief.shot("glass")
        scale = {"wide": 0.95, "close": 1.15, "detail": 2.2}[brief.framing]
        self._length, self._half = 400 * scale, 168 * scale
        self._neck_x = {"wide": 170.0, "close": 150.0, "detail": 40.0}[brief.framing] + shot.uniform(-20, 20)
        self._cy = {"wide": 730.0, "close": 700.0, "detail": 680.0}[brief.framing] + shot.uniform(-20, 20)
        self._twist, self._canes = shot.uniform(1.2, 3.0), int(shot.integers(5, 9))
        self._smith = bool(brief.words & {"forge", "blacksmith", "anvil", "ingot", "steel", "iron", "copper"})
        self._cane_tint = brief.palette.accent * 0.8 + 0.15
        backs = [self._hall(brief, strength) for strength in (0.78, 1.0)]
        self._low, self._high = (canvas.developed(back) for back in backs)
        self._ripple = canvas.clouds(shot, 60, 3, 2, 512, 256) * 0.06
        self._sparks = Motes(shot, 42, _HEAT[2], rise=95, size=1.5, strength=0.9)
        self._dust = Motes(room, 14, brief.palette.light, rise=10, size=2.4, strength=0.3)

    def frame(self, seconds: float, share: float) -> Frame:
        """Paint one moment."""
        roar = 0.5 + 0.3 * np.sin(seconds * 5.1) * np.sin(seconds * 1.7) + 0.2 * np.sin(seconds * 11)
        frame = np.array(canvas.blend(self._low, self._high, float(np.clip(roar, 0, 1))))
        self._paint_glass(frame, seconds, share)
        self._sparks.draw(frame, seconds)
        self._dust.draw(frame, seconds)
        return frame

    def _hall(self, brief: Brief, strength: float) -> Picture:
        room = brief.room("hall")
        palette = self._palette
        x, y = canvas.grid()
        wall = canvas.plaster(room, palette) * 0.2 + palette.shade * 0.14
        bricks = 0.94 + 0.06 * np.sign(np.sin(y / 15)) * np.sign(np.sin(x / 34 + np.floor(y / 47) * 1.57))
        wall = canvas.out_of_focus(wall * bricks[..., None], 7)
        fx, fy = room.uniform(0.55, 0.8) * WIDTH, room.uniform(0.24, 0.32) * HEIGHT
        mouth = np.hypot((x - fx) / 150, (y - fy) / 130)
        hot = step(-0.03, 0.1, 1 - mouth)
        fire = _heat(np.clip(1.05 - 0.62 * mouth**2 + 0.05 * canvas.clouds(room, 60, 3), 0, 1))
        wall = canvas.mix(wall, fire * (0.75 + 0.25 * strength), hot)
        spill = 0.75 * np.exp(-np.maximum(mouth - 1, 0) / 0.5) + 0.34 * np.exp(
            -np.maximum(mouth - 1, 0) / 1.9
        )
        wall = canvas.lit(
            wall, _HEAT[2] * 0.8 + palette.light * 0.2, np.clip(spill, 0, 1) * (1 - hot * 0.6), strength
        )
        wall = bokeh(wall, room, (palette.light, _HEAT[2]), 9, 0.05, 0.5, 20)
        bench = canvas.wood(room, palette) * 0.26
        edge = self._cy + self._half * 1.35
        bench = canvas.lit(
            bench, _HEAT[2], np.exp(-(((x - 420) / 300) ** 2) - ((y - edge - 30) / 130) ** 2) * 0.6, strength
        )
        picture = canvas.mix(wall, bench, step(-5, 5, y - edge))
        around = np.hypot(
            (x - self._neck_x - self._length * 0.6) / (self._length * 0.8),
            (y - self._cy) / (self._half * 1.9),
        )
        picture = canvas.lit(picture, _HEAT[2], 0.55 * np.exp(-(around**2)), strength)
        return canvas.grained(canvas.vignette(self._pipe(picture, x, y), 0.55), brief.room("grain"))

    def _pipe(self, picture: Picture, x: Mask, y: Mask) -> Picture:
        """The iron pipe: dark, with the fire along its upper edge."""
        half = self._half * 0.1
        s = (y - self._cy) / half
        tone = 0.1 + 0.3 * np.exp(-(((s + 0.45) / 0.3) ** 2)) + 0.1 * np.clip(-s, 0, 1)
        hot = np.exp(-np.maximum(self._neck_x + 30 - x, 0) / 70)
        iron = tone[..., None] * (self._palette.light * 0.5 + 0.4) + hot[..., None] * _HEAT[1] * 0.8
        on = np.clip(half - np.abs(y - self._cy) + 0.5, 0, 1) * (x < self._neck_x + 40)
        return canvas.mix(picture, iron, on)

    def _paint_glass(self, frame: Frame, seconds: float, share: float) -> None:
        swell = 0.84 + 0.16 * share * share * (3 - 2 * share) + 0.008 * np.sin(seconds * 2.4)
        length, half = self._length * (0.9 + 0.1 * share), self._half * swell
        sag = 5 * np.sin(2 * np.pi * _TURNS_A_SECOND * seconds)
        x0, x1 = int(self._neck_x - 10), min(int(self._neck_x + length + 4), WIDTH)
        y0, y1 = max(int(self._cy - half * 1.08 - 8), 0), min(int(self._cy + half * 1.08 + 8), HEIGHT)
        x, y = canvas.grid(x1 - x0, y1 - y0)
        v = np.clip((x + x0 - self._neck_x) / length, 0, 1)
        radius = np.maximum(half * _outline(v), 0.5)
        s = np.clip((y + y0 - self._cy - sag * v) / radius, -1, 1)
        facing = np.sqrt(1 - s * s)
        inside = np.clip(radius - np.abs(y + y0 - self._cy - sag * v) + 0.5, 0, 1) * (v > 0) * (v < 1)
        turn = np.arcsin(s) + 2 * np.pi * _TURNS_A_SECOND * seconds
        waver = self._ripple[((turn * 40).astype(np.intp)) % 256, np.clip(v * 511, 0, 511).astype(np.intp)]
        heat = 0.42 + 0.36 * v + 0.2 * facing**1.5 - 0.3 * (1 - facing) ** 3 + waver
        colour_ = _heat(np.clip(heat, 0, 1))
        if not self._smith:
            canes = step(0.45, 0.9, np.sin(self._canes * (turn + self._twist * v * 3)))
            colour_ = canvas.mix(
                colour_, self._cane_tint, canes * 0.55 * step(0.03, 0.2, v) * (0.35 + 0.65 * facing)
            )
        glints = np.exp(-(((s + 0.52) / 0.07) ** 2)) * step(0.12, 0.3, v) * step(0, 0.3, 0.92 - v)
        glints += 0.5 * np.exp(-(((s - 0.6) / 0.05) ** 2)) * step(0.3, 0.5, v) * step(0, 0.3, 0.85 - v)
        colour_ = colour_ + glints[..., None] * 0.5
        part = frame[y0:y1, x0:x1]
        part[:] = (part + (np.clip(colour_, 0, 1) * 255 - part) * (inside * 0.97)[..., None]).astype(np.uint8)


def _outline(v: Mask) -> Mask:
    """How wide the glass is from its neck to its end: narrow, round, closed."""
    neck = 0.2 + 0.8 * step(0.05, 0.55, v)
    end = np.sqrt(np.clip(1 - np.clip((v - 0.6) / 0.4, 0, 1) ** 2, 0, 1))
    return neck * end


def _heat(amount: Mask) -> Picture:
    """The colour of hot glass: 0 is dull red, 1 nearly white."""
    stops = np.linspace(0, 1, len(_HEAT))
    table: list[Colour] = [np.asarray(tint) for tint in _HEAT]
    channels = [np.interp(amount, stops, [tint[channel] for tint in table]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)
