"""What four gateways have from one code base: headers, errors, balances, the price of an order."""

import re
from decimal import Decimal
from typing import Any

import pytest

from simulator.core.account import FULL_WALLET
from simulator.core.config import Key
from simulator.core.problems import Kind, Problem
from simulator.core.task import Order, Reference
from simulator.dialects import nbility, newapi, newapi_base, newapi_errors, octopusx, uniall
from simulator.dialects.newapi_wallet import quota
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect
from tests.driving import KEY, START, world

DIALECTS = (nbility.DIALECT, uniall.DIALECT, octopusx.DIALECT, newapi.DIALECT)
# What the smallest order of each has it hold at first: half the model's ratio in dollars, and of
# UniAll's the half, since it is one without sound.
HELD = {"newapi": 9_375_000, "octopusx": 787_671, "uniall": 393_835}
NOT_JSON = "Invalid request: Invalid request: invalid JSON request body"
NO_MODEL = "Model name not specified, model name cannot be empty"
NOT_TEXT = "Invalid request: Invalid request: field model must be a string"
EACH = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
CODE_BASE = pytest.mark.parametrize(
    "dialect",
    [uniall.DIALECT, octopusx.DIALECT, newapi.DIALECT],
    ids=lambda dialect: dialect.name,
)
# The time, its nanoseconds, the build and eight letters.
REQUEST_ID = re.compile(r"20260606080057\d{9}8268d9d6[0-9A-Za-z]{8}")
UNPADDED = re.compile(r"20260606080057\d{1,9}8268d9d6[0-9A-Za-z]{8}")


async def post(dialect: Dialect, body: Any = None, **also: Any) -> tuple[int, Any]:
    return await world(dialect).json("POST", newapi_base.CREATE, body or {}, **also)


@EACH
@pytest.mark.parametrize("fidelity", ["documented", "observed"])
async def test_headers_of_every_answer(dialect: Dialect, fidelity: str) -> None:
    form = UNPADDED if fidelity == "observed" else REQUEST_ID
    for path in (newapi_base.CREATE, "/nowhere", "/api/usage/token/"):
        here = world(dialect, fidelity=fidelity)
        reply = await here.send("GET", path, headers={"X-Client-Request-Id": "mine"})
        assert form.fullmatch(reply.headers["X-Oneapi-Request-Id"])
        assert reply.headers["X-New-Api-Version"].startswith("v")
        assert reply.headers["X-Client-Request-Id"] == "mine"


@CODE_BASE
@pytest.mark.parametrize(
    ("key", "status", "message"),
    [
        (None, 401, "Invalid token"),
        ("", 401, "Invalid token"),
        ("two words", 401, "Invalid token"),
        ("sk-sim-invalid", 401, "Invalid token"),
        ("sk-sim-expired", 401, "Invalid token"),
        ("sk-sim-banned", 403, "User has been banned"),
    ],
)
async def test_keys_that_are_refused(
    dialect: Dialect, key: str | None, status: int, message: str
) -> None:
    here = world(dialect)
    reply = await here.send("POST", newapi_base.CREATE, b"not even json", key=key)
    assert isinstance(reply, Reply)
    assert reply.status == status
    request_id = reply.headers["X-Oneapi-Request-Id"]
    text = f"{message} (request id: {request_id})"
    assert reply.body == {"error": {"code": "", "message": text, "type": "new_api_error"}}


async def test_scheme_that_is_not_bearer() -> None:
    status, _ = await world(uniall.DIALECT).json(
        "GET", "/v1/videos/x", headers={"Authorization": "Basic c2stdGVzdA=="}
    )
    assert status == 401


@CODE_BASE
async def test_balance_errors_have_words_of_their_own(dialect: Dialect) -> None:
    for key, message in ((None, "Token not provided"), ("sk-sim-invalid", "Invalid token")):
        status, body = await world(dialect).json("GET", "/api/usage/token/", key=key)
        assert (status, body) == (401, {"success": False, "message": message})


@CODE_BASE
async def test_paths_that_lead_nowhere(dialect: Dialect) -> None:
    here = world(dialect)
    wrong = {"type": "invalid_request_error", "param": "", "code": ""}
    status, body = await here.json("POST", "/v1/nowhere")
    message = "Invalid URL (POST /v1/nowhere)"
    assert (status, body) == (404, {"error": {"message": message, **wrong}})
    reply = await here.send("PATCH", newapi_base.CREATE)
    assert isinstance(reply, Reply)
    if dialect.name != "newapi":
        assert reply.status == 405
        assert "POST" in reply.headers["Allow"]
        assert reply.body["error"]["message"] == f"Method Not Allowed (PATCH {newapi_base.CREATE})"
    here = world(dialect, fidelity="observed")
    reply = await here.send("PATCH", newapi_base.CREATE)
    assert isinstance(reply, Reply)
    assert (reply.status, "Allow" in reply.headers) == (404, False)
    assert reply.body["error"]["message"] == f"Invalid URL (PATCH {newapi_base.CREATE})"


@CODE_BASE
@pytest.mark.parametrize(
    ("raw", "content_type", "message"),
    [
        (b"", "application/json", NOT_JSON),
        (b"{", "application/json", NOT_JSON),
        (b"[]", "application/json", NO_MODEL),
        (b"null", "application/json", NO_MODEL),
        (b"{}", "text/plain", NO_MODEL),
        (b"{}", "application/json", NO_MODEL),
        (b'{"model":""}', "application/json", NO_MODEL),
        (b'{"model":null}', "application/json", NO_MODEL),
        (b'{"model":7}', "application/json", NOT_TEXT),
    ],
)
async def test_bodies_that_show_no_model(
    dialect: Dialect, raw: bytes, content_type: str, message: str
) -> None:
    here = world(dialect)
    headers = {"Content-Type": content_type}
    status, body = await here.json("POST", newapi_base.CREATE, raw, headers=headers)
    assert status == 400
    assert body["error"]["message"].startswith(f"{message} (request id: ")
    assert (body["error"]["code"], body["error"]["type"]) == ("", "new_api_error")
    assert await here.untouched()


@CODE_BASE
async def test_models_without_a_channel(dialect: Dialect) -> None:
    status, body = await post(dialect, {"model": "sora-2"})
    assert status == 503
    text = "No available channel for model sora-2 under group default (distributor) (request id: "
    assert body["error"]["message"].startswith(text)
    assert body["error"]["code"] == "model_not_found"
    status, body = await post(dialect, dialect.example, key="sk-sim-nogroup")
    assert (status, body["error"]["code"]) == (503, "model_not_found")


@CODE_BASE
async def test_model_that_the_key_may_not_use(dialect: Dialect) -> None:
    keys = (Key(KEY, models=("another",)),)
    status, body = await world(dialect, keys=keys).json("POST", newapi_base.CREATE, dialect.example)
    assert status == 403
    text = f"This token has no access to model {dialect.example['model']} (request id: "
    assert body["error"]["message"].startswith(text)


@CODE_BASE
async def test_wallet_and_limits_that_are_used_up(dialect: Dialect) -> None:
    status, body = await post(dialect, dialect.example, key="sk-sim-broke")
    assert (status, body["code"], body["data"]) == (403, "insufficient_user_quota", None)
    assert body["message"] == "用户额度不足, 剩余额度: ＄0.000000"
    here = world(dialect, keys=(Key(KEY, wallet=Decimal(1000)),))
    status, body = await here.json("POST", newapi_base.CREATE, dialect.example)
    needed = f"{HELD[dialect.name] / 500_000:.6f}"
    text = f"预扣费额度失败, 用户剩余额度: ＄0.002000, 需要预扣费额度: ＄{needed}"
    assert body == {"code": "insufficient_user_quota", "message": text, "data": None}
    status, body = await post(dialect, dialect.example, key="sk-sim-limited")
    text = "当前分组上游负载已饱和，请稍后再试"
    assert (status, body) == (429, {"code": "fail_to_fetch_task", "message": text, "data": None})
    here = world(dialect, keys=(Key(KEY, slots=1, queue=0),))
    assert (await here.json("POST", newapi_base.CREATE, dialect.example))[0] == 200
    status, body = await here.json("POST", newapi_base.CREATE, dialect.example)
    assert (status, body["code"]) == (429, "fail_to_fetch_task")


@CODE_BASE
async def test_unknown_foreign_and_aged_out_tasks_are_one(dialect: Dialect) -> None:
    here = world(dialect)
    _, created = await here.json("POST", newapi_base.CREATE, dialect.example)
    path = newapi_base.OBJECT.format(id=created["task_id"])
    assert (await here.json("GET", path))[0] == 200
    gone = (400, {"code": "task_not_exist", "message": "task_not_exist", "data": None})
    lost = (404, {"error": {"message": "Task not found", "type": "invalid_request_error"}})
    assert await here.json("GET", "/v1/videos/task_x") == gone
    assert await here.json("GET", "/v1/videos/..%2Ftask_x") == gone
    assert await here.json("GET", path, key="sk-other") == gone
    assert await here.json("GET", path + "/content", key="sk-other") == lost
    here.advance("7d")
    assert await here.json("GET", path) == gone
    assert await here.json("GET", path + "/content") == lost


@EACH
@pytest.mark.parametrize("fidelity", ["documented", "observed"])
def test_every_kind_of_problem_has_words(dialect: Dialect, fidelity: str) -> None:
    for path in (newapi_base.CREATE, "/v1/videos/x/content", "/api/usage/token/"):
        call = Call("POST", path, observed=fidelity == "observed", now=START)
        for kind in Kind:
            for problem in (Problem(kind), Problem(kind, "model", "is odd", got=object())):
                reply = dialect.refuse(problem, call)
                own = kind is Kind.RENDER or problem.field == "model"
                if kind in (Kind.NO_ROUTE, Kind.NO_METHOD) and dialect.name == "newapi":
                    assert reply.status == 404
                    continue
                assert 400 <= reply.status < (504 if own else 500), (kind, reply)
                assert str(reply.body).isprintable()


async def test_a_clip_that_cannot_be_rendered() -> None:
    call = Call("GET", "/v1/videos/x/content")
    reply = newapi_errors.refuse_call(Problem(Kind.RENDER, detail="no ffmpeg"), call)
    assert reply.status == 502
    assert reply.body["error"]["message"] == "Failed to fetch video content"


@CODE_BASE
async def test_balance_calls(dialect: Dialect) -> None:
    here = world(dialect, keys=(Key(KEY, wallet=Decimal(20_000_000)),))
    await here.json("POST", newapi_base.CREATE, dialect.example)
    # 46 yuan a million tokens at 7.3 a dollar: half the ratio in dollars is held at first.
    held = HELD[dialect.name]
    data = {
        "object": "token_usage",
        "name": "default",
        "total_granted": 20_000_000,
        "total_used": held,
        "total_available": 20_000_000 - held,
        "unlimited_quota": False,
        "model_limits": {},
        "model_limits_enabled": False,
        "expires_at": 0,
    }
    bare = [] if dialect is newapi.DIALECT else ["/api/usage/token"]  # as it comes it redirects
    for path in ("/api/usage/token/", *bare):
        status, shown = await here.json("GET", path)
        assert list(shown["data"]) == sorted(data)
        assert (status, shown) == (200, {"code": True, "message": "ok", "data": data})
    for path in ("/dashboard/billing/subscription", "/v1/dashboard/billing/subscription"):
        _, body = await here.json("GET", path)
    assert body == {
        "object": "billing_subscription",
        "has_payment_method": True,
        "soft_limit_usd": 40.0,
        "hard_limit_usd": 40.0,
        "system_hard_limit_usd": 40.0,
        "access_until": 0,
    }
    _, body = await here.json("GET", "/v1/dashboard/billing/usage")
    assert body == {"object": "list", "total_usage": held / 5000}


async def test_balance_without_a_key_file_is_plenty() -> None:
    _, body = await world(uniall.DIALECT).json("GET", "/api/usage/token/")
    assert body["data"]["total_available"] == FULL_WALLET
    assert body["data"]["unlimited_quota"] is True
    for here in (world(newapi.DIALECT), world(uniall.DIALECT, fidelity="observed")):
        _, body = await here.json("GET", "/api/usage/token/")
        assert (body["data"]["total_granted"], body["data"]["total_available"]) == (0, 0)
        _, body = await here.json("GET", "/v1/dashboard/billing/subscription")
        assert body["hard_limit_usd"] == 100_000_000


def order(tier: str, *kinds: Any) -> Order:
    references = tuple(Reference(kind, f"reference_{kind}") for kind in kinds)
    return Order(
        "m", "p", "t2v", "720p", "16:9", 1280, 720, 5, 120, 0, tier=tier, references=references
    )


@pytest.mark.parametrize(
    ("tier", "kinds", "reserved", "settled"),
    [
        ("standard", (), 787_671, 340_273),
        ("standard", ("image", "audio"), 787_671, 340_273),
        ("standard", ("video",), 479_452, 207_123),
        ("fast", (), 633_561, 273_698),
        ("fast", ("video",), 376_712, 162_739),
        ("mini", (), 393_835, 170_136),
    ],
)
def test_quota(tier: str, kinds: tuple[str, ...], reserved: int, settled: int) -> None:
    charge = quota(order(tier, *kinds))
    assert (charge.unit, charge.reserved, charge.settled) == (
        "quota",
        Decimal(reserved),
        Decimal(settled),
    )


async def test_settled_once_by_tokens_or_returned_in_full() -> None:
    here = world(octopusx.DIALECT)
    await here.json("POST", newapi_base.CREATE, octopusx.DIALECT.example)
    assert await here.sums() == {"quota": -787_671}
    here.advance("1h")
    assert await here.sums() == {"quota": -158_227}
    await here.plan(end="failed")
    await here.json("POST", newapi_base.CREATE, octopusx.DIALECT.example)
    assert await here.sums() == {"quota": -158_227 - 787_671}
    here.advance("1h")
    assert await here.sums() == {"quota": -158_227}
