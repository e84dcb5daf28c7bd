"""Plan an item: name what a schedule asked for, by the account's own day."""

import base64
import hashlib
from zoneinfo import ZoneInfo

from temporalio import activity

from schema.item import ItemRequest, new_item_id
from schema.plan import PlanRequest


class Planning:
    """Planning; an activity because a workflow must not read the files of the time zones."""

    @activity.defn(name="plan_item")
    async def plan_item(self, request: PlanRequest) -> ItemRequest:
        """Return the item of one fire: always the same for the same account, format and nominal time."""
        plan, nominal = request.plan, request.nominal
        tail = hashlib.sha256(f"{plan.account_id} {plan.format} {nominal.isoformat()}".encode()).digest()
        item_id = new_item_id(
            plan.account_id,
            nominal.astimezone(ZoneInfo(plan.time_zone)).date(),
            base64.b32encode(tail).decode().lower()[:6],
        )
        return ItemRequest(
            item_id=item_id,
            account_id=plan.account_id,
            format=plan.format,
            topic=plan.topic,
            campaign_id=plan.campaign_id,
            planned=True,
        )
