"""An editor and footage to try it on."""

from collections.abc import Iterator

import pytest

from activities.media.editor import FfmpegEditor
from tests.activities.media.footage import Footage


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """A place to wish for clips."""
    return Footage(tmp_path_factory.mktemp("footage"))


@pytest.fixture(scope="session")
def editor() -> Iterator[FfmpegEditor]:
    """The editor of the packaged ffmpeg."""
    made = FfmpegEditor()
    yield made
    made.close()
