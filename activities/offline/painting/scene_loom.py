"""A loom from above: warp threads that part, a shuttle that flies between them, cloth that grows row by row."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from activities.offline.painting import canvas
from activities.offline.painting.air import Motes
from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import HEIGHT, WIDTH, Frame, Mask, Picture, step
from activities.offline.painting.palettes import Colour, Palette, colour

_PICK_S = 0.62
"""One row of weft: the shuttle crosses, the reed beats."""
_INDIGO = {"indigo", "aizome", "shibori"}


class LoomScene:
    """Cloth below, warp above, the edge between them moving up a little with each row."""

    def __init__(self, brief: Brief) -> None:
        self._palette = brief.palette
        shot = brief.shot("loom")
        self._thread = {"wide": 8, "close": 13, "detail": 30}[brief.framing]
        self._row = {"wide": 9.0, "close": 15.0, "detail": 32.0}[brief.framing]
        self._fell = {"wide": 700.0, "close": 520.0, "detail": 900.0}[brief.framing] + shot.uniform(-30, 30)
        left, right = {"wide": (96, 624), "close": (20, 700), "detail": (-20, 740)}[brief.framing]
        self._sides = (left, right)
        tints = _stripes(brief, self._palette)
        light = canvas.window_light(brief.room("window"), 34)
        table = canvas.wood(brief.room("bench"), self._palette, upright=True) * 0.62
        cloth = self._woven(brief, table, tints)
        warps = [self._warp(table, tints, brief.room("warp"), raised) for raised in range(2)]
        shade = canvas.leaf_shadow(brief.room("branch"))
        self._cloth = self._in_light(cloth, light, shade, brief)
        self._warps = [self._in_light(warp, light, shade, brief) for warp in warps]
        scale = {"wide": 0.8, "close": 1.1, "detail": 1.9}[brief.framing]
        self._shuttle, self._shuttle_shadow = _shuttle(self._palette, scale)
        self._reed = self._make_reed(scale)
        self._weft = (np.clip(tints[1] * 1.05, 0, 1) * 255).astype(np.uint8)
        self._motes = Motes(shot, 22, self._palette.light, rise=4, size=1.9, strength=0.35)

    def frame(self, seconds: float, share: float) -> Frame:
        """Paint one moment."""
        pick, part = divmod(seconds / _PICK_S, 1)
        beat = float(np.exp(-(((part - 0.86) / 0.07) ** 2)))
        woven = pick + float(step(0.8, 0.9, np.float32(part)))  # pyright: ignore[reportArgumentType]
        fell = self._fell - woven * self._row
        change = float(step(0.0, 0.14, np.float32(part)))  # pyright: ignore[reportArgumentType]
        one, other = self._warps[int(pick) % 2], self._warps[(int(pick) + 1) % 2]
        frame = np.array(canvas.blend(other, one, change))
        edge = int(fell)
        frame[edge:] = self._cloth[edge:]
        frame[edge : edge + 3] = (frame[edge : edge + 3] * 0.72).astype(np.uint8)
        image = Image.fromarray(frame)
        self._throw(image, int(pick), float(part), fell)
        top = int(fell - 330 + 296 * beat) - self._reed.height // 2
        image.paste(self._reed, (0, top), self._reed)
        frame = np.array(image)
        self._motes.draw(frame, seconds)
        return frame

    def _throw(self, image: Image.Image, pick: int, part: float, fell: float) -> None:
        """The shuttle crosses, and leaves its thread behind, a little slack."""
        way = float(np.clip((part - 0.12) / 0.52, 0, 1))
        way = way * way * (3 - 2 * way)
        left, right = self._sides
        start, end = (left - 330, right + 330) if pick % 2 == 0 else (right + 330, left - 330)
        x = start + (end - start) * way
        y = fell - 92
        if way > 0:
            near, far = sorted((float(np.clip(start, left, right)), float(np.clip(x, left, right))))
            slack = 26 * (1 - float(np.clip((part - 0.64) / 0.2, 0, 1)))
            home = fell - 3 - slack * 1.6
            points = [
                (near + (far - near) * i / 24, home - slack * np.sin(np.pi * i / 24)) for i in range(25)
            ]
            tint = tuple(int(v) for v in self._weft)
            if far - near > 2:
                pen = ImageDraw.Draw(image)
                pen.line(
                    [(px + 2, py + 5) for px, py in points],
                    fill=(30, 22, 18),
                    width=max(3, int(self._row * 0.4)),
                )
                pen.line(points, fill=tint, width=max(4, int(self._row * 0.62)))
        if 0 < way < 1:
            at = (int(x - self._shuttle.width / 2), int(y - self._shuttle.height / 2))
            image.paste((22, 16, 12), (at[0] + 8, at[1] + 20), self._shuttle_shadow)
            image.paste(self._shuttle, at, self._shuttle)

    def _across(self) -> tuple[Mask, Mask, Mask]:
        """Return which warp thread each column belongs to, the place within it, and where threads are at all."""
        x, _ = canvas.grid()
        number = np.floor(x / self._thread)
        within = (x / self._thread - number) * 2 - 1
        left, right = self._sides
        return number, within, ((x > left) & (x < right)).astype(np.float32)

    def _warp(self, table: Picture, tints: tuple[Colour, ...], dice: Generator, raised: int) -> Picture:
        """The parted warp: every second thread is up and bright, the others lie deep."""
        number, within, there = self._across()
        _, y = canvas.grid()
        up = (number % 2 == raised).astype(np.float32)
        round_ = np.sqrt(np.clip(1 - (within / 0.72) ** 2, 0, 1))
        fuzz = 1 + 0.12 * canvas.noise(dice, (self._thread, 14))
        tint = _tint_of(number, tints, self._thread)
        tone = (0.36 + 0.56 * round_) * (0.56 + 0.44 * up) * fuzz
        toward = 0.72 + 0.28 * step(0, HEIGHT * 0.6, y)
        threads = tint * (tone * toward)[..., None]
        gap = table * 0.28
        return canvas.mix(canvas.mix(table, gap, there), threads, there * (np.abs(within) < 0.72))

    def _woven(self, brief: Brief, table: Picture, tints: tuple[Colour, ...]) -> Picture:
        """The finished weave: over and under, with a figure in it."""
        number, within, there = self._across()
        x, y = canvas.grid()
        row = np.floor(y / self._row)
        within_row = (y / self._row - row) * 2 - 1
        figure = _figure(brief, number - np.floor(WIDTH / 2 / self._thread), row)
        over = (number + row) % 2
        weft_on_top = np.where(figure > 0, (number + row) % 4 != 0, over > 0)
        warp_round = np.sqrt(np.clip(1 - within**2 * 0.85, 0, 1)) * (
            0.75 + 0.25 * np.sqrt(np.clip(1 - within_row**2, 0, 1))
        )
        weft_round = np.sqrt(np.clip(1 - within_row**2 * 0.85, 0, 1)) * (
            0.72 + 0.28 * np.sqrt(np.clip(1 - within**2, 0, 1))
        )
        warp_tint = _tint_of(number, tints, self._thread)
        weft_tint = np.where(
            (figure > 0)[..., None], np.where((figure > 1)[..., None], tints[3], tints[2]), tints[1]
        )
        fuzz = (
            1
            + 0.1 * canvas.noise(brief.room("fuzz"), (5, 5))
            + 0.05 * canvas.clouds(brief.room("folds"), 260, 2)
        )
        warp, weft = (
            warp_tint * (0.2 + 0.66 * warp_round)[..., None],
            weft_tint * (0.24 + 0.7 * weft_round)[..., None],
        )
        cloth = np.where(weft_on_top[..., None], weft, warp) * fuzz[..., None]
        left, right = self._sides
        selvedge = step(0, 5, x - left) * step(0, 5, right - x)
        shadow = np.exp(-np.maximum(np.maximum(left - x, x - right), 0) / 16)
        picture = table * (1 - 0.55 * shadow)[..., None]
        return canvas.mix(picture, cloth, there * selvedge)

    def _in_light(self, picture: Picture, light: Mask, shade: Mask, brief: Brief) -> Frame:
        bright = 0.9 + 0.45 * light * (1 - 0.55 * shade)
        warm = 0.5 + 0.5 * self._palette.light / float(self._palette.light.max())
        return canvas.developed(
            canvas.grained(canvas.vignette(picture * bright[..., None] * warm, 0.4), brief.room("grain"))
        )

    def _make_reed(self, scale: float) -> Image.Image:
        """The beater: a wooden bar over fine teeth."""
        tall = int(120 * scale)
        x, y = canvas.grid(WIDTH, tall)
        bar = tall * 0.42
        s = (y - bar / 2) / (bar / 2)
        tone = 0.35 + 0.5 * np.sqrt(np.clip(1 - s * s, 0, 1)) - 0.12 * s
        grain = 1 + 0.09 * canvas.noise(np.random.default_rng(7), (120, 2), WIDTH, tall)
        wood = self._palette.wood * (tone * grain)[..., None] * 1.15
        teeth = (np.abs((x / self._thread) % 1 - 0.5) > 0.38) & (y >= bar) & (y < tall * 0.86)
        rail = y >= tall * 0.86
        alpha = np.where(y < bar, 255, np.where(rail, 255, np.where(teeth, 190, 0)))
        body = np.where(
            (y < bar)[..., None],
            wood,
            np.where(rail[..., None], wood[0] * 0 + self._palette.wood * 0.5, colour("b9b2a4")),
        )
        rgba = np.concatenate([np.clip(body, 0, 1) * 255, alpha[..., None]], axis=-1).astype(np.uint8)
        return Image.fromarray(rgba, "RGBA")


def _stripes(brief: Brief, palette: Palette) -> tuple[Colour, ...]:
    """Warp, weft, figure, second figure."""
    if brief.words & _INDIGO:
        return colour("e6e2d6"), colour("27427e"), colour("16295a"), colour("8fb0d2")
    if "kente" in brief.words:
        return colour("d9a521"), colour("1f6a44"), colour("b3261e"), colour("1d1a17")
    cream = palette.wall * 0.5 + colour("f0e4cc") * 0.5
    return cream, palette.accent, palette.second, palette.material


def _tint_of(number: Mask, tints: tuple[Colour, ...], thread: int) -> Picture:
    """The colour of each warp thread: a ground with narrow stripes."""
    band = np.floor(number * thread / 60) % 6
    wide = np.where((band == 2)[..., None], tints[2], np.where((band == 5)[..., None], tints[3], tints[0]))
    return wide.astype(np.float32)


def _figure(brief: Brief, number: Mask, row: Mask) -> Mask:
    """What is woven in: 0 is ground, 1 and 2 are figures."""
    dice = brief.room("figure")
    kind, size = int(dice.integers(3)), int(dice.integers(9, 14))
    if "kente" in brief.words:
        kind = 2
    if kind == 0:
        far = np.abs((number % (2 * size)) - size) + np.abs((row % (2 * size)) - size)
        return np.where(far < size * 0.45, 2, np.where(np.abs(far - size * 0.8) < 2, 1, 0)).astype(np.float32)
    if kind == 1:
        zig = np.abs((number % (2 * size)) - size)
        return np.where((row + zig) % size < 3, 1, np.where((row + zig) % (2 * size) < 5, 2, 0)).astype(
            np.float32
        )
    block = (np.floor(number / size) + np.floor(row / (size * 1.5))) % 3
    stair = np.abs((number % size) - size / 2) < (row % (size * 1.5)) / 3
    return np.where((block == 1) & stair, 2, np.where(block == 2, 1, 0)).astype(np.float32)


def _shuttle(palette: Palette, scale: float) -> tuple[Image.Image, Image.Image]:
    """A boat of wood with a bobbin in its belly, and its soft shadow."""
    width, height = int(330 * scale), int(64 * scale)
    x, y = canvas.grid(width, height)
    u, v = x / width * 2 - 1, y / height * 2 - 1
    hull = np.sqrt(np.clip(1 - np.abs(u) ** 2.6, 0, 1)) * 0.86
    inside = step(0, 0.06, hull - np.abs(v))
    tone = 0.42 + 0.6 * np.sqrt(np.clip(1 - (v / np.maximum(hull, 0.05)) ** 2, 0, 1)) - 0.22 * v
    grain = 1 + 0.08 * canvas.noise(np.random.default_rng(3), (90, 2), width, height)
    body = palette.wood * (tone * grain)[..., None] * 1.25
    belly = step(0, 0.08, 0.55 - np.abs(u)) * step(0, 0.1, 0.46 - np.abs(v))
    thread = (
        palette.accent
        * (0.55 + 0.4 * np.sin(x * 1.1) * 0.3 + 0.4 * np.sqrt(np.clip(1 - (v / 0.46) ** 2, 0, 1)))[..., None]
    )
    body = canvas.mix(
        canvas.mix(body, palette.shade * 0.4, belly), thread, belly * step(0, 0.05, 0.34 - np.abs(v))
    )
    body = body + (np.exp(-(((v + 0.45) / 0.12) ** 2)) * 0.22 * (1 - belly))[..., None]
    rgba = np.concatenate([np.clip(body, 0, 1) * 255, inside[..., None] * 255], axis=-1).astype(np.uint8)
    image = Image.fromarray(rgba, "RGBA")
    shadow = (
        image.getchannel("A").filter(ImageFilter.GaussianBlur(8)).point([int(v * 0.5) for v in range(256)])
    )
    return image, shadow
