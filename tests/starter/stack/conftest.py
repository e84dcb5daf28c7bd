"""What the tests of the stack share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short path: pytest's own are too long for a socket."""
    made = Path(tempfile.mkdtemp(prefix="rw-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def _remote(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither server is started: the test is about the children."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://far/away")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "far:7233")
