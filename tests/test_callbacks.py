"""Callbacks over real connections: what is told, when, in which order, and to whom never."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from simulator import __version__, callbacks
from simulator.callbacks import Deliverer
from simulator.callbacks.sender import BODY_READ, Sender
from simulator.core.account import State
from simulator.core.addresses import Policy
from simulator.core.callbacks import Attempt
from simulator.core.clock import HOUR
from simulator.core.config import Config
from simulator.core.events import ATTEMPTS_KEPT, CallbackSettled, CallbackTried, Event
from simulator.core.task import Phase
from simulator.dialects import ALL, faithful
from simulator.dialects.ark import DIALECT as ARK
from simulator.dialects.evolink import DIALECT as EVOLINK
from simulator.dialects.octopusx import DIALECT as OCTOPUSX
from simulator.engine import Engine
from simulator.server.app import WORLD
from simulator.store import Broken
from simulator.store.sqlite import SqliteStore
from tests.driving import KEY, START, World, world
from tests.faults.pair import DIALECTS, ORDERS, Side
from tests.ordering import asking
from tests.receiving import Receiver, receiver
from tests.serving import Server, serve
from tests.stores import Filed

TASKS = "/api/v3/contents/generations/tasks"
ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A lantern floats over a lake"}],
}

ENDED = Phase.SUCCEEDED
Senders = Callable[..., Sender]


@pytest.fixture
async def ears() -> AsyncIterator[Receiver]:
    async with receiver() as told:
        yield told


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve(callbacks="local") as running:
        yield running


@pytest.fixture
async def sender_for() -> AsyncIterator[Senders]:
    made: list[Sender] = []

    def make(reach: Any, *hosts: str) -> Sender:
        made.append(Sender(Policy.of(reach, hosts)))
        return made[-1]

    yield make
    for sender in made:
        await sender.close()


async def order(server: Server, url: str, key: str = KEY) -> str:
    body = {**ORDER, "callback_url": url}
    headers = {"Authorization": f"Bearer {key}"}
    call = server.anonymous.post(f"{server.base}/ark{TASKS}", json=body, headers=headers)
    async with call as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["id"])


async def control(server: Server, method: str, path: str, body: Any = None) -> Any:
    url = f"{server.base}/_sim{path}"
    async with server.anonymous.request(method, url, json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def attempts(server: Server, task: str) -> list[tuple[Any, ...]]:
    """Phase, number, simulated time after START and result of every attempt for a task."""
    found = (await control(server, "GET", f"/tasks/{task}"))["callbacks"]
    assert all(one["ms"] >= 0 for one in found)
    return [
        (one["phase"], one["attempt"], one["at_ms"] - START, one.get("status") or one["error"])
        for one in found
    ]


async def test_every_change_is_told_in_the_words_of_the_query(
    server: Server, ears: Receiver
) -> None:
    task = await order(server, f"{ears.url}/hook?id=1")
    seen = []
    for span in ("0s", "1s", "3s"):
        await server.advance(span)
        async with server.client.get(f"{server.base}/ark{TASKS}/{task}") as answer:
            seen.append(await answer.json())
    assert [one.body for one in ears.got] == seen
    assert ears.words == ["queued", "running", "succeeded"]
    for one in ears.got:
        assert one.path == "/hook"
        assert one.headers["content-type"] == "application/json"
        assert one.headers["user-agent"] == f"seedance-sim/{__version__}"
        assert not {"cookie", "authorization"} & set(one.headers)


# What is told of a task that takes a second to start and three more to end: (Ark) "the task's
# status changes", (EvoLink) "completed, failed", (OctopusX) "when the task is completed".
CHANGES = (0, 1000, 4000)
TOLD = {"ark": CHANGES, "evolink": (4000,), "octopusx": (4000,), "newapi": CHANGES}


@pytest.mark.parametrize("observed", [False, True])
@pytest.mark.parametrize("dialect", [one.name for one in ALL if one.callbacks is not None])
async def test_every_dialect_tells_of_its_events(
    ears: Receiver, dialect: str, observed: bool
) -> None:
    fidelity = "observed" if observed else "documented"
    async with serve(callbacks="local", fidelity=fidelity) as server:
        side = Side(server, DIALECTS[dialect])
        await side.create(asking(side.dialect, callback=ears.url))
        (task,) = await server.app[WORLD].engine.tasks(KEY)
        await side.advance("1h")
    callbacks = faithful(dialect, observed).callbacks
    assert callbacks is not None
    read = [side.dialect.reader.read(one.body).phase for one in ears.got]
    assert read == [phase for phase, _ in callbacks.events(task)]


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize("end", ["succeeded", "failed", "expired"])
@pytest.mark.parametrize("dialect", TOLD)
async def test_the_body_is_the_querys_answer_of_the_moment(
    ears: Receiver, dialect: str, end: str, fidelity: str
) -> None:
    passed_on = dialect == "newapi" or (dialect, fidelity) == ("octopusx", "observed")
    due = CHANGES if passed_on else TOLD[dialect]
    async with serve(callbacks="local", fidelity=fidelity) as server:
        side = Side(server, DIALECTS[dialect])
        await side.plan(end=end)
        answer = await side.create(asking(DIALECTS[dialect], ORDERS[dialect], callback=ears.url))
        assert answer.status == 200
        seen = []
        for span in ("0s", "1s", "2999ms", "1ms"):
            told = len(ears.got)
            await side.advance(span)
            seen += [(await side.query()).body] * (len(ears.got) - told)
        await side.advance("1h")
        shown = (await side.sim("GET", f"/tasks/{side.task}"))["callbacks"]
    assert [one["at_ms"] - START for one in shown] == list(due)
    assert [one.path for one in ears.got] == ["/"] * len(due)
    if passed_on:
        assert ears.words == ["queued", "running", end]
        ids = {one.body["id"] for one in ears.got}
        assert (
            ids == {side.task} if dialect == "octopusx" else {name[:4] for name in ids} == {"cgt-"}
        )
    else:
        assert [one.body for one in ears.got] == seen


async def test_one_advance_tells_everything_in_order(server: Server, ears: Receiver) -> None:
    tasks = [await order(server, ears.url) for _ in range(3)]
    await server.advance("0s")
    answer = await server.advance("1h")
    assert answer["pending"] == 0
    for task in tasks:
        mine = [one.body["status"] for one in ears.got if one.body["id"] == task]
        assert mine == ["queued", "running", "succeeded"]
    kinds = [item["kind"] for item in answer["happened"]]
    assert kinds == ["started"] * 3 + ["callback"] * 3 + ["succeeded"] * 3 + ["callback"] * 3
    times = [item["at_ms"] for item in answer["happened"]]
    assert times == [START + 1000] * 6 + [START + 4000] * 6


async def test_the_end_is_repeated_after_1_2_and_4_seconds(server: Server, ears: Receiver) -> None:
    ears.answers = [200, 200, 500, 503, 404, 400, 200]
    task = await order(server, ears.url)
    answer = await server.advance("4s")
    assert answer["pending"] == 0
    assert len(ears.got) == 3
    await server.advance("999ms")
    assert len(ears.got) == 3
    await server.advance("1ms")
    assert len(ears.got) == 4
    await server.advance("1h")
    assert await attempts(server, task) == [
        ("queued", 1, 0, 200),
        ("running", 1, 1000, 200),
        ("succeeded", 1, 4000, 500),
        ("succeeded", 2, 5000, 503),
        ("succeeded", 3, 7000, 404),
        ("succeeded", 4, 11000, 400),
    ]
    assert len(ears.got) == 6


async def test_repeats_within_one_advance_and_none_after_success(
    server: Server, ears: Receiver
) -> None:
    ears.answers = [200, 200, 500, 204]
    task = await order(server, ears.url)
    await server.advance("24h")
    assert [one[2:] for one in (await attempts(server, task))[2:]] == [(4000, 500), (5000, 204)]


async def test_only_the_end_is_repeated(server: Server, ears: Receiver) -> None:
    ears.answers = [500, 500, 200]
    task = await order(server, ears.url)
    await server.advance("1h")
    assert await attempts(server, task) == [
        ("queued", 1, 0, 500),
        ("running", 1, 1000, 500),
        ("succeeded", 1, 4000, 200),
    ]


@pytest.mark.parametrize(("end", "word"), [("failed", "failed"), ("expired", "expired")])
async def test_other_ends_are_told(server: Server, ears: Receiver, end: str, word: str) -> None:
    await control(server, "POST", "/plans", {"plan": {"end": end}})
    ears.answers = [200, 200, 500, 200]
    await order(server, ears.url)
    await server.advance("1h")
    assert ears.words[:3] == ["queued", "running", word]
    assert len(ears.got) == (4 if end == "failed" else 3)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_failures_and_not_followed(
    server: Server, ears: Receiver, status: int
) -> None:
    ears.answers = [status]
    task = await order(server, f"{ears.url}/hook")
    await server.advance("0s")
    assert (await attempts(server, task))[0] == ("queued", 1, 0, status)
    assert [one.path for one in ears.got] == ["/hook"]


async def test_a_cancelled_task_is_told_no_further(server: Server, ears: Receiver) -> None:
    task = await order(server, ears.url)
    await server.advance("0s")
    async with server.client.delete(f"{server.base}/ark{TASKS}/{task}") as answer:
        assert answer.status == 200
    await server.advance("1h")
    assert ears.words == ["queued"]


async def test_a_removed_task_is_not_told_again(server: Server, ears: Receiver) -> None:
    ears.answers = [200, 200, 500]
    task = await order(server, ears.url)
    await server.advance("4s")
    async with server.client.delete(f"{server.base}/ark{TASKS}/{task}") as answer:
        assert answer.status == 200
    await server.advance("1h")
    assert ears.words == ["queued", "running", "succeeded"]


async def test_a_reset_drops_what_waits(server: Server, ears: Receiver) -> None:
    await order(server, ears.url, "sk-one")
    await order(server, ears.url, "sk-two")
    await control(server, "POST", "/clock", {"advance": "0s"})
    await control(server, "POST", "/reset", {"key": "sk-one"})
    answer = await control(server, "POST", "/clock", {"advance": "1h"})
    assert [item["kind"] for item in answer["happened"]].count("callback") == 2
    await order(server, ears.url)
    await control(server, "POST", "/reset")
    answer = await control(server, "POST", "/clock", {"advance": "1h"})
    assert answer["happened"] == []


async def test_accounts_wait_on_their_own_clocks(server: Server, ears: Receiver) -> None:
    first = await order(server, ears.url, "sk-one")
    second = await order(server, ears.url, "sk-two")
    await server.advance("1h", "sk-one")
    assert len(await attempts(server, first)) == 3
    assert len(await attempts(server, second)) <= 1


async def test_a_running_clock_tells_by_itself(ears: Receiver) -> None:
    async with serve(callbacks="local", freeze=False, rate=1000) as server:
        await order(server, ears.url)
        await ears.count(3)
    assert ears.words == ["queued", "running", "succeeded"]


async def test_a_thawed_clock_tells_by_itself(server: Server, ears: Receiver) -> None:
    await order(server, ears.url)
    await control(server, "POST", "/clock", {"freeze": False, "rate": 1000, "key": KEY})
    await ears.count(3)
    assert ears.words == ["queued", "running", "succeeded"]


async def test_a_slow_receiver_is_waited_for_only_so_long(server: Server, ears: Receiver) -> None:
    gate = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await gate.wait()
        return web.Response()

    ears.answers = [slow]
    task = await order(server, ears.url)
    answer = await control(server, "POST", "/clock", {"advance": "1h", "wait": "20ms", "key": KEY})
    assert answer["pending"] == 3
    assert [item["kind"] for item in answer["happened"]] == ["started", "succeeded"]
    await ears.count(1)
    assert len(ears.got) == 1
    gate.set()
    assert (await server.advance("0s"))["pending"] == 0
    assert [one[:3] for one in await attempts(server, task)] == [
        ("queued", 1, 0),
        ("running", 1, 1000),
        ("succeeded", 1, 4000),
    ]


async def test_at_most_64_of_an_account_at_once(server: Server, ears: Receiver) -> None:
    gate = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await gate.wait()
        return web.Response()

    ears.answers = [slow] * 70
    for _ in range(70):
        await order(server, ears.url)
    await ears.count(64)
    answer = await control(server, "POST", "/clock", {"wait": "50ms", "key": KEY})
    assert answer["pending"] == 70
    assert len(ears.got) == 64
    gate.set()
    assert (await server.advance("0s"))["pending"] == 0
    assert len(ears.got) == 70


async def test_closing_waits_for_no_receiver(ears: Receiver) -> None:
    async def never(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    ears.answers = [never]
    async with serve(callbacks="local") as server:
        await order(server, ears.url)
        await ears.count(1)


async def test_a_plain_refusal_at_create_leaves_nothing(ears: Receiver) -> None:
    async with serve() as server:
        body = {**ORDER, "callback_url": ears.url}
        async with server.client.post(f"{server.base}/ark{TASKS}", json=body) as answer:
            assert answer.status == 400
            assert "--callbacks local" in await answer.text()
        await server.advance("1h")
        assert (await control(server, "GET", "/tasks"))["total"] == 0
    assert ears.got == []


# What is below drives the parts without the server.


def deliverer(sim: World, **settings: Any) -> Deliverer:
    assert ARK.callbacks is not None
    made = Deliverer(sim.engine, {"ark": replace(ARK.callbacks, **settings)})
    sim.engine.on_change.append(made.changed)
    return made


async def test_no_answer_in_time_is_a_failure(ears: Receiver) -> None:
    async def never(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    ears.answers = [never]
    sim = world(ARK, callbacks="local")
    telling = deliverer(sim, timeout=0.05)
    status, _ = await sim.json("POST", TASKS, {**ORDER, "callback_url": ears.url})
    assert status == 200
    made, left = await telling.drain(KEY, 5)
    assert left == 0
    assert [(one.status, one.error) for one in made] == [(None, "no answer within 0.05 seconds")]
    assert made[0].shown()["error"] == made[0].error
    await telling.close()


async def test_nobody_listens(sender_for: Senders) -> None:
    async with receiver() as gone:
        url = gone.url
    sender = sender_for("local")
    status, error = await sender.post(url, b"{}", 5)
    assert status is None
    assert error is not None
    assert "Cannot connect" in error


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "a.localhost", "[::ffff:127.0.0.1]"])
async def test_strict_never_connects_to_loopback(
    ears: Receiver, host: str, sender_for: Senders
) -> None:
    port = ears.url.rpartition(":")[2]
    sender = sender_for("strict")
    status, error = await sender.post(f"http://{host}:{port}/", b"{}", 5)
    assert status is None
    assert error is not None
    assert "callbacks may not go to" in error
    assert ears.got == []


async def test_a_named_host_is_called_wherever_it_is(ears: Receiver, sender_for: Senders) -> None:
    port = ears.url.rpartition(":")[2]
    sender = sender_for("strict", "127.0.0.1", "169.254.1.1")
    assert await sender.post(f"http://127.0.0.1:{port}/", b"{}", 5) == (200, None)
    _, error = await sender.post(f"http://localhost:{port}/", b"{}", 5)
    assert "start the simulator with --callbacks local to allow it" in str(error)
    _, error = await sender.post("http://169.254.1.1/", b"{}", 5)
    assert "callbacks may not go to 169.254.1.1" in str(error)
    assert len(ears.got) == 1


@pytest.mark.parametrize("reach", ["strict", "local"])
async def test_a_refused_private_address_names_the_flag(reach: str, sender_for: Senders) -> None:
    _, error = await sender_for(reach).post("http://172.18.0.3:3000/", b"{}", 5)
    assert "may not go to 172.18.0.3; start the simulator with --callbacks private" in str(error)


@pytest.mark.parametrize("host", ["localhost", "localhost.", "a.b.localhost"])
@pytest.mark.parametrize("reach", ["local", "private"])
async def test_local_reaches_loopback_names(
    ears: Receiver, host: str, reach: str, sender_for: Senders
) -> None:
    port = ears.url.rpartition(":")[2]
    sender = sender_for(reach)
    assert await sender.post(f"http://{host}:{port}/", b"{}", 5) == (200, None)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[fe80::1]", "0.0.0.0", "[::]"])
@pytest.mark.parametrize("policy", ["strict", "local"])
async def test_private_addresses_are_never_connected_to(
    host: str, policy: Any, sender_for: Senders
) -> None:
    sender = sender_for(policy)
    status, error = await sender.post(f"https://{host}/", b"{}", 5)
    assert status is None
    assert error is not None
    assert "callbacks may not go to" in error


@pytest.mark.parametrize("url", ["https://2130706433/", "not a link", "https://[::1/"])
async def test_odd_links_are_failures(url: str, sender_for: Senders) -> None:
    sender = sender_for("strict")
    status, error = await sender.post(url, b"{}", 5)
    assert status is None
    assert error


async def test_no_cookies_and_no_proxies(
    ears: Receiver, monkeypatch: pytest.MonkeyPatch, sender_for: Senders
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")

    async def bake(request: web.Request) -> web.Response:
        return web.Response(headers={"Set-Cookie": "a=b; Path=/"})

    ears.answers = [bake]
    sender = sender_for("local")
    for _ in range(2):
        assert await sender.post(ears.url, b"{}", 5) == (200, None)
    assert "cookie" not in ears.got[1].headers


async def test_only_a_short_answer_is_read(ears: Receiver, sender_for: Senders) -> None:
    hung_up = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * BODY_READ)
        except (ConnectionError, asyncio.CancelledError):
            hung_up.set()
            raise

    ears.answers = [endless]
    sender = sender_for("local")
    assert await sender.post(ears.url, b"{}", 5) == (200, None)
    async with asyncio.timeout(5):
        await hung_up.wait()


async def test_the_status_counts_though_the_body_never_comes(
    ears: Receiver, sender_for: Senders
) -> None:
    async def stuck(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "2"})
        await response.prepare(request)
        await response.write(b"x")
        await asyncio.Event().wait()
        raise AssertionError

    ears.answers = [stuck]
    sender = sender_for("local")
    assert await sender.post(ears.url, b"{}", 0.2) == (200, None)


async def silent(limit: float, sender: Sender) -> tuple[float, str | None]:
    """How long a sender with a limit holds a connection on which nobody answers, and its error."""
    loop, held = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        since = loop.time()
        await reader.read()
        held.set_result(loop.time() - since)
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        status, error = await sender.post(f"http://127.0.0.1:{port}/", b"{}", limit)
        assert status is None
        return await held, error


@pytest.mark.slow
async def test_the_documented_limits_are_kept_on_the_wire(sender_for: Senders) -> None:
    """Five seconds of Ark and ten of EvoLink, begun at odd moments of the clock."""
    limits = [d.callbacks.timeout for d in (ARK, EVOLINK, OCTOPUSX) if d.callbacks is not None]
    assert limits == [5, 10, 5]
    for limit, (took, error) in zip(
        limits,
        await asyncio.gather(*(silent(limit, sender_for("local")) for limit in limits)),
        strict=True,
    ):
        assert abs(took - limit) < 0.1
        assert error == f"no answer within {limit:g} seconds"


def test_attempts_are_kept_within_bounds() -> None:
    state = State()
    for number in range(ATTEMPTS_KEPT + 10):
        attempt = Attempt("sk", f"task-{number}", Phase.QUEUED, 1, number, 0, 200)
        CallbackTried(attempt).apply(state)
    assert len(state.attempts) == state.attempted == ATTEMPTS_KEPT
    assert "task-9" not in state.attempts
    assert f"task-{ATTEMPTS_KEPT + 9}" in state.attempts


async def test_whoever_comes_after_tells_what_is_left_and_nothing_twice(ears: Receiver) -> None:
    """The second sender knows nothing but what the store has: the end was tried once, in vain."""
    ears.answers = [200, 200, 500]
    it = world(ARK, callbacks="local")
    assert ARK.callbacks is not None
    first, second = (Deliverer(it.engine, {"ark": ARK.callbacks}) for _ in range(2))
    it.engine.on_change.append(first.changed)
    await it.json("POST", TASKS, {**ORDER, "callback_url": ears.url})
    it.advance("4s")
    await first.drain(KEY, 5)
    await first.close()
    await second.restore()
    it.advance("24h")
    made, pending = await second.drain(KEY, 5)
    assert [(one.phase, one.number, one.status) for one in made] == [("succeeded", 2, 200)]
    assert pending == 0
    await second.restore()
    assert await second.drain(KEY, 5) == ([], 0)
    await second.close()
    assert ears.words == ["queued", "running", "succeeded", "succeeded"]


@asynccontextmanager
async def two_processes() -> AsyncIterator[list[tuple[World, Deliverer]]]:
    """Two worlds on one file, as it were in two processes, and who calls back in each."""
    first = Filed()
    stores = [first, SqliteStore(first.path)]
    config = Config(seed=1, start=START, freeze=True, callbacks="local")
    worlds = [World(ARK, Engine(config, store)) for store in stores]
    both = [(one, deliverer(one)) for one in worlds]
    try:
        yield both
    finally:
        for _, telling in both:
            await telling.close()
        for store in reversed(stores):
            await store.close()


async def test_what_the_store_did_not_take_is_told_again(
    ears: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The end was heard, but the store had no room to note it: it is owed, here as elsewhere.

    The log says once that callbacks have to wait, however many do and however long.
    """
    monkeypatch.setattr(callbacks, "LOOK_S", 0)

    class Full(Filed):
        full = 3

        async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
            for event in events:
                if self.full and isinstance(event, CallbackSettled) and ENDED in event.told.done:
                    self.full -= 1
                    raise Broken("no room")
            return await super().append(account, version, events)

    store = Full()
    it = World(ARK, Engine(Config(seed=1, start=START, freeze=True, callbacks="local"), store))
    telling = deliverer(it)
    try:
        _, body = await it.json("POST", TASKS, {**ORDER, "callback_url": ears.url})
        assert (await telling.drain(KEY, 5))[1] == 0
        await it.engine.clocks.move(KEY, lambda clock, real: clock.advanced(HOUR, real))
        assert (await telling.drain(KEY, 5))[1] == 0
        told = (await it.engine.state(KEY)).told[body["id"]]
        assert told.done == (Phase.QUEUED, Phase.RUNNING, ENDED)
        assert ears.words == ["queued", "running", *["succeeded"] * 4]
        assert caplog.messages == ["callbacks have to wait: no room"]
    finally:
        await telling.close()
        await store.close()


async def test_who_begins_reads_only_accounts_that_are_still_to_be_told(ears: Receiver) -> None:
    async with two_processes() as ((one, here), (other, there)):
        for key in ("sk-told", "sk-owed"):
            await one.json("POST", TASKS, {**ORDER, "callback_url": ears.url}, key=key)
        one.advance("4s", "sk-told")
        await here.drain("sk-told", 5)
        await here.drain(None, 5)  # which sees that nothing is owed to one of them
        known = other.engine.store._known  # type: ignore[attr-defined]
        await there.restore()
        assert "sk-owed" not in known  # nobody waits for it
        await there.drain(None, 0)
        assert "sk-owed" in known
        assert "sk-told" not in known


async def test_who_asks_for_one_account_waits_for_no_other(ears: Receiver) -> None:
    """A server begins beside many that are owed callbacks, and is asked for the last of them."""
    held = asyncio.Event()

    class Slow(SqliteStore):
        async def load(self, account: str) -> tuple[int, State]:
            if account == "sk-many":
                await held.wait()
            return await super().load(account)

    first = Filed()
    config = Config(seed=1, start=START, freeze=True, callbacks="local")
    one, other = (World(ARK, Engine(config, store)) for store in (first, Slow(first.path)))
    telling = deliverer(other)
    try:
        for key in ("sk-many", KEY):
            await one.json("POST", TASKS, {**ORDER, "callback_url": ears.url}, key=key)
        await telling.restore()
        await asyncio.sleep(0)  # it looks at the first of them
        async with asyncio.timeout(10):
            made, pending = await telling.drain(KEY, 5)
        assert ([attempt.phase for attempt in made], pending) == (["queued"], 0)
        held.set()
        made, pending = await telling.drain(None, 5)
        assert ([attempt.account for attempt in made], pending) == (["sk-many"], 0)
    finally:
        await telling.close()
        await other.engine.store.close()
        await first.close()


async def test_what_another_process_forgot_is_not_told_and_not_tried_without_end(
    ears: Receiver,
) -> None:
    async with two_processes() as ((one, here), (_, other)):
        await one.json("POST", TASKS, {**ORDER, "callback_url": ears.url})
        await here.drain(KEY, 5)
        assert (await other.drain(KEY, 5))[1] == 0
        await one.engine.reset(KEY)
        here.forget(KEY)
        one.advance("1h")
        assert await other.drain(KEY, 5) == ([], 0)
        assert ears.words == ["queued"]


async def test_a_new_life_is_told_whatever_another_process_knew_of_the_one_before(
    ears: Receiver,
) -> None:
    """A reset gives the same ids again, and only the process that was asked for it hears of it."""
    async with two_processes() as ((one, here), (_, other)):
        body = {**ORDER, "callback_url": ears.url}
        first = await one.json("POST", TASKS, body)
        one.advance("1h")
        assert (await other.drain(KEY, 5))[1] == 0
        await one.engine.reset(KEY)
        here.forget(KEY)
        assert await one.json("POST", TASKS, body) == first
        here.forget(KEY)
        assert (await other.drain(KEY, 5))[1] == 0
        assert ears.words == ["queued", "running", "succeeded", "queued"]
        one.advance("1h")
        assert (await other.drain(KEY, 5))[1] == 0
        assert ears.words == ["queued", "running", "succeeded"] * 2
