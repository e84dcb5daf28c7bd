"""A sheet and a brush: strokes of ink, cobalt or gold that grow while one watches."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from activities.offline.painting import canvas
from activities.offline.painting.air import Motes
from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import Frame, Mask, Picture, step
from activities.offline.painting.growth import Sheet, Traced
from activities.offline.painting.motifs import motif
from activities.offline.painting.palettes import Colour, colour

_SEAM = {"kintsugi", "seam", "shards", "urushi", "repair"}
_COBALT = {"cobalt", "azulejo", "tile", "lapis", "blue"}
_EARTH = {"mud", "henna", "bogolan", "soga", "madder"}


class InkScene:
    """Paper from above, in window light with the shadow of a branch on it."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        shot = brief.shot("ink")
        self._mending = bool(brief.words & _SEAM)
        scale = {"wide": 0.82, "close": 1.2, "detail": 1.75}[brief.framing]
        self._traced = Traced(motif(brief, shot, scale, mending=self._mending))
        ground = self._ground(brief.room("paper"))
        inked = self._inked(ground, shot)
        sun = canvas.window_light(brief.room("window"), 26)
        shade = canvas.leaf_shadow(brief.room("branch"))
        self._sheets = [
            Sheet(
                self._in_light(ground, sun, shade, turn),
                self._in_light(inked, sun, shade, turn),
                self._traced,
            )
            for turn in range(2)
        ]
        self._brush, self._brush_shadow = _brush(brief.palette.wood, scale, gold=self._mending)
        self._motes = Motes(shot, 18, brief.palette.light, rise=4, size=2.0, strength=0.3)

    def frame(self, seconds: float, share: float) -> Frame:
        """Paint one moment."""
        moment = 0.06 + 0.97 * share
        for sheet in self._sheets:
            sheet.advance(moment)
        sway = 0.5 + 0.5 * np.sin(seconds * 1.1)
        image = Image.blend(
            Image.fromarray(self._sheets[0].frame), Image.fromarray(self._sheets[1].frame), float(sway)
        )
        x, y, touching = self._traced.tip(moment)
        lift = 0 if touching else 16
        left, top = round(x) - 20, round(y) - self._brush.height + 20
        image.paste((28, 20, 14), (left + 16 + lift, top + 20 + lift), self._brush_shadow)
        image.paste(self._brush, (left, top - lift), self._brush)
        frame = np.array(image)
        self._motes.draw(frame, seconds)
        return frame

    def _ground(self, room: Generator) -> Picture:
        """What is drawn on: paper with fibres, a glazed tile, or dark stoneware."""
        palette, words = self._brief.palette, self._brief.words
        fibre = 0.5 * canvas.noise(room, (34, 1.5)) + 0.5 * canvas.noise(room, (1.5, 30))
        cloudy = canvas.clouds(room, 240, 4)
        if self._mending:
            base = canvas.filled(palette.shade * 0.8 + palette.accent * 0.3)
            speck = np.clip(canvas.noise(room, (5, 5)) - 0.9, 0, 1)
            return base * (1 + 0.16 * cloudy + 0.06 * fibre)[..., None] + speck[..., None] * 0.16
        if words & {"tile", "azulejo", "glaze"}:
            x, y = canvas.grid()
            lines = np.minimum(np.abs((x - 30) % 330 - 165), np.abs((y + 60) % 330 - 165))
            tile = canvas.filled(colour("f1ede2")) * (1 + 0.02 * cloudy)[..., None]
            return canvas.mix(tile, colour("9d968a"), step(0, 3, 4 - lines) * 0.7)
        if words & {"cloth", "cotton", "textile"}:
            x, y = canvas.grid()
            weave = 0.035 * np.sin(x * 1.26) * np.sign(np.sin(y * 0.63)) + 0.03 * np.sin(y * 1.26)
            return canvas.filled(colour("e6d3ab")) * (1 + weave + 0.05 * cloudy + 0.03 * fibre)[..., None]
        paper = colour("efe3cb") * 0.75 + palette.wall * 0.25
        return canvas.filled(paper) * (1 + 0.028 * cloudy + 0.026 * fibre)[..., None]

    def _ink(self) -> Colour:
        words = self._brief.words
        if self._mending:
            return colour("e2b04a")
        if words & _COBALT:
            return colour("1f3f8f")
        if words & _EARTH:
            return colour("43261a")
        if words & {"tulip", "rose", "petals", "blossoming"}:
            return self._brief.palette.accent * 0.75
        return colour("17161a")

    def _inked(self, ground: Picture, shot: Generator) -> Picture:
        """The sheet with all strokes on it: dense where the brush is wet, streaked where it runs dry."""
        traced = self._traced
        body = step(0, 0.16, traced.depth)
        if self._mending:
            round_ = np.sqrt(np.clip(1 - traced.across**2, 0, 1))
            shine = 0.55 + 0.35 * round_ - 0.3 * traced.across + 0.1 * canvas.clouds(shot, 20, 2)
            return canvas.mix(
                ground * (1 - 0.35 * canvas.soften(traced.depth, 7))[..., None],
                self._ink() * shine[..., None],
                body,
            )
        bristle = canvas.noise(shot, (3, 3), 256, 512)
        along = (traced.order * 1800).astype(np.intp) % 512
        streak = bristle[along // 9 % 512, ((traced.across + 1) * 46).astype(np.intp) % 256]
        dryness = step(0.1, 0.9, np.abs(canvas.clouds(shot, 300, 2)))
        dense = np.clip(1.02 - 0.85 * dryness * np.clip(streak + 0.25, 0, 1), 0.12, 1)
        edge = 0.16 * np.exp(-(((traced.depth - 0.12) / 0.1) ** 2))
        bled = ground * (1 - 0.10 * canvas.soften(body, 5))[..., None]
        return canvas.mix(bled, self._ink(), np.clip(body * (0.8 * dense + edge + 0.08), 0, 0.97))

    def _in_light(self, picture: Picture, sun: Mask, shade: Mask, turn: int) -> Picture:
        palette = self._brief.palette
        moved = np.roll(shade, (turn * 12, turn * 18), (0, 1))
        bright = 0.8 + 0.3 * sun * (1 - 0.6 * moved)
        toned = picture * bright[..., None] * (0.55 + 0.45 * palette.light / float(palette.light.max()))
        return canvas.grained(canvas.vignette(toned, 0.35), self._brief.room("grain"), 0.01)


def _brush(wood: Colour, scale: float, *, gold: bool) -> tuple[Image.Image, Image.Image]:
    """A brush that leans to the upper right, its tip in the lower left corner, and its soft shadow."""
    long, thick = int(620 * scale**0.5), 15 * scale**0.6
    tall = int(long * 0.94)
    image = Image.new("RGBA", (int(long * 0.62), tall))
    pen = ImageDraw.Draw(image)
    tip, neck, end = (
        np.array((20.0, tall - 20.0)),
        np.array((78.0, tall - 118.0)),
        np.array((long * 0.56, 30.0)),
    )
    heading = (end - neck) / np.hypot(*(end - neck))
    side = np.array((-heading[1], heading[0]))
    tuft = colour("e9c65d") if gold else colour("26201d")
    for index in range(24):
        share = index / 23 * 2 - 1
        tone = 0.55 + 0.6 * (1 - abs(share + 0.35))
        bulge = neck + side * share * thick * 0.95 + heading * -34
        shade = tuple(int(v) for v in np.clip(tuft * 255 * (0.6 + 0.5 * tone), 0, 255))
        pen.line(
            [tuple(tip), tuple(bulge), tuple(neck + side * share * thick * 0.6)], fill=(*shade, 255), width=3
        )
        handle = tuple(int(v) for v in np.clip(wood * 255 * tone * 1.25, 0, 255))
        pen.line(
            [tuple(neck + side * share * thick * 0.62), tuple(end + side * share * thick * 0.5)],
            fill=(*handle, 255),
            width=3,
        )
    image = image.filter(ImageFilter.GaussianBlur(0.8))
    shadow = (
        image.getchannel("A").filter(ImageFilter.GaussianBlur(9)).point([int(v * 0.42) for v in range(256)])
    )
    return image, shadow
