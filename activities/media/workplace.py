"""Where one composition works: a folder beside its target, of which nothing stays."""

import contextlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from activities.media.guard_client import GuardClient

STALE_AFTER_S = 3600
"""A half file this old belongs to a run that died together with its guard."""


@dataclass(frozen=True)
class Workplace:
    """One composition's names."""

    folder: Path
    """Holds links to the clips under plain names, encoded clips, and the sound."""
    target: Path
    mark: str
    """Its own: an attempt that counts as lost may still be writing."""

    def part(self, ending: str) -> Path:
        """A half file's name, on the target's disk so that the rename is one step."""
        return self.target.with_name(f"{self.target.stem}.{self.mark}.part{ending}")

    @property
    def parts(self) -> tuple[Path, ...]:
        """All half files there may be."""
        return (self.part(".mp4"), self.part("2.mp4"), self.part(".jpg"))


@contextlib.contextmanager
def workplace(guard: GuardClient, to: Path) -> Generator[Workplace]:
    """Give a working folder and names beside the target, and leave nothing of either behind."""
    target = to.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    mark = secrets.token_hex(4)
    place = Workplace(target.with_name(f"{target.stem}.{mark}.part"), target, mark)
    try:
        with guard.leavings(place.folder, *place.parts):
            place.folder.mkdir(mode=0o700)
            yield place
    finally:
        shutil.rmtree(place.folder, ignore_errors=True)
        for part in place.parts:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def trial_place(guard: GuardClient) -> Generator[Workplace]:
    """Give a working folder for what is thrown away."""
    with tempfile.TemporaryDirectory(prefix="reelwright-") as folder, guard.leavings(Path(folder)):
        yield Workplace(Path(folder), Path(folder) / "cut.mp4", "trial")


def _sweep(target: Path) -> None:
    """Remove half files of this target that no process can still be writing."""
    for part in target.parent.glob(f"{_literal(target.stem)}.????????.part*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > STALE_AFTER_S:
                if part.is_dir() and not part.is_symlink():
                    shutil.rmtree(part, ignore_errors=True)
                else:
                    part.unlink()


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
