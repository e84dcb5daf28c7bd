"""The stage `footage`: a person's own clips are checked and taken as scenes."""

import asyncio
from dataclasses import replace
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.take_footage import TakingFootage
    from schema.content.scene import Take
    from schema.items.item import FootageRequest
    from workflows.item_run import ItemRun, Round
    from workflows.policies import render
    from workflows.retrying import until_disk_frees


async def take_footage(run: ItemRun, made: Round) -> Round:
    """Take the plan's clips; yield one take a clip, in order. All are checked at once."""
    plan = run.plan
    requests = [
        FootageRequest(
            item_id=plan.item_id,
            account_id=plan.account_id,
            round=made.number,
            scene=scene,
            footage=footage,
        )
        for scene, footage in enumerate(plan.source.footage, 1)
    ]

    def take(request: FootageRequest) -> workflow.ActivityHandle[Take]:
        policy = render(request.footage.original_name, run.timeouts)
        return workflow.start_activity_method(TakingFootage.take_footage, request, **policy)

    takes = await asyncio.gather(*(until_disk_frees(partial(take, request), run) for request in requests))
    return replace(made, takes=tuple(takes))
