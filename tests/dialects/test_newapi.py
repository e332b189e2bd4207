"""new-api in front of Ark: what it passes on, what it drops, and how it shows a task.

What builds of it answered on 2026-11-28 is in tests/dialects/test_newapi_captures.py.
"""

import json
from decimal import Decimal
from typing import Any

import pytest

from simulator.core.config import Key
from simulator.core.task import Order
from simulator.dialects.newapi import DIALECT
from simulator.dialects.newapi.payload import payload
from simulator.dialects.newapi_base import CREATE
from simulator.engine.call import Reply
from tests.driving import KEY, START, World, encode_form, world
from tests.serving import serve

MODEL = "doubao-seedance-2-0-260128"
FAST = "doubao-seedance-2-0-fast-260128"
VIDEOS = "/v1/videos"
IMAGE = "https://example.com/cat.png"
TEXT = {"type": "text", "text": "A boat"}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "prompt": "A boat", **fields}


async def order(here: World, sent: Any = None, path: str = CREATE, **also: Any) -> tuple[int, Any]:
    return await here.json("POST", path, body() if sent is None else sent, **also)


async def ordered(here: World) -> Order:
    """The order of the last task."""
    return (await here.engine.tasks())[-1].order


async def row(here: World, task: str) -> dict[str, Any]:
    status, told = await here.json("GET", f"{CREATE}/{task}")
    assert (status, told["code"], told["message"]) == (200, "success", "")
    data: dict[str, Any] = told["data"]
    return data


async def video(here: World, task: str) -> dict[str, Any]:
    status, told = await here.json("GET", f"{VIDEOS}/{task}")
    assert status == 200
    return dict(told)


def item(kind: str, role: str = "") -> dict[str, Any]:
    found = {"type": f"{kind}_url", f"{kind}_url": {"url": f"https://example.com/{kind}"}}
    return {**found, "role": role} if role else found


# Fields of an order, and what of them is in the body that goes to Ark.
PASSED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"duration": 9, "size": "1280x720", "mode": "x", "resolution": "480p", "seed": 7}, {}),
    ({"input_reference": IMAGE, "content": [TEXT], "callback_url": "x", "n": 2}, {}),
    ({"seconds": "9"}, {"duration": 9}),
    ({"seconds": "9", "metadata": {"duration": 6}}, {"duration": 9}),
    ({"seconds": "8.0", "metadata": {"duration": 6}}, {"duration": 6}),
    ({"seconds": "0"}, {}),
    ({"seconds": "x"}, {}),
    ({"seconds": ""}, {}),
    ({"metadata": {"duration": "6", "seed": 5.0, "frames": -1}}, {"duration": 6, "seed": 5}),
    (
        {"metadata": {"generate_audio": "false", "watermark": "true", "draft": False}},
        {"generate_audio": False, "draft": False, "watermark": True},
    ),
    ({"metadata": {"resolution": "", "ratio": None, "model": "x", "image": IMAGE}}, {}),
    (
        {"metadata": {"tools": [{"type": "web_search", "more": 1}], "priority": 0}},
        {"tools": [{"type": "web_search"}], "priority": 0},
    ),
]


@pytest.mark.parametrize(("fields", "also"), PASSED)
def test_what_goes_to_ark(fields: dict[str, Any], also: dict[str, Any]) -> None:
    found = payload(body(**fields))
    frames = {"frames": -1} if "frames" in fields.get("metadata", {}) else {}
    assert found == {"model": MODEL, "content": [TEXT], **also, **frames}


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"image": IMAGE}, [{"type": "image_url", "image_url": {"url": IMAGE}}]),
        ({"image": " "}, []),
        ({"image": IMAGE, "images": ["a"]}, [{"type": "image_url", "image_url": {"url": "a"}}]),
        (
            {"images": ["a", "", None]},
            [
                {"type": "image_url", "image_url": {"url": "a"}},
                {"type": "image_url", "image_url": {}},
                {"type": "image_url", "image_url": {}},
            ],
        ),
        ({"images": ["a"], "metadata": {"content": []}}, []),
        (
            {"metadata": {"content": [TEXT, {**item("image", "first_frame"), "detail": "high"}]}},
            [item("image", "first_frame")],
        ),
        (
            {"metadata": {"content": [{"type": "draft_task", "draft_task": {"id": "x"}}, None]}},
            [{"type": "draft_task"}, {}],
        ),
    ],
)
def test_the_content_that_goes_to_ark(fields: dict[str, Any], content: list[Any]) -> None:
    found = payload(body(**fields))
    assert found["content"] == [*content, TEXT]


def test_the_order_of_the_keys_is_the_structs() -> None:
    metadata = {"watermark": True, "seed": 1, "ratio": "1:1", "callback_url": "u", "priority": 1}
    assert list(payload(body(seconds="5", metadata=metadata))) == [
        *("model", "content", "callback_url", "priority", "ratio", "duration", "seed", "watermark")
    ]
    assert "priority" not in payload(body(metadata=metadata), june=True)


async def test_an_order_comes_to_what_ark_makes_of_it() -> None:
    here = world(DIALECT)
    metadata = {"resolution": "480p", "ratio": "9:16", "seed": 7, "generate_audio": False}
    assert (await order(here, body(seconds="8", metadata=metadata)))[0] == 200
    found = await ordered(here)
    assert (found.seconds, found.resolution, found.ratio, found.seed) == (8, "480p", "9:16", 7)
    assert (found.width, found.height, found.sound) == (496, 864, False)
    assert (await order(here, body(duration=9, size="720x1280", resolution="480p")))[0] == 200
    found = await ordered(here)
    assert (found.seconds, found.resolution, found.ratio) == (5, "720p", "16:9")
    assert (await order(here, body(prompt="A boat --rs 480p --dur 6")))[0] == 200
    assert ((await ordered(here)).resolution, (await ordered(here)).seconds) == ("480p", 6)


async def test_json_a_form_and_a_query_string_are_one_order() -> None:
    here = world(DIALECT)
    metadata = {"resolution": "480p", "duration": 6, "generate_audio": False}
    text = json.dumps(metadata)
    kinds: list[Any] = [
        (body(metadata=metadata), {}),
        (body(metadata=text), {}),
        _form({**body(), "metadata": text}),
        _form({**body(), "resolution": "480p", "duration": "9", "seconds": "6"}, sound="false"),
        (
            b"model=" + MODEL.encode() + b"&prompt=A+boat&metadata=" + text.encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        ),
    ]
    found = []
    for path in (CREATE, VIDEOS):
        for sent, headers in kinds:
            assert (await order(here, sent, path, headers=headers))[0] == 200
            found.append(await ordered(here))
    assert {(one.prompt, one.resolution, one.seconds, one.sound) for one in found} == {
        ("A boat", "480p", 6, False)
    }


def _form(parts: dict[str, str], sound: str = "") -> tuple[bytes, dict[str, str]]:
    also = {"generate_audio": sound} if sound else {}
    raw, content_type = encode_form({**parts, **also})
    return raw, {"Content-Type": content_type}


async def test_what_a_form_can_and_json_cannot() -> None:
    here = world(DIALECT)
    parts: dict[str, str | bytes] = {**body(), "input_reference": b"\x89PNG", "image": b"\x89PNG"}
    status, _ = await here.form(VIDEOS, parts)
    assert (status, (await ordered(here)).mode) == (200, "t2v")
    # A part of metadata throws the loose ones away.
    status, _ = await here.form(VIDEOS, {**body(), "ratio": "1:1", "metadata": "{}"})
    assert (status, (await ordered(here)).ratio) == (200, "16:9")
    status, told = await here.form(CREATE, {**body(), "images": IMAGE})
    text = "json: cannot unmarshal string into Go struct field .Alias.images of type []string"
    assert (status, told) == (400, {"code": "invalid_request", "message": text, "data": None})
    raw, content_type = encode_form({**body(), "images": "a", "imagez": "b"})
    twice = raw.replace(b"imagez", b"images")
    status, told = await order(here, twice, headers={"Content-Type": content_type})
    assert (status, told["code"]) == (400, "fail_to_fetch_task")  # two images want roles
    status, told = await here.form(CREATE, {**body(), "content": "x"})
    assert (status, told["code"]) == (500, "build_request_failed")
    assert told["message"].endswith("requestPayload.content of type []doubao.ContentItem")


@pytest.mark.parametrize(
    ("fields", "tail"),
    [
        ({"prompt": 7}, "number into Go struct field .Alias.prompt of type string"),
        ({"seconds": 5}, "number into Go struct field .Alias.seconds of type string"),
        ({"size": 720}, "number into Go struct field .Alias.size of type string"),
        (
            {"input_reference": {}},
            "object into Go struct field .Alias.input_reference of type string",
        ),
        ({"images": IMAGE}, "string into Go struct field .Alias.images of type []string"),
        ({"images": [{}]}, "object into Go struct field .Alias.images of type string"),
    ],
)
async def test_types_that_go_cannot_read(fields: dict[str, Any], tail: str) -> None:
    here = world(DIALECT)
    status, told = await order(here, body(**fields))
    message = f"json: cannot unmarshal {tail}"
    assert (status, told) == (400, {"code": "invalid_request", "message": message, "data": None})
    assert await here.untouched()


_CONVERT = "convert request payload failed: unmarshal metadata failed: unmarshal metadata failed: "
_PAYLOAD = "Go struct field requestPayload"


@pytest.mark.parametrize(
    ("metadata", "tail"),
    [
        (
            {"resolution": 480},
            f"json: cannot unmarshal number into {_PAYLOAD}.resolution of type string",
        ),
        (
            {"duration": 6.5},
            f"json: cannot unmarshal number into {_PAYLOAD}.duration of type string",
        ),
        ({"duration": "six"}, 'strconv.Atoi: parsing "six": invalid syntax'),
        (
            {"camera_fixed": "1"},
            f"json: cannot unmarshal string into {_PAYLOAD}.camera_fixed of type bool",
        ),
        ({"draft": 0}, f"json: cannot unmarshal number into {_PAYLOAD}.draft of type string"),
        (
            {"content": "x"},
            f"json: cannot unmarshal string into {_PAYLOAD}.content of type []doubao.ContentItem",
        ),
        (
            {"content": [1]},
            f"json: cannot unmarshal number into {_PAYLOAD}.content of type doubao.ContentItem",
        ),
    ],
)
async def test_metadata_that_go_cannot_convert(metadata: dict[str, Any], tail: str) -> None:
    here = world(DIALECT)
    status, told = await order(here, body(metadata=metadata))
    wanted = {"code": "build_request_failed", "message": _CONVERT + tail, "data": None}
    assert (status, told) == (500, wanted)
    assert await here.untouched()


async def test_the_order_in_which_it_complains() -> None:
    """Model before everything, types before the prompt, that before bounds, those before money."""
    here = world(
        DIALECT, keys=(Key(KEY), Key("sk-poor", wallet=Decimal(0)), Key("sk-one", models=(FAST,)))
    )
    for sent, key, status, code in (
        ({"model": "nope", "prompt": 7}, KEY, 503, "model_not_found"),
        ({"model": "nope"}, "sk-one", 403, ""),
        ({"model": MODEL, "seconds": 5}, KEY, 400, "invalid_request"),
        ({"model": MODEL, "seconds": "-1"}, "sk-poor", 400, "invalid_request"),
        (body(seconds="-1"), "sk-poor", 400, "invalid_seconds"),
        (body(metadata={"duration": "six"}), "sk-poor", 403, "insufficient_user_quota"),
        (body(metadata={"duration": 99}), "sk-poor", 403, "insufficient_user_quota"),
    ):
        told = await order(here, sent, key=key)
        assert (told[0], (told[1].get("error") or told[1])["code"]) == (status, code), sent


@pytest.mark.parametrize("fields", [{"duration": 3601}, {"seconds": "-1"}, {"duration": "3601"}])
async def test_seconds_have_bounds_since_july(fields: dict[str, Any]) -> None:
    here = world(DIALECT)
    message = "seconds must be between 1 and 3600"
    wanted = {"code": "invalid_seconds", "message": message, "data": None}
    assert await order(here, body(**fields)) == (400, wanted)
    status, told = await order(world(DIALECT, fidelity="observed"), body(**fields))
    assert status == 200 or told["code"] == "fail_to_fetch_task"


async def test_prompts_that_say_nothing() -> None:
    here = world(DIALECT)
    for prompt in (None, "", " \n"):
        wanted = {"code": "invalid_request", "message": "prompt is required", "data": None}
        assert await order(here, body(prompt=prompt)) == (400, wanted)


async def test_what_ark_refuses_is_passed_on_as_text() -> None:
    here = world(DIALECT)
    status, told = await order(here, body(metadata={"duration": 99}))
    assert (status, told["code"], told["data"]) == (400, "fail_to_fetch_task", None)
    error = json.loads(told["message"])["error"]
    assert (error["code"], error["param"], error["type"]) == (
        *("InvalidParameter", "duration", "BadRequest"),
    )
    metadata = {"content": [item("image", "first_frame"), item("video", "reference_video")]}
    status, told = await order(here, body(metadata=metadata))
    assert "cannot be mixed with reference media" in json.loads(told["message"])["error"]["message"]
    await here.plan(end="refused", code="InputTextSensitiveContentDetected")
    status, told = await order(here)
    error = json.loads(told["message"])["error"]
    assert (status, error["code"]) == (400, "InputTextSensitiveContentDetected")
    assert "the input text 'content[0]'" in error["message"]
    assert await here.untouched()


async def test_rounds_of_fifteen_seconds() -> None:
    here = world(DIALECT)  # three seconds before a round
    await here.plan(queue=20_000, run=30_000)
    _, created = await order(here)
    seen = []
    for span in ("0s", "2999ms", "1ms", "15s", "14999ms", "1ms", "15s", "15s"):
        here.advance(span)
        data = await row(here, created["id"])
        told = await video(here, created["id"])
        assert told["progress"] == int(data["progress"].rstrip("%"))
        assert told["completed_at"] == data["updated_at"]
        seen.append((data["status"], data["progress"], told["status"]))
    assert seen == [
        ("NOT_START", "0%", "unknown"),
        ("NOT_START", "0%", "unknown"),
        ("QUEUED", "10%", "queued"),
        ("QUEUED", "10%", "queued"),
        ("QUEUED", "10%", "queued"),
        ("IN_PROGRESS", "50%", "in_progress"),
        ("IN_PROGRESS", "50%", "in_progress"),
        ("SUCCESS", "100%", "completed"),
    ]
    at = START // 1000
    assert (data["start_time"], data["finish_time"]) == (at + 33, at + 63)


async def test_a_start_that_nobody_saw() -> None:
    here = world(DIALECT)
    here.advance("3s")
    _, created = await order(here)
    here.advance("15s")
    data = await row(here, created["id"])
    assert (data["status"], data["start_time"]) == ("SUCCESS", 0)
    assert (data["quota"], await here.sums()) == (4_050_000, {"quota": -4_050_000})


async def test_at_the_pace_of_an_instant_everything_is_known_at_once() -> None:
    here = world(DIALECT, pace="instant")
    _, created = await order(here)
    assert (await row(here, created["id"]))["status"] == "SUCCESS"


@pytest.mark.parametrize("end", ["expired", "cancelled"])
async def test_an_end_without_a_word_is_no_end_for_a_day(end: str) -> None:
    here = world(DIALECT)
    await here.plan(end=end)
    _, created = await order(here)
    here.advance("1m")
    data = await row(here, created["id"])
    assert (data["status"], data["progress"], data["data"]["status"]) == ("IN_PROGRESS", "30%", end)
    here.advance("23h")
    assert (await video(here, created["id"]))["progress"] == 30
    assert await here.sums() == {"quota": -9_375_000}
    here.advance("1h")
    data = await row(here, created["id"])
    text = "任务超时（1440分钟）"
    assert (data["status"], data["fail_reason"], data["result_url"]) == ("FAILURE", text, text)
    assert data["data"]["status"] == end
    told = await video(here, created["id"])
    assert (told["status"], told["metadata"], "error" in told) == ("failed", {"url": ""}, False)
    assert await here.sums() == {}


async def test_a_task_that_is_stuck_or_slow_is_given_up_too() -> None:
    here = world(DIALECT)
    for wish in ({"end": "stuck"}, {"run": 30 * 3_600_000}):
        await here.plan(**wish)
        _, created = await order(here)
        here.advance("24h")
        here.advance("1m")
        data = await row(here, created["id"])
        assert (data["status"], data["data"]["status"]) == ("FAILURE", "running")
        assert await here.sums() == {}


async def test_a_failure_has_its_reason_where_the_link_would_be() -> None:
    here = world(DIALECT)
    await here.plan(end="failed", message="Mine.")
    _, created = await order(here)
    here.advance("18s")
    data = await row(here, created["id"])
    assert data["fail_reason"] == data["result_url"] == data["data"]["error"]["message"]
    assert data["fail_reason"].startswith("Mine. Request id: ")
    assert data["quota"] == 9_375_000  # which was returned
    told = await video(here, created["id"])
    assert list(told) == [
        *("id", "task_id", "object", "model", "status", "progress", "created_at", "completed_at"),
        *("error", "metadata"),
    ]
    assert told["error"]["message"] == data["fail_reason"]
    assert await here.sums() == {}


async def test_june_does_not_write_the_settled_amount_down() -> None:
    here = world(DIALECT, fidelity="observed")
    _, created = await order(here)
    here.advance("18s")
    assert (await row(here, created["id"]))["quota"] == 9_375_000


@pytest.mark.parametrize(
    ("model", "metadata", "june", "july"),
    [
        (MODEL, {}, "{}", "{}"),
        (MODEL, {"content": [item("video", "reference_video")]}, 28 / 46, 28 / 46),
        (FAST, {"content": [item("video", "reference_video")]}, 22 / 37, 22 / 37),
        (MODEL, {"resolution": "1080p"}, "{}", 51 / 46),
        (MODEL, {"resolution": "4k"}, "{}", 26 / 46),
        # Ark gets these, and the price is of none of them.
        (MODEL, {"RESOLUTION": "1080p"}, "{}", "{}"),
        (MODEL, {"Content": [item("video", "reference_video")]}, "{}", "{}"),
        ("doubao-seedance-2-0-mini-260615", {"resolution": "480p"}, "{}", "{}"),
    ],
)
async def test_the_ratios_of_an_order(model: str, metadata: Any, june: Any, july: Any) -> None:
    for fidelity, wanted in (("observed", june), ("documented", july)):
        here = world(DIALECT, fidelity=fidelity)
        reply = await here.send("POST", CREATE, body(model=model, metadata=metadata))
        assert isinstance(reply, Reply)
        told = wanted if wanted == "{}" else f'{{"video_input":{wanted}}}'
        assert reply.headers["X-New-Api-Other-Ratios"] == told
        part = 1 if wanted == "{}" else wanted
        assert await here.sums() == {"quota": -int(9_375_000 * part)}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer sk-test"},
        {"Authorization": "bearer sk-test"},
        {"Authorization": "sk-test"},
        {"mj-api-secret": "sk-test"},
        {"Authorization": "Bearer midjourney-proxy", "mj-api-secret": "sk-test"},
    ],
)
async def test_ways_to_send_a_key(headers: dict[str, str]) -> None:
    here = world(DIALECT)
    status, created = await order(here, key=None, headers=headers)
    assert (status, (await video(here, created["id"]))["status"]) == (200, "unknown")


async def test_where_other_keys_are_read() -> None:
    here = world(DIALECT)
    assert (await here.json("GET", "/v1/models", key=None, headers={"x-api-key": KEY}))[0] == 200
    assert (await order(here, key=None, headers={"x-api-key": KEY}))[0] == 401
    assert (await here.json("GET", f"/v1/models?key={KEY}", key=None))[0] == 401


async def test_errors_in_chinese() -> None:
    here = world(DIALECT)
    for language, words in (
        ("zh-CN,zh;q=0.9", "无效的令牌"),
        ("zh-TW", "無效的令牌"),
        ("de, zh", "Invalid token"),
    ):
        headers = {"Accept-Language": language}
        _, told = await here.json("GET", "/v1/models", key="sk-sim-invalid", headers=headers)
        assert told["error"]["message"].startswith(f"{words} (request id: ")
    headers = {"Accept-Language": "zh"}
    _, told = await order(here, body(model="nope"), headers=headers)
    text = "分组 default 下模型 nope 无可用渠道（distributor） (request id: "
    assert told["error"]["message"].startswith(text)
    assert (await order(here, body(prompt=""), headers=headers))[1][
        "message"
    ] == "prompt is required"


async def test_a_key_with_a_list_of_models() -> None:
    keys = (Key(KEY), Key("sk-fast", models=(FAST,)))
    here = world(DIALECT, keys=keys)
    status, created = await order(here, body(model=FAST), key="sk-fast")
    assert status == 200
    assert (await here.json("GET", f"{CREATE}/{created['id']}", key="sk-fast"))[0] == 200
    status, told = await here.json("GET", f"{CREATE}/task_x", key="sk-fast")
    assert status == 403
    assert told["error"]["message"].startswith("This token has no access to model  (request id: ")
    assert (await here.json("GET", f"{VIDEOS}/task_x/content", key="sk-fast"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/videos"),
        ("DELETE", "/v1/videos/x"),
        ("PUT", CREATE),
        ("HEAD", "/v1/models"),
        ("POST", "/v1/videos/generations"),
        ("GET", "/v1/videos/x/download"),
        ("GET", "/api/nope"),
        ("GET", "/v1x"),
        ("GET", "/v1/video/generations/"),
    ],
)
async def test_calls_that_are_not_there(method: str, path: str) -> None:
    reply = await world(DIALECT).send(method, path, key=None)
    assert isinstance(reply, Reply)
    error = {"message": f"Invalid URL ({method} {path})", "type": "invalid_request_error"}
    assert (reply.status, reply.body) == (404, {"error": {**error, "param": "", "code": ""}})
    assert reply.headers["Cache-Control"] == "max-age=604800"
    assert "Allow" not in reply.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "to"),
    [
        ("POST", "/v1/videos/", 307, "../videos"),
        ("POST", "/v1/video/generations/", 307, "../generations"),
        ("GET", "/v1/videos/task_x/", 301, "../task_x"),
        ("GET", "/v1/videos/%22%3Ea/", 301, "../%22%3Ea"),
        ("GET", '/v1/videos/">a\udcff/', 301, "../%22%3Ea%FF"),
    ],
)
async def test_a_slash_too_many(method: str, path: str, status: int, to: str) -> None:
    reply = await world(DIALECT).send(method, path, key=None)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.headers["Location"]) == (status, to)
    page = f'<a href="{to}">Moved Permanently</a>.\n\n'.encode()
    assert reply.body == (page if method == "GET" else None)


@pytest.mark.parametrize("path", ["/", "/foo", "/v2/videos", "//v1/videos", "/doubao/x"])
async def test_what_is_no_path_of_the_api_is_a_page(path: str) -> None:
    for method in ("GET", "POST"):
        reply = await world(DIALECT).send(method, path)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.content_type) == (200, "text/html; charset=utf-8")
        assert reply.body.startswith(b"<!doctype html>")
        assert reply.headers["Cache-Control"] == "no-cache"


async def test_ids_that_are_not_there() -> None:
    here = world(DIALECT)
    _, created = await order(here)
    cgt = (await row(here, created["id"]))["data"]["id"]
    gone = (400, {"code": "task_not_exist", "message": "task_not_exist", "data": None})
    for task in ("generations", "task_x", cgt, created["id"].lower()):
        assert await here.json("GET", f"{VIDEOS}/{task}") == gone
    assert await here.json("GET", f"{CREATE}/{created['id']}", key="sk-other") == gone
    origin = {"code": "task_not_exist", "message": "task_origin_not_exist", "data": None}
    assert await here.json("POST", f"{VIDEOS}/task_x/remix") == (400, origin)
    status, told = await here.json("POST", f"{VIDEOS}/{created['id']}/remix")
    assert (status, told["error"]["type"]) == (500, "new_api_panic")
    status, told = await here.json("GET", f"/v1/models/{MODEL}")
    assert (status, told["error"]["code"]) == (200, "model_not_found")


async def test_content() -> None:
    here = world(DIALECT)
    _, created = await order(here)
    path = f"{VIDEOS}/{created['id']}/content"
    for span, word in (("0s", "NOT_START"), ("3s", "IN_PROGRESS")):
        here.advance(span)
        message = f"Task is not completed yet, current status: {word}"
        wanted = {"error": {"message": message, "type": "invalid_request_error"}}
        assert await here.json("GET", path) == (400, wanted)
    here.advance("15s")
    clip = await here.send("GET", path)
    assert clip.headers["Cache-Control"] == "public, max-age=86400"
    here.advance("24h")
    message = "Upstream service returned status 403"
    assert await here.json("GET", path) == (
        502,
        {"error": {"message": message, "type": "server_error"}},
    )


async def test_the_whole_clip_whatever_range_is_asked_for() -> None:
    async with serve(pace="instant") as server:
        url = f"{server.base}/newapi{VIDEOS}"
        sent = body(metadata={"resolution": "480p"})
        async with server.client.post(url, json=sent) as answer:
            task = (await answer.json())["id"]
        headers = {"Range": "bytes=0-9"}
        async with server.client.get(f"{url}/{task}/content", headers=headers) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "video/mp4")
            clip = await answer.read()
            assert b"ftyp" in clip[:12]
            again = {"If-None-Match": answer.headers["ETag"]}
        async with server.client.get(f"{url}/{task}/content", headers=again) as answer:
            assert (answer.status, await answer.read()) == (200, clip)
        async with server.client.get(f"{url}/{task}") as answer:
            link = (await answer.json())["metadata"]["url"]
        async with server.anonymous.get(link, headers=headers) as answer:
            assert answer.status == 206  # of the store itself


async def test_the_callback_is_arks() -> None:
    here = world(DIALECT, callbacks="local")
    metadata = {"callback_url": "http://127.0.0.1:9/hook"}
    assert (await order(here, body(metadata=metadata)))[0] == 200
    (task,) = await here.engine.tasks()
    assert DIALECT.callbacks is not None
    told = [
        DIALECT.callbacks.body(_event(task, phase, at), here.engine)
        for phase, at in DIALECT.callbacks.events(task)
    ]
    assert [one["status"] for one in told] == ["queued", "running", "succeeded"]
    assert {one["id"][:4] for one in told} == {"cgt-"}
    assert told[-1]["content"]["video_url"]


def _event(task: Any, phase: Any, at: int) -> Any:
    from simulator.engine.dialect import Event

    return Event(task, phase, at)


async def test_fields_that_nobody_reads() -> None:
    sent = body(duration=9, size="720x1280", resolution="480p", input_reference=IMAGE, images=["a"])
    ignored = {one.name: one.hint for one in DIALECT.fields.ignored(sent)}
    assert set(ignored) == {"duration", "size", "resolution", "input_reference"}
    assert "metadata.duration, or seconds as a string" in ignored["duration"]
    assert "metadata.resolution" in ignored["resolution"]
    sent = body(metadata={"duration": 5, "content": [{**item("image"), "role": "last_frame"}]})
    assert not DIALECT.fields.ignored(sent)
    assert [one.name for one in DIALECT.fields.ignored(body(metadata={"fps": 30}))] == [
        "metadata.fps"
    ]
