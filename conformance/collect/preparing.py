"""What is found out before a run: the control plane, the plan, and what it may cost."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import aiohttp

from conformance.catalogue import documents
from conformance.collect import folder, transcript, upstream
from conformance.collect.control import Control, root_of
from conformance.collect.opening import catalogued, plan_of, planned
from conformance.collect.options import Options, UsageError, selected
from conformance.collect.transcript import Transcript
from conformance.collect.upstream import Upstream
from conformance.plan import prices, stage
from conformance.plan.probes import World
from conformance.plan.stage import Plan


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
