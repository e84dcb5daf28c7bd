"""`campaigns add|set|list|remove`."""

from typing import Annotated

import typer

from starter.commands.flags import AsJson
from starter.console.context import current, run

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes.")]


@app.command("add")
def add(
    name: Name,
    account: Annotated[str, typer.Option(help="Whose campaign.")],
    cap: Annotated[str, typer.Option(help="Most dollars all its items may cost together.")],
    title: Annotated[str | None, typer.Option(help="As people know it.")] = None,
) -> None:
    """Add a campaign; `make --campaign` puts an item under its cap."""
    from starter.accounts.manage_campaigns import add_campaign

    raise typer.Exit(run(lambda: add_campaign(current.settings(), name, account, cap, title)))


@app.command("set")
def change(
    name: Name,
    cap: Annotated[str | None, typer.Option(help="Most dollars all its items may cost together.")] = None,
    title: Annotated[str | None, typer.Option(help="As people know it.")] = None,
) -> None:
    """Change a campaign; the cap holds at once, for running items too."""
    from starter.accounts.manage_campaigns import change_campaign

    raise typer.Exit(run(lambda: change_campaign(current.settings(), name, cap, title)))


@app.command("list")
def show(as_json: AsJson = False) -> None:
    """List the campaigns, with what is reserved and spent."""
    from starter.accounts.manage_campaigns import list_campaigns

    raise typer.Exit(run(lambda: list_campaigns(current.settings(), as_json)))


@app.command("remove")
def remove(name: Name) -> None:
    """Remove a campaign for which nothing was ever made."""
    from starter.accounts.manage_campaigns import remove_campaign

    raise typer.Exit(run(lambda: remove_campaign(current.settings(), name)))
