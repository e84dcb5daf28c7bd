"""A potter's wheel: a vessel that turns, wet, and grows under the light of a window."""

import numpy as np
from numpy.typing import NDArray

from activities.offline.painting import canvas
from activities.offline.painting.air import Motes
from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import HEIGHT, WIDTH, Frame, Mask, Picture, step
from activities.offline.painting.revolved import Turned

NDIndex = NDArray[np.intp]

_PROFILES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "bowl": ((0.62, 0.66, 0.66, 0.62, 0.54, 0.48), (1.0, 0.97, 0.9, 0.78, 0.58, 0.42)),
    "vase": ((0.55, 0.6, 0.64, 0.64, 0.6, 0.54), (0.52, 0.42, 0.66, 0.86, 0.78, 0.5)),
    "jar": ((0.6, 0.64, 0.66, 0.66, 0.62, 0.56), (0.66, 0.62, 0.84, 0.9, 0.82, 0.6)),
    "cup": ((0.6, 0.62, 0.63, 0.62, 0.6, 0.56), (0.72, 0.69, 0.67, 0.66, 0.63, 0.5)),
}
"""Half the width from rim to foot, before and after, as a share of the widest."""


class WheelScene:
    """The wheel, in three framings."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        palette = brief.palette
        room, shot = brief.room("wheel"), brief.shot("wheel")
        scale = {"wide": 1.0, "close": 1.5, "detail": 2.6}[brief.framing]
        self._cx = WIDTH / 2 + shot.uniform(-24, 24) + {"wide": 0, "close": -46, "detail": 205}[brief.framing]
        self._foot_y = {"wide": 905.0, "close": 990.0, "detail": 1330.0}[brief.framing]
        self._wheel_r = 270 * scale
        names = [name for name in _PROFILES if name in brief.words] or sorted(_PROFILES)
        before, after = _PROFILES[names[int(brief.room("vessel").integers(len(names)))]]
        tall = 1.25 if after[0] < 0.8 else 0.8
        self._turned = Turned(
            dice=shot,
            tint=palette.material,
            light=palette.light,
            cx=self._cx,
            foot_y=self._foot_y,
            widest=205 * scale,
            heights=(225 * scale * tall, 335 * scale * tall),
            before=before,
            after=after,
        )
        self._backs = [canvas.developed(picture) for picture in self._lightings(room)]
        self._swirl, self._swirl_at = self._make_swirl(shot)
        self._motes = Motes(shot, 34, palette.light, rise=5, size=1.9, strength=0.42)

    def frame(self, seconds: float, share: float) -> Frame:
        """Paint one moment: `share` of the clip has passed."""
        cloud = 0.5 + 0.5 * np.sin(seconds * 0.9 + 0.6)
        back = np.array(canvas.blend(self._backs[0], self._backs[1], float(cloud)))
        self._paint_swirl(back, seconds)
        self._turned.paint(back, seconds, share)
        self._motes.draw(back, seconds)
        return back

    def _lightings(self, room: np.random.Generator) -> list[Picture]:
        """The room with the wheel, twice: with the sun full on it and a little less."""
        palette = self._brief.palette
        wall = canvas.plaster(room, palette)
        sun = canvas.window_light(room)
        shade = canvas.leaf_shadow(room)
        wall = self._shelf(wall, room)
        wall = canvas.out_of_focus(wall, {"wide": 5.0, "close": 9.0, "detail": 16.0}[self._brief.framing])
        full = canvas.lit(wall, palette.light, sun * (1 - 0.75 * shade), 0.55)
        less = canvas.lit(wall, palette.light, sun * (1 - 0.75 * np.roll(shade, 9, axis=1)), 0.34)
        bench = self._bench(room)
        return [self._finished(picture, bench, strength) for picture, strength in ((full, 1.0), (less, 0.86))]

    def _shelf(self, wall: Picture, room: np.random.Generator) -> Picture:
        """Shelves with finished ware, far behind."""
        palette = self._brief.palette
        x, y = canvas.grid()
        for board_y in (330.0, 560.0):
            left = room.uniform(20, 120)
            while left < WIDTH - 60:
                half, tall = room.uniform(30, 62), room.uniform(60, 130)
                middle = left + half
                bulge = half * (0.72 + 0.28 * np.sin((board_y - y) / tall * 2.6 + room.uniform(0, 1.5)))
                shape = step(0, 3, bulge - np.abs(x - middle)) * (y < board_y) * (y > board_y - tall)
                tint = (palette.material, palette.accent, palette.second, palette.wood)[int(room.integers(4))]
                body = (
                    (0.5 + 0.45 * np.clip(1 - np.abs((x - middle + half * 0.35) / half), 0, 1))[..., None]
                    * tint
                    * 0.8
                )
                wall = wall + (body - wall) * shape[..., None]
                left += 2 * half + room.uniform(18, 70)
            board = step(0, 2, y - board_y) * step(0, 2, board_y + 16 - y)
            wall = canvas.mix(wall, palette.wood * 0.62, board)
            under = np.exp(-np.maximum(y - board_y - 16, 0) / 20) * (y > board_y + 16)
            wall = wall * (1 - 0.3 * under)[..., None]
        return wall

    def _bench(self, room: np.random.Generator) -> Picture:
        palette = self._brief.palette
        top = canvas.wood(room, palette, WIDTH, HEIGHT) * 0.72
        splashes = np.clip(canvas.clouds(room, 60, 3) - 0.75, 0, 1)
        return canvas.mix(top, palette.material * 0.9, np.clip(splashes * 1.3, 0, 0.7))

    def _finished(self, wall: Picture, bench: Picture, strength: float) -> Picture:
        """Lay bench and wheel before the wall, and let the light fall off."""
        palette = self._brief.palette
        x, y = canvas.grid()
        edge = self._foot_y - self._wheel_r * 0.62
        bench = (
            bench
            * (0.75 + 0.5 * np.exp(-(((x - 120) / 420) ** 2)) * np.exp(-(((y - edge) / 380) ** 2)))[..., None]
            * strength
        )
        picture = canvas.mix(wall * strength, bench, step(-3, 3, y - edge))
        rx, ry = self._wheel_r, self._wheel_r * 0.3
        for grow, drop, tone in ((1.5, 46, -0.62), (1.0, 26, 0.0)):
            ring = np.hypot((x - self._cx) / (rx * grow), (y - self._foot_y - drop) / (ry * grow))
            if tone < 0:
                picture = picture * (1 + tone * np.clip(1.25 - ring, 0, 1))[..., None]
            else:
                side = step(0, 0.012, 1 - ring)
                picture = canvas.mix(picture, palette.wood * 0.34, side)
        self._ring = np.hypot((x - self._cx) / rx, (y - self._foot_y) / ry)
        head = step(0, 0.012, 1 - self._ring)
        metal = palette.material * 0.55 + 0.08
        sheen = 0.8 + 0.35 * np.exp(-(((x - self._cx + rx * 0.45) / (rx * 0.3)) ** 2))
        picture = canvas.mix(picture, metal * sheen[..., None] * strength, head)
        shadow = np.exp(
            -(
                np.hypot(
                    (x - self._cx - 50) / (self._turned.foot * 1.45), (y - self._foot_y - 6) / (ry * 0.85)
                )
                ** 2
            )
        )
        picture = picture * (1 - 0.5 * shadow * head)[..., None]
        return canvas.grained(canvas.vignette(picture), self._brief.room("grain"))

    def _make_swirl(
        self, shot: np.random.Generator
    ) -> tuple[Mask, tuple[slice, slice, Mask, NDIndex, NDIndex]]:
        """Slip on the wheel head, as rings and streaks seen from a slant, ready to turn."""
        rx, ry = self._wheel_r, self._wheel_r * 0.3
        y0, y1 = int(self._foot_y - ry), min(int(self._foot_y + ry) + 1, HEIGHT)
        x0, x1 = max(int(self._cx - rx), 0), min(int(self._cx + rx) + 1, WIDTH)
        x, y = canvas.grid(x1 - x0, y1 - y0)
        across, down = (x + x0 - self._cx) / rx, (y + y0 - self._foot_y) / ry
        radius = np.hypot(across, down)
        turns = (np.arctan2(down, across) / (2 * np.pi)) % 1
        table = np.concatenate([canvas.clouds(shot, 40, 3, 4.5, 512, 96)] * 2, axis=1)[:, :512]
        blend = np.linspace(0, 1, 64, dtype=np.float32)
        table[:, :64] = table[:, :64] * blend + table[:, -64:] * (1 - blend)
        rings = np.sin(np.arange(96) * 0.9)[:, None] * 0.35
        where = step(0, 0.02, 0.985 - radius)
        at = (
            slice(y0, y1),
            slice(x0, x1),
            where,
            np.clip(radius * 95, 0, 95).astype(np.intp),
            (turns * 512).astype(np.intp),
        )
        return (table + rings).astype(np.float32), at

    def _paint_swirl(self, frame: Frame, seconds: float) -> None:
        rows, columns, where, ring, turn = self._swirl_at
        tone = 1 + 0.17 * self._swirl[ring, (turn + int(seconds * 0.75 * 512)) % 512] * where
        part = frame[rows, columns]
        part[:] = np.clip(part * tone[..., None], 0, 255).astype(np.uint8)
