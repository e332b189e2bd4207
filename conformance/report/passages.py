"""The X-ray for readers: what became of each field of an order, over all modes at once."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Row
from conformance.judge.leaves import same
from conformance.judge.xray import ARRIVED, CHANGED, DROPPED, Passage, Picture
from conformance.untrusted import clean

OUTCOMES = (DROPPED, CHANGED, ARRIVED)
ADDED = "added"
MOST_WIDE = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A field with what became of it, and the modes in which that was so."""

    field: str
    sent: str
    outcome: str
    arrived: str
    modes: tuple[str, ...]
    note: str = ""
    row: Row | None = None


@dataclass(frozen=True)
class XRay:
    """The pictures of all modes."""

    pictures: tuple[Picture, ...]

    @cached_property
    def seen(self) -> list[Picture]:
        """The modes that the upstream has seen an order of."""
        return [each for each in self.pictures if each.state == "seen"]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many fields of all orders arrived, were changed, were dropped, were added."""
        all_ = [each.outcome for picture in self.seen for each in picture.passages]
        added = sum(len(picture.added) for picture in self.seen)
        return {**{name: all_.count(name) for name in reversed(OUTCOMES)}, ADDED: added}

    @cached_property
    def summary(self) -> str:
        """The whole in a line."""
        told = ", ".join(f"{number} {name}" for name, number in self.counts.items())
        dialects = ", ".join(dict.fromkeys(each.dialect for each in self.seen)) or "nothing"
        modes = f"{len(self.seen)} of {len(self.pictures)} modes"
        return f"X-ray: {modes} reached the upstream, as {dialects}; fields: {told}"

    def table(self) -> list[Line]:
        """What became of each field: what did not arrive as it was comes first."""
        return sorted(self._passages(), key=lambda line: OUTCOMES.index(line.outcome))

    def _passages(self) -> Iterator[Line]:
        groups: dict[Any, list[tuple[Picture, Passage]]] = {}
        for picture in self.seen:
            for each in picture.passages:
                groups.setdefault(_key(each), []).append((picture, each))
        for some in groups.values():
            first = some[0][1]
            modes = tuple(dict.fromkeys(picture.mode for picture, _ in some))
            sent = shown([each.sent for _, each in some])
            arrived = _arrived([each for _, each in some])
            yield Line(
                anywhere(first.field), sent, first.outcome, arrived, modes, first.note, first.row
            )

    def added(self) -> Iterator[Line]:
        """What the gateway put into orders by itself."""
        groups: dict[str, list[tuple[Picture, Any]]] = {}
        for picture in self.seen:
            for place, value in picture.added:
                groups.setdefault(anywhere(place), []).append((picture, value))
        for place, some in groups.items():
            modes = tuple(dict.fromkeys(picture.mode for picture, _ in some))
            yield Line(place, "", ADDED, shown(value for _, value in some), modes)

    def modes(self, line: Line) -> str:
        """In which modes a line was seen."""
        if len(line.modes) == len(self.seen):
            return "all" if len(line.modes) > 1 else line.modes[0]
        return ", ".join(line.modes)

    def troubles(self) -> Iterator[str]:
        """What there is to say of modes in words: refusals, repeats, orders that never came."""
        for each in self.pictures:
            name = f"mode {each.mode}"
            if each.state == "refused":
                yield f"{name}: the gateway refused its order: {each.said}"
            elif each.state == "unseen":
                yield f"{name}: its order was taken, and did not reach the upstream"
            elif each.state == "not-sent":
                yield f"{name}: not sent: {each.said}"
            else:
                yield from _remarks(name, each)

    def data(self) -> dict[str, Any]:
        """The section `xray` of `report.json`."""
        return {
            "summary": self.summary,
            "totals": dict(self.counts),
            "modes": [_mode(each) for each in self.pictures],
        }


def _remarks(name: str, each: Picture) -> Iterator[str]:
    if not each.full:
        yield f"{name}: with every field set it was refused: {each.refused}"
    elif each.refused:
        yield f"{name}: the gateway refused its order: {each.refused}"
    if each.said:
        yield f"{name}: {each.said}"
    if each.times > 1:
        yield f"{name}: the gateway sent its order {each.times} times"


def _key(each: Passage) -> Any:
    places = tuple(anywhere(place) for place, _ in each.arrived)
    row = each.row.id if each.row else ""
    return anywhere(each.field), each.outcome, places, each.note, row


def anywhere(place: str) -> str:
    """A place without the numbers of items: what is so of one picture is so of nine."""
    return re.sub(r"\[\d+\]", "[]", place)


def _arrived(some: Sequence[Passage]) -> str:
    """Where it arrived, and as what where that is another thing than was sent."""
    parts = []
    for number, (place, _) in enumerate(some[0].arrived):
        values = [each.arrived[number][1] for each in some]
        alike = all(same(each.sent, value) for each, value in zip(some, values, strict=True))
        parts.append(anywhere(place) + ("" if alike else f" = {shown(values)}"))
    return ", ".join(parts)


def shown(values: Iterable[Any]) -> str:
    """A value in few letters; of several the first, and how many others there are."""
    texts = list(dict.fromkeys(orders.canonical(each) for each in values))
    text = clean.line(texts[0], MOST_WIDE)
    return text if len(texts) == 1 else f"{text} and {len(texts) - 1} more"


def _mode(each: Picture) -> dict[str, Any]:
    return {
        "mode": each.mode,
        "title": each.title,
        "state": each.state,
        "every_field": each.full,
        "said": each.said,
        "refused": each.refused,
        "exchange": each.number or None,
        "dialect": each.dialect or None,
        "times": each.times,
        "fields": [_field(passage) for passage in each.passages],
        "added": [{"field": place, "value": value} for place, value in each.added],
    }


def _field(each: Passage) -> dict[str, Any]:
    return {
        "field": each.field,
        "sent": each.sent,
        "outcome": each.outcome,
        "arrived": [{"field": place, "value": value} for place, value in each.arrived],
        "note": each.note,
        "row": each.row.id if each.row else None,
    }
