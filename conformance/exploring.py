"""Orders and lives drawn at random, for endpoints that cost nothing; what is found is minimal."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from conformance import folder, orders, probes, reading, running, strategies
from conformance.accounts import fresh
from conformance.collector import Collector
from conformance.control import Control
from conformance.ledger import Ledger, Limits
from conformance.options import Options, UsageError
from conformance.probes import Probe
from conformance.transcript import Exchange, Writer

BATCH = 48
WIDTH = 32
EXAMPLES = 110
LIVES = 25


class Found(AssertionError):
    """An order or a life that breaks a row; the message is the whole story."""


@dataclass
class World:
    """A collector and a control plane, driven from code that cannot wait."""

    run: Collector
    control: Control
    wait: Callable[[Any], Any]
    sent: int = 0


def explore(options: Options) -> int:
    """Draw orders and lives; the exit status is 1 where one breaks a row."""
    if not options.loopback:
        raise UsageError("explore makes some thousands of orders: it is for loopback only")
    folder.made(options.report_dir)
    with asyncio.Runner() as runner:
        return runner.run(_explored(options))


async def _explored(options: Options) -> int:
    async with running.session(options) as client:
        prepared = await running.prepare(options, client)
        if prepared.control is None:
            raise UsageError("explore needs the simulator's control plane")
        path = options.report_dir / "explore.jsonl"
        ledger = Ledger(options.report_dir / "explore-ledger.jsonl", Limits(), durable=False)
        with path.open("w", encoding="utf-8") as file:
            run = running.collector(options, prepared, client, ledger, Writer(file))
            run.accounts = fresh(prepared.id, options.seed + 1)
            run.costs = _Free()
            run.slots = asyncio.Semaphore(WIDTH)
            control = Control(client, prepared.control, run.accounts.key, options.admin_token)
            await control.freeze()
            loop = asyncio.get_running_loop()

            def wait(task: Any) -> Any:
                return asyncio.run_coroutine_threadsafe(task, loop).result()

            world = World(run, control, wait)
            try:
                return await asyncio.to_thread(_search, world, options)
            finally:
                ledger.close()


def _search(world: World, options: Options) -> int:
    found = 0
    for name, search in (("orders", _orders), ("lives", _lives)):
        try:
            search(world, options.seed)
        except Found as fault:
            found += 1
            sys.stdout.write(f"{name}: {fault}\n")
            _freeze(options, name, str(fault))
    sys.stdout.write(f"{world.sent} orders, {world.run.transport.calls} requests, ")
    sys.stdout.write("nothing found\n" if not found else f"{found} found\n")
    return 1 if found else 0


def _freeze(options: Options, name: str, text: str) -> None:
    """Keep what was found, as one line that can be sent again."""
    path = options.report_dir / "vectors.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"dialect": options.dialect, "search": name, "found": text}) + "\n")


def _orders(world: World, number: int) -> None:
    planned = world.run.plan.world

    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
    @given(strategies.batches(planned, BATCH))
    def property_(drawn: Sequence[tuple[Mapping[str, Any], str]]) -> None:
        world.sent += len(drawn)
        answers = world.wait(_sent(world, [order for order, _ in drawn]))
        for (order, broken), exchange in zip(drawn, answers, strict=True):
            _check(world, order, broken, exchange)

    property_()


async def _sent(world: World, drawn: Sequence[Mapping[str, Any]]) -> list[Exchange]:
    run = world.run
    made = [probes.create(run.plan.world, order, cost="own") for order in drawn]
    return list(await asyncio.gather(*(_one(run, probe) for probe in made)))


async def _one(run: Collector, probe: Probe) -> Exchange:
    async with run.slots:
        return await run.send(probe)


class _Free(dict[str, Decimal | None]):
    """Prices of an endpoint where everything is free."""

    def __missing__(self, key: str) -> Decimal:
        return Decimal(0)


def _check(world: World, order: Mapping[str, Any], broken: str, exchange: Exchange) -> None:
    outcome = reading.outcome(world.run.dialect, exchange.status, exchange.json)
    wanted = "refused" if broken else "accepted"
    if outcome != wanted:
        if not broken:
            order, exchange = _smallest(world, order, exchange)
        why = f"breaks {broken} and" if broken else "breaks no row and"
        raise Found(f"{orders.canonical(order)} {why} is answered {exchange.short}")


def _smallest(
    world: World, order: Mapping[str, Any], exchange: Exchange
) -> tuple[Mapping[str, Any], Exchange]:
    """The order with as much as possible of the cheapest one that is still refused."""
    usual = world.run.dialect.cheapest
    for field in [*order]:
        smaller = orders.put(order, field, usual.get(field, orders.ABSENT))
        answer = world.wait(_sent(world, [smaller]))[0]
        if reading.outcome(world.run.dialect, answer.status, answer.json) == "refused":
            order, exchange = smaller, answer
    return order, exchange


def _lives(world: World, number: int) -> None:
    from conformance.lives import machine

    chosen = settings(
        max_examples=LIVES,
        stateful_step_count=25,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    kind: type[RuleBasedStateMachine] = machine(world, Found, number)
    run_state_machine_as_test(kind, settings=chosen)
