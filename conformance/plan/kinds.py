"""Which probes a row needs: pure functions from the catalogue, one per kind of expectation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from conformance.catalogue import orders
from conformance.catalogue.rows import Row
from conformance.plan import (
    answered,
    assets,
    balances,
    bodies,
    calls,
    cells,
    downloads,
    fields,
    frames,
    idempotency,
    lists,
    money,
    pairs,
    tasks,
    tenancy,
    terms,
)
from conformance.plan.probes import PROFILES, Probe, World

Draw = Callable[[Row, World], Iterator[Probe]]

KINDS: Mapping[str, Draw] = {
    "actual": tasks.actual,
    "adaptive": tasks.adaptive,
    "agrees": tasks.the_shared,
    "alone": fields.given,
    "answered": answered.answered,
    "ascending": tasks.the_shared,
    "asset": assets.asset,
    "balance": balances.balance,
    "billing": money.billing,
    "body-size": bodies.body_size,
    "callback": tasks.callback,
    "clip": tasks.clip,
    "compare": money.compare,
    "constant": tasks.of_phase,
    "content": downloads.content,
    "count": fields.count,
    "credentials": calls.credentials,
    "default": tasks.default,
    "delete": calls.delete,
    "effect": tasks.effect,
    "encoding": calls.encoding,
    "enum": fields.enum,
    "envelope": calls.envelope,
    "error": calls.error,
    "excludes": fields.given,
    "expiry": tasks.expiry,
    "form": fields.form,
    "frames": frames.frames,
    "header": calls.header,
    "hostile": bodies.hostile,
    "http": tasks.the_shared,
    "idempotent": idempotency.idempotent,
    "identity": tasks.the_shared,
    "ignored": fields.ignored,
    "kept": tasks.kept,
    "length": fields.length,
    "lifetime": tasks.lifetime,
    "link": calls.link,
    "linked": tasks.linked,
    "list": lists.listing,
    "malformed": bodies.malformed,
    "media": fields.limits,
    "media-type": bodies.media_type,
    "mode": fields.mode,
    "moment": tasks.the_shared,
    "no-echo": tasks.no_echo,
    "null-absent": fields.null_absent,
    "optional": fields.optional,
    "pairs": cells.combined,
    "pattern": tasks.of_phase,
    "progress": tasks.of_phase,
    "range": fields.in_range,
    "refund": money.refund,
    "refusal": calls.envelope,
    "refusal-text": fields.refusal_text,
    "required": fields.required,
    "requires": fields.given,
    "route": calls.route,
    "same": tasks.of_phase,
    "shape": tasks.of_phase,
    "stable": tasks.the_shared,
    "tenancy": tenancy.tenancy,
    "tokens": money.tokens,
    "transitions": tasks.the_shared,
    "type": fields.of_type,
    "unique": tasks.unique,
    "unsupported": fields.unsupported,
    "wins": tasks.wins,
    "witness": fields.given,
    "words": tasks.of_phase,
}


# What a control plane's own books show, and continuations of drafts, for which time is moved.
BOOKED = ("billing", "refund")
# Of more refusals than this each other model is asked only some.
MANY, SOME = 3, 2
# Accounts that only a simulator keeps. To a gateway before it their keys are nobody's.
KEPT = ("broke", "limited", "nogroup", "clean")


def lacking(row: Row, world: World) -> list[str]:
    """The needs of a row for which nothing is at hand.

    What a control plane is needed for an upstream's directives may do as well.
    """
    needs = [need for need in sorted(row.needs) if not world.has(need)]
    return [need for need in needs if need != "control" or not directed(row, world)]


def directed(row: Row, world: World) -> bool:
    """Whether directives bring about all that a row looks at, in a time that can be waited for."""
    if not world.upstream or row.kind in BOOKED:
        return False
    found = drawn(row, world)
    bodies = [orders.canonical(probe.body) for probe in found]
    if any("$draft" in body or ("face=" in body and not world.faces) for body in bodies):
        return False
    if any(probe.auth in KEPT for probe in found):
        return False
    return bool(found) and not any(_endless(probe) for probe in found)


def _endless(probe: Probe) -> bool:
    return probe.when.at is not None or bool(probe.fate and probe.fate.endless)


def drawn(row: Row, world: World) -> tuple[Probe, ...]:
    """All probes of a row, each once, whatever the profile."""
    if row.excluded is not None:
        return ()
    found: dict[str, Probe] = {}
    for probe in _formed(row, chain(KINDS[row.kind](row, world), _of_others(row, world))):
        known = found.get(probe.key)
        found[probe.key] = known.joined(probe) if known else probe
    return tuple(found.values())


def _of_others(row: Row, world: World) -> Iterator[Probe]:
    """What the row forbids several models, of one of each kind, where orders cost nothing.

    Of many values each other model is asked some, dealt out so that all have their turn.
    """
    model = world.dialect.request.first("model")
    named = row.expect.get("when", {}).get(model)
    if not isinstance(named, tuple) or not world.loopback or world.profile != "full":
        return
    for number, other in enumerate(pairs.one_of_each(world.catalogue, named)):
        when = {**row.expect["when"], model: other}
        own = replace(row, expect=MappingProxyType({**row.expect, "when": when}))
        refused = [each for each in KINDS[row.kind](own, world) if each.want == "refuse"]
        few = range(number * SOME, number * SOME + SOME)
        places = few if len(refused) > MANY else range(len(refused))
        yield from (refused[place % len(refused)] for place in places)


def _formed(row: Row, drawn: Iterator[Probe]) -> Iterator[Probe]:
    """The probes, their orders in the form that the row asks for."""
    form = terms.form(row.expect["sent_as"]) if "sent_as" in row.expect else None
    for probe in drawn:
        yield replace(probe, form=form) if form and probe.call == "create" else probe


def probes(row: Row, world: World) -> tuple[Probe, ...]:
    """The probes of a row that the profile buys."""
    allowed = PROFILES[world.profile]
    chosen = [probe for probe in drawn(row, world) if cost(row, probe) in allowed]
    if world.profile == "free":
        sure = row.level in ("must", "should")
        first = next((probe for probe in chosen if sure and probe.cost == "contingent"), None)
        chosen = [each for each in chosen if each.cost != "contingent" or each is first]
    kept = {probe.key for probe in chosen}
    return tuple(probe for probe in chosen if not probe.of or probe.of in kept)


def cost(row: Row, probe: Probe) -> str:
    """The class of a probe: an order that may be taken, however broken, is never free."""
    if probe.call != "create" or probe.form.is_raw or probe.cost != "free":
        return probe.cost
    return "own" if probe.want == "see" else "contingent"


def priced(row: Row, world: World) -> tuple[Probe, ...]:
    """The row's probes with their class settled."""
    return tuple(replace(probe, cost=cost(row, probe)) for probe in probes(row, world))
