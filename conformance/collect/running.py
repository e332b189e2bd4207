"""A run itself: its keys, its client, what is sent, and what is written down."""

import contextlib
import math
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

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
from conformance.collect.opening import meta
from conformance.collect.options import Options, UsageError
from conformance.collect.preparing import Prepared, media_of, sampled
from conformance.collect.receiver import Receiver
from conformance.collect.transcript import Exchange, Transcript, TranscriptError, Writer
from conformance.collect.transport import Transport
from conformance.plan import prices
from conformance.plan.ledger import ZERO, Ledger, Limits
from conformance.plan.references import References

Seen = Callable[[Exchange], None]


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
    with (
        transcript.writing(run_file, "a" if earlier else "w") as writer,
        tempfile.TemporaryDirectory(prefix="seedance-") as scratch,
    ):
        if not earlier:
            writer.line("meta", meta(options, prepared.plan, prepared.id, prepared.listed))
        elif options.prices:
            writer.line("prices", {"prices": prices.recorded(prepared.listed)})
        run = collector(options, prepared, client, ledger, writer)
        run.seen, run.scratch = seen, Path(scratch)
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
