"""Every setting, in one place; the only file that reads the environment.

Precedence: flag, environment, `.env` in the home folder, default. The connection to Temporal is the one exception:
it has standard names of its own (`TEMPORAL_ADDRESS` and others) and is read by `temporalio.envconfig`.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from schema.failure import Fault, Trouble


def _seconds(value: Any) -> Any:
    try:
        return timedelta(seconds=float(value))
    except (TypeError, ValueError):
        return value


Seconds = Annotated[timedelta, BeforeValidator(_seconds)]
"""A length of time, written as seconds in the environment."""


class Timings(BaseModel):
    """All leases, timeouts and delays, so that tests run the same code with short ones."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="forbid")

    poll: Seconds = timedelta(seconds=1)
    """Between two readings of a vendor's job."""
    send_deadline: Seconds = timedelta(seconds=30)
    """A send that has not begun this long after it was claimed is not begun any more."""
    request: Seconds = timedelta(seconds=30)
    """One call to a vendor, from first to last byte."""
    download: Seconds = timedelta(minutes=4)
    """One piece of media, from first to last byte."""
    visibility_delay: Seconds = timedelta(seconds=5)
    """How long a vendor's listing may lag behind what the vendor did; a longer one is the vendor's own to say."""
    listing: Seconds | None = None
    """How long after it was sent a studio's listing shows any job, where that is not the studio's own usual time."""
    look_up_patience: Seconds = timedelta(hours=1)
    """How long a lost answer is looked up where every look-up fails, before it is left to a person."""
    headroom_wait: Seconds = timedelta(minutes=10)
    """How long a purchase waits for room that open reservations hold, before it is refused."""
    job: Seconds = timedelta(minutes=30)
    """The longest a vendor may take for one scene."""
    silence: Seconds = timedelta(seconds=10)
    """After which a worker counts as lost, with whatever may be repeated."""
    ask: Seconds = timedelta(minutes=2)
    """One ask of a writer, from first to last byte."""
    effect: Seconds = timedelta(seconds=45)
    """The longest a send or its look-up may take, its record included; longer than `request`."""
    render_silence: Seconds = timedelta(seconds=20)
    """After which a composition counts as lost."""
    graceful_shutdown: Seconds = timedelta(seconds=10)
    """What a stopping worker gives its running activities."""
    relay: Seconds = timedelta(seconds=10)
    """Between two rounds of telling workflows of decisions they have not acted on."""
    review: Seconds = timedelta(hours=24)
    """How long a person has to decide."""
    reminders: tuple[Seconds, ...] = (timedelta(hours=4), timedelta(hours=1))
    """How long before the deadline the person is reminded."""


class Vendors(BaseModel):
    """Keys and addresses of real vendors, under their usual names: `FAL_KEY`, `ANTHROPIC_API_KEY` and so on.

    A vendor is joined where its key is set; the addresses are for tests, and for servers of one's own.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str | None = None
    anthropic_model: str = "claude-haiku-5-5"
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    """Any server of chat completions; on this very machine it costs nothing."""
    openai_model: str | None = None
    fal_key: SecretStr | None = None
    fal_admin_key: SecretStr | None = None
    """Of admin scope, to read what fal charged; `fal_key` where it is None."""
    fal_queue_url: str | None = None
    fal_platform_url: str | None = None
    fal_rest_url: str | None = None
    """Where fal takes input files, and publishes the keys it signs callbacks with."""
    replicate_api_token: SecretStr | None = None
    replicate_api_url: str | None = None
    replicate_webhook_secret: SecretStr | None = None
    """`whsec_...`; without it Replicate is not asked to call back."""


class Settings(BaseSettings):
    """What a process of ours needs to know of its surroundings."""

    model_config = SettingsConfigDict(
        env_prefix="REELWRIGHT_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        populate_by_name=True,
    )

    home: Path = user_data_path("reelwright", appauthor=False)
    """The folder for everything that is made while running."""
    database_url: SecretStr | None = None
    """PostgreSQL as the application; None means the embedded one. Read from `DATABASE_URL`."""
    database_migration_url: SecretStr | None = None
    """PostgreSQL as the owner, for migrations; `database_url` where it is None."""
    database_direct_url: SecretStr | None = None
    """PostgreSQL without a transaction pooler, for locks; `database_url` where it is None."""
    studio_url: str | None = None
    """The offline studio's address; None means the one of the embedded stack."""
    slots: int = 50
    """Network activities at once in one worker."""
    media_slots: int = 1
    """Compositions at once in one worker."""
    prices: Path | None = None
    """A folder of price lists of your own, `<vendor>.yaml` as in `schema/prices/`: each takes the place of ours."""
    public_url: str | None = None
    """Under which https address vendors reach the doors; None means that they cannot, and are only asked."""
    callback_secret: SecretStr | None = None
    """What the tokens in callback addresses are made with: 32 characters or more, the same for workers and doors."""
    doors_port: int = 8_791
    """Where the doors listen, on this machine; whatever serves the public address leads there."""
    metrics_address: str | None = None
    """Where the worker serves Prometheus figures, e.g. `127.0.0.1:9464`; None means nowhere."""
    log_json: bool = False
    """Write logs as JSON lines, for machines."""
    crash_point: str = ""
    """For tests: where this process kills itself (`activities/ledger/crash_points.py`)."""
    pause_point: str = ""
    """For tests: where this process stops itself."""
    vendors: Vendors = Vendors()
    """Real vendors; read without our prefix."""
    timings: Timings = Timings()


def load_settings(home: Path | None = None) -> Settings:
    """Read the settings once. `home` is the value of the `--home` flag, where one was given.

    Raises `pydantic.ValidationError` for a value that cannot be used.
    """
    chosen = home or Path(os.environ.get("REELWRIGHT_HOME") or user_data_path("reelwright", appauthor=False))
    chosen = chosen.expanduser().absolute()
    bare: dict[str, Any] = {}
    dotenv = _read_dotenv(chosen / ".env")
    for name in ("DATABASE_URL", "DATABASE_MIGRATION_URL", "DATABASE_DIRECT_URL"):
        if value := os.environ.get(name) or dotenv.get(name):
            bare[name.lower()] = SecretStr(value)
    found = {name: os.environ.get(name.upper()) or dotenv.get(name.upper()) for name in Vendors.model_fields}
    bare["vendors"] = Vendors.model_validate({name: value for name, value in found.items() if value})
    return Settings(_env_file=chosen / ".env", home=chosen, **bare)  # type: ignore[call-arg]


def _read_dotenv(path: Path) -> dict[str, str | None]:
    from dotenv import dotenv_values  # loaded late: the command line starts without it

    return dict(dotenv_values(path)) if path.is_file() else {}


@contextmanager
def usable(names: str) -> Generator[None]:
    """Turn a `ValueError` inside into a `Trouble` (`bad_input`) that names the settings it comes from."""
    try:
        yield
    except ValueError as error:
        raise Trouble(Fault.BAD_INPUT, f"{names} cannot be used: {error}") from error
