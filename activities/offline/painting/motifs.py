"""What a brush draws: bamboo, mountains, a circle, waves, blossoms, seams."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activities.offline.painting.brief import Brief
from activities.offline.painting.canvas import HEIGHT, WIDTH
from activities.offline.painting.growth import Stroke, curve

_CX, _CY = WIDTH / 2, HEIGHT * 0.52


def motif(brief: Brief, dice: Generator, scale: float, *, mending: bool = False) -> list[Stroke]:
    """Return the strokes the prompt asks for, centred, `scale` times the usual size."""
    if mending:
        return placed(_seams(dice), scale)
    for words, make in _BY_WORD:
        if brief.words & words:
            return placed(make(dice), scale)
    makers = (_bamboo, _circle, _mountains, _branch, _waves)
    return placed(makers[int(brief.room("motif").integers(len(makers)))](dice), scale)


def placed(strokes: list[Stroke], scale: float) -> list[Stroke]:
    """Move strokes to the middle and enlarge them; samples stay close, so that edges stay smooth."""
    middle = np.array((_CX, _CY))
    return [
        Stroke(middle + _denser(s.points, scale) * scale, _denser(s.widths, scale) * scale) for s in strokes
    ]


def _denser(samples: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    fine = np.linspace(0, len(samples) - 1, int(len(samples) * max(1.0, 1.6 * scale)))
    low = np.minimum(fine.astype(int), len(samples) - 2)
    part = fine - low
    part = part[:, None] if samples.ndim == 2 else part
    return samples[low] + (samples[low + 1] - samples[low]) * part


def pull(corners: list[tuple[float, float]], wide: float, start: float = 0.4, end: float = 0.05) -> Stroke:
    """A stroke that swells and tapers; `start` and `end` are shares of `wide`."""
    points = curve(corners)
    t = np.linspace(0, 1, len(points))
    swell = np.sin(np.pi * np.clip(t, 0, 1)) ** 0.6
    floor = start + (end - start) * t
    return Stroke(points, np.maximum(wide * np.maximum(swell, floor), 0.8))


def _bamboo(dice: Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    for stem, lean in ((-70, -0.06), (60, 0.05)):
        y = 420.0
        while y > -470:
            long = dice.uniform(150, 210)
            x = stem + lean * (420 - y)
            ends = [(x, y), (x + lean * long / 2, y - long / 2), (x + lean * long, y - long)]
            points = curve(ends)
            t = np.linspace(-1, 1, len(points))
            strokes.append(Stroke(points, 15 + 5 * t**6 + dice.uniform(-1, 1)))
            y -= long + 12
    for _ in range(11):
        x, y = dice.uniform(-130, 150), dice.uniform(-400, 160)
        way = dice.choice([-1, 1])
        turn = dice.uniform(0.15, 0.9)
        long = dice.uniform(120, 210)
        mid = (x + way * long * 0.5 * np.cos(turn), y + long * 0.5 * np.sin(turn) - 12)
        strokes.append(
            pull(
                [(x, y), mid, (x + way * long * np.cos(turn), y + long * np.sin(turn))],
                dice.uniform(13, 19),
                0.1,
            )
        )
    return strokes


def _circle(dice: Generator) -> list[Stroke]:
    start = dice.uniform(1.2, 2.4)
    turn = np.linspace(start, start + 5.95, 420)
    radius = 235 + 10 * np.sin(turn * 2 + 1)
    points = np.stack([np.cos(turn) * radius, np.sin(turn) * radius * 1.04 - 30], axis=1)
    t = np.linspace(0, 1, len(turn))
    widths = 38 * (0.35 + 0.65 * np.sin(np.pi * np.clip(t * 0.9 + 0.12, 0, 1)) ** 0.8) * (1 - 0.7 * t**4)
    seal = [pull([(150, 330), (150, 385)], 12, 1, 1), pull([(178, 330), (178, 385)], 12, 1, 1)]
    return [Stroke(points, widths), *seal]


def _mountains(dice: Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    for row, (base, wide) in enumerate(((-140, 9), (40, 14), (250, 21))):
        x = -330.0
        corners: list[tuple[float, float]] = []
        while x < 340:
            corners.append((x, base + dice.uniform(-120, 20) * (1 if len(corners) % 2 else 0.25)))
            x += dice.uniform(75, 120)
        strokes.append(pull(corners, wide, 0.35, 0.2))
        for x, y in corners[1:-1:2]:
            strokes.append(pull([(x, y), (x + 24, y + 60), (x + 14, y + 120 + row * 10)], wide * 0.8, 0.3))
    turn = np.linspace(-1.5, 4.9, 160)
    strokes.append(
        Stroke(np.stack([150 + 52 * np.cos(turn), -330 + 52 * np.sin(turn)], axis=1), np.full(160, 8.0))
    )
    return strokes


def _branch(dice: Generator) -> list[Stroke]:
    stem = [(-260, 400), (-170, 220), (-40, 90), (30, -90), (150, -230), (210, -400)]
    strokes = [pull([(float(x), float(y)) for x, y in stem], 17, 0.9, 0.2)]
    strokes.append(pull([(-40, 90), (120, 40), (260, -60)], 9, 0.8, 0.1))
    for cx, cy in ((260, -70), (150, -230), (210, -410), (-60, 60), (40, -110), (120, 40), (-190, 220)):
        petals = 5
        first = dice.uniform(0, 6.28)
        for petal in range(petals):
            a = first + petal * 2 * np.pi / petals
            px, py = cx + 34 * np.cos(a), cy + 34 * np.sin(a)
            strokes.append(
                pull(
                    [
                        (cx + 6 * np.cos(a), cy + 6 * np.sin(a)),
                        (px, py),
                        (px + 8 * np.cos(a), py + 8 * np.sin(a)),
                    ],
                    17,
                    0.3,
                    0.6,
                )
            )
    return strokes


def _waves(dice: Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    for row in range(7):
        y, shift = -360 + row * 122.0, (row % 2) * 95.0
        for column in range(4):
            cx = -285 + column * 190 + shift
            for ring, wide in ((88, 8.5), (58, 6.5), (30, 5.0)):
                turn = np.linspace(np.pi, 2 * np.pi, 60)
                arc = np.stack([cx + ring * np.cos(turn), y + ring * np.sin(turn)], axis=1)
                strokes.append(
                    Stroke(arc, np.full(60, wide) * (0.75 + 0.25 * np.sin(np.linspace(0, np.pi, 60))))
                )
    return [
        strokes[int(index)]
        for index in np.argsort(np.arange(len(strokes)) + dice.uniform(0, 5, len(strokes)))
    ]


def _tulip(dice: Generator) -> list[Stroke]:
    strokes = [pull([(0, 430), (18, 220), (0, 20)], 10, 0.6, 0.6)]
    strokes += [pull([(0, 400), (way * 130, 220), (way * 150, -10)], 34, 0.2) for way in (-1, 1)]
    for lean in (-120, 120, -55, 55, 0):
        top = -330 + abs(lean) * 0.5 + dice.uniform(-14, 14)
        strokes.append(
            pull([(lean * 0.2, 20), (lean * 1.15, -120), (lean * 0.8, top)], 44 - abs(lean) * 0.1, 0.35)
        )
    return strokes


def _bird(dice: Generator) -> list[Stroke]:
    rise = dice.uniform(-20, 20)
    strokes = [
        pull([(-230, 60), (-90, 100), (60, 40), (190, -60 + rise)], 30, 0.2, 0.3),
        pull([(190, -60 + rise), (236, -92 + rise), (282, -78 + rise)], 16, 0.8, 0.1),
    ]
    for feather in range(6):
        x = -110 + feather * 40
        strokes.append(
            pull(
                [(x + 60, 50 - feather * 10), (x - 10, -130), (x - 130 + feather * 20, -300 + feather * 18)],
                19,
                0.4,
            )
        )
    for tail in range(3):
        strokes.append(pull([(-220, 62), (-300, 150 + tail * 40), (-330, 250 + tail * 55)], 13, 0.4))
    strokes.append(pull([(-340, 420), (-60, 372), (330, 404)], 9, 0.3))
    return strokes


def _diamonds(dice: Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    for row in range(5):
        for column in range(3):
            cx, cy = -210 + column * 210.0, -360 + row * 180.0
            for size in (88, 46):
                corners = [
                    (cx, cy - size),
                    (cx + size, cy),
                    (cx, cy + size),
                    (cx - size, cy),
                    (cx, cy - size),
                ]
                wobble = [(x + dice.uniform(-4, 4), y + dice.uniform(-4, 4)) for x, y in corners]
                strokes += [
                    pull([a, ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), b], 9, 1, 0.9)
                    for a, b in pairwise(wobble)
                ]
    return strokes


def _seams(dice: Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    heart = (dice.uniform(-60, 60), dice.uniform(-60, 60))
    for turn in np.arange(5) * 1.2566 + dice.uniform(0, 1):
        x, y = heart
        corners, heading = [(x, y)], turn
        for _ in range(7):
            heading = turn + dice.uniform(-0.7, 0.7)
            x, y = x + 95 * np.cos(heading), y + 105 * np.sin(heading)
            corners.append((x, y))
        strokes.append(pull(corners, dice.uniform(6.5, 10), 0.8, 0.5))
        fork = corners[3]
        side = turn + dice.choice([-1, 1]) * 0.9
        strokes.append(
            pull(
                [
                    fork,
                    (fork[0] + 90 * np.cos(side), fork[1] + 90 * np.sin(side)),
                    (fork[0] + 190 * np.cos(side + 0.3), fork[1] + 190 * np.sin(side + 0.3)),
                ],
                5,
                0.8,
                0.3,
            )
        )
    return strokes


_BY_WORD: tuple[tuple[set[str], Callable[[Generator], list[Stroke]]], ...] = (
    ({"bamboo"}, _bamboo),
    ({"tulip"}, _tulip),
    ({"bird", "crane", "wing", "birds"}, _bird),
    ({"diamonds", "bogolan", "mud"}, _diamonds),
    ({"wave", "waves", "tide"}, _waves),
    ({"mountain", "mountains"}, _mountains),
    ({"petals", "blossoming", "branch", "garden", "flower", "leaf"}, _branch),
)
