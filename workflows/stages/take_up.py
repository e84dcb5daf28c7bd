"""The first round of an item that takes up an ended one: nothing is made, its cut is taken over."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.take_up import TakingUp
    from schema.items.cut import TakeUpRequest
    from schema.items.plan import TakenUp
    from schema.items.stage import Stage
    from workflows.item_run import ItemRun, Round
    from workflows.policies import fetch
    from workflows.retrying import until_disk_frees


async def take_up_cut(run: ItemRun, made: Round, taken_up: TakenUp) -> Round:
    """Take the ended item; yield its cut, and its idea for rounds to come."""
    request = TakeUpRequest(item_id=run.plan.item_id, taken_up=taken_up)
    policy = fetch(f"what was made for {taken_up.item_id}", run.timeouts)
    taken = await until_disk_frees(
        lambda: workflow.start_activity_method(TakingUp.take_up_cut, request, **policy), run
    )
    if taken.idea:
        run.take_idea(taken.idea)
        run.gone_through.add(Stage.IDEA)
    return replace(made, composed=taken.cut)
