"""Calls that cannot create a task even on a broken server, drawn for somebody else's endpoint."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conformance.catalogue import reader
from conformance.catalogue.rows import Row
from conformance.collect import preflight, preparing, running
from conformance.collect.collector import Collector
from conformance.collect.options import Options
from conformance.collect.transcript import Exchange, Transcript, Writer
from conformance.collect.transport import RETRIES
from conformance.explore import traces
from conformance.explore.traces import Story
from conformance.judge import errors
from conformance.judge.case import Case
from conformance.plan import probes
from conformance.plan.calls import called
from conformance.plan.ledger import ZERO, Ledger, Limits, OverBudget
from conformance.plan.probes import Probe, World
from conformance.plan.tasks import listing
from conformance.plan.terms import Form, Way
from conformance.untrusted import clean

MOST = 60
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
BODIES: tuple[Any, ...] = (
    [], [[]], "x", 7, -1, 1e300, True, None, {}, {"": ""}, {"x": None}, {"x": {}},
    {"duration": "five"}, {"seed": 10**400}, {"n": [[[[[[]]]]]]}, {"x": "\0"},
    {"x": "\ud800"},
)  # fmt: skip
CUT = ('{"x": ', "[1, 2", '"x', "{]", "tru", "{'x': 1}", '{"x": 1}}', "\\u00e9")
NOTHING = Transcript({}, (), (), False)


@dataclass(frozen=True)
class Call:
    """A call with what it is: a situation of the rows, or credentials of a kind."""

    probe: Probe
    situation: str = ""
    credentials: str = ""


@dataclass
class Away:
    """What an exploration away from loopback has seen."""

    run: Collector
    wait: Callable[[Any], Any]
    root: str
    broken: dict[str, tuple[Row, Exchange, str]] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    created: bool = False


def calls(world: World) -> st.SearchStrategy[Call]:
    """Calls of every class that the dialect's rows speak of."""
    kinds = [st.builds(_unknown, st.just(world), _ids(world))]
    for row in _of(world, "credentials"):
        pairs = [(call, key) for call in row.expect["calls"] for key in row.expect["refused"]]
        made = [_keyed(world, call, key) for call, key in pairs if call in KNOWN]
        kinds.append(st.sampled_from(made))
        kinds.append(
            st.builds(
                _keyed,
                st.just(world),
                st.just("query"),
                st.sampled_from([key for call, key in pairs if call == "query"] or ["missing"]),
                _ids(world),
            )
        )
    if _of(world, "hostile") and world.dialect.media != "file":
        kinds.append(st.builds(_body, st.just(world), _bodies()))
    if any(row.expect["situation"] == "broken-body" for row in _of(world, "error")):
        kinds.append(st.builds(_cut, st.just(world), st.sampled_from(CUT)))
    if parameters := _parameters(world):
        kinds.append(st.sampled_from(parameters))
    return st.one_of(kinds)


KNOWN = ("create", "query", "list", "delete")


def _of(world: World, kind: str) -> list[Row]:
    return [row for row in world.catalogue.testable if row.kind == kind]


def _ids(world: World) -> st.SearchStrategy[str]:
    """Ids of the right form that nobody has."""
    usual = probes.unknown_id(world)
    head = usual.rstrip(LETTERS[:26])
    size = len(usual) - len(head)
    return st.text(LETTERS[:26], min_size=size, max_size=size).map(lambda tail: head + tail)


def _bodies() -> st.SearchStrategy[Any]:
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.text(LETTERS, max_size=8))
    keys = st.text("xyz_", min_size=1, max_size=5)
    odd = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
    )
    return st.one_of(st.sampled_from(BODIES), odd)


def _unknown(world: World, id: str) -> Call:
    return Call(probes.query(world, id), "unknown-task")


def _keyed(world: World, call: str, key: str, id: str = "") -> Call:
    probe = probes.query(world, id, auth=key) if id else called(world, call, key)
    return Call(probe, {"missing": "missing-key", "wrong": "wrong-key"}.get(key, ""), key)


def _body(world: World, body: Any) -> Call:
    """A body without model, words and media: nothing to make a task of."""
    text = json.dumps(body)
    return Call(_raw(world, text), "hostile")


def _cut(world: World, text: str) -> Call:
    return Call(_raw(world, text), "broken-body")


def _raw(world: World, text: str) -> Probe:
    create = world.dialect.create
    return Probe("create", create.method, create.path, form=Form(Way.RAW_JSON, text))


def _parameters(world: World) -> list[Call]:
    """List parameters at their limits and beyond."""
    found = []
    for row in _of(world, "list"):
        if "least" not in row.expect:
            continue
        name, least, most = (row.expect[key] for key in ("parameter", "least", "most"))
        for value in (least, most, (least + most) // 2):
            found.append(Call(listing(world, f"{name}={value}", want="accept"), row.id))
        for value in (least - 1, most + 1, -7, most * 1000):
            found.append(Call(listing(world, f"{name}={value}", want="refuse"), row.id))
    return found


async def explored(options: Options) -> int:
    """Send at most so many free calls, each once; the exit status is 1 where one breaks a must."""
    async with running.session(options) as client:
        prepared = await preparing.prepare(options, client)
        ledger = Ledger(options.report_dir / "explore-ledger.jsonl", Limits(ZERO, 0, 0))
        path = options.report_dir / "explore.jsonl"
        with path.open("w", encoding="utf-8") as file:
            run = running.collector(options, prepared, client, ledger, Writer(file))
            run.costs = {}
            loop = asyncio.get_running_loop()

            def wait(task: Any) -> Any:
                return asyncio.run_coroutine_threadsafe(task, loop).result()

            try:
                await preflight.check(run)
                away = Away(run, wait, options.base_url)
                await asyncio.to_thread(_drawn, away)
            finally:
                ledger.close()
    return _told(away, options)


def _drawn(away: Away) -> None:
    world = away.run.plan.world

    @settings(
        max_examples=MOST * 3,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
    @given(calls(world))
    def property_(call: Call) -> None:
        if call.probe.key in away.sent or away.created:
            return
        if away.run.transport.calls + RETRIES >= MOST:
            return
        away.sent.add(call.probe.key)
        try:
            answer = away.wait(_send(away.run, call.probe))
        except OverBudget:
            away.created = True
            return
        _judged(away, call, answer)

    property_()


async def _send(run: Collector, probe: Probe) -> Exchange:
    async with run.slots:
        return await run.send(probe)


def _judged(away: Away, call: Call, exchange: Exchange) -> None:
    dialect = away.run.dialect
    if reader.task_id(dialect, exchange.json) and call.probe.call == "create":
        away.created = reader.outcome(dialect, exchange.status, exchange.json) == "accepted"
    if exchange.status is None or exchange.status == 429:
        return
    for row in _rows(away.run.plan.world, call):
        if row.id not in away.broken and (text := _wrong(away.run.plan, row, call, exchange)):
            away.broken[row.id] = (row, exchange, text)


def _rows(world: World, call: Call) -> Iterator[Row]:
    """The rows that say what such a call is answered."""
    for row in world.catalogue.testable:
        expect = row.expect
        match row.kind:
            case "error":
                fits = expect["situation"] == call.situation
            case "envelope":
                fits = call.situation in expect["situations"]
            case "credentials":
                fits = call.probe.call in expect["calls"] and call.credentials in expect["refused"]
            case "hostile":
                fits = call.situation == "hostile"
            case _:
                fits = row.id == call.situation
        if fits and row.level in ("must", "should"):
            yield row


def _wrong(plan: Any, row: Row, call: Call, exchange: Exchange) -> str | None:
    good = exchange.status is not None and 200 <= exchange.status < 300
    match row.kind:
        case "error":
            return errors.mismatch(Case(row, plan, NOTHING), exchange)
        case "envelope":
            return errors.unshaped(Case(row, plan, NOTHING), exchange)
        case "credentials":
            return "it is answered as if the key was good" if good else None
        case "hostile":
            fine = 400 <= (exchange.status or 0) < 500
            return None if fine else "it is not refused with a status of the 400 range"
    if call.probe.want == "accept":
        return None if good else "a permitted parameter is refused"
    return "a parameter beyond its limit is taken" if good else None


def _told(away: Away, options: Options) -> int:
    failed = away.created
    if away.created:
        sys.stdout.write("fail: a body without model, words and media has made a task; stopped\n")
    for row, exchange, text in away.broken.values():
        word = "fail" if row.level == "must" else "warn"
        failed = failed or word == "fail" or options.strict
        said = clean.line(f"{exchange.short}: {text}")
        sys.stdout.write(f"{word}: {row.id}: {said}\n    {row.requirement}\n")
        told = Story(away.root)
        told.api(f"{exchange.call}", exchange)
        line = traces.vector(away.run.dialect, told, "free", f"{row.id}: {text}")
        with (options.report_dir / "vectors.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.write(f"{away.run.transport.calls} requests, none of which could be billed, ")
    sys.stdout.write(f"{len(away.broken)} rows broken\n")
    return 1 if failed else 0
