"""Where a running stack can be reached, for every other command."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schema.failure import Fault, Trouble
from schema.settings import Settings
from starter.stack.embedded_temporal import NAMESPACE
from starter.stack.environment import LIBPQ, TEMPORAL, command_here, environment, remote_temporal, unheard
from starter.stack.home import Home, write_atomically


class Addresses(BaseModel):
    """The doors of a stack, its own or a remote one's."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    home: Path
    owner_pid: int | None
    """The supervisor; None where everything is remote."""
    database_url: str = Field(repr=False)
    """PostgreSQL as the application."""
    database_migration_url: str = Field(repr=False)
    """PostgreSQL as the owner."""
    database_embedded: bool
    temporal_address: str
    temporal_ui: str | None
    """The operator's screen; None for a remote server, whose screen we do not know."""
    temporal_embedded: bool
    studio_url: str | None
    """The offline studio; None where none runs."""
    ports: dict[str, int] = {}
    """The loopback ports of the home by name, for further children."""

    def item_link(self, item_id: str) -> str | None:
        """The page of an item in the Temporal UI."""
        if self.temporal_ui is None:
            return None
        return f"{self.temporal_ui}/namespaces/{NAMESPACE}/workflows/content%2F{item_id}"

    def variables(self) -> dict[str, str]:
        """What a process of ours needs in its environment; an empty value means: take it away."""
        found = {
            "REELWRIGHT_HOME": str(self.home),
            "DATABASE_URL": self.database_url,
            "DATABASE_MIGRATION_URL": self.database_migration_url,
        }
        if self.studio_url:
            found["REELWRIGHT_STUDIO_URL"] = self.studio_url
        if self.database_embedded:
            # also one that names the locks' own way to another database
            found |= unheard(LIBPQ) | {"DATABASE_DIRECT_URL": self.database_url}
        if self.temporal_embedded:
            # a person's profile for another cluster (TLS, API key, namespace) must not reach the embedded one
            found |= unheard(TEMPORAL)
            found["TEMPORAL_ADDRESS"] = self.temporal_address
            found["TEMPORAL_NAMESPACE"] = NAMESPACE
            found["TEMPORAL_CONFIG_FILE"] = str(client_profile(self.home))
        return found

    def environment(self) -> dict[str, str]:
        """The whole environment for a process of ours, or for `ClientConfig.load(override_env_vars=...)`."""
        return environment(self.variables())


def client_profile(home: Path) -> Path:
    """An empty Temporal client profile, so that no other one is read."""
    return home / "temporal" / "client.toml"


def record(addresses: Addresses) -> None:
    """Write down where the stack is, readable by its owner alone."""
    write_atomically(_file(Home(addresses.home)), addresses.model_dump_json(indent=2) + "\n")


def forget(home: Home) -> None:
    """The stack is not there any more."""
    _file(home).unlink(missing_ok=True)


def running(settings: Settings) -> Addresses | None:
    """Where the stack of this home is; None where none is ready. Remote parts of the settings come first."""
    home = Home(settings.home)
    local = _recorded(home)
    database, temporal = settings.database_url, remote_temporal()
    if local is None:
        if database is None or temporal is None:
            return None
        return Addresses(
            home=home.folder, owner_pid=None,
            database_url=database.get_secret_value(), database_migration_url=migration_url(settings) or "",
            database_embedded=False, temporal_address=temporal, temporal_ui=None, temporal_embedded=False,
            studio_url=settings.studio_url,
        )  # fmt: skip
    changed: dict[str, object] = {}
    if database is not None:
        changed["database_url"] = database.get_secret_value()
        changed["database_migration_url"] = migration_url(settings)
        changed["database_embedded"] = False
    if temporal is not None and temporal != local.temporal_address:
        changed |= {"temporal_address": temporal, "temporal_ui": None, "temporal_embedded": False}
    if settings.studio_url:
        changed["studio_url"] = settings.studio_url
    return local.model_copy(update=changed)


def require_running(settings: Settings) -> Addresses:
    """Where the stack is. Raises `Trouble` with the command to run where there is none."""
    if (found := running(settings)) is not None:
        return found
    home = Home(settings.home)
    if (owner := home.owner()) is not None:
        raise Trouble(
            Fault.VENDOR_DOWN,
            f"Reelwright is still starting or stopping (process {owner}); try again in a few seconds",
        )
    raise Trouble(
        Fault.VENDOR_DOWN,
        f"Reelwright is not running over the home {str(home.folder)!r}; start it with: "
        f"{command_here(home.folder)} up",
    )


def migration_url(settings: Settings) -> str | None:
    """The remote database as its owner; None where the database is embedded."""
    chosen = settings.database_migration_url or settings.database_url
    return None if chosen is None or settings.database_url is None else chosen.get_secret_value()


def _recorded(home: Home) -> Addresses | None:
    owner = home.owner()
    if owner is None:
        return None
    try:
        found = Addresses.model_validate_json(_file(home).read_text())
    except (OSError, ValidationError):
        return None
    return found if found.owner_pid == owner else None


def _file(home: Home) -> Path:
    return home.run / "addresses.json"
