"""A whole run: look, plan, collect, judge."""

import contextlib
import hashlib
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from conformance import accounts, clocked, docs, planning, polite, preflight, prices, transcript
from conformance.collector import Collector
from conformance.control import Control, root_of
from conformance.ledger import Ledger, Limits
from conformance.options import Options, UsageError, selected
from conformance.planning import Plan
from conformance.probes import World
from conformance.receiver import Receiver
from conformance.references import References
from conformance.transcript import Exchange, Transcript, Writer
from conformance.transport import Transport

Seen = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with its prices, and what was found out before."""

    plan: Plan
    costs: Mapping[str, Decimal | None]
    control: str | None
    id: str
    listed: prices.Listed = ()


def world_of(meta: Mapping[str, Any]) -> World:
    """What a run could count on, by the first line of its transcript."""
    has = meta["world"]
    return World(catalogue=docs.catalogue(meta["dialect"]), **has)


def plan_of(meta: Mapping[str, Any]) -> Plan:
    """The plan of a run, made again from the first line of its transcript."""
    return planning.plan(world_of(meta), tuple(meta["select"]))


@contextlib.asynccontextmanager
async def session(options: Options) -> AsyncIterator[aiohttp.ClientSession]:
    """The client of a run."""
    trust: Any = True
    if options.ca_file:
        try:
            trust = ssl.create_default_context(cafile=str(options.ca_file))
        except (OSError, ssl.SSLError) as fault:
            raise UsageError(f"--ca-file {options.ca_file}: {fault}") from fault
    connector = aiohttp.TCPConnector(ssl=trust, limit=32)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=15)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as made:
        yield made


async def prepare(options: Options, client: aiohttp.ClientSession) -> Prepared:
    """Find the control plane and plan."""
    earlier = transcript.load(options.resume) if options.resume else None
    if earlier:
        _same_run(options, earlier)
    root = await find_control(options, client)
    id = str(earlier.meta["run"]) if earlier else secrets.token_hex(8)
    world = World(
        catalogue=docs.catalogue(options.dialect),
        profile=options.profile,
        control=root is not None,
        second=bool(options.second_key) or (root is not None and not options.api_key),
        callback=options.loopback or bool(options.callback_url),
        media=root is not None or bool(options.media_url),
        loopback=options.loopback,
    )
    selected(options, [row.id for row in world.catalogue.rows])
    plan = plan_of(earlier.meta) if earlier else planning.plan(world, options.select)
    listed = prices.load(options.prices, options.dialect)
    costs = planning.worst(plan, listed, dict(options.models))
    affordable(options, plan, costs)
    return Prepared(plan, costs, root, id, listed)


def affordable(options: Options, plan: Plan, costs: Mapping[str, Decimal | None]) -> None:
    """Refuse a budget in dollars where no order of the plan has a price."""
    orders = plan.with_cost("own", "shared")
    if options.max_contingent != 0:
        orders += plan.with_cost("contingent")
    limited = options.max_cost is not None and orders
    if limited and all(costs[each.key] is None for each in orders):
        raise UsageError(f"--max-cost {options.max_cost}: {prices.missing(options.dialect)}")


def _same_run(options: Options, earlier: Transcript) -> None:
    for name, now in (("dialect", options.dialect), ("base_url", options.base_url)):
        if earlier.meta.get(name) != now:
            raise UsageError(
                f"--resume {options.resume} is a run of {earlier.meta.get(name)}, not of {now}"
            )


async def find_control(options: Options, client: aiohttp.ClientSession) -> str | None:
    """The root of the control plane, where there is one."""
    if options.control == "none" or (options.control is None and not options.loopback):
        return None
    root = options.control or root_of(options.base_url)
    if await Control(client, root, "", options.admin_token).healthy():
        return root.rstrip("/")
    if options.control:
        raise UsageError(f"--control {options.control}: no control plane answers there")
    return None


def keys(options: Options, prepared: Prepared) -> accounts.Accounts:
    """The keys of the run: the user's own, or fresh ones of a simulator."""
    simulated = prepared.control is not None
    if options.api_key:
        local = simulated or options.loopback
        own = accounts.Accounts(options.api_key, options.second_key, local)
        fresh = accounts.fresh(prepared.id, options.seed)
        return replace(own, clean=fresh.clean) if simulated else own
    if simulated:
        return accounts.fresh(prepared.id, options.seed)
    raise UsageError("an API key is needed: --api-key or SEEDANCE_API_KEY")


def meta(options: Options, prepared: Prepared) -> dict[str, Any]:
    """The first line of a transcript: everything that judging needs."""
    world = prepared.plan.world
    text = (docs.folder() / options.dialect / "api.toml").read_bytes()
    return {
        "version": transcript.VERSION,
        "run": prepared.id,
        "dialect": options.dialect,
        "base_url": options.base_url,
        "profile": options.profile,
        "seed": options.seed,
        "select": list(options.select),
        "models": dict(options.models),
        "strict": options.strict,
        "prices": prices.recorded(prepared.listed),
        "catalogue": hashlib.sha256(text).hexdigest()[:16],
        "world": {
            "profile": world.profile,
            "control": world.control,
            "second": world.second,
            "callback": world.callback,
            "media": world.media,
            "loopback": world.loopback,
        },
    }


async def collect(
    options: Options,
    prepared: Prepared,
    client: aiohttp.ClientSession,
    seen: Seen = lambda exchange: None,
) -> Transcript:
    """The second stage: everything is sent, and written down as it comes back."""
    folder = options.report_dir
    run_file = folder / "run.jsonl"
    earlier = transcript.load(options.resume) if options.resume else None
    limits = Limits(options.max_cost, options.max_paid_tasks, options.max_contingent)
    if not earlier:
        (folder / "ledger.jsonl").unlink(missing_ok=True)
    ledger = Ledger(folder / "ledger.jsonl", limits, durable=not options.loopback)
    with run_file.open("a" if earlier else "w", encoding="utf-8") as file:
        writer = Writer(file)
        if not earlier:
            writer.line("meta", meta(options, prepared))
        run = collector(options, prepared, client, ledger, writer)
        run.seen = seen
        try:
            async with listening(options, run):
                if earlier:
                    run.remember(earlier)
                await preflight.check(run)
                if prepared.control:
                    token = options.admin_token
                    control = Control(client, prepared.control, run.accounts.key, token)
                    await clocked.collect(run, control)
                else:
                    await polite.collect(run, options.max_wait, options.seed)
        finally:
            ledger.close()
    return transcript.load(run_file)


def collector(
    options: Options,
    prepared: Prepared,
    client: aiohttp.ClientSession,
    ledger: Ledger,
    writer: Writer,
) -> Collector:
    """The collector of a run."""
    media = options.media_url or (f"{prepared.control}/_sim/media" if prepared.control else None)
    simulated = bool(media) and "/_sim/media" in str(media)
    return Collector(
        plan=prepared.plan,
        base=options.base_url,
        accounts=keys(options, prepared),
        references=References(media, simulated),
        transport=Transport(client, ledger, options.rps),
        ledger=ledger,
        writer=writer,
        costs=prepared.costs,
        headers=dict(options.headers),
        models=dict(options.models),
        width=8 if options.loopback else 2,
    )


@contextlib.asynccontextmanager
async def listening(options: Options, run: Collector) -> AsyncIterator[None]:
    """The receiver of callbacks, where a plan has use for one."""
    wanted = any("$callback" in str(probe.body) for probe in run.plan.probes.values())
    if not wanted or not run.plan.world.callback:
        yield
        return

    def heard(fact: Mapping[str, Any]) -> None:
        text = str(fact["body"])
        key = next((key for key, task in run.tasks.items() if task.id in text), "")
        told = run.redactor.value({**fact, "headers": run.redactor.headers(fact["headers"])})
        run.writer.line("callback", {"of": key, "at": run.now(), **told})

    host, port = options.callback_listen or ("127.0.0.1", 0)
    try:
        async with Receiver(host, port, heard) as receiver:
            run.references.callback = options.callback_url or receiver.url
            yield
    except OSError as fault:
        raise UsageError(f"--callback-listen {host}:{port}: {fault.strerror}") from fault


def made(folder: Path) -> None:
    """Make the report's folder; UsageError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise UsageError(f"--report-dir {folder}: {fault.strerror}") from fault
