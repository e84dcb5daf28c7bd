"""Workers as processes of their own, to be killed or paused at a named place."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Surroundings:
    """What a worker needs around it."""

    home: Path
    database_url: str
    temporal_address: str
    further: Mapping[str, str]
    """Lengths of time, keys and addresses of vendors."""
    module: str = "worker"
    """What runs: the product's own worker, or the same with instant vendors."""

    @contextlib.contextmanager
    def worker(self, **armed: str) -> Generator["subprocess.Popen[bytes]"]:
        """Run a worker; `armed` are settings such as `CRASH_POINT`. It is killed at the end."""
        environment = dict(os.environ) | dict(self.further)
        environment |= {f"REELWRIGHT_{name}": value for name, value in armed.items()}
        environment |= {
            "REELWRIGHT_HOME": str(self.home),
            "DATABASE_URL": self.database_url,
            "TEMPORAL_ADDRESS": self.temporal_address,
        }
        self.home.mkdir(exist_ok=True)
        with (self.home / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", self.module], env=environment, stderr=log, stdout=log
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def died_of_sigkill(process: "subprocess.Popen[bytes]", seconds: float = 180) -> bool:
    """Wait for the process to end, and say whether it killed itself at its crash point."""
    return process.wait(seconds) == -signal.SIGKILL


def paused(process: "subprocess.Popen[bytes] | subprocess.Popen[str]", seconds: float = 180) -> None:
    """Wait until the process has stopped itself at its pause point."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        if fields[0] == "T":
            return
        time.sleep(0.05)
    raise AssertionError("the worker did not come to its pause point")
