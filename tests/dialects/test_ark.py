"""The ark dialect: walks, parameters, errors, list, delete, callbacks and tokens."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.config import Config
from simulator.core.events import Event as Fact
from simulator.core.plan import Match, Wish
from simulator.core.task import Phase
from simulator.core.tokens import RATIOS, SIZES
from simulator.dialects.ark import DIALECT, TASKS
from simulator.dialects.ark_models import MODELS
from simulator.engine import Engine
from simulator.engine.call import Reply
from simulator.engine.dialect import Event
from simulator.store.memory import MemoryStore
from tests.dialects.items import FAST, STANDARD, TEXT, accepted, image, order, refused, video
from tests.driving import BASE, START, World, world

MINI = "doubao-seedance-2-0-mini-260615"
BYTEPLUS = "dreamina-seedance-2-0-260128"
ID = re.compile(r"cgt-20260606160057-[bcdfghjklmnpqrstvwxz2456789]{5}")
REQUEST_ID = re.compile(r"02\d{13}[0-9a-f]{38}")
SECONDS = START // 1000


async def ask(here: World, task_id: str) -> Any:
    status, body = await here.json("GET", f"{TASKS}/{task_id}")
    assert status == 200, body
    return body


async def ended(here: World, body: Any) -> Any:
    """The task as the query gives it after its end."""
    task = await accepted(here, body)
    here.advance("4s")
    return await ask(here, task.id)


async def test_task_walks_through_every_phase() -> None:
    here = world(DIALECT)
    status, created = await here.json("POST", TASKS, order(return_last_frame=True, seed=7))
    assert status == 200
    assert list(created) == ["id"]
    assert ID.fullmatch(created["id"])
    head = {"id": created["id"], "model": STANDARD}
    also = {
        "service_tier": "default",
        "execution_expires_after": 172800,
        "generate_audio": True,
        "draft": False,
        "priority": 0,
    }
    times = {"created_at": SECONDS, "updated_at": SECONDS}
    for span, word in (("0s", "queued"), ("999ms", "queued"), ("1ms", "running")):
        here.advance(span)
        assert await ask(here, created["id"]) == {**head, "status": word, **times, **also}
    here.advance("2999ms")
    assert (await ask(here, created["id"]))["status"] == "running"
    here.advance("1ms")
    done = await ask(here, created["id"])
    video_url, last_frame_url = done["content"].values()
    assert done == {
        **head,
        "status": "succeeded",
        "content": {"video_url": video_url, "last_frame_url": last_frame_url},
        "usage": {"completion_tokens": 108000, "total_tokens": 108000},
        "created_at": SECONDS,
        "updated_at": SECONDS + 4,
        "seed": 7,
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
        "framespersecond": 24,
        **also,
    }
    path = f"{BASE}/tos/ark-acg-cn-beijing/doubao-seedance-2-0/{created['id']}"
    assert video_url.startswith(f"{path}.mp4?X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Credential=")
    assert last_frame_url.startswith(f"{path}.png?")
    assert "&X-Tos-Date=20260606T080101Z&X-Tos-Expires=86400&" in video_url
    here.advance("1h")
    assert await ask(here, created["id"]) == done


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("fail", "OutputVideoSensitiveContentDetected"),
        ("fail=InternalServiceError", "InternalServiceError"),
        ("fail=InvalidParameter.TaskTypeMismatch", "InvalidParameter.TaskTypeMismatch"),
    ],
)
async def test_failed_task(words: str, code: str) -> None:
    here = world(DIALECT)
    body = await ended(here, order({"type": "text", "text": f"A boat [[sim: {words}]]"}))
    assert body["status"] == "failed"
    assert not {"content", "usage", "seed"} & set(body)
    assert body["error"]["code"] == code
    worker = r".+ Request id: 02\d{13}0{20}ffff[0-9a-f]{14}"
    assert re.fullmatch(worker, body["error"]["message"])


@pytest.mark.parametrize("word", ["expired", "cancelled"])
async def test_ends_that_have_no_error(word: str) -> None:
    here = world(DIALECT)
    await here.engine.plans.add(Match(), Wish(end=word), 1)
    body = await ended(here, order())
    assert body["status"] == word
    assert not {"content", "usage", "error"} & set(body)
    assert body["updated_at"] == SECONDS + 4


async def test_a_task_not_finished_in_time_expires() -> None:
    here = world(DIALECT)
    prompt = {"type": "text", "text": "A boat [[sim: run=2h]]"}
    task = await accepted(here, order(prompt, execution_expires_after=3600))
    here.advance("3599s")
    assert (await ask(here, task.id))["status"] == "running"
    here.advance("1s")
    body = await ask(here, task.id)
    assert (body["status"], body["execution_expires_after"]) == ("expired", 3600)


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize("resolution", SIZES)
async def test_tokens_of_every_size_and_length(resolution: str, fidelity: str) -> None:
    here = world(DIALECT, fidelity=fidelity)
    for ratio in RATIOS:
        width, height = SIZES[resolution][ratio]
        for seconds in range(4, 16):
            asked = order(resolution=resolution, ratio=ratio, duration=seconds)
            task = await accepted(here, asked)
            here.advance("4s")
            body = await ask(here, task.id)
            frames = 24 * seconds + (fidelity == "observed")
            tokens = width * height * frames // 1024
            assert body["usage"] == {"completion_tokens": tokens, "total_tokens": tokens}
            assert (body["ratio"], body["resolution"]) == (ratio, resolution)
            assert (task.order.frames, task.order.width, task.order.height) == (
                frames,
                width,
                height,
            )


async def test_reference_videos_cost_tokens_too() -> None:
    asked = order(TEXT, video(seconds=5))
    assert (await ended(world(DIALECT), asked))["usage"]["total_tokens"] == 216000
    observed = await ended(world(DIALECT, fidelity="observed"), asked | {"ratio": "16:9"})
    assert observed["usage"]["total_tokens"] == 216900


async def test_defaults() -> None:
    made = (await accepted(world(DIALECT), order())).order
    assert (made.resolution, made.ratio, made.seconds, made.frames) == ("720p", "16:9", 5, 120)
    assert (made.sound, made.watermark, made.last_frame) == (True, False, False)
    assert (made.expires_after, made.callback_url) == (172_800_000, None)
    assert 0 <= made.seed <= 99_999


async def test_null_is_absent_and_unknown_is_ignored() -> None:
    names = (
        "callback_url return_last_frame service_tier execution_expires_after generate_audio draft "
        "tools safety_identifier priority resolution ratio duration frames seed camera_fixed "
        "watermark output_format omni_reference_task_type"
    )
    nothing = dict.fromkeys(names.split()) | {"framespersecond": 999, "audio_url": "x"}
    plain = (await accepted(world(DIALECT), order())).order
    assert (await accepted(world(DIALECT), order(**nothing))).order == plain


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"resolution": "480p"}, "resolution", "480p"),
        ({"resolution": "1080P"}, "resolution", "1080p"),
        ({"resolution": "4K"}, "resolution", "4k"),
        ({"ratio": "21:9"}, "ratio", "21:9"),
        ({"duration": 4}, "seconds", 4),
        ({"duration": 15}, "seconds", 15),
        ({"seed": 0}, "seed", 0),
        ({"seed": 2**32 - 1}, "seed", 2**32 - 1),
        ({"generate_audio": False}, "sound", False),
        ({"watermark": True}, "watermark", True),
        ({"return_last_frame": True}, "last_frame", True),
        ({"execution_expires_after": 3600}, "expires_after", 3_600_000),
        ({"execution_expires_after": 259200}, "expires_after", 259_200_000),
        ({"callback_url": "http://example.com/x"}, "callback_url", "http://example.com/x"),
        ({"model": FAST}, "tier", "fast"),
        ({"model": MINI}, "tier", "mini"),
        ({"model": BYTEPLUS}, "model", BYTEPLUS),
        ({"model": "ep-20260606160057-abcde"}, "model", STANDARD),
    ],
)
async def test_parameters(fields: dict[str, Any], name: str, value: Any) -> None:
    made = (await accepted(world(DIALECT), order(**fields))).order
    assert getattr(made, name) == value


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"resolution": "720"}, "resolution"),
        ({"resolution": "2k"}, "resolution"),
        ({"resolution": "8k", "model": "ep-20260606160057-abcde"}, "resolution"),
        ({"resolution": 720}, "resolution"),
        ({"resolution": "1080p", "model": FAST}, "resolution"),
        ({"resolution": "4k", "model": FAST}, "resolution"),
        ({"resolution": "1080p", "model": MINI}, "resolution"),
        ({"ratio": "2:1"}, "ratio"),
        ({"ratio": 1}, "ratio"),
        ({"duration": 3}, "duration"),
        ({"duration": 16}, "duration"),
        ({"duration": 0}, "duration"),
        ({"duration": -2}, "duration"),
        ({"duration": 5.0}, "duration"),
        ({"duration": "5"}, "duration"),
        ({"duration": True}, "duration"),
        ({"seed": -2}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"seed": "7"}, "seed"),
        ({"generate_audio": "true"}, "generate_audio"),
        ({"generate_audio": 1}, "generate_audio"),
        ({"watermark": "false"}, "watermark"),
        ({"return_last_frame": 0}, "return_last_frame"),
        ({"execution_expires_after": 3599}, "execution_expires_after"),
        ({"execution_expires_after": 259201}, "execution_expires_after"),
        ({"execution_expires_after": "3600"}, "execution_expires_after"),
        ({"priority": -1}, "priority"),
        ({"priority": 10}, "priority"),
        ({"priority": "1"}, "priority"),
        ({"safety_identifier": "x" * 65}, "safety_identifier"),
        ({"safety_identifier": 5}, "safety_identifier"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "other"}]}, "tools[0].type"),
        ({"tools": ["web_search"]}, "tools[0].type"),
        ({"callback_url": 5}, "callback_url"),
        ({"callback_url": "ftp://example.com"}, "callback_url"),
        ({"callback_url": "http://10.0.0.1/x"}, "callback_url"),
        ({"callback_url": "http://127.0.0.1/x"}, "callback_url"),
        ({"callback_url": "https://example.com/" + "x" * 2029}, "callback_url"),
    ],
)
async def test_parameters_that_are_refused(fields: dict[str, Any], param: str) -> None:
    error = await refused(world(DIALECT), order(**fields))
    assert (error["code"], error["param"]) == ("InvalidParameter", param)
    assert error["type"] == "BadRequest"


@given(st.integers())
async def test_any_duration(seconds: int) -> None:
    legal = seconds == -1 or 4 <= seconds <= 15
    status, _ = await world(DIALECT).json("POST", TASKS, order(duration=seconds))
    assert status == (200 if legal else 400)


@given(st.integers())
async def test_any_seed(seed: int) -> None:
    status, _ = await world(DIALECT).json("POST", TASKS, order(seed=seed))
    assert status == (200 if -1 <= seed < 2**32 else 400)


async def test_observed_does_not_enforce_the_floor_of_the_expiry() -> None:
    here = world(DIALECT, fidelity="observed")
    await accepted(here, order(execution_expires_after=1))
    await refused(here, order(execution_expires_after=0))
    await refused(here, order(execution_expires_after=259201))


async def test_callback_at_home_is_allowed_on_request() -> None:
    asked = order(callback_url="http://127.0.0.1:9/x")
    error = await refused(world(DIALECT), asked)
    assert "--callbacks local" in error["message"]
    await accepted(world(DIALECT, callbacks="local"), asked)


OLD = {
    "frames": 121,
    "camera_fixed": True,
    "service_tier": "flex",
    "draft": True,
    "output_format": "mov",
    "omni_reference_task_type": "edit",
}


@pytest.mark.parametrize("field", OLD)
async def test_fields_of_other_models(field: str) -> None:
    error = await refused(world(DIALECT), order(**{field: OLD[field]}))
    assert error["message"].startswith(
        f"the specified parameter {field} is not supported for model doubao-seedance-2-0 in t2v, "
        "must be empty Request id: "
    )
    assert error["param"] == field


NEUTRAL = {
    "camera_fixed": False,
    "service_tier": "default",
    "draft": False,
    "output_format": "mp4",
    "omni_reference_task_type": "auto",
}


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize("model", MODELS)
async def test_what_a_model_does_anyway_may_be_sent(model: str, fidelity: Any) -> None:
    plain = (await accepted(world(DIALECT, fidelity=fidelity), order(model=model))).order
    given = order(model=model, **NEUTRAL)
    assert (await accepted(world(DIALECT, fidelity=fidelity), given)).order == plain


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("camera_fixed", 0),
        ("camera_fixed", "false"),
        ("service_tier", "Default"),
        ("service_tier", ""),
        ("draft", 0),
        ("output_format", "MP4"),
        ("omni_reference_task_type", "reference"),
    ],
)
async def test_what_only_looks_like_it_is_refused(field: str, value: Any) -> None:
    assert (await refused(world(DIALECT), order(**{field: value})))["param"] == field


async def test_a_list_has_the_reason_of_a_failure_under_both_names() -> None:
    here = world(DIALECT)
    await accepted(here, order({"type": "text", "text": "A boat [[sim: fail]]"}))
    await accepted(here, order())
    here.advance("1h")
    _, body = await here.json("GET", TASKS)
    good, bad = body["items"]
    assert bad["failure_reason"] == bad["error"] == (await ask(here, bad["id"]))["error"]
    assert set(bad["failure_reason"]) == {"code", "message"}
    assert not {"error", "failure_reason"} & set(good)
    assert "failure_reason" not in await ask(here, bad["id"])


async def test_drafts_are_of_other_models() -> None:
    draft = {"type": "draft_task", "draft_task": {"id": "cgt-1"}}
    error = await refused(world(DIALECT), order(draft))
    assert error["param"] == "content[0].draft_task"
    assert (
        "draft_task must be the only"
        in (await refused(world(DIALECT), order(draft, TEXT)))["message"]
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"duration": 99}, "the parameter duration specified"),
        ({"ratio": "2:1"}, "the parameter ratio specified"),
        ({"resolution": "8k"}, "the parameter resolution specified"),
        ({"seed": -2}, "the parameter seed specified"),
    ],
)
async def test_bad_values_name_model_and_mode(fields: dict[str, Any], words: str) -> None:
    error = await refused(world(DIALECT), order(TEXT, image(), model=FAST, **fields))
    rest = " in the request is not valid for model doubao-seedance-2-0-fast in r2v Request id: "
    assert error["message"].startswith(words + rest)


async def test_model_is_judged_before_content() -> None:
    here = world(DIALECT)
    missing = "The request failed because it is missing `{}` parameter. Request id: "
    error = await refused(here, {})
    assert error["message"].startswith(missing.format("model"))
    assert (error["code"], error["param"]) == ("MissingParameter", "model")
    error = await refused(here, {"model": STANDARD})
    assert error["message"].startswith(missing.format("content"))
    for model in ("seedance", "doubao-seedance-1-0-pro-250528", "ep-", "doubao-seedance-2-0"):
        error = await refused(here, {"model": model}, 404)
        assert error["code"] == "InvalidEndpointOrModel.NotFound"
        assert error["message"].startswith(
            f"The model or endpoint {model} does not exist or you do not have access to it. "
        )
        assert error["type"] == "Not Found"
    assert (await refused(here, {"model": 5}))["param"] == "model"


async def test_byteplus_links_and_family() -> None:
    here = world(DIALECT)
    done = await ended(here, order(model=BYTEPLUS))
    path = f"{BASE}/tos/ark-acg-ap-southeast-1/dreamina-seedance-2-0/{done['id']}.mp4?"
    assert done["content"]["video_url"].startswith(path)
    assert "%2Fap-southeast-1%2Ftos%2F" in done["content"]["video_url"]


async def test_what_is_given_back() -> None:
    here = world(DIALECT)
    done = await ended(
        here,
        order(
            priority=9,
            safety_identifier="x" * 64,
            tools=[{"type": "web_search"}],
            execution_expires_after=7200,
        ),
    )
    assert (done["priority"], done["safety_identifier"]) == (9, "x" * 64)
    assert done["execution_expires_after"] == 7200
    assert done["usage"]["tool_usage"] == {"web_search": 0}


async def test_the_model_chooses_a_length() -> None:
    here = world(DIALECT)
    lengths = set()
    for _ in range(20):
        done = await ended(here, order(duration=-1))
        lengths.add(done["duration"])
        assert done["usage"]["total_tokens"] == 1280 * 720 * 24 * done["duration"] // 1024
    assert lengths <= set(range(4, 16))
    assert len(lengths) > 3


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("--rs 480p --rt 9:16 --dur 7", {}, ("480p", "9:16", 7)),
        ("--resolution 1080P --ratio 1:1 --duration 4", {}, ("1080p", "1:1", 4)),
        ("--rs 480p --dur 7", {"resolution": "720p", "duration": 5}, ("720p", "16:9", 5)),
        ("--rs 9k --rt 2:1 --dur 99 --dur x", {}, ("720p", "16:9", 5)),
        ("--rs 1080p", {"model": FAST}, ("720p", "16:9", 5)),
        ("--fps 24 --cf true --rs", {}, ("720p", "16:9", 5)),
    ],
)
async def test_commands_in_the_text(text: str, fields: Any, expected: Any) -> None:
    asked = order({"type": "text", "text": f"A boat {text}"}, **fields)
    made = (await accepted(world(DIALECT), asked)).order
    assert (made.resolution, made.ratio, made.seconds) == expected


async def test_commands_for_seed_and_watermark() -> None:
    asked = order({"type": "text", "text": "A boat --seed 11 --wm true"})
    made = (await accepted(world(DIALECT), asked)).order
    assert (made.seed, made.watermark) == (11, True)
    asked = order({"type": "text", "text": "A boat --seed 4294967296 --watermark yes"})
    made = (await accepted(world(DIALECT), asked)).order
    assert (made.seed < 100_000, made.watermark) == (True, False)


@pytest.mark.parametrize(
    ("headers", "status", "kind", "code", "message", "header"),
    [
        (
            {},
            401,
            "Unauthorized",
            "AuthenticationError",
            "the API key or AK/SK in the request is missing or invalid. request id: ",
            "AuthN_MissOrInvalidAuthorizationHeader",
        ),
        (
            {"Authorization": "sk-test"},
            401,
            "Unauthorized",
            "AuthenticationError",
            "The API key format is incorrect. Request id: ",
            "AuthN_AuthenticationError",
        ),
        (
            {"Authorization": "Bearer "},
            401,
            "Unauthorized",
            "AuthenticationError",
            "The API key format is incorrect. Request id: ",
            "AuthN_AuthenticationError",
        ),
        (
            {"Authorization": "Bearer sk-sim-invalid"},
            401,
            "Unauthorized",
            "AuthenticationError",
            "The API key or AK/SK in the request is missing or invalid. Request id: ",
            "AuthN_AuthenticationError",
        ),
        (
            {"Authorization": "Bearer sk-sim-expired"},
            401,
            "Unauthorized",
            "AuthenticationError",
            "The API key in the request has expired. Request id: ",
            "AuthN_AuthenticationError",
        ),
        (
            {"Authorization": "Bearer sk-sim-banned"},
            401,
            "Forbidden",
            "InvalidAccountStatus",
            "The account is in an invalid state. Request id: ",
            "AuthN_AuthenticationError",
        ),
    ],
)
async def test_keys(
    headers: Any, status: int, kind: str, code: str, message: str, header: str
) -> None:
    here = world(DIALECT)
    for method, path in (("POST", TASKS), ("GET", TASKS), ("GET", f"{TASKS}/x")):
        reply = await here.send(method, path, order(), key=None, headers=headers)
        assert isinstance(reply, Reply)
        request_id = reply.headers["x-request-id"]
        assert REQUEST_ID.fullmatch(request_id)
        body = {"code": code, "message": message + request_id, "param": "", "type": kind}
        assert (reply.status, reply.body) == (status, {"error": body})
        assert reply.headers["x-error-code"] == header


@pytest.mark.parametrize(
    ("key", "status", "kind", "code"),
    [
        ("sk-sim-broke", 403, "Forbidden", "AccountOverdueError"),
        ("sk-sim-nogroup", 404, "Not Found", "ModelNotOpen"),
        ("sk-sim-limited", 429, "TooManyRequests", "ModelAccountRpmRateLimitExceeded"),
    ],
)
async def test_accounts(key: str, status: int, kind: str, code: str) -> None:
    here = world(DIALECT)
    given, body = await here.json("POST", TASKS, order(), key=key)
    assert (given, body["error"]["type"], body["error"]["code"]) == (status, kind, code)
    assert await here.engine.tasks() == []


@pytest.mark.parametrize(
    ("raw", "headers", "words"),
    [
        (b"{", {}, "cannot be read"),
        (b"[]", {}, "must be a JSON object"),
        (b'{"model":NaN}', {}, "cannot be read"),
        (b'{"a":"\\u0000"}', {}, "cannot be read"),
        (b"{}", {"Content-Type": "text/plain"}, "must be application/json"),
    ],
)
async def test_bodies_that_are_refused(raw: bytes, headers: Any, words: str) -> None:
    status, body = await world(DIALECT).json("POST", TASKS, raw, headers=headers)
    assert (status, body["error"]["code"]) == (400, "InvalidParameter")
    assert words in body["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v3", 404, "NotFound"),
        ("GET", "/v3/contents/generations/tasks", 404, "NotFound"),
        ("POST", f"{TASKS}/cgt-1/cancel", 404, "NotFound"),
        ("GET", f"{TASKS}/", 404, "NotFound"),
        ("PUT", TASKS, 405, "MethodNotAllowed"),
        ("HEAD", f"{TASKS}/cgt-1", 405, "MethodNotAllowed"),
        ("POST", f"{TASKS}/cgt-1", 405, "MethodNotAllowed"),
        ("GET", f"{TASKS}/cgt-1", 404, "ResourceNotFound"),
        ("GET", f"{TASKS}/{quote('../x', safe='')}", 404, "ResourceNotFound"),
        ("DELETE", f"{TASKS}/cgt-1", 404, "ResourceNotFound"),
    ],
)
async def test_paths(method: str, path: str, status: int, code: str) -> None:
    given, body = await world(DIALECT).json(method, path)
    assert (given, body["error"]["code"]) == (status, code)


async def test_a_wrong_method_says_which_are_right() -> None:
    reply = await world(DIALECT).send("PATCH", f"{TASKS}/cgt-1")
    assert isinstance(reply, Reply)
    assert reply.headers["Allow"] == "DELETE, GET"


async def test_request_ids() -> None:
    here = world(DIALECT)
    reply = await here.send("GET", TASKS, headers={"X-Client-Request-Id": "20260606-mine"})
    assert reply.headers["X-Client-Request-Id"] == "20260606-mine"
    assert REQUEST_ID.fullmatch(reply.headers["x-request-id"])


async def test_tasks_of_others_and_aged_out_tasks_are_unknown() -> None:
    here = world(DIALECT)
    task = await accepted(here, order())
    unknown = f"The specified resource `{task.id}` is not found. Request id: "
    status, body = await here.json("GET", f"{TASKS}/{task.id}", key="sk-other")
    assert (status, body["error"]["type"], body["error"]["param"]) == (404, "NotFound", "")
    assert body["error"]["message"].startswith(unknown)
    here.advance("167h")
    here.advance("3599999ms")
    assert (await ask(here, task.id))["status"] == "succeeded"
    here.advance("1ms")
    status, body = await here.json("GET", f"{TASKS}/{task.id}")
    assert status == 404
    assert body["error"]["message"].startswith(unknown)


async def test_deleting() -> None:
    here = world(DIALECT)
    waiting = await accepted(here, order())
    assert await here.json("DELETE", f"{TASKS}/{waiting.id}", {}) == (200, {})
    assert (await ask(here, waiting.id))["status"] == "cancelled"
    status, body = await here.json("DELETE", f"{TASKS}/{waiting.id}")
    assert (status, body["error"]["code"]) == (409, "InvalidAction.CancelledTaskDeletion")

    running = await accepted(here, order())
    here.advance("1s")
    status, body = await here.json("DELETE", f"{TASKS}/{running.id}")
    assert (status, body["error"]["code"]) == (409, "InvalidAction.RunningTaskDeletion")
    assert body["error"]["message"].startswith(
        "Cannot delete task because it is currently running Request id: "
    )
    here.advance("3s")
    assert await here.json("DELETE", f"{TASKS}/{running.id}") == (200, {})
    for method in ("GET", "DELETE"):
        assert (await here.json(method, f"{TASKS}/{running.id}"))[0] == 404


class Overtaken(MemoryStore):
    """Lets somebody else come first, once: what was decided by then is decided again."""

    first: Callable[[], None] | None = None

    async def append(self, account: str, version: int, events: Sequence[Fact]) -> bool:
        if self.first is not None:
            first, self.first = self.first, None
            first()
        return await super().append(account, version, events)


@pytest.mark.parametrize(
    ("moved", "answer", "kept"),
    [("999ms", (200, ""), "cancelled"), ("1s", (409, "Running"), "running"), ("4s", (200, ""), "")],
)
@pytest.mark.parametrize("end", ["succeeded", "failed", "expired"])
async def test_what_deleting_does_is_decided_when_it_is_done(
    end: str, moved: str, answer: tuple[int, str], kept: str
) -> None:
    """The clock is moved while the call waits for its turn: what waited runs, or has ended."""
    store = Overtaken()
    here = World(DIALECT, Engine(Config(seed=1, start=START, freeze=True), store))
    await here.plan(end=end)
    task = await accepted(here, order())
    store.first = lambda: here.advance(moved)
    status, body = await here.json("DELETE", f"{TASKS}/{task.id}")
    assert status == answer[0]
    code = f"InvalidAction.{answer[1]}TaskDeletion" if answer[1] else None
    assert body.get("error", {}).get("code") == code
    assert (await here.json("GET", f"{TASKS}/{task.id}"))[1].get("status", "") == kept


async def test_a_cancelled_record_is_kept_for_a_day() -> None:
    here = world(DIALECT)
    task = await accepted(here, order())
    await here.json("DELETE", f"{TASKS}/{task.id}")
    here.advance("86399999ms")
    assert (await ask(here, task.id))["status"] == "cancelled"
    here.advance("1ms")
    assert (await here.json("GET", f"{TASKS}/{task.id}"))[0] == 404
    assert await here.json("GET", TASKS) == (200, {"total": 0, "items": []})


@pytest.mark.parametrize(
    ("word", "spent"), [("succeed", -108000), ("fail", 0), ("expire", 0), ("cancel", 0)]
)
async def test_only_success_is_charged(word: str, spent: int) -> None:
    here = world(DIALECT)
    task = await accepted(here, order({"type": "text", "text": f"A boat [[sim: {word}]]"}))
    assert (await here.engine.state(task.account)).spent(here.now()) == {"tokens": -108000}
    here.advance("4s")
    assert (await here.engine.state(task.account)).spent(here.now()) == {"tokens": spent}


async def listed(here: World, query: str = "") -> tuple[int, list[str]]:
    status, body = await here.json("GET", f"{TASKS}?{query}")
    assert status == 200, body
    return body["total"], [item["id"] for item in body["items"]]


async def test_list() -> None:
    here = world(DIALECT)
    assert await here.json("GET", TASKS) == (200, {"total": 0, "items": []})
    endpoint = "ep-20260606160057-abcde"
    models = [STANDARD, FAST, endpoint, *[STANDARD] * 22]
    ids = [(await accepted(here, order(model=model))).id for model in models]
    ids.reverse()
    await accepted(World(DIALECT, here.engine, {"Authorization": "Bearer sk-other"}), order())
    assert await listed(here) == (25, ids[:20])
    assert await listed(here, "page_num=2") == (25, ids[20:])
    assert await listed(here, "page_num=500&page_size=500") == (25, [])
    assert await listed(here, "page_num=3&page_size=10") == (25, ids[20:])
    assert await listed(here, "page_size=1&page_num=1") == (25, ids[:1])
    assert await listed(here, f"filter.model={FAST}") == (1, [ids[-2]])
    assert await listed(here, f"filter.model={endpoint}") == (1, [ids[-3]])
    assert await listed(here, f"filter.task_ids={ids[3]}&filter.task_ids={ids[5]}") == (
        2,
        [ids[3], ids[5]],
    )
    assert (await listed(here, "filter.service_tier=flex"))[0] == 0
    assert (await listed(here, "filter.service_tier=default&filter.status="))[0] == 25
    await here.json("DELETE", f"{TASKS}/{ids[0]}")
    here.advance("1s")
    for status, total in (("cancelled", 1), ("running", 24), ("queued", 0), ("succeeded", 0)):
        assert (await listed(here, f"filter.status={status}"))[0] == total
    _, body = await here.json("GET", f"{TASKS}?filter.task_ids={ids[7]}")
    assert body["items"] == [await ask(here, ids[7])]


@pytest.mark.parametrize(
    "query",
    [
        "page_num=0",
        "page_num=501",
        "page_num=-1",
        "page_num=x",
        "page_num=1.0",
        "page_num=0001",
        "page_size=0",
        "page_size=501",
        "page_size=%C2%B2",
        "filter.status=done",
    ],
)
async def test_lists_that_are_refused(query: str) -> None:
    status, body = await world(DIALECT).json("GET", f"{TASKS}?{query}")
    assert status == 400
    assert body["error"]["param"] == query.partition("=")[0]


async def test_callbacks_tell_every_change() -> None:
    here = world(DIALECT)
    callbacks = DIALECT.callbacks
    assert callbacks is not None
    assert (callbacks.timeout, callbacks.repeats) == (5, (1000, 2000, 4000))
    assert callbacks.repeats_for == {Phase.SUCCEEDED, Phase.FAILED}
    task = await accepted(here, order(callback_url="http://example.com/x"))
    told = callbacks.events(task)
    assert told == (
        (Phase.QUEUED, START),
        (Phase.RUNNING, START + 1000),
        (Phase.SUCCEEDED, START + 4000),
    )
    for phase, at in told:
        body = callbacks.body(Event(task, phase, at), here.engine)
        assert body["status"] == phase
        here.advance(at - here.now())
        assert body == await ask(here, task.id)


@pytest.mark.parametrize(
    ("words", "phases"),
    [
        ("fail", ["queued", "running", "failed"]),
        ("expire", ["queued", "running", "expired"]),
        ("cancel", ["queued", "running"]),
        ("stuck", ["queued", "running", "expired"]),
        ("queue=0s", ["running", "succeeded"]),
        ("queue=0s run=0s", ["succeeded"]),
    ],
)
async def test_callbacks_of_other_ends(words: str, phases: list[str]) -> None:
    prompt = {"type": "text", "text": f"A boat [[sim: {words}]]"}
    task = await accepted(world(DIALECT), order(prompt))
    assert DIALECT.callbacks is not None
    assert [str(phase) for phase, _ in DIALECT.callbacks.events(task)] == phases


async def test_callbacks_do_not_tell_of_a_cancellation() -> None:
    here = world(DIALECT)
    task = await accepted(here, order())
    here.advance("500ms")
    await here.json("DELETE", f"{TASKS}/{task.id}")
    cancelled = await here.engine.task(task.id)
    assert cancelled is not None
    assert DIALECT.callbacks is not None
    assert DIALECT.callbacks.events(cancelled) == ((Phase.QUEUED, START),)


async def test_the_same_requests_give_the_same_answers() -> None:
    async def run() -> list[Any]:
        here = world(DIALECT)
        answers = [await here.json("POST", TASKS, order(seed=-1)) for _ in range(3)]
        here.advance("4s")
        return [*answers, await here.json("GET", TASKS), await here.json("GET", f"{TASKS}/x")]

    assert await run() == await run()
