"""Budgets by name: `<kind>`, `<kind>:<whose>` or `<kind>:<whose>:<when>`."""

from typing import Final

ITEM: Final = "item"
ACCOUNT_DAY: Final = "account-day"
CAMPAIGN: Final = "campaign"
DAY: Final = "day"
GLOBAL: Final = "global"

_REMEDIES = {
    ITEM: "`revise --raise-cap` raises the item's cap",
    ACCOUNT_DAY: "`accounts set --day-cap` raises the account's, and tomorrow is another day",
    CAMPAIGN: "`campaigns set {whose} --cap` raises the campaign's",
}
"""By kind: what raises a cap. Of every other kind the installation's own command does."""


def scope_name(kind: str, *parts: str) -> str:
    """Return the name of one budget."""
    return ":".join((kind, *parts))


def kind_of(scope: str) -> str:
    """Return which kind of budget a name is of."""
    return scope.partition(":")[0]


def remedy_of(scope: str) -> str:
    """Return the command that raises the cap of a budget, in words."""
    kind, _, whose = scope.partition(":")
    return _REMEDIES.get(kind, "`caps` raises the installation's").format(whose=whose)
