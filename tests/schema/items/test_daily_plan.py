"""One item a day, whatever the clocks do: when it is due, and how two fires of one day meet."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from schema.items.daily_plan import DailyPlan


def plan(zone: str, at: str) -> DailyPlan:
    """A plan of an account in a zone."""
    return DailyPlan(account_id="crafts", time_zone=zone, at=time.fromisoformat(at))


@pytest.mark.parametrize(
    ("zone", "at", "day", "due"),
    [
        ("Europe/Berlin", "02:30", "2026-03-28", "2026-03-28T01:30"),
        ("Europe/Berlin", "02:30", "2026-03-29", "2026-03-29T01:30"),  # 03:30 there
        ("Europe/Berlin", "02:30", "2026-10-25", "2026-10-25T00:30"),  # the first of two
        ("Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:45"),  # half an hour: 02:45 there
        ("America/St_Johns", "02:30", "2026-03-08", "2026-03-08T06:00"),
        ("America/Havana", "00:30", "2026-03-08", "2026-03-08T05:30"),  # midnight itself is skipped
        (
            "America/Nuuk",
            "23:30",
            "2024-03-30",
            "2024-03-31T00:30",
        ),  # 22:30 there: 00:30 would be the next day
        ("Pacific/Apia", "09:00", "2011-12-30", None),
        ("Pacific/Apia", "09:00", "2011-12-31", "2011-12-30T19:00"),
        ("Pacific/Kiritimati", "00:00", "2026-11-27", "2026-11-26T10:00"),
    ],
)
def test_a_day_has_one_moment_at_which_its_item_is_due(zone: str, at: str, day: str, due: str | None) -> None:
    expected = due and datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert plan(zone, at).due(date.fromisoformat(day)) == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"])
@pytest.mark.parametrize("at", ["00:00", "02:00", "02:15", "02:30", "03:00", "09:00"])
def test_each_of_a_years_days_is_due_once_and_within_the_day(zone: str, at: str) -> None:
    daily = plan(zone, at)
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    moments = [moment for day in days if (moment := daily.due(day))]
    assert moments == sorted(set(moments))
    assert len(moments) == 365
    skipped = list(daily.put_off(days[0], days[-1]))
    assert len(skipped) <= 1
    assert all(moment.time() != daily.at for moment in skipped)


def test_both_fires_of_a_doubled_hour_and_of_a_skipped_one_have_their_days_item() -> None:
    daily = plan("Europe/Berlin", "02:30")
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert daily.item_id(first) == daily.item_id(second)
    assert daily.item_id(first).startswith("crafts-20261025-")
    before, after = (datetime(2026, 3, 29, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert daily.item_id(after) != daily.item_id(before)  # 01:30 is no time of this plan
    assert daily.item_id(after).startswith("crafts-20260329-")


def test_what_is_asked_for_by_hand_has_an_item_of_its_own() -> None:
    daily = plan("Europe/Berlin", "02:30")
    due = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
    by_hand = [daily.item_id(due + timedelta(seconds=seconds)) for seconds in (1, 2)]
    assert len({daily.item_id(due), *by_hand}) == 3


def test_a_day_has_one_item_also_where_the_clocks_skip_its_time_and_the_plan_is_moved_that_day() -> None:
    put_off = plan("Europe/Berlin", "02:30").item_id(datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    assert put_off == plan("Europe/Berlin", "09:00").item_id(datetime(2026, 3, 29, 7, tzinfo=UTC))


def test_a_span_of_days_has_its_first_and_its_last_one() -> None:
    daily = plan("Europe/Berlin", "02:30")
    (skipped,) = daily.put_off(date(2026, 3, 29), date(2026, 3, 29))
    assert (skipped.hour, skipped.minute) == (3, 30)
    assert list(daily.put_off(date(2026, 3, 30), date(2026, 4, 30))) == []
