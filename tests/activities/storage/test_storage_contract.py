"""What every storage must keep. A new one joins by one line in `STORAGES`."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from activities.storage.folder import FolderStorage
from activities.storage.port import Storage

STORAGES: dict[str, Callable[[Path], Storage]] = {"folder": FolderStorage}
KEY = "content/crafts-20261120-abcdef/final.mp4"


@pytest.fixture(params=sorted(STORAGES))
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return STORAGES[request.param](tmp_path / "storage")


def made(storage: Storage, content: bytes, name: str = "part.mp4") -> Path:
    """A finished file that has not been moved to its place."""
    path = storage.scratch("crafts-20261120-abcdef") / name
    path.write_bytes(content)
    return path


def test_a_promoted_file_is_at_its_key_and_nowhere_else(storage: Storage) -> None:
    path = made(storage, b"one")
    assert not storage.exists(KEY)
    storage.promote(path, KEY)
    assert storage.exists(KEY)
    assert storage.local(KEY).read_bytes() == b"one"
    assert not path.exists()


def test_promoting_again_replaces_in_one_step(storage: Storage) -> None:
    storage.promote(made(storage, b"a" * 100_000), KEY)
    seen: set[bytes] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.add(storage.local(KEY).read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    for letter in (b"b", b"c", b"d"):
        storage.promote(made(storage, letter * 100_000), KEY)
    stop.set()
    reader.join()
    assert storage.local(KEY).read_bytes() == b"d" * 100_000
    assert seen <= {letter * 100_000 for letter in (b"a", b"b", b"c", b"d")}


def test_small_texts_are_written_whole_and_read_back(storage: Storage) -> None:
    for text in ("ein Krug, größer\n", "", "replaced"):
        storage.write_text("content/x/idea.json", text)
        assert storage.read_text("content/x/idea.json") == text


def test_what_is_not_there_is_said_not_to_be(storage: Storage) -> None:
    assert not storage.exists(KEY)
    for read in (storage.local, storage.read_text):
        with pytest.raises(FileNotFoundError):
            read(KEY)


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "content/../../x", "content//x", "Content/x", "content/.x", "a/b\n", "a\\b"],
)
def test_a_key_that_we_did_not_make_is_refused_whatever_is_asked(storage: Storage, key: str) -> None:
    path = made(storage, b"x")
    for ask in (
        lambda: storage.local(key),
        lambda: storage.promote(path, key),
        lambda: storage.write_text(key, "x"),
        lambda: storage.read_text(key),
        lambda: storage.exists(key),
    ):
        with pytest.raises(ValueError, match="no storage key"):
            ask()


def test_a_link_is_not_followed_to_a_file_outside(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("secret")
    storage.promote(made(storage, b"x"), KEY)
    place = storage.local(KEY)
    place.unlink()
    place.symlink_to(tmp_path / "canary")
    with pytest.raises(FileNotFoundError):
        storage.local(KEY)
    with pytest.raises(FileNotFoundError):
        storage.read_text(KEY)


def test_it_says_how_much_more_can_be_stored(storage: Storage) -> None:
    assert storage.free_bytes() > 0
