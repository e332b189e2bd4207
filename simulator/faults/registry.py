"""The faults that stand: for which calls, how often they still happen and how often they did."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from simulator.core.chance import Chance
from simulator.core.near_misses import MOST_TOLD, why_not
from simulator.core.task import Plan, Task
from simulator.engine import Submission
from simulator.engine.call import Call
from simulator.engine.dialect import Dialect
from simulator.faults.active import Stands, Strike, Taken
from simulator.faults.fault import Cheapen, Fault, Scene, Tell, Terms, When
from simulator.store import journal

COUNTED = 65_536
NAMED = 10_000
SHARES = 1_000_000


@dataclass(frozen=True, slots=True)
class Match:
    """Which calls a fault is for; None matches all."""

    dialect: str | None = None
    key: str | None = None
    call: str | None = None


@dataclass(eq=False, slots=True)
class Standing:
    """A fault and what is left of it: ``left`` is None for ever. A ``permanent`` one stays."""

    id: str
    fault: Fault
    match: Match
    left: int | None
    when: When
    share: float = 1.0
    permanent: bool = False
    number: int = 0
    fired: int = 0
    draws: int = 0
    counts: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def fits(self, scene: Scene) -> bool:
        match = self.match
        return (
            self.left != 0
            and scene.kind in self.fault.calls
            and match.dialect in (None, scene.dialect.name)
            and match.key in (None, scene.account)
            and match.call in (None, scene.kind)
            and (scene.over or not self.when.terminal)
            and self.fault.lacks(scene.dialect) is None
        )

    def count(self, subject: str) -> int:
        """The number of this call among those of its task or account."""
        number = self.counts.pop(subject, 0) + 1
        self.counts[subject] = number
        if len(self.counts) > COUNTED:
            self.counts.popitem(last=False)
        return number

    def settle(self, did: bool) -> None:
        """Note that it happened, or that there was nothing for it to do."""
        if did:
            self.fired += 1
            journal.fired(self.fault.name)
        elif self.left is not None:
            self.left += 1


def _catalogue() -> Mapping[str, Fault]:
    """All faults that have a name, loaded with the first that is named."""
    from simulator.faults.catalogue import CATALOGUE

    return CATALOGUE


class Registry:
    """All standing faults of one server."""

    def __init__(
        self, seed: int, dialects: Mapping[str, Dialect], defects: Iterable[str] = ()
    ) -> None:
        self._seed = seed
        self.dialects = dialects
        self._number = 0
        self._of: dict[str | None, dict[str, Standing]] = {}
        self._named: OrderedDict[str, list[Standing]] = OrderedDict()
        self._backwards: OrderedDict[str, bool] = OrderedDict()
        for name in dict.fromkeys(defects):
            fault = _catalogue()[name]
            defect = Standing(f"defect-{name}", fault, Match(), None, fault.when, permanent=True)
            self._of.setdefault(None, {})[defect.id] = defect
        self.active = bool(self._of)

    @property
    def standing(self) -> list[Standing]:
        """Every fault that the control plane knows, in the order of their coming."""
        every = [standing for mine in self._of.values() for standing in mine.values()]
        return sorted(every, key=lambda standing: standing.number)

    def add(
        self, fault: Fault, match: Match, times: int | None, when: When, share: float
    ) -> Standing:
        self._number += 1
        made = Standing(f"fault-{self._number}", fault, match, times, when, share)
        made.number = self._number
        self._of.setdefault(match.key, {})[made.id] = made
        self.active = True
        return made

    def drop(self, fault_id: str | None = None) -> int:
        """Forget one fault, or all, but never a permanent one."""
        gone = [
            standing
            for standing in self.standing
            if not standing.permanent and fault_id in (None, standing.id)
        ]
        for standing in gone:
            del self._of[standing.match.key][standing.id]
        if fault_id is None:
            self._named.clear()
        self._of = {key: mine for key, mine in self._of.items() if mine}
        self.active = bool(self._of or self._named)
        return len(gone)

    def forget(self, account: str | None = None) -> None:
        """What was asked for one account, or everything that was."""
        if account is None:
            self.drop()
            self._backwards.clear()
            for standing in self.standing:
                standing.counts.clear()
            return
        self._of.pop(account, None)
        self.active = bool(self._of or self._named)

    def strike(self, scene: Scene) -> Strike:
        """The faults that this call meets, each counted and taken."""
        named = [] if scene.task is None else self._named.get(scene.task.id, [])
        taken = self._take(scene, [*self._mine(scene.account), *named])
        if not taken:
            self._explain(scene)
        return Strike(scene, taken)

    def named(self, scene: Scene) -> Strike:
        """The faults that the prompt of the task asks for, and no others."""
        mine = [] if scene.task is None else self._named.get(scene.task.id, [])
        return Strike(scene, self._take(scene, mine))

    def settle(self, given: Submission, plan: Plan) -> tuple[Submission, Plan]:
        """Let a task be accepted on the terms of the faults that it meets."""
        dialect = self.dialects[given.dialect]
        known = [_catalogue()[name] for name in self._known(given.dialect, plan.faults)]
        met: list[tuple[Fault, Stands | None]] = [(f, None) for f in known if _of_terms(f)]
        if self.active:
            scene = Scene(dialect, "create", Call("POST", ""), given.account.key, 0)
            taken = self._take(scene, self._mine(given.account.key), terms=True)
            met += [(one.standing.fault, one.standing) for one in taken]
        asked = plan.faults
        for fault, standing in met:
            before = given, plan
            given, plan = _on_terms(fault, given, plan, dialect)
            did = (given, plan) != before
            if not did:
                journal.remark(f"the fault {fault.name} found nothing to change in this order")
            if standing is not None:
                standing.settle(did)
            elif did:
                journal.fired(fault.name)
        if asked or met:
            names = [*(fault.name for fault in known), *(fault.name for fault, _ in met)]
            plan = replace(plan, faults=tuple(dict.fromkeys(names)))
        return given, plan

    def accepted(self, task: Task) -> None:
        """Let the faults of a task's own plan stand for it."""
        faults = [_catalogue()[name] for name in task.plan.faults]
        mine = [fault for fault in faults if not _of_terms(fault)]
        if not mine or task.id in self._named:
            return
        match = Match(task.dialect, task.account)
        self._named[task.id] = [
            Standing(f"{task.id}:{fault.name}", fault, match, fault.times, fault.when)
            for fault in mine
        ]
        self.active = True
        if len(self._named) > NAMED:
            self._named.popitem(last=False)

    def backwards(self, task: Task) -> bool:
        """Whether the callbacks of a task come in the wrong order; decided once."""
        known = self._backwards.get(task.id)
        if known is None:
            dialect, call = self.dialects[task.dialect], Call("POST", "")
            scene = Scene(dialect, "callback", call, task.account, 0, task)
            mine = [*self._mine(task.account), *self._named.get(task.id, [])]
            taken = self._take(scene, [one for one in mine if _turns(one.fault)])
            known = self._backwards[task.id] = bool(taken)
            for one in taken:
                one.standing.settle(did=True)
            if len(self._backwards) > COUNTED:
                self._backwards.popitem(last=False)
        return known

    def _known(self, dialect: str, names: Iterable[str]) -> list[str]:
        """Those of the names in a prompt that are faults which this dialect can have."""
        found = []
        for name in names:
            fault = _catalogue().get(name)
            lacking = None if fault is None else fault.lacks(self.dialects[dialect])
            if fault is None:
                journal.remark(f"the fault {name!r} in the prompt is not known")
            elif lacking is not None:
                journal.remark(f"the fault {name!r} in the prompt needs {lacking}")
            else:
                found.append(name)
        return found

    def _mine(self, account: str) -> list[Standing]:
        found = [*self._of.get(None, {}).values(), *self._of.get(account, {}).values()]
        return sorted(found, key=lambda standing: standing.number)

    def _take(self, scene: Scene, standing: Iterable[Standing], terms: bool = False) -> list[Taken]:
        taken = []
        for one in standing:
            if _of_terms(one.fault) is not terms or not one.fits(scene):
                continue
            subject = scene.account if scene.task is None else scene.task.id
            number = one.count(f"{scene.kind} {subject}")
            if not one.when.holds(number) or not self._drawn(one):
                continue
            if one.left is not None:
                one.left -= 1
            taken.append(Taken(one, replace(scene, number=number)))
        return taken

    def _explain(self, scene: Scene) -> None:
        """Note why the faults that wait for a call did not happen to this one."""
        found = {"dialect": scene.dialect.name, "key": scene.account, "call": scene.kind}
        waiting = [one for one in self.standing if one.left and not _of_terms(one.fault)]
        for one in waiting[:MOST_TOLD]:
            match, name = one.match, f"the fault {one.fault.name}"
            wanted = {"dialect": match.dialect, "key": match.key, "call": match.call}
            lacking = one.fault.lacks(scene.dialect)
            text = why_not(name, wanted, found)
            if not text and scene.kind not in one.fault.calls:
                text = f"{name} did not apply: it is of {', '.join(one.fault.calls)}"
            elif not text and lacking is not None:
                text = f"{name} did not apply: {scene.dialect.name} does not have {lacking}"
            journal.remark(text or f"{name} did not apply: it is not its turn")

    def _drawn(self, standing: Standing) -> bool:
        if standing.share >= 1:
            return True
        standing.draws += 1
        draw = Chance.of("fault", self._seed, standing.id).number(standing.draws, 1, SHARES)
        return draw <= standing.share * SHARES


def _of_terms(fault: Fault) -> bool:
    return any(isinstance(act, Terms | Cheapen) for act in fault.acts)


def _on_terms(
    fault: Fault, given: Submission, plan: Plan, dialect: Dialect
) -> tuple[Submission, Plan]:
    """An order and its fate on the terms of a fault."""
    for act in fault.acts:
        if isinstance(act, Terms):
            given, plan = act.settle(given, plan)
        elif isinstance(act, Cheapen):
            given = act.settle(given, dialect)
    return given, plan


def _turns(fault: Fault) -> bool:
    return any(isinstance(act, Tell) and act.backwards for act in fault.acts)
