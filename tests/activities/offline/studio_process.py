"""Starts the offline studio as a process of its own, for any test that needs a vendor."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activities.offline.studio_journal import Line, read_journal

UP_WITHIN_S = 30.0
_made_before: dict[str, bytes] = {}
"""The prepared clip of the first studio, laid into the folders of later ones: it is the same, and spares a second."""


@dataclass
class StudioProcess:
    """A running studio and its folder; it can be killed and started again on the same port."""

    port: int
    folder: Path
    instant: bool
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Its address, for `OfflineStudio`."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "activities.offline.studio_server"]
        command += ["--port", str(self.port), "--folder", str(self.folder)]
        self.folder.mkdir(parents=True, exist_ok=True)
        prepared = self.folder / "instant.mp4"
        if self.instant and "clip" in _made_before:
            prepared.write_bytes(_made_before["clip"])
        with (self.folder / "studio.log").open("ab") as log:
            self.process = subprocess.Popen([*command, *(["--instant"] if self.instant else [])], stderr=log)
        deadline = time.monotonic() + UP_WITHIN_S
        while True:
            try:
                self.get("/health")
                break
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self.folder / "studio.log").read_text()) from None
                time.sleep(0.03)  # nothing to wait on but its port
        if self.instant:
            _made_before.setdefault("clip", prepared.read_bytes())

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as a supervisor would: SIGTERM; harmless where it has ended already."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        self.process.wait(timeout=20)
        self.process = None

    def get(self, path: str) -> Any:
        """Read one page of its wire as JSON."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return json.loads(answer.read())

    def journal(self) -> list[Line]:
        """Its own book, oldest line first."""
        return read_journal(self.folder / "journal.jsonl")

    def count(self, effect: str, marker: str | None = None) -> int:
        """How often something happened, as the studio itself wrote it down."""
        return sum(line.effect == effect and marker in (None, line.marker) for line in self.journal())


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def offline_studio(folder: Path, *, instant: bool = True) -> Generator[StudioProcess]:
    """Run the studio on a free port; it has ended when the block ends."""
    studio = StudioProcess(free_port(), folder, instant)
    studio.start()
    try:
        yield studio
    finally:
        studio.stop()
