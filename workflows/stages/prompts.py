"""The stage `prompts`: the words that each scene is bought by."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.write_prompts import Prompts
    from schema.content.idea import PromptBrief, PromptRequest
    from workflows.item_run import ItemRun, Round
    from workflows.policies import ask
    from workflows.retrying import until_budget_frees


async def write_prompts(run: ItemRun, made: Round) -> Round:
    """Take the idea and the reviewer's notes; yield one prompt a scene, in order."""
    plan, source = run.plan, run.plan.bought
    assert run.idea is not None, "the idea is written first"
    brief = PromptBrief(
        book=plan.book,
        format=plan.format.name,
        idea=run.idea,
        scenes=plan.scenes,
        max_chars=source.max_prompt_chars,
        styles=source.styles,
        round=made.number,
        notes=made.notes,
    )
    request = PromptRequest(
        item_id=plan.item_id, account_id=plan.account_id, on_behalf_of=made.on_behalf_of, brief=brief
    )
    policy = ask(f"{plan.scenes} prompts, round {made.number}", run.timeouts)
    storyboard = await until_budget_frees(
        lambda: workflow.start_activity_method(Prompts.write_prompts, request, **policy), run
    )
    if storyboard.remark:
        run.board.tell(storyboard.remark)
    return replace(made, prompts=storyboard.prompts)
