"""What a seeded bug is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One bug."""

    name: str
    """What it does wrong, in a few words."""
    file: str
    old: str
    """Stands in the file exactly once."""
    new: str
    noticed_by: tuple[str, ...]
    """The tests that are run: at least one must fail. All of them are part of the ordinary suite."""
