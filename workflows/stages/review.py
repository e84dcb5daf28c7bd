"""The stage `review`: a cut and its caption are put before a person."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.buying.purchases import most_of_a_round_microusd
    from schema.items.stage import Stage
    from schema.reviews.review import ReviewRequest, Verdict
    from schema.reviews.subject import video_subject
    from workflows.item_run import ItemRun, Round
    from workflows.stages.gate import ask_person


async def review_cut(run: ItemRun, made: Round) -> Verdict:
    """Take a round's cut; yield what a person decided, or that the deadline passed."""
    run.enter(Stage.REVIEW)
    plan, caption = run.plan, run.caption
    request = ReviewRequest(
        item_id=plan.item_id,
        account_id=plan.account_id,
        round=made.number,
        subject=video_subject(made.cut.master.key, made.cut.master.sha256, caption),
        poster_key=made.cut.thumbnail_key,
        round_price_microusd=most_of_a_round_microusd(plan),
        waits=plan.review.waits,
        platforms=plan.platforms,
    )
    missing = f"there is no caption yet; `reelwright caption {plan.item_id} TEXT` writes one"
    return await ask_person(run, request, "" if caption else missing)
