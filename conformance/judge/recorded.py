"""Recordings of somebody's client: its calls become probes, so that rows are judged by them.

The suite's own run asks what its rows need. A client asked what it wanted, so a recording shows a
part of the rows: all that speak of tasks, their answers and their clips, and of rules about orders
those that an order broke. An order that was taken although a row forbids it breaks that row. One
that was refused although no row is known to forbid it is no finding: it may have had its reasons
(no balance, a picture that could not be fetched), and the suite asks for itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from conformance.catalogue import orders, reader
from conformance.catalogue.rows import Row, freeze
from conformance.collect import measuring
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge.verdicts import JUDGED, Result
from conformance.plan import permits
from conformance.plan.probes import Probe, World
from conformance.plan.stage import Plan

SHOWN = "the recording does not show it"
# Rows of these kinds look at each task of a run that is theirs, and at nothing that was asked for.
BY_TASK = ("identity", "stable", "no-echo")
_PART = re.compile(r'name="([^"]*)"(?:; filename="([^"]*)")?')
_DIGEST = re.compile(r"[0-9a-f]{64}")


def of(made: Plan, found: Transcript, path: Path) -> tuple[Plan, Transcript]:
    """The plan that a client followed, and its transcript with the facts of its clips."""
    world = replace(made.world, profile="full")
    ordered = tuple(_probes(world, found))
    probes = {probe.key: probe for probe, _ in ordered}
    plan = replace(
        made,
        world=world,
        probes={**made.probes, **probes},
        drawn={row.id: tuple(_about(row, ordered, world)) for row in made.rows},
        users={probe.key: tuple(_users(made, probe, broken)) for probe, broken in ordered},
    )
    facts = (*found.facts, *_clips(found, path))
    return plan, replace(found, exchanges=tuple(_polls(world, found)), facts=facts)


def _polls(world: World, found: Transcript) -> Iterator[Exchange]:
    """The exchanges, of which those are set aside that tell of no task as its page has it.

    That are queries by another path, which have a shape of their own, and those of a task that its
    client has deleted.
    """
    gone: set[str] = set()
    for each in found.exchanges:
        path = each.url.removeprefix(str(found.meta["base_url"]))
        usual = world.dialect.query.path.replace("{id}", each.task)
        if each.call == "delete" and each.status is not None and each.status < 300:
            gone.add(each.task)
        aside = each.task in gone or unquote(path) != unquote(usual)
        yield replace(each, tag="aside") if each.call == "query" and aside else each


def _probes(world: World, found: Transcript) -> Iterator[tuple[Probe, tuple[str, ...]]]:
    """The orders of a recording from which something follows, each with the rows that it breaks."""
    clips = {str(fact.get("of", "")) for fact in found.facts if fact["kind"] == "file"}
    create = world.dialect.create
    for each in found.exchanges:
        path = each.url.removeprefix(str(found.meta["base_url"]))
        order = _order(world, each)
        if each.call != "create" or each.auth != "key" or path != create.path or order is None:
            continue
        taken = reader.outcome(world.dialect, each.status, each.json) == "accepted"
        broken, want = _wanted(world, order, taken)
        follow = frozenset({"query", "clip"} if each.probe in clips else {"query"})
        if want:
            probe = Probe("create", each.method, path, freeze(order), want=want, cost="own")
            yield replace(probe, follow=follow, name=each.probe), broken


def _wanted(
    world: World, order: Mapping[str, Any], taken: bool
) -> tuple[tuple[str, ...], str | None]:
    """The rows that an order breaks, and what had to become of it; None where nobody can say.

    What a gateway calls its models is its own matter, and a row of examples says of other orders
    only that they are like one.
    """
    model = world.dialect.request.first("model")
    ids, sure = permits.broken(world.catalogue, order)
    rows = [world.catalogue.row(id) for id in ids]
    rows = [row for row in rows if row.expect.get("field") != model]
    if not rows and taken:
        return (), "accept" if sure and not ids else "see"
    if len(rows) < len(ids) or not sure or any(_unsure(row, order) for row in rows) or not rows:
        return (), None
    return tuple(ids), "refuse"


def _unsure(row: Row, order: Mapping[str, Any]) -> bool:
    """Whether a row may have meant something else: an example, or a value of another type."""
    if row.kind != "enum":
        return row.kind == "witness"
    known = {str(value) for value in row.expect["values"]}
    return any(str(value) in known for value in orders.read(order, row.expect["field"]))


def _users(plan: Plan, probe: Probe, broken: Iterable[str]) -> Iterator[str]:
    """The rows of the plan that an order is evidence for."""
    for row in plan.rows:
        if row.id in broken or (probe.want == "accept" and row.level in permits.SURE):
            yield row.id


def _about(
    row: Row, ordered: tuple[tuple[Probe, tuple[str, ...]], ...], world: World
) -> Iterator[Probe]:
    """The orders by which a row is judged: of a rule only where one of them breaks it alone."""
    good = [
        probe
        for probe, _ in ordered
        if probe.want == "accept" and orders.matches(probe.body, row.expect.get("when", {}))
    ]
    against = [probe for probe, broken in ordered if broken == (row.id,)]
    field = str(row.expect.get("field", ""))
    if row.kind in BY_TASK:
        yield from good
    elif row.kind == "effect":
        values = row.expect.get("values", ())
        yield from (each for each in good if orders.value_of(each.body, field) in values)
    elif row.kind in permits.KINDS and against:
        yield from against
        yield from (each for each in good if not field or orders.read(each.body, field))


def _order(world: World, each: Exchange) -> Mapping[str, Any] | None:
    """What was ordered, where it can be read."""
    if isinstance(each.sent, Mapping):
        return each.sent
    kind = str(each.sent_headers.get("content-type", ""))
    if not isinstance(each.sent, str) or not kind.startswith("multipart/form-data"):
        return None
    boundary = kind.partition("boundary=")[2].partition(";")[0].strip('" ')
    found: dict[str, Any] = {}
    for part in each.sent.split(f"--{boundary}")[1:-1]:
        head, _, content = part.partition("\r\n\r\n")
        if (name := _PART.search(head)) is None:
            continue
        text = name[2] or content.removesuffix("\r\n")
        found[name[1]] = int(text) if _counted(world, name[1]) and text.isdecimal() else text
    return found


def _counted(world: World, field: str) -> bool:
    """Whether a field of a form is a number."""
    rows = (row.expect for row in world.catalogue.testable if row.kind == "range")
    return any(expect["field"] == field for expect in rows)


def _clips(found: Transcript, path: Path) -> Iterator[Mapping[str, Any]]:
    """The facts of the clips that lie beside a recording."""
    folder = path.with_name(path.name + ".files")
    measured: dict[str, Mapping[str, Any] | None] = {}
    for fact in found.facts:
        name = str(fact.get("name", ""))
        if fact["kind"] != "file" or not _DIGEST.fullmatch(name):
            continue
        if name not in measured:
            measured[name] = _measured(folder / name)
        if facts := measured[name]:
            yield {"kind": "clip", "of": str(fact.get("of", "")), **facts}


def _measured(file: Path) -> Mapping[str, Any] | None:
    """What a clip is; None of another file, or of one that is not the recorded one."""
    try:
        if not file.is_file():
            return None
        with file.open("rb") as raw:
            if raw.read(8)[4:] != b"ftyp":
                return None
            raw.seek(0)
            if file_digest(raw, "sha256").hexdigest() != file.name:
                return None
    except OSError:
        return None
    return measuring.measurer().clip(file)


def told(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results, of which those without evidence say why there is none: no option gives it."""
    return tuple(
        replace(each, result="not-run", message=SHOWN, lacks="", outside=False)
        if each.lacks or (each.result == "not-run" and not each.evidence)
        else each
        for each in results
    )


def verdict_line(results: Iterable[Result]) -> str:
    """How much a recording shows, and what shows the rest."""
    rows = list(results)
    judged = sum(each.result in JUDGED for each in rows)
    return (
        f"a recording shows what its client did: {judged} of {len(rows)} rows could be judged; "
        "seedance-conformance run asks for the others"
    )
