"""Faults are facts of the accounts: they happen as often as was asked for, whatever the store."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from simulator.core.config import Key
from simulator.core.events import Event, PlanTaken, TaskAccepted, decode, encode
from simulator.core.fault_events import FaultPlaced, FaultsMet, FaultsSettled
from simulator.core.faults import Own, StandingFault, Target, When
from simulator.core.plan import Match, Wish
from simulator.dialects import Dialects
from simulator.dialects.ark import DIALECT, TASKS
from simulator.engine import Engine
from simulator.engine.call import Call
from simulator.faults.fault import ALWAYS, Scene
from simulator.faults.registry import Registry
from simulator.faults.terms import OnAcceptance
from simulator.store import Store
from simulator.store.memory import MemoryStore
from tests.serving import serve
from tests.stores import Filed, Losing, Replicas, Shared, Writing, Yielding, closing_replicas
from tests.test_account import AT_ONCE, START, engine, submission

STORES = [MemoryStore, Yielding, Losing, Writing, Filed, Shared, Replicas]
HOLDERS = [None, "one"]
__all__ = ["closing_replicas"]
pytestmark = pytest.mark.usefixtures("closing_replicas")


@pytest_asyncio.fixture(params=STORES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """A store of each kind, which ends with the test."""
    made: Store = request.param()
    yield made
    await made.close()


def faulty(store: Store) -> tuple[Engine, Registry]:
    """An engine whose orders faults have a say in."""
    here = engine(store)
    faults = Registry(here, Dialects())
    here.settle_by(OnAcceptance(faults))
    return here, faults


async def met(faults: Registry, did: bool = True) -> bool:
    """Whether a create call meets a fault, which then does something or does not."""
    strike = await faults.strike(Scene(DIALECT, "create", Call("POST", ""), "one", START))
    for one in strike.taken:
        one.did = did
    found = bool(strike)
    await strike.close()
    return found


@pytest.mark.parametrize("key", HOLDERS)
async def test_a_fault_happens_as_often_as_it_says(store: Store, key: str | None) -> None:
    _, faults = faulty(store)
    await faults.add("500-own", Target(key=key), 3, ALWAYS, 1.0)
    assert sum(await asyncio.gather(*[met(faults) for _ in range(AT_ONCE)])) == 3
    ((standing, tally),) = await faults.standing()
    assert (standing.id, tally.left(standing), tally.fired) == ("fault-1", 0, 3)


async def test_calls_are_counted_one_by_one(store: Store) -> None:
    _, faults = faulty(store)
    await faults.add("500-own", Target(), None, When(nth=7), 1.0)
    assert sum(await asyncio.gather(*[met(faults) for _ in range(AT_ONCE)])) == 1


@pytest.mark.parametrize("key", HOLDERS)
async def test_what_found_nothing_to_do_waits_for_another_call(key: str | None) -> None:
    _, faults = faulty(MemoryStore())
    await faults.add("500-own", Target(key=key), 1, ALWAYS, 1.0)
    assert [await met(faults, did=False) for _ in range(2)] == [True, True]
    assert [await met(faults) for _ in range(2)] == [True, False]


class Batches(MemoryStore):
    """Remembers which events came together."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[type]] = []

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        self.batches.append([type(event) for event in events])
        return await super().append(account, version, events)


async def test_an_order_its_plan_and_its_faults_are_one_step() -> None:
    store = Batches()
    here, faults = faulty(store)
    await here.plans.add(Match(key="one"), Wish(run=7), 1)
    await faults.add("refund-missing", Target(key="one"), 2, ALWAYS, 1.0)
    store.batches.clear()
    key = Key("one")
    task = await here.submit(await submission(here, key), await here.draw(key), START)
    assert store.batches == [[PlanTaken, FaultsMet, FaultsSettled, TaskAccepted]]
    assert (task.plan.run, task.plan.faults, task.charge.refunds) == (7, ("refund-missing",), 0)
    ((standing, tally),) = await faults.standing()
    assert (tally.left(standing), tally.fired) == (1, 1)


@pytest.mark.parametrize("holder", HOLDERS)
async def test_the_terms_of_an_order_are_settled_once(store: Store, holder: str | None) -> None:
    here, faults = faulty(store)
    await faults.add("refund-missing", Target(key=holder), 3, ALWAYS, 1.0)
    key = Key("one", rpm=12)

    async def submit() -> Any:
        return await here.submit(await submission(here, key), await here.draw(key), START)

    given = await asyncio.gather(*[submit() for _ in range(AT_ONCE)], return_exceptions=True)
    tasks = [one for one in given if not isinstance(one, BaseException)]
    assert len(tasks) == 12
    ((standing, tally),) = await faults.standing()
    met = sum(task.charge.refunds == 0 for task in tasks)
    # For all keys, one may have been held for an order that was refused meanwhile.
    assert met == 3 if holder else met <= 3
    assert (tally.fired, tally.left(standing)) == (met, 3 - met)


async def test_what_stands_is_written_down_whole() -> None:
    store = Writing()
    here, faults = faulty(store)
    own = Own(418, {"A": "b"}, {"c": [1, None]}, 0.5)
    for fault in ("500-own", own, Own(headers={"X": "y"})):
        await faults.add(fault, Target(key="one", call="create"), 2, When(first=3), 0.9)
    for _ in range(5):
        await met(faults)
    await faults.drop("fault-1")
    key = Key("one")
    prompt = "A [[sim: fault=status-case]]"
    await here.submit(await submission(here, key, prompt), await here.draw(key), START)
    for account in await store.accounts():
        state, again = (await store.load(account))[1], store.read_again(account)
        assert (again.faults, again.tallies) == (state.faults, state.tallies)
        assert again.named == state.named
    assert list((await store.load("one"))[1].faults) == ["fault-2", "fault-3"]


@pytest.mark.parametrize("own", [Own(status=429), Own(headers={"a": "b"}), Own(body=None)])
def test_a_body_that_stays_is_not_one_of_null(own: Own) -> None:
    fault = StandingFault("fault-1", 1, "custom", Target(), None, ALWAYS, own=own)
    assert decode(encode(FaultPlaced(fault))) == FaultPlaced(fault)


async def test_faults_outlive_the_server(tmp_path: Path) -> None:
    """A fault of two times that happened once happens once more after a restart."""
    store = f"sqlite:{tmp_path / 'sim.db'}"
    statuses: list[int] = []
    for _ in range(2):
        async with serve(store=store) as server:
            sim = f"{server.base}/_sim/faults"
            if not statuses:
                order = {"fault": "500-own", "match": {"call": "create"}, "times": 3}
                async with server.anonymous.post(sim, json=order) as answer:
                    assert answer.status == 200
                text = "A lantern [[sim: fault=status-case]]"
                body = {**DIALECT.example, "content": [{"type": "text", "text": text}]}
            for _ in range(2):
                async with server.client.post(f"{server.base}/ark{TASKS}", json=body) as answer:
                    statuses.append(answer.status)
                    task = (await answer.json()).get("id")
            async with server.anonymous.get(sim) as answer:
                (item,) = (await answer.json())["items"]
            assert (item["fired"], item["times"]) == (min(len(statuses), 3), 3 - item["fired"])
    assert statuses == [500, 500, 500, 200]
    async with (
        serve(store=store) as server,
        server.client.get(f"{server.base}/ark{TASKS}/{task}") as answer,
    ):
        assert (await answer.json())["status"] == "QUEUED"
