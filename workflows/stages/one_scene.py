"""One scene, from its order to a clip in storage: submit, wait, fetch, check."""

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

with workflow.unsafe.imports_passed_through():
    from activities.await_scene import Awaiting
    from activities.check_take import Inspecting
    from activities.film_scene import Filming
    from schema.content.scene import FetchRequest, SceneJob, SceneRequest, Submission, Take, TakeRequest
    from schema.failure import Fault
    from schema.items.item import ItemState
    from workflows.endings import Ended, RoundFailed
    from workflows.item_run import ItemRun
    from workflows.policies import bring, decode, effect, fetch, last_reading, look, poll
    from workflows.retrying import until_budget_frees

FEWEST_ATTEMPTS = 2
"""A scene that failed and was not charged is ordered once more, or once from each who may make it."""
MOST_FETCHES = 8
"""Of a paid clip that came as something else, or is said to be gone."""
LONGEST_REST = timedelta(seconds=30)
"""Between two of them."""
LONGEST_LISTING = timedelta(hours=1)
"""After so long every vendor's listing shows an order, or proves that there was none."""
GRACE = timedelta(seconds=30)
"""For a paid clip that is on its way while the item is stopped."""


async def film_scene(request: SceneRequest, run: ItemRun) -> Take:
    """Return the clip of one scene.

    What was ordered is waited for until it is settled or released, even if the item is stopped.

    Raises `ActivityError`, and `Ended` where the item was stopped or the vendor made nothing.
    """
    scene = request.prompt.scene
    reason = ""
    for _ in range(max(FEWEST_ATTEMPTS, len(request.orders))):
        run.stop.raise_if_on()
        run.board.note_scene(scene, "waits")
        submission = await _order(request, run)
        if submission.kept:
            run.board.note_scene(scene, "kept")
            return submission.kept
        run.board.note_scene(scene, "ordered")
        job = await _wait(request, submission, run)
        run.board.note_charge(job.charged_microusd)
        if job.made:
            run.board.note_scene(scene, "made")
            take = await _fetch(
                FetchRequest(submission=submission, charged_microusd=job.charged_microusd), run
            )
            run.board.note_scene(scene, "fetched")
            return take
        run.board.note_scene(scene, "failed")
        reason = job.reason
        if job.charged_microusd:
            break
        request = request.after_failure_of(submission.vendor, submission.model)
    raise RoundFailed(ItemState.FAILED, f"scene {scene} could not be made: {reason}")


async def _order(request: SceneRequest, run: ItemRun) -> Submission:
    """Order the scene. Where the item is stopped before that is known to have succeeded, look what became of it."""
    try:
        return await until_budget_frees(lambda: _submit(request, run), run, one_of_many=True)
    except Ended:
        scene = request.prompt.scene
        run.board.note_scene(scene, "looked for")
        longest = max(request.deadline, LONGEST_LISTING)
        policy = look(f"scene {scene}: was it ordered?", run.timeouts, deadline=longest)
        with contextlib.suppress(ActivityError):  # then a person is asked, by `unknowns`
            if found := await workflow.execute_activity_method(Filming.look_for_scene, request, **policy):
                return found
        raise


def _submit(request: SceneRequest, run: ItemRun) -> workflow.ActivityHandle[Submission]:
    summary = f"scene {request.prompt.scene}: {request.prompt.video}"
    policy = effect(summary, run.timeouts, sends=len(request.orders))
    return workflow.start_activity_method(Filming.submit_scene, request, **policy)


async def _wait(request: SceneRequest, submission: Submission, run: ItemRun) -> SceneJob:
    """Return how the job ended; ask the vendor to drop it where the item is stopped meanwhile.

    The deadline also runs while no worker is there, and what was read before it may have failed for another reason:
    so the job is read once more before it is given up.
    """
    summary = f"scene {submission.scene} at {submission.vendor}"
    waiting = workflow.start_activity_method(
        Awaiting.wait_for_scene,
        submission,
        **poll(summary, run.timeouts, every=request.poll, deadline=request.deadline),
    )
    try:
        return await _read(waiting, submission, run)
    except ActivityError as error:
        if error.retry_state is not RetryState.TIMEOUT:
            raise
    run.board.tell(f"the time of scene {submission.scene} is up: its job is read once more")
    again = workflow.start_activity_method(
        Awaiting.wait_for_scene,
        submission,
        **last_reading(summary, run.timeouts, every=request.poll),
    )
    return await _read(again, submission, run)


async def _read(reading: workflow.ActivityHandle[SceneJob], submission: Submission, run: ItemRun) -> SceneJob:
    await run.stop.done_or_on(reading)
    if not reading.done():
        with contextlib.suppress(ActivityError):  # a courtesy: the job is waited for in any case
            await workflow.execute_activity_method(
                Awaiting.cancel_scene,
                submission,
                **fetch(f"scene {submission.scene}: no longer wanted", run.timeouts),
            )
    return await reading


async def _bring_and_check(request: FetchRequest, run: ItemRun) -> Take:
    """Fetch a paid clip once, and have it decoded where processors are free for it."""
    scene = request.submission.scene
    fetching = workflow.start_activity_method(
        Awaiting.fetch_scene, request, **bring(f"scene {scene}", run.timeouts)
    )
    clip = await run.stop.answer_or_stop(fetching, grace=GRACE)
    fetched = TakeRequest(submission=request.submission, charged_microusd=request.charged_microusd, clip=clip)
    checking = workflow.start_activity_method(
        Inspecting.check_take, fetched, **decode(f"scene {scene}", run.timeouts)
    )
    return await run.stop.answer_or_stop(checking, grace=GRACE)


async def _fetch(request: FetchRequest, run: ItemRun) -> Take:
    """Fetch a paid clip: retry what passes by itself, and a few times a clip that is at fault."""
    scene = request.submission.scene
    rest = timedelta(seconds=1)
    for left in reversed(range(MOST_FETCHES)):
        try:
            return await _bring_and_check(request, run)
        except ActivityError as error:
            at_fault = isinstance(error.cause, ApplicationError) and error.cause.type == Fault.BAD_MEDIA
            if not left or not at_fault:
                raise
            run.board.tell(f"scene {scene} is fetched again: {error.cause}")
        await run.pause(rest)
        rest = min(rest * 2, LONGEST_REST)
    raise AssertionError("the last fetch returns or raises")
