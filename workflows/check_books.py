"""The nightly check: every vendor's books and prices beside ours. It tells, and mends nothing."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.check_books import Checking
    from activities.check_prices import Pricing
    from schema.books import BooksReport, BooksRequest, VendorRequest
    from schema.plan import Patience
    from workflows.policies import audit, quick


@workflow.defn(name="CheckBooks")
class CheckBooks:
    """Asks each vendor for what it charged and what it costs; one that does not answer keeps no other waiting."""

    @workflow.run
    async def run(self, request: BooksRequest) -> BooksReport:
        vendors = await workflow.execute_activity_method(
            Checking.vendors_to_check, request, **quick("who was paid", Patience())
        )
        asked = [VendorRequest(vendor=vendor, days=request.days) for vendor in vendors]
        checking = [
            workflow.execute_activity_method(
                Checking.check_vendor, one, **audit(f"what {one.vendor} charged", Patience())
            )
            for one in (asked if request.charges else ())
        ]
        pricing = [
            workflow.execute_activity_method(
                Pricing.check_prices, one, **audit(f"what {one.vendor} costs", Patience())
            )
            for one in (asked if request.prices else ())
        ]
        books = await asyncio.gather(*checking)
        prices = await asyncio.gather(*pricing)
        return BooksReport(books=tuple(books), prices=tuple(prices))
