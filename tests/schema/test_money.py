"""Dollars as they come in JSON, and micro-dollars as we hold them."""

import json
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.money import MICROUSD_PER_USD, microusd

PRICES = st.integers(min_value=1, max_value=10_000_000)
"""Of one unit, in micro-dollars."""
COUNTS = st.integers(min_value=1, max_value=1_000)


@given(PRICES, COUNTS)
def test_a_product_of_floats_is_the_exact_amount(price_microusd: int, count: int) -> None:
    told = json.loads(json.dumps(price_microusd / MICROUSD_PER_USD * count))
    assert microusd(Decimal(str(told))) == price_microusd * count


@given(st.lists(PRICES, min_size=1, max_size=30))
def test_a_sum_of_floats_is_the_exact_amount(prices_microusd: list[int]) -> None:
    told = sum(price / MICROUSD_PER_USD for price in prices_microusd)
    assert microusd(Decimal(str(told))) == sum(prices_microusd)


@given(st.decimals(min_value=0, max_value=1_000_000, places=9))
def test_a_real_fraction_of_a_micro_dollar_counts_as_a_whole_one(amount: Decimal) -> None:
    exact = Fraction(amount) * MICROUSD_PER_USD
    assert microusd(amount) == -(-exact.numerator // exact.denominator)


@given(st.decimals(min_value=0, max_value=1_000_000, allow_nan=False, allow_infinity=False))
def test_what_is_left_out_is_less_than_a_nano_dollar(amount: Decimal) -> None:
    ceiling = int((amount * MICROUSD_PER_USD).to_integral_value(rounding=ROUND_CEILING))
    assert ceiling - 1 <= microusd(amount) <= ceiling
    assert Decimal(microusd(amount)) / MICROUSD_PER_USD > amount - Decimal("0.000000001")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("0.8400000000000001", 840_000),
        ("0.84000001", 840_001),
        ("0.0000001", 1),
        ("0", 0),
        ("2.50", 2_500_000),
    ],
)
def test_noise_is_left_out_and_a_fraction_is_rounded_up(told: str, expected: int) -> None:
    assert microusd(told) == expected


@pytest.mark.parametrize("told", ["-0.01", "NaN", "Infinity", "two", "1000000.01"])
def test_what_is_no_amount_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"no amount|too much"):
        microusd(told)
