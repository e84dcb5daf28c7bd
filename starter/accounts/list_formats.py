"""`formats list` and `formats show`."""

import sys

import yaml
from rich.table import Table

from schema.failure import Trouble
from schema.formats.format_file import format_names, load_format
from schema.settings import Settings
from starter.console.context import USAGE, fail
from starter.console.display import paper
from starter.console.json_output import print_json


def list_formats(settings: Settings, as_json: bool) -> int:
    """List the kinds of video, and say of each whether it can be made."""
    loaded = [load_format(name)[0] for name in format_names()]
    if as_json:
        print_json(settings.home, formats=[chosen.model_dump(mode="json") for chosen in loaded])
        return 0
    table = Table("format", "what it is", "size", "can be made", box=None, header_style="bold")
    for chosen in loaded:
        size = f"{chosen.composition.width_px}x{chosen.composition.height_px}"
        table.add_row(
            chosen.name,
            chosen.description,
            size,
            "yes" if chosen.can_be_made else f"not yet: needs {chosen.missing}",
        )
    paper().print(table)
    return 0


def show_format(settings: Settings, name: str, as_json: bool) -> int:
    """Print one format as YAML or JSON, with the hash of its file."""
    try:
        chosen, digest = load_format(name)
    except Trouble as trouble:
        fail(str(trouble), USAGE)
    if as_json:
        print_json(settings.home, format=chosen.model_dump(mode="json"), sha256=digest)
        return 0
    sys.stdout.write(f"# sha256 {digest}\n")
    sys.stdout.write(yaml.safe_dump(chosen.model_dump(mode="json"), sort_keys=False))
    return 0
