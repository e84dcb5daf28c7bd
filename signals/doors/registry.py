"""The doors of this version. A new door is one file beside this one, and one line here."""

from typing import Final

from schema.settings import Settings
from signals.doors.callbacks import CallbackDoor
from signals.doors.port import Door

DOORS: Final[tuple[Door, ...]] = (CallbackDoor(),)


def any_configured(settings: Settings) -> bool:
    """Return whether the settings ask for a door at all."""
    return any(door.configured(settings) for door in DOORS)
