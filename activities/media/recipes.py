"""The recipes, by the names that plans give them.

A new one is a file with one pure function, and a line here.
"""

from collections.abc import Callable

from activities.media.inputs import Inputs
from activities.media.port import Composition
from activities.media.sequence import plan_sequence
from activities.media.timeline import Shot
from schema.failure import Fault, Trouble

Recipe = Callable[[Composition, Inputs], tuple[Shot, ...]]
"""From what is asked and what was found in the files to what is seen and heard. It raises `Trouble` for what it
cannot use, and does nothing else."""

RECIPES: dict[str, Recipe] = {
    "sequence": plan_sequence,
}


def recipe_named(name: str) -> Recipe:
    """Return a recipe. Raises `Trouble` (`bad_input`) if this version has none of that name."""
    if name in RECIPES:
        return RECIPES[name]
    raise Trouble(
        Fault.BAD_INPUT,
        f"no recipe {name!r} is known here, only {', '.join(sorted(RECIPES))}: start workers of the version that made "
        "the plan",
    )
