"""The one shape in which commands answer machines."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schema.money import Book
from schema.payload import Payload
from starter.console.json_output import print_json

BERLIN = ZoneInfo("Europe/Berlin")


class Row(Payload):
    """A record with an amount, a time and a length of time."""

    cap_microusd: int
    charged_microusd: int | None
    book: Book
    since: datetime
    patience: timedelta


@dataclass(frozen=True)
class Holder:
    """A record that holds others."""

    rows: tuple[Row, ...]


def test_amounts_are_dollars_times_are_utc_and_lengths_are_seconds_however_deep(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = Row(
        cap_microusd=1_500_000,
        charged_microusd=None,
        book=Book.SIMULATED,
        since=datetime(2026, 7, 1, 9, tzinfo=BERLIN),
        patience=timedelta(minutes=2),
    )
    print_json(Path("/some/home"), holders=[Holder((row,))], reserved_microusd=250_000)
    told = {
        "cap_usd": 1.5,
        "charged_usd": None,
        "book": "simulated",
        "since": "2026-07-01T07:00:00+00:00",
        "patience_seconds": 120.0,
    }
    assert json.loads(capsys.readouterr().out) == {
        "home": "/some/home",
        "holders": [{"rows": [told]}],
        "reserved_usd": 0.25,
    }
