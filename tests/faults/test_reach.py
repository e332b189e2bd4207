"""What is accepted can happen: every fault, at every call, in every dialect and fidelity."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.core.clock import DAY
from simulator.core.task import Task
from simulator.dialects import NAMES, faithful
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect, Event
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.fault import Act, Change, Fault, Readdress, Scene
from simulator.faults.identities import FOREIGN
from simulator.openapi.answers import KEY, Client
from tests.serving import serve

FIDELITIES = ("documented", "observed")


@dataclass(frozen=True)
class Seen:
    """What a dialect says: tasks of every end, and answers by the kind of their call."""

    dialect: Dialect
    tasks: tuple[Task, ...]
    replies: Mapping[str, list[Reply]]

    def struck(self, fault: Fault, call: str) -> bool:
        """Whether a fault does something to any of the answers to such a call."""
        return any(self._does(act, call) for act in fault.acts)

    def _does(self, act: Act, call: str) -> bool:
        if isinstance(act, Readdress):
            routes = [route for route in self.dialect.routes if route.kind == call]
            targets = [each.target(id=f"{FOREIGN}a", name="a", model="m") for each in routes]
            return any((act.path(each), act.query(each)) != (each, each) for each in targets)
        if not isinstance(act, Change):
            return True  # of its own, whatever would be said
        found = self.replies.get(call, ())
        return any(act.reply(scene, each) is not each for each in found for scene in self._at(call))

    def _at(self, call: str) -> Iterator[Scene]:
        for task in self.tasks:
            now = (task.ended() or task.created) + DAY
            yield Scene(self.dialect, call, Call("POST", "", now=now), KEY, now, task, 1)


async def seen(name: str, fidelity: str) -> Seen:
    observed = fidelity == "observed"
    dialect = faithful(name, observed)
    client = Client(dialect, observed)
    found = await client.collected()
    tasks = tuple((await client.engine.state(KEY)).tasks.values())
    replies: dict[str, list[Reply]] = {"download": [Reply(200, b"a clip")]}
    for route in dialect.routes:
        for (status, _), bodies in found[route.method, route.path].bodies.items():
            answers: list[Any] = [*bodies.values()] or [b""]
            replies.setdefault(route.kind, []).extend(Reply(status, body) for body in answers)
    if told := dialect.callbacks:
        events = [Event(task, *each) for task in tasks for each in told.events(task)]
        replies["callback"] = [Reply(200, dict(told.body(each, client.engine))) for each in events]
    return Seen(dialect, tasks, replies)


@pytest.mark.parametrize("fidelity", FIDELITIES)
@pytest.mark.parametrize("name", NAMES)
async def test_a_fault_is_taken_for_a_call_just_where_it_can_strike_one(
    name: str, fidelity: str
) -> None:
    """Faults of one kind of call, many of which need their hour, are those of test_answers."""
    found = await seen(name, fidelity)
    own = {route.kind for route in found.dialect.routes} | {"download"}
    own |= {"callback"} if found.dialect.callbacks else set()
    pairs = [(one, call) for one in CATALOGUE.values() for call in one.calls]
    for one, call in pairs:
        if len(one.calls) > 1 and one.lacks(found.dialect) is None:
            can = call in own and found.struck(one, call)
            assert can == (one.lacks(found.dialect, call) is None), (one.name, call)


@pytest.mark.parametrize(
    ("fault", "call", "dialect", "lacking"),
    [
        ("foreign-task-id", "download", "ark", "a download call"),
        ("foreign-task-id", "download", "nbility", "a download call"),
        ("foreign-task-id", "download", "uniall", ""),
        ("foreign-task-id", "query", "ark", ""),
        ("numbers-as-strings", "create", "ark", "numbers in its answers in a create call"),
        ("numbers-as-strings", "create", "uniall", ""),
        ("url-inner-only", "callback", "newapi", "a link in two places in a callback call"),
        ("error-as-string", "callback", "octopusx", "an error object in a callback call"),
        ("url-missing", "callback", "uniall", "a callback call"),
        ("url-expired", "download", "ark", ""),
    ],
)
async def test_what_can_never_strike_such_a_call_is_refused_with_the_reason(
    fault: str, call: str, dialect: str, lacking: str
) -> None:
    async with serve() as server:
        asked = {"fault": fault, "match": {"dialect": dialect, "call": call}}
        async with server.anonymous.post(f"{server.base}/_sim/faults", json=asked) as answer:
            text = await answer.text()
            assert answer.status == (400 if lacking else 200), text
            assert lacking in text
