"""A person's words: `approve`, `reject`, `revise`, `caption`, `stop`."""

from typing import Annotated

import typer

from starter.commands.flags import AsJson
from starter.console.context import current, run

Item = Annotated[str, typer.Argument(help="The item's id.")]
Actor = Annotated[str | None, typer.Option("--as", help="Who says it; your user name if not given.")]


def approve(
    item: Item,
    caption: Annotated[str | None, typer.Option(help="Post it with this caption instead.")] = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Say yes: what is on show is posted."""
    from starter.items.decide import say

    settings = current.settings()
    raise typer.Exit(run(lambda: say(settings, item, "approve", actor, caption=caption, as_json=as_json)))


def reject(
    item: Item,
    reason: Annotated[str, typer.Option(help="Why; kept with the item.")] = "",
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Say no: the item ends."""
    from starter.items.decide import say

    settings = current.settings()
    raise typer.Exit(run(lambda: say(settings, item, "reject", actor, notes=reason, as_json=as_json)))


def revise(
    item: Item,
    notes: Annotated[str, typer.Option(help="What should be different.")],
    raise_cap: Annotated[
        str | None,
        typer.Option(help="Raise this item's cap to so many dollars, where the revise counts."),
    ] = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Have it made again, at most three times.

    The price is quoted, and refused where it does not fit the caps.
    """
    from starter.items.decide import say

    settings = current.settings()
    raise typer.Exit(
        run(lambda: say(settings, item, "revise", actor, notes=notes, raise_cap=raise_cap, as_json=as_json))
    )


def caption(
    item: Item,
    text: Annotated[str | None, typer.Argument(help="The new caption.")] = None,
    file: Annotated[
        str | None, typer.Option(help="A text file with the new caption; - reads standard input.")
    ] = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Put another caption on show; it then waits for approve. `show` prints the present one."""
    from starter.items.decide import change_caption

    settings = current.settings()
    raise typer.Exit(run(lambda: change_caption(settings, item, text, file, actor, as_json)))


def stop(item: Item, actor: Actor = None, as_json: AsJson = False) -> None:
    """Stop an item: nothing new is bought for it.

    What was ordered is seen to its end and settled.
    """
    from starter.items.decide import stop_item

    raise typer.Exit(run(lambda: stop_item(current.settings(), item, actor, as_json)))


def again(item: Item, as_json: AsJson = False) -> None:
    """Take an ended item up again, with a new review, at no cost.

    One that expired, was rejected, or failed at its post.
    """
    from starter.items.again import take_up_again

    raise typer.Exit(run(lambda: take_up_again(current.settings(), item, as_json)))


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (approve, reject, revise, caption, stop, again):
        app.command()(command)
