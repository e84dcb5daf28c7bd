"""Which coroutine goes through which stage, and a round made stage by stage, as the plan lists them."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.items.stage import Stage, row_of
    from workflows.item_run import ItemRun, Round
    from workflows.stages.compose import compose_cut
    from workflows.stages.footage import take_footage
    from workflows.stages.idea import write_idea
    from workflows.stages.prompts import write_prompts
    from workflows.stages.scenes import film_scenes

MAKERS: dict[str, Callable[[ItemRun, Round], Awaitable[Round]]] = {
    Stage.IDEA: write_idea,
    Stage.PROMPTS: write_prompts,
    Stage.FOOTAGE: take_footage,
    Stage.SCENES: film_scenes,
    Stage.COMPOSE: compose_cut,
}
"""The stages that lead to a cut. Each takes what the round has, and returns it with its own part filled in."""


async def make_round(run: ItemRun, made: Round) -> Round:
    """Return a round with its cut: go through the plan's stages in order.

    A stage that does not belong to each round is gone through once an item.

    Raises `ActivityError` and `Ended`, as its stages do.
    """
    for stage in run.plan.stages:
        if row_of(stage).each_round or stage not in run.gone_through:
            run.enter(stage)
            made = await MAKERS[stage](run, made)
            run.gone_through.add(stage)
    return made
