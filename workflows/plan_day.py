"""A schedule's planner: starts the account's item of the day, and lets it go."""

import base64
import hashlib
from zoneinfo import ZoneInfo

from temporalio import workflow
from temporalio.common import SearchAttributeKey, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from schema import queues
    from schema.item import ItemRequest, new_item_id
    from schema.plan import DailyPlan, Planned
    from signals.names import workflow_id
    from workflows.attributes import at_start
    from workflows.content_item import ContentItem

_NOMINAL = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name="PlanDay")
class PlanDay:
    """Starts one item as an abandoned child, so that its long review does not make the schedule skip tomorrow."""

    @workflow.run
    async def run(self, plan: DailyPlan) -> Planned:
        nominal = workflow.info().typed_search_attributes.get(_NOMINAL, workflow.info().start_time)
        tail = hashlib.sha256(f"{plan.account_id} {plan.format} {nominal.isoformat()}".encode()).digest()
        item_id = new_item_id(
            plan.account_id,
            nominal.astimezone(ZoneInfo(plan.time_zone)).date(),
            base64.b32encode(tail).decode().lower()[:6],
        )
        try:
            await workflow.start_child_workflow(
                ContentItem.run,
                ItemRequest(
                    item_id=item_id, account_id=plan.account_id, format=plan.format, topic=plan.topic
                ),
                id=workflow_id(item_id),
                task_queue=queues.CONTROL,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=at_start(plan.account_id, plan.format),
                static_summary=f"{plan.format} for {plan.account_id}",
            )
        except WorkflowAlreadyStartedError:
            return Planned(item_id=item_id, started=False)
        return Planned(item_id=item_id, started=True)
