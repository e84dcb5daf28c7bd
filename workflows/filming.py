"""One scene, from its order to a clip in storage: submit, wait, fetch."""

import contextlib

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.film_scene import Filming
    from schema.item import ItemState
    from schema.scene import FetchRequest, SceneRequest, Submission, Take
    from workflows.bearing import Bearing
    from workflows.endings import Ended
    from workflows.policies import effect, fetch, poll
    from workflows.room import with_room

FEWEST_ATTEMPTS = 2
"""A scene that failed and was not charged is ordered once more, or once from each who may make it."""


async def film_scene(request: SceneRequest, bearing: Bearing) -> Take:
    """Return the clip of one scene. What was ordered is waited for until it is settled or released, even if stopped.

    Raises `ActivityError`, and `Ended` where the item was stopped or the vendor made nothing.
    """
    scene = request.prompt.scene
    reason = ""
    for _ in range(max(FEWEST_ATTEMPTS, len(request.orders))):
        bearing.raise_if_stopped()
        bearing.note_scene(scene, "waits")
        submission = await with_room(lambda: _submit(request, bearing), bearing)  # noqa: B023 - called at once
        if submission.kept:
            bearing.note_scene(scene, "kept")
            return submission.kept
        bearing.note_scene(scene, "ordered")
        waiting = workflow.start_activity_method(
            Filming.wait_for_scene,
            submission,
            **poll(
                f"scene {scene} at {submission.vendor}",
                bearing.patience,
                every=request.poll,
                deadline=request.deadline,
            ),
        )
        await bearing.done_or_stopped(waiting)
        if not waiting.done():
            with contextlib.suppress(ActivityError):  # a courtesy: the job is waited for in any case
                await workflow.execute_activity_method(
                    Filming.cancel_scene,
                    submission,
                    **fetch(f"scene {scene}: no longer wanted", bearing.patience),
                )
        job = await waiting
        bearing.note_charge(job.charged_microusd)
        if job.made:
            bearing.note_scene(scene, "made")
            take = await workflow.execute_activity_method(
                Filming.fetch_scene,
                FetchRequest(submission=submission, charged_microusd=job.charged_microusd),
                **fetch(f"scene {scene}", bearing.patience),
            )
            bearing.note_scene(scene, "fetched")
            return take
        bearing.note_scene(scene, "failed")
        reason = job.reason
        if job.charged_microusd:
            break
        request = request.after_failure_of(submission.vendor, submission.model)
    raise Ended(ItemState.FAILED, f"scene {scene} could not be made: {reason}")


def _submit(request: SceneRequest, bearing: Bearing) -> workflow.ActivityHandle[Submission]:
    summary = f"scene {request.prompt.scene}: {request.prompt.video}"
    policy = effect(summary, bearing.patience, sends=len(request.orders))
    return workflow.start_activity_method(Filming.submit_scene, request, **policy)
