"""The simulator behind the gateway under test, as a witness: what of an order reached it.

Nothing is asked of it but to be read. Its clock and its plans belong to whoever runs it; outcomes
are asked for in the prompts that the gateway passes on.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from conformance.catalogue import orders
from conformance.collect import in_real_time
from conformance.collect.collector import Collector
from conformance.collect.control import Control, ControlError
from conformance.collect.texts import UsageError
from conformance.plan import xray
from conformance.plan.references import ORDERED, mark
from conformance.plan.xray import Ray
from conformance.untrusted.bounds import bounded, is_link

PAGE, MOST_PAGES = 100, 1000
ENOUGH = 2  # orders that were taken and did not arrive, to tell that none will
KEPT = 1000  # calls of others that nobody claims
PATIENCE_S, LOOK_S = 10.0, 0.2


class Upstream:
    """The control plane of the upstream, read only."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._key: Any = None
        # Also what went to an address where nothing is: it shows that the gateway stands there.
        self._last = {"create": 0, "other": 0}
        self._unclaimed: list[Mapping[str, Any]] = []

    @property
    def root(self) -> str:
        """Where it stands."""
        return self._control.root

    async def begin(self) -> None:
        """Leave out what was ordered before; UsageError where it cannot be read or used."""
        try:
            clock = await self._control.call("GET", "/_sim/clock")
            await self.forget()
        except ControlError as fault:
            raise UsageError(
                f"--upstream {self.root}: its control plane does not let itself be read "
                f"(SEEDANCE_SIM_ADMIN_TOKEN, --control open): {fault}"
            ) from fault
        if isinstance(clock, Mapping) and clock.get("frozen") is True:
            raise UsageError(
                f"--upstream {self.root}: its clock stands still, and behind a gateway time has to "
                'run: start it without --freeze, or POST {"freeze": false} to its /_sim/clock'
            )

    async def _news(self) -> None:
        """Read the orders that have come since."""
        for kind in self._last:
            for _ in range(MOST_PAGES):
                query = urlencode({"kind": kind, "after": self._last[kind], "limit": PAGE})
                body = await self._control.call("GET", f"/_sim/calls?{query}")
                items = body.get("items") if isinstance(body, Mapping) else None
                found = [each for each in items or () if isinstance(each, Mapping)]
                ids = [each["id"] for each in found if isinstance(each.get("id"), int)]
                self._last[kind] = max([self._last[kind], *ids])
                self._unclaimed += found
                if len(found) < PAGE:
                    break
        self._unclaimed = self._unclaimed[-KEPT:]

    async def forget(self) -> None:
        """Leave out what has come until now."""
        await self._news()
        self._unclaimed.clear()

    async def arrived(
        self, marks: tuple[str, ...], sure: bool, patience: float
    ) -> list[Mapping[str, Any]]:
        """The calls that hold one of the marks, once there are some.

        A mark that is not `sure` may stand in another's order too: then only calls with the key
        count with which the gateway has sent what was sure.
        """
        until = time.monotonic() + patience
        while True:
            await self._news()
            found = [call for call in self._unclaimed if self._fits(call, marks, sure)]
            if found:
                self._unclaimed = [call for call in self._unclaimed if call not in found]
                self._key = found[-1].get("key") if sure else self._key
                return found
            if time.monotonic() >= until:
                return []
            await asyncio.sleep(LOOK_S)

    def _fits(self, call: Mapping[str, Any], marks: tuple[str, ...], sure: bool) -> bool:
        own = sure or self._key in (None, call.get("key"))
        return own and any(_holds(call, mark) for mark in marks)


def _holds(call: Mapping[str, Any], text: str) -> bool:
    return any(text in each for each in orders.strings(_body(call)))


async def find(url: str, client: aiohttp.ClientSession, token: str) -> Upstream:
    """The simulator at an address, which may be its root or that of a dialect of it."""
    for root in _roots(url):
        control = Control(client, root, "", token)
        if await control.health() is not None:
            return Upstream(control)
    raise UsageError(f"--upstream {url}: no simulator answers there")


def _roots(url: str) -> Iterator[str]:
    """An address, and those above it."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    while path:
        yield f"{parts.scheme}://{parts.netloc}{path}"
        path = path.rpartition("/")[0]
    yield f"{parts.scheme}://{parts.netloc}"


async def picture(run: Collector, upstream: Upstream, seed: int = 0) -> None:
    """Send the orders of the X-ray one after another, and note as what each arrived.

    UsageError where some are taken and nothing arrives: then another server stands behind.
    """
    chance, done, ways = random.Random(seed), set[str](), list[bool]()
    await upstream.begin()
    for ray in xray.rays(run.plan.world):
        if ray.mode.name in done:
            continue
        if run.answered.get(ray.probe.key) != "accepted":  # else it was, in what was resumed
            await upstream.forget()
            await in_real_time.order(run, ray.probe, chance)
            ways += await _noted(run, upstream, ray)
        if run.answered.get(ray.probe.key) in ("accepted", "skipped"):
            done.add(ray.mode.name)  # what there was no money for, there is none for again
        if len(ways) >= ENOUGH and not any(ways):
            break
    if ways and not any(ways):
        raise UsageError(
            f"no order of this run has reached the simulator at {upstream.root}: it does not "
            f"stand behind {run.base}. Leave --upstream out"
        )


async def _noted(run: Collector, upstream: Upstream, ray: Ray) -> list[bool]:
    """Whether an order arrived, noted as what; nothing where it was not taken and did not."""
    taken = run.answered.get(ray.probe.key) == "accepted"
    if run.answered.get(ray.probe.key) == "skipped":
        return []
    calls = await _calls(run, upstream, ray, PATIENCE_S if taken else LOOK_S)
    if calls:
        run.writer.line("xray", {"of": ray.probe.key, **_fact(run, calls)})
    return [bool(calls)] if calls or taken else []


async def _calls(
    run: Collector, upstream: Upstream, ray: Ray, patience: float
) -> list[Mapping[str, Any]]:
    """The calls by which an order arrived: by the mark in its words, else by the links in it.

    Some modes have no words, and some gateways write them anew.
    """
    texts = list(orders.strings(ray.probe.body))
    named = [each.removeprefix(ORDERED).partition(" ")[0] for each in texts if ORDERED in each]
    marks = tuple(mark(run.references.known["$run"], each) for each in named)
    if marks and (calls := await upstream.arrived(marks, True, patience)):
        return calls
    plain = [each for each in texts if ORDERED not in each]
    links = tuple(filter(is_link, _real(run, plain)))
    return await upstream.arrived(links, False, LOOK_S if marks else patience)


def _real(run: Collector, texts: list[str]) -> list[str]:
    """The texts as they were sent; in a form the media are files, and no links."""
    if run.dialect.form != "json":
        return [each for each in texts if not each.startswith("$")]
    found: list[str] = orders.replaced(texts, run.references.link)
    return found


def _fact(run: Collector, calls: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The last of the calls that the upstream took, else the last: a gateway may try again."""
    last = next((each for each in reversed(calls) if _status(each) == 200), calls[-1])
    body = run.redactor.value(bounded(_body(last)))
    run.bounds.keep(len(orders.canonical(body)), body)
    return {
        "dialect": str(last.get("dialect") or ""),
        "status": _status(last),
        "call": f"{orders.at(last, '/request/method')[1]} {orders.at(last, '/request/path')[1]}",
        "times": len(calls),
        "body": body,
    }


def _status(call: Mapping[str, Any]) -> Any:
    return orders.at(call, "/reply/status")[1]


def _body(call: Mapping[str, Any]) -> Any:
    """The body of a call; of a form the fields by their names, as the suite writes its own."""
    body = orders.at(call, "/request/body")[1]
    parts = body.get("parts") if isinstance(body, Mapping) else None
    if not isinstance(parts, list):
        return body
    found: dict[str, list[Any]] = {}
    for part in parts:
        if isinstance(part, Mapping):
            file = f"<{part.get('filename')}, {part.get('size')} bytes>"
            found.setdefault(str(part.get("name")), []).append(part.get("text", file))
    return {name: some[0] if len(some) == 1 else some for name, some in found.items()}
