"""What the door lets in, what it says to the rest, and how it runs as a process."""

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from starlette.applications import Starlette

from activities.store.callback_rows import PostgresCallbacks
from activities.store.database import Database
from activities.studios.signatures import ReplicateSignatures
from schema.settings import load_settings
from schema.vendors.callback_address import ReturnAddresses
from signals.doors.callbacks import MOST_BYTES, CallbackRoutes
from signals.doors.host import application
from starter.stack.stack_addresses import Addresses
from starter.stack.up import answers_http, standard_children
from tests.waiting import until

SECRET = "canary-of-the-addresses-that-vendors-call"
KEY = b"a key of thirty-two bytes or so."
WEBHOOK_SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
OPERATION = "crafts-20261120-abcdef/1/scene/1/1"
ADDRESSES = ReturnAddresses("https://films.example/reel", SECRET)
BODY = json.dumps({"id": "job-1", "status": "succeeded", "input": {}}).encode()


def path_of(vendor: str = "replicate", operation_id: str = OPERATION) -> str:
    return ADDRESSES.address(vendor, operation_id).removeprefix("https://films.example/reel")


def signed(body: bytes, at: float | None = None, **more: str) -> dict[str, str]:
    when = str(int(time.time() if at is None else at))
    digest = hmac.digest(KEY, f"msg_1.{when}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": when,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        **more,
    }


def answering(database: Database) -> Starlette:
    """The web application with the callbacks door alone."""
    callbacks = PostgresCallbacks(database, ADDRESSES)
    door = CallbackRoutes(callbacks, {"replicate": ReplicateSignatures(WEBHOOK_SECRET)})
    return application(["callbacks"], door.routes())


@pytest.fixture
async def door(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = answering(database)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        yield client


async def stored(database: Database) -> int:
    async with database.statements() as connection:
        row = await (await connection.execute("select count(*) as found from callback")).fetchone()
    return row["found"] if row else 0


async def test_a_signed_callback_is_stored_once_also_of_an_operation_that_is_not_here_yet(
    door: httpx.AsyncClient, database: Database
) -> None:
    for _ in range(2):
        assert (await door.post(path_of(), content=BODY, headers=signed(BODY))).status_code == 200
    assert await stored(database) == 1
    assert await PostgresCallbacks(database, ADDRESSES).job_of("replicate", OPERATION) == "job-1"


@pytest.mark.parametrize(
    ("path", "changes", "body", "status"),
    [
        ("/callbacks/replicate/x", {}, BODY, 404),
        ("/callbacks/replicate/.", {}, BODY, 404),
        ("/callbacks/replicate/%FF%FE.x", {}, BODY, 404),
        (path_of()[:-1], {}, BODY, 404),
        (path_of("fal").replace("/fal/", "/replicate/"), {}, BODY, 404),
        (path_of("fal"), {}, BODY, 404),
        (path_of("nobody"), {}, BODY, 404),
        (path_of(), {"content-type": "text/json"}, BODY, 415),
        (path_of(), {"content-type": ""}, BODY, 415),
        (path_of(), {"webhook-signature": "v1,AAAA"}, BODY, 401),
        (path_of(), {"webhook-signature": "v1,é".encode("latin-1").decode("latin-1")}, BODY, 401),
        (path_of(), {"webhook-timestamp": "soon"}, BODY, 401),
        (path_of(), {"webhook-timestamp": "-1"}, BODY, 401),
        (path_of(), {"webhook-id": "msg_2"}, BODY, 401),
        (path_of(), {}, b"[]", 400),
        (path_of(), {}, b"\xff", 400),
        (path_of(), {}, b'{"id": "../x", "status": "succeeded"}', 400),
        (path_of(), {}, b'{"id": "job-1", "status": 3}', 400),
        (path_of(), {}, b" " * (MOST_BYTES + 1), 413),
    ],
)
async def test_what_is_no_callback_is_told_so_and_not_stored(
    door: httpx.AsyncClient,
    database: Database,
    path: str,
    changes: dict[str, str],
    body: bytes,
    status: int,
) -> None:
    headers = {name.encode(): value.encode("latin-1") for name, value in (signed(body) | changes).items()}
    answer = await door.post(path, content=body, headers=headers)
    assert answer.status_code == status
    assert await stored(database) == 0
    assert SECRET not in answer.text


async def test_a_body_of_no_announced_length_is_read_up_to_the_same_limit(
    door: httpx.AsyncClient, database: Database
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    answer = await door.post(path_of(), content=endless(), headers=signed(b""))
    assert answer.status_code == 413
    assert await stored(database) == 0


@pytest.mark.parametrize(("age_s", "status"), [(290, 200), (-290, 200), (310, 401), (-310, 401)])
async def test_the_window_is_five_minutes_both_ways(door: httpx.AsyncClient, age_s: int, status: int) -> None:
    headers = signed(BODY, time.time() - age_s)
    assert (await door.post(path_of(), content=BODY, headers=headers)).status_code == status


async def test_nothing_but_post_is_answered(door: httpx.AsyncClient) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert (await door.request(method, path_of())).status_code == 405


async def test_what_cannot_be_stored_is_not_said_to_be(database_url: str) -> None:
    away = Database(database_url)  # never opened
    app = answering(away)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as client:
        answer = await client.post(path_of(), content=BODY, headers=signed(BODY))
    assert answer.status_code == 503


async def test_the_application_may_not_change_what_vendors_told(database: Database) -> None:
    for statement in ("update callback set says = 'x'", "delete from callback"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with database.statements() as connection:
                await connection.execute(statement)


@contextmanager
def doors(environment: dict[str, str], port: int) -> Generator["subprocess.Popen[str]"]:
    """The doors as a process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "signals.doors", "--port", str(port)],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_the_doors_run_as_a_process_of_their_own(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "REELWRIGHT_HOME": str(tmp_path),
        "DATABASE_URL": database_url,
        "REELWRIGHT_PUBLIC_URL": "https://films.example/reel",
        "REELWRIGHT_CALLBACK_SECRET": SECRET,
        "REPLICATE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
    with (
        doors(environment, port) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        until("the doors answer", lambda: answers_http(f"http://127.0.0.1:{port}/health")(process.pid))
        assert client.post(path_of(), content=BODY, headers=signed(BODY)).status_code == 200
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM), said
    assert SECRET not in said
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select operation_id, job_id from callback").fetchall() == [
            (OPERATION, "job-1")
        ]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "DATABASE_URL is not set"),
        (
            {"REELWRIGHT_PUBLIC_URL": "https://films.example", "DATABASE_URL": "postgresql:///x"},
            "the secret has 0 characters",
        ),
        (
            {
                "REELWRIGHT_PUBLIC_URL": "http://films.example",
                "REELWRIGHT_CALLBACK_SECRET": SECRET,
                "DATABASE_URL": "postgresql:///x",
            },
            "give https://",
        ),
        (
            {
                "REELWRIGHT_PUBLIC_URL": "https://films.example",
                "REELWRIGHT_CALLBACK_SECRET": SECRET,
                "REPLICATE_WEBHOOK_SECRET": "plain",
                "DATABASE_URL": "postgresql:///x",
            },
            "begins with 'whsec_'",
        ),
    ],
)
def test_doors_that_lack_something_say_what(environment: dict[str, str], said: str, tmp_path: Path) -> None:
    with doors({"REELWRIGHT_HOME": str(tmp_path), **environment}, free_port()) as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said in told
    assert len(told.splitlines()) == 1


def test_the_doors_write_their_log_for_machines_where_that_is_asked_for(tmp_path: Path) -> None:
    environment = {"REELWRIGHT_HOME": str(tmp_path), "REELWRIGHT_LOG_JSON": "1"}
    with doors(environment, free_port()) as process:
        _, told = process.communicate(timeout=60)
    (line,) = told.splitlines()
    assert json.loads(line)["level"] == "error"
    assert "DATABASE_URL" in json.loads(line)["event"]


def test_a_stack_has_doors_only_where_the_public_can_reach_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses: Any = Addresses.model_construct(home=tmp_path, ports={"studio": 1})
    without = [child.name for child in standard_children(load_settings(tmp_path), addresses)]
    monkeypatch.setenv("REELWRIGHT_PUBLIC_URL", "https://films.example")
    with_doors = [child.name for child in standard_children(load_settings(tmp_path), addresses)]
    assert without == ["studio", "worker"]
    assert with_doors == ["studio", "worker", "doors"]


def test_an_address_leads_to_its_operation_at_its_vendor_and_cannot_be_guessed() -> None:
    token = path_of().rpartition("/")[2]
    assert ADDRESSES.operation_in("replicate", token) == OPERATION
    assert ADDRESSES.operation_in("fal", token) is None
    assert ReturnAddresses("https://films.example", SECRET + "!").operation_in("replicate", token) is None
    named, _, mac = token.partition(".")
    assert len(base64.urlsafe_b64decode(mac)) >= 16
    other = path_of(operation_id=OPERATION[:-1] + "2").rpartition("/")[2]
    assert ADDRESSES.operation_in("replicate", f"{named}.{other.partition('.')[2]}") is None


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "films.example", "http://films.example", "http://127.0.0.1.films.example", "https://x?y"],
)
def test_a_public_address_is_https(url: str) -> None:
    with pytest.raises(ValueError, match="give https"):
        ReturnAddresses(url, SECRET)
