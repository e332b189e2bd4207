"""A whole run: look, plan, collect, judge."""

import contextlib
import math
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

import aiohttp

from conformance.catalogue import documents
from conformance.collect import (
    bounds,
    credentials,
    folder,
    in_real_time,
    preflight,
    transcript,
    upstream,
    with_clock,
)
from conformance.collect.collector import Collector
from conformance.collect.connector import Connector
from conformance.collect.control import Control, ControlError, root_of
from conformance.collect.opening import catalogued, meta, plan_of, planned
from conformance.collect.options import Options, UsageError, selected
from conformance.collect.receiver import Receiver
from conformance.collect.transcript import Exchange, Transcript, TranscriptError, Writer
from conformance.collect.transport import Transport
from conformance.collect.upstream import Upstream
from conformance.plan import prices, stage
from conformance.plan.ledger import ZERO, Ledger, Limits
from conformance.plan.probes import World
from conformance.plan.references import References
from conformance.plan.stage import Plan

Seen = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with its prices, and what was found out before.

    `trusting` is a simulator that takes links on trust: of other hosts' media it knows nothing.
    """

    plan: Plan
    costs: Mapping[str, Decimal | None]
    control: str | None
    id: str
    listed: prices.Listed = ()
    trusting: bool = False
    upstream: Upstream | None = None


def trusted(options: Options) -> ssl.SSLContext | bool:
    """What certificates are held against: those of a file, or the machine's own."""
    if not options.ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=str(options.ca_file))
    except (OSError, ssl.SSLError) as fault:
        raise UsageError(f"--ca-file {options.ca_file}: {fault}") from fault


@contextlib.asynccontextmanager
async def session(options: Options) -> AsyncIterator[aiohttp.ClientSession]:
    """The client of a run."""
    connector = Connector(ssl=trusted(options), limit=32)
    # Exactly: the library would round it up. The transport bounds each call as a whole.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=15, ceil_threshold=math.inf)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as made:
        yield made


async def prepare(options: Options, client: aiohttp.ClientSession) -> Prepared:
    """Find the control plane and plan."""
    earlier = transcript.load(options.resume) if options.resume else None
    folder.resumable(options)
    root, health = await find_control(options, client)
    token = options.admin_token
    behind = await upstream.find(options.upstream, client, token) if options.upstream else None
    id = str(earlier.meta["run"]) if earlier else secrets.token_hex(8)
    media = media_of(options, root, behind)
    world = World(
        catalogue=documents.catalogue(options.dialect),
        profile=options.profile,
        control=root is not None,
        second=bool(options.second_key) or (root is not None and not options.api_key),
        callback=options.loopback or bool(options.callback_url),
        media=media is not None,
        loopback=options.loopback,
        upstream=behind is not None,
        faces=behind is not None and sampled(media),
        cells=options.cells,
    )
    if earlier:
        _same_run(options, earlier, world)
    selected(options, [row.id for row in world.catalogue.rows])
    plan = plan_of(earlier.meta) if earlier else planned(world, options.select)
    if earlier and not options.prices:
        listed = prices.of(str(earlier.meta["dialect"]), earlier.prices)
    else:
        listed = prices.load(options.prices, options.dialect)
    costs = stage.worst(plan, listed, dict(options.models))
    affordable(options, plan, costs)
    trusting = health.get("references") == "trust"
    return Prepared(plan, costs, root, id, listed, trusting, behind)


def media_of(options: Options, control: str | None, behind: Upstream | None) -> str | None:
    """Where the reference media are: as told, else with the simulator that there is."""
    simulator = control or (behind and behind.root)
    return options.media_url or (f"{simulator}/_sim/media" if simulator else None)


def sampled(media: str | None) -> bool:
    """Whether reference media are the samples of a simulator."""
    return media is not None and "/_sim/media" in media


def affordable(options: Options, plan: Plan, costs: Mapping[str, Decimal | None]) -> None:
    """Refuse a budget in dollars where no order of the plan has a price."""
    orders = plan.with_cost("own", "shared")
    if options.max_contingent != 0:
        orders += plan.with_cost("contingent")
    limited = options.max_cost is not None and orders
    if limited and all(costs[each.key] is None for each in orders):
        raise UsageError(f"--max-cost {options.max_cost}: {prices.missing(options.dialect)}")


def _same_run(options: Options, earlier: Transcript, world: World) -> None:
    meta = earlier.meta
    for name, now in (("dialect", options.dialect), ("base_url", options.base_url)):
        if meta[name] != now:
            raise UsageError(f"--resume {options.resume} is a run of {meta[name]}, not of {now}")
    if meta.get("catalogue") != catalogued(options.dialect):
        raise UsageError(
            f"--resume {options.resume} is a run by another catalogue: judge it as it is, "
            "or start a new one"
        )
    needs = {"control": "a control plane", "second": "a second key", "upstream": "an upstream"}
    for need, text in needs.items():
        if bool(meta["world"].get(need)) != getattr(world, need):
            had = "had" if meta["world"].get(need) else "had not"
            raise UsageError(f"--resume {options.resume} is a run that {had} {text}")


async def find_control(
    options: Options, client: aiohttp.ClientSession
) -> tuple[str | None, Mapping[str, Any]]:
    """The root of the control plane, where there is one, and what it says of itself."""
    if (
        options.upstream
        or options.control == "none"
        or (options.control is None and not options.loopback)
    ):
        return None, {}
    root = options.control or root_of(options.base_url)
    health = await Control(client, root, "", options.admin_token).health()
    if health is not None:
        return root.rstrip("/"), health
    if options.control:
        raise UsageError(f"--control {options.control}: no control plane answers there")
    return None, {}


def keys(options: Options, prepared: Prepared) -> credentials.Accounts:
    """The keys of the run: the user's own, or fresh ones of a simulator."""
    simulated = prepared.control is not None
    if options.api_key:
        local = simulated or options.loopback
        own = credentials.Accounts(options.api_key, options.second_key, local)
        fresh = credentials.fresh(prepared.id, options.seed)
        return replace(own, clean=fresh.clean) if simulated else own
    if simulated:
        return credentials.fresh(prepared.id, options.seed)
    tried = options.loopback and options.control is None
    nobody = f" (no simulator answers at {root_of(options.base_url)})" if tried else ""
    raise UsageError(f"an API key is needed: --api-key or SEEDANCE_API_KEY{nobody}")


async def collect(
    options: Options,
    prepared: Prepared,
    client: aiohttp.ClientSession,
    seen: Seen = lambda exchange: None,
) -> Transcript:
    """The second stage: everything is sent, and written down as it comes back."""
    with folder.locked(options.report_dir):
        return await _collected(options, prepared, client, seen)


async def _collected(
    options: Options, prepared: Prepared, client: aiohttp.ClientSession, seen: Seen
) -> Transcript:
    run_file = options.report_dir / folder.RUN
    earlier = transcript.load(options.resume) if options.resume else None
    limits = Limits(options.max_cost, options.max_paid_tasks, options.max_contingent)
    if earlier:
        transcript.mend(run_file)
    else:
        folder.set_aside(options.report_dir)
    ledger = Ledger(options.report_dir / folder.LEDGER, limits, durable=not options.loopback)
    with transcript.writing(run_file, "a" if earlier else "w") as writer:
        if not earlier:
            writer.line("meta", meta(options, prepared.plan, prepared.id, prepared.listed))
        elif options.prices:
            writer.line("prices", {"prices": prices.recorded(prepared.listed)})
        run = collector(options, prepared, client, ledger, writer)
        run.seen = seen
        try:
            async with listening(options, run):
                if earlier:
                    run.remember(earlier)
                await preflight.check(run)
                try:
                    reason = await run.bounds.hold(_work(options, prepared, run))
                except ControlError as fault:
                    reason = f"the control plane fails: {fault}"
                if reason:
                    writer.line("stopped", {"reason": run.redactor.text(reason)})
        finally:
            ledger.close()
            with contextlib.suppress(TranscriptError):
                for _, fact in run.early:
                    writer.line("callback", {"of": "", **fact})
                writer.line("spent", ledger.spent(run.costs))
    return transcript.load(run_file)


async def _work(options: Options, prepared: Prepared, run: Collector) -> None:
    if not prepared.control:
        behind = prepared.upstream
        first = partial(upstream.picture, run, behind, options.seed) if behind else None
        await in_real_time.collect(run, options.seed, first)
        return
    # On connections of its own: what an endpoint sends too much cannot reach it.
    async with session(options) as apart:
        control = Control(apart, prepared.control, run.accounts.key, options.admin_token)
        await with_clock.collect(run, control)


def bounded(options: Options, prepared: Prepared) -> bounds.Bounds:
    """What the run may take."""
    return bounds.of(options.max_wait, len(prepared.plan.probes), options.rps)


def collector(
    options: Options,
    prepared: Prepared,
    client: aiohttp.ClientSession,
    ledger: Ledger,
    writer: Writer,
) -> Collector:
    """The collector of a run."""
    media = media_of(options, prepared.control, prepared.upstream)
    return Collector(
        plan=prepared.plan,
        base=options.base_url,
        accounts=keys(options, prepared),
        references=References(media, sampled(media), known={"$run": prepared.id}),
        transport=Transport(
            client, ledger, options.rps, trust=trusted(options), bounds=bounded(options, prepared)
        ),
        ledger=ledger,
        writer=writer,
        costs=prepared.costs,
        blind=prices.worst({}, prepared.listed, prepared.plan.world.catalogue) or ZERO,
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
        told = run.redactor.value({**fact, "headers": run.redactor.headers(fact["headers"])})
        run.heard(str(fact["body"]), {"at": run.now(), **told})

    host, port = options.callback_listen or ("127.0.0.1", 0)
    async with contextlib.AsyncExitStack() as stack:
        try:
            receiver = await stack.enter_async_context(Receiver(host, port, heard))
        except (OSError, UnicodeError) as fault:
            said = getattr(fault, "strerror", None) or "there is no such host"
            raise UsageError(f"--callback-listen {host}:{port}: {said}") from fault
        run.references.callback = options.callback_url or receiver.url
        yield
