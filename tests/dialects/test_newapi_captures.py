"""What real builds of new-api answered, letter by letter: the order of keys, types, words, marks.

Captured on 2026-11-28 and 29 from builds of QuantumNous/new-api at bde9b2f4 (2026-07-11) with a
channel of type 54 to a recording upstream. Only ids, times, links and row numbers differ.
"""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.driving import KEY
from tests.serving import Server, serve

MODEL = "doubao-seedance-2-0-260128"
VIDEOS, GENERATIONS = "/v1/videos", "/v1/video/generations"
ORDER = {"model": MODEL, "prompt": "A boat", "metadata": {"ratio": "16:9"}}
JSON, JSON_UTF8 = "application/json", "application/json; charset=utf-8"
MASKS = (
    (r"task_[0-9A-Za-z]{32}", "<task>"),
    (r"cgt-\d{14}-[a-z0-9]{5}", "<cgt>"),
    (r"http://[^\"]*X-Tos-[^\"]*", "<link>"),
    (r"\(request id: \d{23}8268d9d6[0-9A-Za-z]{8}\)", "(request id: <rid>)"),
    (r"Request id: [0-9a-f]{53}", "Request id: <ark>"),
    (r"\"(id|user_id|channel_id)\":\d+", r'"\1":<n>'),
    (r"\b1[78]\d{8}\b", "<s>"),
)
FRAME = (
    '{"code":"success","message":"","data":{"id":<n>,"created_at":<s>,"updated_at":<s>,'
    '"task_id":"<task>","platform":"54","user_id":<n>,"group":"default","channel_id":<n>,'
    '"quota":%(quota)s,"action":"generate","status":"%(status)s","fail_reason":"%(reason)s",'
    '%(result)s"submit_time":<s>,"start_time":%(start)s,"finish_time":%(finish)s,'
    '"progress":"%(progress)s","properties":{"input":"",'
    '"upstream_model_name":"doubao-seedance-2-0-260128",'
    '"origin_model_name":"doubao-seedance-2-0-260128"},"data":%(data)s}}'
)
OBJECT = (
    '{"id":"<task>","task_id":"<task>","object":"video","model":"doubao-seedance-2-0-260128",'
    '"status":"%(status)s","progress":%(progress)s,"created_at":<s>,"completed_at":<s>,'
    '%(error)s"metadata":{"url":"%(url)s"}}'
)
# Ark's body has come through a Go map: its keys stand in the order of the alphabet.
ARK = (
    '{"created_at":<s>,"draft":false,%(error)s"execution_expires_after":172800,'
    '"generate_audio":true,"id":"<cgt>","model":"doubao-seedance-2-0-260128","priority":0,'
    '"service_tier":"default","status":"%(status)s","updated_at":<s>}'
)
DONE = (
    '{"content":{"video_url":"<link>"},"created_at":<s>,"draft":false,"duration":5,'
    '"execution_expires_after":172800,"framespersecond":24,"generate_audio":true,"id":"<cgt>",'
    '"model":"doubao-seedance-2-0-260128","priority":0,"ratio":"16:9","resolution":"720p",'
    '"seed":<seed>,"service_tier":"default","status":"succeeded","updated_at":<s>,'
    '"usage":{"completion_tokens":108000,"total_tokens":108000}}'
)
SENSITIVE = (
    "The request failed because the output video may contain sensitive information. "
    "Request id: <ark>"
)
TIMED_OUT = "任务超时（1440分钟）"


def framed(status: str, progress: str, data: str, **also: Any) -> str:
    given = {"quota": 9375000, "reason": "", "result": "", "start": 0, "finish": 0, **also}
    return FRAME % {**given, "status": status, "progress": progress, "data": data}


def shown(status: str, progress: int, error: str = "", url: str = "") -> str:
    return OBJECT % {"status": status, "progress": progress, "error": error, "url": url}


def ark(status: str, error: str = "") -> str:
    return ARK % {"status": status, "error": error}


# What was asked for, how far the clock goes, and what the two queries answer.
LIVES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "not polled yet": (
        {},
        "0s",
        framed("NOT_START", "0%", '{"id":"<cgt>"}'),
        shown("unknown", 0),
    ),
    "queued": (
        {"queue": "1h"},
        "18s",
        framed("QUEUED", "10%", ark("queued")),
        shown("queued", 10),
    ),
    "running": (
        {"run": "1h"},
        "18s",
        framed("IN_PROGRESS", "50%", ark("running"), start="<s>"),
        shown("in_progress", 50),
    ),
    "succeeded": (
        {"run": "30s"},
        "48s",
        framed(
            *("SUCCESS", "100%", DONE),
            quota=4050000,
            result='"result_url":"<link>",',
            start="<s>",
            finish="<s>",
        ),
        shown("completed", 100, url="<link>"),
    ),
    "failed": (
        {"end": "failed", "queue": "0s", "run": "1s"},
        "18s",
        framed(
            *("FAILURE", "100%"),
            ark(
                "failed",
                '"error":{"code":"OutputVideoSensitiveContentDetected",'
                f'"message":"{SENSITIVE}"}},',
            ),
            reason=SENSITIVE,
            result=f'"result_url":"{SENSITIVE}",',
            finish="<s>",
        ),
        shown(
            *("failed", 100),
            f'"error":{{"message":"{SENSITIVE}","code":"OutputVideoSensitiveContentDetected"}},',
        ),
    ),
    "expired upstream": (
        {"end": "expired"},
        "18s",
        framed("IN_PROGRESS", "30%", ark("expired"), start="<s>"),
        shown("in_progress", 30),
    ),
    "cancelled upstream": (
        {"end": "cancelled"},
        "18s",
        framed("IN_PROGRESS", "30%", ark("cancelled"), start="<s>"),
        shown("in_progress", 30),
    ),
    "timed out": (
        {"queue": "48h"},
        "25h",
        framed(
            *("FAILURE", "100%", ark("queued")),
            reason=TIMED_OUT,
            result=f'"result_url":"{TIMED_OUT}",',
            finish="<s>",
        ),
        shown("failed", 100),
    ),
}


def masked(text: str) -> str:
    for pattern, mask in MASKS:
        text = re.sub(pattern, mask, text)
    return re.sub(r'"seed":\d+', '"seed":<seed>', text)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


async def ask(
    server: Server, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, str, str]:
    """Status, content type and text of an answer, what differs by the instance masked."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
    url = f"{server.base}/newapi{path}"
    async with server.anonymous.request(method, url, data=raw, headers=sent) as answer:
        return answer.status, answer.headers.get("Content-Type", ""), masked(await answer.text())


@pytest.mark.parametrize("path", [VIDEOS, GENERATIONS])
async def test_the_answer_to_an_order(server: Server, path: str) -> None:
    text = (
        '{"id":"<task>","task_id":"<task>","object":"video","model":"doubao-seedance-2-0-260128",'
        '"status":"queued","progress":0,"created_at":<s>}'
    )
    assert await ask(server, "POST", path, ORDER) == (200, JSON_UTF8, text)


@pytest.mark.parametrize("life", LIVES)
async def test_a_task_in_both_shapes(server: Server, life: str) -> None:
    plan, span, envelope, video = LIVES[life]
    asked = {"plan": plan, "match": {"dialect": "newapi"}}
    async with server.anonymous.post(f"{server.base}/_sim/plans", json=asked) as answer:
        assert answer.status == 200
    url = f"{server.base}/newapi{VIDEOS}"
    async with server.client.post(url, json=ORDER) as answer:
        task = (await answer.json())["id"]
    await server.advance(span)
    assert await ask(server, "GET", f"{GENERATIONS}/{task}") == (200, JSON, envelope)
    assert await ask(server, "GET", f"{VIDEOS}/{task}") == (200, JSON, video)


async def test_links_are_written_as_go_writes_them(server: Server) -> None:
    async with server.client.post(f"{server.base}/newapi{VIDEOS}", json=ORDER) as answer:
        task = (await answer.json())["id"]
    await server.advance("1m")
    async with server.client.get(f"{server.base}/newapi{GENERATIONS}/{task}") as answer:
        text = await answer.text()
    assert "&" not in text
    assert r"\u0026X-Tos-Expires=86400\u0026X-Tos-Signature=" in text


def middleware(message: str, code: str = "") -> str:
    body = {"code": code, "message": f"{message} (request id: <rid>)", "type": "new_api_error"}
    return json.dumps({"error": body}, ensure_ascii=False, separators=(",", ":"))


def task_error(code: str, message: str) -> str:
    body = {"code": code, "message": message, "data": None}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


NO_MODEL = middleware("Model name not specified, model name cannot be empty")
NO_JSON = middleware("Invalid request: Invalid request: invalid JSON request body")
CONVERT = "convert request payload failed: unmarshal metadata failed: unmarshal metadata failed: "
READ, FIELD, TEXT = "cannot unmarshal", "Go struct field", "of type string"
UNFIT = f"{CONVERT}json: {READ}"
REFUSED: list[tuple[Any, dict[str, str], int, str]] = [
    (ORDER, {"Authorization": "Bearer sk-sim-invalid"}, 401, middleware("Invalid token")),
    (ORDER, {"Authorization": "Basic eA=="}, 401, middleware("Invalid token")),
    (ORDER, {"Authorization": "Bearer sk-sim-banned"}, 403, middleware("User has been banned")),
    (b"nope", {}, 400, NO_JSON),
    (b"", {}, 400, NO_JSON),
    (b"[]", {}, 400, NO_MODEL),
    (b"null", {}, 400, NO_MODEL),
    ({}, {}, 400, NO_MODEL),
    ({**ORDER, "model": ""}, {}, 400, NO_MODEL),
    (ORDER, {"Content-Type": "text/plain"}, 400, NO_MODEL),
    (
        {**ORDER, "model": 7},
        {},
        400,
        middleware("Invalid request: Invalid request: field model must be a string"),
    ),
    (
        {**ORDER, "model": "nope"},
        {},
        503,
        middleware(
            "No available channel for model nope under group default (distributor)",
            "model_not_found",
        ),
    ),
    ({**ORDER, "prompt": " "}, {}, 400, task_error("invalid_request", "prompt is required")),
    (
        {**ORDER, "seconds": 5},
        {},
        400,
        task_error(
            "invalid_request",
            "json: cannot unmarshal number into Go struct field .Alias.seconds of type string",
        ),
    ),
    (
        {**ORDER, "images": [{}]},
        {},
        400,
        task_error(
            "invalid_request",
            "json: cannot unmarshal object into Go struct field .Alias.images of type string",
        ),
    ),
    (
        {**ORDER, "seconds": "3601"},
        {},
        400,
        task_error("invalid_seconds", "seconds must be between 1 and 3600"),
    ),
    (
        {**ORDER, "metadata": {"resolution": 480}},
        {},
        500,
        task_error(
            "build_request_failed",
            f"{CONVERT}json: cannot unmarshal number into Go struct field "
            "requestPayload.resolution of type string",
        ),
    ),
    (
        {**ORDER, "metadata": {"duration": "six"}},
        {},
        500,
        task_error("build_request_failed", f'{CONVERT}strconv.Atoi: parsing "six": invalid syntax'),
    ),
    (
        {**ORDER, "metadata": {"seed": 2**63}},
        {},
        500,
        task_error(
            "build_request_failed", f"{UNFIT} number into {FIELD} requestPayload.seed {TEXT}"
        ),
    ),
    (
        {**ORDER, "metadata": {"seed": 1e30}},
        {},
        500,
        task_error(
            "build_request_failed", f"{UNFIT} number into {FIELD} requestPayload.seed {TEXT}"
        ),
    ),
    (
        {**ORDER, "metadata": {"SEED": "9223372036854775808"}},
        {},
        500,
        task_error(
            "build_request_failed",
            f'{CONVERT}strconv.Atoi: parsing "9223372036854775808": value out of range',
        ),
    ),
    (
        {**ORDER, "metadata": {"tools": [{"type": {}}]}},
        {},
        500,
        task_error("build_request_failed", f"{UNFIT} object into {FIELD} .tools.type {TEXT}"),
    ),
    (
        {**ORDER, "metadata": {"content": [{"type": "text", "text": 5}]}},
        {},
        500,
        task_error(
            "build_request_failed", f"{UNFIT} number into {FIELD} ContentItem.content.text {TEXT}"
        ),
    ),
    (
        {**ORDER, "metadata": {"content": [{"video_url": {"url": []}}]}},
        {},
        500,
        task_error(
            "build_request_failed",
            f"{UNFIT} array into {FIELD} MediaURL.content.video_url.url {TEXT}",
        ),
    ),
    (
        {**ORDER, "metadata": {"content": [{"audio_url": 7}]}},
        {},
        500,
        task_error(
            "build_request_failed",
            f"{UNFIT} number into {FIELD} ContentItem.content.audio_url of type doubao.MediaURL",
        ),
    ),
    (
        {**ORDER, "Seconds": 5},
        {},
        400,
        task_error("invalid_request", f"json: {READ} number into {FIELD} .Alias.seconds {TEXT}"),
    ),
    (
        {**ORDER, "Prompt": ""},
        {},
        400,
        task_error("invalid_request", "prompt is required"),
    ),
    (
        ORDER,
        {"Authorization": "Bearer sk-sim-broke"},
        403,
        task_error("insufficient_user_quota", "用户额度不足, 剩余额度: ＄0.000000"),
    ),
    (
        ORDER,
        {"Authorization": "Bearer sk-sim-limited"},
        429,
        task_error("fail_to_fetch_task", "当前分组上游负载已饱和，请稍后再试"),
    ),
]


@pytest.mark.parametrize(("body", "headers", "status", "text"), REFUSED)
async def test_orders_that_are_refused(
    server: Server, body: Any, headers: dict[str, str], status: int, text: str
) -> None:
    for path in (VIDEOS, GENERATIONS):
        assert await ask(server, "POST", path, body, **headers) == (status, JSON_UTF8, text)


async def test_fields_are_found_however_they_are_written(server: Server) -> None:
    metadata = {"Duration": 6, "RESOLUTION": "480p", "Ratio": "1:1", "ratio": "9:16"}
    body = {"model": MODEL, "PROMPT": "A boat", "Metadata": metadata}
    async with server.client.post(f"{server.base}/newapi{VIDEOS}", json=body) as answer:
        task = (await answer.json())["id"]
    await server.advance("1h")
    async with server.client.get(f"{server.base}/newapi{GENERATIONS}/{task}") as answer:
        found = (await answer.json())["data"]["data"]
    assert (found["duration"], found["resolution"], found["ratio"]) == (6, "480p", "9:16")
    link = {"URL": f"{server.base}/_sim/media/image?width=800&height=600"}
    items = [{"Type": "image_url", "Image_Url": link, "ROLE": "first_frame"}]
    body |= {"metadata": {"Content": items}}
    async with server.client.post(f"{server.base}/newapi{VIDEOS}", json=body) as answer:
        task = (await answer.json())["id"]
    async with server.client.get(f"{server.base}/_sim/tasks/{task}") as answer:
        assert (await answer.json())["order"]["mode"] == "i2v"
    missing = await ask(server, "POST", VIDEOS, {"Model": MODEL, "prompt": "A boat"})
    assert missing == (400, JSON_UTF8, NO_MODEL)


async def test_calls_for_what_is_not_there(server: Server) -> None:
    unknown = (400, JSON_UTF8, task_error("task_not_exist", "task_not_exist"))
    for path in (f"{GENERATIONS}/x", f"{VIDEOS}/x", f"{VIDEOS}/generations"):
        assert await ask(server, "GET", path) == unknown
    text = '{"error":{"message":"Task not found","type":"invalid_request_error"}}'
    assert await ask(server, "GET", f"{VIDEOS}/x/content") == (404, JSON_UTF8, text)
    text = (
        '{"error":{"message":"Invalid URL (PUT /v1/video/generations)",'
        '"type":"invalid_request_error","param":"","code":""}}'
    )
    assert await ask(server, "PUT", GENERATIONS) == (404, JSON_UTF8, text)


async def test_models(server: Server) -> None:
    entry = (
        '{"id":"%s","object":"model","created":1626777600,"owned_by":"doubaovideo",'
        '"supported_endpoint_types":["openai"]}'
    )
    status, kind, text = await ask(server, "GET", "/v1/models")
    names = [model["id"] for model in json.loads(text)["data"]]
    assert MODEL in names
    assert names == sorted(names)
    listed = ",".join(entry % name for name in names)
    wanted = f'{{"data":[{listed}],"object":"list","success":true}}'
    assert (status, kind, text) == (200, JSON_UTF8, wanted)
    wanted = (
        f'{{"error":{{"message":"The model \'{MODEL}\' does not exist",'
        '"type":"invalid_request_error","param":"model","code":"model_not_found"}}'
    )
    assert await ask(server, "GET", f"/v1/models/{MODEL}") == (200, JSON_UTF8, wanted)


async def test_balances(server: Server) -> None:
    await ask(server, "POST", VIDEOS, ORDER)
    await server.advance("1m")
    text = (
        '{"code":true,"data":{"expires_at":0,"model_limits":{},"model_limits_enabled":false,'
        '"name":"default","object":"token_usage","total_available":-4050000,"total_granted":0,'
        '"total_used":4050000,"unlimited_quota":true},"message":"ok"}'
    )
    assert await ask(server, "GET", "/api/usage/token/") == (200, JSON_UTF8, text)
    text = (
        '{"object":"billing_subscription","has_payment_method":true,"soft_limit_usd":100000000,'
        '"hard_limit_usd":100000000,"system_hard_limit_usd":100000000,"access_until":0}'
    )
    path = "/v1/dashboard/billing/"
    assert await ask(server, "GET", f"{path}subscription") == (200, JSON_UTF8, text)
    text = '{"object":"list","total_usage":810}'
    assert await ask(server, "GET", f"{path}usage") == (200, JSON_UTF8, text)
    for key, message in (("", "Token not provided"), ("sk-sim-invalid", "Invalid token")):
        text = f'{{"message":"{message}","success":false}}'
        answer = await ask(server, "GET", "/api/usage/token/", Authorization=key)
        assert answer == (401, JSON_UTF8, text)


async def test_headers_of_every_answer(server: Server) -> None:
    calls = (("POST", VIDEOS, 200), ("GET", f"{VIDEOS}/x", 400), ("GET", "/nowhere", 200))
    for method, path, status in calls:
        body = json.dumps(ORDER) if method == "POST" else None
        headers = {"Content-Type": "application/json"}
        url = f"{server.base}/newapi{path}"
        async with server.client.request(method, url, data=body, headers=headers) as answer:
            assert answer.status == status
            found = answer.headers
        assert re.fullmatch(r"\d{14}\d{9}8268d9d6[0-9A-Za-z]{8}", found["X-Oneapi-Request-Id"])
        assert found.get("X-New-Api-Other-Ratios") == ("{}" if method == "POST" else None)
        assert "Retry-After" not in found
