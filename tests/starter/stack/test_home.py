"""The home folder: which are ours to use, and what a person is told about the others."""

import fcntl
import json
import os
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from schema.failure import Fault, Trouble
from schema.settings import load_settings
from starter.stack import ports
from starter.stack.home import Home, Version
from starter.stack.log_files import MAX_BYTES, last_line, open_log, shrink, tail
from starter.stack.stack_addresses import require_running, running
from tests.patching import always

OURS = Version(reelwright="1.2.0", schema_number=7)


def trouble(folder: Path) -> str:
    with pytest.raises(Trouble) as caught:
        Home(folder).settle(OURS)
    assert caught.value.fault is Fault.BAD_INPUT
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_new_home_is_made_private_and_stamped(folder: Path) -> None:
    home = Home(folder / "not" / "there" / "yet")
    assert home.settle(OURS) == "new"
    assert home.settle(OURS) == "same"
    assert home.folder.stat().st_mode & 0o777 == 0o700
    assert json.loads(home.version_file.read_text()) == {
        "reelwright": "1.2.0", "schema_number": 7, "postgres": 18,
    }  # fmt: skip


def test_a_file_is_no_home(folder: Path) -> None:
    (folder / "file").write_text("")
    assert "is a file, not a folder; choose another" in trouble(folder / "file")
    assert "lies under a file, not a folder" in trouble(folder / "file" / "home")


def test_a_place_where_nothing_can_be_made_is_no_home() -> None:
    assert "cannot be made" in trouble(Path("/proc/reelwright"))


def test_the_home_of_another_user_is_refused(folder: Path) -> None:
    other = folder
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    else:
        other = Path("/usr")
    assert "belongs to user 'nobody'" in trouble(other) or "belongs to user 'root'" in trouble(other)


def test_a_home_without_write_permission_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", always(False))  # root may always write
    assert "is not writable; make it so with chmod" in trouble(folder)


def test_a_folder_with_other_things_in_it_is_refused(folder: Path) -> None:
    (folder / ".env").write_text("")
    (folder / "thesis.doc").write_text("")
    assert "is not a Reelwright home and not empty (it has 'thesis.doc')" in trouble(folder)
    (folder / "thesis.doc").unlink()
    assert Home(folder).settle(OURS) == "new"


@pytest.mark.parametrize(
    ("version", "number", "age"),
    [
        ("1.2.0", 7, "same"),
        ("1.1.9", 7, "older"),
        ("1.2.0", 6, "older"),
        ("0.9", 7, "older"),
        ("0.1.0", 1, "older"),
    ],
)
def test_an_older_home_is_told_from_one_of_ours(folder: Path, version: str, number: int, age: str) -> None:
    Home(folder).stamp(Version(reelwright=version, schema_number=number))
    assert Home(folder).settle(OURS) == age


@pytest.mark.parametrize(("version", "number"), [("0.1.0", 11), ("0.1.0.dev0", 1), ("0.0.9", 3)])
def test_a_home_from_before_the_first_release_is_refused_with_the_command_that_saves_its_videos(
    folder: Path, version: str, number: int
) -> None:
    Home(folder).stamp(Version(reelwright=version, schema_number=number))
    said = trouble(folder)
    assert f"made by a Reelwright before 0.1.0 ({version}, schema {number})" in said
    (folder / "outbox").mkdir()
    (folder / "outbox" / "video.mp4").write_text("x")
    (folder / "content").mkdir()
    command = said.partition("save its videos with: ")[2].partition("   and")[0]
    (folder / "saved").mkdir()
    subprocess.run(command, shell=True, check=True, cwd=folder / "saved")
    assert (folder / "saved" / "outbox" / "video.mp4").exists()
    unreleased = Version(reelwright=version, schema_number=number)
    assert Home(folder).settle(unreleased) == "same"  # its own code goes on with it


@pytest.mark.parametrize(("version", "number"), [("1.10.0", 7), ("1.2.0", 8)])
def test_a_newer_home_is_refused_and_left_alone(folder: Path, version: str, number: int) -> None:
    Home(folder).stamp(Version(reelwright=version, schema_number=number))
    before = Home(folder).version_file.read_bytes()
    assert f"made by Reelwright {version} (schema {number}), newer than this 1.2.0 (schema 7)" in trouble(
        folder
    )
    assert Home(folder).version_file.read_bytes() == before


def test_a_damaged_version_file_is_told(folder: Path) -> None:
    (folder / "version").write_text("{")
    assert "cannot be read" in trouble(folder)


def test_a_home_has_one_owner_and_the_lock_of_a_dead_one_is_free(folder: Path) -> None:
    home = Home(folder)
    assert home.owner() is None
    with home.hold():
        assert home.owner() == os.getpid()
        with pytest.raises(Trouble, match=f"already in use by process {os.getpid()}"), Home(folder).hold():
            pass
    assert home.owner() is None
    home.lock_file.write_text("1\n")  # what a process that was killed leaves
    with home.hold():
        pass


def test_looking_at_the_lock_does_not_keep_an_owner_out(folder: Path) -> None:
    home = Home(folder)
    home.lock_file.touch()
    with home.lock_file.open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        with pytest.raises(Trouble), home.hold():
            pass
        fcntl.flock(other, fcntl.LOCK_UN)
        with home.hold():
            pass


def test_a_command_that_needs_a_stack_says_how_to_start_one(folder: Path) -> None:
    settings = load_settings(folder)
    assert running(settings) is None
    with pytest.raises(
        Trouble, match=r"not running over the home .*; start it with: \./reelwright --home \S+ up"
    ):
        require_running(settings)
    with Home(folder).hold(), pytest.raises(Trouble, match=r"still starting or stopping \(process \d+\)"):
        require_running(settings)


def test_ports_are_kept_and_a_taken_one_is_moved_with_a_line(folder: Path) -> None:
    file, lines = folder / "ports.json", list[str]()
    first = ports.settle(file, ["temporal", "studio"], lines.append)
    assert ports.settle(file, ["temporal", "studio"], lines.append) == first
    assert lines == []
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first["studio"]))
        stranger.listen()
        moved = ports.settle(file, ["temporal", "studio"], lines.append)
    assert moved["temporal"] == first["temporal"]
    assert moved["studio"] != first["studio"]
    assert lines == [
        f"port {first['studio']} (studio) is taken by {psutil.Process().name()!r} (pid {os.getpid()}); "
        f"using {moved['studio']} from now on"
    ]
    assert ports.settle(file, ["temporal", "studio"], lines.append) == moved


def test_full_logs_are_moved_aside_and_three_are_kept(folder: Path) -> None:
    log = folder / "worker.log"
    for number in range(6):
        with open_log(log) as file:
            file.write(b"%d\n" % number + b"x" * MAX_BYTES)
            if number % 2:
                shrink(log)
                file.write(b"after\n")
        assert number % 2 == 0 or log.read_bytes() == b"after\n"
    assert sorted(path.name for path in folder.iterdir()) == [
        "worker.log", "worker.log.1", "worker.log.2", "worker.log.3",
    ]  # fmt: skip
    assert (folder / "worker.log.1").read_bytes().startswith(b"5\n")


def test_logs_are_shown_with_their_names_and_followed_over_a_rotation(folder: Path) -> None:
    (folder / "worker.log").write_text("one\ntwo\nthree\n")
    (folder / "studio.log").write_text("paint\n")
    assert list(tail(folder, lines=2)) == ["studio | paint", "worker | two", "worker | three"]
    assert last_line(folder / "worker.log") == "three"
    following = tail(folder, ["worker"], lines=1, follow=True)
    assert next(following) == "worker | three"
    with (folder / "worker.log").open("a") as file:
        file.write("four\nfi")
    assert next(following) == "worker | four"
    with (folder / "worker.log").open("a") as file:
        file.write("ve\n")
    assert next(following) == "worker | five"
    (folder / "worker.log").write_text("new\n")
    assert next(following) == "worker | new"
    with pytest.raises(Trouble, match="no log of 'wroker'; there are: studio, worker"):
        list(tail(folder, ["wroker"]))
