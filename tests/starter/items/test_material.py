"""What a person brings: in the order they count, without what systems leave about, whole or not at all."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from activities.film_scene import FEWEST_FREE_BYTES
from activities.storage.folder import FolderStorage
from schema.failure import Fault, Trouble
from schema.formats.format_file import makeable_format
from starter.items.copying import Stopped
from starter.items.material import Material, bring_in, clips_of
from tests.activities.media.footage import Footage
from tests.patching import always

ITEM = "clay-20261127-abcdef"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small clip that passes."""
    return Footage(tmp_path_factory.mktemp("clips")).clip("a.mp4", seconds=2)


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    """An empty home."""
    return FolderStorage(tmp_path / "home")


def folder_of(tmp_path: Path, clip: Path, *names: str | bytes) -> Path:
    """A folder with the same clip under several names."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(clip.read_bytes())
    return folder


def brought(
    storage: FolderStorage,
    material: Material,
    tell: Callable[[str], None] = lambda _: None,
    stop: Event | None = None,
) -> dict[str, Any]:
    """Bring it in for the format that everybody uses."""
    chosen, _ = makeable_format("asmr-craft")
    return bring_in(storage, ITEM, material, chosen, tell, stop or Event())


def files_below(folder: Path) -> list[Path]:
    """All files and links, and no folders."""
    return [path for path in folder.rglob("*") if not path.is_dir()]


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["clip10", "clip2", "clip1"], ["clip1", "clip2", "clip10"]),
        (["rotated270", "rotated90", "rotated180"], ["rotated90", "rotated180", "rotated270"]),
        (["10", "9 b", "9 a", "intro"], ["9 a", "9 b", "10", "intro"]),
        (["IMG_2.MOV", "img_1.mov", "IMG_10.MOV"], ["img_1.mov", "IMG_2.MOV", "IMG_10.MOV"]),
        (["a1b10", "a1b2", "a01b3", "b"], ["a1b2", "a01b3", "a1b10", "b"]),
        (["2026-11-27 9.00", "2026-11-27 10.00"], ["2026-11-27 9.00", "2026-11-27 10.00"]),
    ],
)
def test_clips_play_in_the_order_in_which_people_count(
    tmp_path: Path, names: list[str], order: list[str]
) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert [path.name for path in clips_of(tmp_path)] == order


def test_what_systems_leave_in_folders_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "1.mp4").touch()
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._1.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "__MACOSX").mkdir()
    assert [path.name for path in clips_of(tmp_path)] == ["1.mp4"]


def test_a_file_where_a_folder_is_wanted_is_called_a_file(tmp_path: Path) -> None:
    (tmp_path / "01.mp4").touch()
    with pytest.raises(Trouble, match=r"01\.mp4' is a file; give the folder it lies in"):
        clips_of(tmp_path / "01.mp4")


def test_files_are_copied_under_names_of_ours_and_known_by_their_own(
    storage: FolderStorage, tmp_path: Path, clip: Path
) -> None:
    told: list[str] = []
    folder = folder_of(tmp_path, clip, "2 two.mp4", "10 ten.mp4")
    fields = brought(storage, Material(folder, intro=clip), told.append)
    assert [one.original_name for one in fields["footage"]] == ["2 two.mp4", "10 ten.mp4"]
    assert storage.local(fields["intro_key"]).read_bytes() == clip.read_bytes()
    for one in fields["footage"]:
        assert storage.local(one.key).stat().st_size == one.size_bytes == clip.stat().st_size
    assert told[:3] == [
        "checking the intro: a.mp4",
        "checking clip 1 of 2: 2 two.mp4",
        "checking clip 2 of 2: 10 ten.mp4",
    ]
    assert not list((tmp_path / "home" / "cache").rglob("*.mp4"))


def test_a_name_that_is_no_text_is_kept_in_a_form_that_can_be_stored(
    storage: FolderStorage, tmp_path: Path, clip: Path
) -> None:
    told: list[str] = []
    fields = brought(storage, Material(folder_of(tmp_path, clip, b"caf\xe9.mp4")), told.append)
    assert fields["footage"][0].original_name == "caf\ufffd.mp4"
    assert fields["footage"][0].model_dump_json()
    assert told[0].encode() == "checking clip 1 of 1: caf\ufffd.mp4".encode()


def test_a_clip_of_no_use_leaves_nothing_behind(storage: FolderStorage, tmp_path: Path, clip: Path) -> None:
    folder = folder_of(tmp_path, clip, "1.mp4")
    (folder / "2.mp4").write_text("Dear diary")
    with pytest.raises(Trouble, match=r"'2\.mp4' is a text document"):
        brought(storage, Material(folder))
    assert files_below(tmp_path / "home") == []


def test_the_room_is_looked_at_before_anything_is_checked_or_copied(
    storage: FolderStorage, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = FEWEST_FREE_BYTES + clip.stat().st_size - 1
    monkeypatch.setattr(FolderStorage, "free_bytes", always(free))
    told: list[str] = []
    with pytest.raises(Trouble, match="500 MB must stay free for the work") as caught:
        brought(storage, Material(folder_of(tmp_path, clip, "1.mp4")), told.append)
    assert caught.value.fault is Fault.DISK_FULL
    assert told == []
    assert files_below(tmp_path / "home") == []


def test_a_copy_that_fails_leaves_nothing_behind(
    storage: FolderStorage, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote = FolderStorage.promote

    def full(self: FolderStorage, made: Path, key: str) -> None:
        if "own-02" in key:
            raise OSError(28, "No space left on device")
        promote(self, made, key)

    monkeypatch.setattr(FolderStorage, "promote", full)
    with pytest.raises(Trouble, match="no room left on the disk") as caught:
        brought(storage, Material(folder_of(tmp_path, clip, "1.mp4", "2.mp4")))
    assert caught.value.fault is Fault.DISK_FULL
    assert files_below(tmp_path / "home") == []
    assert not (tmp_path / "home" / "content" / ITEM).exists()


def test_stopping_leaves_nothing_behind(storage: FolderStorage, tmp_path: Path, clip: Path) -> None:
    stop = Event()
    with pytest.raises(Stopped):
        brought(storage, Material(folder_of(tmp_path, clip, "1.mp4", "2.mp4")), lambda _: stop.set(), stop)
    assert files_below(tmp_path / "home") == []


BREAK_OFF = """
import os, signal, sys
from pathlib import Path
from threading import Event
from activities.storage.folder import FolderStorage
from schema.formats.format_file import makeable_format
from starter.items.material import Material, bring_in

def promote(self, made, key):
    os.kill(os.getpid(), signal.SIGKILL) if "own-02" in key else kept(self, made, key)

kept, FolderStorage.promote = FolderStorage.promote, promote
chosen, _ = makeable_format("asmr-craft")
bring_in(FolderStorage(Path(sys.argv[1])), "clay-20261127-killed", Material(Path(sys.argv[2])), chosen, print, Event())
"""


def test_what_a_killed_copying_left_is_swept_by_the_next_one(
    storage: FolderStorage, tmp_path: Path, clip: Path
) -> None:
    folder = folder_of(tmp_path, clip, "1.mp4", "2.mp4")
    home = tmp_path / "home"
    killed = subprocess.run([sys.executable, "-c", BREAK_OFF, home, folder], cwd=ROOT, check=False)
    assert killed.returncode == -9
    left = files_below(home)
    assert len(left) == 2
    brought(storage, Material(folder))
    assert len(files_below(home)) == 2
    assert not {path for path in left if path.exists()}


def test_a_file_that_is_still_being_written_is_refused(
    storage: FolderStorage, tmp_path: Path, clip: Path
) -> None:
    folder = folder_of(tmp_path, clip, "1.mp4")

    def touch(_: str) -> None:
        os.utime(folder / "1.mp4", ns=(time.time_ns(), time.time_ns() + 5))

    with pytest.raises(Trouble, match=r"'1\.mp4' changed while it was read"):
        brought(storage, Material(folder), touch)
    assert files_below(tmp_path / "home") == []
