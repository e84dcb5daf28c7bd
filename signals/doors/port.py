"""What the process of doors can ask a door."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from starlette.routing import BaseRoute

from activities.store.database import Database
from schema.settings import Settings


class Door(Protocol):
    """One way in for people or vendors. It starts where it is configured."""

    @property
    def name(self) -> str:
        """What `/health` and the log call it."""
        ...

    @property
    def needs(self) -> str:
        """Which setting configures it, for the log line that says why it stays closed."""
        ...

    def configured(self, settings: Settings) -> bool:
        """Return whether the settings ask for this door. Reads nothing else."""
        ...

    def opened(
        self, settings: Settings, database: Database
    ) -> AbstractAsyncContextManager[Sequence[BaseRoute]]:
        """Serve for a `with` block: yields the paths that the process answers for this door, or none.

        Raises `Trouble` (`bad_input`) where a setting of the door cannot be used.
        """
        ...
