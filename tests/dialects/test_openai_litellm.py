"""The openai dialect as LiteLLM 1.110.2 serves it in front of Ark, as it was captured."""

import json
import re
from base64 import b64decode, b64encode
from typing import Any

import pytest

from simulator.core.clock import SECOND
from simulator.dialects.openai import DIALECT
from simulator.dialects.openai.litellm.objects import decoded, public_id
from simulator.engine.call import Clip
from tests.dialects.test_openai import inline, picture
from tests.driving import START, World, world

VIDEOS = "/v1/videos"
MODEL = "doubao-seedance-2-0-260128"
ORDER = {"model": MODEL, "prompt": "A paper boat"}
AFTER = (
    f"\n\nLiteLLM: model group '{MODEL}' failed with the error above. No fallback was attempted."
)
DROP = ", set drop_params=True to ignore it"
OFFLINE = (
    "litellm.InternalServerError: InternalServerError: OpenAIException - Cannot connect to host "
    "api.openai.com:443"
)
VIDEO_INPUT = (
    "Ark bills a task with a video input at a different rate per token, and litellm bills the "
    "video when the task is created, before that cost is known"
)
EMPTY = {
    "created_at": None,
    "completed_at": None,
    "expires_at": None,
    "error": None,
    "progress": None,
    "remixed_from_video_id": None,
    "seconds": None,
    "size": None,
}


def observing(**settings: Any) -> World:
    return world(DIALECT, fidelity="observed", **settings)


async def ordered(here: World, **fields: Any) -> dict[str, Any]:
    status, body = await here.json("POST", VIDEOS, {**ORDER, **fields})
    assert status == 200, body
    return dict(body)


def shown(error: dict[str, Any]) -> tuple[str, str, str | None]:
    """Message, type and parameter of an error, without the ids of requests."""
    assert set(error) - {"provider_specific_fields"} == {"message", "type", "param", "code"}
    message = re.sub(r"Request id: [0-9a-z]+", "Request id: X", error["message"])
    return message, error["type"], error["param"]


async def test_an_order_is_answered_with_what_was_sent() -> None:
    here = observing()
    body = await ordered(here)
    assert list(body) == [
        *("id", "object", "status", "created_at", "completed_at", "expires_at", "error"),
        *("progress", "remixed_from_video_id", "seconds", "size", "model", "usage"),
    ]
    assert body == {
        "id": body["id"],
        "object": "video",
        "status": "queued",
        **EMPTY,
        "seconds": "4",
        "model": MODEL,
        "usage": {"duration_seconds": 4.0, "video_resolution": "720p"},
    }
    text = b64decode(body["id"].removeprefix("video_"), validate=True).decode()
    assert re.fullmatch(
        rf"litellm:custom_llm_provider:volcengine;model_id:{MODEL};"
        r"video_id:cgt-20260606160057-\w{5};deployment_id:[0-9a-f]{64}",
        text,
    )


async def test_every_phase_is_shown_as_captured() -> None:
    here = observing()
    made = await ordered(here, seconds="5", size="854x480")
    assert (made["size"], made["model"]) == ("864x496", MODEL)
    path = f"{VIDEOS}/{made['id']}"
    head = {"id": made["id"], "object": "video", "model": MODEL}
    live = {**head, **EMPTY, "created_at": START // SECOND, "usage": None}
    assert await here.json("GET", path) == (200, {**live, "status": "queued"})
    here.advance("1s")
    assert await here.json("GET", path) == (200, {**live, "status": "in_progress"})
    here.advance("3s")
    done = {
        **live,
        "status": "completed",
        "completed_at": START // SECOND + 4,
        "seconds": "5",
        "size": "864x496",
        "usage": {
            "duration_seconds": 5.0,
            "video_resolution": "480p",
            "total_tokens": 864 * 496 * 121 // 1024,
        },
    }
    assert await here.json("GET", path) == (200, done)
    clip = await here.send("GET", f"{path}/content?variant=thumbnail")
    assert isinstance(clip, Clip)
    assert (clip.whole, clip.rendition.value) == (True, "video/mp4")
    name = f"attachment; filename=video_{made['id']}.mp4"
    assert clip.headers["Content-Disposition"] == name


BAD = "litellm.BadRequestError: VolcengineException - "


@pytest.mark.parametrize(
    ("wish", "status", "content"),
    [
        (
            {"end": "failed", "code": "InternalServiceError", "message": "No."},
            "failed",
            "Video generation failed: No. Request id: X",
        ),
        (
            {"end": "expired"},
            "failed",
            "Task expired. Ark keeps task records for 7 days after creation.",
        ),
        (
            {"end": "cancelled"},
            "cancelled",
            "Video generation ended as cancelled with no video URL.",
        ),
        (
            {"queue": 10_000},
            "queued",
            "Video is still processing (status: queued). Please wait and try again.",
        ),
        (
            {"queue": 0, "run": 10_000},
            "in_progress",
            "Video is still processing (status: running). Please wait and try again.",
        ),
    ],
)
async def test_what_has_no_clip(wish: dict[str, Any], status: str, content: str) -> None:
    here = observing(pace="instant")
    await here.plan(**wish)
    made = await ordered(here)
    _, body = await here.json("GET", f"{VIDEOS}/{made['id']}")
    assert body["status"] == status
    assert (body["error"] is None) == (wish.get("end") != "failed")
    found, refused = await here.json("GET", f"{VIDEOS}/{made['id']}/content")
    assert found == 400
    wanted = (BAD + content + AFTER, "invalid_request_error", None)
    assert shown(refused["error"]) == wanted


UNSUPPORTED: list[tuple[dict[str, Any], str]] = [
    ({"seconds": "x"}, "seconds must be a whole number of seconds, got 'x'"),
    ({"seconds": 5.5}, "seconds must be a whole number of seconds, got 5.5"),
    ({"seconds": True}, "seconds must be a whole number of seconds, got True"),
    ({"seconds": ""}, "seconds must be a whole number of seconds, got ''"),
    ({"duration": 6, "seconds": "5"}, "duration and seconds must agree"),
    ({"size": "16:9"}, "size must be WIDTHxHEIGHT, got '16:9'"),
    ({"size": 720}, "size must be WIDTHxHEIGHT, got 720"),
    (
        {"resolution": "2k"},
        f"{MODEL} is not offered at resolution '2k', only at 480p, 720p, 1080p, 4k",
    ),
    ({"resolution": 480}, "invalid resolution: Input should be a valid string"),
    ({"seed": "7"}, "invalid seed: Input should be a valid integer"),
    (
        {"watermark": 1, "seed": 1.5},
        "invalid seed: Input should be a valid integer; "
        "invalid watermark: Input should be a valid boolean",
    ),
    ({"foo": 1, "bar": 2}, "litellm does not send bar, foo to Ark video generation"),
    ({"extra_body": {"foo": 3}}, "litellm does not send foo to Ark video generation"),
    ({"user": 7}, "user must be a string, got int"),
    ({"image": "x"}, "'image' is not supported by Volcengine video generation"),
    ({"frames": 29}, "frames is not supported through litellm, pass seconds instead"),
    (
        {"input_reference": {"file_id": "file-1"}},
        "input_reference as an object must carry an image_url, a file_id is not supported",
    ),
    (
        {"input_reference": ["x"]},
        "input_reference must be a URL string, bytes, a path, a file object, or a file tuple",
    ),
    ({"content": "x"}, "content must be an array of Ark content items"),
    (
        {"content": [{"type": "video_url", "role": "reference_video"}]},
        f"Video input (a reference_video item) is not supported through litellm: {VIDEO_INPUT}",
    ),
]


@pytest.mark.parametrize(("fields", "text"), UNSUPPORTED)
async def test_litellm_refuses_in_its_own_words_what_it_can_drop(
    fields: dict[str, Any], text: str
) -> None:
    here = observing()
    status, body = await here.json("POST", VIDEOS, {**ORDER, **fields})
    assert (status, body["error"]["code"]) == (400, "400")
    wanted = f"litellm.UnsupportedParamsError: {text}{DROP}{AFTER}"
    assert shown(body["error"]) == (wanted, "invalid_request_error", None)
    assert await here.untouched()
    await ordered(here, **fields, drop_params=True)


@pytest.mark.parametrize(
    ("body", "message", "type_", "param"),
    [
        ({"model": MODEL}, "/videos: Missing required parameter: 'prompt'.", "invalid", "prompt"),
        ({}, "/videos: Missing required parameter: 'prompt'.", "invalid", "prompt"),
        ({"model": 7, "prompt": "x"}, "'model' must be a string.", "bad", "model"),
        (
            {"prompt": "x"},
            "/videos: Invalid model name passed in model=None. Call `/v1/models` to view available "
            "models for your key.",
            "invalid",
            None,
        ),
    ],
)
async def test_the_proxy_refuses_before_it_asks_anybody(
    body: dict[str, Any], message: str, type_: str, param: str | None
) -> None:
    here = observing()
    status, found = await here.json("POST", VIDEOS, body)
    name = {"invalid": "invalid_request_error", "bad": "bad_request_error"}[type_]
    assert (status, *shown(found["error"])) == (400, message, name, param)
    assert ("provider_specific_fields" in found["error"]) == ("Invalid model" in message)


@pytest.mark.parametrize(
    ("fields", "param", "word"),
    [
        ({"seconds": "20"}, "duration", "the parameter duration specified in the request"),
        ({"ratio": "5:4"}, "ratio", "the parameter ratio specified in the request"),
        ({"prompt": None}, "content[0].text", ""),
        ({"priority": 11}, "priority", "`priority`"),
    ],
)
async def test_what_ark_refuses_is_passed_on_as_a_text(
    fields: dict[str, Any], param: str, word: str
) -> None:
    here = observing()
    status, body = await here.json("POST", VIDEOS, {**ORDER, **fields})
    message, name, _ = shown(body["error"])
    assert (status, name) == (400, "invalid_request_error")
    assert message.startswith(BAD)
    assert message.endswith(AFTER)
    upstream = json.loads(message.removeprefix(BAD).removesuffix(AFTER))["error"]
    assert set(upstream) == {"code", "message", "param", "type"}
    assert upstream["param"] == param
    assert word in upstream["message"]
    assert await here.untouched()


@pytest.mark.parametrize(
    ("key", "status", "name", "message"),
    [
        (None, 401, "auth_error", "Authentication Error, No api key passed in."),
        ("sk-sim-invalid", 400, "no_db_connection", "No connected db."),
    ],
)
async def test_keys(key: str | None, status: int, name: str, message: str) -> None:
    found, body = await observing().json("POST", VIDEOS, ORDER, key=key)
    assert (found, *shown(body["error"])) == (status, message, name, None)


async def test_upstream_refusals_of_other_kinds_have_their_class() -> None:
    found, body = await observing().json("POST", VIDEOS, ORDER, key="sk-sim-broke")
    assert (found, body["error"]["type"]) == (403, "permission_error")
    assert body["error"]["message"].startswith("litellm.APIError: APIError: VolcengineException -")


@pytest.mark.parametrize("name", ["video_nope", "cgt-20260101000000-abcde", "video_%20"])
async def test_ids_that_hold_nothing_are_asked_for_elsewhere(name: str) -> None:
    for method, path in (("GET", ""), ("GET", "/content"), ("POST", "/remix")):
        status, body = await observing().json(method, f"{VIDEOS}/{name}{path}")
        wanted = (500, OFFLINE, "internal_server_error", None)
        assert (status, *shown(body["error"])) == wanted


async def test_ids_of_tasks_that_ark_does_not_know() -> None:
    ghost = public_id("cgt-20260101000000-abcde", MODEL)
    status, body = await observing().json("GET", f"{VIDEOS}/{ghost}")
    message, name, _ = shown(body["error"])
    assert (status, name) == (404, "invalid_request_error")
    assert message.startswith("litellm.NotFoundError: NotFoundError: VolcengineException - {")
    assert "ResourceNotFound" in message


async def test_ids_with_and_without_padding_and_percent_signs() -> None:
    here = observing()
    made = await ordered(here)
    for name in (made["id"], made["id"].rstrip("="), made["id"].replace("=", "%3D")):
        status, body = await here.json("GET", f"{VIDEOS}/{name}")
        assert (status, body["id"]) == (200, made["id"])
    found = decoded(made["id"])
    assert found is not None
    other = public_id(found.task_id, "elsewhere", deployed=False)
    _, body = await here.json("GET", f"{VIDEOS}/{other}")
    assert body["model"] == "elsewhere"


async def test_the_list_needs_a_provider_and_knows_no_pages() -> None:
    here = observing()
    status, body = await here.json("GET", VIDEOS)
    assert (status, body["error"]["message"].partition(":")[0]) == (400, "litellm.BadRequestError")
    path = f"{VIDEOS}?custom_llm_provider=volcengine"
    nothing = {"object": "list", "data": [], "total": 0, "has_more": False}
    assert await here.json("GET", path) == (200, nothing)
    ids = [decoded((await ordered(here))["id"]) for _ in range(3)]
    status, body = await here.json("GET", f"{path}&limit=1&after=x")
    assert (status, body["total"], len(body["data"]), body["has_more"]) == (200, 3, 3, False)
    assert (body["first_id"], body["last_id"]) == (body["data"][0]["id"], body["data"][2]["id"])
    assert [decoded(item["id"]) for item in body["data"]] == ids[::-1]
    text = b64decode(body["first_id"].removeprefix("video_")).decode()
    assert "deployment_id" not in text


async def test_there_is_nothing_to_delete_with() -> None:
    here = observing(pace="instant")
    made = await ordered(here)
    for method in ("DELETE", "PUT"):
        reply = await here.send(method, f"{VIDEOS}/{made['id']}")
        assert not isinstance(reply, Clip)
        assert (reply.status, reply.body) == (405, {"detail": "Method Not Allowed"})
        assert reply.headers["Allow"] == "GET"
    assert await here.json("GET", "/v1/nope") == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("path", "operation", "ahead"),
    [
        ("{id}/remix", "Video remix", ""),
        ("edits", "Video edit", "litellm.BadRequestError: VolcengineException - "),
        ("extensions", "Video extension", ""),
    ],
)
async def test_remix_edit_and_extension_are_refused(path: str, operation: str, ahead: str) -> None:
    here = observing(pace="instant")
    made = await ordered(here)
    order = {"prompt": "x", "video": {"id": made["id"]}}
    status, body = await here.json("POST", f"{VIDEOS}/{path.format(id=made['id'])}", order)
    text = f"{operation} is not supported through litellm: {VIDEO_INPUT}"
    wanted = f"{ahead}litellm.UnsupportedParamsError: {text}{AFTER}"
    assert (status, *shown(body["error"])) == (400, wanted, "invalid_request_error", None)


@pytest.mark.parametrize(
    ("size", "resolution", "ratio", "named"),
    [
        ("1280x720", "720p", "16:9", "1280x720"),
        ("720x1280", "720p", "9:16", "720x1280"),
        ("1792x1024", "1080p", "16:9", "1920x1080"),
        ("1024x1792", "1080p", "9:16", "1080x1920"),
        ("854x480", "480p", "16:9", "864x496"),
        ("1000x1000", "720p", "1:1", "960x960"),
        ("3840x2160", "4k", "16:9", "3840x2160"),
        ("2520x1080", "1080p", "21:9", "2520x1080"),
    ],
)
async def test_a_size_is_the_nearest_ratio_and_tier(
    size: str, resolution: str, ratio: str, named: str
) -> None:
    here = observing()
    made = await ordered(here, size=size)
    found = decoded(made["id"])
    assert found is not None
    task = await here.engine.task(found.task_id)
    assert task is not None
    assert (task.order.resolution, task.order.ratio, made["size"]) == (resolution, ratio, named)


async def test_longer_models_have_frames_of_their_own() -> None:
    made = await ordered(
        observing(), model="doubao-seedance-2-5-260628", seconds="30", size="854x480"
    )
    assert (made["seconds"], made["size"]) == ("30", "854x480")


PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.mark.parametrize(
    ("fields", "roles"),
    [
        ({"input_reference": "https://example.com/a.png"}, ["first_frame"]),
        ({"input_reference": {"image_url": inline(picture())}}, ["first_frame"]),
        ({"input_reference": "asset://sim-image"}, ["first_frame"]),
        (
            {
                "frame_images": [
                    {**PICTURE, "frame_type": "first_frame"},
                    {**PICTURE, "frame_type": "last_frame"},
                ]
            },
            ["first_frame", "last_frame"],
        ),
        ({"input_references": [PICTURE, PICTURE]}, ["reference_image", "reference_image"]),
        ({"content": [{**PICTURE, "role": "reference_image"}]}, ["reference_image"]),
        ({"input_reference": None, "content": None}, []),
    ],
)
async def test_pictures_get_their_roles(fields: dict[str, Any], roles: list[str]) -> None:
    here = observing()
    found = decoded((await ordered(here, **fields))["id"])
    assert found is not None
    task = await here.engine.task(found.task_id)
    assert task is not None
    assert [reference.role for reference in task.order.references] == roles


async def test_forms_carry_files_and_texts_alone() -> None:
    here = observing()
    status, body = await here.form(VIDEOS, {**ORDER, "input_reference": picture()})
    assert status == 200, body
    status, body = await here.form(VIDEOS, {**ORDER, "input_reference": "https://example.com/a"})
    wanted = {
        "type": "value_error",
        "loc": ["body", "input_reference"],
        "msg": "Value error, Expected UploadFile, received: <class 'str'>",
    }
    assert (status, body) == (422, {"detail": [wanted]})
    for name, value in (("seed", "7"), ("generate_audio", "false")):
        status, body = await here.form(VIDEOS, {**ORDER, name: value})
        assert (status, f"invalid {name}" in body["error"]["message"]) == (400, True)


async def test_fields_of_ark_reach_it_from_three_places() -> None:
    for fields in (
        {"seed": 3, "generate_audio": False},
        {"extra_body": {"seed": 3, "generate_audio": False}},
        {"parameters": {"seed": 3, "generate_audio": False}},
    ):
        here = observing()
        found = decoded((await ordered(here, **fields))["id"])
        assert found is not None
        task = await here.engine.task(found.task_id)
        assert task is not None
        assert (task.order.seed, task.order.sound) == (3, False)


async def test_bodies_of_any_type_are_taken_for_json() -> None:
    here = observing()
    for kind in ("text/plain", "application/octet-stream"):
        raw = json.dumps(ORDER).encode()
        status, _ = await here.json("POST", VIDEOS, raw, headers={"Content-Type": kind})
        assert status == 200


async def test_odd_ids_are_no_fault_of_the_server() -> None:
    here = observing()
    for text in (b"\xff;;;", b"a;b;c;d", b";;", "ü;ö;ä".encode()):
        name = "video_" + b64encode(text).decode().replace("/", "%2F")
        status, body = await here.json("GET", f"{VIDEOS}/{name}")
        assert status in (404, 500)
        assert body["error"]["message"]
