"""Walks over what an account has: lists of its tasks, and deleting them."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from conformance.catalogue import orders, reader
from conformance.collect.transcript import Exchange
from conformance.explore import model
from conformance.explore.model import TASKS, Fate
from conformance.explore.traces import Found
from conformance.judge import errors
from conformance.plan import probes
from conformance.plan.calls import called
from conformance.plan.tasks import listing

MOST = 500
SIZES = (MOST, 1, 2)
STATUSES = ("", "queued", "running", "succeeded", "failed", "cancelled")


class Lists(RuleBasedStateMachine):
    """Lists hold the account's own tasks, all of them, as a query shows them."""

    @rule(status=st.sampled_from(STATUSES), size=st.sampled_from(SIZES))
    def listed(self: Any, status: str, size: int) -> None:
        names = self.dialect.list
        size = min(size, names.most or MOST)
        asked = [f"{names.size}={size}"] if self.promises.pages else []
        if status and status in self.promises.filters.get(names.status, {}).get("values", ()):
            asked.append(f"{names.status}={status}")
        else:
            status = ""
        exchange = self.send(
            f"list {status or 'all'} tasks", listing(self.planned, "&".join(asked) or None)
        )
        items = _items(self, exchange)
        if self.promises.pages and len(items) > size:
            raise Found(f"a page of {size} has {len(items)} items")
        must, may = _expected(self, status)
        _compare(self, items, must if len(must | may) <= size else set(), must | may)

    @rule(task=TASKS, foreign=st.booleans())
    def listed_otherwise(self: Any, task: int, foreign: bool) -> None:
        """By its id, or with another account's key."""
        if foreign and "list" in self.promises.foreign:
            exchange = self.send("list with another key", listing(self.planned, auth="second"))
            _compare(self, _items(self, exchange), set(), set())
        elif (ids := self.dialect.list.ids) in self.promises.filters:
            fate = self.fates[task]
            probe = listing(self.planned, f"{ids}={{id}}", of=fate.probe)
            items = _items(self, self.send(f"list task {fate.number} by its id", probe))
            must, may = _expected(self, "")
            _compare(self, items, must & {fate.id}, (must | may) & {fate.id})


def _items(self: Any, exchange: Exchange) -> list[Any]:
    there, items = orders.at(exchange.json, self.promises.items)
    if exchange.status != 200 or not there or not isinstance(items, list):
        raise Found(f"a list is answered {exchange.short}: {exchange.body[:200]}")
    return items


def _expected(self: Any, status: str) -> tuple[set[str], set[str]]:
    """The ids that a list has to hold, and those of which that is not said."""
    must: set[str] = set()
    may: set[str] = set()
    for fate in self.fates:
        there = _there(self, fate)
        phases = fate.phases(self.now, self.promises, self.dialect)
        if there is False or (status and phases and status not in phases):
            continue
        certain = there and (not status or phases == {status})
        (must if certain else may).add(fate.id)
    return must, may


def _there(self: Any, fate: Fate) -> bool | None:
    there, span = fate.there(self.now, self.promises), self.promises.listing
    if there is not True or span is None:
        return there
    age = self.now - fate.born
    return True if span.before(age) else False if span.after(age) else None


def _compare(self: Any, items: list[Any], must: set[str], all_: set[str]) -> None:
    known = {each.id: each for each in self.fates}
    # An id may be a number, or anything else that JSON has.
    shown = [str(orders.first_at(item, self.dialect.id["query"])) for item in items]
    for id in must - set(shown):
        raise Found(f"a list lacks task {known[id].number}")
    for id, item in zip(shown, items, strict=True):
        if id not in all_:
            what = f"task {known[id].number}" if id in known else "a task of nobody's here"
            raise Found(f"a list has {what}, which does not belong in it")
        if text := model.misplaced(item, self.promises.item):
            raise Found(f"of an item of a list, {text}")
        may = known[id].phases(self.now, self.promises, self.dialect)
        phase = reader.phase(self.dialect, item)
        if may and phase not in may:
            raise Found(f"a list shows task {known[id].number} as {phase}, not {' or '.join(may)}")
    if len(set(shown)) != len(shown):
        raise Found("a list has a task twice")


class Deletes(RuleBasedStateMachine):
    """Deleting: queued, running, ended, deleted, unknown and foreign tasks."""

    @rule(task=TASKS)
    def delete(self: Any, task: int) -> None:
        fate = self.fates[task]
        phases = fate.phases(self.now, self.promises, self.dialect)
        there = fate.there(self.now, self.promises)
        probe = probes.removal(self.planned, of=fate.probe)
        if there is False:
            exchange = self.send(f"delete task {fate.number}, which is gone", probe)
            _answered(self, exchange, "unknown")
            return
        if there is None or len(phases) != 1:
            return
        (phase,) = phases
        exchange = self.send(f"delete task {fate.number}, which is {phase}", probe)
        wanted = self.promises.deletes.get(phase)
        if wanted is None:
            fate.vague = True
            return
        _answered(self, exchange, phase)
        fate.last = None
        if wanted.get("then") == "cancelled":
            fate.cancelled = self.now
        elif wanted.get("then") == "unknown-task":
            fate.deleted = self.now

    @rule(task=TASKS, foreign=st.booleans())
    def deleted_otherwise(self: Any, task: int, foreign: bool) -> None:
        """With another account's key, or a task that nobody has."""
        fate = self.fates[task]
        if not foreign:
            probe = called(self.planned, "delete", "key")
            _answered(self, self.send("delete a task that nobody has", probe), "unknown")
        elif "delete" in self.promises.foreign:
            probe = probes.removal(self.planned, of=fate.probe, auth="second")
            exchange = self.send(f"delete task {fate.number} with another key", probe)
            if exchange.status not in self.promises.unknown:
                raise Found(f"another account's key is answered {exchange.short}")


def _answered(self: Any, exchange: Exchange, phase: str) -> None:
    wanted = self.promises.deletes.get(phase, {})
    if "http" in wanted and exchange.status not in wanted["http"]:
        raise Found(f"deleting a task that is {phase} is answered {exchange.short}")
    if "code" in wanted and not errors.listed(code := exchange.code, wanted["code"]):
        raise Found(f"deleting a task that is {phase} gives the code {code}")
