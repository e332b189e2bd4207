"""Tasks' lives walked at random, against a model written from the documents."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from conformance.catalogue import orders, reader
from conformance.catalogue.promises import DAY, HOUR
from conformance.catalogue.rows import thaw
from conformance.collect.transcript import Exchange
from conformance.explore import callbacks, model
from conformance.explore.lists import Deletes, Lists
from conformance.explore.model import TASKS, Fate
from conformance.explore.traces import Found
from conformance.plan import probes
from conformance.plan.calls import called
from conformance.plan.probes import Probe

ENDS = ("succeeded", "failed", "expired", "cancelled", "stuck")
SPANS = (1_000, 10_000, 60_000, 3_600_000)
WAITS = (1, 500, 1_000, 10_000, 60_000, 3_700_000, DAY, 2 * DAY, 6 * DAY)
ORDER: Any = {
    "end": st.sampled_from(ENDS),
    "queue": st.sampled_from(SPANS),
    "run": st.sampled_from(SPANS),
    "receiver": st.sampled_from(("", *callbacks.RECEIVERS)),
}


class Life(RuleBasedStateMachine):
    """Create, poll, wait, ask for what is not one's own."""

    world: ClassVar[Any]
    tasks = TASKS

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self.dialect = self.world.run.dialect
        self.planned = self.world.run.plan.world
        self.promises = self.world.promises
        self.fates: list[Fate] = []
        self.calls: dict[int, list[tuple[str, Any]]] = {}
        self.world.heard = self._heard

    @property
    def now(self) -> int:
        """What the account's clock shows; it stands still."""
        return int(self.world.control.now_ms)

    def send(self, what: str, probe: Probe, makes: int = 0, url: str = "") -> Exchange:
        """Send a probe and tell it on."""
        answer: Exchange = self.world.wait(self.world.run.send(probe, url))
        self.world.story.api(what, answer, makes, bool(url))
        return answer

    @initialize(target=tasks, **ORDER)
    def first(self, **order: Any) -> int:
        return self._create(**order)

    @rule(target=tasks, **ORDER)
    def create(self, **order: Any) -> int:
        return self._create(**order)

    def _create(self, end: str, queue: int, run: int, receiver: str) -> int:
        number = len(self.fates) + 1
        receiver = receiver if self.world.receives else ""
        order = orders.Order(thaw(self.dialect.cheapest))
        if receiver:
            field = self.planned.dialect.request.first("callback")
            order = orders.put(order, field, f"$callback-{self.world.example}-{number}.{receiver}")
        self.world.plan({"queue": f"{queue}ms", "run": f"{run}ms", "end": end})
        form = probes.usual(self.planned)
        call = self.dialect.create
        probe = Probe(
            "create", call.method, call.path, body=order, form=form, tag=str(number), cost="own"
        )
        exchange = self.send(f"create task {number}", probe, makes=number)
        self.world.sent += 1
        if reader.outcome(self.dialect, exchange.status, exchange.json) != "accepted":
            raise Found(f"the cheapest order is answered {exchange.short}")
        id = self.world.run.tasks[probe.key].id
        if any(each.id == id for each in self.fates):
            raise Found(f"two tasks have the id {id}")
        self.world.story.names[id] = f"{{task{number}}}"
        heard = self.calls.setdefault(number, [])
        fate = Fate(number, probe.key, id, self.now, queue, run, end, receiver, heard=heard)
        self.fates.append(fate)
        self._same(fate, "create", exchange)
        self.settle()
        return number - 1

    @rule(task=tasks, times=st.integers(1, 3))
    def poll(self, task: int, times: int) -> None:
        for _ in range(times):
            self._poll(self.fates[task])

    def _poll(self, fate: Fate) -> None:
        probe = probes.query(self.planned, of=fate.probe)
        exchange = self.send(f"poll task {fate.number}", probe)
        there = fate.there(self.now, self.promises)
        if there is False and exchange.status not in self.promises.unknown:
            raise Found(f"a task that is gone is answered {exchange.short}")
        if there is not True:
            return
        if exchange.status not in self.dialect.query.statuses:
            raise Found(f"an own task is answered {exchange.short}")
        self._same(fate, "query", exchange)
        self._moved(fate, exchange)

    def _seen(self, fate: Fate, phase: str) -> None:
        """Poll once where a task that must be so has not been seen so."""
        if not fate.ended and fate.phases(self.now, self.promises, self.dialect) == {phase}:
            self._poll(fate)

    def _same(self, fate: Fate, call: str, exchange: Exchange) -> None:
        for places in self.promises.same:
            if text := model.changed(fate, places, call, exchange.json):
                raise Found(f"of task {fate.number}, {text}")

    def _moved(self, fate: Fate, exchange: Exchange) -> None:
        phase = reader.phase(self.dialect, exchange.json)
        word = reader.word(self.dialect, exchange.json)
        if phase is None and word in self.dialect.words.get("tolerated", ()):
            return
        if phase is None:
            raise Found(f"no known status word in {exchange.body[:300]}")
        if model.RANK[phase] < fate.rank or (fate.ended and fate.ended != phase):
            raise Found(f"a task that was {fate.ended or 'further'} is {phase}")
        fate.rank = model.RANK[phase]
        fate.ended = phase if phase in reader.FINAL else ""
        may = fate.phases(self.now, self.promises, self.dialect)
        if may and phase not in may:
            raise Found(f"task {fate.number} is {phase}, and has to be {' or '.join(sorted(may))}")
        linked = self.dialect.download or reader.link(self.dialect, exchange.json)
        if phase == "succeeded" and not linked:
            raise Found(f"task {fate.number} has succeeded without a link to its clip")
        if fate.last and fate.last[0] == self.now and fate.last[1] != exchange.json:
            raise Found(f"two reads at one time differ: {fate.last[1]}, then {exchange.json}")
        fate.last = (self.now, exchange.json)
        self._agrees(fate, phase, exchange)

    def _agrees(self, fate: Fate, phase: str, exchange: Exchange) -> None:
        """A callback about the end says what a query says."""
        for told, body in fate.heard if phase in self.promises.readable else ():
            if told == phase and phase in reader.FINAL:
                text = model.unlike(body, exchange.json, self.dialect)
                if text:
                    raise Found(f"of task {fate.number}, {text}")

    @rule(ms=st.sampled_from(WAITS))
    def wait(self, ms: int) -> None:
        self.world.advance(ms)
        self._called()

    @rule(task=tasks, running=st.booleans())
    def until(self, task: int, running: bool) -> None:
        """Wait until just after a task has begun to run, or has ended."""
        fate = self.fates[task]
        moment = fate.born + fate.queue if running else fate.ends
        if moment >= self.now:
            self.wait(moment + 1 - self.now)

    def settle(self) -> None:
        """Let what is due at this moment be told."""
        if self.world.receives:
            self.world.advance(0)
            self._called()

    def _heard(self, path: str, body: Any) -> int:
        """A callback came: which task it is for, and what it is answered, stands in its address."""
        example, _, rest = path.rpartition("/")[2].partition("-")
        number, _, receiver = rest.partition(".")
        if example != str(self.world.example):
            return 200
        heard = self.calls.setdefault(int(number), [])
        phase = reader.phase(self.dialect, body) or "?"
        first = all(told != phase for told, _ in heard)
        heard.append((phase, body))
        return 500 if receiver == "fail" or (receiver == "fail1" and first) else 200

    def _called(self) -> None:
        for fate in self.fates:
            text = callbacks.wrong(fate, self.now, self.promises, self.dialect)
            if text:
                self.world.told(fate.id)
                raise Found(text)

    @rule(task=tasks)
    def somebody_else(self, task: int) -> None:
        fate = self.fates[task]
        probe = probes.query(self.planned, of=fate.probe, auth="second")
        exchange = self.send(f"poll task {fate.number} with another key", probe)
        if "query" in self.promises.foreign and exchange.status not in self.promises.unknown:
            raise Found(f"another account's key is answered {exchange.short}")

    @rule(what=st.sampled_from(("unknown", "query", "create")))
    def stranger(self, what: str) -> None:
        """A task that nobody has, or a call without a key."""
        if what == "unknown":
            probe = probes.query(self.planned, probes.unknown_id(self.planned))
            exchange = self.send("poll a task that nobody has", probe)
            if exchange.status not in self.promises.unknown:
                raise Found(f"an unknown task is answered {exchange.short}")
            return
        exchange = self.send(f"{what} without a key", called(self.planned, what, "missing"))
        if exchange.status not in self.promises.keyless:
            raise Found(f"without a key it is answered {exchange.short}")


class Downloads(RuleBasedStateMachine):
    """The clip, while its link holds and after."""

    @rule(task=TASKS)
    def download(self: Any, task: int) -> None:
        fate = self.fates[task]
        self._seen(fate, "succeeded")
        probe = probes.download(self.planned, of=fate.probe)
        link = "" if self.dialect.download else self.world.run.tasks[fate.probe].link
        if fate.ended != "succeeded" or link is None or fate.deleted is not None:
            return
        exchange = self.send(f"download the clip of task {fate.number}", probe, url=link)
        age, span = self.now - fate.ends, self.promises.link
        if (span.before(age) if span else age < HOUR) and exchange.status != 200:
            raise Found(f"a link that has to hold is answered {exchange.short}")
        if span and span.after(age) and not 400 <= (exchange.status or 0) < 500:
            raise Found(f"a link that has ended is answered {exchange.short}")


class Books(RuleBasedStateMachine):
    """What a task has cost in the end."""

    @rule(task=TASKS)
    def refunded(self: Any, task: int) -> None:
        fate = self.fates[task]
        self._seen(fate, "failed")
        if fate.ended != "failed" or fate.end != "failed":
            return
        left = self.world.spent(fate.id)
        if left:
            raise Found(f"task {fate.number} failed, and {left} of its price is not given back")


def machine(world: Any) -> type[RuleBasedStateMachine]:
    """The walks over one endpoint, with the rules that its documents have."""
    parts: list[Any] = [Life, Downloads]
    if world.promises.lists:
        parts.append(Lists)
    if world.promises.deletes:
        parts.append(Deletes)
    if "failed" in world.promises.refunds:
        parts.append(Books)
    kind: type[RuleBasedStateMachine] = type("Walk", tuple(parts), {"world": world})
    return kind
