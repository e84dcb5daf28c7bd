"""Seeded bugs of the ledger and what it stands on."""

from tests.mutants.mutant import Mutant

PROTOCOL = "tests/activities/ledger/test_protocol.py"
RESTORED = "tests/activities/ledger/test_restored.py"
TAKEOVER = "tests/activities/ledger/test_takeover.py"
LAWS = "tests/activities/ledger/test_laws.py"
THRESHOLDS = "tests/activities/ledger/test_thresholds.py"
ROUTING = "tests/workflows/test_routing.py"
CALLBACKS = "tests/signals/doors/test_callbacks.py"
BRAKES = "tests/activities/ledger/test_brakes.py"
CORRECTING = "tests/activities/ledger/test_correcting.py"
POSTING = "tests/activities/ledger/test_posting.py"
LOCKS = "tests/activities/store/test_session_locks.py"
LOOKUPS = "tests/activities/ledger/test_lookups.py"
ARBITER = "tests/activities/reviews/test_arbiter.py"

MUTANTS = (
    Mutant(
        "sends again what is unknown",
        "activities/ledger/sending.py",
        "            case OperationState.SENDING | OperationState.UNKNOWN:\n"
        "                return await self._find_out(lock, current, call)",
        "            case OperationState.SENDING | OperationState.UNKNOWN:\n"
        "                return await self._accept(current, await call.effect.send(current))",
        (PROTOCOL,),
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
        "answers a person, and stores nothing",
        "activities/reviews/arbiter.py",
        "        closed = await set_state(connection, review, _ENDINGS[word.kind])\n",
        '        closed = review.model_copy(update={"state": _ENDINGS[word.kind]})\n',
        (ARBITER,),
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
        "    settled, reason = OperationState.SETTLED, wasted[:500]\n",
        "    settled, reason = OperationState.SETTLED, wasted[:500]\n"
        "    held = await operation_rows.operation(connection, operation_id)\n"
        "    charged_microusd = min(charged_microusd, held.reserved_microusd)\n",
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
        "activities/store/locks.py",
        '        return session if row and row["got"] else None',
        "        return session",
        (LOCKS,),
    ),
    Mutant(
        "takes locks that no other process can see",
        "activities/store/locks.py",
        "pg_try_advisory_lock(hashtextextended(%s, 0))",
        "pg_try_advisory_lock(hashtextextended(%s, pg_backend_pid()))",
        ("tests/crashes/test_paused_sender.py",),
    ),
    Mutant(
        "gives one lock to two tasks of a process",
        "activities/store/locks.py",
        "        if name in self._names:\n            yield None\n            return\n",
        "",
        (LOCKS, TAKEOVER),
    ),
    Mutant(
        "sends without asking whether the lock is still held",
        "activities/ledger/sending.py",
        "        await lock.require()\n        if since_boot()",
        "        if since_boot()",
        (LOOKUPS,),
    ),
    Mutant(
        "concludes without asking whether the lock is still held",
        "activities/ledger/sending.py",
        "            await self._park(operation, line)\n        await lock.require()\n",
        "            await self._park(operation, line)\n",
        (LOOKUPS,),
    ),
    Mutant(
        "takes what another worker reserved for the same scenes for a full budget",
        "activities/ledger/reserving.py",
        "        await _not_reserved_meanwhile(connection, orders, known)\n",
        "",
        ("tests/activities/ledger/test_reserving.py",),
    ),
    Mutant(
        "concludes while a sender that lost its lock may still be sending",
        "activities/ledger/sending.py",
        "case when state = 'sending' then %(send)s else interval '0' end",
        "0 * %(send)s::interval",
        (TAKEOVER,),
    ),
    Mutant(
        "sends however long ago the send was claimed",
        "activities/ledger/sending.py",
        "        if since_boot() - claimed_at > self._timings.send_deadline.total_seconds():",
        "        if False:",
        (RESTORED,),
    ),
    Mutant(
        "sends a handle before it is stored",
        "activities/ledger/sending.py",
        "        prepared = await recording.prepare(connection, operation, handle)\n",
        '        prepared = operation.model_copy(update={"prepared_handle": handle})\n',
        (POSTING,),
    ),
    Mutant(
        "takes the refusal of a second commit for proof about the first",
        "activities/ledger/sending.py",
        "            if operation.state in UNSENT:\n",
        "            if True:\n",
        (POSTING,),
    ),
    Mutant(
        "gives back what another process has taken over",
        "activities/ledger/recording.py",
        "        if now.epoch != operation.epoch:",
        "        if False:",
        (POSTING,),
    ),
    Mutant(
        "continues a post that another process may still be sending",
        "activities/ledger/sending.py",
        "            if unsent_for < timedelta():",
        "            if False:",
        (POSTING,),
    ),
    Mutant(
        "sends while the stop switch is on",
        "activities/ledger/claiming.py",
        "    if approval is None:\n        await stop_switch.require_open(connection, operation.kind)\n",
        "    if approval is None:\n",
        (PROTOCOL, LAWS),
    ),
    Mutant(
        "posts before a person has looked into a restored database",
        "activities/store/stop_switch.py",
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
        "gives the money back on a lost answer, and asks the next vendor",
        "activities/ledger/sending.py",
        "        except Exception as error:  # whatever it was: the call may have had its effect\n",
        "        except Exception as error:\n"
        "            await self._release(claimed, NoEffect(str(error), repeatable=True))\n"
        "            raise NoEffect(str(error), repeatable=True) from error\n",
        (ROUTING,),
    ),
    Mutant(
        "gives one account what another has bought",
        "activities/store/postgres_store.py",
        "                where operation.account_id = %s and request_sha256 = %s",
        "                where %s <> '' and request_sha256 = %s",
        (ROUTING,),
    ),
    Mutant(
        "moves a purchase that was sent to another vendor",
        "activities/ledger/ending.py",
        "    if operation.state not in UNSENT:\n        return operation\n",
        "",
        ("tests/activities/ledger/test_rerouting.py",),
    ),
    Mutant(
        "keeps silent about a cap that was lowered below what is committed",
        "activities/ledger/reserving.py",
        "        await thresholds.note_crossed(connection, await _budget_states(connection, scopes, book))\n",
        "",
        (THRESHOLDS,),
    ),
    Mutant(
        "lets an item's purchases escape its campaign",
        "activities/ledger/scopes.py",
        "    _campaign,\n",
        "",
        (LAWS, "tests/activities/ledger/test_campaigns.py"),
    ),
    Mutant(
        "locks the budgets of one operation after the other",
        "activities/ledger/ending.py",
        "        await hold_budgets(connection, unsent)\n",
        "        pass\n",
        ("tests/activities/ledger/test_locks.py",),
    ),
    Mutant(
        "takes a callback at another operation's address for its own",
        "activities/store/callback_rows.py",
        ' and not found[0]["shared"]',
        "",
        (CALLBACKS,),
    ),
    Mutant(
        "buys as fast as anybody asks",
        "activities/ledger/brakes.py",
        "        where begun >= most",
        "        where false and begun >= most",
        (BRAKES,),
    ),
    Mutant(
        "corrects a charge and leaves the budgets as they were",
        "activities/ledger/correcting.py",
        "            update budget set settled_microusd = settled_microusd + %(more)s,",
        "            update budget set settled_microusd = settled_microusd + 0 * %(more)s,",
        (CORRECTING,),
    ),
    Mutant(
        "counts a word that comes after the deadline",
        "activities/reviews/arbiter.py",
        "            return repeated\n        if _is_over(review):\n",
        "            return repeated\n        if False:\n",
        (ARBITER,),
    ),
    Mutant(
        "makes two revisions of an edit that is told twice",
        "activities/reviews/arbiter.py",
        "        if repeated := await verdicts.told_before(connection, word):\n            return repeated\n",
        "",
        (ARBITER,),
    ),
    Mutant(
        "ends an account's day at midnight UTC",
        "activities/ledger/scopes.py",
        "to_char(now() at time zone account.time_zone, 'YYYY-MM-DD') as account_day",
        "to_char(now() at time zone 'UTC', 'YYYY-MM-DD') as account_day",
        ("tests/activities/ledger/test_days.py",),
    ),
    Mutant(
        "asks a vendor again that has refused for good",
        "activities/ledger/reserving.py",
        "    await _not_refused_before(connection, [order for order in orders if order.slot in latest], latest)\n",
        "",
        ("tests/activities/ledger/test_refused.py",),
    ),
    Mutant(
        "takes an item up again while the post of its forerunner's forerunner is an open question",
        "activities/reviews/item_lines.py",
        "        from operation join item using (line_id)\n",
        "        from operation join item using (item_id)\n",
        ("tests/activities/reviews/test_item_lines.py",),
    ),
    Mutant(
        "lets two workers deliver one message",
        "activities/store/outbox.py",
        "              and coalesce(claimed_until < clock_timestamp(), true)\n",
        "",
        ("tests/activities/messengers/test_delivery.py",),
    ),
)
