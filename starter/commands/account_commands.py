"""`accounts add|set|list|show|remove`."""

from typing import Annotated

import typer

from starter.commands.flags import AsJson
from starter.console.context import current, run

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes.")]
Title = Annotated[str | None, typer.Option(help="As people know it.")]
Voice = Annotated[str | None, typer.Option(help="How it speaks; given to writers.")]
Zone = Annotated[str | None, typer.Option(help="Its day, e.g. Europe/Berlin.")]
Platforms = Annotated[
    list[str] | None, typer.Option("--platform", help="Where it posts; may be given again.")
]
ItemCap = Annotated[str | None, typer.Option(help="Most dollars one item may cost.")]
DayCap = Annotated[str | None, typer.Option(help="Most dollars a day.")]
Review = Annotated[
    float | None, typer.Option("--review-hours", help="How long a review stays open.", min=0.001, max=720)
]


@app.command("add")
def add(
    name: Name,
    title: Title = None,
    voice: Voice = None,
    time_zone: Zone = None,
    platforms: Platforms = None,
    item_cap: ItemCap = None,
    day_cap: DayCap = None,
    review_hours: Review = None,
) -> None:
    """Add an account."""
    from starter.accounts.manage_accounts import Change, add_account

    change = Change(name, title, voice, time_zone, platforms, item_cap, day_cap, review_hours)
    raise typer.Exit(run(lambda: add_account(current.settings(), change)))


@app.command("set")
def change(
    name: Name,
    title: Title = None,
    voice: Voice = None,
    time_zone: Zone = None,
    platforms: Platforms = None,
    item_cap: ItemCap = None,
    day_cap: DayCap = None,
    review_hours: Review = None,
) -> None:
    """Change an account; running items keep what they were opened with."""
    from starter.accounts.manage_accounts import Change, change_account

    wanted = Change(name, title, voice, time_zone, platforms, item_cap, day_cap, review_hours)
    raise typer.Exit(run(lambda: change_account(current.settings(), wanted)))


@app.command("list")
def show_all(as_json: AsJson = False) -> None:
    """List the accounts."""
    from starter.accounts.manage_accounts import list_accounts

    raise typer.Exit(run(lambda: list_accounts(current.settings(), as_json)))


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show one account in full."""
    from starter.accounts.manage_accounts import show_account

    raise typer.Exit(run(lambda: show_account(current.settings(), name, as_json)))


@app.command("remove")
def remove(name: Name) -> None:
    """Remove an account for which nothing was ever made."""
    from starter.accounts.manage_accounts import remove_account

    raise typer.Exit(run(lambda: remove_account(current.settings(), name)))
