"""Everything a run stands on: real servers, the product's own workers, vendors that keep books, and a network."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml
from temporalio.client import Client

from activities.store.database import Database
from activities.store.migrate import migrate
from signals.converter import data_converter
from starter.console.session import quiet_runtime
from starter.stack.embedded_postgres import EmbeddedPostgres
from starter.stack.embedded_temporal import EmbeddedTemporal
from tests.activities.studios.contract.vendors import replicate_prices
from tests.chaos.clip import make_clip
from tests.chaos.servers import Fleet, Network, Server, own_environment
from tests.services import temporal_ports
from tests.timings import PROCESSES, settings_of
from tests.vendors import anthropic, fal, replicate
from tests.vendors.process import VendorProcess

WORKERS = 3
LISTING_S = 12.0
"""When the studio's listing shows any job: longer than the longest pause, so that nothing is sent after its absence."""
TIMINGS = settings_of(
    PROCESSES.model_copy(
        update={
            "request": timedelta(seconds=2),
            "effect": timedelta(seconds=4),
            "heartbeat": timedelta(seconds=3),
            "render_heartbeat": timedelta(seconds=4),
            "ask": timedelta(seconds=2.5),
            "download": timedelta(seconds=4),
            "headroom_wait": timedelta(seconds=5),
            "listing": timedelta(seconds=LISTING_S),
        }
    )
)
"""No lease of these is longer than five seconds."""
WORK_SECONDS = 0.4
LAG_SECONDS = 0.5


@dataclass
class Stage:
    """A running product, and the handles to strike it."""

    home: Path
    postgres: Server
    temporal: Server
    vendors: dict[str, VendorProcess]
    """Two studios and a writer, by name."""
    network: Network
    fleet: Fleet
    client: Client
    """Straight to Temporal, as a person's door is: cuts are between the workers and the rest."""
    database: Database
    """Straight to PostgreSQL, for people."""

    @property
    def clip(self) -> Path:
        """What the studio delivers."""
        return self.home / "clip.mp4"

    @property
    def outbox(self) -> Path:
        """The platform's own journal."""
        return self.home / "outbox" / "journal.jsonl"

    def brief(self, name: str) -> None:
        """Tell a vendor the facts of its life, which it forgets when it is killed; blocks."""
        self.vendors[name].set(clip=str(self.clip), work_seconds=WORK_SECONDS, lag_seconds=LAG_SECONDS)


@contextlib.asynccontextmanager
async def open_stage() -> AsyncGenerator[Stage]:
    """Start everything but the workers, in a folder of its own; all of it ends with the block."""
    async with contextlib.AsyncExitStack() as ends:
        home = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="rw-", ignore_cleanup_errors=True)))
        embedded = EmbeddedPostgres(home / "postgres")
        ports = temporal_ports()
        postgres = Server(embedded, home / "postgres.log")
        temporal = Server(EmbeddedTemporal(home / "temporal", ports), home / "temporal.log")
        for server in (postgres, temporal):
            ends.callback(server.stop)
            await server.start()
        await migrate(embedded.url())
        vendors: dict[str, VendorProcess] = {}
        for name in ("fal", "replicate", "anthropic"):
            vendors[name] = VendorProcess(f"tests.vendors.{name}", home / name)
            ends.callback(vendors[name].kill)
            await asyncio.to_thread(vendors[name].start)
        network = Network(
            {
                **{name: f"127.0.0.1:{vendor.port}" for name, vendor in vendors.items()},
                "temporal": f"127.0.0.1:{ports.server}",
                "postgres": str(embedded.folder / ".s.PGSQL.5432"),
            }
        )
        ends.callback(network.stop)
        fleet = Fleet(home, WORKERS, _environment(home, network.ports))
        ends.push_async_callback(fleet.stop)
        client = await Client.connect(
            f"127.0.0.1:{ports.server}", data_converter=data_converter, runtime=quiet_runtime()
        )
        database = Database(embedded.url("reelwright_app"), connections=10)
        await database.open()
        ends.push_async_callback(database.close)
        stage = Stage(home, postgres, temporal, vendors, network, fleet, client, database)
        await asyncio.to_thread(make_clip, stage.clip)
        for name in vendors:
            await asyncio.to_thread(stage.brief, name)
        yield stage


def _price_lists(home: Path) -> Path:
    """Write down what the second studio costs, as a person would: its own list names no price."""
    folder = home / "prices"
    folder.mkdir()
    prices = replicate_prices().model_dump(mode="json")
    (folder / "replicate.yaml").write_text(yaml.safe_dump(prices), encoding="utf-8")
    return folder


def _environment(home: Path, ports: dict[str, int]) -> dict[str, str]:
    """Return what a worker is told: keys and addresses, as a person would set them, and short lengths of time."""
    at = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    return (
        own_environment()
        | TIMINGS
        | {
            "REELWRIGHT_HOME": str(home),
            "DATABASE_URL": f"postgresql://reelwright_app@127.0.0.1:{ports['postgres']}/reelwright",
            "TEMPORAL_ADDRESS": f"127.0.0.1:{ports['temporal']}",
            "REELWRIGHT_STUDIO_URL": "http://127.0.0.1:9",
            "FAL_KEY": fal.KEY,
            "FAL_QUEUE_URL": at["fal"],
            "FAL_PLATFORM_URL": f"{at['fal']}/v1",
            "REPLICATE_API_TOKEN": replicate.TOKEN,
            "REPLICATE_API_URL": at["replicate"],
            "REELWRIGHT_PRICES": str(_price_lists(home)),
            "ANTHROPIC_API_KEY": anthropic.KEY,
            "ANTHROPIC_BASE_URL": at["anthropic"],
        }
    )
