"""Impossible settings are refused in one line that names them; a home's are in its `.env`."""

from pathlib import Path

import pytest

from schema.failure import Trouble
from schema.settings import Timings, load_settings


def refused(home: Path) -> str:
    """What is said to a person whose settings cannot be used."""
    with pytest.raises(Trouble) as caught:
        load_settings(home)
    return str(caught.value)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "-5", "1e300", "1e9", "soon"])
@pytest.mark.parametrize("name", [name for name in Timings.model_fields if name != "reminders"])
def test_a_length_of_time_that_nobody_can_mean_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    setting = f"REELWRIGHT_TIMINGS__{name.upper()}"
    monkeypatch.setenv(setting, value)
    assert refused(tmp_path).startswith(f"the setting {setting} cannot be used: ")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REELWRIGHT_TIMINGS__REVIEW", "0", "0 is not between 1 and 2592000, in seconds"),
        ("REELWRIGHT_TIMINGS__REMINDERS", '[60, "soon"]', "'soon' is no number of seconds"),
        ("REELWRIGHT_TIMINGS", "foo", "the setting REELWRIGHT_TIMINGS cannot be used"),
        ("REELWRIGHT_SLOTS", "0", "0 is less than 1"),
        ("REELWRIGHT_SLOTS", "many", "'many' is no whole number"),
        ("REELWRIGHT_LOG_JSON", "maybe", "'maybe' is neither true nor false"),
        ("REELWRIGHT_STUDIO_URL", "foo", "is not written like http"),
        ("REELWRIGHT_METRICS_ADDRESS", "foo", "is not written like 127.0.0.1:9464"),
        ("FAL_QUEUE_URL", "foo", "the setting FAL_QUEUE_URL cannot be used"),
        ("REELWRIGHT_SLOT", "4", "there is no setting REELWRIGHT_SLOT; did you mean REELWRIGHT_SLOTS?"),
        ("REELWRIGHT_TIMINGS__REVEIW", "4", "did you mean REELWRIGHT_TIMINGS__REVIEW?"),
        ("REELWRIGHT_FAL_KEY", "a:b", "did you mean FAL_KEY?"),
        ("REELWRIGHT_DATABASE_URL", "postgresql:///x", "did you mean DATABASE_URL?"),
        ("REELWRIGHT_QUUX", "4", "there is no setting REELWRIGHT_QUUX; README.md lists them all"),
        ("DATABASE_URL", "foo", "DATABASE_URL is no address of a PostgreSQL"),
        ("DATABASE_MIGRATION_URL", "mysql://a:secret@h/x", "DATABASE_MIGRATION_URL is no address of"),
        ("DATABASE_DIRECT_URL", "h:5432", "DATABASE_DIRECT_URL is no address of a PostgreSQL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    line = refused(tmp_path)
    assert said in line
    assert "secret" not in line
    monkeypatch.delenv(name)
    (tmp_path / ".env").write_text(f"{name}='{value}'\n")
    assert said in refused(tmp_path)


@pytest.mark.parametrize(
    "address", ["postgresql://u:p@h:5432/x?sslmode=require", "postgres://h/x", "host=h dbname='a b' user = u"]
)
def test_an_address_of_a_database_is_taken_in_each_form_that_its_makers_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    url = load_settings(tmp_path).database_url
    assert url is not None
    assert url.get_secret_value() == address


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_a_file_of_settings_in_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / ".env").write_text("FAL_KEY=id:é\n", encoding=encoding)
    assert refused(tmp_path) == f"'{tmp_path}/.env' is not written in UTF-8; save it again in that encoding"


def test_a_file_of_settings_with_a_mark_at_its_beginning_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("REELWRIGHT_SLOTS=7\nFAL_KEY=a:b\n", encoding="utf-8-sig")
    settings = load_settings(tmp_path)
    assert (settings.slots, settings.vendors.fal_key is None) == (7, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("REELWRIGHT_SLOTS=7\nFAL_KEY a:b\n", "line 2: this is no setting"),
        ("TEMPORAL_ADDRESS=h:7233\n", "TEMPORAL_ADDRESS is read from the environment alone; export it"),
    ],
)
def test_a_line_that_would_change_nothing_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / ".env").write_text(text)
    assert said in refused(tmp_path)


def test_a_user_without_a_home_is_told_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is in the home of a user that has none" in refused(Path("~nobody-of-this-name/x"))
