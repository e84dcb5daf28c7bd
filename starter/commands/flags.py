"""Flags that several commands take, in one wording."""

from enum import StrEnum
from typing import Annotated

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="JSON on standard output; all else goes to standard error.")
]


class TierName(StrEnum):
    """How much an item may strive for; see `schema.purchases.routing.Tier`."""

    ECONOMY = "economy"
    STANDARD = "standard"
    PREMIUM = "premium"


Tier = Annotated[TierName, typer.Option(help="How much it may strive for; formats choose models by it.")]
