"""Liquid from above: dye, glaze or water in a vat, with drops that fall and rings that run."""

import numpy as np
from PIL import Image, ImageDraw

from activities.offline.painting import canvas
from activities.offline.painting.air import Motes, Steam
from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import HEIGHT, WIDTH, Frame, Mask, Picture, step
from activities.offline.painting.palettes import Colour, colour

_HALF_W, _HALF_H = WIDTH // 2, HEIGHT // 2
"""Water is reckoned at half the size: it is soft, and nothing is lost."""
_RING_SPEED, _RING_LENGTH = 78.0, 26.0
"""Pixels a second and from crest to crest, at half the size."""

_LIQUIDS: tuple[tuple[set[str], str], ...] = (
    ({"indigo", "aizome"}, "1d3470"),
    ({"mud", "bogolan"}, "3a281c"),
    ({"soga"}, "6b3d1f"),
    ({"cochineal", "crimson", "red", "madder"}, "9c2031"),
    ({"celadon", "glaze"}, "9cc0a5"),
    ({"wax", "beeswax"}, "d99a35"),
    ({"cobalt", "lapis"}, "24479c"),
)


class VatScene:
    """A vat, a tray or just the liquid, as near as was asked."""

    def __init__(self, brief: Brief) -> None:
        self._palette = brief.palette
        room, shot = brief.room("vat"), brief.shot("vat")
        self._radius = {"wide": 262.0, "close": 420.0, "detail": 1_200.0}[brief.framing]
        self._cx, self._cy = WIDTH / 2 + shot.uniform(-20, 20), HEIGHT * 0.54 + shot.uniform(-20, 20)
        self._floating = bool(brief.words & {"ebru", "marbling"})
        self._liquid = self._make_liquid(brief)
        mirror = canvas.window_light(room, 20) * (1 - 0.7 * canvas.leaf_shadow(room))
        self._mirror = (
            np.asarray(
                Image.fromarray((mirror * 255).astype(np.uint8)).resize(
                    (_HALF_W, _HALF_H), Image.Resampling.BOX
                ),
                np.float32,
            )
            / 255
        )
        self._drops = self._make_drops(brief)
        self._x, self._y = canvas.grid(_HALF_W, _HALF_H)
        self._around = self._surroundings(brief)
        self._steam = Steam(shot, self._cx, self._cy + 60, 480, 620, 0.11)
        self._motes = Motes(shot, 18, brief.palette.light, rise=6, size=1.8, strength=0.35)

    def frame(self, seconds: float, share: float) -> Frame:
        """Paint one moment."""
        height = 0.9 * np.sin(self._x / 41 + seconds * 0.9) * np.sin(self._y / 57 - seconds * 0.7)
        for x, y, born, strength in self._drops:
            age = seconds - born
            if age > 0:
                far = np.hypot(self._x - x, self._y - y)
                front = far - age * _RING_SPEED
                packet = np.exp(-((front / 46) ** 2)) * np.cos(front * (2 * np.pi / _RING_LENGTH))
                height = height + packet * np.float32(strength * np.exp(-age * 0.9))
        down, across = np.gradient(height)
        drift = 9 * np.float32(seconds)
        px = np.clip(self._x + across * 13 + 6 * np.sin(self._y / 70 + seconds * 0.5), 0, _HALF_W - 1).astype(
            np.intp
        )
        py = np.clip(self._y + down * 13 + drift * 0.5, 0, self._liquid.shape[0] - 1).astype(np.intp)
        mx = np.clip(self._x + across * 34, 0, _HALF_W - 1).astype(np.intp)
        my = np.clip(self._y + down * 34, 0, _HALF_H - 1).astype(np.intp)
        slope = np.clip(-0.7 * across - 0.7 * down, -0.5, 0.9)
        water = self._liquid[py, px] * (1 + 0.75 * slope)[..., None]
        shine = self._mirror[my, mx] * 0.2 + np.clip(slope - 0.22, 0, 1) * 0.9
        water += self._palette.light * shine[..., None]
        small = Image.fromarray((np.clip(water, 0, 1) * 255).astype(np.uint8))
        image = small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        self._fall(image, seconds)
        image.paste(self._around, (0, 0), self._around)
        frame = np.array(image)
        self._steam.draw(frame, seconds, self._palette.light)
        self._motes.draw(frame, seconds)
        return frame

    def _make_liquid(self, brief: Brief) -> Picture:
        """The liquid's own colours, a little taller than the picture, so that it can drift."""
        room = brief.room("liquid")
        tall = _HALF_H + 60
        warp = canvas.clouds(room, 130, 3, 1, _HALF_W, tall)
        other = canvas.clouds(room, 90, 4, 1.4, _HALF_W, tall)
        bands = np.sin(warp * 5.2 + other * 2.4)
        if self._floating:
            tints = (brief.palette.accent, brief.palette.second, colour("22304f"), brief.palette.material)
            picture = canvas.filled(colour("e9dfc8") * 0.9, _HALF_W, tall)
            for index, tint in enumerate(tints):
                stripe = np.sin(warp * 6 + other * 1.5 + index * 1.7)
                picture = canvas.mix(
                    picture, tint, step(0.35, 0.45, stripe) * (other * (-1) ** index > -0.35)
                )
            return picture
        base: Colour = next(
            (colour(code) for words, code in _LIQUIDS if brief.words & words), brief.palette.accent * 0.6
        )
        picture = canvas.filled(base, _HALF_W, tall) * (1 + 0.22 * bands + 0.1 * other)[..., None]
        foam = step(0.75, 1.25, canvas.clouds(room, 44, 4, 1, _HALF_W, tall) + 0.35 * warp)
        return canvas.mix(picture, base * 0.5 + brief.palette.light * 0.42, foam * 0.5)

    def _make_drops(self, brief: Brief) -> list[tuple[float, float, float, float]]:
        """Where and when drops fall (x, y at half the size, seconds), and how hard."""
        shot = brief.shot("drops")
        reach = min(self._radius * 0.6, 300) / 2
        found: list[tuple[float, float, float, float]] = []
        for index in range(9):
            turn, far = shot.uniform(0, 6.28), reach * np.sqrt(shot.uniform(0, 1))
            x, y = self._cx / 2 + far * np.cos(turn), self._cy / 2 + far * np.sin(turn) * 1.2
            found.append(
                (float(x), float(y), -1.0 + index * 0.7 + shot.uniform(-0.2, 0.2), shot.uniform(1.8, 3.4))
            )
        return found

    def _fall(self, image: Image.Image, seconds: float) -> None:
        """The drops that are about to touch: a bright bead, small as it comes near."""
        pen = ImageDraw.Draw(image)
        tint = tuple(int(v) for v in np.clip(self._palette.light * 255, 0, 255))
        for x, y, born, _ in self._drops:
            left = born - seconds
            if 0 < left < 0.22:
                size, high = 4 + 26 * left, left * 900
                cx, cy = x * 2, y * 2 - high
                pen.ellipse([cx - size * 0.6, cy - size, cx + size * 0.6, cy + size], fill=tint)

    def _surroundings(self, brief: Brief) -> Image.Image:
        """The rim and the floor around the liquid, with a hole in the middle."""
        room, palette = brief.room("floor"), self._palette
        x, y = canvas.grid()
        far = np.hypot(x - self._cx, y - self._cy)
        floor = canvas.wood(room, palette) * (0.66 + 0.55 * canvas.window_light(room, 24))[..., None]
        floor = floor * (1 - 0.5 * np.exp(-np.maximum(far - self._radius - 34, 0) / 30))[..., None]
        across = (far - self._radius - 17) / 17
        light = (x - self._cx) * -0.7 + (y - self._cy) * -0.7
        lit = light / np.maximum(far, 1)
        tone = 0.5 + 0.4 * np.sqrt(np.clip(1 - across**2, 0, 1)) + 0.3 * lit * across
        staves = 1 + 0.1 * np.sign(np.sin(np.arctan2(y - self._cy, x - self._cx) * 24)) * np.abs(lit)
        rim = palette.wood * (tone * staves * (1 + 0.06 * canvas.noise(room, (4, 30))))[..., None] * 1.05
        picture = canvas.mix(floor, rim, step(0, 2, 1.0 - np.abs(across)))
        shadow = (
            0.75
            * np.exp(-np.maximum(self._radius - far, 0) / (self._radius * 0.07))
            * np.clip(0.6 + 0.5 * lit, 0.15, 1)
        )
        outside = step(-1, 1, far - self._radius)
        edge = np.hypot((x - WIDTH / 2) / WIDTH, (y - HEIGHT / 2) / HEIGHT * 1.15)
        corners: Mask = 0.45 * step(0.3, 0.85, edge)
        alpha = np.maximum(outside, np.maximum(shadow * (far < self._radius), corners * (1 - outside)))
        painted = canvas.developed(canvas.vignette(picture, 0.4) * outside[..., None])
        return Image.fromarray(np.dstack([painted, (np.clip(alpha, 0, 1) * 255).astype(np.uint8)]), "RGBA")
