"""What a worker with our settings could do: the worker itself is asked."""

import json
import subprocess
from typing import Any

from schema.failure import Fault, Trouble
from schema.settings import Settings
from starter.stack.environment import environment, python_module


def ask_worker(settings: Settings, *flags: str) -> dict[str, Any]:
    """Return what `python -m worker --check` says; blocks for a second or two. Raises `Trouble` where it fails."""
    finished = subprocess.run(
        python_module("worker", "--check", *flags),
        env=environment({"REELWRIGHT_HOME": str(settings.home)}),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    if finished.returncode:
        said = finished.stderr.strip().splitlines() or ["it said nothing"]
        raise Trouble(Fault.BAD_INPUT, said[-1])
    return json.loads(finished.stdout)
