"""The apiyi dialect: Ark's format for two models, and the gateway's own refusals."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.plan import Match, Wish
from simulator.core.tokens import RATIOS, SIZES
from simulator.dialects.apiyi import DIALECT, TASKS
from simulator.engine.call import Reply
from tests.dialects.items import FAST, TEXT, accepted, image, order, refused, video
from tests.driving import BASE, START, World, world

ID = re.compile(r"cgt-20260606160057-[bcdfghjklmnpqrstvwxz2456789]{5}")
REQUEST_ID = re.compile(r"02\d{13}[0-9a-f]{38}")
SHELL_ID = re.compile(r"20260606160057\d{9}[0-9A-Za-z]{8}")
SECONDS = START // 1000
DOCUMENTED = {"generate_audio": True, "draft": False}
OBSERVED = {
    "service_tier": "default",
    "execution_expires_after": 172800,
    **DOCUMENTED,
    "priority": 0,
}


async def ask(here: World, task_id: str) -> Any:
    status, body = await here.json("GET", f"{TASKS}/{task_id}")
    assert status == 200, body
    return body


@pytest.mark.parametrize(
    ("fidelity", "also", "tokens"),
    [("documented", DOCUMENTED, 108000), ("observed", OBSERVED, 108900)],
)
async def test_task_walks_through_every_phase(fidelity: str, also: Any, tokens: int) -> None:
    here = world(DIALECT, fidelity=fidelity)
    made = {"output_format": "mp4"} if fidelity == "observed" else {}
    status, created = await here.json("POST", TASKS, order(model=FAST, return_last_frame=True))
    assert status == 200
    assert list(created) == ["id"]
    assert ID.fullmatch(created["id"])
    head = {"id": created["id"], "model": FAST}
    times = {"created_at": SECONDS, "updated_at": SECONDS}
    for span, word in (("0s", "queued"), ("1s", "running"), ("2999ms", "running")):
        here.advance(span)
        assert await ask(here, created["id"]) == {**head, "status": word, **times, **also}
    here.advance("1ms")
    done = await ask(here, created["id"])
    video_url, last_frame_url = done["content"].values()
    assert done == {
        **head,
        "status": "succeeded",
        "content": {"video_url": video_url, "last_frame_url": last_frame_url},
        "usage": {"completion_tokens": tokens, "total_tokens": tokens},
        "created_at": SECONDS,
        "updated_at": SECONDS + 4,
        "seed": done["seed"],
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
        "framespersecond": 24,
        **also,
        **made,
    }
    assert 0 <= done["seed"] <= 99_999
    path = f"{BASE}/tos/ark-acg-cn-beijing/doubao-seedance-2-0-fast/{created['id']}"
    assert video_url.startswith(f"{path}.mp4?X-Tos-Algorithm=TOS4-HMAC-SHA256&")
    assert last_frame_url.startswith(f"{path}.png?")
    assert "&X-Tos-Expires=86400&" in video_url
    assert list(done) == [
        *["id", "model", "status", "content", "usage", "created_at", "updated_at", "seed"],
        *["resolution", "ratio", "duration", "framespersecond", *also, *made],
    ]


@pytest.mark.parametrize(
    ("wish", "word", "code"),
    [
        (Wish(end="failed"), "failed", "OutputVideoSensitiveContentDetected"),
        (
            Wish(end="failed", code="InternalServiceError", message="No."),
            "failed",
            "InternalServiceError",
        ),
        (Wish(end="expired"), "expired", None),
    ],
)
async def test_other_ends(wish: Wish, word: str, code: str | None) -> None:
    here = world(DIALECT)
    await here.engine.plans.add(Match(), wish, 1)
    task = await accepted(here, order())
    here.advance("4s")
    body = await ask(here, task.id)
    assert body["status"] == word
    assert body.get("error", {}).get("code") == code
    assert not {"content", "usage"} & set(body)
    assert (await here.engine.state(task.account)).spent(here.now()) == {"tokens": 0}


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
async def test_tokens_of_every_size_and_length(fidelity: str) -> None:
    here = world(DIALECT, fidelity=fidelity)
    for resolution in ("480p", "720p", "1080p"):
        for ratio in RATIOS:
            width, height = SIZES[resolution][ratio]
            for seconds in range(4, 16):
                asked = order(resolution=resolution, ratio=ratio, duration=seconds)
                task = await accepted(here, asked)
                frames = 24 * seconds + (fidelity == "observed")
                assert task.order.frames == frames
                assert task.charge.settled == width * height * frames // 1024


async def test_the_published_sample_is_the_observed_formula() -> None:
    here = world(DIALECT, fidelity="observed")
    assert (await accepted(here, order(model=FAST))).charge.settled == 108900
    with_video = order(TEXT, video(seconds=5), ratio="16:9")
    assert (await accepted(here, with_video)).charge.settled == 216900


async def test_defaults() -> None:
    made = (await accepted(world(DIALECT), order())).order
    assert (made.resolution, made.ratio, made.seconds, made.tier) == ("720p", "16:9", 5, "standard")
    assert (made.sound, made.watermark, made.last_frame) == (True, False, False)
    assert made.expires_after == 172_800_000


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"resolution": "480p"}, "resolution", "480p"),
        ({"resolution": "1080p"}, "resolution", "1080p"),
        ({"model": FAST, "resolution": "480p"}, "tier", "fast"),
        *[({"ratio": ratio}, "ratio", ratio) for ratio in RATIOS],
        ({"duration": 4}, "seconds", 4),
        ({"duration": 15}, "seconds", 15),
        ({"generate_audio": False}, "sound", False),
        ({"watermark": True}, "watermark", True),
        ({"seed": 0}, "seed", 0),
        ({"seed": 2**32 - 1}, "seed", 2**32 - 1),
        ({"return_last_frame": True}, "last_frame", True),
        ({"execution_expires_after": 3600}, "expires_after", 3_600_000),
        ({"execution_expires_after": 259200}, "expires_after", 259_200_000),
    ],
)
async def test_parameters(fields: dict[str, Any], name: str, value: Any) -> None:
    made = (await accepted(world(DIALECT), order(**fields))).order
    assert getattr(made, name) == value


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize(
    "fields",
    [
        {"resolution": "4k"},
        {"resolution": "2k"},
        {"resolution": 720},
        {"resolution": "1080p", "model": FAST},
        {"resolution": "4k", "model": FAST},
        {"ratio": "2:1"},
        {"ratio": 1},
        {"duration": 3},
        {"duration": 16},
        {"duration": 0},
        {"duration": -2},
        {"duration": 5.0},
        {"duration": "5"},
        {"duration": True},
        {"generate_audio": "true"},
        {"watermark": 1},
        {"seed": -2},
        {"seed": 2**32},
        {"seed": 1.5},
        {"seed": "7"},
        {"return_last_frame": "yes"},
        {"execution_expires_after": 3599},
        {"execution_expires_after": 259201},
        {"execution_expires_after": -1},
        {"execution_expires_after": "3600"},
    ],
)
async def test_parameters_that_are_refused(fields: dict[str, Any], fidelity: str) -> None:
    error = await refused(world(DIALECT, fidelity=fidelity), order(**fields))
    assert list(error) == ["code", "message", "param", "type"]
    assert (error["code"], error["type"]) == ("InvalidParameter", "BadRequest")
    assert error["param"] in fields


@given(st.integers())
async def test_any_duration(seconds: int) -> None:
    legal = seconds == -1 or 4 <= seconds <= 15
    status, _ = await world(DIALECT).json("POST", TASKS, order(duration=seconds))
    assert status == (200 if legal else 400)


@given(st.integers(0, 300_000))
async def test_any_expiry(seconds: int) -> None:
    asked = order(execution_expires_after=seconds)
    status, _ = await world(DIALECT).json("POST", TASKS, asked)
    assert status == (200 if 3600 <= seconds <= 259_200 else 400)


async def test_a_task_not_finished_in_time_expires() -> None:
    here = world(DIALECT)
    prompt = {"type": "text", "text": "A boat [[sim: run=2h]]"}
    task = await accepted(here, order(prompt, execution_expires_after=3600))
    here.advance("3599s")
    assert (await ask(here, task.id))["status"] == "running"
    here.advance("1s")
    assert (await ask(here, task.id))["status"] == "expired"


async def test_the_model_chooses_length_and_ratio() -> None:
    here = world(DIALECT)
    asked = order(TEXT, image(None, width=300, height=400), duration=-1, ratio="adaptive")
    task = await accepted(here, asked)
    here.advance("4s")
    done = await ask(here, task.id)
    assert done["ratio"] == "3:4"
    assert 4 <= done["duration"] <= 15
    assert done["usage"]["total_tokens"] == 834 * 1112 * 24 * done["duration"] // 1024


@pytest.mark.parametrize(
    ("field", "value"), [("frames", 29), ("camera_fixed", True), ("service_tier", "flex")]
)
async def test_old_fields_are_ignored_or_rejected(field: str, value: Any) -> None:
    plain = (await accepted(world(DIALECT), order())).order
    assert (await accepted(world(DIALECT), order(**{field: value}))).order == plain
    error = await refused(world(DIALECT, fidelity="observed"), order(**{field: value}))
    assert error["message"].startswith(
        f"the specified parameter {field} is not supported for model doubao-seedance-2-0 in t2v, "
        "must be empty"
    )
    await accepted(world(DIALECT, fidelity="observed"), order(**{field: None}))


async def test_what_ark_does_anyway_may_be_sent() -> None:
    neutral = {"camera_fixed": False, "service_tier": "default"}
    await accepted(world(DIALECT, fidelity="observed"), order(**neutral))


async def test_what_the_page_does_not_name_is_ignored() -> None:
    plain = (await accepted(world(DIALECT), order())).order
    others = {"callback_url": 5, "priority": 99, "draft": True, "tools": "x", "unknown": [1]}
    made = (await accepted(world(DIALECT), order(**others))).order
    assert made == plain
    assert DIALECT.callbacks is None


async def test_drafts_are_no_content_here() -> None:
    draft = {"type": "draft_task", "draft_task": {"id": "cgt-1"}}
    assert (await refused(world(DIALECT), order(draft)))["param"] == "content[0].type"


MODELS = ["ep-20260606160057-abcde", "dreamina-seedance-2-5-260628", "seedance-2.0", "x"]


@pytest.mark.parametrize("model", MODELS)
async def test_models_without_a_channel(model: str) -> None:
    error = await refused(world(DIALECT), {"model": model}, 503)
    words = f"Current group SeeDance2 has no available channel for this model: {model}"
    assert error["message"].startswith(words + " (request id: ")
    assert error["localized_message"] == words
    assert (error["type"], error["code"]) == ("shell_api_error", "model_not_found")
    error = await refused(world(DIALECT, fidelity="observed"), {"model": model}, 503)
    words = f"Current group SeeDance2 has no available channels for model {model}"
    assert error["localized_message"] == words


NEWER = ("doubao-seedance-2-5-260628", "doubao-seedance-2-0-mini-260615")


@pytest.mark.parametrize("model", NEWER)
async def test_what_is_sold_by_now_is_not_in_the_seed(model: str) -> None:
    assert (await refused(world(DIALECT), order(model=model), 503))["code"] == "model_not_found"
    here = world(DIALECT, fidelity="observed")
    await accepted(here, order(model=model))
    _, listed = await here.json("GET", "/v1/models")
    assert model in [one["id"] for one in listed["data"]]
    for resolution in ("4k", "8k"):
        assert (await refused(here, order(model=model, resolution=resolution)))["param"]


async def test_the_newest_here_is_ark_s() -> None:
    here, new = world(DIALECT, fidelity="observed"), NEWER[0]
    clips = order(TEXT, *[video(seconds=3) for _ in range(10)], model=new, duration=30)
    assert (await accepted(here, clips)).order.seconds == 30
    assert (await refused(here, order(model=new, duration=31)))["param"] == "duration"
    asked = order(TEXT, model=new, output_format="mov", resolution="480p", ratio="16:9")
    task = await accepted(here, asked)
    assert (task.order.width, task.order.container) == (854, "mov")
    here.advance("4s")
    assert (await ask(here, task.id))["output_format"] == "mov"
    # Ark's clip of the same kind cost 38 830 tokens for four seconds.
    four = await accepted(here, asked | {"duration": 4})
    assert four.charge.settled == 38830


@pytest.mark.parametrize(
    "order_of",
    [
        {"omni_reference_task_type": "edit", "duration": 5},
        {"text": "Replace the boat", "duration": 5},
    ],
)
async def test_a_constraint_of_an_edit_is_refused_at_once_here(order_of: dict[str, Any]) -> None:
    here = world(DIALECT, fidelity="observed")
    text = {"type": "text", "text": order_of.pop("text", "A boat")}
    error = await refused(here, order(text, video(), model=NEWER[0], **order_of))
    assert error["code"] == "InvalidParameter.TaskTypeConstraint"
    assert "Issues: [0] `duration` must be -1." in error["message"]
    assert await here.untouched()


async def test_a_model_is_needed_first() -> None:
    for body in ({}, {"model": None}, {"model": "", "content": []}):
        error = await refused(world(DIALECT), body)
        assert (error["code"], error["param"]) == ("MissingParameter", "model")
    assert (await refused(world(DIALECT), {"model": 5}))["param"] == "model"


@pytest.mark.parametrize(
    ("headers", "status", "code", "words"),
    [
        ({}, 401, "invalid_token", "Invalid token: no Authorization header was sent"),
        ({"Authorization": "x"}, 401, "invalid_token", "Invalid token: send Authorization: "),
        ({"Authorization": "Bearer sk-sim-invalid"}, 401, "invalid_token", "Invalid token ("),
        ({"Authorization": "Bearer sk-sim-expired"}, 401, "invalid_token", "Invalid token: it"),
        ({"Authorization": "Bearer sk-sim-banned"}, 403, "user_banned", "The user of this token"),
        (
            {"Authorization": "Bearer sk-sim-nogroup"},
            503,
            "model_not_found",
            f"Current group SeeDance2 has no available channel for this model: {FAST} (",
        ),
    ],
)
async def test_keys(headers: Any, status: int, code: str, words: str) -> None:
    here = world(DIALECT)
    reply = await here.send("POST", TASKS, order(model=FAST), key=None, headers=headers)
    assert isinstance(reply, Reply)
    shell_id = reply.headers["X-Shellapi-Request-Id"]
    assert SHELL_ID.fullmatch(shell_id)
    assert REQUEST_ID.fullmatch(reply.headers["x-request-id"])
    error = reply.body["error"]
    assert list(error) == ["message", "localized_message", "type", "param", "code"]
    assert (reply.status, error["code"], error["param"]) == (status, code, "")
    assert error["type"] == "shell_api_error"
    assert error["message"].startswith(words)
    assert error["message"].endswith(f" (request id: {shell_id})")
    assert await here.engine.tasks() == []


async def test_an_empty_wallet() -> None:
    here = world(DIALECT)
    status, body = await here.json("POST", TASKS, order(), key="sk-sim-broke")
    assert status == 429
    assert body == {
        "error": {
            "message": "user [1] quota [0] preConsumedQuota [108000] is not enough",
            "localized_message": "Insufficient user quota",
            "type": "shell_api_error",
            "param": "",
            "code": "insufficient_user_quota",
        }
    }


async def test_too_many_orders_is_arks_own() -> None:
    status, body = await world(DIALECT).json("POST", TASKS, order(), key="sk-sim-limited")
    assert (status, body["error"]["code"]) == (429, "ModelAccountRpmRateLimitExceeded")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", TASKS, 404),
        ("DELETE", f"{TASKS}/cgt-20260606160057-bcdfg", 404),
        ("DELETE", TASKS, 404),
        ("POST", "/api/v3/contents/generations/tasks", 404),
        ("POST", "/seedance/v3/contents/generations/tasks", 404),
        ("GET", "/seedance/contents/generations/tasks/cgt-1", 404),
        ("POST", "/v1/videos", 404),
        ("GET", "/v1/videos/cgt-1", 404),
        ("GET", f"{TASKS}/a/b", 404),
        ("PUT", f"{TASKS}/cgt-1", 405),
        ("HEAD", f"{TASKS}/cgt-1", 405),
        ("POST", f"{TASKS}/cgt-1", 405),
    ],
)
async def test_paths_that_are_not_offered(method: str, path: str, status: int) -> None:
    here = world(DIALECT)
    given, body = await here.json(method, path, order())
    assert given == status
    assert body["error"]["type"] == "shell_api_error"
    assert body["error"]["code"] == ("invalid_url" if status == 404 else "method_not_allowed")
    assert await here.engine.tasks() == []


async def test_unknown_foreign_and_aged_out_tasks() -> None:
    here = world(DIALECT)
    task = await accepted(here, order())
    for path, key in ((f"{TASKS}/cgt-1", "sk-test"), (f"{TASKS}/{task.id}", "sk-other")):
        status, body = await here.json("GET", path, key=key)
        assert (status, body["error"]["code"]) == (404, "ResourceNotFound")
        assert list(body["error"]) == ["code", "message", "param", "type"]
    here.advance("167h")
    assert (await ask(here, task.id))["status"] == "succeeded"
    here.advance("1h")
    assert (await here.json("GET", f"{TASKS}/{task.id}"))[0] == 404


@pytest.mark.parametrize(
    ("raw", "headers"),
    [(b"{", {}), (b"[]", {}), (b"{}", {"Content-Type": "application/x-www-form-urlencoded"})],
)
async def test_bodies_that_are_refused(raw: bytes, headers: Any) -> None:
    status, body = await world(DIALECT).json("POST", TASKS, raw, headers=headers)
    assert (status, body["error"]["code"]) == (400, "InvalidParameter")


async def test_request_ids() -> None:
    here = world(DIALECT)
    replies = [
        await here.send("GET", f"{TASKS}/x", headers={"X-Client-Request-Id": "mine"})
        for _ in range(2)
    ]
    assert [reply.headers["X-Client-Request-Id"] for reply in replies] == ["mine"] * 2
    for name in ("x-request-id", "X-Shellapi-Request-Id"):
        assert len({reply.headers[name] for reply in replies}) == 2
    assert isinstance(replies[0], Reply)
    message = replies[0].body["error"]["message"]
    assert message.endswith(f" Request id: {replies[0].headers['x-request-id']}")
