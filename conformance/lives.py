"""A model of a task's life, written from the documents, to be walked at random."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule

from conformance import probes, reading
from conformance.probes import Probe
from conformance.transcript import Exchange

RANK = {"queued": 0, "running": 1, "succeeded": 2, "failed": 2, "expired": 2, "cancelled": 2}
DAY = 86_400_000


def machine(world: Any, found: type[Exception], seed: int) -> type[RuleBasedStateMachine]:
    """The walks over one endpoint. `world` has a collector, a control plane and `wait`."""
    run, control, dialect = world.run, world.control, world.run.dialect
    planned = run.plan.world
    numbers = iter(range(seed * 10**6, seed * 10**6 + 10**6))

    def send(probe: Probe) -> Exchange:
        answer: Exchange = world.wait(run.send(probe))
        return answer

    class Life(RuleBasedStateMachine):
        """Create, poll, wait, ask for what is not one's own."""

        tasks = Bundle("tasks")

        def __init__(self) -> None:
            super().__init__()
            self.rank: dict[str, int] = {}
            self.ends: dict[str, str] = {}
            self.born: dict[str, int] = {}
            self.last: dict[str, tuple[int, Any]] = {}

        @rule(target=tasks)
        def create(self) -> Any:
            probe = Probe(
                "create",
                dialect.create.method,
                dialect.create.path,
                body=planned.dialect.cheapest,
                form="multipart" if dialect.media == "file" else "json",
                tag=str(next(numbers)),
                cost="own",
            )
            exchange = send(probe)
            world.sent += 1
            if reading.outcome(dialect, exchange.status, exchange.json) != "accepted":
                raise found(f"the cheapest order is answered {exchange.short}")
            task = run.tasks[probe.key]
            if task.id in self.rank:
                raise found(f"two tasks have the id {task.id}")
            self.rank[task.id] = 0
            self.born[task.id] = control.now_ms
            return probe.key

        @rule(task=tasks)
        def poll(self, task: str) -> None:
            known = run.tasks[task]
            exchange = send(probes.query(planned, of=task))
            if control.now_ms - self.born[known.id] > 6 * DAY:
                return
            if exchange.status not in dialect.query.statuses:
                raise found(f"an own task is answered {exchange.short}")
            phase = reading.phase(dialect, exchange.json)
            self._moved(known.id, phase, exchange)

        def _moved(self, id: str, phase: str | None, exchange: Exchange) -> None:
            if phase is None:
                raise found(f"no known status word in {exchange.body[:300]}")
            if RANK[phase] < self.rank[id] or self.ends.get(id, phase) != phase:
                raise found(f"a task that was {self.ends.get(id, 'further')} is {phase}")
            self.rank[id] = RANK[phase]
            if phase in reading.FINAL:
                self.ends[id] = phase
            elif control.now_ms - self.born[id] > DAY:
                raise found(f"a task is {phase} after a day")
            before = self.last.get(id)
            if before and before[0] == control.now_ms and before[1] != exchange.json:
                raise found(f"two reads at one time differ: {before[1]}, then {exchange.json}")
            self.last[id] = (control.now_ms, exchange.json)

        @rule(ms=st.sampled_from([1, 500, 1_000, 3_000, 60_000, 3_600_000, DAY]))
        def wait(self, ms: int) -> None:
            world.wait(control.advance(ms))

        @rule(task=tasks)
        def somebody_else(self, task: str) -> None:
            exchange = send(probes.query(planned, of=task, auth="second"))
            if exchange.status is not None and exchange.status < 400:
                raise found(f"another account's key is answered {exchange.short}")

        @rule(task=consumes(tasks))
        def forget(self, task: str) -> None:
            self.last.pop(run.tasks[task].id, None)

        @rule()
        def unknown(self) -> None:
            exchange = send(probes.query(planned, probes.unknown_id(planned)))
            if exchange.status is None or not 400 <= exchange.status < 500:
                raise found(f"an unknown task is answered {exchange.short}")

        @rule()
        def without_key(self) -> None:
            exchange = send(probes.query(planned, probes.unknown_id(planned), auth="missing"))
            if exchange.status != 401:
                raise found(f"without a key it is answered {exchange.short}")

    return Life
