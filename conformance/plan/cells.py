"""Every cell of model, resolution and ratio, ordered once where orders cost nothing.

A gateway may be wrong at one cell alone: a clip on its side, a tier delivered as another, sound
that is lost with pictures. So each combination that the documents list is ordered and followed to
its clip, and with them, dealt out over the same orders, every whole duration of each model and
every pair of the other values. Rows about answers, clips and bills look at all of these.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import combinations, product
from typing import Any

from conformance.catalogue import documents, orders
from conformance.catalogue.rows import Row, thaw
from conformance.plan import pairs, permits
from conformance.plan.probes import Probe, World, create

# The words of `[dialect.request]` that no clip and no answer has a table for.
DEALT = ("duration", "sound", "seed", "watermark", "last_frame")
LONGEST = 60  # whole durations, of a range that has an end
FOREIGN = ("$task", "$draft", "$asset")  # what an order cannot speak of before others are made
Value = tuple[str, str]
Pair = tuple[Value, Value]
Legal = Callable[[documents.Catalogue, Mapping[str, Any]], bool]


def combined(row: Row, world: World) -> Iterator[Probe]:
    """The orders of the row `pairs`: pairs of values, and where they cost nothing every cell."""
    if not (world.cells and mixed(world)):
        for order in pairs.found(world.catalogue):
            yield create(world, order)
        return
    pictured = {orders.canonical(order) for order in pictures(world.catalogue)}
    for order in mixed(world):
        last = ("still",) if orders.canonical(order) in pictured else ()
        yield create(world, order, follow=("query", "clip", *last))
    for order in referring(world.catalogue) if world.media else ():
        yield create(world, order, follow=("query", "clip"))


def mixed(world: World) -> tuple[orders.Order, ...]:
    """The orders, where they may stand for orders that change one value alone."""
    if not world.loopback or world.profile != "full":
        return ()
    return (found if world.cells else pairs.found)(world.catalogue)


@cache
def found(catalogue: documents.Catalogue) -> tuple[orders.Order, ...]:
    """The cells with the other values dealt over them, then the pairs that are still missing."""
    if not pairs.combinable(catalogue):
        return ()
    deal = Deal(catalogue)
    dealt = [deal.order(cell) for cell in slots(catalogue)]
    return min((_whole(catalogue, each) for each in (dealt, mended(dealt, deal))), key=len)


def _whole(catalogue: documents.Catalogue, made: list[orders.Order]) -> tuple[orders.Order, ...]:
    """The orders, each once, and those of the pairs that stand in none of them."""
    deal = Deal(catalogue)
    for order in made:
        deal.note(order)
    left = [order for order in pairs.found(catalogue) if deal.note(order)]
    return tuple({orders.canonical(order): order for order in (*made, *left)}.values())


def axes(catalogue: documents.Catalogue) -> list[pairs.Field]:
    """The fields that make up a cell, with all their values: model, resolution, ratio, size."""
    request = catalogue.dialect.request
    dealt = {field for what in DEALT for field in request.all(what)}
    named = request.all("model")
    fields = []
    for name, values in pairs.combinable(catalogue):
        if name not in dealt and all(isinstance(each, str) for each in values):
            every = pairs.permitted(catalogue, name, all=True) if name in named else values
            fields.append((name, tuple(every)))
    return fields


@cache
def known(catalogue: documents.Catalogue) -> tuple[Mapping[str, Any], ...]:
    """Every cell that the documents list, by its fields."""
    fields = axes(catalogue)
    every = (
        dict(zip((name for name, _ in fields), each, strict=True))
        for each in product(*(values for _, values in fields))
    )
    return tuple(
        cell for cell in every if pairs.legal(catalogue, pairs.order_of(catalogue, cell.items()))
    )


def slots(catalogue: documents.Catalogue) -> Iterator[Mapping[str, Any]]:
    """The cells, those of a model once more where it has more whole durations than cells."""
    model = catalogue.dialect.request.first("model")
    by_model: dict[Any, list[Mapping[str, Any]]] = {}
    for cell in known(catalogue):
        by_model.setdefault(cell.get(model), []).append(cell)
    for named, cells in by_model.items():
        needed = max(len(cells), len(durations(catalogue, named)))
        yield from (cells[number % len(cells)] for number in range(needed))


@cache
def durations(catalogue: documents.Catalogue, model: str | None) -> tuple[Any, ...]:
    """The whole durations that a model may have, with what stands for a free choice."""
    request = catalogue.dialect.request
    field = request.first("duration")
    if field not in (name for name, _ in pairs.combinable(catalogue)):
        return ()
    named = ((request.first("model"), model),) if model else ()
    usual = pairs.order_of(catalogue, named)
    every = every_value(catalogue, field)
    return tuple(v for v in every if pairs.legal(catalogue, orders.put(usual, field, v)))


@cache
def every_value(catalogue: documents.Catalogue, field: str) -> tuple[Any, ...]:
    """The values that the rows permit in a field, of a range with an end every whole number."""
    values = pairs.permitted(catalogue, field)
    for row in catalogue.testable:
        if row.kind == "range" and row.level in pairs.SURE and row.expect.get("field") == field:
            least, most = row.expect["least"], row.expect["most"]
            values += range(least, most + 1) if most - least <= LONGEST else ()
    return tuple(dict.fromkeys(values))


class Deal:
    """Deals values over cells so that each is used, and each pair as early as may be."""

    def __init__(self, catalogue: documents.Catalogue) -> None:
        self.catalogue = catalogue
        self.fields = pairs.combinable(catalogue)
        self.names = [name for name, _ in self.fields]
        self.seen: set[Pair] = set()
        self.used: Counter[tuple[str, str, str]] = Counter()

    def order(self, cell: Mapping[str, Any]) -> orders.Order:
        """The order of a cell, with the values in its other fields that were least together."""
        order = self._dealt(cell, pairs.legal)
        if not allowed(self.catalogue, order):
            order = self._dealt(cell, allowed)
        model = self._model(order)
        self.used.update((model, name, v) for name, v in _values(order, self.names))
        self.note(order)
        return order

    def _dealt(self, cell: Mapping[str, Any], legal: Legal) -> orders.Order:
        order = pairs.order_of(self.catalogue, cell.items())
        model, request = self._model(order), self.catalogue.dialect.request
        for name, values in self.fields:
            if name in cell:
                continue
            whole = name == request.first("duration")
            choices = durations(self.catalogue, model or None) if whole else values
            for value in sorted(choices, key=partial(self._rank, order, model, name)):
                if legal(self.catalogue, changed := orders.put(order, name, value)):
                    order = changed
                    break
        return order

    def _model(self, order: orders.Order) -> str:
        return str(self.catalogue.dialect.request.value(order, "model"))

    def _rank(self, order: orders.Order, model: str, name: str, value: Any) -> tuple[int, int]:
        """How often the model had the value, then how few new pairs it makes."""
        there = [pair for pair in _values(order, self.names) if pair[0] != name]
        new = sum(_pair(each, (name, repr(value))) not in self.seen for each in there)
        return self.used[model, name, repr(value)], -new

    def note(self, order: Mapping[str, Any]) -> bool:
        """Remember the pairs of an order, and whether any of them is new."""
        new = self.pairs(order) - self.seen
        self.seen |= new
        return bool(new)

    def pairs(self, order: Mapping[str, Any]) -> set[Pair]:
        """The pairs of values that stand in an order."""
        return {_pair(*each) for each in combinations(_values(order, self.names), 2)}


def mended(made: Sequence[orders.Order], deal: Deal) -> list[orders.Order]:
    """The orders with other values dealt to some, so that fewer pairs are still missing.

    Each pair that is missing takes an order more.
    """
    change = Change(list(made), deal)
    while any(change.brings(pair) for pair in change.missing()):
        pass
    return change.orders


class Change:
    """Puts one value of a missing pair where the other stands.

    That is done only where it brings more pairs together than it takes apart, and where no model
    loses its only order with a whole duration.
    """

    def __init__(self, made: list[orders.Order], deal: Deal) -> None:
        self.orders, self._deal = made, deal
        self._wanted = {pair for each in pairs.found(deal.catalogue) for pair in deal.pairs(each)}
        self._there = [self._pairs(order) for order in made]
        self._count = Counter(pair for each in self._there for pair in each)
        self._lengths = Counter(map(self._length, made))
        cell = {name for name, _ in axes(deal.catalogue)}
        self._free = {name: values for name, values in deal.fields if name not in cell}

    def missing(self) -> list[Pair]:
        """The pairs that should stand in an order and do not."""
        return sorted(pair for pair in self._wanted if not self._count[pair])

    def brings(self, pair: Pair) -> bool:
        """Change an order so that it has the pair, if one can be."""
        for (name, text), other in (pair, pair[::-1]):
            for value in (each for each in self._free.get(name, ()) if repr(each) == text):
                for number, order in enumerate(self.orders):
                    beside = other in _values(order, (other[0],))
                    if beside and self._put(number, orders.put(order, name, value)):
                        return True
        return False

    def _put(self, number: int, order: orders.Order) -> bool:
        catalogue, old = self._deal.catalogue, self._length(self.orders[number])
        before, after, new = self._there[number], self._pairs(order), self._length(order)
        gained = sum(not self._count[pair] for pair in after - before)
        lost = sum(self._count[pair] == 1 for pair in before - after)
        if gained <= lost or (new != old and self._lengths[old] == 1):
            return False
        if not (pairs.legal(catalogue, order) and allowed(catalogue, order)):
            return False
        self._count.subtract(before)
        self._count.update(after)
        self._lengths.subtract([old])
        self._lengths.update([new])
        self.orders[number], self._there[number] = order, after
        return True

    def _pairs(self, order: orders.Order) -> set[Pair]:
        return self._deal.pairs(order) & self._wanted

    def _length(self, order: orders.Order) -> tuple[Any, Any]:
        request = self._deal.catalogue.dialect.request
        return request.value(order, "model"), request.value(order, "duration")


def allowed(catalogue: documents.Catalogue, order: Mapping[str, Any]) -> bool:
    """Whether an order breaks no row."""
    return not permits.broken(catalogue, order)[0]


def _pair(one: Value, other: Value) -> Pair:
    return (one, other) if one < other else (other, one)


@cache
def referring(catalogue: documents.Catalogue) -> tuple[orders.Order, ...]:
    """Each mode with references twice: as it is, then otherwise in length, ratio, sound and end."""
    made: dict[str, orders.Order] = {}
    for mode in catalogue.modes:
        texts = [each for each in orders.strings(mode.order) if each.startswith("$")]
        if texts and not any(each.startswith(FOREIGN) for each in texts):
            usual = thaw(mode.order)
            for order in (usual, _turned(catalogue, usual, len(made))):
                made[orders.canonical(order)] = order
    return tuple(made.values())


def _turned(catalogue: documents.Catalogue, order: orders.Order, number: int) -> orders.Order:
    """An order with references, of another model where it may be, with dealt values elsewhere."""
    order, request = remodelled(catalogue, order, number), catalogue.dialect.request
    for what in ("duration", "ratio", "sound", "last_frame"):
        field = request.first(what)
        choices = [v for v in _choices(catalogue, field) if v not in ("adaptive", -1)]
        for step in range(len(choices)):
            place = {"sound": 1, "last_frame": 0}.get(what, 5 * number + 3)
            changed = orders.put(order, field, choices[(place + step) % len(choices)])
            sure = pairs.legal(catalogue, changed)
            if sure and permits.broken(catalogue, changed) == ([], True):
                order = changed
                break
    return order


def remodelled(catalogue: documents.Catalogue, order: orders.Order, number: int) -> orders.Order:
    """An order of another model, if the rows are sure that this one takes it too.

    The `number` chooses among the kinds of models, so that orders that differ have different ones.
    """
    field = catalogue.dialect.request.first("model")
    named = pairs.permitted(catalogue, field) if field else []
    usual = orders.value_of(order, field) if field else None
    others = [each for each in named if each != usual]
    for step in range(len(others)):
        changed = orders.put(order, field, others[(number + step) % len(others)])
        if pairs.legal(catalogue, changed) and permits.broken(catalogue, changed) == ([], True):
            return changed
    return order


def _choices(catalogue: documents.Catalogue, field: str) -> tuple[Any, ...]:
    return every_value(catalogue, field) if field else ()


def cover(world: World, times: int = 1) -> tuple[orders.Order, ...]:
    """As few of the mixed orders as it takes to see each value of each field so many times."""
    return _cover(world.catalogue, world.cells, times) if mixed(world) else ()


@cache
def _cover(catalogue: documents.Catalogue, cells: bool, times: int) -> tuple[orders.Order, ...]:
    fields = pairs.combinable(catalogue)
    missing = Counter({(name, repr(v)): times for name, values in fields for v in values})
    names = [name for name, _ in fields]
    return _greedy((found if cells else pairs.found)(catalogue), missing, names)


@cache
def pictures(catalogue: documents.Catalogue) -> tuple[orders.Order, ...]:
    """Orders that ask for the last picture: as few as have each resolution and each ratio."""
    request = catalogue.dialect.request
    asking = [order for order in found(catalogue) if request.value(order, "last_frame") is True]
    names = [*request.all("resolution"), *request.all("ratio"), *request.all("model")]
    missing = Counter({each: 1 for order in asking for each in _values(order, names)})
    return _greedy(asking, missing, names)


def _greedy(
    among: Iterable[orders.Order], missing: Counter[Value], names: Sequence[str]
) -> tuple[orders.Order, ...]:
    chosen, left = [], [(order, _values(order, names)) for order in among]
    while left and +missing:
        best = max(left, key=lambda each: sum(missing[value] > 0 for value in each[1]))
        order, values = best
        if not any(missing[value] > 0 for value in values):
            break
        missing.subtract(values)
        left.remove(best)
        chosen.append(order)
    return tuple(chosen)


def _values(order: Mapping[str, Any], names: Iterable[str]) -> set[Value]:
    return {(name, repr(found[0])) for name in names if (found := orders.read(order, name))}


def showing(world: World, field: str) -> list[orders.Order]:
    """The few mixed orders whose clips show each value of a field."""
    few = cover(world)
    names = [name for name, _ in pairs.combinable(world.catalogue)]
    return list(few) if field in names else []
