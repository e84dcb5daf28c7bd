"""What a chisel cuts: rosettes, leaves, knots."""

import numpy as np
from numpy.random import Generator

from activities.offline.painting.brief import Brief
from activities.offline.painting.growth import Stroke
from activities.offline.painting.motifs import placed, pull


def carved_motif(brief: Brief, dice: Generator, scale: float) -> list[Stroke]:
    """Return what a chisel cuts: a rosette, leaves on a stem or a knot."""
    if "knot" in brief.words and brief.framing != "detail":  # in detail it would lie outside the picture
        return placed(_knot(dice), scale)
    makers = (_rosette, _leaves)
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


def _leaves(dice: Generator) -> list[Stroke]:
    """A stem with leaves in pairs, each of two edges and a vein, and a bud on top."""
    strokes = [pull([(0, 400), (-14, 200), (12, 0), (-8, -200), (0, -300)], 13, 0.9, 0.5)]
    for pair in range(5):
        y = 330 - pair * 132.0
        long = 235 - pair * 22 + dice.uniform(-12, 12)
        for way in (-1, 1):
            tip = (way * long, y - 120)
            over = (way * long * 0.38, y - 128)
            under = (way * long * 0.62, y - 8)
            strokes.append(pull([(0, y), over, tip], 15, 0.3, 0.1))
            strokes.append(pull([(0, y), under, tip], 15, 0.3, 0.1))
            strokes.append(
                pull(
                    [(way * 18, y - 10), (way * long * 0.48, y - 66), (way * long * 0.8, y - 98)], 6, 0.6, 0.2
                )
            )
    for lean in (-70, 0, 70):
        strokes.append(pull([(0, -300), (lean * 1.3, -370), (lean * 0.5, -460)], 19, 0.4, 0.1))
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
