"""An address opens exactly the file it was signed for, for exactly as long."""

import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.storage.folder import FolderStorage
from activities.storage.signing import NotSigned, key_of, signed

KEY = "content/clay-20261127-aaaaaa/cuts/r1-0123456789ab.mp4"
SECRET = b"s" * 32
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADDRESS = signed(SECRET, KEY, NOW, HOUR)


def test_an_address_names_its_key_until_its_time_is_over() -> None:
    assert ADDRESS.startswith(f"/files/{KEY}?")
    for after in (timedelta(0), HOUR - timedelta(seconds=1)):
        assert key_of(SECRET, ADDRESS, NOW + after) == KEY
    with pytest.raises(NotSigned, match="is over"):
        key_of(SECRET, ADDRESS, NOW + HOUR)


CHANGES: list[Callable[[str], str]] = [
    lambda address: address.replace("r1-", "r2-"),
    lambda address: address.replace("aaaaaa", "bbbbbb"),
    lambda address: address.replace("expires=1", "expires=2"),
    lambda address: address.replace("signature=", "signature=0"),
    lambda address: address[:-1],
    lambda address: address.partition("?")[0],
    lambda address: address.partition("&")[0],
    lambda address: address.replace("/files/", "/"),
    lambda address: address.replace("/files/", "/files/../"),
    lambda address: f"{address}&expires=9999999999",
    lambda address: f"{address}&signature=ü",
    lambda address: address.replace("expires=", "expires=-"),
    lambda address: address.replace("expires=", "expires=٣"),
    lambda _: "",
]


@pytest.mark.parametrize("changed", CHANGES)
def test_an_address_that_anybody_changed_opens_nothing(changed: Callable[[str], str]) -> None:
    assert changed(ADDRESS) != ADDRESS
    with pytest.raises(NotSigned):
        key_of(SECRET, changed(ADDRESS), NOW)


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(NotSigned):
        key_of(b"t" * 32, ADDRESS, NOW)


def test_all_processes_of_a_home_sign_alike_and_no_other_home_does(tmp_path: Path) -> None:
    worker, door, other = (FolderStorage(tmp_path / name) for name in ("home", "home", "other"))
    for storage in (worker, other):
        storage.write_text(KEY, "x")
    now = datetime.now(UTC)
    assert door.key_at(worker.address(KEY, HOUR), now) == KEY
    with pytest.raises(NotSigned, match="is over"):
        door.key_at(worker.address(KEY, HOUR), now + 2 * HOUR)
    with pytest.raises(NotSigned, match="not signed"):
        door.key_at(other.address(KEY, HOUR), now)
    (secret,) = (tmp_path / "home" / "cache").iterdir()
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
