"""The stage `scenes`: clips are bought, all at once, out of money that was reserved for all of them."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.buying.purchases import order_of, orders_of, purchases_of
    from activities.reserve_round import Reserving
    from schema.content.idea import Idea
    from schema.content.scene import ScenePrompt, SceneRequest, Take
    from schema.items.item import ItemState, RoundRequest
    from schema.items.plan import ItemPlan
    from workflows.endings import Ended, RoundFailed
    from workflows.item_run import ItemRun, Round
    from workflows.policies import quick
    from workflows.retrying import BUDGET_EVERY
    from workflows.stages.one_scene import film_scene


async def film_scenes(run: ItemRun, made: Round) -> Round:
    """Take the idea and the prompts; yield one take a prompt, in order.

    The decision to revise a cut has reserved the next round already; reserving it again finds that. Each scene is seen
    to its end, so that nothing that was ordered stays unsettled; once one of them has failed the round, no other is
    ordered any more.
    Raises `ActivityError`, `RoundFailed` for a refusal by a cap or a scene that could not be made, `Ended` for a stop.
    """
    idea = run.idea
    assert idea is not None, "the idea is written first"
    run.board.clear_scenes()
    run.stop.round_error = None
    await _reserve_round(run, made)

    async def film(request: SceneRequest) -> Take | None:
        try:
            return await film_scene(request, run)
        except (ActivityError, Ended) as error:
            run.stop.fail_round(error)
            return None

    requests = [scene_request(run.plan, idea, prompt, made) for prompt in made.prompts]
    takes = await asyncio.gather(*(film(request) for request in requests))
    run.stop.raise_if_on()
    run.stop.raise_if_round_failed()
    return replace(made, takes=tuple(take for take in takes if take))


def scene_request(plan: ItemPlan, idea: Idea, prompt: ScenePrompt, made: Round) -> SceneRequest:
    """Return what is bought for one prompt: its words, in the length and shape whose price was reserved."""
    source = plan.bought
    choice = source.choice_for(prompt.style)
    purchase = purchases_of(plan)[prompt.scene - 1]
    first, *others = [
        order_of(plan, made.number, purchase, model, made.on_behalf_of) for model in choice.models
    ]
    return SceneRequest(
        order=first,
        others=tuple(others),
        rule=choice.rule,
        limits=plan.limits,
        prompt=source.shape.of(prompt),
        seed=plan.seed + 1_000 * made.number + prompt.scene,
        look=f"{idea.title}|{idea.environment}",
        poll=plan.waits.poll,
        deadline=plan.waits.job,
        fresh=source.fresh,
    )


async def _reserve_round(run: ItemRun, made: Round) -> None:
    """Reserve all scenes or none; retry for a while if only other items' open reservations stand in the way."""
    plan = run.plan
    orders = orders_of(plan, made.number, made.on_behalf_of)
    request = RoundRequest(orders=orders, limits=plan.limits)
    until = workflow.now() + plan.waits.headroom
    while True:
        reserving = workflow.start_activity_method(
            Reserving.reserve_round, request, **quick(f"{plan.scenes} scenes", run.timeouts)
        )
        refusal = (await run.stop.answer_or_stop(reserving)).refusal
        if not refusal:
            return
        if not refusal.passes or workflow.now() >= until:
            raise RoundFailed(
                ItemState.REFUSED_BY_CAP, f"{refusal.in_words()}; {refusal.remedy_for_a_new_item}"
            )
        run.board.tell(f"waits for room: {refusal.in_words()}")
        await run.pause(BUDGET_EVERY)
