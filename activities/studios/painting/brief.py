"""Reads an order as a painter does: which scene, how near, in which light, with which sounds."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator

from activities.studios.painting.camera import Camera, Move
from activities.studios.painting.order import Order
from activities.studios.painting.palettes import PALETTES, Palette

Framing = Literal["wide", "close", "detail"]

_FRAMING: dict[Framing, tuple[str, ...]] = {
    "detail": ("macro", "detail", "extreme", "fingertip", "tiny", "texture"),
    "close": ("close-up", "close", "closeup", "tight", "near"),
    "wide": ("wide", "establishing", "room", "whole", "full"),
}

_SCENES: dict[str, tuple[str, ...]] = {
    "wheel": (
        "pottery",
        "potter",
        "clay",
        "wheel",
        "bowl",
        "vase",
        "throwing",
        "kiln",
        "porcelain",
        "ceramic",
        "pot",
        "jar",
        "stoneware",
        "coil",
        "slip",
        "teapot",
        "earthenware",
        "trimming",
        "cup",
        "vessel",
    ),
    "candle": (
        "candle",
        "wax",
        "wick",
        "flame",
        "beeswax",
        "honeycomb",
        "taper",
        "tallow",
        "pour",
        "soap",
        "melted",
        "melting",
    ),
    "carving": (
        "wood",
        "carving",
        "carve",
        "carved",
        "chisel",
        "gouge",
        "knife",
        "spoon",
        "shavings",
        "plank",
        "cedar",
        "birch",
        "walnut",
        "block",
        "lute",
        "plane",
        "joinery",
        "engraving",
        "leather",
        "stone",
        "inlay",
        "relief",
        "tooling",
        "plaster",
    ),
    "ink": (
        "ink",
        "brush",
        "calligraphy",
        "paper",
        "painting",
        "miniature",
        "pen",
        "reed-pen",
        "tea",
        "stroke",
        "strokes",
        "pigment",
        "illumination",
        "drawing",
        "outline",
        "henna",
        "fan",
        "gilding",
        "lacquer",
        "marbling",
        "seam",
        "gold",
    ),
    "loom": (
        "loom",
        "weaving",
        "weave",
        "weaver",
        "woven",
        "thread",
        "threads",
        "shuttle",
        "warp",
        "weft",
        "textile",
        "cloth",
        "kente",
        "yarn",
        "silk",
        "wool",
        "carpet",
        "rug",
        "knot",
        "embroidery",
        "basket",
        "cotton",
        "fibre",
        "stitch",
        "lace",
        "bobbin",
    ),
    "glass": (
        "glass",
        "glassblowing",
        "furnace",
        "molten",
        "blowpipe",
        "murano",
        "bead",
        "gather",
        "gaffer",
        "bellows",
        "glowing",
        "forge",
        "blacksmith",
        "smith",
        "anvil",
        "steel",
        "iron",
        "blade",
        "sugar",
    ),
    "vat": ("dye", "indigo", "bath", "liquid", "water", "dripping", "marbling", "ebru", "foam", "skeins"),
    "hammered": (
        "copper",
        "brass",
        "silver",
        "metal",
        "hammer",
        "hammered",
        "tin",
        "bronze",
        "filigree",
        "gong",
        "punch",
        "chasing",
        "dimples",
        "repousse",
        "engraved",
        "silversmith",
        "coppersmith",
        "tray",
    ),
}

_VERBS: dict[str, tuple[str, ...]] = {
    "wheel": ("centres", "kneads", "trims"),
    "candle": ("lights", "melts"),
    "carving": ("carves", "cuts", "scribes", "undercuts", "hollows", "splits", "planes", "rounds"),
    "ink": ("draws", "paints", "outlines", "burnishes"),
    "loom": ("weaves", "shuttle", "pedals", "beats", "winds", "braids", "stretches", "ties", "picks"),
    "glass": ("gathers", "blows", "molten", "trails", "marver"),
    "hammered": ("hammers", "chases", "engraves", "plants", "raises", "files"),
    "vat": (
        "dips",
        "soaks",
        "stirs",
        "rinses",
        "washes",
        "pours",
        "boils",
        "sprinkles",
        "combs",
        "lowers",
        "parts",
        "drips",
        "vat",
    ),
}
"""What is being done weighs more than what stands around."""

_DEED_WITHIN = 42
"""A prompt tells what is done in its first words; later ones paint the mood."""

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


def read_order(order: Order) -> Brief:
    """Understand an order; every order can be painted, whatever its words."""
    seen, _, heard = order.prompt.partition("Audio:")
    look = order.look or order.prompt
    words = _words(order.prompt)
    shot_seed = _number(f"{order.prompt}|{order.seed}|{order.look}")
    return Brief(
        scene=_scene(_words(seen), _words(look), shot_seed),
        framing=_framing(_words(seen), shot_seed),
        palette=_palette(_words(look), _number(look)),
        words=frozenset(words),
        heard=tuple(_words(heard or order.prompt)),
        room_seed=_number(look),
        shot_seed=shot_seed,
    )


def _scene(seen: list[str], look: list[str], seed: int) -> str:
    """The prompt's words count, early ones most; the look's words break ties and help where the prompt is silent."""
    points = dict.fromkeys(_SCENES, 0.0)
    first = {word: place for place, word in reversed(list(enumerate(seen)))}
    for name, cues in _SCENES.items():
        points[name] += sum(1 + 0.5 / (1 + place / 12) for word, place in first.items() if word in cues)
        points[name] += sum(4.5 for word in set(seen[:_DEED_WITHIN]) if word in _VERBS[name])
        points[name] += sum(0.4 for word in set(look) if word in cues)
    best = max(points.values())
    if best == 0:
        return sorted(_SCENES)[seed % len(_SCENES)]
    return next(name for name in _SCENES if points[name] == best)


def _framing(seen: list[str], seed: int) -> Framing:
    for word in seen:
        for framing, cues in _FRAMING.items():
            if word in cues:
                return framing
    return ("wide", "close", "detail")[seed % 3]


def _palette(look: list[str], seed: int) -> Palette:
    """Words choose where they can; between equals, the look's hash does."""
    points = [sum(word in palette.words for word in look) for palette in PALETTES]
    best = [palette for palette, score in zip(PALETTES, points, strict=True) if score == max(points)]
    return best[seed % len(best)]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-zà-öø-ÿ][a-zà-öø-ÿ'-]*", text.lower())


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
