"""The stage `compose`: the takes of a round become one file."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.compose_cut import Composing
    from schema.items.cut import Cut, CutRequest
    from workflows.item_run import ItemRun, Round
    from workflows.policies import render
    from workflows.retrying import until_disk_frees


async def compose_cut(run: ItemRun, made: Round) -> Round:
    """Take the takes; yield the cut.

    Raises `Ended` as soon as the item is stopped: no money is at stake here.
    """
    plan, takes = run.plan, made.takes
    request = CutRequest(
        item_id=plan.item_id,
        round=made.number,
        takes=takes,
        plan=plan.cut,
        title=run.board.title,
        format=plan.format.name,
    )

    async def compose() -> Cut:
        composing = workflow.start_activity_method(
            Composing.compose_cut,
            request,
            **render(f"{len(takes)} clips, round {made.number}", run.timeouts),
        )
        await run.stop.done_or_on(composing)
        if not composing.done():
            composing.cancel()
        run.stop.raise_if_on()
        return await composing

    return replace(made, composed=await until_disk_frees(compose, run))
