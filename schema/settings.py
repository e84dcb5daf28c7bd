"""Every setting, in one place; the only file that reads the environment.

Precedence: flag, environment, `.env` in the home folder, default. The connection to Temporal is the one exception:
it has standard names of its own (`TEMPORAL_ADDRESS` and others) and is read by `temporalio.envconfig`.
"""

import difflib
import io
import os
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from schema.failure import Fault, Trouble
from schema.payload import said_of
from schema.setting_types import Address, Interval, LongestWait, Review, Timeout, fits

PREFIX = "REELWRIGHT_"
_DATABASES = ("DATABASE_URL", "DATABASE_MIGRATION_URL", "DATABASE_DIRECT_URL")


class Timings(BaseModel):
    """All leases, timeouts and delays, so that tests run the same code with short ones."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="forbid")

    poll: Interval = timedelta(seconds=1)
    """Between two readings of a vendor's job."""
    send_deadline: Timeout = timedelta(seconds=15)
    """A send that has not begun this long after it was claimed is not begun any more."""
    request: Timeout = timedelta(seconds=30)
    """One call to a vendor, from first to last byte."""
    download: Timeout = timedelta(minutes=4)
    """One piece of media, from first to last byte."""
    visibility_delay: LongestWait = timedelta(seconds=5)
    """How long a vendor's listing may lag behind what the vendor did; a longer one is the vendor's own to say."""
    listing: LongestWait | None = None
    """How long after it was sent a studio's listing shows any job, where that is not the studio's own usual time."""
    look_up_patience: LongestWait = timedelta(hours=1)
    """How long a lost answer is looked up where every look-up fails, before it is left to a person."""
    headroom_wait: LongestWait = timedelta(minutes=10)
    """How long a purchase waits for room that open reservations hold, before it is refused."""
    job: Timeout = timedelta(minutes=30)
    """The longest a vendor may take for one scene."""
    heartbeat: Timeout = timedelta(seconds=10)
    """After which a worker counts as lost, with whatever may be repeated."""
    ask: Timeout = timedelta(minutes=2)
    """One ask of a writer, from first to last byte."""
    effect: Timeout = timedelta(seconds=45)
    """The longest a send or its look-up may take, its record included; longer than `request`.

    A sender that vanished may be at it for as long, so nothing is concluded from a listing's silence before.
    """
    render_heartbeat: Timeout = timedelta(seconds=20)
    """After which a composition counts as lost."""
    graceful_shutdown: LongestWait = timedelta(seconds=10)
    """What a stopping worker gives its running activities."""
    relay: Interval = timedelta(seconds=10)
    """Between two ticks of telling workflows of decisions they have not acted on."""
    review: Review = timedelta(hours=24)
    """How long a person has to decide."""
    reminders: tuple[LongestWait, ...] = (timedelta(hours=4), timedelta(hours=1))
    """How long before the deadline the person is reminded."""

    @model_validator(mode="after")
    def _a_send_outlasts_its_call(self) -> Self:
        if self.effect <= self.request:
            effect_s, request_s = self.effect.total_seconds(), self.request.total_seconds()
            raise ValueError(f"its EFFECT ({effect_s:g}) must be longer than its REQUEST ({request_s:g})")
        return self


class Vendors(BaseModel):
    """Keys and addresses of real vendors, under their usual names: `FAL_KEY`, `ANTHROPIC_API_KEY` and so on.

    A vendor is configured where its key is set; the addresses are for tests, and for servers of one's own.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: Address | None = None
    anthropic_model: str = "claude-haiku-5-5"
    openai_api_key: SecretStr | None = None
    openai_base_url: Address | None = None
    """Any server of chat completions; on this very machine it costs nothing."""
    openai_model: str | None = None
    fal_key: SecretStr | None = None
    fal_admin_key: SecretStr | None = None
    """Of admin scope, to read what fal charged; `fal_key` where it is None."""
    fal_queue_url: Address | None = None
    fal_platform_url: Address | None = None
    fal_rest_url: Address | None = None
    """Where fal takes input files, and publishes the keys it signs callbacks with."""
    replicate_api_token: SecretStr | None = None
    replicate_api_url: Address | None = None
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

    home: Path = Field(default_factory=lambda: _usual_home())
    """The folder for everything that is made while running."""
    database_url: SecretStr | None = None
    """PostgreSQL as the application; None means the embedded one. Read from `DATABASE_URL`."""
    database_migration_url: SecretStr | None = None
    """PostgreSQL as the owner, for migrations; `database_url` where it is None."""
    database_direct_url: SecretStr | None = None
    """PostgreSQL without a transaction pooler, for locks; `database_url` where it is None."""
    connections: int = Field(default=14, ge=2, le=1_000)
    """Connections of one worker to the database at most; one more holds its locks."""
    doors_connections: int = Field(default=4, ge=1, le=1_000)
    """Connections of the doors to the database at most."""
    workers: int = Field(default=5, ge=1, le=10_000)
    """How many workers share the database at most: a worker compares what all may open with what PostgreSQL lets in."""
    studio_url: Address | None = None
    """The offline studio's address; None means the one of the embedded stack."""
    slots: int = Field(default=50, ge=1, le=10_000)
    """Network activities at once in one worker."""
    media_slots: int = Field(default=1, ge=1, le=256)
    """Decodings and compositions at once in one worker."""
    prices: Path | None = None
    """A folder of price lists of your own, `<vendor>.yaml` as in `schema/prices/`: each takes the place of ours."""
    public_url: str | None = None
    """Under which https address vendors reach the doors; None means that they cannot, and are only asked."""
    callback_secret: SecretStr | None = None
    """What the tokens in callback addresses are made with: 32 characters or more, the same for workers and doors."""
    doors_port: int = Field(default=8_791, ge=1, le=65_535)
    """Where the doors listen, on this machine; whatever serves the public address leads there."""
    metrics_address: Annotated[str, fits(r"\S+:[0-9]{1,5}", "127.0.0.1:9464")] | None = None
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

    Raises `Trouble` (`bad_input`) that names a setting which cannot be used, or which does not exist.
    """
    chosen = _home_of(home)
    file = chosen / ".env"
    written = {name.upper(): value for name, value in _read_dotenv(file).items()}
    _refuse_unknown({name.upper() for name, value in {**written, **os.environ}.items() if value})
    if strange := next((name for name in written if name.startswith("TEMPORAL_")), None):
        raise Trouble(
            Fault.BAD_INPUT, f"{str(file)!r}: {strange} is read from the environment alone; export it"
        )
    bare: dict[str, Any] = {"_env_file": file, "_env_file_encoding": "utf-8-sig", "home": chosen}
    for name in _DATABASES:
        if value := os.environ.get(name) or written.get(name):
            bare[name.lower()] = _database(name, value)
    given = {name: os.environ.get(name.upper()) or written.get(name.upper()) for name in Vendors.model_fields}
    with _named(""):
        bare["vendors"] = Vendors.model_validate({name: value for name, value in given.items() if value})
    with _named(PREFIX):
        return Settings(**bare)


def _usual_home() -> Path:
    return user_data_path("reelwright", appauthor=False)


def _home_of(given: Path | None) -> Path:
    try:
        chosen = given or Path(os.environ.get("REELWRIGHT_HOME") or _usual_home())
        return chosen.expanduser().absolute()
    except RuntimeError:  # the user has no entry in the password database
        where = f"{str(given)!r} is in the home of a user that has none" if given else "this user has no home"
        raise Trouble(
            Fault.BAD_INPUT, f"{where}; name a folder with --home or REELWRIGHT_HOME, by its whole path"
        ) from None


def _read_dotenv(path: Path) -> Mapping[str, str | None]:
    """Return what the file says; empty where there is none. Raises `Trouble` that names it where it cannot be read."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # loaded late: the command line starts without it
    from dotenv.parser import parse_stream

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Trouble(
            Fault.BAD_INPUT, f"{str(path)!r} is not written in UTF-8; save it again in that encoding"
        )
    for line in parse_stream(io.StringIO(text)):
        if line.error:
            raise Trouble(
                Fault.BAD_INPUT,
                f"{str(path)!r}, line {line.original.line}: this is no setting; write it like FAL_KEY=id:secret",
            )
    return dotenv_values(stream=io.StringIO(text))


def _refuse_unknown(names: Iterable[str]) -> None:
    """Raise `Trouble` for a setting of ours that there is not, which would change nothing without a word."""
    nested = {f"TIMINGS__{name.upper()}" for name in Timings.model_fields}
    without_prefix = {*_DATABASES, *(name.upper() for name in Vendors.model_fields)}
    known = {name.upper() for name in Settings.model_fields} - {*_DATABASES, "VENDORS"} | nested
    for name in sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)):
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, 1, 0.7)
        meant = [f"{PREFIX}{near[0]}"] if near else []
        meant = [bare for bare in without_prefix if bare == name.removeprefix("VENDORS__")] or meant
        remedy = f"did you mean {meant[0]}?" if meant else "README.md lists them all"
        raise Trouble(Fault.BAD_INPUT, f"there is no setting {PREFIX}{name}; {remedy}")


def _database(name: str, address: str) -> SecretStr:
    """Return the address of a database. Raises `Trouble` that does not repeat it: it may hold a password."""
    words = r"\s*(\w+\s*=\s*('([^'\\]|\\.)*'|[^\s']*)\s*)+"
    if not re.fullmatch(rf"postgres(ql)?://\S*|{words}", address):
        raise Trouble(
            Fault.BAD_INPUT,
            f"{name} is no address of a PostgreSQL; write it like postgresql://user:password@host:5432/database",
        )
    return SecretStr(address)


@contextmanager
def _named(prefix: str) -> Generator[None]:
    """Turn what pydantic says into a `Trouble` that names the setting as it is written in the environment."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        name = prefix + "__".join(str(part) for part in first["loc"] if isinstance(part, str)).upper()
        raise Trouble(Fault.BAD_INPUT, f"the setting {name} cannot be used: {said_of(first)}") from None
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        name = prefix + (field[1].upper() if field else "...")
        raise Trouble(Fault.BAD_INPUT, f"the setting {name} cannot be used: it is no JSON") from None


@contextmanager
def usable(names: str) -> Generator[None]:
    """Turn a `ValueError` inside into a `Trouble` (`bad_input`) that names the settings it comes from."""
    try:
        yield
    except ValueError as error:
        raise Trouble(Fault.BAD_INPUT, f"{names} cannot be used: {error}") from error
