"""A board under the gouge: grooves that open along a pattern, shavings that roll aside."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from activities.offline.painting import canvas
from activities.offline.painting.air import Motes
from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import Frame, Mask, Picture
from activities.offline.painting.carvings import carved_motif
from activities.offline.painting.growth import Sheet, Traced
from activities.offline.painting.palettes import Colour, colour

_STONE = {"stone", "tuff", "khachkar"}
_CLAY = {"clay", "pot", "celadon", "vessel"}
_PLASTER = {"plaster", "gebs", "stucco", "arabesque"}


@dataclass(frozen=True)
class _Shaving:
    """One curl: when it springs off, and where it comes to rest."""

    born: float
    start: tuple[float, float]
    rest: tuple[float, float]
    turns: tuple[Image.Image, ...]


class CarvingScene:
    """The work from above, in slanting window light."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        shot = brief.shot("carving")
        scale = {"wide": 0.84, "close": 1.22, "detail": 2.4}[brief.framing]
        self._traced = Traced(carved_motif(brief, shot, scale), lift=46)
        ground = self._ground(brief.room("board"))
        carved = self._carved(ground, shot, scale)
        sun = canvas.window_light(brief.room("window"), 22)
        shade = canvas.leaf_shadow(brief.room("branch"))
        self._sheets = [
            Sheet(
                self._in_light(ground, sun, shade, turn),
                self._in_light(carved, sun, shade, turn),
                self._traced,
                0.012,
            )
            for turn in range(2)
        ]
        self._tool, self._tool_shadow = _gouge(brief.palette.wood, scale)
        self._shavings = self._make_shavings(shot, scale)
        self._motes = Motes(shot, 46, brief.palette.light, rise=5, size=1.7, strength=0.45)

    def frame(self, seconds: float, share: float) -> Frame:
        """Paint one moment."""
        moment = 0.12 + 0.9 * share
        for sheet in self._sheets:
            sheet.advance(moment)
        sway = 0.5 + 0.5 * np.sin(seconds * 1.0 + 0.4)
        image = Image.blend(
            Image.fromarray(self._sheets[0].frame), Image.fromarray(self._sheets[1].frame), float(sway)
        )
        for shaving in self._shavings:
            self._lay(image, shaving, moment)
        x, y, touching = self._traced.tip(moment)
        lift = 0 if touching else 18
        push = 3 * np.sin(seconds * 11) if touching else 0
        left, top = round(x - 12 + push * 0.6), round(y - 12 + push * 0.6)
        image.paste((20, 14, 10), (left + 22 + lift, top + 16 + lift), self._tool_shadow)
        image.paste(self._tool, (left, top - lift), self._tool)
        frame = np.array(image)
        self._motes.draw(frame, seconds)
        return frame

    def _lay(self, image: Image.Image, shaving: _Shaving, moment: float) -> None:
        age = (moment - shaving.born) / 0.07
        if age <= 0:
            return
        way = 1 - (1 - min(age, 1)) ** 3
        x = shaving.start[0] + (shaving.rest[0] - shaving.start[0]) * way
        y = (
            shaving.start[1]
            + (shaving.rest[1] - shaving.start[1]) * way
            - 60 * np.sin(np.pi * way) * (age < 1)
        )
        turn = shaving.turns[int(way * (len(shaving.turns) - 1))]
        at = (round(x - turn.width / 2), round(y - turn.height / 2))
        dark = turn.getchannel("A").point([int(v * 0.4) for v in range(256)])
        image.paste((24, 16, 10), (at[0] + 7, at[1] + 9), dark)
        image.paste(turn, at, turn)

    def _ground(self, room: Generator) -> Picture:
        words, palette = self._brief.words, self._brief.palette
        if words & _STONE:
            stone = palette.material * 0.4 + colour("a58d84") * 0.6
            pits = np.clip(canvas.noise(room, (4, 4)) - 0.8, 0, 1) * 0.3
            return canvas.filled(stone) * (1 + 0.08 * canvas.clouds(room, 120, 5) - pits)[..., None] * 0.9
        if words & _PLASTER:
            plaster = colour("ece3d2") * 0.8 + palette.wall * 0.2
            return canvas.filled(plaster) * (1 + 0.03 * canvas.clouds(room, 140, 5))[..., None] * 0.92
        if words & _CLAY:
            return (
                canvas.filled(palette.material) * (1 + 0.05 * canvas.clouds(room, 160, 5))[..., None] * 0.85
            )
        pale = canvas.wood(room, palette, upright=bool(room.integers(2)))
        return pale * 0.55 + (pale / palette.wood) * (palette.material * 0.62 + colour("d9b483") * 0.38) * 0.5

    def _carved(self, ground: Picture, shot: Generator, scale: float) -> Picture:
        """The same board with every groove cut: fresh material, a lit and a shaded flank."""
        depth = self._traced.depth
        valley = -(depth**0.8) * 26 * scale
        light = canvas.relief(valley + canvas.noise(shot, (3, 3)) * 0.35 * (depth > 0), 0.16, (-0.75, -0.66))
        inside = canvas.step(0, 0.06, depth)
        soft, hard = soft_and_hard(depth)
        fresh = ground * 1.16 + 0.035
        cut = canvas.mix(ground, fresh, inside) * np.clip(light, 0.35, 1.5)[..., None]
        return cut * (1 - 0.16 * soft - 0.1 * hard)[..., None]

    def _in_light(self, picture: Picture, sun: Mask, shade: Mask, turn: int) -> Picture:
        moved = np.roll(shade, (turn * 10, turn * 16), (0, 1))
        bright = 0.7 + 0.5 * sun * (1 - 0.55 * moved)
        tint = self._brief.palette.light
        toned = picture * bright[..., None] * (0.5 + 0.5 * tint / float(tint.max()))
        return canvas.grained(canvas.vignette(toned, 0.45), self._brief.room("grain"), 0.011)

    def _make_shavings(self, shot: Generator, scale: float) -> list[_Shaving]:
        """Curls for wood, crumbs for stone and plaster, spread over the whole clip."""
        words, palette = self._brief.words, self._brief.palette
        crumbs = bool(words & (_STONE | _PLASTER | _CLAY))
        tint = colour("efe7d8") if words & _PLASTER else palette.material * 0.5 + colour("ead0a2") * 0.5
        found: list[_Shaving] = []
        for born in np.linspace(0.02, 0.98, 34 if crumbs else 22):
            x, y, _ = self._traced.tip(float(born))
            away = shot.uniform(0, 2 * np.pi)
            far = shot.uniform(70, 210) * scale**0.5
            size = shot.uniform(5, 11) * scale if crumbs else shot.uniform(20, 38) * scale**0.7
            turns = _crumb(shot, tint, size) if crumbs else _curl(shot, tint, size)
            found.append(
                _Shaving(float(born), (x, y), (x + far * np.cos(away), y + far * np.sin(away) + 30), turns)
            )
        return found


def soft_and_hard(depth: Mask) -> tuple[Mask, Mask]:
    """Return the dimness around a groove, and that at its bottom."""
    return canvas.soften((depth > 0).astype(np.float32), 9) * (depth == 0), np.clip(depth - 0.6, 0, 1) * 2


def _curl(shot: Generator, tint: Colour, size: float) -> tuple[Image.Image, ...]:
    """A rolled ribbon of wood, in eight turns."""
    side = int(size * 5)
    scale = 3
    image = Image.new("RGBA", (side * scale, side * scale))
    pen = ImageDraw.Draw(image)
    middle = side * scale / 2
    loops, wander = shot.uniform(1.6, 2.4), shot.uniform(0.5, 1.6)
    for index in range(260):
        t = index / 259
        turn = t * loops * 2 * np.pi
        radius = size * scale * (0.25 + 0.95 * t**0.8)
        x = middle + radius * np.cos(turn) + (t - 0.6) * size * scale * wander
        y = middle + radius * np.sin(turn) * 0.72
        tone = 0.74 + 0.34 * np.sin(turn + 0.9)
        shade = tuple(int(v) for v in np.clip(tint * 255 * tone, 0, 255))
        wide, tall = size * scale * 0.1, size * scale * (0.3 - 0.12 * t)
        pen.line([(x - wide, y - tall), (x + wide, y + tall)], fill=(*shade, 255), width=4)
    image = image.resize((side, side), Image.Resampling.LANCZOS)
    first = shot.uniform(0, 360)
    return tuple(image.rotate(first + turn * 28, Image.Resampling.BICUBIC) for turn in range(8))


def _crumb(shot: Generator, tint: Colour, size: float) -> tuple[Image.Image, ...]:
    """A chip with a bright and a dark side."""
    side = int(size * 3) + 2
    image = Image.new("RGBA", (side * 3, side * 3))
    pen = ImageDraw.Draw(image)
    middle, points = side * 1.5, int(shot.integers(5, 8))
    turns = np.sort(shot.uniform(0, 2 * np.pi, points))
    outline = [
        (
            middle + size * 3 * shot.uniform(0.6, 1) * np.cos(a),
            middle + size * 3 * shot.uniform(0.5, 0.9) * np.sin(a),
        )
        for a in turns
    ]
    for offset, tone in ((0.0, 0.6), (-size * 0.5, 1.02)):
        shade = tuple(int(v) for v in np.clip(tint * 255 * tone, 0, 255))
        pen.polygon([(x + offset, y + offset) for x, y in outline], fill=(*shade, 255))
    image = image.resize((side, side), Image.Resampling.LANCZOS)
    return tuple(image.rotate(turn * 40, Image.Resampling.BICUBIC) for turn in range(8))


def _gouge(wood: Colour, scale: float) -> tuple[Image.Image, Image.Image]:
    """A gouge that lies to the lower right, its edge in the upper left corner, and its soft shadow."""
    long, thick = 560 * scale**0.5, 21 * scale**0.6
    image = Image.new("RGBA", (int(long * 0.86), int(long * 0.86)))
    pen = ImageDraw.Draw(image)
    heading = np.array((0.72, 0.69))
    side = np.array((-heading[1], heading[0]))
    tip = np.array((12.0, 12.0))
    for index in range(36):
        share = index / 35 * 2 - 1
        tone = 0.5 + 0.62 * (1 - abs(share - 0.3) / 1.3)
        steel = tuple(int(v) for v in np.clip(np.array((0.74, 0.75, 0.78)) * 255 * tone * 1.1, 0, 255))
        blade = [
            tip + side * share * thick * 0.62,
            tip + heading * 190 * scale**0.5 + side * share * thick * 0.42,
        ]
        pen.line([tuple(point) for point in blade], fill=(*steel, 255), width=3)
        handle = tuple(int(v) for v in np.clip(wood * 255 * tone * 1.35, 0, 255))
        start = tip + heading * 186 * scale**0.5
        stops = (0.0, 0.06, 0.3, 0.55, 0.8, 1.0)
        swell = (0.62, 0.8, 1.0, 0.86, 1.0, 0.55)
        body = [
            start + heading * long * 0.72 * s + side * share * thick * w
            for s, w in zip(stops, swell, strict=True)
        ]
        pen.line([tuple(point) for point in body], fill=(*handle, 255), width=3)
    image = image.filter(ImageFilter.GaussianBlur(0.9))
    shadow = (
        image.getchannel("A").filter(ImageFilter.GaussianBlur(11)).point([int(v * 0.45) for v in range(256)])
    )
    return image, shadow
