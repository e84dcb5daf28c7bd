"""Seeded bugs of vendors, media, texts and storage."""

from tests.mutants.mutant import Mutant

LIES = "tests/activities/studios/contract/test_lies.py"
WRITERS = "tests/activities/writers/test_paid_writers.py"
OUTBOUND = "tests/activities/outbound/test_outbound.py"
MESSENGER = "tests/activities/messengers/test_messenger_contract.py"
RELAY = "tests/activities/messengers/test_delivery.py"
BOOKS = "tests/activities/studios/contract/test_bills.py"
FAL = "tests/activities/studios/test_fal_endings.py"
ON_SHOW = "tests/activities/reviews/test_on_show.py"

MUTANTS = (
    Mutant(
        "takes a server error for proof that nothing happened",
        "activities/outbound/refusals.py",
        "    if answer.status in _FOR_GOOD and answer.is_document():",
        "    if answer.status >= 500:\n"
        '        return NoEffect("the server failed", repeatable=True)\n'
        "    if answer.status in _FOR_GOOD and answer.is_document():",
        (LIES,),
    ),
    Mutant(
        "takes any page with a refusal's status for the vendor's own word",
        "activities/outbound/refusals.py",
        "    if answer.status in _FOR_GOOD and answer.is_document():",
        "    if answer.status in _FOR_GOOD:",
        (LIES,),
    ),
    Mutant(
        "lets a vendor's own client ask again",
        "activities/writers/claude.py",
        "            max_retries=0,",
        "            max_retries=2,",
        (WRITERS,),
    ),
    Mutant(
        "makes ids of purchases at the time of sending",
        "activities/buying/writing.py",
        '            slot=f"{item.item_id}/{purchase.round}/{purchase.task.name}/{number}",',
        '            slot=f"{item.item_id}/{purchase.round}/{purchase.task.name}/{number}-'
        '{asyncio.get_running_loop().time()}",',
        (WRITERS,),
    ),
    Mutant(
        "takes the newest job for its own",
        "activities/studios/request_mapping.py",
        "        if str(listed.get(self.mark)) != str(self.asked[self.mark]):\n",
        "        if not listed:\n",
        ("tests/activities/studios/contract/test_studio_contract.py",),
    ),
    Mutant(
        "takes a job with our mark for another's where it is not quite what was asked",
        "activities/studios/request_mapping.py",
        "        return Likeness.OURS if same else Likeness.DOUBTFUL",
        "        return Likeness.OURS if same else Likeness.FOREIGN",
        (LIES,),
    ),
    Mutant(
        "takes the first of two jobs under one marker",
        "activities/studios/vendor_base.py",
        "handle=only[0] if len(only) == 1 and not doubtful else None,",
        "handle=only[0] if only else None,",
        ("tests/activities/studios/contract/test_studio_contract.py",),
    ),
    Mutant(
        "names another file final.mp4 than the one that was approved",
        "activities/close_item.py",
        "            if sha256 != video.sha256:\n",
        "            if not sha256:\n",
        ("tests/activities/test_close_item.py",),
    ),
    Mutant(
        "fetches a clip again whose row was not stored",
        "activities/check_take.py",
        "            return self._storage.local(key), True\n",
        "            raise\n",
        ("tests/activities/test_check_take.py",),
    ),
    Mutant(
        "opens a file whose address has ended",
        "activities/storage/signing.py",
        "    if now.timestamp() >= int(digits):\n",
        "    if now.timestamp() >= int(digits) * 2:\n",
        ("tests/activities/storage/test_signing.py",),
    ),
    Mutant(
        "follows a redirect with an order in its hands",
        "activities/outbound/origins.py",
        "        if _key_of(url) not in self._origins or url.userinfo:",
        "        if url.userinfo:",
        (OUTBOUND,),
    ),
    Mutant(
        "counts a lost answer of a writer as free",
        "activities/buying/writing_records.py",
        "            charged, line = operation.reserved_microusd, ",
        "            charged, line = 0, ",
        (WRITERS,),
    ),
    Mutant(
        "writes a message down as delivered before it is",
        "activities/messengers/delivery.py",
        "                external_id = await self._messenger.tell(message)\n",
        "                async with self._database.statements() as connection:\n"
        '                    await outbox.mark_delivered(connection, message.message_id, "early")\n'
        "                external_id = await self._messenger.tell(message)\n",
        (RELAY,),
    ),
    Mutant(
        "shows a message again that was delivered before",
        "activities/messengers/journal.py",
        "                if told.startswith(beginning):\n",
        "                if not told:\n",
        (MESSENGER,),
    ),
    Mutant(
        "looks only for what is settled here",
        "activities/audit_bills.py",
        '        return "" if listed_microusd == 0 else "not_settled"',
        '        return ""',
        (BOOKS,),
    ),
    Mutant(
        "looks only for what vendors list",
        "activities/audit_bills.py",
        '            differences.append(_difference("not_listed", vendor, book, record, charges, 0))',
        "            continue",
        (BOOKS,),
    ),
    Mutant(
        "takes a bill without its list for an empty one",
        "activities/studios/fal_bills.py",
        "            for row in page.rows(field):",
        "            for row in page.document().get(field) or []:",
        (BOOKS,),
    ),
    Mutant(
        "calls a price equal that cannot be compared",
        "activities/audit_prices.py",
        "    return prices[0] if len(set(prices)) == 1 else None",
        "    return prices[0]",
        ("tests/activities/studios/test_listed_prices.py",),
    ),
    Mutant(
        "gives the key to whoever an answer names",
        "activities/outbound/client.py",
        '        headers = {"Content-Type": content_type}\n',
        '        headers = {**self._headers, "Content-Type": content_type}\n',
        ("tests/activities/studios/contract/test_start_images.py",),
    ),
    Mutant(
        "believes a server error in place of a result, whatever the job's status says",
        "activities/studios/fal_faults.py",
        "        return failed and (not named or named in SERVER_FAULTS or named in types_in(result))",
        "        return bool(types_in(result))",
        (FAL,),
    ),
    Mutant(
        "tells a story of its decision for as long as the item lives",
        "activities/store/postgres_store.py",
        "                update item set state = 'running'\n",
        "                update item set state = state\n",
        (ON_SHOW,),
    ),
    Mutant(
        "posts a file that was changed after its approval",
        "activities/publish_video.py",
        "        if digest != approved.sha256:\n",
        "        if False:\n",
        ("tests/activities/test_publish_video.py",),
    ),
    Mutant(
        "posts to whatever account is connected by now",
        "activities/publish_video.py",
        "        if place != self._request.place:\n",
        "        if False:\n",
        ("tests/activities/test_one_post.py",),
    ),
    Mutant(
        "commits again on a platform that may make a second post of it",
        "activities/publish_video.py",
        "        may_continue = self._platform.continues and",
        "        may_continue =",
        ("tests/activities/test_one_post.py",),
    ),
    Mutant(
        "writes a later round by the instructions of today",
        "activities/write_prompts.py",
        "prompts_task(brief, await self._store.instructions(request.item_id))",
        "prompts_task(brief)",
        ("tests/workflows/test_frozen_instructions.py",),
    ),
    Mutant(
        "lets an item that takes up another one live by the instructions of today",
        "activities/open_item.py",
        "return plan, await self._store.instructions(taken.item_id)",
        "return plan, instructions_of(makeable_format(plan.format.name)[0])",
        ("tests/workflows/test_frozen_instructions.py",),
    ),
    Mutant(
        "copies a clip that is to fill a part of the picture only",
        "activities/media/timeline.py",
        "len(shot.layers) == 1 and shot.layers[0].box == whole",
        "len(shot.layers) == 1",
        ("tests/activities/media/test_recipes.py",),
    ),
    Mutant(
        "lays one clip over another by clocks that differ",
        "activities/media/graph.py",
        '.filter("settb", f"{rate.denominator}/{rate.numerator}").filter("setpts", "N")',
        '.filter("null")',
        ("tests/activities/media/test_recipes.py",),
    ),
    Mutant(
        "tries again what only a developer can mend",
        "activities/runtime/fault_mapping.py",
        "        type=Fault.BUG,\n        non_retryable=True,\n",
        "        type=Fault.BUG,\n        non_retryable=False,\n",
        ("tests/activities/runtime/test_fault_mapping.py",),
    ),
)
