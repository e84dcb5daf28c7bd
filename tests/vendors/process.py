"""Starts a fake vendor as a process, tells it what to do, and reads the book it keeps."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journals import read_lines


@dataclass
class VendorProcess:
    """A running fake vendor; it can be killed and started again on the same port."""

    module: str
    folder: Path
    port: int = 0
    process: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def begin(self, folder: Path) -> None:
        """Let it be a vendor with an empty book in the folder: a new process, or the one that runs."""
        self.folder = folder
        if self.process is None:
            self.start()
            return
        folder.mkdir(parents=True, exist_ok=True)
        self.post("/_control/anew", {"folder": str(folder)})

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", self.module, "--port", str(self.port), "--folder", str(self.folder)]
        self.process = subprocess.Popen(
            command,
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


_idle: dict[str, list[VendorProcess]] = {}
"""Vendors whose block has ended, by module: the next block begins one anew, which spares the start of a process.

They end with this process, whose end closes their standard input.
"""


@contextmanager
def running(module: str, folder: Path) -> Generator[VendorProcess]:
    """Run a fake vendor that knows nothing of any block before."""
    idle = _idle.setdefault(module, [])
    vendor = idle.pop() if idle else VendorProcess(module, folder)
    vendor.begin(folder)
    try:
        yield vendor
    except BaseException:
        vendor.kill()
        raise
    if vendor.process is not None and vendor.process.poll() is None:
        idle.append(vendor)
    else:
        vendor.kill()
