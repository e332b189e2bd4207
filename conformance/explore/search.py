"""Orders and lives drawn at random, for endpoints that cost nothing; what is found is minimal."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import aiohttp
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from conformance.catalogue import orders, promises, reader
from conformance.collect import folder, preparing, running
from conformance.collect.collector import Collector
from conformance.collect.control import Control
from conformance.collect.credentials import fresh
from conformance.collect.options import Options, UsageError
from conformance.collect.receiver import Receiver
from conformance.collect.transcript import Exchange, Writer
from conformance.explore import free_probes, strategies, traces
from conformance.explore.state_machine import machine
from conformance.explore.traces import Found, Story
from conformance.judge.money import net
from conformance.plan import permits, probes
from conformance.plan.ledger import Ledger, Limits
from conformance.plan.probes import Probe
from conformance.untrusted import clean
from conformance.untrusted.redaction import Redactor

BATCH = 48
WIDTH = 32
EXAMPLES = 110
LIVES = 110
STEPS = 25


@dataclass
class World:
    """A collector and a control plane, driven from code that cannot wait."""

    run: Collector
    control: Control
    wait: Callable[[Any], Any]
    id: str
    seed: int
    sent: int = 0
    example: int = 0
    receives: bool = False
    story: Story = field(default_factory=Story)
    heard: Callable[[str, Any], int | None] = lambda path, body: None

    def __post_init__(self) -> None:
        self.promises = promises.of(self.run.plan.world.catalogue)

    def begin(self) -> None:
        """A new story, on accounts that nobody has used."""
        self.example += 1
        run = self.run
        run.accounts = fresh(self.id, self.seed + 1 + self.example)
        run.redactor = Redactor(())
        run.tasks.clear()
        run.answered.clear()
        self.control.key = run.accounts.key
        self.story = Story(run.base, self.control.root)
        self.story.names = {run.accounts.key: "{key}", self.control.root: "{root}"}
        if callback := run.references.callback:
            self.story.names = {callback: "{callback}", **self.story.names}
        self.moved("stop the clock", {"freeze": True})

    def moved(self, what: str, change: Mapping[str, Any]) -> None:
        """Change the account's clock and wait for what falls due."""
        body = {**change, "key": self.control.key}
        self.story.control(what, "POST", "/_sim/clock", body)
        answer = self.wait(self.control.call("POST", "/_sim/clock", body))
        self.control.now_ms = int(answer["now_ms"])

    def advance(self, ms: int) -> None:
        """Move the account's clock."""
        self.moved(f"wait {ms / 1000:g} s", {"advance": ms, "wait": "5s"})

    def plan(self, plan: Mapping[str, Any]) -> None:
        """Settle the fate of the account's next order."""
        match = {"dialect": self.run.dialect.name, "key": self.control.key}
        body = {"match": match, "times": 1, "plan": dict(plan)}
        self.story.control(f"let the next task end {plan['end']}", "POST", "/_sim/plans", body)
        self.wait(self.control.call("POST", "/_sim/plans", body))

    def told(self, task: str) -> None:
        """Have the story end with what the control plane knows of a task's callbacks."""
        self.story.control("look at its callbacks", "GET", f"/_sim/tasks/{task}", None)

    def spent(self, task: str) -> float:
        """What the books still hold of a task's price."""
        self.story.control("look at its price", "GET", f"/_sim/tasks/{task}", None)
        facts = self.wait(self.control.task(task)) or {}
        return net(facts.get("ledger", []))


def explore(options: Options) -> int:
    """Draw orders and lives; the exit status is 1 where one breaks a row."""
    if options.upstream:
        raise UsageError("--upstream is for run and plan: explore looks at an endpoint alone")
    folder.made(options.report_dir)
    with asyncio.Runner() as runner:
        if not options.loopback:
            return runner.run(free_probes.explored(options))
        return runner.run(_explored(options))


async def _explored(options: Options) -> int:
    async with running.session(options) as client:
        prepared = await preparing.prepare(options, client)
        if prepared.control is None:
            raise UsageError("explore needs the simulator's control plane")
        path = options.report_dir / "explore.jsonl"
        ledger = Ledger(options.report_dir / "explore-ledger.jsonl", Limits(), durable=False)
        with path.open("w", encoding="utf-8") as file:
            run = running.collector(options, prepared, client, ledger, Writer(file))
            run.costs = _Free()
            run.slots = asyncio.Semaphore(WIDTH)
            async with _world(options, prepared, client, run) as world:
                try:
                    return await asyncio.to_thread(_search, world, options)
                finally:
                    ledger.close()


@contextlib.asynccontextmanager
async def _world(
    options: Options,
    prepared: preparing.Prepared,
    client: aiohttp.ClientSession,
    run: Collector,
) -> AsyncIterator[World]:
    control = Control(client, str(prepared.control), "", options.admin_token)
    loop = asyncio.get_running_loop()

    def wait(task: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(task, loop).result()

    world = World(run, control, wait, prepared.id, options.seed)
    host, port = options.callback_listen or ("127.0.0.1", 0)
    async with Receiver(host, port, lambda fact: world.heard(fact["path"], fact["body"])) as own:
        run.references.callback = options.callback_url or own.url
        yield world


def _search(world: World, options: Options) -> int:
    found = 0
    world.begin()
    world.receives = _receives(world)
    for name, search in (("orders", _orders), ("lives", _lives)):
        started = time.monotonic()
        try:
            search(world, options.seed)
        except Found as fault:
            found += 1
            _told(world, options, name, str(fault))
        sys.stdout.write(f"{name}: {time.monotonic() - started:.1f} s\n")
    sys.stdout.write(f"{world.sent} orders, {world.run.transport.calls} requests, ")
    sys.stdout.write("nothing found\n" if not found else f"{found} found\n")
    return 1 if found else 0


def _receives(world: World) -> bool:
    """Whether tasks can be followed by callbacks here."""
    if not world.promises.told:
        return False
    planned = world.run.plan.world
    field = planned.dialect.request.first("callback")
    order = orders.put(planned.dialect.cheapest, field, "$callback-0-0.take")
    answer = world.wait(_sent(world, [order]))[0]
    if reader.outcome(planned.dialect, answer.status, answer.json) == "accepted":
        return True
    sys.stdout.write(
        f"callbacks are left out: the receiver's address is refused ({clean.line(answer.short)})\n"
    )
    return False


def _told(world: World, options: Options, name: str, text: str) -> None:
    """Print what was found with its story, and keep it in a form that can be sent again."""
    told = world.story
    sys.stdout.write(f"{name}: {clean.line(text)}\n")
    sys.stdout.writelines(
        f"  {number}. {clean.line(each.what)}\n" for number, each in enumerate(told.steps, 1)
    )
    line = traces.vector(world.run.dialect, told, name, text)
    with (options.report_dir / "vectors.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


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
    outcome = reader.outcome(world.run.dialect, exchange.status, exchange.json)
    wanted = "refused" if broken else "accepted"
    if outcome != wanted and not _unsettled(exchange):
        order, exchange = _smallest(world, order, exchange, broken)
        world.story.steps = []
        world.story.api("create task 1", exchange, 1)
        why = f"breaks {broken} and" if broken else "breaks no row and"
        raise Found(f"{orders.canonical(order)} {why} is answered {exchange.short}")


def _unsettled(exchange: Exchange) -> bool:
    """Whether a refusal speaks of what is available now, and not of the order."""
    text = exchange.said
    return exchange.status == 503 and reader.UNSETTLING.search(text) is not None


Answered = tuple[Mapping[str, Any], Exchange]


def _smallest(world: World, order: Mapping[str, Any], exchange: Exchange, broken: str) -> Answered:
    """The order with as much as possible of the cheapest one that is still answered so."""
    planned, dialect = world.run.plan.world, world.run.dialect
    outcome = reader.outcome(dialect, exchange.status, exchange.json)
    for smaller in [each for each, row in strategies.starts(planned)[1] if broken == row]:
        answer = world.wait(_sent(world, [smaller]))[0]
        if reader.outcome(dialect, answer.status, answer.json) == outcome:
            return smaller, answer
    for name in [*order]:
        smaller = orders.put(order, name, dialect.cheapest.get(name, orders.ABSENT))
        if permits.broken(planned.catalogue, smaller) != ([broken] if broken else [], True):
            continue
        answer = world.wait(_sent(world, [smaller]))[0]
        if reader.outcome(dialect, answer.status, answer.json) == outcome:
            order, exchange = smaller, answer
    return order, exchange


def _lives(world: World, number: int) -> None:
    chosen = settings(
        max_examples=LIVES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(world), settings=chosen)
