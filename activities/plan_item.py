"""Plan an item: name what a schedule asked for, by the account's own day."""

from temporalio import activity

from schema.items.daily_plan import PlanRequest
from schema.items.item import ItemRequest


class Planning:
    """Planning; an activity because a workflow must not read the files of the time zones."""

    @activity.defn(name="plan_item")
    async def plan_item(self, request: PlanRequest) -> ItemRequest:
        """Return the item of one fire: always the same for the same account, format and day."""
        plan = request.plan
        return ItemRequest(
            item_id=plan.item_id(request.nominal),
            account_id=plan.account_id,
            format=plan.format,
            topic=plan.topic,
            campaign_id=plan.campaign_id,
            planned=True,
        )
