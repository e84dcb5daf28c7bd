"""What a worker with our settings could do, as it says itself: nobody but the worker knows which vendors are joined."""

import json
import subprocess
import sys
from typing import Any

from schema.failure import Fault, Trouble


def ask_worker(*flags: str) -> dict[str, Any]:
    """Return what `python -m worker --check` says; blocks for a second or two. Raises `Trouble` where it fails."""
    finished = subprocess.run(
        [sys.executable, "-m", "worker", "--check", *flags],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    if finished.returncode:
        said = finished.stderr.strip().splitlines() or ["it said nothing"]
        raise Trouble(Fault.BAD_INPUT, said[-1])
    return json.loads(finished.stdout)
