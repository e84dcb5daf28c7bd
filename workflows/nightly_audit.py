"""The nightly check: every vendor's books and prices beside ours. It tells, and mends nothing."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.audit_bills import AuditingBills
    from activities.audit_prices import Pricing
    from schema.items.plan import ActivityTimeouts
    from schema.vendors.audit import AuditReport, AuditRequest, VendorRequest
    from workflows.policies import audit, quick


@workflow.defn(name="NightlyAudit")
class NightlyAudit:
    """Asks each vendor for what it charged and what it costs; one that does not answer keeps no other waiting."""

    @workflow.run
    async def run(self, request: AuditRequest) -> AuditReport:
        vendors = await workflow.execute_activity_method(
            AuditingBills.vendors_to_check, request, **quick("who was paid", ActivityTimeouts())
        )
        asked = [VendorRequest(vendor=vendor, days=request.days) for vendor in vendors]
        checking = [
            workflow.execute_activity_method(
                AuditingBills.check_vendor, one, **audit(f"what {one.vendor} charged", ActivityTimeouts())
            )
            for one in (asked if request.charges else ())
        ]
        pricing = [
            workflow.execute_activity_method(
                Pricing.audit_prices, one, **audit(f"what {one.vendor} costs", ActivityTimeouts())
            )
            for one in (asked if request.prices else ())
        ]
        books = await asyncio.gather(*checking)
        prices = await asyncio.gather(*pricing)
        return AuditReport(books=tuple(books), prices=tuple(prices))
