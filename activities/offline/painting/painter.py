"""Paints one clip or picture and ends: `python -m activities.offline.painting.painter --to clip.part.mp4 < order.json`.

Progress goes to stdout, a number from 0 to 1 a line. The process ends when the studio that started it ends.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from activities.offline.painting.brief import read_order
from activities.offline.painting.canvas import Frame
from activities.offline.painting.encoder import MARK_WORDS, die_with_parent
from activities.offline.painting.film import film
from activities.offline.painting.mark import mark
from activities.offline.painting.order import ANY_ORDER, FRAME_RATE, PaintingOrder, Picture
from activities.offline.painting.scenes import Scene, build
from activities.offline.painting.sound import ambience
from activities.offline.painting.still import still


def paint(order: PaintingOrder, to: Path, parent: int | None = None) -> None:
    """Paint the order into the file `to`. The same order gives the same bytes."""
    brief = read_order(order)
    sound = ambience(brief.shot("sound"), brief.heard, order.duration)
    frames = _frames(build(brief), order.frames, parent)
    film(order, frames, sound, mark(MARK_WORDS, *order.size_px), brief.camera, to)


def _frames(scene: Scene, count: int, parent: int | None) -> Iterator[Frame]:
    for index in range(count):
        if parent is not None and os.getppid() != parent:
            raise SystemExit(3)  # the studio is gone; on Linux the kernel is quicker than this line
        if index % 6 == 0:
            sys.stdout.write(f"{index / count:.3f}\n")
            sys.stdout.flush()
        yield scene.frame(index / FRAME_RATE, index / max(count - 1, 1))


def main() -> int:
    """Read the order from stdin and paint it."""
    parser = argparse.ArgumentParser(prog="painter", description="Paints one clip of the offline studio.")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--parent", type=int, help="the studio's process id: end when it is gone")
    parser.add_argument("--niceness", type=int, default=0)
    arguments = parser.parse_args()
    if sys.platform == "linux" and arguments.parent is not None:
        die_with_parent()
    os.nice(arguments.niceness)
    order = ANY_ORDER.validate_json(sys.stdin.buffer.read())
    if isinstance(order, Picture):
        still(order, arguments.to)
    else:
        paint(order, arguments.to, arguments.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())
