"""What an item is about, before anything is bought."""

import re
from typing import Annotated

from schema.limits import MAX_NOTES, MAX_TITLE, MAX_TOPIC, MAX_VOICE
from schema.money import Book
from schema.payload import Payload
from schema.text import AtMost

REMEMBERED = 30
"""How many of the account's last ideas a writer is told of, and a new one is held against."""
ALIKE = 0.7
"""From this share of common words on, of all words of both, two texts are taken to tell the same."""
_WORD = re.compile(r"\w{4,}")


class Remembered(Payload):
    """What is kept in mind of an earlier idea."""

    title: str
    concept: str = ""

    def resembles(self, other: "Remembered") -> bool:
        """True where title or concept tell nearly the same."""
        return _likeness(self.title, other.title) >= ALIKE or _likeness(self.concept, other.concept) >= ALIKE


class Idea(Payload):
    """One idea, complete enough to write prompts and a post from."""

    title: str
    concept: str
    """What happens, in two or three sentences."""
    caption: str
    """The text of the post, hashtags included; 2,200 is Instagram's limit (platforms.md 2.7)."""
    cultural_context: str
    """Where the craft comes from, told with respect."""
    environment: str
    """Place, light, time of day."""
    sound_concept: str
    """What is heard; for ASMR this is half the video."""
    beats: tuple[str, ...]
    """One sentence a scene: what each of them shows."""
    seed: int
    """Where the offline writer's dice started: same seed, topic and history, same idea."""


def _likeness(one: str, other: str) -> float:
    """Return the share of common words (Jaccard index), 0 to 1; short words do not count."""
    here, there = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    return len(here & there) / len(here | there) if here and there else 0.0


class IdeaBrief(Payload):
    """What a writer is told before it writes an idea."""

    book: Book
    """Whose money the item spends: that book's writer is asked."""
    format: str
    account_voice: Annotated[str, AtMost(MAX_VOICE)]
    topic: Annotated[str | None, AtMost(MAX_TOPIC)] = None
    """What the person asked for; None leaves the choice to the writer."""
    scenes: int
    seed: int
    made_before: Annotated[tuple[str, ...], AtMost(MAX_TITLE, many=REMEMBERED)] = ()
    """Titles of the account's last ideas, newest first: do not repeat them."""
    notes: Annotated[str, AtMost(MAX_NOTES)] = ""
    """A reviewer's notes on an earlier idea; empty where there was none."""
    seed_given: bool = False
    """True where a person gave the seed: the same idea as before is welcome then."""


class PromptBrief(Payload):
    """What a writer is told before it writes the prompts of a round."""

    book: Book
    """Whose money the item spends."""
    format: str
    idea: Idea
    scenes: int
    max_chars: int
    """The limit for one whole prompt, in characters, of every model that may be asked."""
    styles: tuple[str, ...] = ()
    """Styles of scenes that are made by models of their own; empty where there are none."""
    round: int
    notes: Annotated[str, AtMost(MAX_NOTES)] = ""
    """A reviewer's notes, to be answered by these prompts; empty in the first round."""


class IdeaRequest(Payload):
    """An idea to write for an item, in a round."""

    item_id: str
    round: int
    on_behalf_of: str
    """The person who asked for the round; `system` where none did."""
    brief: IdeaBrief


class PromptRequest(Payload):
    """The prompts to write for an item, in a round."""

    item_id: str
    account_id: str
    on_behalf_of: str
    """The person who asked for the round; `system` where none did."""
    brief: PromptBrief
