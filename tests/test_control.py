"""The control plane over HTTP: clocks, plans, tasks, money, and the way back to none."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulator import __version__
from simulator.control.clocks import END_OF_TIME
from simulator.core.clock import DAY
from simulator.store.redaction import masked
from tests.driving import KEY, START
from tests.serving import Server, serve

REFUSAL = "InputTextSensitiveContentDetected"
REFERENCE = {
    "type": "image_url",
    "role": "reference_image",
    "image_url": {"url": "https://example.com/a.png"},
}
TASKS = "/ark/api/v3/contents/generations/tasks"
ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A lantern floats over a lake"}],
}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


async def send(server: Server, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    given = {"data": io.BytesIO(body)} if isinstance(body, bytes) else {"json": body}
    async with server.anonymous.request(method, f"{server.base}/_sim{path}", **given) as answer:
        assert answer.content_type == "application/json"
        return answer.status, await answer.json()


async def ok(server: Server, method: str, path: str, body: Any = None) -> Any:
    status, answer = await send(server, method, path, body)
    assert status == 200, answer
    return answer


async def order(server: Server, key: str = KEY, **fields: Any) -> str:
    headers = {"Authorization": f"Bearer {key}"}
    call = server.anonymous.post(server.base + TASKS, json={**ORDER, **fields}, headers=headers)
    async with call as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["id"])


async def query(server: Server, task: str) -> Any:
    async with server.client.get(f"{server.base}{TASKS}/{task}") as answer:
        return await answer.json()


async def kinds(server: Server, span: str) -> list[tuple[str, int]]:
    """What happened in an advance of every clock, and when after START."""
    answer = await ok(server, "POST", "/clock", {"advance": span})
    return [(item["kind"], item["at_ms"] - START) for item in answer["happened"]]


async def test_health(server: Server) -> None:
    assert await ok(server, "GET", "/health") == {
        "status": "ok",
        "version": __version__,
        "references": "trust",
    }


async def test_the_clock_is_read_and_moved(server: Server) -> None:
    assert await ok(server, "GET", "/clock") == {"now_ms": START, "rate": 1, "frozen": True}
    answer = await ok(server, "POST", "/clock", {"advance": "1.5s"})
    still = {"rate": 1, "frozen": True, "happened": [], "pending": 0}
    assert answer == {"now_ms": START + 1500, **still}
    answer = await ok(server, "POST", "/clock", {"advance": 500, "wait": "0s"})
    assert answer["now_ms"] == START + 2000
    assert (await ok(server, "POST", "/clock", {}))["now_ms"] == START + 2000


async def test_rate_and_freeze(server: Server) -> None:
    answer = await ok(server, "POST", "/clock", {"rate": 60, "freeze": False, "key": KEY})
    assert (answer["rate"], answer["frozen"]) == (60, False)
    assert (await ok(server, "GET", "/clock"))["frozen"]
    answer = await ok(server, "POST", "/clock", {"advance": "24h", "freeze": True, "key": KEY})
    assert answer["frozen"]
    assert answer["now_ms"] >= START + DAY
    assert await ok(server, "GET", f"/clock?key={KEY}") == {
        "now_ms": answer["now_ms"],
        "rate": 60,
        "frozen": True,
    }
    assert (await ok(server, "POST", "/clock", {"rate": 0.5}))["rate"] == 0.5


async def test_without_a_key_all_clocks_move_by_the_same(server: Server) -> None:
    await ok(server, "POST", "/clock", {"advance": "1h", "key": "sk-one"})
    await ok(server, "POST", "/clock", {"advance": "1m"})
    for key, expected in (("sk-one", 3_660_000), ("sk-two", 60_000)):
        assert (await ok(server, "GET", f"/clock?key={key}"))["now_ms"] == START + expected
    assert (await ok(server, "GET", "/clock"))["now_ms"] == START + 60_000


async def test_an_advance_says_what_happened(server: Server) -> None:
    task = await order(server)
    answer = await ok(server, "POST", "/clock", {"advance": "1s"})
    assert answer["happened"] == [{"at_ms": START + 1000, "kind": "started", "task": task}]
    assert await kinds(server, "2999ms") == []
    assert await kinds(server, "1ms") == [("succeeded", 4000)]
    assert await kinds(server, "6d") == []
    assert await kinds(server, "1d") == [("removed", 7 * DAY)]
    assert (await query(server, task))["error"]["code"] == "ResourceNotFound"


@pytest.mark.parametrize("end", ["failed", "expired", "cancelled"])
async def test_every_end_is_told(server: Server, end: str) -> None:
    await ok(server, "POST", "/plans", {"plan": {"end": end}})
    await order(server)
    gone = DAY + 4000 if end == "cancelled" else 7 * DAY
    assert await kinds(server, "8d") == [("started", 1000), (end, 4000), ("removed", gone)]


async def test_a_stuck_task_never_ends(server: Server) -> None:
    await ok(server, "POST", "/plans", {"plan": {"end": "stuck"}})
    task = await order(server)
    assert await kinds(server, "1d") == [("started", 1000)]
    assert (await query(server, task))["status"] == "running"
    assert await kinds(server, "1d") == [("expired", 2 * DAY)]


async def test_what_a_client_does_itself_does_not_happen_later(server: Server) -> None:
    task = await order(server)
    async with server.client.delete(f"{server.base}{TASKS}/{task}") as answer:
        assert answer.status == 200
    assert await kinds(server, "23h") == []
    assert await kinds(server, "1h") == [("removed", DAY)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"advance": -1}, "advance"),
        ({"advance": "-1s"}, "advance"),
        ({"advance": "soon"}, "advance"),
        ({"advance": ""}, "advance"),
        ({"advance": "1w"}, "advance"),
        ({"advance": "999999999999999d"}, "advance"),
        ({"advance": 10**30}, "advance"),
        ({"advance": 1.5}, "advance"),
        ({"advance": True}, "advance"),
        ({"advance": ["1s"]}, "advance"),
        ({"rate": -1}, "rate"),
        ({"rate": 1e9}, "rate"),
        ({"rate": "60"}, "rate"),
        ({"rate": True}, "rate"),
        ({"freeze": 1}, "freeze"),
        ({"freeze": "true"}, "freeze"),
        ({"key": ""}, "key"),
        ({"key": 5}, "key"),
        ({"key": "x" * 513}, "key"),
        ({"wait": "11m"}, "wait"),
        ({"wait": "5"}, "wait"),
        ({"wait": -1}, "wait"),
        ({"advanec": "1s"}, "advanec"),
        ([], "body"),
        ("1s", "body"),
        (b"null", "body"),
        (b'{"rate": NaN}', "body"),
        (b'{"rate": 1e999}', "rate"),
        (b'{"advance": "1s"', "body"),
        (b'{"advance": "\xff"}', "body"),
        (b'{"advance": "\\ud800"}', "body"),
        (b"[" * 100_000, "body"),
        (b'{"advance": ' + b"[" * 100_000, "advance"),
        (b'{"x": ' + b'{"x": ' * 100_000, "x"),
        (b" " * (1024 * 1024 + 1), "body"),
    ],
)
async def test_a_wrong_move_names_its_field_and_moves_nothing(
    server: Server, body: Any, field: str
) -> None:
    status, answer = await send(server, "POST", "/clock", body)
    assert status == 400
    assert set(answer["error"]) == {"code", "message", "field"}
    assert answer["error"]["field"] == field
    assert answer["error"]["message"]
    assert (await ok(server, "GET", "/clock"))["now_ms"] == START


async def test_a_clock_stays_within_the_calendar(server: Server) -> None:
    years = 0
    while True:
        status, answer = await send(server, "POST", "/clock", {"advance": "3650d", "key": KEY})
        if status == 400:
            break
        years += 10
        assert years < 10_000
    assert answer["error"]["field"] == "advance"
    now = (await ok(server, "GET", f"/clock?key={KEY}"))["now_ms"]
    assert END_OF_TIME - 3650 * DAY < now <= END_OF_TIME
    task = await order(server)
    assert (await query(server, task))["status"] == "queued"


async def test_a_plan_is_used_once_and_then_forgotten(server: Server) -> None:
    plan = {"queue": "2s", "run": 5000, "end": "failed", "code": "InternalServiceError"}
    match = {"dialect": "ark", "key": KEY, "prompt": "lantern"}
    made = await ok(server, "POST", "/plans", {"match": match, "plan": plan})
    listed = await ok(server, "GET", "/plans")
    assert listed["total"] == 1
    assert listed["items"][0] == {
        "id": made["id"],
        "match": {**match, "key": masked(KEY), "model": None, "order": {}},
        "times": 1,
        "plan": {**plan, "queue": 2000, "message": None, "progress": None, "then": None},
    }
    await order(server, "sk-other")
    first, second = await order(server), await order(server)
    assert (await ok(server, "GET", "/plans"))["items"] == []
    await server.advance("4s")
    assert (await query(server, first))["status"] == "running"
    assert (await query(server, second))["status"] == "succeeded"
    await server.advance("3s")
    assert (await query(server, first))["error"]["code"] == "InternalServiceError"


async def test_plans_can_be_read_page_by_page_while_they_are_used(server: Server) -> None:
    for _ in range(3):
        await ok(server, "POST", "/plans", {"plan": {"end": "failed"}})
    first = await ok(server, "GET", "/plans?limit=2")
    assert [one["id"] for one in first["items"]] == ["plan-1", "plan-2"]
    for _ in range(2):
        await order(server)
    listed = await ok(server, "GET", "/plans?limit=2&after=plan-2")
    assert [one["id"] for one in listed["items"]] == ["plan-3"]
    assert (await ok(server, "GET", "/plans?after=plan-1"))["items"] == listed["items"]
    await order(server)
    assert (await ok(server, "GET", "/plans?after=plan-3"))["items"] == []


async def test_a_standing_plan_stays_until_deleted(server: Server) -> None:
    standing = {"plan": {"message": "No luck."}, "times": None}
    plan = (await ok(server, "POST", "/plans", standing))["id"]
    twice = (await ok(server, "POST", "/plans", {"plan": {}, "times": 2}))["id"]
    tasks = [await order(server) for _ in range(3)]
    listed = (await ok(server, "GET", "/plans"))["items"]
    assert [(item["id"], item["times"]) for item in listed] == [(plan, None), (twice, 2)]
    assert await ok(server, "DELETE", f"/plans/{plan}") == {"deleted": 1}
    await order(server)
    assert (await ok(server, "GET", "/plans"))["items"][0]["times"] == 1
    await server.advance("1h")
    for task in tasks:
        assert (await query(server, task))["error"]["message"].startswith("No luck.")
    assert await ok(server, "DELETE", "/plans") == {"deleted": 1}
    status, answer = await send(server, "DELETE", f"/plans/{plan}")
    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_a_curve_of_progress(server: Server) -> None:
    curve = [["0s", 5], ["1s", 30], [2000, 80]]
    await ok(server, "POST", "/plans", {"plan": {"queue": 0, "run": "3s", "progress": curve}})
    task = await order(server)
    seen = []
    for _ in range(4):
        seen.append((await ok(server, "GET", f"/tasks/{task}"))["progress"])
        await server.advance("1s")
    assert seen == [5, 30, 80, 100]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "plan"),
        ({"plan": None}, "plan"),
        ({"plan": {"end": "lost"}}, "plan.end"),
        ({"plan": {"end": "failed", "code": "NoSuchCode"}}, "plan.code"),
        ({"plan": {"code": "nope"}, "match": {"dialect": "ark"}}, "plan.code"),
        ({"plan": {"end": "succeeded", "code": "InternalServiceError"}}, "plan.code"),
        ({"plan": {"end": "expired", "message": "x"}}, "plan.message"),
        ({"plan": {"end": "failed", "message": "x" * 2001}}, "plan.message"),
        ({"plan": {"queue": "-1s"}}, "plan.queue"),
        ({"plan": {"run": "long"}}, "plan.run"),
        ({"plan": {"run": 10**18}}, "plan.run"),
        ({"plan": {"progress": [["1s", 101]]}}, "plan.progress[0][1]"),
        ({"plan": {"progress": [["1s", -1]]}}, "plan.progress[0][1]"),
        ({"plan": {"progress": [["x", 1]]}}, "plan.progress[0][0]"),
        ({"plan": {"progress": [["2s", 10], ["1s", 20]]}}, "plan.progress[1]"),
        ({"plan": {"progress": [["1s", 20], ["2s", 10]]}}, "plan.progress[1]"),
        ({"plan": {"progress": [["1s"]]}}, "plan.progress[0]"),
        ({"plan": {"progress": [[1, 1]] * 1001}}, "plan.progress"),
        ({"plan": {"then": {"end": "succeeded"}}}, "plan.then.end"),
        ({"plan": {"end": "failed", "then": {}}}, "plan.then.end"),
        ({"plan": {"end": "failed", "then": {"end": "failed"}}}, "plan.then.end"),
        ({"plan": {"end": "stuck", "then": {"end": "failed"}}}, "plan.then.end"),
        ({"plan": {"end": "failed", "then": {"end": "stuck"}}}, "plan.then.end"),
        ({"plan": {"then": {"end": "failed", "code": "nope"}}}, "plan.then.code"),
        ({"plan": {"then": {"end": "expired", "code": "x"}}}, "plan.then.code"),
        ({"plan": {"then": {"end": "failed", "run": "-1s"}}}, "plan.then.run"),
        ({"plan": {"then": {"end": "failed", "then": {}}}}, "plan.then.then"),
        ({"plan": {"speed": 1}}, "plan.speed"),
        ({"plan": {"end": "refused", "code": "InternalServiceError"}}, "plan.code"),
        ({"plan": {"then": {"end": "failed", "code": REFUSAL}}}, "plan.then.code"),
        ({"plan": {"end": "refused", "queue": "1s"}}, "plan.queue"),
        ({"plan": {"end": "refused", "then": {"end": "failed"}}}, "plan.then"),
        ({"plan": {}, "match": {"order": {"generate_audi": True}}}, "match.order.generate_audi"),
        ({"plan": {}, "match": {"order": {"generate_audio": 1}}}, "match.order.generate_audio"),
        ({"plan": {}, "match": {"order": {"duration": True}}}, "match.order.duration"),
        ({"plan": {}, "match": {"order": {"ratio": None}}}, "match.order"),
        ({"plan": {}, "match": {"order": []}}, "match.order"),
        ({"plan": {}, "times": 0}, "times"),
        ({"plan": {}, "times": -1}, "times"),
        ({"plan": {}, "times": 1.5}, "times"),
        ({"plan": {}, "times": 10**400}, "times"),
        ({"plan": {}, "match": {"dialect": "lumen"}}, "match.dialect"),
        ({"plan": {}, "match": {"key": ""}}, "match.key"),
        ({"plan": {}, "match": {"promt": "x"}}, "match.promt"),
        ({"plan": {}, "match": []}, "match"),
    ],
)
async def test_a_wrong_plan_names_its_field(server: Server, body: Any, field: str) -> None:
    status, answer = await send(server, "POST", "/plans", body)
    assert (status, answer["error"]["field"]) == (400, field)
    assert (await ok(server, "GET", "/plans"))["total"] == 0


async def test_a_code_fails_the_task_and_may_be_of_any_dialect(server: Server) -> None:
    await ok(server, "POST", "/plans", {"plan": {"code": "InternalServiceError"}})
    task = await order(server)
    await server.advance("1h")
    assert (await query(server, task))["status"] == "failed"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/plans", {"plan": {"end": "sucess"}}, "cancelled, expired, failed, refused, stuck, succ"),
        ("/plans", {"plan": {"then": {"end": "x"}}}, "cancelled, expired, failed, succeeded"),
        ("/plans", {"plan": {"code": "InputTextSensitiveContent"}}, f"did you mean {REFUSAL}"),
        ("/plans", {"plan": {"code": "?"}}, "OutputVideoSensitiveContentDetected, "),
        ("/plans", {"plan": {"speed": 1}}, "only queue, run, end, code"),
        ("/plans", {"plan": {}, "match": {"modle": "x"}}, "did you mean model"),
        ("/plans", {"plan": {}, "match": {"dialect": "lumen"}}, "nbility, uniall, evolink"),
        ("/plans", {"plan": {}, "match": {"order": {"ratoi": "1:1"}}}, "did you mean ratio"),
        ("/plans", {"plan": {}, "match": {"order": {"x": "1:1"}}}, "there are mode, resolution"),
        ("/faults", {"fault": "429-empty", "match": {"call": "poll"}}, "callback, create, delete,"),
        ("/faults", {"fault": "429-empty", "match": {"cal": "query"}}, "did you mean call?"),
        ("/faults", {"fault": {"stat": 1}}, "did you mean status?"),
        ("/faults", {"fault": "429-emtpy"}, "did you mean 429-empty"),
        ("/clock", {"advanse": "1s"}, "did you mean advance?"),
        ("/reset", {"keys": "x"}, "did you mean key?"),
        ("/calls?kind=poll", None, "create, query, list, delete"),
        ("/calls?dialect=lumen", None, "nbility, uniall, evolink"),
        ("/tasks?dialect=lumen", None, "nbility, uniall, evolink"),
        ("/tasks?status=running", None, "key, dialect, limit, after"),
    ],
)
async def test_what_is_none_of_the_choices_is_told_them(
    server: Server, path: str, body: Any, words: str
) -> None:
    status, answer = await send(server, "GET" if body is None else "POST", path, body)
    assert (status, words in answer["error"]["message"]) == (400, True), answer


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"generate_audio": False}, {"generate_audio": False}),
        ({"sound": True, "duration": 7}, {"duration": 7}),
        ({"resolution": "480p", "ratio": "1:1"}, {"resolution": "480p", "ratio": "1:1"}),
        ({"seed": 7, "watermark": True}, {"seed": 7, "watermark": True}),
        ({"mode": "r2v", "images": 1}, {"content": [REFERENCE]}),
    ],
)
async def test_a_plan_may_be_for_orders_with_these_fields(
    server: Server, wanted: Any, fields: Any
) -> None:
    plan = {"match": {"order": wanted}, "plan": {"end": "failed"}}
    await ok(server, "POST", "/plans", plan)
    assert (await ok(server, "GET", "/plans"))["items"][0]["match"]["order"] == wanted
    plain, planned = await order(server), await order(server, **fields)
    await server.advance("1h")
    assert (await query(server, plain))["status"] == "succeeded"
    assert (await query(server, planned))["status"] == "failed"
    (note,) = (await ok(server, "GET", "/calls?kind=create"))["items"][0]["notes"]
    name, value = next(iter(wanted.items()))
    if name != "sound":
        assert note.startswith(f"plan-1 did not apply: the {name} is '")
        assert f"not '{value}'" in note


async def test_plans_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.control.plans.MOST_PLANS", 2)
    for _ in range(2):
        await ok(server, "POST", "/plans", {"plan": {}})
    status, answer = await send(server, "POST", "/plans", {"plan": {}})
    assert (status, answer["error"]["code"]) == (400, "too_many")


async def test_a_task_is_shown_whole(server: Server) -> None:
    task = await order(server, duration=4, seed=7)
    await server.advance("1s")
    shown = await ok(server, "GET", f"/tasks/{task}")
    assert shown["id"] == task
    assert (shown["dialect"], shown["key"], shown["phase"]) == ("ark", KEY, "running")
    assert (shown["created_ms"], shown["starts_ms"], shown["ends_ms"]) == (
        START,
        START + 1000,
        START + 4000,
    )
    assert shown["plan"]["run"] == 3000
    assert (shown["order"]["seconds"], shown["order"]["seed"]) == (4, 7)
    assert shown["charge"] == {
        "unit": "tokens",
        "reserved": 86400,
        "settled": 86400,
        "settles_after": 0,
        "refunds": 1,
        "settlements": 1,
    }
    assert [entry["kind"] for entry in shown["ledger"]] == ["reserved"]
    assert shown["callbacks"] == []
    status, answer = await send(server, "GET", "/tasks/cgt-none%2F..")
    assert (status, answer["error"]["field"]) == (404, "id")


async def test_tasks_come_in_pages(server: Server) -> None:
    mine = [await order(server) for _ in range(5)]
    other = await order(server, "sk-other")
    listed = await ok(server, "GET", "/tasks")
    assert [item["id"] for item in listed["items"]] == [*mine, other]
    assert listed["total"] == 6
    listed = await ok(server, "GET", f"/tasks?key={KEY}&dialect=ark&limit=2&after={mine[1]}")
    assert [item["id"] for item in listed["items"]] == mine[2:4]
    assert listed["total"] == 5
    assert (await ok(server, "GET", f"/tasks?after={other}"))["items"] == []
    assert (await ok(server, "GET", "/tasks?key=sk-nobody")) == {"items": [], "total": 0}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/tasks?limit=0", "limit"),
        ("/tasks?limit=1001", "limit"),
        ("/tasks?limit=ten", "limit"),
        ("/tasks?limit=-1", "limit"),
        ("/tasks?limit=\u0661", "limit"),
        ("/tasks?after=nothing", "after"),
        ("/tasks?dialect=lumen", "dialect"),
        ("/tasks?kye=1", "kye"),
        ("/ledger?after=x", "after"),
        ("/ledger?dialect=ark", "dialect"),
        ("/plans?after=plan-9", "after"),
        ("/clock?kee=1", "kee"),
        ("/tasks?" + "&".join(f"p{n}=1" for n in range(200)), "query"),
    ],
)
async def test_a_wrong_question_names_its_field(server: Server, path: str, field: str) -> None:
    status, answer = await send(server, "GET", path)
    assert (status, answer["error"]["field"]) == (400, field)


async def test_the_ledger_adds_up(server: Server) -> None:
    await ok(server, "POST", "/plans", {"plan": {"end": "failed"}})
    failed, paid = await order(server), await order(server)
    await server.advance("4s")
    live = await order(server)
    other = await order(server, "sk-other")
    found = await ok(server, "GET", f"/ledger?key={KEY}")
    assert [(entry["task"], entry["kind"], entry["amount"]) for entry in found["items"]] == [
        (failed, "reserved", -108000),
        (paid, "reserved", -108000),
        (failed, "refunded", 108000),
        (paid, "settled", 0),
        (live, "reserved", -108000),
    ]
    assert found["total"] == 5
    assert found["sums"] == {"tokens": -216000}
    bill = found["bill"]
    assert (bill["tasks"], bill["under_way"], bill["orphaned"]) == (2, 1, 1)
    assert bill["cost_usd"] == bill["lines"][0]["usd"]
    whole = await ok(server, "GET", "/ledger?limit=1")
    assert (len(whole["items"]), whole["total"]) == (1, 6)
    assert whole["sums"] == {"tokens": -324000}
    last = f"{paid}:settled"
    page = await ok(server, "GET", f"/ledger?key={KEY}&after={last}")
    assert [entry["task"] for entry in page["items"]] == [live]
    assert other not in {entry["task"] for entry in page["items"]}


async def test_a_fetched_clip_is_no_orphan(server: Server) -> None:
    task = await order(server, duration=4, resolution="480p")
    await server.advance("4s")
    url = (await query(server, task))["content"]["video_url"]
    async with server.anonymous.get(url) as answer:
        assert answer.status == 200
        await answer.read()
    bill = (await ok(server, "GET", "/ledger"))["bill"]
    assert (bill["tasks"], bill["orphaned"]) == (1, 0)


async def test_a_reset_of_one_account_leaves_the_others(server: Server) -> None:
    await order(server, "sk-one")
    kept = await order(server, "sk-two")
    await ok(server, "POST", "/clock", {"advance": "1h"})
    await ok(server, "POST", "/clock", {"advance": "1h", "key": "sk-one"})
    for key in ("sk-one", "sk-two"):
        await ok(server, "POST", "/plans", {"plan": {}, "match": {"key": key}})
    answer = await ok(server, "POST", "/reset", {"key": "sk-one"})
    assert answer == {"now_ms": START + 3_600_000, "rate": 1, "frozen": True}
    assert [item["id"] for item in (await ok(server, "GET", "/tasks"))["items"]] == [kept]
    plans = (await ok(server, "GET", "/plans"))["items"]
    assert [plan["match"]["key"] for plan in plans] == [masked("sk-two")]
    assert (await ok(server, "GET", "/ledger?key=sk-one"))["sums"] == {}


async def test_after_a_reset_everything_is_as_at_the_start(server: Server) -> None:
    first = await order(server)
    shown = await ok(server, "GET", f"/tasks/{first}")
    await ok(server, "POST", "/plans", {"plan": {"end": "stuck"}})
    await ok(server, "POST", "/clock", {"advance": "1h", "rate": 2, "freeze": False})
    assert await ok(server, "POST", "/reset") == {"now_ms": START, "rate": 1, "frozen": True}
    assert (await ok(server, "GET", "/tasks"))["total"] == 0
    assert (await ok(server, "GET", "/plans"))["total"] == 0
    assert await order(server) == first
    assert await ok(server, "GET", f"/tasks/{first}") == shown


@pytest.mark.parametrize(("body", "field"), [({"key": ""}, "key"), ({"kye": "a"}, "kye")])
async def test_a_wrong_reset_forgets_nothing(server: Server, body: Any, field: str) -> None:
    await order(server)
    status, answer = await send(server, "POST", "/reset", body)
    assert (status, answer["error"]["field"]) == (400, field)
    assert (await ok(server, "GET", "/tasks"))["total"] == 1


@pytest.mark.parametrize("path", ["/nothing", "/tasks/a/b", "/clock/", "/Health"])
async def test_unknown_paths(server: Server, path: str) -> None:
    status, answer = await send(server, "GET", path)
    assert (status, answer["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/clock", "GET, POST"),
        ("GET", "/reset", "POST"),
        ("POST", "/tasks/x", "GET"),
        ("OPTIONS", "/plans", "GET, POST, DELETE"),
        ("DELETE", "/media/image", "GET, HEAD"),
    ],
)
async def test_wrong_methods(server: Server, method: str, path: str, allowed: str) -> None:
    async with server.anonymous.request(method, f"{server.base}/_sim{path}") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == allowed
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert (await answer.json())["error"]["code"] == "method_not_allowed"


async def test_a_head_is_answered_as_a_get(server: Server) -> None:
    async with server.anonymous.head(f"{server.base}/_sim/health") as answer:
        assert answer.status == 200
        assert await answer.read() == b""


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"{}", mtime=0)[:10]])
async def test_a_body_that_cannot_be_unpacked(server: Server, body: bytes) -> None:
    headers = {"Content-Encoding": "gzip"}
    call = server.anonymous.post(f"{server.base}/_sim/clock", data=body, headers=headers)
    async with call as answer:
        assert (answer.status, (await answer.json())["error"]["field"]) == (400, "body")
    assert (await ok(server, "GET", "/health"))["status"] == "ok"


async def test_an_undecodable_body_does_not_block_the_next_call(server: Server) -> None:
    for path in ("/_sim/clock", TASKS):
        headers = {"Content-Encoding": "gzip", "Authorization": f"Bearer {KEY}"}
        call = server.anonymous.post(server.base + path, data=b"no gzip", headers=headers)
        async with asyncio.timeout(10), call as answer:
            assert answer.status == 400
        async with asyncio.timeout(10):
            await ok(server, "GET", "/health")


async def test_plans_and_faults_of_one_key_are_those_that_may_come_to_it(server: Server) -> None:
    for key in ("sk-one", "sk-two", None):
        await ok(server, "POST", "/plans", {"plan": {"end": "failed"}, "match": {"key": key}})
        await ok(server, "POST", "/faults", {"fault": "200-html", "match": {"key": key}})
    for path in ("/plans", "/faults"):
        assert (await ok(server, "GET", f"{path}?key=sk-one"))["total"] == 2
        assert (await ok(server, "GET", path))["total"] == 3


async def test_figures_for_prometheus() -> None:
    from prometheus_client.parser import text_string_to_metric_families

    async with serve() as server:
        await ok(server, "GET", "/ready")
        await ok(server, "POST", "/faults", {"fault": "429-own", "times": 1})
        for _ in range(3):
            async with server.client.post(server.base + TASKS, json=ORDER) as answer:
                assert answer.status in (200, 429)
                task = (await answer.json()).get("id")
        await ok(server, "POST", "/clock", {"advance": "1h"})
        for _ in range(3):
            async with server.client.get(f"{server.base}{TASKS}/{task}") as answer:
                link = (await answer.json())["content"]["video_url"]
            async with server.anonymous.get(link) as answer:
                assert (await answer.read())[4:8] == b"ftyp"
        async with server.anonymous.get(f"{server.base}/_sim/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            text = await answer.text()
    found = {
        (one.name, *sorted(one.labels.values())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    assert found.pop(("seedance_sim_store_ping_seconds",)) >= 0
    assert found.pop(("seedance_sim_clip_cache_bytes",)) > 10_000
    assert found == {
        ("seedance_sim_requests_total", "200", "ark", "create"): 2,
        ("seedance_sim_requests_total", "429", "ark", "create"): 1,
        ("seedance_sim_requests_total", "200", "ark", "query"): 3,
        ("seedance_sim_requests_total", "200", "ark", "download"): 3,
        ("seedance_sim_faults_total", "429-own"): 1,
        ("seedance_sim_tasks", "ark", "succeeded"): 2,
        ("seedance_sim_clips_total", "render"): 1,
        ("seedance_sim_clips_total", "cache"): 2,
    }
