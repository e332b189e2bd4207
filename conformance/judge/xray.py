"""What a gateway makes of an order, field by field: what was sent beside what its upstream got."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.catalogue import documents, reader
from conformance.catalogue.documents import Catalogue
from conformance.catalogue.rows import Row
from conformance.catalogue.wire import Request
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import leaves
from conformance.judge.case import told
from conformance.judge.leaves import Leaf
from conformance.plan import xray
from conformance.plan.permits import SURE
from conformance.plan.stage import Plan
from conformance.plan.xray import Ray

ARRIVED, CHANGED, DROPPED = "arrived", "changed", "dropped"
# Which rows say of a field that it works: what is seen of it first, then what it may hold.
WORKS = ("effect", "clip", "mode", "form", "enum", "range", "required")


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of one field: where and as what it arrived, and the row that says it works."""

    field: str
    sent: Any
    outcome: str
    arrived: tuple[tuple[str, Any], ...] = ()
    note: str = ""
    row: Row | None = None
    medium: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """One mode in the X-ray.

    `state` is `seen`, or why there is nothing to compare: `refused` by the gateway, `unseen` by the
    upstream, `not-sent`. `full` is whether every field was set. `dialect` is what the gateway spoke
    to its upstream, `times` how often it sent the order, `upstream_said` how that refused it.
    """

    mode: str
    title: str
    state: str
    full: bool = True
    said: str = ""
    refused: str = ""
    number: int = 0
    dialect: str = ""
    times: int = 0
    passages: tuple[Passage, ...] = ()
    added: tuple[tuple[str, Any], ...] = ()


def pictures(plan: Plan, transcript: Transcript) -> tuple[Picture, ...]:
    """The X-ray of a run, mode by mode; empty where no simulator stood behind the gateway."""
    by_mode: dict[str, list[Ray]] = {}
    for ray in xray.rays(plan.world):
        by_mode.setdefault(ray.mode.name, []).append(ray)
    return tuple(_picture(plan, transcript, some) for some in by_mode.values())


def _picture(plan: Plan, transcript: Transcript, rays: Sequence[Ray]) -> Picture:
    """The mode by the fullest of its orders that arrived, else by the last that was sent."""
    mode, refused = rays[0].mode, ""
    last = Picture(mode.name, mode.title, "not-sent", said=_unsent(transcript, rays))
    for ray in rays:
        answer = transcript.sent(ray.probe.key)
        if answer is None:
            continue
        fact = transcript.fact("xray", ray.probe.key)
        taken = reader.outcome(plan.world.dialect, answer.status, answer.json) == "accepted"
        if fact and isinstance(answer.sent, Mapping):
            return _compared(plan, ray, answer, fact, refused or ("" if taken else told(answer)))
        state = "unseen" if taken else "refused"
        last = Picture(mode.name, mode.title, state, ray.full, told(answer), number=answer.number)
        refused = refused or ("" if taken else told(answer))
    return last


def _unsent(transcript: Transcript, rays: Iterable[Ray]) -> str:
    notes = (transcript.fact("skipped", ray.probe.key) for ray in rays)
    return next((str(note["reason"]) for note in notes if note), "it was not sent")


def _compared(
    plan: Plan, ray: Ray, answer: Exchange, fact: Mapping[str, Any], refused: str
) -> Picture:
    name = str(fact.get("dialect", ""))
    passages, added = compared(plan.world.catalogue, ray, answer.sent, name, fact.get("body"))
    status = fact.get("status")
    call = str(fact.get("call", ""))
    said = f"the upstream refused it at {call}: HTTP {status}" if status not in (200, None) else ""
    return Picture(
        ray.mode.name,
        ray.mode.title,
        "seen",
        ray.full,
        said,
        refused,
        answer.number,
        name,
        int(fact.get("times", 1)),
        passages,
        added,
    )


def compared(
    catalogue: Catalogue, ray: Ray, sent: Any, upstream: str, body: Any
) -> tuple[tuple[Passage, ...], tuple[tuple[str, Any], ...]]:
    """The fields of an order with what became of each, and what its gateway has added."""
    known = upstream in documents.dialects()
    request = documents.catalogue(upstream).dialect.request if known else Request({})
    before = _named(catalogue, leaves.of(sent, catalogue.dialect.request))
    after = leaves.of(body if isinstance(body, Mapping) else {}, request)
    passages, used = [], set[str]()
    for leaf in before:
        if _structural(leaf, before):
            continue
        passage, places = _passage(leaf, before, after, request, used)
        used.update(places)
        passages.append(_with_row(catalogue, ray, leaf, passage))
    said = {(leaf.name, str(leaf.value)) for leaf in before}
    inside = {leaf.name for leaf in before if leaf.holder}  # what became of it a note says
    added = [
        (leaf.place, leaf.value)
        for leaf in after
        if leaf.place not in used
        and leaf.name not in _selecting(leaf, after)
        and (leaf.name, str(leaf.value)) not in said
        and not (leaf.holder and leaf.name in inside)
    ]
    return tuple(passages), tuple(added)


def _named(catalogue: Catalogue, found: Sequence[Leaf]) -> Sequence[Leaf]:
    """The values; of a field without words, under the words of what it decides over."""
    request, over = catalogue.dialect.request, xray.deciding(catalogue)
    words = {
        field: frozenset(word for word in request.fields if under in request.all(word))
        for field, under in over.items()
    }
    return [
        leaf if leaf.words else replace(leaf, words=words.get(leaf.place, leaf.words))
        for leaf in found
    ]


def _selecting(leaf: Leaf, all_: Sequence[Leaf]) -> set[str]:
    """The keys of an item by which the head finds what else stands in it."""
    return {key for each in all_ if leaf.holder == each.holder for key in each.selected}


def _structural(leaf: Leaf, all_: Sequence[Leaf]) -> bool:
    """Whether a value only says what its neighbour in the same item is."""
    return (
        bool(leaf.holder)
        and not leaf.words
        and any(each.holder == leaf.holder and each.words for each in all_)
    )


def _passage(
    leaf: Leaf, before: Sequence[Leaf], after: Sequence[Leaf], request: Request, used: set[str]
) -> tuple[Passage, list[str]]:
    """What became of a value, and the places at the upstream that this accounts for."""
    if found := _composed(leaf, after):
        return found
    alike = [each for each in after if each.words & leaf.words] if leaf.words else []
    free = [each for each in alike if each.place not in used]
    equal = [each for each in after if leaves.same(leaf.value, each.value)]
    names = {each.name for each in before}
    for each in sorted(equal, key=lambda each: (each not in alike, each.place in used)):
        strange = not each.words and each.place not in used and each.name not in names
        telling = leaves.plain(leaf.value) or (strange and leaves.odd(leaf.value))
        if each in alike or each.name == leaf.name or telling:
            return _met(leaf, each, before, after, request, each in alike), [each.place]
    named = [each for each in after if each.name == leaf.name and each.place not in used]
    for each in (free or named)[:1]:
        if not _another(each, before, leaf):
            passage = Passage(leaf.place, leaf.value, CHANGED, ((each.place, each.value),))
            return passage, [each.place]
    return Passage(leaf.place, leaf.value, DROPPED), []


def _another(each: Leaf, before: Sequence[Leaf], leaf: Leaf) -> bool:
    """Whether what stands there is the value of another field of the order."""
    return any(
        other is not leaf and other.words & each.words and leaves.same(other.value, each.value)
        for other in before
    )


def _met(
    leaf: Leaf,
    each: Leaf,
    before: Sequence[Leaf],
    after: Sequence[Leaf],
    request: Request,
    at: bool,
) -> Passage:
    """A value that arrived: as what it was, or as another thing."""
    arrived = ((each.place, each.value),)
    roles = _role(leaf, before), _role(each, after)
    if "medium" in leaf.words and (note := _recast(leaf, each, *roles)):
        return Passage(leaf.place, leaf.value, CHANGED, arrived, note)
    wanted = [field for word in sorted(leaf.words) for field in request.all(word)]
    if not at and wanted and "medium" not in leaf.words:
        note = f"it is read at {wanted[0]} there"
        return Passage(leaf.place, leaf.value, CHANGED, arrived, note)
    return Passage(leaf.place, leaf.value, ARRIVED, arrived)


def _recast(leaf: Leaf, each: Leaf, sent: str, arrived: str) -> str:
    """What is to be said of a medium that arrived as another thing than it was sent as."""
    if not sent or sent == arrived:
        return ""
    if arrived:
        return f"sent as {sent}, arrived as {arrived}"
    return f"sent as {sent}, arrived without a role" if leaf.holder and each.holder else ""


def _role(leaf: Leaf, all_: Sequence[Leaf]) -> str:
    """What a medium is said to be, where anything says it: its word, else the item's own."""
    if leaf.frame or not leaf.holder:
        return leaf.frame
    siblings = (each for each in all_ if each.holder == leaf.holder and not each.words)
    said = (each.value for each in siblings if each.name not in leaf.selected)
    return next((str(each) for each in said), "")


def _composed(leaf: Leaf, after: Sequence[Leaf]) -> tuple[Passage, list[str]] | None:
    """A size in pixels that arrives as a resolution and a ratio."""
    if "size" not in leaf.words or any("size" in each.words for each in after):
        return None
    parts = [each for word in ("resolution", "ratio") for each in after if word in each.words]
    if not parts:
        return None
    outcome = ARRIVED if _measures(str(leaf.value), parts) else CHANGED
    arrived = tuple((each.place, each.value) for each in parts)
    return Passage(leaf.place, leaf.value, outcome, arrived), [each.place for each in parts]


def _measures(size: str, parts: Sequence[Leaf]) -> bool:
    """Whether a resolution and a ratio come to a size: its shorter side and its shape."""
    said = {word: str(each.value) for each in parts for word in each.words}
    numbers = [part for part in size.lower().split("x") if part.isdigit()]
    sides = [part for part in said.get("ratio", "").split(":") if part.isdigit()]
    if len(numbers) != 2 or len(sides) != 2:
        return False
    width, height = map(int, numbers)
    wide, high = map(int, sides)
    shape = abs(width * high - height * wide) <= max(width, height)
    return shape and said.get("resolution", "").lower() == f"{min(width, height)}p"


def _with_row(catalogue: Catalogue, ray: Ray, leaf: Leaf, passage: Passage) -> Passage:
    """A passage of what did not arrive as it was, with the row that says it works."""
    medium = "medium" in leaf.words
    if passage.outcome == ARRIVED:
        return replace(passage, medium=medium)
    row = next(iter(sorted(_about(catalogue, ray, leaf), key=_weight)), None)
    return replace(passage, medium=medium, row=row)


def _weight(row: Row) -> tuple[bool, int, int, bool]:
    """What of an effect stands in answers alone says little of what reached the upstream."""
    shown = row.expect.get("shown", ())
    told = row.kind == "effect" and not any(each.startswith("clip") for each in shown)
    return told, WORKS.index(row.kind), SURE.index(row.level), "when" in row.expect


def _about(catalogue: Catalogue, ray: Ray, leaf: Leaf) -> Iterator[Row]:
    """The plain rows about a field, and for a medium those about its mode."""
    request = catalogue.dialect.request
    fields = {field for word in leaf.words for field in request.all(word)} | {leaf.place}
    fields |= {field for word in leaf.words for field in request.media.get(word, ())}
    for row in catalogue.testable:
        if row.level not in SURE or row.kind not in WORKS:
            continue
        mode = row.kind == "mode" and row.expect["mode"] == ray.mode.name
        of = row.expect.get("of" if row.kind == "clip" else "field")
        if (mode and "medium" in leaf.words) or of in fields:
            yield row
