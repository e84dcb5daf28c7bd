"""What every storage must keep. A new one joins by one line in `STORAGES`."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from activities.storage.folder import FolderStorage
from activities.storage.port import Storage

STORAGES: dict[str, Callable[[Path], Storage]] = {"folder": FolderStorage}
ITEM = "crafts-20261120-abcdef"
KEY = f"content/{ITEM}/final.mp4"
OTHER = f"content/{ITEM}/other.mp4"
HOUR = timedelta(hours=1)


@pytest.fixture(params=sorted(STORAGES))
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return STORAGES[request.param](tmp_path / "storage")


def made(storage: Storage, content: bytes, name: str = "part.mp4") -> Path:
    """A finished file that has not been moved to its place."""
    path = storage.scratch(ITEM) / name
    path.write_bytes(content)
    return path


def is_there(storage: Storage, key: str) -> bool:
    try:
        storage.local(key)
    except FileNotFoundError:
        return False
    return True


def readings(storage: Storage) -> tuple[Callable[[str], object], ...]:
    """All ways in which a storage gives away what is at a key."""

    def address(key: str) -> str:
        return storage.address(key, HOUR)

    return storage.read_text, storage.open, address


def test_a_promoted_file_is_at_its_key_and_nowhere_else(storage: Storage) -> None:
    path = made(storage, b"one")
    assert not is_there(storage, KEY)
    storage.promote(path, KEY)
    assert is_there(storage, KEY)
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
    for read in (storage.local, *readings(storage)):
        with pytest.raises(FileNotFoundError):
            read(KEY)


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "content/../../x", "content//x", "Content/x", "content/.x", "a/b\n", "a\\b"],
)
def test_a_key_that_we_did_not_make_is_refused_whatever_is_asked(storage: Storage, key: str) -> None:
    storage.promote(made(storage, b"x"), KEY)
    path = made(storage, b"x")
    for ask in (
        lambda: storage.local(key),
        lambda: storage.promote(path, key),
        lambda: storage.write_text(key, "x"),
        lambda: storage.read_text(key),
        lambda: storage.open(key),
        lambda: storage.copy(KEY, key),
        lambda: storage.location(key),
        lambda: storage.address(key, HOUR),
        lambda: storage.delete(key),
        lambda: storage.delete_item(key),
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
    for read in readings(storage):
        with pytest.raises(FileNotFoundError):
            read(KEY)
    with pytest.raises(FileNotFoundError):
        storage.copy(KEY, OTHER)


def test_it_says_how_much_more_can_be_stored(storage: Storage) -> None:
    assert storage.free_bytes() > 0


def test_a_file_is_read_as_a_stream(storage: Storage) -> None:
    storage.promote(made(storage, b"0123456789"), KEY)
    with storage.open(KEY) as file:
        assert file.read(4) == b"0123"
        assert file.seek(8) == 8
        assert file.read() == b"89"


def test_a_copy_has_the_same_bytes_and_outlives_what_it_was_made_of(storage: Storage) -> None:
    storage.promote(made(storage, b"one"), KEY)
    for _ in range(2):
        storage.copy(KEY, OTHER)
    storage.promote(made(storage, b"two"), KEY)
    assert storage.local(OTHER).read_bytes() == b"one"
    storage.copy(KEY, OTHER)
    storage.delete(KEY)
    assert storage.local(OTHER).read_bytes() == b"two"
    with pytest.raises(FileNotFoundError):
        storage.copy(KEY, OTHER)
    assert storage.local(OTHER).read_bytes() == b"two"


def test_one_file_is_deleted_and_no_other(storage: Storage) -> None:
    for key in (KEY, OTHER):
        storage.promote(made(storage, b"x"), key)
    for _ in range(2):
        storage.delete(KEY)
    assert not is_there(storage, KEY)
    assert is_there(storage, OTHER)


def test_everything_of_an_item_is_deleted_and_nothing_of_another(storage: Storage) -> None:
    neighbour = f"content/{ITEM}x/final.mp4"
    deep = f"content/{ITEM}/raw/r1-s1.mp4"
    for key in (KEY, deep, neighbour):
        storage.promote(made(storage, b"x"), key)
    half_made = made(storage, b"half")
    for _ in range(2):
        storage.delete_item(ITEM)
    assert not any(is_there(storage, key) for key in (KEY, deep))
    assert not half_made.exists()
    assert is_there(storage, neighbour)


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(seconds=-1), timedelta(days=7, seconds=1)])
def test_an_address_lives_for_a_while_and_not_for_ever(storage: Storage, lifetime: timedelta) -> None:
    storage.promote(made(storage, b"x"), KEY)
    assert storage.address(KEY, timedelta(days=7)) != storage.address(KEY, HOUR)
    with pytest.raises(ValueError, match="between a second and 7 days"):
        storage.address(KEY, lifetime)


def test_a_person_is_told_where_a_file_lies_also_before_it_is_there(storage: Storage) -> None:
    assert KEY in storage.location(KEY)
