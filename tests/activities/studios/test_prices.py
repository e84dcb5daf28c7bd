"""The price list of the offline studio."""

from datetime import timedelta

import pytest

from schema.money import Book
from schema.prices.price_table import load_prices


def test_three_scenes_of_wan_cost_one_dollar_fifty_simulated() -> None:
    table = load_prices("offline")
    assert table.book is Book.SIMULATED
    assert 3 * table.clips("wan-2.5").cost_microusd(timedelta(seconds=5), "720p") == 1_500_000


def test_what_is_not_listed_is_refused_by_name() -> None:
    model = load_prices("offline").clips("wan-2.5")
    with pytest.raises(ValueError, match="7 s is not made"):
        model.cost_microusd(timedelta(seconds=7), "720p")
    with pytest.raises(ValueError, match="no model 'veo'"):
        load_prices("offline").model("veo")


def test_the_list_says_where_and_when_it_was_read() -> None:
    table = load_prices("offline")
    assert table.source
    assert table.read_on.year >= 2026
    assert table.version >= 1
