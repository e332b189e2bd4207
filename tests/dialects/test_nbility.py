"""The nbility dialect: forms, files judged by their bytes, seconds that are billed."""

import io
import math
import re
import wave
from functools import cache
from typing import Any

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.config import Key
from simulator.core.media import Facts
from simulator.core.task import Task
from simulator.dialects.nbility import DIALECT
from simulator.dialects.nbility.rules import FILES, MODELS
from simulator.dialects.newapi_base import CREATE
from simulator.media.samples import render
from tests.driving import BASE, KEY, START, World, encode_form, world

ORDER = {"model": "seedance-2-720p", "prompt": "A paper boat sails down a rainy street"}
RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")


def sound(ms: int) -> bytes:
    """A silent WAV file of a length."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(1000)
        file.writeframes(b"\x80" * ms)
    return out.getvalue()


@cache
def sample(kind: Any, form: str, width: int = 0, height: int = 0, ms: int = 0) -> bytes:
    fps = 24.0 if kind == "video" else 0.0
    channels = 1 if kind == "audio" else 0
    facts = Facts(kind, form, 0, width, height, ms, fps, channels)
    return render(facts, imageio_ffmpeg.get_ffmpeg_exe())


def movie(ms: int, width: int = 320, height: int = 180) -> bytes:
    return sample("video", "mp4", width, height, ms)


def picture(form: str = "png", width: int = 320, height: int = 180) -> bytes:
    return sample("image", form, width, height)


async def order(here: World, **parts: Any) -> tuple[int, Any]:
    """Send the order with these parts changed; None leaves one out, a function makes its file."""
    sent = {k: v() if callable(v) else v for k, v in {**ORDER, **parts}.items()}
    status, body = await here.form(CREATE, {k: v for k, v in sent.items() if v is not None})
    return status, body


async def task(here: World, **parts: Any) -> Task:
    status, body = await order(here, **parts)
    assert status == 200, body
    found = await here.engine.task(body["id"])
    assert found is not None
    return found


async def refused(here: World, **parts: Any) -> str:
    """The message of a 400 that leaves no task and no charge."""
    status, body = await order(here, **parts)
    assert status == 400, body
    assert set(body) == {"error"}
    assert body["error"]["type"] == "invalid_request_error"
    assert body["error"]["code"] == "invalid_request"
    assert await here.untouched()
    return str(body["error"]["message"])


async def test_walk_through_every_phase() -> None:
    here = world(DIALECT)
    status, created = await order(here, duration="5", ratio="16:9")
    assert status == 200
    task_id = created["id"]
    assert re.fullmatch(r"task_[0-9a-f]{12}", task_id)
    assert created == {"id": task_id, "status": "IN_PROGRESS"}
    path = f"{CREATE}/{task_id}"
    seen = []
    for span in ("0s", "999ms", "1ms", "2999ms"):
        here.advance(span)
        assert await here.json("GET", path) == await here.json("GET", path)
        seen.append((await here.json("GET", path))[1])
    queued = {"task_id": task_id, "status": "QUEUED", "progress": "20%"}
    running = {"task_id": task_id, "status": "IN_PROGRESS", "progress": "50%"}
    assert seen == [
        {"code": "success", "data": data} for data in (queued, queued, running, running)
    ]
    here.advance("1ms")
    status, body = await here.json("GET", path)
    url = body["data"]["result_url"]
    assert url.startswith(f"{BASE}/tos/gateway/nbility/{task_id}.mp4?X-Tos-Algorithm=")
    assert "X-Tos-Expires=86400" in url
    done = {"task_id": task_id, "status": "SUCCESS", "progress": "100%"}
    links = {"result_url": url, "data": {"video_url": url}}
    assert (status, body) == (200, {"code": "success", "data": {**done, **links}})
    here.advance("1h")
    assert (await here.json("GET", path))[1] == body


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"end": "failed"}, "The request failed because the output video may contain"),
        ({"end": "failed", "code": "InternalServiceError", "message": "Mine."}, "Mine."),
        (
            {"end": "failed", "code": "InternalServiceError"},
            "The service encountered an unexpected internal error.",
        ),
        ({"end": "expired"}, "The task expired before it was finished."),
        ({"end": "cancelled"}, "The task was cancelled."),
    ],
)
async def test_failure_and_what_ends_without_a_word(wish: Any, reason: str) -> None:
    here = world(DIALECT)
    await here.plan(**wish)
    _, created = await order(here, duration="7")
    assert await here.sums() == {"seconds": -7}
    here.advance("4s")
    status, body = await here.json("GET", f"{CREATE}/{created['id']}")
    assert status == 200
    data = body["data"]
    assert (data.pop("fail_reason")).startswith(reason)
    assert data == {"task_id": created["id"], "status": "FAILURE", "progress": "100%"}
    assert await here.sums() == {}


@pytest.mark.parametrize(("model", "resolution"), MODELS.items())
async def test_models(model: str, resolution: str) -> None:
    found = await task(world(DIALECT), model=model)
    assert found.order.model == model
    assert found.order.resolution == resolution
    assert (found.order.ratio, found.order.seconds, found.order.frames) == ("16:9", 5, 120)
    assert found.order.sound
    assert not found.order.watermark
    height = {"480p": 496, "720p": 720, "1080p": 1080, "2k": 1440, "4k": 2160}[resolution]
    assert found.order.height == height


@pytest.mark.parametrize(
    ("ratio", "size"),
    [
        ("16:9", (2560, 1440)),
        ("4:3", (2224, 1668)),
        ("1:1", (1920, 1920)),
        ("3:4", (1668, 2224)),
        ("9:16", (1440, 2560)),
        ("21:9", (2940, 1260)),
    ],
)
async def test_sizes_of_2k(ratio: str, size: tuple[int, int]) -> None:
    found = await task(world(DIALECT), model="seedance-2-2k", ratio=ratio)
    assert (found.order.width, found.order.height) == size


@pytest.mark.parametrize("model", ["seedance-3", '"seedance-2"', "seedance-2-720P", "seedance-2 "])
async def test_wrong_models(model: str) -> None:
    assert (await refused(world(DIALECT), model=model)).startswith("model must be one of ")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"model": None}, "model is required"),
        ({"model": ""}, "model is required"),
        ({"model": b"seedance-2"}, "model must be of type string"),
        ({"prompt": None}, "prompt is required"),
        ({"prompt": " "}, "prompt is required"),
        ({"prompt": b"A boat"}, "prompt must be of type string"),
        ({"duration": "3"}, "duration must be a whole number from 4 to 15"),
        ({"duration": "16"}, "duration must be a whole number from 4 to 15"),
        ({"duration": "-1"}, "duration must be a whole number from 4 to 15"),
        ({"duration": "5.0"}, "duration must be of type string of digits"),
        ({"duration": '"5"'}, "duration must be of type string of digits"),
        ({"duration": ""}, "duration must be of type string of digits"),
        ({"duration": b"5"}, "duration must be of type string of digits"),
        ({"ratio": "2:1"}, "ratio must be one of adaptive, 16:9, 4:3, 1:1, 3:4, 9:16, 21:9 for"),
        ({"ratio": "Adaptive"}, "ratio must be one of "),
        ({"ratio": ""}, "ratio must be one of "),
        ({"image_1": "https://example.com/a.png"}, "image_1 must be a file"),
        ({"video": "https://example.com/a.mp4"}, "video must be a file"),
        ({"audio": "@a.mp3"}, "audio must be a file"),
        ({"resolution": "720p"}, "resolution is not supported"),
        ({"resolution": ""}, "resolution is not supported"),
    ],
)
async def test_fields_that_are_refused(parts: Any, message: str) -> None:
    assert (await refused(world(DIALECT), **parts)).startswith(message)
    if not {"ratio"} & set(parts):
        cheap = {"model": "seedance-2-cheap", **parts}
        assert (await refused(world(DIALECT), **cheap)).startswith(message)


@pytest.mark.parametrize("model", ["seedance-2", "seedance-2-cheap"])
@pytest.mark.parametrize("duration", ["4", "5", "14", "15", "05"])
async def test_duration_within_bounds(model: str, duration: str) -> None:
    found = await task(world(DIALECT), model=model, duration=duration)
    assert found.order.seconds == int(duration)
    assert found.order.frames == 24 * int(duration)


@given(st.integers(-(10**20), 10**20))
async def test_any_whole_number_as_duration(number: int) -> None:
    status, _ = await order(world(DIALECT), duration=str(number))
    assert status == (200 if 4 <= number <= 15 else 400)


@given(st.text(max_size=8).filter(lambda text: "\0" not in text))
async def test_any_text_as_duration(text: str) -> None:
    status, _ = await order(world(DIALECT), duration=text)
    good = text.isascii() and text.isdigit() and 4 <= int(text) <= 15
    assert status == (200 if good else 400)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("model", ["seedance-2", "seedance-2-cheap"])
async def test_ratios(model: str, ratio: str) -> None:
    assert (await task(world(DIALECT), model=model, ratio=ratio)).order.ratio == ratio


async def test_adaptive() -> None:
    here = world(DIALECT)
    assert (await task(here, ratio="adaptive")).order.ratio == "16:9"
    tall = {"image_1": picture("png", 180, 320)}
    assert (await task(here, ratio="adaptive", **tall)).order.ratio == "9:16"
    both = {**tall, "video": movie(1000, 240, 240)}
    assert (await task(here, ratio="adaptive", **both)).order.ratio == "1:1"
    message = await refused(world(DIALECT), model="seedance-2-cheap", ratio="adaptive")
    assert "adaptive" not in message


async def test_billing_as_the_document_explains_it() -> None:
    media = {"video": movie(10_000), "audio": sample("audio", "mp3", ms=30_000)}
    here = world(DIALECT)
    await task(here, duration="5", **media)
    assert await here.sums() == {"seconds": -45}
    here.advance("1h")
    assert await here.sums() == {"seconds": -45}
    as_printed = world(DIALECT)
    await task(as_printed, duration="10", ratio="16:9", **media)
    assert await as_printed.sums() == {"seconds": -50}


@pytest.mark.parametrize(
    ("parts", "seconds"),
    [
        ({}, 5),
        ({"duration": "15"}, 15),
        ({"image_1": lambda: picture()}, 5),
        ({"audio": lambda: sound(1)}, 6),
        ({"audio": lambda: sound(1000)}, 6),
        ({"audio": lambda: sound(1001)}, 7),
        ({"audio": lambda: sound(30_000), "duration": "4"}, 34),
        ({"video": lambda: movie(1500), "audio": lambda: sound(400)}, 7),
        ({"video": lambda: movie(1500), "audio": lambda: sound(501)}, 8),
    ],
)
async def test_billed_seconds(parts: Any, seconds: int) -> None:
    here = world(DIALECT)
    await task(here, **parts)
    assert await here.sums() == {"seconds": -seconds}


@given(st.integers(1, 20_000), st.integers(4, 15))
async def test_billed_seconds_are_the_sum_rounded_up(ms: int, duration: int) -> None:
    here = world(DIALECT)
    await task(here, audio=sound(ms), duration=str(duration))
    assert await here.sums() == {"seconds": -math.ceil((ms + 1000 * duration) / 1000)}


async def test_cheap_is_one_task_an_order_and_looks_at_no_file() -> None:
    here = world(DIALECT)
    junk = dict.fromkeys(FILES, b"junk")
    found = await task(here, model="seedance-2-cheap", duration="15", **junk)
    assert found.order.mode == "r2v"
    assert [reference.kind for reference in found.order.references] == list(FILES.values())
    assert await here.sums() == {"tasks": -1}
    await here.plan(end="failed")
    await task(here, model="seedance-2-cheap")
    here.advance("1h")
    assert await here.sums() == {"tasks": -1}


async def test_files_are_judged_by_their_bytes() -> None:
    found = await task(
        world(DIALECT),
        image_1=picture(),
        image_2=picture("jpeg"),
        image_3=picture("webp"),
        video=movie(1000),
        audio=sound(1000),
    )
    formats = [reference.facts and reference.facts.format for reference in found.order.references]
    assert formats == ["png", "jpeg", "webp", "mp4", "wav"]
    roles = [reference.role for reference in found.order.references]
    assert roles == ["reference_image"] * 3 + ["reference_video", "reference_audio"]


@pytest.mark.parametrize("field", FILES)
@pytest.mark.parametrize(
    "data", [b"", b"junk", b"#EXTM3U\nhttp://example.com/a.ts\n", b"\x89PNG\r\n"]
)
async def test_files_that_cannot_be_read(field: str, data: bytes) -> None:
    assert (await refused(world(DIALECT), **{field: data})).startswith(f"{field} ")


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("image_1", lambda: sound(1000)),
        ("image_3", lambda: movie(1000)),
        ("video", lambda: picture()),
        ("video", lambda: sound(1000)),
        ("audio", lambda: picture()),
        ("audio", lambda: movie(1000)),
        ("video", lambda: movie(1000)[:400]),
    ],
)
async def test_files_of_another_kind_or_cut(field: str, data: Any) -> None:
    assert (await refused(world(DIALECT), **{field: data})).startswith(f"{field} ")


async def test_bodies_that_are_no_form() -> None:
    here = world(DIALECT)
    for headers, raw in (
        ({"Content-Type": "application/json"}, b'{"model":"seedance-2","prompt":"x"}'),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"model=seedance-2&prompt=x"),
        ({"Content-Type": ""}, b""),
    ):
        status, body = await here.json("POST", CREATE, raw, headers=headers)
        assert status == 400
        assert body["error"] == {
            "message": "multipart/form-data is required",
            "type": "invalid_request_error",
            "code": "invalid_request_body",
        }
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        headers = {"Content-Type": content_type}
        status, body = await here.json("POST", CREATE, b"--x\r\nnothing", headers=headers)
        assert (status, body["error"]["code"]) == (400, "invalid_request_body")
    assert await here.untouched()


@pytest.mark.parametrize(
    ("key", "status", "name", "code"),
    [
        (None, 401, "invalid_request_error", "invalid_api_key"),
        ("", 401, "invalid_request_error", "invalid_api_key"),
        ("sk-sim-invalid", 401, "invalid_request_error", "invalid_api_key"),
        ("sk-sim-expired", 401, "invalid_request_error", "invalid_api_key"),
        ("sk-sim-banned", 403, "permission_error", "permission_denied"),
        ("sk-sim-nogroup", 403, "permission_error", "permission_denied"),
        ("sk-sim-broke", 429, "insufficient_quota", "insufficient_quota"),
        ("sk-sim-limited", 429, "requests", "rate_limit_exceeded"),
    ],
)
async def test_keys(key: str | None, status: int, name: str, code: str) -> None:
    here = world(DIALECT)
    found, body = await here.form(CREATE, ORDER, key=key)
    assert found == status
    message = body["error"].pop("message")
    assert message
    assert body == {"error": {"type": name, "code": code}}


async def test_full_queue() -> None:
    here = world(DIALECT, keys=(Key(KEY, slots=1, queue=0),))
    await task(here)
    status, body = await order(here)
    assert (status, body["error"]["code"]) == (429, "rate_limit_exceeded")


async def test_unknown_foreign_and_aged_out_tasks_are_one() -> None:
    here = world(DIALECT)
    found = await task(here)

    def gone(name: str) -> tuple[int, Any]:
        message = f"The task {name} does not exist."
        error = {"message": message, "type": "invalid_request_error", "code": "task_not_exist"}
        return 404, {"error": error}

    path = f"{CREATE}/{found.id}"
    assert await here.json("GET", f"{CREATE}/task_x") == gone("task_x")
    assert await here.json("GET", path, key="sk-other") == gone(found.id)
    here.advance("7d")
    assert await here.json("GET", path) == gone(found.id)


async def test_paths_and_methods() -> None:
    here = world(DIALECT)
    for path in ("/v1/videos/generations", "/v1/videos/x", "/v1/nowhere", CREATE + "/a/b"):
        status, body = await here.json("GET", path)
        assert (status, body["error"]["code"]) == (404, "not_found")
    reply = await here.send("DELETE", f"{CREATE}/x")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET")  # type: ignore[union-attr]
    assert (await here.json("HEAD", CREATE))[0] == 405


async def test_balance_counts_seconds_and_tasks() -> None:
    here = world(DIALECT)
    await task(here, duration="9")
    await task(here, model="seedance-2-cheap")
    _, body = await here.json("GET", "/api/usage/token/")
    assert body["data"]["total_used"] == 10 * 500_000
    _, body = await here.json("GET", "/v1/dashboard/billing/usage")
    assert body["total_usage"] == 1000


async def test_observed_walk() -> None:
    here = world(DIALECT, fidelity="observed")
    status, created = await order(here)
    task_id = created["id"]
    assert re.fullmatch(r"task_[0-9A-Za-z]{32}", task_id)
    assert status == 200
    assert created == {
        "id": task_id,
        "task_id": task_id,
        "object": "video",
        "model": ORDER["model"],
        "status": "queued",
        "progress": 0,
        "created_at": START // 1000,
    }
    seen = []
    for span in ("0s", "2999ms", "1ms", "14s", "1s"):
        here.advance(span)
        _, body = await here.json("GET", f"{CREATE}/{task_id}")
        seen.append((body["data"]["status"], body["data"]["progress"]))
    assert seen == [
        ("NOT_START", "0%"),
        ("NOT_START", "0%"),
        ("IN_PROGRESS", "50%"),
        ("IN_PROGRESS", "50%"),
        ("SUCCESS", "100%"),
    ]
    data = body.pop("data")
    assert body == {"code": "success", "message": ""}
    url = data["result_url"]
    facts = {name: data.pop(name) for name in ("id", "user_id", "channel_id")}
    assert all(isinstance(number, int) for number in facts.values())
    assert data == {
        "created_at": START // 1000,
        "updated_at": START // 1000 + 18,
        "task_id": task_id,
        "platform": "54",
        "group": "default",
        "quota": 5 * 500_000,
        "action": "generate",
        "status": "SUCCESS",
        "fail_reason": "",
        "result_url": url,
        "submit_time": START // 1000,
        "start_time": START // 1000 + 3,
        "finish_time": START // 1000 + 18,
        "progress": "100%",
        "properties": {
            "input": "",
            "upstream_model_name": ORDER["model"],
            "origin_model_name": ORDER["model"],
        },
        "data": {"video_url": url},
    }


async def test_observed_failure() -> None:
    here = world(DIALECT, fidelity="observed")
    await here.plan(end="failed", message="Mine.")
    _, created = await order(here)
    here.advance("18s")
    _, body = await here.json("GET", f"{CREATE}/{created['id']}")
    assert body["data"]["status"] == "FAILURE"
    assert body["data"]["fail_reason"] == "Mine."
    assert body["data"]["result_url"] == "Mine."
    assert body["data"]["data"] == {}
    assert body["data"]["quota"] == 5 * 500_000  # it keeps the old number


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"model": None}, "missing_model"),
        ({"model": "seedance-3"}, "invalid_request"),
        ({"prompt": None}, "invalid_request"),
        ({"duration": "16"}, "invalid_request"),
        ({"model": "seedance-2-cheap", "ratio": "adaptive"}, "invalid_request"),
        ({"video": b"junk"}, "invalid_request"),
    ],
)
async def test_observed_refusals(parts: Any, code: str) -> None:
    here = world(DIALECT, fidelity="observed")
    status, body = await order(here, **parts)
    assert status == 400
    assert (body["code"], body["data"]) == (code, None)
    assert await here.untouched()


async def test_observed_differences() -> None:
    here = world(DIALECT, fidelity="observed")
    status, body = await here.json("POST", CREATE, {"model": "seedance-2"})
    wrong = {"code": "invalid_request", "message": "multipart/form-data is required", "data": None}
    assert (status, body) == (400, wrong)
    assert (await here.json("GET", f"{CREATE}/x"))[1]["code"] == "task_not_exist"
    assert (await here.form(CREATE, ORDER, key="sk-sim-broke"))[0] == 403
    assert (await here.json("GET", f"{CREATE}/x", key=None))[1]["error"]["type"] == "new_api_error"
    status, body = await here.form(CREATE, ORDER, key="sk-sim-nogroup")
    assert (status, body["error"]["code"]) == (503, "model_not_found")


@pytest.mark.parametrize(
    ("duration", "seconds"), [("3", 4), ("16", 15), ("99", 15), ("x", 5), ("", 5)]
)
async def test_observed_cheap_does_not_check_the_duration(duration: str, seconds: int) -> None:
    here = world(DIALECT, fidelity="observed")
    found = await task(here, model="seedance-2-cheap", duration=duration)
    assert found.order.seconds == seconds


async def test_directive_in_the_prompt() -> None:
    here = world(DIALECT)
    _, created = await order(here, prompt="A boat [[sim: fail queue=0s run=1s]]")
    here.advance("1s")
    _, body = await here.json("GET", f"{CREATE}/{created['id']}")
    assert body["data"]["status"] == "FAILURE"


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
async def test_a_part_that_came_twice_is_named(fidelity: Any) -> None:
    raw, content_type = encode_form({"model": "seedance-2", "prompt": "A boat"})
    twice = raw.replace(b'name="model"', b'name="prompt"')
    headers = {"Content-Type": content_type}
    here = world(DIALECT, fidelity=fidelity)
    status, body = await here.json("POST", CREATE, twice, headers=headers)
    assert status == 400
    assert "prompt was sent twice" in body["error"]["message"]
