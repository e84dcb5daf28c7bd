"""One round of an item: prompts, scenes, cut."""

import asyncio
from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.buying.purchases import order_of, orders_of, purchases_of
    from activities.compose_cut import Composing
    from activities.reserve_round import Reserving
    from activities.take_footage import Footage
    from activities.write_prompts import Prompts
    from schema.content.idea import Idea, PromptBrief, PromptRequest
    from schema.content.scene import ScenePrompt, SceneRequest, Take
    from schema.items.cut import Cut, CutRequest
    from schema.items.item import FootageRequest, ItemState, RoundRequest, Stage
    from schema.items.plan import BoughtClips, ItemPlan, OwnFootage
    from workflows.bearing import Bearing
    from workflows.endings import Ended
    from workflows.filming import film_scene
    from workflows.policies import ask, quick, render
    from workflows.room import until_budget_frees, until_disk_frees


async def make_round(item: ItemPlan, idea: Idea | None, notes: str, bearing: Bearing) -> Cut:
    """Return the cut of one round; without an idea of a person's own clips.

    A round after the first was paid for together with the decision to revise.
    Raises `ActivityError`, and `Ended` for a refusal by a cap, a stop, or a scene that could not be made.
    """
    source = item.source
    if isinstance(source, OwnFootage):
        bearing.enter(Stage.SCENES)
        takes = await _take_footage(item, source, bearing)
    else:
        assert idea is not None, "what is bought is written first"
        prompts = await _write_prompts(item, source, idea, notes, bearing)
        bearing.enter(Stage.SCENES)
        if bearing.round == 1:
            await _reserve_round(item, bearing)
        takes = await _film(item, source, idea, prompts, bearing)
    bearing.enter(Stage.COMPOSE)
    return await _compose(item, takes, bearing)


async def _write_prompts(
    item: ItemPlan, source: BoughtClips, idea: Idea, notes: str, bearing: Bearing
) -> tuple[ScenePrompt, ...]:
    bearing.enter(Stage.PROMPTS)
    brief = PromptBrief(
        book=item.book,
        format=item.format.name,
        idea=idea,
        scenes=item.scenes,
        max_chars=source.max_prompt_chars,
        styles=source.styles,
        round=bearing.round,
        notes=notes,
    )
    request = PromptRequest(item_id=item.item_id, account_id=item.account_id, brief=brief)
    policy = ask(f"{item.scenes} prompts, round {bearing.round}", bearing.patience)
    storyboard = await until_budget_frees(
        lambda: workflow.start_activity_method(Prompts.write_prompts, request, **policy), bearing
    )
    if storyboard.remark:
        bearing.tell(storyboard.remark)
    return storyboard.prompts


async def _reserve_round(item: ItemPlan, bearing: Bearing) -> None:
    """Reserve all scenes or none; wait a while where only other items' open reservations stand in the way."""
    request = RoundRequest(
        orders=orders_of(item, bearing.round),
        limits=item.limits,
    )
    until = workflow.now() + item.waits.headroom
    while True:
        reserving = workflow.start_activity_method(
            Reserving.reserve_round, request, **quick(f"{item.scenes} scenes", bearing.patience)
        )
        reserved = await bearing.unless_stopped(reserving)
        if not reserved.refusal:
            return
        if not reserved.refusal.passes or workflow.now() >= until:
            refusal = reserved.refusal
            raise Ended(ItemState.REFUSED_BY_CAP, f"{refusal.in_words()}; {refusal.remedy_for_a_new_item}")
        bearing.tell(f"waits for room: {reserved.refusal.in_words()}")
        await bearing.pause(timedelta(seconds=5))


async def _film(
    item: ItemPlan, source: BoughtClips, idea: Idea, prompts: tuple[ScenePrompt, ...], bearing: Bearing
) -> list[Take]:
    """Film all scenes at once. Each is seen to its end, so that nothing that was ordered stays unsettled.

    Where one of them ends for good without a clip, those that were not ordered yet are not ordered any more.
    """

    async def film(request: SceneRequest) -> Take | None:
        try:
            return await film_scene(request, bearing)
        except (ActivityError, Ended) as error:
            bearing.lose_round(error)
            return None

    requests = [scene_request(item, source, idea, prompt, bearing.round) for prompt in prompts]
    takes = await asyncio.gather(*(film(request) for request in requests))
    bearing.raise_if_stopped()
    bearing.raise_if_lost()
    return [take for take in takes if take]


def scene_request(
    item: ItemPlan, source: BoughtClips, idea: Idea, prompt: ScenePrompt, round_number: int
) -> SceneRequest:
    """Return what is bought for one prompt: its words, in the length and shape whose price was reserved."""
    choice = source.choice_for(prompt.style)
    purchase = purchases_of(item)[prompt.scene - 1]
    first, *others = [order_of(item, round_number, purchase, model) for model in choice.models]
    return SceneRequest(
        order=first,
        others=tuple(others),
        rule=choice.rule,
        limits=item.limits,
        prompt=source.shape.of(prompt),
        seed=item.seed + 1_000 * round_number + prompt.scene,
        look=f"{idea.title}|{idea.environment}",
        poll=item.waits.poll,
        deadline=item.waits.job,
        fresh=source.fresh,
    )


async def _take_footage(item: ItemPlan, source: OwnFootage, bearing: Bearing) -> list[Take]:
    requests = [
        FootageRequest(
            item_id=item.item_id,
            account_id=item.account_id,
            round=bearing.round,
            scene=scene,
            footage=footage,
        )
        for scene, footage in enumerate(source.clips, 1)
    ]

    def take(request: FootageRequest) -> workflow.ActivityHandle[Take]:
        policy = render(request.footage.original_name, bearing.patience)
        return workflow.start_activity_method(Footage.take_footage, request, **policy)

    return await asyncio.gather(*(until_disk_frees(partial(take, request), bearing) for request in requests))


async def _compose(item: ItemPlan, takes: list[Take], bearing: Bearing) -> Cut:
    request = CutRequest(
        item_id=item.item_id,
        round=bearing.round,
        takes=tuple(takes),
        plan=item.cut,
        title=bearing.title,
        format=item.format.name,
    )

    async def compose() -> Cut:
        composing = workflow.start_activity_method(
            Composing.compose_cut,
            request,
            **render(f"{len(takes)} clips, round {bearing.round}", bearing.patience),
        )
        await bearing.done_or_stopped(composing)
        if not composing.done():
            composing.cancel()
        bearing.raise_if_stopped()
        return await composing

    return await until_disk_frees(compose, bearing)
