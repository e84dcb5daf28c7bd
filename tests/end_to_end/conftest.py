"""One stack for most tests of the whole product, with an instant studio beside it."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.activities.offline.studio_process import StudioProcess, offline_studio
from tests.end_to_end.product import Product


@contextlib.contextmanager
def short_folder() -> Generator[Path]:
    """A folder with a short path: pytest's own are too long for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="rw-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def studio() -> Iterator[StudioProcess]:
    """A studio that paints nothing, so that items take a second."""
    with short_folder() as folder, offline_studio(folder, instant=True) as running:
        yield running


@pytest.fixture(scope="session")
def stack(studio: StudioProcess) -> Iterator[Product]:
    """A running stack with the account `clay`; for tests that leave it running."""
    with short_folder() as folder:
        product = Product(folder / "home", studio)
        product.up()
        product("accounts", "add", "clay", "--time-zone", "Europe/Berlin", "--day-cap", "1000")
        # the cap over all accounts has no command; $20 would refuse the fourteenth item of all these tests
        product.ask(
            "update configuration set value = '1000000000' where key = 'day_cap_microusd' returning 1"
        )
        yield product
        product.stop()


@pytest.fixture
def fresh(studio: StudioProcess) -> Iterator[Callable[..., Product]]:
    """Makes products with homes of their own; whatever still runs at the end is ended."""
    with contextlib.ExitStack() as ends:

        def make(*, painting: bool = False, **extra: str) -> Product:
            folder = ends.enter_context(short_folder())
            product = Product(folder / "home", None if painting else studio, extra)
            ends.callback(product.hang_up)
            ends.callback(lambda: product.running and product.stop())
            return product

        yield make
