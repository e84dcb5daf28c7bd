"""A person's words: `approve`, `reject`, `revise`, `caption`, `stop`."""

from typing import Annotated

import typer

from starter.context import current, run

Item = Annotated[str, typer.Argument(help="The item's id.")]
Actor = Annotated[str | None, typer.Option("--as", help="Who says it; your user name if not given.")]


def approve(
    item: Item,
    caption: Annotated[str | None, typer.Option(help="Post it with this caption instead.")] = None,
    actor: Actor = None,
) -> None:
    """Say yes: what is on show is posted."""
    from starter.deciding import say

    raise typer.Exit(run(lambda: say(current.settings(), item, "approve", actor, caption=caption)))


def reject(
    item: Item,
    reason: Annotated[str, typer.Option(help="Why; kept with the item.")] = "",
    actor: Actor = None,
) -> None:
    """Say no: the item ends."""
    from starter.deciding import say

    raise typer.Exit(run(lambda: say(current.settings(), item, "reject", actor, notes=reason)))


def revise(
    item: Item,
    notes: Annotated[str, typer.Option(help="What should be different.")],
    raise_cap: Annotated[
        str | None, typer.Option(help="Raise this item's cap to so many dollars first.")
    ] = None,
    actor: Actor = None,
) -> None:
    """Have it made again, at most three times.

    The price is quoted, and refused where it does not fit the caps.
    """
    from starter.deciding import say

    raise typer.Exit(
        run(lambda: say(current.settings(), item, "revise", actor, notes=notes, raise_cap=raise_cap))
    )


def caption(
    item: Item, text: Annotated[str, typer.Argument(help="The new caption.")], actor: Actor = None
) -> None:
    """Put another caption on show; it then waits for approve."""
    from starter.deciding import say

    raise typer.Exit(run(lambda: say(current.settings(), item, "edit_caption", actor, caption=text)))


def stop(item: Item, actor: Actor = None) -> None:
    """Stop an item: nothing new is bought for it.

    What was ordered is seen to its end and settled.
    """
    from starter.deciding import stop_item

    raise typer.Exit(run(lambda: stop_item(current.settings(), item, actor)))


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (approve, reject, revise, caption, stop):
        app.command()(command)
