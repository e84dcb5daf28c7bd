"""Starts a fake vendor as a process, tells it what to do, and reads the book it keeps."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.journals import read_lines


@dataclass
class VendorProcess:
    """A running fake vendor; it can be killed and started again on the same port."""

    module: str
    folder: Path
    arguments: list[str] = field(default_factory=list[str])
    port: int = 0
    process: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", self.module, "--port", str(self.port), "--folder", str(self.folder)]
        self.process = subprocess.Popen(
            [*command, *self.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # a Ctrl-C is for whoever started it, who then ends it
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline() or "0")
        assert self.port, f"{self.module} did not start"

    def kill(self) -> None:
        """End it as a power cut would; harmless where it has ended."""
        if self.process is None:
            return
        self.process.kill()
        self.process.communicate()
        self.process = None

    def lie(self, *lies: dict[str, Any], seed: int = 0) -> None:
        """Replace what it was told to do wrong; see `tests/vendors/lies.py` for the words."""
        self.post("/_control/lies", {"lies": lies, "seed": seed})

    def set(self, **facts: object) -> None:
        """Change a fact of its life, e.g. `work_seconds`."""
        self.post("/_control/facts", facts)

    def counters(self) -> dict[str, Any]:
        """What it counted: `charged_microusd`, `peak_microusd`, `effects`, `by_marker`."""
        with urllib.request.urlopen(f"{self.url}/_control/counters", timeout=10) as answer:
            return json.loads(answer.read())

    def post(self, path: str, body: object) -> None:
        """Tell it something."""
        data = json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}{path}", data=data, timeout=10) as answer:
            answer.read()

    def journal(self) -> list[dict[str, Any]]:
        """Its own book, oldest line first."""
        return read_lines(self.folder / "journal.jsonl")

    def count(self, effect: str, marker: str | None = None) -> int:
        """How often something happened, as the vendor itself wrote it down."""
        return sum(line["effect"] == effect and marker in (None, line["marker"]) for line in self.journal())


@contextmanager
def running(module: str, folder: Path, *arguments: str) -> Generator[VendorProcess]:
    """Run a fake vendor; it has ended when the block ends."""
    vendor = VendorProcess(module, folder, list(arguments))
    vendor.start()
    try:
        yield vendor
    finally:
        vendor.kill()
