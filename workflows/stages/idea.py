"""The stage `idea`: what the video is about."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.write_idea import Ideas
    from schema.content.idea import IdeaBrief, IdeaRequest
    from workflows.item_run import ItemRun, Round
    from workflows.policies import ask
    from workflows.retrying import until_budget_frees


async def write_idea(run: ItemRun, made: Round) -> Round:
    """Take the plan's topic and voice; yield the idea of the item, which is the same in all rounds."""
    plan = run.plan
    brief = IdeaBrief(
        book=plan.book,
        format=plan.format.name,
        account_voice=plan.account_voice,
        topic=plan.topic,
        scenes=plan.scenes,
        seed=plan.seed,
        seed_given=plan.seed_given,
        made_before=plan.made_before,
    )
    request = IdeaRequest(
        item_id=plan.item_id, round=made.number, on_behalf_of=made.on_behalf_of, brief=brief
    )
    policy = ask(plan.topic or "the writer chooses the topic", run.timeouts)
    idea = await until_budget_frees(
        lambda: workflow.start_activity_method(Ideas.write_idea, request, **policy), run
    )
    run.take_idea(idea)
    return made
