"""Seeded bugs of the stories, of what serves them, of doors and of the command line."""

from tests.mutants.mutant import Mutant

CALLBACKS = "tests/signals/doors/test_callbacks.py"
LEFT_OPEN = "tests/workflows/test_left_open.py"

MUTANTS = (
    Mutant(
        "takes a person's no at an early gate for a round that failed",
        "workflows/content_item.py",
        "            except (ActivityError, RoundFailed) as error:",
        "            except (ActivityError, Ended) as error:",
        ("tests/workflows/test_gates.py",),
    ),
    Mutant(
        "buys the scenes of a revised round on behalf of the person who opened the item",
        "workflows/stages/scenes.py",
        "    orders = orders_of(plan, made.number, made.on_behalf_of)",
        "    orders = orders_of(plan, made.number, plan.on_behalf_of)",
        ("tests/workflows/test_gates.py",),
    ),
    Mutant(
        "answers a person, and stores the word later",
        "signals/doors/intake.py",
        "        verdict = await self._arbiter.decide(named)\n",
        "        asyncio.get_running_loop().call_later(1, asyncio.ensure_future, self._arbiter.decide(named))\n"
        "        verdict = await self._arbiter.read(word.item_id)\n"
        '        verdict = verdict.model_copy(update={"accepted": True})\n',
        ("tests/workflows/test_words.py",),
    ),
    Mutant(
        "believes a callback that its vendor did not sign",
        "signals/doors/callbacks.py",
        "            if not await signatures.are_right(request.headers, body):",
        "            if False:",
        (CALLBACKS,),
    ),
    Mutant(
        "says that a callback was stored when it was not",
        "signals/doors/callbacks.py",
        '            return _answer(503, "not stored; tell it again")',
        '            return _answer(200, "stored")',
        (CALLBACKS,),
    ),
    Mutant(
        "closes an item of which Temporal knows nothing, wherever it lives",
        "workflows/serving/sweep.py",
        "            gone.unknown.append(item_id)",
        '            gone.ended[item_id] = "gone"',
        (LEFT_OPEN,),
    ),
    Mutant(
        "writes an idea in every round",
        "workflows/stages/registry.py",
        "        if row_of(stage).each_round or stage not in run.gone_through:\n",
        "        if stage:\n",
        ("tests/workflows/test_stage_table.py",),
    ),
    Mutant(
        "goes through a stage without entering it",
        "workflows/stages/registry.py",
        "            run.enter(stage)\n",
        "",
        ("tests/workflows/test_stage_table.py",),
    ),
    Mutant(
        "tries a scene again that has failed at a charge",
        "workflows/stages/one_scene.py",
        "        if job.charged_microusd:\n            break\n",
        "",
        ("tests/workflows/test_filming.py",),
    ),
    Mutant(
        "hints at a decision again and again without a rest",
        "activities/reviews/hint_rows.py",
        "least(%(after)s * power(2, least(hints, %(doubled)s)), %(longest)s)",
        "least(%(after)s * power(1, least(hints, %(doubled)s)), %(longest)s)",
        ("tests/workflows/serving/test_hints.py",),
    ),
    Mutant(
        "goes on leading without asking whether it still does",
        "workflows/serving/leader.py",
        "            await lock.require()  # a worker that slept may have been replaced\n",
        "",
        ("tests/workflows/serving/test_leader.py",),
    ),
    Mutant(
        "asks what is away again and again without a rest that grows",
        "workflows/serving/leader.py",
        " * 2 ** min(failures - 1, _DOUBLED_AT_MOST)",
        "",
        ("tests/workflows/serving/test_leader.py",),
    ),
    Mutant(
        "opens a door that is not configured",
        "signals/doors/host.py",
        "            if not door.configured(settings):\n",
        "            if False:\n",
        ("tests/signals/doors/test_registry.py",),
    ),
)
