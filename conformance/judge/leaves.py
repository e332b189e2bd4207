"""An order as leaves: each of its values with its place, and what it says by the dialect's head."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.wire import Request

# What says of a medium that it is the first or the last picture, not only that it is one.
FRAMES = ("first_frame", "last_frame")
FILE = re.compile(r"<.*, (\d+) bytes>")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of an order at its place, such as `items[1].url`.

    `words` are those of the head whose fields lead here, `selected` the keys by which they do:
    `type` and `role` of an item, which say nothing more than the words.
    """

    place: str
    value: Any
    words: frozenset[str] = frozenset()
    selected: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The last key on the way."""
        return re.sub(r"\[\d+\]$", "", self.place).rpartition(".")[2]

    @property
    def holder(self) -> str:
        """The item that holds the value, where an item does: `content[1]`."""
        head, mark, _ = self.place.partition("].")
        return head + "]" if mark else ""

    @property
    def frame(self) -> str:
        """Which picture of the clip it is to be, where that is said."""
        return next((word for word in FRAMES if word in self.words), "")


def of(order: Mapping[str, Any], request: Request) -> tuple[Leaf, ...]:
    """The leaves of an order, by what a dialect's head says of its fields."""
    words: dict[str, set[str]] = {}
    selected: dict[str, set[str]] = {}
    media = {(word, "medium"): fields for word, fields in request.media.items()}
    told = {(word, ""): fields for word, fields in request.fields.items()}
    for (word, medium), fields in {**told, **media}.items():
        for field in fields:
            for place in places(order, field):
                words.setdefault(place, set()).update({word, medium} - {""})
                keys = {step[1] for step in orders.steps(field) if step[1]}
                selected.setdefault(place, set()).update(keys)
    return tuple(
        Leaf(place, value, frozenset(words.get(place, ())), frozenset(selected.get(place, ())))
        for place, value in _flat(order, "")
    )


def _flat(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for number, item in enumerate(value):
            yield from _flat(item, f"{place}[{number}]")
    elif place:
        yield place, value


def places(order: Mapping[str, Any], field: str) -> Iterator[str]:
    """The places of a field in an order, one for each value of a list."""
    found: list[tuple[str, Any]] = [("", order)]
    for name, key, wanted, items in orders.steps(field):
        below: list[tuple[str, Any]] = []
        for place, holder in found:
            if not isinstance(holder, Mapping) or name not in holder:
                continue
            here, value = f"{place}.{name}" if place else name, holder[name]
            if not items:
                below.append((here, value))
            elif isinstance(value, list | tuple):
                below += [
                    (f"{here}[{number}]", item)
                    for number, item in enumerate(value)
                    if key is None or (isinstance(item, Mapping) and str(item.get(key)) == wanted)
                ]
        found = below
    for place, value in found:
        yield from (leaf for leaf, _ in _flat(value, place))


def same(sent: Any, arrived: Any) -> bool:
    """Whether two values say the same, a number as a text and a file under another name too."""
    if isinstance(sent, Mapping | list) or isinstance(arrived, Mapping | list):
        return bool(sent == arrived)
    one, two = str(sent), str(arrived)
    files = FILE.fullmatch(one), FILE.fullmatch(two)
    if files[0] and files[1]:
        return files[0][1] == files[1][1]
    if isinstance(sent, bool) or isinstance(arrived, bool):
        return one.lower() == two.lower()
    return one == two


def plain(value: Any) -> bool:
    """Whether a value is so particular that it stands nowhere by chance."""
    if isinstance(value, bool) or value is None:
        return False
    return value >= 100 if isinstance(value, int | float) else len(str(value)) >= 4


def odd(value: Any) -> bool:
    """Whether a value is at least none of those that stand anywhere."""
    if isinstance(value, bool) or value is None:
        return False
    return value >= 2 if isinstance(value, int | float) else len(str(value)) >= 3
