"""What a chisel cuts: rosettes, scrolls, knots."""

import numpy as np
from numpy.random import Generator

from activities.studios.painting.brief import Brief
from activities.studios.painting.growth import Stroke
from activities.studios.painting.motifs import placed, pull


def carved_motif(brief: Brief, dice: Generator, scale: float) -> list[Stroke]:
    """Return what a chisel cuts: a rosette, a scroll or a band of waves."""
    near = brief.framing == "detail"  # then a knot would lie outside the picture
    makers = (_rosette, _scroll, _rosette, _scroll if near else _knot)
    return placed(makers[int(brief.room("carved").integers(len(makers)))](dice), scale)


def _rosette(dice: Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    count = int(dice.choice([6, 8, 12]))
    first = dice.uniform(0, 1)
    for petal in range(count):
        a = first + petal * 2 * np.pi / count
        for bend in (-0.26, 0.26):
            corners = [
                (40 * np.cos(a), 40 * np.sin(a)),
                (150 * np.cos(a + bend), 150 * np.sin(a + bend)),
                (262 * np.cos(a), 262 * np.sin(a)),
            ]
            strokes.append(pull(corners, 17, 0.2, 0.2))
    for radius, wide in ((292, 12.0), (330, 7.0)):
        turn = np.linspace(0, 2 * np.pi, 420)
        strokes.append(Stroke(np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius, np.full(420, wide)))
    return strokes


def _scroll(dice: Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    for cx, cy, way in ((-90, -270, 1), (100, 0, -1), (-90, 270, 1)):
        turn = np.linspace(0, 4.4 * np.pi / 2, 260)
        radius = 150 * np.exp(-turn / 5.2)
        points = np.stack([cx + way * radius * np.cos(turn), cy + radius * np.sin(turn)], axis=1)
        strokes.append(Stroke(points, np.linspace(20, 7, 260)))
        for leaf in range(5):
            a = leaf * 0.75 + dice.uniform(-0.1, 0.1)
            r0, r1 = 172 * np.exp(-a / 5.2), 255 * np.exp(-a / 6)
            strokes.append(
                pull(
                    [
                        (cx + way * r0 * np.cos(a), cy + r0 * np.sin(a)),
                        (cx + way * r1 * np.cos(a + 0.2), cy + r1 * np.sin(a + 0.2)),
                        (cx + way * r1 * 1.02 * np.cos(a + 0.5), cy + r1 * 1.02 * np.sin(a + 0.5)),
                    ],
                    15,
                    0.5,
                )
            )
    return strokes


def _knot(dice: Generator) -> list[Stroke]:
    strokes: list[Stroke] = []
    turns = np.linspace(0, 2 * np.pi, 700)
    for band in range(3):
        radius = 235 + 70 * np.cos(6 * turns + band * 2 * np.pi / 3)
        points = np.stack([np.cos(turns) * radius, np.sin(turns) * radius], axis=1)
        strokes.append(Stroke(points, np.full(700, 12.5)))
    turn = np.linspace(0, 2 * np.pi, 300)
    strokes.append(
        Stroke(
            np.stack([np.cos(turn), np.sin(turn)], axis=1) * (95 + dice.uniform(-8, 8)), np.full(300, 11.0)
        )
    )
    return strokes
