"""The seeded bugs: what such systems get wrong, each as one small change of our code (reliability.md 8.5)."""

from tests.mutants.mutant import Mutant

PROTOCOL = "tests/activities/ledger/test_protocol.py"
RESTORED = "tests/activities/ledger/test_restored.py"
TAKEOVER = "tests/activities/ledger/test_takeover.py"
LAWS = "tests/activities/ledger/test_laws.py"
LIES = "tests/activities/studios/contract/test_lies.py"
WRITERS = "tests/activities/writers/test_paid_writers.py"
OUTBOUND = "tests/activities/outbound/test_outbound.py"
ALERTS = "tests/activities/ledger/test_alerts.py"
MESSENGER = "tests/activities/messengers/test_messenger_contract.py"
RELAY = "tests/activities/messengers/test_relay.py"
BOOKS = "tests/activities/studios/contract/test_books.py"
ROUTING = "tests/workflows/test_routing.py"
CALLBACKS = "tests/signals/test_callbacks.py"


MUTANTS = (
    Mutant(
        "sends again what is unknown",
        "activities/ledger/sending.py",
        "                case OperationState.SENDING | OperationState.UNKNOWN:\n"
        "                    return await self._find_out(connection, current, effect)",
        "                case OperationState.SENDING | OperationState.UNKNOWN:\n"
        "                    return await self._accept(connection, current, await effect.send(current))",
        (PROTOCOL,),
    ),
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
        "releases by age what no listing can show",
        "activities/ledger/sending.py",
        '        if sighting.seen or not sighting.authoritative:\n            line = f"the answer of',
        '        if sighting.seen:\n            line = f"the answer of',
        (PROTOCOL,),
    ),
    Mutant(
        "believes a listing before it can show anything",
        "activities/ledger/sending.py",
        "        if patience and unsent_for < patience and not sighting.seen:",
        "        if False:",
        (PROTOCOL,),
    ),
    Mutant(
        "lets a vendor's own client ask again",
        "activities/writers/anthropic.py",
        "            max_retries=0,",
        "            max_retries=2,",
        (WRITERS,),
    ),
    Mutant(
        "makes ids of purchases at the time of sending",
        "activities/asks.py",
        '            slot=f"{item.item_id}/{round_number}/{wish.step}/{number}",',
        '            slot=f"{item.item_id}/{round_number}/{wish.step}/{number}-{asyncio.get_running_loop().time()}",',
        (WRITERS,),
    ),
    Mutant(
        "takes the newest job for its own",
        "activities/studios/asking.py",
        "        if str(listed.get(self.mark)) != str(self.asked[self.mark]):\n",
        "        if not listed:\n",
        ("tests/activities/studios/contract/test_studio_contract.py",),
    ),
    Mutant(
        "takes a job with our mark for another's where it is not quite what was asked",
        "activities/studios/asking.py",
        "        return Likeness.OURS if same else Likeness.DOUBTFUL",
        "        return Likeness.OURS if same else Likeness.FOREIGN",
        (LIES,),
    ),
    Mutant(
        "takes the first of two jobs under one marker",
        "activities/studios/keyed.py",
        "handle=only[0] if len(only) == 1 and not doubtful else None,",
        "handle=only[0] if only else None,",
        ("tests/activities/studios/contract/test_studio_contract.py",),
    ),
    Mutant(
        "answers a person, and stores the word later",
        "signals/door.py",
        "        verdict = await self._arbiter.decide(word)\n",
        "        asyncio.get_running_loop().call_later(1, asyncio.ensure_future, self._arbiter.decide(word))\n"
        "        verdict = await self._arbiter.read(word.item_id)\n"
        '        verdict = verdict.model_copy(update={"accepted": True})\n',
        ("tests/workflows/test_words.py",),
    ),
    Mutant(
        "answers a person, and stores nothing",
        "activities/ledger/arbiter.py",
        "    state = _ENDINGS[word.kind]\n    await _set_state(connection, review, state)\n",
        "    state = _ENDINGS[word.kind]\n",
        ("tests/workflows/test_words.py",),
    ),
    Mutant(
        "counts against a cap only what is spent, not what is on its way",
        "activities/ledger/reserving.py",
        "    committed = standing.committed_microusd",
        "    committed = standing.settled_microusd",
        (LAWS,),
    ),
    Mutant(
        "hides what a vendor charged beyond the reservation",
        "activities/ledger/ending.py",
        "    overrun = max(charged_microusd - operation.reserved_microusd, 0)",
        "    charged_microusd = min(charged_microusd, operation.reserved_microusd)\n"
        "    overrun = max(charged_microusd - operation.reserved_microusd, 0)",
        (PROTOCOL,),
    ),
    Mutant(
        "writes over what somebody else has found out meanwhile",
        "activities/ledger/recording.py",
        "        where operation_id = %s and epoch = %s and state in ('sending', 'unknown')\n",
        "        where operation_id = %s and %s >= 0\n",
        (TAKEOVER,),
    ),
    Mutant(
        "concludes while somebody holds the operation's lock",
        "activities/ledger/sending.py",
        '            if not (row and row["got"]):',
        "            if row is None:",
        (TAKEOVER,),
    ),
    Mutant(
        "sends however long ago the send was claimed",
        "activities/ledger/sending.py",
        "        if since_boot() - claimed_at > self._timings.send_deadline.total_seconds():",
        "        if False:",
        (PROTOCOL,),
    ),
    Mutant(
        "posts what was not approved exactly so",
        "activities/ledger/sending.py",
        '    if row is None or row["state"] != "approved" or row["content_sha256"] != approval.content_sha256:',
        "    if row is None:",
        ("tests/activities/ledger/test_approvals.py",),
    ),
    Mutant(
        "sends while the stop switch is on",
        "activities/ledger/sending.py",
        "        await switch.require_open(connection, operation.kind)\n",
        "",
        (PROTOCOL, LAWS),
    ),
    Mutant(
        "posts before a person has looked into a restored database",
        "activities/store/switch.py",
        '(kind == "paid" or switch.quarantine)',
        'kind == "paid"',
        (RESTORED,),
    ),
    Mutant(
        "gives a round's room away while its vendor is busy",
        "activities/ledger/recording.py",
        "        if proof.repeatable and operation.reserved_microusd",
        "        if False and operation.reserved_microusd",
        ("tests/activities/ledger/test_held.py",),
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
        "activities/answers.py",
        "            charged, line = operation.reserved_microusd, ",
        "            charged, line = 0, ",
        (WRITERS,),
    ),
    Mutant(
        "gives the money back on a lost answer, and asks the next vendor",
        "activities/ledger/sending.py",
        "        except Exception as error:  # whatever it was: the call may have had its effect\n",
        "        except Exception as error:\n"
        "            await recording.release(connection, claimed, NoEffect(str(error), repeatable=True))\n"
        "            raise NoEffect(str(error), repeatable=True) from error\n",
        (ROUTING,),
    ),
    Mutant(
        "gives one account what another has bought",
        "activities/store/items.py",
        "        where operation.account_id = %s and request_sha256 = %s",
        "        where %s <> '' and request_sha256 = %s",
        (ROUTING,),
    ),
    Mutant(
        "moves a purchase that was sent to another vendor",
        "activities/ledger/ending.py",
        "    if operation.state is not OperationState.RESERVED:\n        return operation\n",
        "",
        ("tests/activities/ledger/test_rerouting.py",),
    ),
    Mutant(
        "writes an alert down as delivered before it is",
        "activities/messengers/relay.py",
        '        await messenger.tell(alert)\n        crash_points.reach("alert.delivered")\n'
        "        async with database.statements() as connection:\n"
        "            await alerts.mark_delivered(connection, alert.alert_id)\n",
        "        async with database.statements() as connection:\n"
        "            await alerts.mark_delivered(connection, alert.alert_id)\n"
        "        await messenger.tell(alert)\n",
        (RELAY,),
    ),
    Mutant(
        "shows an alert again that was delivered before",
        "activities/messengers/journal.py",
        "if alert.alert_id in self._told:",
        "if not alert.alert_id:",
        (MESSENGER,),
    ),
    Mutant(
        "keeps silent about a cap that was lowered below what is committed",
        "activities/ledger/reserving.py",
        "        await alerts.note_crossed(connection, await _standings(connection, scopes, book))\n",
        "",
        (ALERTS,),
    ),
    Mutant(
        "lets an item's purchases escape its campaign",
        "activities/ledger/reserving.py",
        "            ('campaign:' || campaign_id, campaign_cap),\n",
        "",
        (LAWS, "tests/activities/ledger/test_campaigns.py"),
    ),
    Mutant(
        "locks the budgets of one operation after the other",
        "activities/ledger/ending.py",
        "    await hold_budgets(connection, unsent)\n",
        "",
        ("tests/activities/ledger/test_locks.py",),
    ),
    Mutant(
        "looks only for what is settled here",
        "activities/check_books.py",
        '        return "" if listed_microusd == 0 else "not_settled"',
        '        return ""',
        (BOOKS,),
    ),
    Mutant(
        "looks only for what vendors list",
        "activities/check_books.py",
        '            differences.append(_difference("not_listed", vendor, book, record, charges, 0))',
        "            continue",
        (BOOKS,),
    ),
    Mutant(
        "takes a bill without its list for an empty one",
        "activities/studios/fal_books.py",
        "            for row in page.rows(field):",
        "            for row in page.document().get(field) or []:",
        (BOOKS,),
    ),
    Mutant(
        "calls a price equal that cannot be compared",
        "activities/check_prices.py",
        "    return prices[0] if len(set(prices)) == 1 else None",
        "    return prices[0]",
        ("tests/activities/studios/test_listed_prices.py",),
    ),
    Mutant(
        "believes a callback that its vendor did not sign",
        "signals/callbacks.py",
        "            if not await signatures.are_right(request.headers, body):",
        "            if False:",
        (CALLBACKS,),
    ),
    Mutant(
        "takes a callback at another operation's address for its own",
        "activities/store/callbacks.py",
        ' and not found[0]["shared"]',
        "",
        (CALLBACKS,),
    ),
    Mutant(
        "says that a callback was stored when it was not",
        "signals/callbacks.py",
        '            return _answer(503, "not stored; tell it again")',
        '            return _answer(200, "stored")',
        (CALLBACKS,),
    ),
    Mutant(
        "gives the key to whoever an answer names",
        "activities/outbound/client.py",
        '        headers = {"Content-Type": content_type}\n',
        '        headers = {**self._headers, "Content-Type": content_type}\n',
        ("tests/activities/studios/contract/test_start_images.py",),
    ),
)
