"""A fake vendor's own book: one line per effect, written before anyone is answered. Verdicts come from here."""

import json
from collections import Counter
from pathlib import Path
from typing import Any


class Book:
    """Appends effects, and counts them and the money."""

    def __init__(self, folder: Path) -> None:
        path = folder / "journal.jsonl"
        whole = path.read_bytes() if path.exists() else b""
        self._file = path.open("ab", buffering=0)
        self._file.truncate(whole.rfind(b"\n") + 1)
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in whole.split(b"\n")[:-1]]
        self.charged_microusd = 0
        self.peak_microusd = 0
        for line in self.lines:
            self._add_up(line)

    def write(self, effect: str, marker: str, amount_microusd: int = 0, **more: object) -> None:
        """Note one effect, which outlives our sudden end from here on. A refund is a negative amount."""
        line = {"effect": effect, "marker": marker, "amount_microusd": amount_microusd, **more}
        self._file.write(json.dumps(line).encode() + b"\n")
        self.lines.append(line)
        self._add_up(line)

    def counters(self) -> dict[str, Any]:
        """Everything that was counted."""
        by_marker = {
            effect: Counter(line["marker"] for line in self.lines if line["effect"] == effect)
            for effect in {line["effect"] for line in self.lines}
        }
        return {
            "charged_microusd": self.charged_microusd,
            "peak_microusd": self.peak_microusd,
            "effects": Counter(line["effect"] for line in self.lines),
            "by_marker": by_marker,
        }

    def _add_up(self, line: dict[str, Any]) -> None:
        self.charged_microusd += line["amount_microusd"]
        self.peak_microusd = max(self.peak_microusd, self.charged_microusd)
