"""The faults that stand: which of them a call meets, and what becomes of them.

A fault stands in the state of the account that it is for, or in the server's if it is for all keys
(``core.faults``); those of the command line stand for ever, and those that a prompt named follow
from its task. Nothing is kept here: a call is counted, and a fault taken for it, by a command that
decides on that state, so that it happens as often as was asked for, whoever else calls meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from simulator.core.account import SERVER, State
from simulator.core.chance import Chance
from simulator.core.clock import FOREVER
from simulator.core.commands import NextNumber
from simulator.core.fault_events import FaultsSettled
from simulator.core.faults import CUSTOM, Own, StandingFault, Tally, Target, When
from simulator.core.near_misses import MOST_TOLD, why_not
from simulator.core.task import Task
from simulator.engine import Engine
from simulator.engine.dialect import Dialect
from simulator.engine.plans import holders
from simulator.faults.active import Strike, Taken
from simulator.faults.commands import Drop, Meet, Place, Settle
from simulator.faults.fault import Fault, Scene
from simulator.store import journal

SHARES = 1_000_000


def named(name: str) -> Fault | None:
    """A fault of the catalogue, which is loaded with the first that is named."""
    from simulator.faults.catalogue import CATALOGUE

    return CATALOGUE.get(name)


def fault_of(standing: StandingFault) -> Fault:
    """What a standing fault does; one that this version does not know does nothing."""
    if standing.own is not None:
        from simulator.faults.custom import custom  # with the first of them

        return custom(standing.own)
    return named(standing.fault) or Fault(standing.fault, "Nothing.", "", (), ())


class Registry:
    """All standing faults of one server; ``defects`` are those that it has for ever."""

    def __init__(
        self, engine: Engine, dialects: Mapping[str, Dialect], defects: Iterable[str] = ()
    ) -> None:
        self._engine = engine
        self.dialects = dialects
        self._permanent = tuple(_defect(name) for name in dict.fromkeys(defects))

    def stand(self, state: State, server: State) -> bool:
        """Whether a call may meet any, by the state of its account and the server's."""
        return bool(self._permanent or state.faults or state.named or server.faults)

    def any_for_all(self, server: State) -> bool:
        """Whether any of them is for all keys, by the server's state."""
        return bool(self._permanent or server.faults)

    async def near(self, account: str) -> bool:
        """Whether a call of an account may meet any."""
        return self.stand(await self._engine.state(account), await self._engine.state(SERVER))

    async def standing(self, near: str | None = None) -> list[tuple[StandingFault, Tally]]:
        """Every fault that the control plane knows, in the order of their coming.

        With ``near`` those that may be near misses of an account's calls.
        """
        server = await self._engine.state(SERVER)
        found = [(one, server.tallies.get(one.id, Tally())) for one in self._permanent]
        for _, state in await holders(self._engine.store, near):
            found += [(one, state.tallies.get(one.id, Tally())) for one in state.faults.values()]
        return sorted(found, key=lambda pair: pair[0].number)

    async def are(self, most: int) -> bool:
        """Whether so many stand, who are counted once so many have come at all."""
        come = (await self._engine.state(SERVER)).numbers.get("fault", 0) + len(self._permanent)
        return come >= most and len(await self.standing()) >= most

    async def add(
        self, fault: str | Own, target: Target, times: int | None, when: When, share: float
    ) -> str:
        """Let a fault wait for the calls that it is for, and give its id."""
        holder = SERVER if target.key is None else target.key
        number = await self._engine.change(SERVER, NextNumber("fault", holder))
        own = fault if isinstance(fault, Own) else None
        name = CUSTOM if isinstance(fault, Own) else fault
        made = StandingFault(f"fault-{number}", number, name, target, times, when, share, own)
        await self._engine.change(holder, Place(made))
        return made.id

    async def drop(self, fault_id: str | None = None) -> int:
        """Forget one fault, or all with those that prompts named, but never a permanent one."""
        accounts = [SERVER, *(name for name in await self._engine.store.accounts() if name)]
        return sum([await self._engine.change(name, Drop(fault_id)) for name in accounts])

    async def strike(self, scene: Scene) -> Strike:
        """The faults that this call meets, each counted and taken."""
        taken = await self._server(scene, terms=False)
        state = await self._engine.state(scene.account)
        if state.faults or scene.task is not None:
            taken += await self._meet(scene.account, scene, self._of_account(scene))
        if not taken:
            await self._explain(scene)
        return Strike(scene, sorted(taken, key=_number), self.settle)

    async def named(self, scene: Scene) -> Strike:
        """The faults that the prompt of the task asks for, and no others."""
        taken = await self._meet(scene.account, scene, lambda state: _fitting(_own(scene), scene))
        return Strike(scene, taken, self.settle)

    async def settle(self, taken: Sequence[Taken]) -> None:
        """Keep which faults did something; what found nothing to do is given back."""
        for one in taken:
            if one.did:
                journal.fired(one.fault.name)
        await self.keep(taken)

    async def keep(self, taken: Sequence[Taken]) -> None:
        """Let the accounts count what became of their faults."""
        for holder in {one.holder: None for one in taken}:
            news = settled(one for one in taken if one.holder == holder)
            if news.fired or news.returned:
                await self._engine.change(holder, Settle(news))

    async def for_all(self, scenes: Iterable[Scene]) -> list[Taken]:
        """Those for all keys that are settled with an order, counted and taken for it."""
        return [one for scene in scenes for one in await self._server(scene, terms=True)]

    def for_account(self, scene: Scene) -> Meet:
        """How an account finds its own faults that are settled with an order."""
        return self._asking(scene, lambda state: _fitting(state.faults.values(), scene, terms=True))

    async def _server(self, scene: Scene, terms: bool) -> list[Taken]:
        """The faults for all keys that a call meets."""
        if not self.any_for_all(await self._engine.state(SERVER)):
            return []

        def fitting(state: State) -> Iterable[StandingFault]:
            return _fitting([*self._permanent, *state.faults.values()], scene, terms)

        return await self._meet(SERVER, scene, fitting)

    def _of_account(self, scene: Scene) -> Callable[[State], Iterable[StandingFault]]:
        """The account's own faults that are for a call, and those of the task's prompt."""
        task = scene.task

        def fitting(state: State) -> Iterable[StandingFault]:
            own = _own(scene) if task is not None and task.id in state.named else []
            return _fitting([*state.faults.values(), *own], scene)

        return fitting

    async def _meet(
        self, holder: str, scene: Scene, fitting: Callable[[State], Iterable[StandingFault]]
    ) -> list[Taken]:
        found = await self._engine.change(holder, self._asking(scene, fitting))
        return taken_by(holder, scene, found)

    def _asking(self, scene: Scene, fitting: Callable[[State], Iterable[StandingFault]]) -> Meet:
        subject = scene.account if scene.task is None else scene.task.id
        return Meet(f"{scene.kind} {subject}", fitting, self._drawn)

    def _drawn(self, standing: StandingFault, number: int) -> bool:
        draw = Chance.of("fault", self._engine.seed, standing.id).number(number, 1, SHARES)
        return draw <= standing.share * SHARES

    async def _explain(self, scene: Scene) -> None:
        """Note why the faults that wait for such a call did not happen to this one."""
        found = {"dialect": scene.dialect.name, "key": scene.account, "call": scene.kind}
        left = [one for one, tally in await self.standing(scene.account) if tally.left(one) != 0]
        known = [(one, fault_of(one)) for one in left]
        waiting = [each for each in known if not each[1].of_terms and scene.kind in each[1].calls]
        for one, fault in waiting[:MOST_TOLD]:
            target, name = one.target, f"the fault {fault.name}"
            wanted = {"dialect": target.dialect, "key": target.key, "call": target.call}
            lacking = fault.lacks(scene.dialect)
            text = why_not(name, wanted, found)
            if not text and lacking is not None:
                text = f"{name} did not apply: {scene.dialect.name} does not have {lacking}"
            journal.remark(text or f"{name} did not apply: it is not its turn")


def settled(taken: Iterable[Taken]) -> FaultsSettled:
    """What an account keeps of the faults that a call met."""
    fired, returned = list[str](), list[str]()
    for one in taken:
        if one.did:
            fired.append(one.standing.id)
        elif one.standing.times is not None:
            returned.append(one.standing.id)
    return FaultsSettled(tuple(fired), tuple(returned))


def taken_by(holder: str, scene: Scene, found: Iterable[tuple[StandingFault, int]]) -> list[Taken]:
    """What an account has found that a call meets."""
    return [
        Taken(one, fault_of(one), holder, replace(scene, number=number)) for one, number in found
    ]


def backwards(task: Task) -> bool:
    """Whether the callbacks of a task come in the wrong order."""
    known = map(named, task.plan.faults)
    return any(fault is not None and fault.backwards for fault in known)


def _defect(name: str) -> StandingFault:
    fault = named(name)
    assert fault is not None
    return StandingFault(f"defect-{name}", 0, name, Target(), None, fault.when, permanent=True)


def _own(scene: Scene) -> list[StandingFault]:
    """The faults that the prompt of a task asked for and that come call by call."""
    task, made = scene.task, list[StandingFault]()
    for name in () if task is None else task.plan.faults:
        fault = named(name)
        if task is not None and fault is not None and not fault.of_terms:
            fault_id = f"{task.id}:{name}"
            own = StandingFault(fault_id, FOREVER, name, Target(), fault.times, fault.when)
            made.append(own)
    return made


def _fitting(
    standing: Iterable[StandingFault], scene: Scene, terms: bool = False
) -> Iterable[StandingFault]:
    """Those that are for a call of this kind, in the order of their coming."""
    for one in standing:
        target, fault = one.target, fault_of(one)
        if (
            fault.of_terms is terms
            and scene.kind in fault.calls
            and target.dialect in (None, scene.dialect.name)
            and target.key in (None, scene.account)
            and target.call in (None, scene.kind)
            and (scene.over or not one.when.terminal)
            and fault.lacks(scene.dialect) is None
        ):
            yield one


def _number(taken: Taken) -> int:
    return taken.standing.number
