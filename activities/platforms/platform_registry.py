"""The platforms that this version can post to.

A new platform is one file beside this one, and one line here.
"""

from collections.abc import Callable, Mapping
from typing import Final

from activities.platforms.folder import FolderPlatform
from activities.platforms.port import Platform
from schema.settings import Settings

PLATFORMS: Final[Mapping[str, Callable[[Settings], Platform]]] = {
    "folder": lambda settings: FolderPlatform(settings.home / "outbox"),
}
"""How each is built, by the name that formats and accounts call it."""


def configured_platforms(settings: Settings) -> dict[str, Platform]:
    """Build every platform, by name."""
    return {name: build(settings) for name, build in PLATFORMS.items()}
