"""An account's time zone means the same hours to Python, which names days, and to PostgreSQL, which keeps budgets."""

import pytest

from activities.store.database import Database
from schema.failure import Trouble
from starter.accounts.time_zone import check_zone


@pytest.mark.parametrize(
    "name",
    [
        "UTC",
        "Europe/Berlin",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "EST",
    ],
)
async def test_a_zone_on_which_both_agree_is_taken(database: Database, name: str) -> None:
    async with database.transaction() as connection:
        await check_zone(connection, name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("localtime", "knows no time zone"),
        ("CET", "means other hours to the database"),
        ("EET", "means other hours to the database"),
    ],
)
async def test_a_zone_on_which_they_differ_is_refused(database: Database, name: str, said: str) -> None:
    async with database.transaction() as connection:
        with pytest.raises(Trouble, match=said):
            await check_zone(connection, name)
        cursor = await connection.execute("select 1 as alive")
        assert (await cursor.fetchone()) == {"alive": 1}
