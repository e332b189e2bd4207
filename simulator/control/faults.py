"""Asking for what goes wrong: named faults and faults of one's own."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from simulator.control.calls import Asked, Wrong, page, span
from simulator.control.clocks import KeyName
from simulator.control.plane import Plane
from simulator.control.plans import Times, is_for
from simulator.core.clock import SECOND
from simulator.core.config import Config
from simulator.core.faults import Own, StandingFault, Tally, Target, When
from simulator.core.near_misses import near
from simulator.engine.delivery import LONGEST_WAIT
from simulator.faults import custom
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.fault import ALWAYS, OF_A_TASK, Fault, Lag
from simulator.faults.registry import fault_of
from simulator.store.redaction import masked

MOST_FAULTS = 10_000
MOST_HEADERS = 50

Call = Literal["create", "query", "list", "delete", "download", "callback"]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Status = Annotated[int, msgspec.Meta(ge=200, le=599)]

_WHEN = re.compile(r"first(?::([1-9]\d{0,5}))?|nth:([1-9]\d{0,5})|(at-terminal)", re.ASCII)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
# Letters of any script, which are sent as UTF-8; nothing that would end the line.
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]{0,2000}")
# The server writes these itself; an answer with other ones would be no answer at all.
_OWN = {"content-length", "transfer-encoding", "connection"}


class FaultMatch(msgspec.Struct, forbid_unknown_fields=True):
    """`match` of a fault: to which calls it comes."""

    dialect: str | None = None
    key: KeyName | None = None
    call: Call | None = None


class Custom(msgspec.Struct, forbid_unknown_fields=True):
    """A fault of one's own."""

    status: Status | None = None
    headers: dict[str, str] = {}
    body: Any = msgspec.UNSET
    delay: str | int = 0


class FaultAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /_sim/faults`."""

    fault: str | Custom
    match: FaultMatch | None = None
    times: Times | msgspec.UnsetType | None = msgspec.UNSET
    when: str | None = None
    share: Share = 1.0


@dataclass(frozen=True, slots=True)
class Asking:
    """A fault that may stand: its name or a made-up one, for which calls, how often and when."""

    named: str | Own
    match: Target
    times: int | None
    when: When
    share: float


async def add(plane: Plane, asked: Asked) -> Any:
    """Let a fault stand, by its name or made up, for the calls that it is for."""
    fault = read(plane, asked.decode(FaultAsked))
    if await plane.faults.are(MOST_FAULTS):
        raise Wrong("too_many", f"there are {MOST_FAULTS} faults already", "fault")
    added = plane.faults.add(fault.named, fault.match, fault.times, fault.when, fault.share)
    return {"id": await added}


def read(plane: Plane, order: FaultAsked) -> Asking:
    """What a body asks for; Wrong where that cannot be."""
    named = order.fault if isinstance(order.fault, str) else _own(order.fault)
    fault = _named(named) if isinstance(named, str) else custom.custom(named)
    match = _match(plane, order.match or FaultMatch(), fault)
    passed = plane.passes_on(match.dialect)
    if passed is not None and (why := idle(fault, match.call, plane.engine.config)):
        text = f"{fault.name} does nothing here: {why} ({passed})"
        raise Wrong("bad_value", f"{text}; match.dialect may name another dialect", "fault")
    times = fault.times if order.times is msgspec.UNSET else order.times
    if fault.lasting and times is not None:
        raise Wrong("bad_value", f"{fault.name} goes on for ever: times must be null", "times")
    when = fault.when if order.when is None else _when(order.when, match, fault)
    return Asking(named, match, times, when, order.share)


def idle(fault: Fault, call: str | None, config: Config) -> str:
    """Why a fault can do nothing to orders that are not made here; empty where it can."""
    made_by, hears = config.made_by, config.replay is not None or config.public_url is not None
    if fault.backwards:
        return f"callbacks come in {made_by}'s order"
    if fault.of_terms:
        return f"{made_by} settles what tasks cost"
    if any(isinstance(act, Lag) for act in fault.acts):
        return f"{made_by} tells how tasks are now"
    calls = fault.calls if call is None else (call,)
    of_callbacks = set(calls) == {"callback"} or any(n.startswith("callbacks") for n in fault.needs)
    if of_callbacks and not hears:
        return "callbacks go to the client directly, unless --public-url lets them come through"
    return ""


def _named(name: str) -> Fault:
    fault = CATALOGUE.get(name)
    if fault is None:
        hint = near(name, CATALOGUE) or "seedance-sim faults lists all"
        raise Wrong("bad_value", f"there is no fault {name[:60]!r}: {hint}", "fault")
    return fault


def _own(given: Custom) -> Own:
    delay = span("fault.delay", given.delay)
    if delay > LONGEST_WAIT * SECOND:
        text = f"fault.delay is real time, and at most {LONGEST_WAIT:g} seconds"
        raise Wrong("bad_value", text, "fault.delay")
    if given.status is None and not given.headers and not delay and given.body is msgspec.UNSET:
        text = "fault must be a name or have a status, headers, a body or a delay"
        raise Wrong("bad_value", text, "fault")
    if len(given.headers) > MOST_HEADERS:
        raise Wrong("bad_value", f"at most {MOST_HEADERS} headers", "fault.headers")
    for name, value in given.headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OWN or not _VALUE.fullmatch(value):
            raise Wrong("bad_value", f"{name!r} cannot be set", f"fault.headers.{name[:60]}")
    return Own(given.status, given.headers, given.body, delay / SECOND)


def _match(plane: Plane, given: FaultMatch, fault: Fault) -> Target:
    if given.dialect is not None and given.dialect not in plane.dialects:
        names = ", ".join(plane.dialects)
        raise Wrong("bad_value", f"match.dialect must be one of {names}", "match.dialect")
    if given.call is not None and given.call not in fault.calls:
        text = f"{fault.name} is of {', '.join(fault.calls)}, not of {given.call}"
        raise Wrong("bad_value", text, "match.call")
    if given.dialect is not None:
        dialect = plane.dialects[given.dialect]
        lacking = fault.lacks(dialect) or fault.lacks(dialect, given.call)
        if lacking is not None:
            text = f"{fault.name} makes no sense for {given.dialect}: it does not have {lacking}"
            raise Wrong("bad_value", text, "match.dialect")
    return Target(given.dialect, given.key, given.call)


def _when(text: str, match: Target, fault: Fault) -> When:
    found = _WHEN.fullmatch(text)
    if found is None:
        raise Wrong("bad_value", "when must be first, first:N, at-terminal or nth:N", "when")
    if found[3]:
        calls = fault.calls if match.call is None else (match.call,)
        if OF_A_TASK.isdisjoint(calls):
            text = f"a {calls[0]} call is of no task yet, so it never comes after the end of one"
            raise Wrong("bad_value", text, "when")
        return When(terminal=True)
    return When(nth=int(found[2])) if found[2] else When(first=int(found[1] or 1))


async def index(plane: Plane, asked: Asked) -> Any:
    """The faults that stand, and how often each has fired; of one key those that may meet it."""
    key, limit, after = asked.parameters("key", "limit", "after")
    faults = [one for one in await plane.faults.standing() if is_for(key, one[0].target.key)]
    shown = page(faults, limit, after, lambda pair: pair[0].id)
    return {"items": [_shown(*pair) for pair in shown], "total": len(faults)}


def _shown(standing: StandingFault, tally: Tally) -> dict[str, Any]:
    fault, target = fault_of(standing), standing.target
    own = {} if standing.own is None else {"own": _shown_own(standing.own)}
    return {
        "id": standing.id,
        "fault": fault.name,
        "does": fault.does,
        "match": msgspec.structs.replace(target, key=target.key and masked(target.key)),
        "times": tally.left(standing),
        "when": _words(standing.when),
        "share": standing.share,
        "permanent": standing.permanent,
        "fired": tally.fired,
        **own,
    }


def _shown_own(own: Own) -> dict[str, Any]:
    """A fault of somebody's own as it was asked for."""
    shown = {"status": own.status, "headers": own.headers, "delay": round(own.delay * SECOND)}
    return shown if own.body is msgspec.UNSET else {**shown, "body": own.body}


def _words(when: When) -> str | None:
    if when == ALWAYS:
        return None
    if when.nth is not None:
        return f"nth:{when.nth}"
    first = "" if when.first is None else f"first:{when.first}"
    return " ".join(word for word in ("at-terminal" if when.terminal else "", first) if word)


async def drop_all(plane: Plane, asked: Asked) -> Any:
    """Take back every fault but those of the command line."""
    asked.parameters()
    return {"deleted": await plane.faults.drop()}


async def drop(plane: Plane, asked: Asked) -> Any:
    """Take back one fault."""
    asked.parameters()
    name = asked.args["id"]
    if any(one.id == name and one.permanent for one, _ in await plane.faults.standing()):
        raise Wrong("permanent", f"{name} is a defect of this server", "id")
    if not await plane.faults.drop(name):
        raise Wrong("not_found", f"there is no fault {name}", "id", 404)
    return {"deleted": 1}
