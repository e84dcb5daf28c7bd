"""Looking at items: `items`, `show`, `receipt`."""

from typing import Annotated

import typer

from starter.commands.flags import AsJson
from starter.console.context import current, run

Item = Annotated[str, typer.Argument(help="The item's id.")]


def items(
    account: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state, e.g. waiting.")] = None,
    most: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest items."""
    from starter.items.list_items import list_items

    raise typer.Exit(run(lambda: list_items(current.settings(), account, state, most, as_json)))


def show(item: Item, as_json: AsJson = False) -> None:
    """Show an item: stages, takes, costs, decisions, posts."""
    from starter.items.show_item import show_item

    raise typer.Exit(run(lambda: show_item(current.settings(), item, as_json)))


def receipt(item: Item, as_json: AsJson = False) -> None:
    """Show what an item cost, purchase by purchase.

    Each with the vendor's id, reserved, charged, and kept or wasted.
    """
    from starter.money.receipt import show_receipt

    raise typer.Exit(run(lambda: show_receipt(current.settings(), item, as_json)))


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (items, show, receipt):
        app.command()(command)
