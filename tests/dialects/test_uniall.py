"""The uniall dialect: flat JSON with extra_body, OpenAI video objects, the clip behind the key."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.config import Key
from simulator.core.task import Phase, Task
from simulator.dialects.newapi_base import CREATE
from simulator.dialects.uniall import DIALECT
from simulator.dialects.uniall.rules import MODELS
from simulator.engine.call import Clip, Reply
from tests.driving import BASE, KEY, World, world

ORDER = {"model": "seedance2.0-720p", "prompt": "A paper boat sails down a rainy street"}
IMAGE = "https://example.com/a.png"
VIDEO = "https://example.com/a.mp4"
AUDIO = "https://example.com/a.mp3"
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


def clip(seconds: float) -> str:
    return f"{BASE}/_sim/media/video?seconds={seconds}"


async def order(here: World, **fields: Any) -> tuple[int, Any]:
    return await here.json("POST", CREATE, {**ORDER, **fields})


async def task(here: World, **fields: Any) -> Task:
    status, body = await order(here, **fields)
    assert status == 200, body
    found = await here.engine.task(body["id"])
    assert found is not None
    return found


async def refused(**fields: Any) -> str:
    """The message of a 400 that leaves no task and no charge."""
    here = world(DIALECT)
    status, body = await order(here, **fields)
    assert status == 400, body
    assert (body["code"], body["data"]) == ("invalid_request", None)
    assert await here.untouched()
    return str(body["message"])


async def test_walk_through_every_phase() -> None:
    here = world(DIALECT)
    status, created = await order(here, duration=8, extra_body={"return_last_frame": True})
    task_id = created["id"]
    assert re.fullmatch(r"task_[0-9A-Za-z]{32}", task_id)
    head = {
        "id": task_id,
        "task_id": task_id,
        "object": "video.generation.job",
        "model": "seedance2.0-720p",
    }
    assert (status, created) == (200, {**head, "status": "queued", "progress": 0})
    path = f"/v1/videos/{task_id}"
    for span, state, progress in (
        ("0s", "queued", 0),
        ("999ms", "queued", 0),
        ("1ms", "in_progress", 1),
        ("1500ms", "in_progress", 50),
        ("1499ms", "in_progress", 99),
    ):
        here.advance(span)
        for _ in range(2):
            assert await here.json("GET", path) == (
                200,
                {**head, "status": state, "progress": progress},
            )
    here.advance("1ms")
    status, body = await here.json("GET", path)
    url, frame = body.pop("video_url"), body.pop("last_frame_url")
    assert (status, body) == (200, {**head, "status": "completed", "progress": 100})
    assert url.startswith(f"{BASE}/tos/gateway/uniall/{task_id}.mp4?X-Tos-Algorithm=")
    assert frame.startswith(f"{BASE}/tos/gateway/uniall/{task_id}.png?X-Tos-Algorithm=")
    assert "X-Tos-Expires=86400" in url


@pytest.mark.parametrize("silent", [False, True, None])
async def test_sound_is_paid_for(silent: Any) -> None:
    here, plain = world(DIALECT), world(DIALECT)
    made = await task(here, extra_body={"generate_audio": silent})
    usual = await task(plain)
    here.advance("1h")
    plain.advance("1h")
    share = 1 if made.order.sound else 2
    assert made.order.sound is (silent is not False)
    assert abs(usual.charge.reserved - made.charge.reserved * share) <= 1
    spent, full = (await here.sums())["quota"], (await plain.sums())["quota"]
    assert abs(full - spent * share) <= 1


async def test_no_last_frame_unless_asked() -> None:
    here = world(DIALECT, pace="instant")
    _, created = await order(here)
    _, body = await here.json("GET", f"/v1/videos/{created['id']}")
    assert "video_url" in body
    assert "last_frame_url" not in body


@pytest.mark.parametrize(
    ("wish", "code", "message"),
    [
        (
            {"end": "failed", "code": "InternalServiceError", "message": "Mine."},
            "InternalServiceError",
            "Mine.",
        ),
        ({"end": "expired"}, "expired", "The task expired before it was finished."),
        ({"end": "cancelled"}, "cancelled", "The task was cancelled."),
    ],
)
async def test_failure_and_what_ends_without_a_word(wish: Any, code: str, message: str) -> None:
    here = world(DIALECT)
    await here.plan(**wish)
    _, created = await order(here)
    here.advance("4s")
    _, body = await here.json("GET", f"/v1/videos/{created['id']}")
    assert body == {
        **created,
        "status": "failed",
        "progress": 100,
        "error": {"code": code, "message": message},
    }
    assert await here.sums() == {}


async def test_progress_that_a_plan_names() -> None:
    here = world(DIALECT)
    await here.plan(queue=0, run=10_000, progress=((0, 0), (1000, 30), (2000, 100)))
    _, created = await order(here)
    seen = []
    for span in ("0s", "1s", "1s"):
        here.advance(span)
        _, body = await here.json("GET", f"/v1/videos/{created['id']}")
        seen.append((body["status"], body["progress"]))
    assert seen == [("in_progress", 1), ("in_progress", 30), ("in_progress", 99)]


async def test_clip_behind_the_key() -> None:
    here = world(DIALECT)
    found = await task(here)
    path = f"/v1/videos/{found.id}/content"
    for span, word in (("0s", "QUEUED"), ("1s", "IN_PROGRESS")):
        here.advance(span)
        message = f"Task is not completed yet, current status: {word}"
        error = {"message": message, "type": "invalid_request_error"}
        assert await here.json("GET", path) == (400, {"error": error})
    here.advance("3s")
    reply = await here.send("GET", path)
    assert isinstance(reply, Clip)
    assert reply.task.id == found.id
    assert reply.headers["Cache-Control"] == "public, max-age=86400"
    assert (await here.json("GET", path, key=None))[0] == 401
    lost = {"error": {"message": "Task not found", "type": "invalid_request_error"}}
    assert await here.json("GET", "/v1/videos/x/content") == (404, lost)
    assert await here.json("GET", path, key="sk-other") == (404, lost)


async def test_clip_of_a_failed_task() -> None:
    here = world(DIALECT)
    await here.plan(end="failed")
    found = await task(here)
    here.advance("4s")
    status, body = await here.json("GET", f"/v1/videos/{found.id}/content")
    assert status == 400
    assert body["error"]["message"].endswith("FAILURE")


async def test_the_path_that_is_not_there() -> None:
    here = world(DIALECT)
    wrong = {"type": "invalid_request_error", "param": "", "code": ""}
    message = "Invalid URL (POST /v1/videos/generations)"
    found = await here.json("POST", "/v1/videos/generations", ORDER)
    assert found == (404, {"error": {"message": message, **wrong}})
    gone = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
    assert await here.json("GET", "/v1/videos/generations") == (400, gone)
    assert await here.untouched()


@pytest.mark.parametrize(("model", "facts"), MODELS.items())
async def test_models(model: str, facts: tuple[str, str]) -> None:
    found = (await task(world(DIALECT), model=model)).order
    assert (found.tier, found.resolution) == facts
    heights = {"480p": 496, "720p": 720, "1080p": 1080, "4k": 2160}
    assert found.height == heights[facts[1]]


async def test_4k_that_is_not_enabled() -> None:
    keys = (Key(KEY, models=tuple(name for name in MODELS if not name.endswith("4k"))),)
    here = world(DIALECT, keys=keys)
    assert (await order(here))[0] == 200
    status, body = await order(here, model="seedance2.0-4k")
    assert status == 403
    assert "seedance2.0-4k" in body["error"]["message"]


async def test_defaults() -> None:
    found = (await task(world(DIALECT))).order
    assert (found.seconds, found.frames, found.ratio) == (5, 120, "16:9")
    assert (found.width, found.height, found.mode) == (1280, 720, "t2v")
    assert found.sound
    switched_off = (found.watermark, found.camera_fixed, found.last_frame)
    assert switched_off == (False, False, False)


@pytest.mark.parametrize(("ratio", "width"), [("9:16", 720), ("1:1", 960), ("16:9", 1280)])
async def test_ratios(ratio: str, width: int) -> None:
    assert (await task(world(DIALECT), aspect_ratio=ratio)).order.width == width


@pytest.mark.parametrize("duration", [5, 15, "5", "15", "08"])
async def test_duration_within_bounds(duration: Any) -> None:
    found = (await task(world(DIALECT), duration=duration)).order
    assert (found.seconds, found.frames) == (int(duration), 24 * int(duration))


@given(st.one_of(st.integers(), st.integers().map(str)))
async def test_any_whole_number_as_duration(duration: Any) -> None:
    status, _ = await order(world(DIALECT), duration=duration)
    assert status == (200 if 5 <= int(duration) <= 15 else 400)


@given(
    st.one_of(
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.text(max_size=6),
        st.lists(st.integers(), max_size=2),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    )
)
async def test_anything_else_as_duration(duration: Any) -> None:
    digits = isinstance(duration, str) and duration.isascii() and duration.isdigit()
    status, _ = await order(world(DIALECT), duration=duration)
    assert status == (200 if digits and 5 <= int(duration) <= 15 else 400)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"prompt": None}, "prompt is required"),
        ({"prompt": ""}, "prompt is required"),
        ({"prompt": 5}, "prompt must be of type string"),
        ({"duration": 4}, "duration must be a whole number from 5 to 15"),
        ({"duration": 16}, "duration must be a whole number from 5 to 15"),
        ({"duration": "4"}, "duration must be a whole number from 5 to 15"),
        ({"duration": "16"}, "duration must be a whole number from 5 to 15"),
        ({"duration": 5.0}, "duration must be of type integer or string of digits"),
        ({"duration": "5.0"}, "duration must be of type integer or string of digits"),
        ({"duration": "auto"}, "duration must be of type integer or string of digits"),
        ({"duration": True}, "duration must be of type integer or string of digits"),
        ({"aspect_ratio": "4:3"}, "aspect_ratio must be one of 9:16, 1:1, 16:9"),
        ({"aspect_ratio": "adaptive"}, "aspect_ratio must be one of 9:16, 1:1, 16:9"),
        ({"aspect_ratio": 1}, "aspect_ratio must be of type string"),
        ({"image": 1}, "image must be of type string"),
        ({"image": [IMAGE]}, "image must be of type string"),
        ({"image": "ftp://example.com/a.png"}, "image is not a link to readable media"),
        ({"image": "a.png"}, "image is not a link to readable media"),
        ({"image": "asset://a"}, "image is not a link to readable media"),
        ({"image": "data:image/png;base64,AAAA"}, "image "),
        ({"image": "https://example.com/face.png"}, "image shows a real person"),
        (
            {"image": "https://a.example/face.png", "last_image": "https://b.example/face.png"},
            "image, last_image show a real person",
        ),
        ({"image": f"{BASE}/_sim/media/audio.mp3"}, "image must be an image"),
        ({"images": IMAGE}, "images must be of type array"),
        ({"images": [IMAGE, 1]}, "images[1] must be a non-empty string"),
        ({"images": [""]}, "images[0] must be a non-empty string"),
        ({"images": [IMAGE] * 10}, "images must have at most 9 items, but has 10"),
        ({"videos": VIDEO}, "videos must be of type array"),
        ({"videos": [VIDEO] * 4}, "videos must have at most 3 items, but has 4"),
        ({"videos": [clip(1.999)]}, "videos[0] must last from 2 to 15 seconds"),
        ({"videos": [VIDEO, clip(15.001)]}, "videos[1] must last from 2 to 15 seconds"),
        ({"videos": [clip(7.5), clip(7.501)]}, "videos[0] must last at most 15 seconds in total"),
        ({"audios": AUDIO, "images": [IMAGE]}, "audios must be of type array"),
        ({"extra_body": "x"}, "extra_body must be of type object"),
        ({"extra_body": []}, "extra_body must be of type object"),
        ({"last_image": IMAGE}, "last_image needs image beside it"),
        ({"last_image": IMAGE, "images": [IMAGE]}, "last_image needs image beside it"),
        ({"image": IMAGE, "images": [IMAGE]}, "image cannot be used together with images"),
        ({"image": IMAGE, "videos": [VIDEO]}, "image cannot be used together with videos"),
        ({"audios": [AUDIO]}, "audios needs image or images or videos beside it"),
    ],
)
async def test_fields_that_are_refused(fields: Any, message: str) -> None:
    assert (await refused(**fields)).startswith(message)


OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"generate_audio": "true"}, "generate_audio must be of type boolean"),
    ({"generate_audio": 1}, "generate_audio must be of type boolean"),
    ({"seed": 1.0}, "seed must be of type integer"),
    ({"seed": "1"}, "seed must be of type integer"),
    ({"seed": -2}, "seed must be a whole number from -1 to 4294967295"),
    ({"seed": 2**32}, "seed must be a whole number from -1 to 4294967295"),
    ({"watermark": "yes"}, 'watermark must be of type boolean or string "true" or "false"'),
    ({"watermark": "True"}, 'watermark must be of type boolean or string "true" or "false"'),
    ({"camera_fixed": 0}, 'camera_fixed must be of type boolean or string "true" or "false"'),
    ({"return_last_frame": []}, "return_last_frame must be of type boolean or string"),
    ({"operation": 1}, "operation must be of type string"),
    ({"operation": "remix"}, "operation must be one of reference_to_video, edit_video, "),
    ({"operation": "edit_video"}, "operation edit_video needs videos"),
    ({"operation": "extend_video"}, "operation extend_video needs videos"),
    ({"operation": "reference_to_video"}, "operation reference_to_video needs images or videos"),
    ({"operation": "first_last_frame"}, "operation first_last_frame needs image"),
]


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize(("options", "message"), OPTIONS)
async def test_options_that_are_refused(options: Any, message: str, nested: bool) -> None:
    fields = {"extra_body": options} if nested else options
    assert (await refused(**fields)).startswith(f"extra_body.{message}")


FRAMES = {"image": IMAGE, "last_image": IMAGE}


@pytest.mark.parametrize(
    ("operation", "fields", "good"),
    [
        ("reference_to_video", {"images": [IMAGE]}, True),
        ("reference_to_video", {"videos": [VIDEO]}, True),
        ("reference_to_video", {"image": IMAGE}, False),
        ("edit_video", {"videos": [VIDEO], "images": [IMAGE]}, True),
        ("edit_video", {"images": [IMAGE]}, False),
        ("extend_video", {"videos": [VIDEO]}, True),
        ("extend_video", FRAMES, False),
        ("first_last_frame", FRAMES, True),
        ("first_last_frame", {"image": IMAGE}, False),
        ("first_last_frame", {"images": [IMAGE, IMAGE]}, False),
    ],
)
async def test_operations(operation: str, fields: Any, good: bool) -> None:
    status, _ = await order(world(DIALECT), extra_body={"operation": operation}, **fields)
    assert status == (200 if good else 400)


@pytest.mark.parametrize(
    ("fields", "mode", "roles"),
    [
        ({"image": IMAGE}, "i2v", ["first_frame"]),
        ({"image": IMAGE, "audios": [AUDIO]}, "i2v", ["first_frame", "reference_audio"]),
        (FRAMES, "flf2v", ["first_frame", "last_frame"]),
        ({"images": [IMAGE] * 9}, "r2v", ["reference_image"] * 9),
        ({"videos": [clip(2), clip(2), clip(11)]}, "r2v", ["reference_video"] * 3),
        ({"videos": [clip(15)]}, "r2v", ["reference_video"]),
        (
            {"images": [PIXEL], "videos": [VIDEO], "audios": [AUDIO] * 4},
            "r2v",
            ["reference_image", "reference_video"] + ["reference_audio"] * 4,
        ),
        ({"image": "", "last_image": None, "images": [], "audios": []}, "t2v", []),
    ],
)
async def test_media(fields: Any, mode: str, roles: list[str]) -> None:
    found = (await task(world(DIALECT), **fields)).order
    assert found.mode == mode
    assert [reference.role for reference in found.references] == roles


async def test_options_are_read_in_both_places_and_the_nested_wins() -> None:
    here = world(DIALECT)
    top = {"seed": 1, "watermark": "true", "generate_audio": False, "camera_fixed": True}
    found = (await task(here, **top)).order
    assert (found.seed, found.watermark, found.sound, found.camera_fixed) == (1, True, False, True)
    nested = {"seed": 2, "watermark": "false", "generate_audio": None, "return_last_frame": "true"}
    found = (await task(here, **top, extra_body=nested)).order
    assert (found.seed, found.watermark, found.sound) == (2, False, False)
    assert found.last_frame


async def test_null_is_absent() -> None:
    fields = ("duration", "aspect_ratio", "image", "last_image", "images", "videos", "audios")
    nothing = dict.fromkeys((*fields, "extra_body", "seed", "operation"))
    assert (await task(world(DIALECT), **nothing)).order.mode == "t2v"
    options = dict.fromkeys(("generate_audio", "seed", "watermark", "operation"))
    assert (await task(world(DIALECT), extra_body=options)).order.sound


async def test_unknown_fields_are_ignored() -> None:
    await task(world(DIALECT), resolution="8k", extra_body={"size": 1}, n=[{}])


@pytest.mark.parametrize("seed", [-1, 0, 42, 2**32 - 1])
async def test_seeds(seed: int) -> None:
    found = (await task(world(DIALECT), extra_body={"seed": seed})).order
    assert found.seed == seed if seed >= 0 else 0 <= found.seed < 100_000


async def test_two_keys_never_see_each_other() -> None:
    here = world(DIALECT)
    mine = await task(here)
    status, other = await here.json("POST", CREATE, ORDER, key="sk-other")
    assert status == 200
    assert (await here.json("GET", f"/v1/videos/{other['id']}"))[0] == 400
    assert (await here.json("GET", f"/v1/videos/{mine.id}", key="sk-other"))[0] == 400
    here.advance("1h")
    assert mine.phase(here.now()) is Phase.SUCCEEDED
    _, body = await here.json("GET", f"/v1/videos/{other['id']}", key="sk-other")
    assert body["status"] == "queued"


async def test_query_by_another_method() -> None:
    reply = await world(DIALECT).send("HEAD", "/v1/videos/x")
    assert isinstance(reply, Reply)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET")


async def test_observed_tasks_are_as_old_as_the_last_round() -> None:
    here = world(DIALECT, fidelity="observed")  # three seconds before a round
    _, created = await here.json("POST", CREATE, DIALECT.example)
    seen = []
    for span in ("0s", "2999ms", "1ms", "14999ms", "1ms"):
        here.advance(span)
        _, body = await here.json("GET", f"/v1/videos/{created['id']}")
        status, _ = await here.json("GET", f"/v1/videos/{created['id']}/content", key="sk-other")
        assert status == 404
        seen.append(body["status"])
    assert seen == ["queued", "queued", "in_progress", "in_progress", "completed"]
    assert "video_url" in body
