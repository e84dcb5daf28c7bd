"""What all fake vendors share: a book, a script of lies, and the pages that control them."""

import argparse
import asyncio
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from tests.vendors.book import Book
from tests.vendors.lies import Script
from tests.vendors.wire import Reply, Request, document, serve


class FakeVendor(ABC):
    """One vendor. Subclasses name a request's kind and answer it truthfully."""

    def __init__(self, folder: Path) -> None:
        self.book = Book(folder)
        self.script = Script()
        self.facts: dict[str, Any] = {}

    @abstractmethod
    def call_of(self, request: Request) -> str:
        """Return which kind of call a request is."""

    @abstractmethod
    async def answer(self, call: str, request: Request) -> Reply:
        """Do what is asked, write it down, and return the truth."""

    async def handle(self, request: Request) -> Reply:
        """Answer one request, truthfully or as scripted."""
        if request.path.startswith("/_control/"):
            return self._control(request)
        call = self.call_of(request)
        lie = self.script.next(call)
        if lie is None:
            return await self.answer(call, request)
        truth = await self.answer(call, request) if lie.acts else None
        return lie.disguise(truth)

    def _control(self, request: Request) -> Reply:
        match request.path:
            case "/_control/lies":
                self.script.load(request.body)
            case "/_control/facts":
                self.facts |= json.loads(request.body)
            case _:
                return document({**self.book.counters(), "lies": self.script.told})
        return document({})


def recorded(asked: dict[str, Any], script: Script) -> dict[str, Any]:
    """Return an input as the listing will show it; a lie about a `record` puts other values into it."""
    lie = script.next("record")
    return asked | lie.body if lie else asked


def rewritten(asked: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return an input as a listing shows it: the fact `rewrites_prompts` is a vendor that tidies what it was sent."""
    return {**asked, "prompt": f"{asked['prompt']} "} if facts.get("rewrites_prompts") else asked


class _Account:
    """The vendor that a process is just now: `/_control/anew` begins another, with an empty book in a new folder."""

    def __init__(self, made: "type[FakeVendor]", folder: Path) -> None:
        self._made = made
        self._vendor = made(folder)

    async def handle(self, request: Request) -> Reply:
        """Begin anew, or hand the request to the vendor."""
        if request.path != "/_control/anew":
            return await self._vendor.handle(request)
        self._vendor = self._made(Path(request.fields()["folder"]))
        return document({})


def main(made: "type[FakeVendor]") -> None:
    """Run one as a process: `--port`, `--folder`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(_Account(made, given.folder).handle, given.port))
