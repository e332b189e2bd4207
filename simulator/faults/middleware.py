"""Faults on the way of a call: before it is handled, in its place, and after.

``before`` gives the faults that a call meets, each counted and taken, as a ``Strike``. What they
do is asked of the strike, one question after the other (``faults.active``); whatever did nothing
is given back when it is closed. The registry (``faults.registry``) knows which faults stand.
"""

from contextlib import suppress

from msgspec.structs import replace as but

from simulator.core.account import State
from simulator.core.problems import Refusal
from simulator.core.task import Task
from simulator.engine.call import BODY_LIMIT, Call, Reply
from simulator.engine.dialect import Dialect
from simulator.engine.resolved import ResolvedCall
from simulator.faults.active import Strike
from simulator.faults.fault import Scene
from simulator.faults.registry import Registry
from simulator.store import journal


async def before(faults: Registry, resolved: ResolvedCall) -> Strike | None:
    """The faults that a call meets; None for one of no kind, or of nobody."""
    scene = _scene(resolved)
    return None if scene is None else await faults.strike(scene)


async def instead(strike: Strike) -> Reply | None:
    """The answer of a fault to a call that is then not handled, its body read all the same."""
    reply = strike.instead()
    if reply is None:
        return None
    with suppress(Refusal):
        await strike.scene.call.read(BODY_LIMIT)
    reply = strike.change(reply)
    await strike.close()
    return reply


async def after(
    faults: Registry, strike: Strike | None, resolved: ResolvedCall, reply: Reply
) -> Reply:
    """The answer after the faults that the call met, and those that the prompt of a task named."""
    if resolved.kind == "create" and reply.task is not None and reply.status < 400:
        scene = strike.scene if strike is not None else _scene(resolved)
        assert scene is not None
        own = await faults.named(but(scene, task=reply.task))
        reply = own.change(reply)
        await own.close()
        if strike is not None:
            strike.about(reply.task)
    if strike is not None:
        reply = strike.change(reply)
        await strike.close()
    return reply


async def of_link(faults: Registry, task: Task, call: Call) -> Strike:
    """The faults that a download through a link meets."""
    dialect = faults.dialects[task.dialect]
    return await faults.strike(Scene(dialect, "download", call, task.account, call.now, task))


async def of_callback(faults: Registry, task: Task, at: int) -> Strike:
    """The faults that a callback meets."""
    dialect, call = faults.dialects[task.dialect], Call("POST", "", now=at)
    return await faults.strike(Scene(dialect, "callback", call, task.account, at, task))


def _scene(resolved: ResolvedCall) -> Scene | None:
    """What faults see of a call."""
    if resolved.kind in ("", "other"):
        return None
    call, dialect = resolved.call, resolved.dialect
    task = _task(resolved.state, dialect, call.args.get("id", ""))
    if task is not None:
        journal.current().task = task.id
    return Scene(dialect, resolved.kind, call, call.account.key, call.now, task)


def _task(state: State, dialect: Dialect, name: str) -> Task | None:
    """The account's own task of an id, also of one that is shown in another form."""
    from simulator.faults.identities import FOREIGN  # faults are loaded when there are some

    name = dialect.reader.meant(name.removeprefix(FOREIGN))
    item = state.items.get(name)
    if item is not None and item.kind == "alias":
        name = str(item.facts["task"])
    task = state.tasks.get(name)
    return task if task is not None and task.dialect == dialect.name else None
