"""Things that grow along a line while one watches: strokes of ink, carved grooves, hammer marks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activities.offline.painting.canvas import HEIGHT, WIDTH, Frame, Mask, Picture, developed


@dataclass(frozen=True)
class Stroke:
    """One pull of a tool: where its tip goes, and how wide it is there."""

    points: NDArray[np.float64]
    """Samples x 2, in pixels, close together."""
    widths: NDArray[np.float64]
    """Half the width at each sample."""

    @property
    def length(self) -> float:
        """Pixels from end to end."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())


def curve(corners: Sequence[tuple[float, float]], gap: float = 3.0) -> NDArray[np.float64]:
    """Return a smooth line through the corners, as samples about `gap` pixels apart."""
    corner = np.array([corners[0], *corners, corners[-1]], np.float64)
    pieces: list[NDArray[np.float64]] = []
    for a, b, c, d in zip(corner, corner[1:], corner[2:], corner[3:], strict=False):
        t = np.linspace(0, 1, max(2, int(np.hypot(*(c - b)) / gap)), endpoint=False)[:, None]
        pieces.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    return np.concatenate([*pieces, corner[-1:]])


class Traced:
    """Strokes on a sheet: where they are, when each place is reached, and where the tip is."""

    def __init__(self, strokes: Sequence[Stroke], lift: float = 60.0) -> None:
        """`lift` is how far the tool goes through the air between two strokes, in pixels of drawing."""
        total = sum(stroke.length + lift for stroke in strokes)
        self.depth: Mask = np.zeros((HEIGHT, WIDTH), np.float32)
        """1 in the middle of a stroke, 0 at its edge and outside."""
        self.order: Mask = np.full((HEIGHT, WIDTH), 9, np.float32)
        """When each place was reached, 0 to 1; above 1 where none goes."""
        self.across: Mask = np.zeros((HEIGHT, WIDTH), np.float32)
        """Place across the stroke, -1 to 1."""
        times: list[float] = []
        places: list[NDArray[np.float64]] = []
        widths: list[float] = []
        done = 0.0
        for stroke in strokes:
            steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke.points, axis=0).T))])
            headings: NDArray[np.float64] = np.stack(
                [np.gradient(stroke.points[:, 0]), np.gradient(stroke.points[:, 1])], axis=1
            )
            for point, width, far, heading in zip(stroke.points, stroke.widths, steps, headings, strict=True):
                moment = (done + float(far)) / total
                self._stamp(point, float(width), moment, heading)
                times.append(moment)
                places.append(point)
                widths.append(float(width))
            done += stroke.length + lift
        self._times, self._places, self._widths = np.array(times), np.array(places), np.array(widths)

    def _stamp(
        self, point: NDArray[np.float64], width: float, moment: float, heading: NDArray[np.float64]
    ) -> None:
        reach = int(width + 2)
        cx, cy = int(point[0]), int(point[1])
        x0, x1, y0, y1 = (
            max(cx - reach, 0),
            min(cx + reach + 1, WIDTH),
            max(cy - reach, 0),
            min(cy + reach + 1, HEIGHT),
        )
        if x0 >= x1 or y0 >= y1:
            return
        dx = np.arange(x0, x1, dtype=np.float32) - np.float32(point[0])
        dy = (np.arange(y0, y1, dtype=np.float32) - np.float32(point[1]))[:, None]
        far = np.sqrt(dx * dx + dy * dy)
        depth = np.clip((width - far + 0.5) / max(width, 1), 0, 1)
        window = (slice(y0, y1), slice(x0, x1))
        fresh = depth > self.depth[window] + 1e-4
        size = float(np.hypot(*heading)) + 1e-9
        side = (dx * np.float32(-heading[1] / size) + dy * np.float32(heading[0] / size)) / max(width, 1)
        self.across[window][fresh] = side[fresh]
        self.order[window][(depth > 0) & (self.order[window] > moment)] = moment
        self.depth[window] = np.maximum(self.depth[window], depth)

    def tip(self, moment: float) -> tuple[float, float, bool]:
        """Return where the tool is, and whether it touches."""
        index = int(np.searchsorted(self._times, moment))
        if index >= len(self._times):
            x, y = self._places[-1]
            return (
                float(x) + (moment - self._times[-1]) * 700,
                float(y) + (moment - self._times[-1]) * 500,
                False,
            )
        after = self._places[index]
        if index == 0:
            return float(after[0]), float(after[1]), True
        before, gap = self._places[index - 1], self._times[index] - self._times[index - 1]
        part = (moment - self._times[index - 1]) / max(gap, 1e-9)
        x, y = before + (after - before) * part
        lifted = float(np.hypot(*(after - before))) > 14
        return float(x), float(y) - (26 * np.sin(np.pi * part) if lifted else 0), not lifted

    def window(self, since: float, until: float) -> tuple[slice, slice] | None:
        """Return the part of the sheet that was reached between two moments; None where nothing was."""
        inside = (self._times >= since) & (self._times <= until)
        if not inside.any():
            return None
        low = np.maximum((self._places[inside] - self._widths[inside, None] - 3).min(axis=0), 0).astype(int)
        high = (self._places[inside] + self._widths[inside, None] + 4).max(axis=0).astype(int)
        return slice(int(low[1]), int(min(high[1], HEIGHT))), slice(int(low[0]), int(min(high[0], WIDTH)))


class Sheet:
    """A picture before and after, changed over along the strokes."""

    def __init__(self, before: Picture, after: Picture, traced: Traced, soft: float = 0.02) -> None:
        """`soft` is how long a place takes to change, as a share of the whole."""
        self.frame: Frame = developed(before)
        """How it looks now."""
        self._before = self.frame.copy()
        self._after = developed(after)
        self._traced, self._soft, self._done = traced, soft, 0.0

    def advance(self, moment: float) -> None:
        """Bring the frame to this moment; moments only rise."""
        window = self._traced.window(self._done - self._soft, moment)
        self._done = moment
        if window is None:
            return
        change = np.clip((moment - self._traced.order[window]) / self._soft, 0, 1)[..., None]
        before = self._before[window].astype(np.float32)
        self.frame[window] = (before + (self._after[window] - before) * change + 0.5).astype(np.uint8)
