"""`formats list` and `formats show`."""

from typing import Annotated

import typer

from starter.commands.flags import AsJson
from starter.console.context import current

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def show_all(as_json: AsJson = False) -> None:
    """List the kinds of video."""
    from starter.accounts.list_formats import list_formats

    raise typer.Exit(list_formats(current.settings(), as_json))


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="The format's name.")], as_json: AsJson = False) -> None:
    """Show one kind of video in full."""
    from starter.accounts.list_formats import show_format

    raise typer.Exit(show_format(current.settings(), name, as_json))
