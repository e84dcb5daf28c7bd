"""What our stack consists of beside the two servers."""

from activities.store.migrate import migrations
from schema.settings import Settings
from starter.stack.environment import python_module
from starter.stack.supervisor import Blueprint
from starter.stack.up import standard_blueprint


def blueprint(settings: Settings) -> Blueprint:
    """Return the blueprint of `up`, `demo` and `make --wait`."""
    return standard_blueprint(
        settings,
        schema_number=len(migrations()),
        migrate=python_module("starter", "migrate"),
    )
