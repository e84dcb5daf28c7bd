"""Reading a journal that another process appends to."""

import json
from pathlib import Path
from typing import Any


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return its whole lines, oldest first; one that is being written is not there yet, nor is a missing file."""
    text = path.read_text("utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]
