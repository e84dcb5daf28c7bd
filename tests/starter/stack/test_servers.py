"""The two real servers, each on its own: what they survive and what they refuse."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from temporalio.client import Client

from schema.failure import Trouble
from starter.stack import binaries
from starter.stack.child_process import Process
from starter.stack.embedded_postgres import EmbeddedPostgres, check_name, check_socket_path
from starter.stack.embedded_temporal import EmbeddedTemporal
from tests.services import postgres_server, temporal_ports, temporal_server
from tests.waiting import until

ROOT = Path(__file__).parents[3]


def test_postgres_brings_our_database_and_vectors_and_listens_on_no_port() -> None:
    with postgres_server() as server, psycopg.connect(server.url()) as connection:
        connection.execute("create extension vector")
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("select current_database()").fetchone() == ("reelwright",)
        assert server.folder.stat().st_mode & 0o777 == 0o700


async def test_temporal_brings_our_search_attributes() -> None:
    with temporal_server(time_skipping=True) as server:
        client = await Client.connect(server.address)
        query = "Account = 'a' and Format = 'f' and Stage = 's' and CostUsd > 1.5"
        assert [found async for found in client.list_workflows(query)] == []


def test_the_embedded_database_is_durable_and_goes_on_after_a_restart(folder: Path) -> None:
    for start in range(2):
        with (
            EmbeddedPostgres(folder / "postgres").running(folder / "log") as url,
            psycopg.connect(url) as connection,
        ):
            assert connection.execute("show fsync").fetchone() == ("on",)
            connection.execute("create table if not exists starts (number int)")
            connection.execute("insert into starts values (%s)", [start])
            connection.commit()
            assert connection.execute("select count(*) from starts").fetchone() == (start + 1,)


def test_a_kill_while_the_cluster_is_made_does_not_hinder_the_next_start(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from starter.stack.embedded_postgres import EmbeddedPostgres;"
        "EmbeddedPostgres(Path(sys.argv[1])).prepare()"
    )
    making = subprocess.Popen([sys.executable, "-c", program, folder / "postgres"], cwd=ROOT)
    while making.poll() is None and not list(folder.glob("postgres.new-*/base")):
        time.sleep(0.005)
    making.kill()
    making.wait()
    assert not (folder / "postgres").exists()
    with EmbeddedPostgres(folder / "postgres").running(folder / "log") as url, psycopg.connect(url):
        assert sorted(path.name for path in folder.iterdir()) == ["log", "postgres"]


def test_a_server_left_by_a_dead_predecessor_is_ended_first(folder: Path) -> None:
    first = EmbeddedPostgres(folder / "postgres")
    first.prepare()
    leftover = Process(first.command(), folder / "log")
    while leftover.ended() is None and not first.answers():
        time.sleep(0.02)
    with EmbeddedPostgres(folder / "postgres").running(folder / "log") as url, psycopg.connect(url):
        assert leftover.ended() == 0
    first.close()


def test_a_mark_whose_number_now_belongs_to_another_program_is_no_hindrance(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres").running(folder / "log"):
        mark = (folder / "postgres" / "postmaster.pid").read_text()
    other = subprocess.Popen(["sleep", "600"], user=folder.joinpath("postgres").stat().st_uid)
    try:
        lines = mark.split("\n")
        (folder / "postgres" / "postmaster.pid").write_text("\n".join([str(other.pid), *lines[1:]]))
        with EmbeddedPostgres(folder / "postgres").running(folder / "log") as url, psycopg.connect(url):
            assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_another_major_version_is_refused_with_the_remedy(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(Trouble, match=r"made by PostgreSQL 15.*restore a backup"):
        EmbeddedPostgres(folder / "postgres").prepare()


def test_a_path_too_long_for_a_socket_is_told_before_anything_is_made() -> None:
    with pytest.raises(Trouble, match=r"path of 1\d\d bytes.*choose a shorter home"):
        check_socket_path(Path("/" + "long/" * 20))


def test_a_user_whom_the_machine_does_not_know_is_told_what_a_database_needs() -> None:
    check_name(os.geteuid())
    with pytest.raises(Trouble, match="user number 4012345 has no name in /etc/passwd"):
        check_name(4_012_345)


def test_two_temporal_servers_on_one_file_are_refused(folder: Path) -> None:
    with (
        EmbeddedTemporal(folder, temporal_ports()).running(folder / "log"),
        pytest.raises(Trouble, match="another Temporal server uses"),
    ):
        EmbeddedTemporal(folder, temporal_ports()).prepare()


def test_a_child_dies_with_the_process_that_started_it(folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from starter.stack.child_process import Command, Process;"
        "print(Process(Command(('/bin/sleep', '600')), Path(sys.argv[1])).pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, folder / "log"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = psutil.Process(int(parent.stdout.readline()))
    until("it is what it is to become", lambda: child.name() == "sleep")
    assert os.getpgid(child.pid) == child.pid
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    until("the child has ended", lambda: _has_ended(child))


def test_the_copy_that_nobody_can_reach_is_made_once_and_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "SYSTEM_STATE", folder / "state")
    package = binaries.postgres_package()
    made: list[Path] = []
    threads = [
        threading.Thread(target=lambda: made.append(binaries.copy_for_nobody(package))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made[0] == made[1]
    assert [path.name for path in (folder / "state").iterdir()] == [made[0].parent.name]
    said = subprocess.run(
        [made[0] / "pginstall18" / "bin" / "psql", "--version"], capture_output=True, check=True
    )
    assert b" 18." in said.stdout
    shutil.rmtree(folder / "state")


def _has_ended(process: psutil.Process) -> bool:
    """Whether it has; one that only waits to be collected has, too."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
