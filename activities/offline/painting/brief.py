"""Reads an order as a painter does: which scene, how near, in which light, with which sounds."""

import hashlib
import re
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from activities.offline.painting.camera import Camera, Move
from activities.offline.painting.cues import DEED_WITHIN, DEEDS, FRAMINGS, LIGHTS, THINGS, Framing
from activities.offline.painting.order import AnyOrder
from activities.offline.painting.palettes import PALETTES, Palette

_MOVES: dict[Framing, tuple[Move, ...]] = {
    "wide": ("push", "right", "left"),
    "close": ("push", "left", "right", "up"),
    "detail": ("pull", "push", "left", "right"),
}


@dataclass(frozen=True)
class Brief:
    """An order, understood."""

    scene: str
    """Which of the scenes is painted."""
    framing: Framing
    palette: Palette
    words: frozenset[str]
    """All words of the prompt, small."""
    heard: tuple[str, ...]
    """The words of the prompt's part on sound, small, in order."""
    room_seed: int
    """The same for all orders of one look: the room, its textures, where its light falls."""
    shot_seed: int
    """Of this order alone."""

    def room(self, purpose: str) -> Generator:
        """Return dice that fall the same for all orders of one look."""
        return np.random.default_rng([self.room_seed, _number(purpose)])

    def shot(self, purpose: str) -> Generator:
        """Return dice of this order alone."""
        return np.random.default_rng([self.shot_seed, _number(purpose)])

    @property
    def camera(self) -> Camera:
        """Return the move that suits the framing."""
        dice = self.shot("camera")
        moves = _MOVES[self.framing]
        return Camera(moves[int(dice.integers(len(moves)))], float(dice.uniform(0.035, 0.05)))


def read_order(order: AnyOrder) -> Brief:
    """Understand an order; every order can be painted, whatever its words."""
    seen, _, heard = order.prompt.partition("Audio:")
    look = order.look or order.prompt
    words = _words(order.prompt)
    shot_seed = _number(f"{order.prompt}|{order.seed}|{order.look}")
    return Brief(
        scene=_scene(_words(seen), _words(look), shot_seed),
        framing=_framing(_words(seen), shot_seed),
        palette=_palette_asked(_words(seen), _palette(_words(look), _number(look))),
        words=frozenset(words),
        heard=tuple(_words(heard or order.prompt)),
        room_seed=_number(look),
        shot_seed=shot_seed,
    )


def _scene(seen: list[str], look: list[str], seed: int) -> str:
    """The prompt's words count, early ones most; the look's words break ties and help where the prompt is silent."""
    points = dict.fromkeys(THINGS, 0.0)
    first = {word: place for place, word in reversed(list(enumerate(seen)))}
    for name, cues in THINGS.items():
        points[name] += sum(1 + 0.5 / (1 + place / 12) for word, place in first.items() if word in cues)
        points[name] += sum(4.5 for word in set(seen[:DEED_WITHIN]) if word in DEEDS[name])
        points[name] += sum(0.4 for word in set(look) if word in cues)
    best = max(points.values())
    if best == 0:
        return sorted(THINGS)[seed % len(THINGS)]
    return next(name for name in THINGS if points[name] == best)


def _framing(seen: list[str], seed: int) -> Framing:
    for word in seen:
        for framing, cues in FRAMINGS.items():
            if word in cues:
                return framing
    return ("wide", "close", "detail")[seed % 3]


def _palette(look: list[str], seed: int) -> Palette:
    """Words choose where they can; between equals, the look's hash does."""
    points = [sum(word in palette.words for word in look) for palette in PALETTES]
    best = [palette for palette, score in zip(PALETTES, points, strict=True) if score == max(points)]
    return best[seed % len(best)]


def _palette_asked(seen: list[str], usual: Palette) -> Palette:
    """Return the palette of the light that the notes ask for; the usual one if they ask for none."""
    where = next((n for n in range(len(seen)) if seen[n : n + 3] == ["light", "as", "asked"]), None)
    wish = seen[where + 3 : where + 10] if where is not None else []
    names = next((LIGHTS[word] for word in wish if word in LIGHTS), ())
    return next((one for name in names for one in PALETTES if one.name == name != usual.name), usual)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-zà-öø-ÿ][a-zà-öø-ÿ'-]*", text.lower())


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
