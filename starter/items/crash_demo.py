"""`demo --crash`: kill the worker on the way, and let the vendors count what happened."""

import json
import os
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schema.items.progress import Progress
from schema.items.stage import Stage, row_of
from starter.console.context import tell


class Crashes:
    """Kills the worker twice: while scenes are being made, and while the review waits."""

    def __init__(self, home: Path, *, enabled: bool) -> None:
        self._home = home
        self._still_to_come = [Stage.SCENES, Stage.REVIEW] if enabled else []

    def consider(self, seen: Progress) -> None:
        """Kill the worker where the item has come to the next such place."""
        if not self._still_to_come or seen.stage != self._still_to_come[0]:
            return
        if seen.stage == Stage.SCENES and not all(scene.state == "ordered" for scene in seen.scenes):
            return
        self._still_to_come.pop(0)
        pid = int((self._home / "run" / "worker.pid").read_text(encoding="utf-8"))
        os.kill(pid, signal.SIGKILL)
        stage = row_of(seen.stage).shown
        tell(f"--- killed the worker (pid {pid}, SIGKILL) at the stage {stage}; the stack starts it again")


@dataclass(frozen=True)
class Counts:
    """What the vendors' own journals say about one item."""

    orders: dict[str, int]
    """Submissions by our marker: the same order must never come twice."""
    charges: dict[str, int]
    """Charges by the scene they were for, less what was refunded: a scene may be ordered again, never paid again."""
    posts: int

    @property
    def nothing_twice(self) -> bool:
        """True where no scene was bought twice and nothing was posted twice."""
        return all(number <= 1 for number in (*self.orders.values(), *self.charges.values(), self.posts))


def count(home: Path, item_id: str) -> Counts:
    """Count what the studio and the folder platform have written into their own journals."""
    studio = _lines(home / "vendors" / "offline-studio" / "journal.jsonl")
    ours = [line for line in studio if str(line.get("marker", "")).startswith(f"{item_id}/")]
    orders = Counter(str(line["marker"]) for line in ours if line["effect"] == "submitted")
    charges = Counter(_scene_of(line) for line in ours if line["effect"] == "charged")
    charges.subtract(_scene_of(line) for line in ours if line["effect"] == "refunded")
    posts = sum(1 for line in _lines(home / "outbox" / "journal.jsonl") if line.get("item_id") == item_id)
    return Counts(orders=dict(orders), charges=dict(charges), posts=posts)


def _scene_of(line: dict[str, Any]) -> str:
    return str(line["marker"]).rpartition("/")[0]


def tell_counts(counts: Counts) -> None:
    """Say what the vendors counted."""
    tell("\nwhat the vendors counted, in their own journals:")
    for marker, number in sorted(counts.orders.items()):
        tell(f"  {marker}: ordered {number} time(s)")
    tell(f"  scenes paid: {sum(counts.charges.values())}")
    tell(f"  posts: {counts.posts}")
    tell(
        "  nothing was bought twice, nothing was posted twice"
        if counts.nothing_twice
        else "  SOMETHING HAPPENED TWICE: please report this with `reelwright backup`"
    )


def _lines(journal: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines() if line]
    except FileNotFoundError:
        return []
