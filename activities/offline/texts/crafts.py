"""The curated crafts behind the offline writer: `material/*.yaml`, checked."""

import re
from functools import cache
from pathlib import Path

import yaml
from pydantic import Field

from schema.content.idea import Idea
from schema.payload import Document

FOLDER = Path(__file__).parent / "material"


class Step(Document):
    """One moment of a craft."""

    does: str = Field(min_length=20)
    """What the maker does, as the rest of a sentence: "grinds the ink in slow circles"."""
    detail: str = Field(min_length=20)
    """What one sees from very near, as a sentence."""
    sound: str = Field(min_length=5)
    """What one hears, as a phrase."""


class Craft(Document):
    """One craft, with the people and the place it belongs to."""

    name: str
    place: str
    words: tuple[str, ...] = Field(min_length=4)
    """What a person might type who wants this craft."""
    maker: str
    """Who does it, with its article: "a potter"."""
    objects: tuple[str, ...] = Field(min_length=3)
    """What is made, without an article."""
    titles: tuple[str, ...] = Field(min_length=4)
    context: str = Field(min_length=60, max_length=600)
    environments: tuple[str, ...] = Field(min_length=2)
    textures: str
    ambience: str
    hashtags: tuple[str, ...] = Field(min_length=3)
    steps: tuple[Step, ...] = Field(min_length=5)

    def beat(self, step: Step) -> str:
        """Return a step as a whole sentence."""
        return f"{self.maker[0].upper()}{self.maker[1:]} {step.does}."

    @property
    def placed(self) -> str:
        """Its name with where it comes from; what the name says of that already is not said twice."""
        return with_place(self.name, self.place)

    def is_near(self, topic: str) -> bool:
        """True if the topic names this craft, its material or its origin; a colour is too little."""
        asked = words(topic)
        own = asked & (set(self.words) | words(self.name) | words(self.place))
        return bool(own - _QUALIFIERS) or (bool(own) and own >= asked)

    def answers(self, topic: str) -> int:
        """Return how many of the topic's words this craft answers to; the craft's own words count double."""
        asked = words(topic)
        own = set(self.words) | words(self.name) | words(self.place)
        also = words(" ".join((*self.objects, *self.titles, *(step.does for step in self.steps))))
        return 2 * len(asked & own) + len((asked & also) - own)


@cache
def crafts(folder: Path = FOLDER) -> tuple[Craft, ...]:
    """Return all crafts in a fixed order. Raises `pydantic.ValidationError` where a file is not as it should be."""
    found: list[Craft] = []
    for path in sorted(folder.glob("*.yaml")):
        found.extend(
            Craft.model_validate(entry) for entry in yaml.safe_load(path.read_text("utf-8"))["crafts"]
        )
    return tuple(found)


def craft_of(idea: Idea) -> Craft | None:
    """Return the craft an idea of ours is about; None for an idea of another writer."""
    for craft in crafts():
        if any(craft.beat(step) in idea.beats for step in craft.steps):
            return craft
    return None


def with_place(name: str, place: str) -> str:
    """Return a name and its place as one phrase: "batik from Java, Indonesia", but "plaster of Fez, Morocco"."""
    said = name.lower()
    parts = place.split(", ")
    new = [part for part in parts if not any(word in said for word in words(part))]
    if not new:
        return name
    ends_there = any(f" of {word}" in said for part in parts for word in words(part))
    return f"{name}{', ' if ends_there else ' from '}{', '.join(new)}"


def words(text: str) -> set[str]:
    """Return the words of a text that mean something, small; a plural counts as its singular, too."""
    found = set(re.findall(r"[^\W\d_]{3,}", text.lower())) - _SMALL_WORDS
    return found | {word.removesuffix("s") for word in found if len(word) > 4}


_QUALIFIERS = frozenset(
    ["black", "blue", "gold", "green", "red", "white", "new", "santa", "isle", "strip", "style"]
)
"""Words that crafts answer to, and that say little by themselves."""
_SMALL_WORDS = frozenset(
    [
        "the",
        "and",
        "with",
        "from",
        "for",
        "that",
        "this",
        "into",
        "over",
        "onto",
        "its",
        "his",
        "her",
        "their",
        "one",
        "two",
        "video",
        "videos",
        "about",
        "make",
        "making",
        "show",
        "of",
        "craft",
        "crafts",
        "some",
        "please",
        "something",
        "like",
        "by",
        "at",
        "out",
        "until",
        "while",
        "between",
        "under",
        "small",
        "long",
    ]
)
