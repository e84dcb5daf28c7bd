"""Callbacks of vendors find lost answers at once, and never buy or settle."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.ledger.parked_operations import parked_operations
from activities.ledger.port import NotResolvedYet
from activities.store.database import Database
from activities.studios import signatures
from schema.failure import Fault
from schema.purchases.operation import OperationState
from schema.vendors.callback_address import Called as HintOutcome
from tests.activities.studios.contract.buying import PRICE, fault_of
from tests.signals.doors.calling import FAKES, NEVER, Called, called_by


@pytest.fixture(params=sorted(FAKES))
async def called(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> AsyncIterator[Called]:
    async with called_by(request.param, database, tmp_path) as made:
        yield made


async def test_a_lost_answer_is_found_by_its_callback_and_bought_once(called: Called) -> None:
    request = await called.lost("aaaaaa")
    assert await called.answers() == [200]
    submission = await called.buyer.submit(request)
    assert called.vendor.count("submitted", submission.operation_id) == called.vendor.submissions() == 1
    assert await called.buyer.budget() == (PRICE, 0)  # a callback settles nothing: the job is read
    assert (await called.buyer.wait(submission)).made
    assert await called.buyer.budget() == (0, called.vendor.charged_microusd()) == (0, PRICE)


async def test_without_a_callback_nothing_is_concluded_before_the_listing_can_be_believed(
    called: Called,
) -> None:
    done = await called.lost("aaaaaa", kind="silent")
    undone = await called.lost("bbbbbb", acts=False)
    for request in (done, undone):
        with pytest.raises(NotResolvedYet):
            await called.buyer.submit(request)
        assert await called.state(request) is OperationState.UNKNOWN
    assert called.vendor.submissions() == 1
    assert await called.rows() == []


@pytest.mark.parametrize(
    "lie",
    [
        {"kind": "wrong key"},
        {"kind": "cut"},
        {"kind": "old", "seconds": 310},
        {"kind": "early", "seconds": 310},
    ],
    ids=lambda lie: lie["kind"],
)
async def test_what_the_vendor_did_not_sign_just_now_is_not_stored(
    called: Called, lie: dict[str, Any]
) -> None:
    request = await called.lost("aaaaaa", **lie)
    assert set(await called.answers(3)) == {401}
    assert await called.rows() == []
    with pytest.raises(NotResolvedYet):
        await called.buyer.submit(request)
    assert called.vendor.submissions() == 1


async def test_twice_and_late_change_nothing(called: Called) -> None:
    called.process.lie({"call": "webhook", "kind": "twice"})
    request = await called.buyer.open("aaaaaa")
    submission = await called.buyer.submit(request)
    assert (await called.buyer.wait(submission)).made
    before = await called.buyer.operations(request)
    assert await called.answers(2) == [200, 200]
    assert [row["says"] for row in await called.rows()] in (["OK"], ["succeeded"])
    assert await called.buyer.operations(request) == before
    assert (await called.buyer.submit(request)).handle == submission.handle
    assert called.vendor.submissions() == 1


async def test_a_callback_may_come_before_the_answer(called: Called) -> None:
    request = await called.buyer.open("aaaaaa")
    called.process.lie({"call": "submit", "kind": "late", "seconds": 1, "acts": True})
    submitting = asyncio.create_task(called.buyer.submit(request))
    assert await called.answers() == [200]
    assert await called.state(request) is OperationState.SENDING
    with pytest.raises(NotResolvedYet, match="in another process's hands"):  # it is not looked into meanwhile
        await ActivityEnvironment().run(called.buyer.filming.submit_scene, request)
    submission = await submitting
    assert called.vendor.count("submitted", submission.operation_id) == called.vendor.submissions() == 1
    assert await called.state(request) is OperationState.ACCEPTED


@pytest.mark.parametrize("known", [True, False], ids=["the other has its handle", "the other's is lost too"])
async def test_a_callback_at_another_operations_address_is_not_taken_for_its_own(
    called: Called, known: bool
) -> None:
    mine = await called.lost("bbbbbb", acts=False)
    address = called.callbacks.address(called.vendor.studio.name, f"{mine.orders[0].slot}/1")
    lie = {"call": "webhook", "kind": "elsewhere", "location": address}
    if known:
        called.process.lie(lie)
        await called.buyer.submit(await called.buyer.open("aaaaaa"))
    else:
        if called.vendor.studio.name == "fal":
            called.process.set(lag_seconds=0)
        await called.lost("aaaaaa", kind="elsewhere", location=address)
    assert await called.answers() == [200]
    with pytest.raises(NotResolvedYet):
        await called.buyer.submit(mine)
    assert await called.state(mine) is OperationState.UNKNOWN
    assert called.vendor.submissions() == 1


@pytest.mark.parametrize("status", [404, 403])
async def test_a_strangers_job_that_was_named_at_our_address_is_not_taken_for_ours(
    called: Called, status: int
) -> None:
    """The vendor has signed it rightly, for another of its customers, who has learned the address."""
    mine = await called.lost("aaaaaa", acts=False)
    operation = (await called.buyer.operations(mine))[0]
    told = HintOutcome(job_id="00000000-0000-4000-8000-00000000beef", says="OK")
    await called.callbacks.keep(operation.vendor, operation.operation_id, told)
    denied = {"call": "status", "kind": "error", "status": status, "body": {"detail": "no such request"}}
    called.process.lie({**denied, "times": 99})
    for _ in range(2):
        with pytest.raises(NotResolvedYet):
            await called.buyer.submit(mine)
    assert await called.state(mine) is OperationState.UNKNOWN
    assert called.vendor.submissions() == 0


async def test_a_job_that_cannot_be_read_just_now_is_taken_for_ours_only_when_it_can(called: Called) -> None:
    mine = await called.lost("aaaaaa")
    await called.answers()
    called.process.lie({"call": "status", "kind": "html", "status": 502})
    with pytest.raises(NotResolvedYet, match="cannot be looked up"):
        await called.buyer.submit(mine)
    assert (await called.buyer.submit_until_known(mine)).handle
    assert called.vendor.submissions() == 1


async def test_two_jobs_of_one_operation_are_no_answer(called: Called) -> None:
    request = await called.lost("aaaaaa")
    operation = (await called.buyer.operations(request))[0]
    await called.answers()
    other = (await called.rows())[0]["job_id"][:-4] + "beef"
    seen = (await called.rows())[0]
    for job_id in (other, seen["job_id"]):
        await called.callbacks.keep(
            seen["vendor"], operation.operation_id, HintOutcome(job_id=job_id, says="OK")
        )
    assert await called.callbacks.job_of(seen["vendor"], operation.operation_id) is None
    with pytest.raises(NotResolvedYet):
        await called.buyer.submit(request)


async def test_a_failed_job_that_calls_back_is_read_before_its_money_moves(called: Called) -> None:
    ending = (
        {"status": "failed", "error": "no"} if called.vendor.studio.name == "replicate" else {"detail": "no"}
    )
    request = await called.buyer.open("aaaaaa")
    called.process.lie(
        {"call": "submit", "kind": "silent", "acts": True},
        {"call": "job", "kind": "body", "status": 422, "body": ending},
    )
    with pytest.raises(NotResolvedYet):
        await called.buyer.submit(request)
    await called.answers()
    assert (await called.rows())[0]["says"] in ("ERROR", "failed")
    job = await called.buyer.wait(await called.buyer.submit(request))
    assert (job.made, job.charged_microusd) == (False, PRICE)
    assert await called.buyer.budget() == (0, called.vendor.charged_microusd()) == (0, PRICE)


@pytest.mark.parametrize("calls_back", [True, False], ids=["calls back", "stays silent"])
async def test_a_model_without_a_mark_waits_for_its_callback_before_a_person_is_asked(
    database: Database, tmp_path: Path, calls_back: bool
) -> None:
    within = NEVER if calls_back else timedelta(seconds=0.5)
    async with called_by("fal", database, tmp_path, within) as called:
        called.process.set(work_seconds=0.5)
        request = await called.buyer.open("aaaaaa", model="kling-2.5")
        sharp = request.prompt.model_copy(update={"resolution": "1080p"})
        request = request.model_copy(update={"prompt": sharp})
        silence = [] if calls_back else [{"call": "webhook", "kind": "silent"}]
        called.process.lie({"call": "submit", "kind": "reset", "acts": True}, *silence)
        for _ in range(2):
            with pytest.raises(NotResolvedYet):
                await called.buyer.submit(request)
        if calls_back:
            assert await called.answers() == [200]
            assert (await called.buyer.wait(await called.buyer.submit(request))).made
        else:
            trouble = await fault_of(called.buyer.submit_until_known(request))
            assert trouble.fault is Fault.PARKED
            operation = (await called.buyer.operations(request))[0]
            await called.callbacks.keep(
                "fal", operation.operation_id, HintOutcome(job_id="late-1", says="OK")
            )
            async with database.transaction() as connection:
                (question,) = await parked_operations(connection)
            assert (question.operation, question.told) == (operation, ("late-1 (OK)",))
        assert called.vendor.submissions() == 1


async def test_new_keys_are_read_when_none_of_the_old_ones_fits(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "ASK_AGAIN", timedelta())
    async with called_by("fal", database, tmp_path) as called:
        await called.lost("aaaaaa")
        await called.answers()
        called.process.kill()
        called.process.start()  # with another key
        called.process.set(lag_seconds=NEVER.total_seconds())
        request = await called.lost("bbbbbb")
        assert await called.answers(2) == [200, 200]
        assert (await called.buyer.submit(request)).handle
        assert called.vendor.submissions() == 2


async def test_while_the_keys_cannot_be_read_the_vendor_is_asked_to_tell_it_again(
    database: Database, tmp_path: Path
) -> None:
    async with called_by("fal", database, tmp_path) as called:
        request = await called.buyer.open("aaaaaa")
        called.process.lie(
            {"call": "submit", "kind": "reset", "acts": True},
            {"call": "keys", "kind": "html", "status": 502},
        )
        with pytest.raises(NotResolvedYet):
            await called.buyer.submit(request)
        assert await called.answers(2) == [503, 200]
        assert (await called.buyer.submit(request)).handle
