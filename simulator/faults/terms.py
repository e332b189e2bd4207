"""Faults that are settled with the acceptance of an order: what it is made as, billed and told."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from simulator.core.acceptance import Fate, Submission
from simulator.core.account import State
from simulator.core.task import Plan
from simulator.engine.call import Call
from simulator.engine.dialect import Dialect
from simulator.faults.active import Taken
from simulator.faults.fault import Cheapen, Fault, Scene, Terms
from simulator.faults.registry import Registry, named, settled, taken_by
from simulator.store import journal


class Met(msgspec.Struct, frozen=True):
    """The faults for all keys that an order met, and the names of all that changed it."""

    server: Sequence[Taken]
    fired: Sequence[str]


class OnAcceptance:
    """What the faults make of an order: the ``Terms`` of an engine.

    Those of the account are decided where the order is, and become events together with it. Those
    for all keys are taken from the server before, and settled or given back after.
    """

    def __init__(self, faults: Registry) -> None:
        self._faults = faults

    async def before(self, given: Submission, server: State) -> Sequence[Taken]:
        """The faults for all keys that an order meets."""
        if not self._faults.any_for_all(server):
            return ()
        return await self._faults.for_all(self._scenes(given))

    def decide(self, state: State, fate: Fate, before: Sequence[Taken]) -> Fate:
        """The order and its plan on the terms of all faults that it meets."""
        if not before and not state.faults and not fate.plan.faults:
            return fate
        given, plan, account = fate.given, fate.plan, fate.given.account.key
        dialect = self._faults.dialects[given.dialect]
        known, notes = _known(dialect, plan.faults)
        events, fired = list(fate.events), list[str]()
        server, own = [replace(one, did=False) for one in before], list[Taken]()
        for scene in self._scenes(given):
            counted, found = self._faults.for_account(scene).decide(state)
            events += counted
            own += taken_by(account, scene, found)
        met = sorted([*server, *own], key=lambda one: one.standing.number)
        asked: list[tuple[Fault, Taken | None]] = [(f, None) for f in known if f.of_terms]
        for fault, one in [*asked, *((one.fault, one) for one in met)]:
            was = given, plan
            given, plan = _on_terms(fault, given, plan, dialect)
            did = fault.backwards or (given, plan) != was
            if did:
                fired.append(fault.name)
            else:
                notes.append(f"the fault {fault.name} found nothing to change in this order")
            if one is not None:
                one.did = did
        if plan.faults or met:
            names = [*(fault.name for fault in known), *(one.fault.name for one in met)]
            plan = replace(plan, faults=tuple(dict.fromkeys(names)))
        if own:
            # What was only just counted is not in the state yet, so it is not asked about it.
            events.append(settled(own))
        return replace(
            fate,
            given=given,
            plan=plan,
            events=tuple(events),
            notes=(*fate.notes, *notes),
            met=Met(server, fired),
        )

    async def after(self, met: Met | None) -> None:
        """Settle those for all keys with the order that was accepted; None is none at all."""
        if met is None:
            return
        for name in met.fired:
            journal.fired(name)
        await self._faults.keep(met.server)

    async def give_back(self, before: Sequence[Taken]) -> None:
        """Let those for all keys wait for another order."""
        await self._faults.keep([replace(one, did=False) for one in before])

    def _scenes(self, given: Submission) -> list[Scene]:
        """What faults see of an order: a create call, and callbacks if it asks for some."""
        if given.dialect not in self._faults.dialects:
            return []
        kinds = ("create",) if given.order.callback_url is None else ("create", "callback")
        dialect, call = self._faults.dialects[given.dialect], Call("POST", "")
        return [Scene(dialect, kind, call, given.account.key, 0) for kind in kinds]


def _known(dialect: Dialect, names: Iterable[str]) -> tuple[list[Fault], list[str]]:
    """The faults of the prompt's names that the dialect can have, and a note on each other one."""
    found, notes = list[Fault](), list[str]()
    for name in names:
        fault = named(name)
        lacking = None if fault is None else fault.lacks(dialect)
        if fault is None:
            notes.append(f"the fault {name!r} in the prompt is not known")
        elif lacking is not None:
            notes.append(f"the fault {name!r} in the prompt needs {lacking}")
        else:
            found.append(fault)
    return found, notes


def _on_terms(
    fault: Fault, given: Submission, plan: Plan, dialect: Dialect
) -> tuple[Submission, Plan]:
    """An order and its plan on the terms of one fault."""
    for act in fault.acts:
        if isinstance(act, Terms):
            given, plan = act.settle(given, plan)
        elif isinstance(act, Cheapen):
            given = act.settle(given, dialect)
    return given, plan
