"""A metal bowl from above: dimples that spread under the hammer, light that walks around the rim."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from activities.offline.painting import canvas
from activities.offline.painting.air import Motes
from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import HEIGHT, WIDTH, Frame, Mask, Picture, step
from activities.offline.painting.palettes import Colour, colour

_METALS = {
    "silver": "c9ccd0",
    "tin": "b9bdc0",
    "brass": "c9a24a",
    "gold": "dcb257",
    "bronze": "a8743c",
    "copper": "c8733f",
}
_BLOW_S = 0.42


class HammeredScene:
    """The bowl on its stake, the hammer coming down in an even round."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        shot = brief.shot("hammered")
        self._radius = {"wide": 262.0, "close": 372.0, "detail": 620.0}[brief.framing]
        shift = 0 if brief.framing != "detail" else 150
        self._cx, self._cy = WIDTH / 2 + shot.uniform(-12, 12) + shift * 0.5, HEIGHT * 0.54 + shift
        metal = next((code for word, code in _METALS.items() if word in brief.words), _METALS["copper"])
        self._metal = colour(metal)
        self._marks = self._place_marks(shot)
        self._x, self._y = canvas.grid()
        bench = self._bench(brief.room("bench"))
        smooth = self._bowl_height(0, shot)
        dimpled = self._bowl_height(1, shot)
        self._before = [self._shaded(bench, smooth, turn, 0.0) for turn in range(2)]
        self._after = [self._shaded(bench, dimpled, turn, 1.0) for turn in range(2)]
        self._now = [frame.copy() for frame in self._before]
        self._struck = 0
        self._hammer, self._hammer_shadow = _hammer(
            brief.palette.wood, 0.8 if brief.framing == "wide" else 1.1
        )
        self._motes = Motes(shot, 20, brief.palette.light, rise=7, size=1.6, strength=0.4)

    def frame(self, seconds: float, share: float) -> Frame:
        """Paint one moment."""
        blow, part = divmod(seconds / _BLOW_S, 1)
        due = int(len(self._marks) * min(1.0, 0.3 + 0.7 * (blow + (part > 0.5)) * _BLOW_S / 5))
        for mark in self._marks[self._struck : due]:
            self._strike(*mark)
        self._struck = max(self._struck, due)
        walk = 0.5 + 0.5 * np.sin(seconds * 1.3)
        image = Image.blend(Image.fromarray(self._now[0]), Image.fromarray(self._now[1]), float(walk))
        mx, my, _ = self._marks[min(self._struck, len(self._marks) - 1)]
        height = abs(np.cos(np.pi * part)) ** 1.4 * 120
        at = (int(mx - 60), int(my - 60 - height))
        image.paste(
            (16, 11, 8), (at[0] + 26 + int(height * 0.5), at[1] + 24 + int(height * 1.2)), self._hammer_shadow
        )
        image.paste(self._hammer, at, self._hammer)
        frame = np.array(image)
        self._motes.draw(frame, seconds)
        return frame

    def _place_marks(self, shot: Generator) -> list[tuple[float, float, float]]:
        """Blows in rings from the middle outward: place and size of each."""
        marks: list[tuple[float, float, float]] = []
        size = 21.0 * (self._radius / 300) ** 0.7
        ring = 0.0
        while ring < self._radius * 0.86:
            count = max(1, int(2 * np.pi * ring / (size * 1.35)))
            first = shot.uniform(0, 6.28)
            for index in range(count):
                turn = first + index * 2 * np.pi / count
                far = ring + shot.uniform(-2.5, 2.5)
                marks.append(
                    (
                        self._cx + far * np.cos(turn),
                        self._cy + far * np.sin(turn),
                        size * shot.uniform(0.85, 1.15),
                    )
                )
            ring += size * 1.3
        return marks

    def _bowl_height(self, dimples: int, shot: Generator) -> Mask:
        far = np.hypot(self._x - self._cx, self._y - self._cy) / self._radius
        height = 105 * np.clip(far, 0, 1) ** 2.4 * (self._radius / 300)
        dents = np.zeros_like(height)
        for x, y, size in self._marks if dimples else ():
            reach = int(size * 1.1)
            x0, x1 = max(int(x) - reach, 0), min(int(x) + reach + 1, WIDTH)
            y0, y1 = max(int(y) - reach, 0), min(int(y) + reach + 1, HEIGHT)
            if x0 < x1 and y0 < y1:
                part = np.hypot(self._x[y0:y1, x0:x1] - x, self._y[y0:y1, x0:x1] - y) / size
                dents[y0:y1, x0:x1] = np.minimum(dents[y0:y1, x0:x1], (part**2 - 1) * 6.2 * (size / 21))
        height += dents
        return height + 0.05 * canvas.noise(shot, (2.2, 2.2))

    def _bench(self, room: Generator) -> Picture:
        palette = self._brief.palette
        sun = canvas.window_light(room, 24)
        wood = canvas.wood(room, palette) * (0.44 + 0.5 * sun)[..., None]
        far = np.hypot(self._x - self._cx - 26, self._y - self._cy - 40) / self._radius
        return wood * (1 - 0.75 * np.exp(-np.maximum(far - 0.98, 0) / 0.09) * (far > 0.6))[..., None]

    def _shaded(self, bench: Picture, height: Mask, turn: int, struck: float) -> Frame:
        """Metal mirrors a bright window and a dark room: tone follows the slope, with two glints."""
        down, across = np.gradient(height)
        facing = 1 / np.sqrt(1 + across**2 + down**2)
        way = 2.35 + 0.5 * turn
        toward = (across * np.cos(way) + down * np.sin(way)) * -facing
        sheen = np.exp(-(((toward - 0.38) / 0.13) ** 2))
        back = np.exp(-(((toward + 0.46) / 0.13) ** 2)) * 0.35
        tone = 0.36 + 0.78 * np.clip(toward, -0.5, 0.7) + 0.14 * facing
        patina = 0.05 * canvas.clouds(self._brief.room("patina"), 170, 4)
        metal = self._metal * (np.clip(tone, 0.05, 1.2) + patina)[..., None] * (0.92 + 0.14 * struck)
        metal = metal + (sheen * (0.36 + 0.34 * struck))[..., None] * (
            self._brief.palette.light * 0.55 + self._metal * 0.45
        )
        metal = metal + back[..., None] * self._brief.palette.accent * 0.4
        far = np.hypot(self._x - self._cx, self._y - self._cy) / self._radius
        rim = np.exp(-(((far - 0.975) / 0.016) ** 2)) * (
            0.6 + 0.5 * np.cos(np.arctan2(self._y - self._cy, self._x - self._cx) - way - np.pi)
        )
        picture = canvas.mix(bench, metal, step(0, 0.008, 1 - far))
        picture = picture + (rim[..., None] * self._metal * 0.9)
        return canvas.developed(canvas.grained(canvas.vignette(picture, 0.5), self._brief.room("grain")))

    def _strike(self, x: float, y: float, size: float) -> None:
        reach = int(size * 1.3)
        rows, columns = (
            slice(max(int(y) - reach, 0), int(y) + reach),
            slice(max(int(x) - reach, 0), int(x) + reach),
        )
        far = np.hypot(self._x[rows, columns] - x, self._y[rows, columns] - y)
        mask = step(0, size * 0.35, size * 1.25 - far)[..., None]
        for now, after in zip(self._now, self._after, strict=True):
            now[rows, columns] = np.maximum(
                0, now[rows, columns] + (after[rows, columns].astype(np.float32) - now[rows, columns]) * mask
            ).astype(np.uint8)


def _hammer(wood: Colour, scale: float) -> tuple[Image.Image, Image.Image]:
    """A round-faced hammer, its face at (60, 60), its handle to the lower right."""
    image = Image.new("RGBA", (int(620 * scale), int(560 * scale)))
    pen = ImageDraw.Draw(image)
    heading = np.array((0.78, 0.62))
    side = np.array((-heading[1], heading[0]))
    face = np.array((60.0, 60.0))
    for index in range(30):
        share = index / 29 * 2 - 1
        tone = 0.5 + 0.6 * (1 - abs(share + 0.3) / 1.3)
        handle = tuple(int(v) for v in np.clip(wood * 255 * tone * 1.3, 0, 255))
        line = [
            face + heading * 20 + side * share * 10 * scale,
            face + heading * 640 * scale + side * share * 17 * scale,
        ]
        pen.line([tuple(point) for point in line], fill=(*handle, 255), width=3)
    for index in range(40):
        share = index / 39 * 2 - 1
        tone = 0.34 + 0.62 * (1 - abs(share + 0.35) / 1.35)
        steel = tuple(int(v) for v in np.clip(np.array((0.62, 0.63, 0.66)) * 255 * tone * 1.25, 0, 255))
        wide = 1 - 0.25 * (abs(share) > 0.8)
        line = [
            face + heading * share * 27 * scale - side * 62 * scale * wide,
            face + heading * share * 27 * scale + side * 46 * scale * wide,
        ]
        pen.line([tuple(point) for point in line], fill=(*steel, 255), width=3)
    image = image.filter(ImageFilter.GaussianBlur(0.9))
    shadow = (
        image.getchannel("A").filter(ImageFilter.GaussianBlur(13)).point([int(v * 0.5) for v in range(256)])
    )
    return image, shadow
