"""Who sells and who writes around an item: the offline vendors, or real wires spoken by fakes that keep books."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import yaml

from activities.studios.request_mapping import marker_of
from schema.money import Book
from tests.activities.offline.studio_process import StudioProcess, offline_studio
from tests.activities.studios.contract.vendors import replicate_prices
from tests.chaos.clip import make_clip
from tests.journals import read_lines
from tests.vendors import anthropic, fal, openai, replicate
from tests.vendors.process import VendorProcess, running

SCENES = (1, 2, 3)


class World(ABC):
    """Vendors, what a worker must know of them, and what they counted."""

    environment: Mapping[str, str]
    book: Book
    asks_of_an_item: int
    """How often its writer charges for an item that is made in one round."""

    @abstractmethod
    def submissions(self, item_id: str) -> Counter[int]:
        """Return how often each scene of the first round was ordered, by the studio's own journal."""

    @abstractmethod
    def asks(self) -> int:
        """Return how often the writer wrote and charged, by its own journal."""

    @abstractmethod
    def charged_microusd(self, item_id: str) -> int:
        """Return what all of them charged."""


class Offline(World):
    """The offline studio, and a writer that costs nothing."""

    book = Book.SIMULATED
    asks_of_an_item = 0

    def __init__(self, studio: StudioProcess) -> None:
        self._studio = studio
        self.environment = {"REELWRIGHT_STUDIO_URL": studio.url}

    def submissions(self, item_id: str) -> Counter[int]:
        """Return how often each scene was ordered."""
        slots = [str(line["marker"]).split("/") for line in self._lines("submitted", item_id)]
        return Counter(int(slot[3]) for slot in slots)

    def asks(self) -> int:
        """Return none: nobody counts them."""
        return 0

    def charged_microusd(self, item_id: str) -> int:
        """Return what the studio charged."""
        return sum(int(str(line["price_microusd"])) for line in self._lines("charged", item_id))

    def _lines(self, effect: str, item_id: str) -> list[dict[str, object]]:
        return [
            line
            for line in read_lines(self._studio.folder / "journal.jsonl")
            if line["effect"] == effect and line["marker"].startswith(f"{item_id}/")
        ]


class Paid(World):
    """A real studio's wire and a real writer's."""

    book = Book.USD
    asks_of_an_item = 2

    def __init__(self, studio: VendorProcess, writer: VendorProcess, environment: Mapping[str, str]) -> None:
        self._studio = studio
        self._writer = writer
        self.environment = {"REELWRIGHT_STUDIO_URL": "http://127.0.0.1:9", **environment}

    def submissions(self, item_id: str) -> Counter[int]:
        """Return how often each scene was ordered, whichever attempt it was."""
        counted: Counter[int] = Counter()
        for scene in SCENES:
            for attempt in range(1, 10):
                marker = str(marker_of(f"{item_id}/1/scene/{scene}/{attempt}"))
                counted[scene] += self._studio.count("submitted", marker)
        strange = self._studio.count("submitted") - counted.total()
        assert not strange, f"{strange} orders carry no marker of {item_id}"
        return counted

    def asks(self) -> int:
        """Return how often the writer wrote and charged."""
        return self._writer.count("charged")

    def charged_microusd(self, item_id: str) -> int:
        """Return what both charged."""
        books = (self._studio.journal(), self._writer.journal())
        return sum(line["amount_microusd"] for book in books for line in book)


@contextmanager
def _offline(folder: Path) -> Generator[World]:
    with offline_studio(folder / "studio", instant=True) as studio:
        yield Offline(studio)


@contextmanager
def _fal_and_claude(folder: Path) -> Generator[World]:
    with ExitStack() as ends:
        studio = ends.enter_context(running("tests.vendors.fal", folder / "fal"))
        writer = ends.enter_context(running("tests.vendors.anthropic", folder / "claude"))
        studio.set(clip=str(make_clip(folder / "clip.mp4")))
        keys = {
            "FAL_KEY": fal.KEY,
            "FAL_QUEUE_URL": studio.url,
            "FAL_PLATFORM_URL": f"{studio.url}/v1",
            "ANTHROPIC_API_KEY": anthropic.KEY,
            "ANTHROPIC_BASE_URL": writer.url,
        }
        yield Paid(studio, writer, keys)


@contextmanager
def _replicate_and_chat(folder: Path) -> Generator[World]:
    with ExitStack() as ends:
        studio = ends.enter_context(running("tests.vendors.replicate", folder / "replicate"))
        writer = ends.enter_context(running("tests.vendors.openai", folder / "chat"))
        studio.set(clip=str(make_clip(folder / "clip.mp4")))
        prices = folder / "prices"
        prices.mkdir()
        (prices / "replicate.yaml").write_text(yaml.safe_dump(replicate_prices().model_dump(mode="json")))
        keys = {
            "REELWRIGHT_PRICES": str(prices),
            "REPLICATE_API_TOKEN": replicate.TOKEN,
            "REPLICATE_API_URL": studio.url,
            "OPENAI_API_KEY": openai.KEY,
            "OPENAI_BASE_URL": f"{writer.url}/v1",
            "OPENAI_MODEL": openai.MODEL,
        }
        yield Paid(studio, writer, keys)


WORLDS: dict[str, Callable[[Path], AbstractContextManager[World]]] = {
    "offline": _offline,
    "fal and claude": _fal_and_claude,
    "replicate and chat": _replicate_and_chat,
}
