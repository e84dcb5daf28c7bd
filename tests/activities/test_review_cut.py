"""A review is opened with the places that its cut may be posted to, as they are at that moment."""

import pytest
from temporalio.testing import ActivityEnvironment

from activities.review_cut import Reviewing
from activities.reviews.arbiter import PostgresArbiter
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from schema.failure import Fault, Trouble
from schema.reviews.review import Review
from tests.activities.ledger.scenery import open_item, plan
from tests.activities.reviews.reviewing import request_for
from tests.fakes import MemoryPlatform


async def opened(database: Database, platform: MemoryPlatform, *names: str) -> Review:
    """Open the review of an item that goes to these platforms."""
    item = await open_item(database, plan())
    reviewing = Reviewing(PostgresArbiter(database), PostgresStore(database), {platform.name: platform})
    request = request_for(item).model_copy(update={"platforms": names, "places": ()})
    return await ActivityEnvironment().run(reviewing.open_review, request)


async def test_the_places_are_those_of_the_accounts_connected_when_the_review_was_opened(
    database: Database,
) -> None:
    platform = MemoryPlatform()
    platform.accounts["crafts"] = "17841400000000001"
    review = await opened(database, platform, "folder")
    assert review.places == ("folder/feed:17841400000000001",)
    platform.accounts["crafts"] = "17841400000000002"
    assert (await opened(database, platform, "folder")).places == review.places


async def test_a_platform_that_this_worker_cannot_post_to_opens_no_review(database: Database) -> None:
    with pytest.raises(Trouble, match="cannot post to 'tiktok'; it can to folder") as unknown:
        await opened(database, MemoryPlatform(), "tiktok")
    assert unknown.value.fault is Fault.BAD_INPUT
