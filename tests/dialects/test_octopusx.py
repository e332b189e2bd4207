"""The octopusx dialect: content and metadata, drafts, the asset library, callbacks."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.task import Order, Phase, Task
from simulator.dialects.newapi_base import CREATE
from simulator.dialects.octopusx import DIALECT
from simulator.engine.call import Clip
from simulator.engine.dialect import Event
from tests.driving import BASE, START, World, world

STANDARD, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
TEXT = {"type": "text", "text": "A paper boat sails down a rainy street"}
LINKS = {
    "image": "https://example.com/a.png",
    "video": "https://example.com/a.mp4",
    "audio": "https://example.com/a.mp3",
}
SAMPLE = f"{BASE}/_sim/media"
SOUND = {"generate_audio": True}
ASSETS = "/v1/seedance/asset/"


def item(kind: str, role: str | None = None, url: str | None = None) -> dict[str, Any]:
    name = f"{kind}_url"
    made: dict[str, Any] = {"type": name, name: {"url": LINKS[kind] if url is None else url}}
    return made if role is None else {**made, "role": role}


FIRST, LAST = item("image", "first_frame"), item("image", "last_frame")
IMAGE = item("image", "reference_image")
VIDEO = item("video", "reference_video")
AUDIO = item("audio", "reference_audio")


def body(*content: Any, model: Any = STANDARD, **metadata: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"model": model, "content": list(content) or [TEXT]}
    return {**made, "metadata": metadata} if metadata else made


async def accepted(here: World, sent: Any) -> Task:
    status, created = await here.json("POST", CREATE, sent)
    assert status == 200, created
    assert list(created) == ["task_id"]
    found = await here.engine.task(created["task_id"])
    assert found is not None
    return found


async def ordered(sent: Any, **settings: Any) -> Order:
    return (await accepted(world(DIALECT, **settings), sent)).order


async def refused(sent: Any, **settings: Any) -> str:
    """The message of a 400 that leaves no task and no charge."""
    here = world(DIALECT, **settings)
    status, answer = await here.json("POST", CREATE, sent)
    assert status == 400, answer
    assert (answer["code"], answer["data"]) == ("invalid_request", None)
    assert await here.untouched()
    return str(answer["message"])


async def test_walk_through_every_phase() -> None:
    here = world(DIALECT)
    status, created = await here.json("POST", CREATE, body(return_last_frame=True))
    task_id = created["task_id"]
    assert (status, created) == (200, {"task_id": task_id})
    assert re.fullmatch(r"cgt-20260606160057-[0-9a-z]{5}", task_id)
    path = f"{CREATE}/{task_id}"
    inner = {"duration": 5, "resolution": "720p", "ratio": "16:9", "content": {}, "usage": {}}
    at = START // 1000
    for span, outer, percent, word, started in (
        ("0s", "SUBMITTED", "10%", "queued", 0),
        ("999ms", "SUBMITTED", "10%", "queued", 0),
        ("1ms", "IN_PROGRESS", "50%", "processing", at + 1),
        ("2999ms", "IN_PROGRESS", "50%", "processing", at + 1),
    ):
        here.advance(span)
        data = {
            "task_id": task_id,
            "status": outer,
            "progress": percent,
            "submit_time": at,
            "start_time": started,
            "finish_time": 0,
            "data": {"status": word, **inner},
        }
        for _ in range(2):
            assert await here.json("GET", path) == (200, {"code": "success", "data": data})
    here.advance("1ms")
    _, answer = await here.json("GET", path)
    links = answer["data"]["data"]["content"]
    assert answer == {
        "code": "success",
        "data": {
            "task_id": task_id,
            "status": "SUCCESS",
            "progress": "100%",
            "submit_time": at,
            "start_time": at + 1,
            "finish_time": at + 4,
            "data": {
                "status": "succeeded",
                **inner,
                "content": links,
                "usage": {"completion_tokens": 108_000, "total_tokens": 108_000},
            },
        },
    }
    assert list(links) == ["video_url", "last_frame_url"]
    for link, suffix in zip(links.values(), ("mp4", "png"), strict=True):
        assert f"/{task_id}.{suffix}?X-Tos-Algorithm=" in link
        assert "X-Tos-Expires=43200" in link


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"end": "failed", "code": "InternalServiceError", "message": "Mine."}, "Mine."),
        ({"end": "expired"}, "The task expired before it was finished."),
        ({"end": "cancelled"}, "The task was cancelled."),
    ],
)
async def test_failure_and_what_ends_without_a_word(wish: Any, reason: str) -> None:
    here = world(DIALECT)
    await here.plan(**wish)
    task = await accepted(here, body())
    here.advance("4s")
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    data = answer["data"]
    assert (data["status"], data["progress"]) == ("FAILURE", "100%")
    assert data["fail_reason"] == reason
    assert data["data"]["status"] == "failed"
    assert (data["data"]["content"], data["data"]["usage"]) == ({}, {})
    assert await here.sums() == {}
    _, answer = await here.json("GET", f"/v1/videos/{task.id}")
    assert answer["status"] == "failed"
    assert answer["error"]["message"] == reason


async def test_openai_object_and_content() -> None:
    here = world(DIALECT)
    task = await accepted(here, body())
    path = f"/v1/videos/{task.id}"
    head = {"id": task.id, "task_id": task.id, "object": "video", "model": STANDARD}
    made = {"created_at": START // 1000}
    for span, word, progress in (("0s", "queued", 10), ("1s", "in_progress", 50)):
        here.advance(span)
        wanted = {**head, "status": word, "progress": progress, **made}
        assert await here.json("GET", path) == (200, wanted)
        assert (await here.json("GET", path + "/content"))[0] == 400
    here.advance("3s")
    _, answer = await here.json("GET", path)
    _, envelope = await here.json("GET", f"{CREATE}/{task.id}")
    url = envelope["data"]["data"]["content"]["video_url"]
    assert answer == {
        **head,
        "status": "completed",
        "progress": 100,
        **made,
        "completed_at": START // 1000 + 4,
        "metadata": {"url": url},
    }
    clip = await here.send("GET", path + "/content")
    assert isinstance(clip, Clip)
    assert clip.task.id == task.id


async def test_defaults() -> None:
    found = await ordered(body())
    assert (found.seconds, found.frames, found.ratio) == (5, 120, "16:9")
    assert (found.resolution, found.width, found.height) == ("720p", 1280, 720)
    assert (found.watermark, found.sound, found.last_frame, found.draft) == (
        True,
        False,
        False,
        False,
    )
    assert not found.camera_fixed
    assert found.expires_after == 172_800_000
    assert found.callback_url is None


@pytest.mark.parametrize(
    ("metadata", "name", "value"),
    [
        ({"duration": 4}, "seconds", 4),
        ({"duration": 15}, "seconds", 15),
        ({"resolution": "480p"}, "height", 496),
        ({"resolution": "1080p"}, "height", 1080),
        ({"ratio": "9:16"}, "width", 720),
        ({"ratio": "1:1"}, "width", 960),
        ({"ratio": "4:3"}, "width", 1112),
        ({"ratio": "adaptive"}, "ratio", "16:9"),
        ({"frames": 29}, "frames", 29),
        ({"frames": 289}, "frames", 289),
        ({"frames": 57, "duration": 10}, "frames", 57),
        ({"seed": 0}, "seed", 0),
        ({"seed": 2**32 - 1}, "seed", 2**32 - 1),
        ({"camera_fixed": True}, "camera_fixed", True),
        ({"watermark": False}, "watermark", False),
        ({"generate_audio": True}, "sound", True),
        ({"return_last_frame": True}, "last_frame", True),
        ({"draft": True}, "draft", True),
        ({"execution_expires_after": 3600}, "expires_after", 3_600_000),
        ({"execution_expires_after": 259200}, "expires_after", 259_200_000),
        ({"callback_url": "http://example.com/x"}, "callback_url", "http://example.com/x"),
        ({"service_tier": "flex"}, "resolution", "720p"),
    ],
)
async def test_parameters(metadata: Any, name: str, value: Any) -> None:
    assert getattr(await ordered(body(**metadata)), name) == value


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"duration": 3}, "duration must be a whole number from 4 to 15 or -1"),
        ({"duration": 16}, "duration must be a whole number from 4 to 15 or -1"),
        ({"duration": 0}, "duration must be a whole number from 4 to 15 or -1"),
        ({"duration": -2}, "duration must be a whole number from 4 to 15 or -1"),
        ({"duration": "5"}, "duration must be of type integer"),
        ({"duration": 5.0}, "duration must be of type integer"),
        ({"duration": True}, "duration must be of type integer"),
        ({"resolution": "4k"}, "resolution must be one of 480p, 720p, 1080p"),
        ({"resolution": "720P"}, "resolution must be one of 480p, 720p, 1080p"),
        ({"resolution": 720}, "resolution must be of type string"),
        ({"ratio": "3:4"}, "ratio must be one of 16:9, 9:16, 1:1, 4:3, adaptive"),
        ({"ratio": "21:9"}, "ratio must be one of 16:9, 9:16, 1:1, 4:3, adaptive"),
        ({"ratio": []}, "ratio must be of type string"),
        ({"frames": 25}, "frames must be 25 + 4n from 29 to 289"),
        ({"frames": 28}, "frames must be 25 + 4n from 29 to 289"),
        ({"frames": 30}, "frames must be 25 + 4n from 29 to 289"),
        ({"frames": 288}, "frames must be 25 + 4n from 29 to 289"),
        ({"frames": 293}, "frames must be 25 + 4n from 29 to 289"),
        ({"frames": "29"}, "frames must be of type integer"),
        ({"seed": -2}, "seed must be a whole number from -1 to 4294967295"),
        ({"seed": 2**32}, "seed must be a whole number from -1 to 4294967295"),
        ({"seed": 1.5}, "seed must be of type integer"),
        ({"camera_fixed": "true"}, "camera_fixed must be of type boolean"),
        ({"watermark": 1}, "watermark must be of type boolean"),
        ({"generate_audio": "false"}, "generate_audio must be of type boolean"),
        ({"return_last_frame": {}}, "return_last_frame must be of type boolean"),
        ({"draft": "true"}, "draft must be of type boolean"),
        ({"service_tier": 1}, "service_tier must be of type string"),
        ({"execution_expires_after": 3599}, "execution_expires_after must be a whole number"),
        ({"execution_expires_after": 259201}, "execution_expires_after must be a whole number"),
        ({"execution_expires_after": "3600"}, "execution_expires_after must be of type integer"),
        ({"callback_url": 1}, "callback_url must be of type string"),
        ({"callback_url": "ftp://example.com"}, "callback_url must be "),
        ({"callback_url": "http://10.0.0.1/"}, "callback_url must not be a private address"),
        ({"callback_url": "https://example.com/" + "x" * 2029}, "callback_url must have at most"),
    ],
)
async def test_parameters_that_are_refused(metadata: Any, message: str) -> None:
    assert (await refused(body(**metadata))).startswith(f"metadata.{message}")


@given(st.integers(0, 320))
async def test_any_number_of_frames(frames: int) -> None:
    status, _ = await world(DIALECT).json("POST", CREATE, body(frames=frames))
    assert status == (200 if frames in range(29, 290, 4) else 400)


async def test_loopback_callback_names_the_way_out() -> None:
    sent = body(callback_url="http://127.0.0.1:9000/x")
    assert "--callbacks local" in await refused(sent)
    assert (await ordered(sent, callbacks="local")).callback_url is not None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"content": None}, "content is required"),
        ({"content": "A boat"}, "content must be of type array"),
        ({"content": []}, "content must have at least 1 item,"),
        ({"content": ["A boat"]}, "content[0] must be an object"),
        ({"content": [{}]}, "content[0].type is required"),
        ({"content": [{"type": "image"}]}, "content[0].type must be one of text, image_url"),
        ({"content": [{"type": "text"}]}, "content[0].text is required"),
        ({"content": [{"type": "text", "text": 1}]}, "content[0].text must be a string"),
        ({"content": [{"type": "image_url"}]}, "content[0].image_url is required"),
        ({"content": [{"type": "image_url", "image_url": "x"}]}, "content[0].image_url must be"),
        ({"content": [{"type": "video_url", "video_url": {}}]}, "content[0].video_url.url is"),
        ({"content": [{"type": "draft_task"}]}, "content[0].draft_task is required"),
        ({"metadata": []}, "metadata must be of type object"),
        ({"metadata": "{}"}, "metadata must be of type object"),
    ],
)
async def test_bodies_that_are_refused(fields: Any, message: str) -> None:
    sent = {k: v for k, v in {**body(), **fields}.items() if v is not None}
    assert (await refused(sent)).startswith(message)


@pytest.mark.parametrize(
    ("content", "mode", "roles"),
    [
        ([TEXT, item("image")], "i2v", ["first_frame"]),
        ([item("image"), item("image")], "flf2v", ["first_frame", "last_frame"]),
        ([item("image")] * 3, "r2v", ["reference_image"] * 3),
        ([TEXT, FIRST], "i2v", ["first_frame"]),
        ([TEXT, LAST, FIRST], "flf2v", ["last_frame", "first_frame"]),
        ([TEXT, *[IMAGE] * 9], "r2v", ["reference_image"] * 9),
        ([TEXT, *[VIDEO] * 3], "r2v", ["reference_video"] * 3),
        ([TEXT, item("video")], "r2v", ["reference_video"]),
        ([TEXT, VIDEO, IMAGE], "r2v", ["reference_video", "reference_image"]),
        ([TEXT, FIRST, VIDEO], "r2v", ["first_frame", "reference_video"]),
        (
            [TEXT, IMAGE, VIDEO, *[AUDIO] * 3],
            "r2v",
            ["reference_image", "reference_video"] + ["reference_audio"] * 3,
        ),
        ([TEXT, IMAGE, item("audio")], "r2v", ["reference_image", "reference_audio"]),
    ],
)
async def test_modes(content: list[Any], mode: str, roles: list[str]) -> None:
    found = await ordered(body(*content, **SOUND))
    assert found.mode == mode
    assert [reference.role for reference in found.references] == roles


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([FIRST, IMAGE], "content first_frame and last_frame cannot be mixed"),
        ([FIRST, LAST, IMAGE], "content first_frame and last_frame cannot be mixed"),
        ([LAST], "content last_frame needs first_frame"),
        ([FIRST, FIRST], "content must have at most 1 first_frame"),
        ([FIRST, LAST, LAST], "content must have at most 1 last_frame"),
        ([TEXT, *[IMAGE] * 10], "content must have at most 9 reference_image"),
        ([TEXT, *[VIDEO] * 4], "content must have at most 3 reference_video"),
        ([IMAGE, *[AUDIO] * 4], "content must have at most 3 reference_audio"),
        ([AUDIO], "content audio needs an image or a video"),
        ([TEXT, AUDIO], "content audio needs an image or a video"),
        ([TEXT, item("image", "subject")], "content has an unknown role"),
        ([TEXT, item("image", "reference_video")], "content has an unknown role"),
        ([TEXT, item("video", "first_frame")], "content video must have the role"),
        ([IMAGE, item("audio", "music")], "content audio must have the role"),
        ([TEXT, {"type": "draft_task", "draft_task": {"id": "x"}}], "content draft_task must be"),
        ([TEXT, TEXT], "content must have at most 1 text"),
    ],
)
async def test_mixing(content: list[Any], message: str) -> None:
    assert (await refused(body(*content, **SOUND))).startswith(message)


@pytest.mark.parametrize("metadata", [{}, {"generate_audio": False}, {"generate_audio": None}])
async def test_reference_audio_needs_sound(metadata: Any) -> None:
    message = await refused(body(IMAGE, AUDIO, **metadata))
    assert message == "metadata.generate_audio must be true with reference_audio"


def picture(width: int, height: int) -> dict[str, Any]:
    return item("image", "reference_image", f"{SAMPLE}/image?width={width}&height={height}")


def movie(query: str) -> dict[str, Any]:
    return item("video", "reference_video", f"{SAMPLE}/video?{query}")


def audio(query: str) -> dict[str, Any]:
    return item("audio", "reference_audio", f"{SAMPLE}/audio?{query}")


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ([picture(300, 300)], [picture(299, 300)]),
        ([picture(6000, 6000)], [picture(6001, 6000)]),
        ([picture(400, 1000)], [picture(399, 1000)]),
        ([picture(1000, 400)], [picture(1003, 400)]),
        ([movie("seconds=2")], [movie("seconds=1.999")]),
        ([movie("seconds=15")], [movie("seconds=15.001")]),
        ([movie("seconds=7.5")] * 2, [movie("seconds=7.5"), movie("seconds=7.501")]),
        ([movie("fps=60")], [movie("fps=60.01")]),
        ([movie("fps=24")], [movie("fps=23.99")]),
        ([movie(f"size={50 * 2**20}")], [movie(f"size={50 * 2**20 + 1}")]),
        ([movie("width=640&height=640")], [movie("width=640&height=639")]),
        ([movie("width=1920&height=1080")], [movie("width=1920&height=1090")]),
        ([IMAGE, audio("seconds=2")], [IMAGE, audio("seconds=1.999")]),
        ([IMAGE, audio("seconds=15")], [IMAGE, audio("seconds=15.001")]),
        ([IMAGE, *[audio("seconds=5")] * 3], [IMAGE, *[audio("seconds=5.1")] * 3]),
        ([IMAGE, audio(f"size={15 * 2**20}")], [IMAGE, audio(f"size={15 * 2**20 + 1}")]),
    ],
)
async def test_media_bounds(good: list[Any], bad: list[Any]) -> None:
    await ordered(body(*good, **SOUND))
    message = await refused(body(*bad, **SOUND))
    assert re.match(r"content\[\d\]\.(image|video|audio)_url ", message)


async def test_real_faces_and_data_links() -> None:
    for url in ("https://example.com/face.png", f"{SAMPLE}/image?face=1", "asset://sim-face"):
        message = await refused(body(item("image", url=url)))
        assert message == "content[0].image_url shows a real person"
    for kind in ("image", "video", "audio"):
        message = await refused(body(item(kind, url=f"data:{kind}/x;base64,AAAA"), **SOUND))
        assert "Base64" not in message


async def test_adaptive_ratio_is_the_first_videos() -> None:
    tall = item("image", "first_frame", f"{SAMPLE}/image?width=720&height=1280")
    assert (await ordered(body(tall, ratio="adaptive"))).ratio == "9:16"
    here = world(DIALECT)
    task = await accepted(here, body(picture(500, 1000), movie(""), ratio="adaptive"))
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    assert answer["data"]["data"]["ratio"] == "16:9"


async def test_duration_that_the_model_chooses() -> None:
    here = world(DIALECT, pace="instant")
    task = await accepted(here, body(duration=-1))
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    inner = answer["data"]["data"]
    assert 4 <= inner["duration"] <= 15
    assert inner["usage"]["total_tokens"] == inner["duration"] * 21_600


async def test_frames_are_shown_and_counted() -> None:
    here = world(DIALECT, pace="instant")
    task = await accepted(here, body(frames=57, duration=10))
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    inner = answer["data"]["data"]
    assert inner["frames"] == 57
    assert "duration" not in inner
    assert inner["usage"]["total_tokens"] == 1280 * 720 * 57 // 1024


def draft_of(task_id: str, **metadata: Any) -> dict[str, Any]:
    return body({"type": "draft_task", "draft_task": {"id": task_id}}, **metadata)


async def test_going_on_from_a_draft() -> None:
    here = world(DIALECT)
    sent = body(TEXT, IMAGE, draft=True, resolution="480p", seed=7, ratio="1:1", duration=8)
    draft = await accepted(here, sent)
    assert (await here.json("POST", CREATE, draft_of(draft.id)))[0] == 400
    here.advance("4s")
    final = await accepted(here, draft_of(draft.id, resolution="1080p", watermark=False))
    order = final.order
    assert (order.prompt, order.seed, order.seconds) == (TEXT["text"], 7, 8)
    assert (order.width, order.height, order.ratio) == (1440, 1440, "1:1")
    assert order.references == draft.order.references
    assert not order.draft
    assert not order.watermark
    _, answer = await here.json("GET", f"{CREATE}/{final.id}")
    assert answer["data"]["data"]["draft_task_id"] == draft.id


async def test_what_is_no_draft() -> None:
    here = world(DIALECT, pace="instant")
    plain = await accepted(here, body())
    await here.plan(end="failed")
    failed = await accepted(here, body(draft=True))
    status, other = await here.json("POST", CREATE, body(draft=True), key="sk-other")
    assert status == 200
    for task_id in (plain.id, failed.id, other["task_id"], "cgt-x"):
        status, answer = await here.json("POST", CREATE, draft_of(task_id))
        assert status == 400
        assert answer["message"].startswith("content[0].draft_task.id must be a task of your own")


async def asset(here: World, **fields: Any) -> tuple[str, str]:
    """A new asset and the id to ask for it."""
    _, group = await here.json("POST", ASSETS + "CreateAssetGroup", {"Name": "Cast"})
    given = {"Name": "Hero", "AssetType": "Image", "URL": LINKS["image"], **fields}
    sent = {"GroupId": group["data"]["Id"], **given}
    status, made = await here.json("POST", ASSETS + "CreateAsset", sent)
    assert status == 200, made
    assert (made["state"], made["error"]) == (1, None)
    return made["data"]["Id"], made["data"]["task_id"]


async def test_an_asset_becomes_active() -> None:
    here = world(DIALECT)
    status, group = await here.json(
        "POST", ASSETS + "CreateAssetGroup", {"Name": "Cast", "Description": "x" * 300}
    )
    assert status == 200
    assert group == {"state": 1, "data": {"Id": group["data"]["Id"]}, "error": None}
    assert re.fullmatch(r"group-20260606160057-[0-9a-z]{5}", group["data"]["Id"])
    asset_id, task_id = await asset(here, URL=f"{SAMPLE}/image?width=720&height=1280")
    assert re.fullmatch(r"asset-20260606160057-[0-9a-z]{5}", asset_id)
    assert re.fullmatch(r"task_[0-9A-Za-z]{32}", task_id)
    sent = body(item("image", url=f"asset://{asset_id}"), ratio="adaptive")
    _, answer = await here.json("POST", ASSETS + "GetAsset", {"task_id": task_id})
    data = answer["data"]
    assert data == {
        "Id": asset_id,
        "Name": "Hero",
        "URL": f"{SAMPLE}/image?width=720&height=1280",
        "AssetType": "Image",
        "GroupId": data["GroupId"],
        "Status": "Processing",
        "CreateTime": "2026-06-06T08:00:57Z",
        "UpdateTime": "2026-06-06T08:00:57Z",
        "Error": None,
    }
    status, answer = await here.json("POST", CREATE, sent)
    message = "content[0].image_url is an asset that is still processing"
    assert (status, answer["message"]) == (400, message)
    here.advance("1s")
    _, answer = await here.json("POST", ASSETS + "GetAsset", {"task_id": task_id})
    later = {"Status": "Active", "UpdateTime": "2026-06-06T08:00:58Z"}
    assert answer == {"state": 1, "data": {**data, **later}, "error": None}
    assert (await accepted(here, sent)).order.ratio == "9:16"


async def test_assets_that_cannot_be_used() -> None:
    here = world(DIALECT)
    small, asked = await asset(here, URL=f"{SAMPLE}/image?width=299")
    face, _ = await asset(here, URL="https://example.com/face.png")
    sound, _ = await asset(here, AssetType="Audio", URL=LINKS["audio"])
    here.advance("1s")
    _, answer = await here.json("POST", ASSETS + "GetAsset", {"task_id": asked})
    assert answer["data"]["Status"] == "Failed"
    assert "299" not in answer["data"]["Error"]["Message"]
    assert answer["data"]["Error"]["Message"].startswith("The asset width must be from 300")
    for asset_id, key, word in (
        (small, "sk-test", "failed"),
        (face, "sk-test", "failed"),
        (sound, "sk-test", "of type Audio"),
        (sound, "sk-other", "no asset of yours"),
        ("asset-x", "sk-test", "no asset of yours"),
        ("sim-missing", "sk-test", "no asset of yours"),
        ("", "sk-test", "no asset of yours"),
    ):
        sent = body(item("image", url=f"asset://{asset_id}"))
        status, answer = await here.json("POST", CREATE, sent, key=key)
        assert status == 400
        assert word in answer["message"]
        assert "specified asset" not in answer["message"]
    assert await here.untouched()


@pytest.mark.parametrize(
    ("call", "sent", "message"),
    [
        ("CreateAssetGroup", {}, "Name is required"),
        ("CreateAssetGroup", {"Name": "x" * 65}, "Name must have at most 64 characters"),
        ("CreateAssetGroup", {"Name": 1}, "Name must be of type string"),
        ("CreateAssetGroup", {"Name": "x", "Description": "x" * 301}, "Description must have"),
        ("CreateAsset", {"GroupId": "g"}, "URL is required"),
        ("CreateAsset", {"GroupId": "g", "URL": "u"}, "AssetType is required"),
        ("CreateAsset", {"GroupId": "g", "URL": "u", "AssetType": "image"}, "AssetType must be"),
        ("CreateAsset", {"GroupId": "g", "URL": "u", "AssetType": "Image"}, "Name is required"),
        (
            "CreateAsset",
            {"GroupId": "g", "URL": "u", "AssetType": "Image", "Name": "n"},
            "GroupId is no group of yours",
        ),
        ("GetAsset", {}, "task_id is required"),
        ("GetAsset", {"task_id": "x"}, "task_not_exist"),
    ],
)
async def test_asset_calls_that_are_refused(call: str, sent: Any, message: str) -> None:
    status, answer = await world(DIALECT).json("POST", ASSETS + call, sent)
    assert status == 400
    assert answer["message"].startswith(message)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "https://localhost/a.png",
        "https://127.0.0.1/a.png",
        "https://192.168.1.5/a.png",
        "https://0x7f.1/a.png",
        "https://[::1]/a.png",
        "https://app:3000/a.png",
        "https://nas.local/a.png",
        "asset://asset-20260606160057-abcde",
    ],
)
@pytest.mark.parametrize("fidelity", ["documented", "observed"])
async def test_an_asset_has_a_public_https_link(url: str, fidelity: Any) -> None:
    here = world(DIALECT, fidelity=fidelity)
    _, group = await here.json("POST", ASSETS + "CreateAssetGroup", {"Name": "x"})
    sent = {"GroupId": group["data"]["Id"], "URL": url, "AssetType": "Image", "Name": "n"}
    status, answer = await here.json("POST", ASSETS + "CreateAsset", sent)
    assert (status, answer["code"]) == (400, "invalid_request")
    assert answer["message"].startswith("URL must be a public HTTPS URL")


async def test_samples_and_named_hosts_may_be_assets() -> None:
    here = world(DIALECT, allow_host=("app", "127.0.0.1"))
    for url in (f"{SAMPLE}/image", "http://app:3000/a.png", "http://127.0.0.1:9/a.png"):
        await asset(here, URL=url)


@pytest.mark.parametrize("url", ["a.png", "ftp://example.com/a.png", "data:image/png;base64,AAAA"])
async def test_asset_from_what_is_no_link(url: str) -> None:
    here = world(DIALECT)
    _, group = await here.json("POST", ASSETS + "CreateAssetGroup", {"Name": "x" * 64})
    sent = {"GroupId": group["data"]["Id"], "URL": url, "AssetType": "Image", "Name": "n"}
    status, answer = await here.json("POST", ASSETS + "CreateAsset", sent)
    assert (status, answer["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("wish", "phase"),
    [({}, Phase.SUCCEEDED), ({"end": Phase.FAILED}, Phase.FAILED)],
)
async def test_the_end_is_told_once_as_the_query_answers(wish: Any, phase: Phase) -> None:
    here = world(DIALECT)
    await here.plan(**wish)
    task = await accepted(here, body(callback_url="https://example.com/x"))
    callbacks = DIALECT.callbacks
    assert callbacks is not None
    assert callbacks.events(task) == ((phase, START + 4000),)
    here.advance("4s")
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    assert answer == callbacks.body(Event(task, phase, here.now()), here.engine)


async def test_observed_callbacks_are_arks_own() -> None:
    here = world(DIALECT)
    sent = body(callback_url="https://example.com/x", watermark=False, seed=3, frames=29)
    task = await accepted(here, sent)
    callbacks = DIALECT.observed_callbacks
    assert callbacks is not None
    assert (callbacks.timeout, callbacks.repeats) == (5, (1000, 2000, 4000))
    assert callbacks.repeats_for == {Phase.SUCCEEDED, Phase.FAILED}
    events = callbacks.events(task)
    assert events == (
        (Phase.QUEUED, START),
        (Phase.RUNNING, START + 1000),
        (Phase.SUCCEEDED, START + 4000),
    )
    at = START // 1000
    also = {
        "service_tier": "default",
        "execution_expires_after": 172800,
        "generate_audio": False,
        "draft": False,
        "priority": 0,
    }
    head = {"id": task.id, "model": STANDARD}
    queued, running, done = [
        callbacks.body(Event(task, phase, moment), here.engine) for phase, moment in events
    ]
    times = {"created_at": at, "updated_at": at}
    assert queued == {**head, "status": "queued", **times, **also}
    assert running == {**head, "status": "running", **times, **also}
    here.advance("4s")
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    assert done == {
        **head,
        "status": "succeeded",
        "content": answer["data"]["data"]["content"],
        "usage": {"completion_tokens": 26_100, "total_tokens": 26_100},
        "created_at": at,
        "updated_at": at + 4,
        "seed": 3,
        "resolution": "720p",
        "ratio": "16:9",
        "frames": 29,
        "framespersecond": 24,
        **also,
    }


async def test_execution_expires() -> None:
    here = world(DIALECT)
    await here.plan(run=10_000_000)
    task = await accepted(here, body(execution_expires_after=3600))
    here.advance(3_600_000 - 1)
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    assert answer["data"]["status"] == "IN_PROGRESS"
    here.advance(1)
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    assert answer["data"]["fail_reason"] == "The task expired before it was finished."


async def test_queries_never_contain_the_requests_links() -> None:
    here = world(DIALECT)
    task = await accepted(here, body(TEXT, IMAGE, VIDEO, callback_url="https://example.com/x"))
    for span in ("0s", "1s", "3s"):
        here.advance(span)
        for path in (f"{CREATE}/{task.id}", f"/v1/videos/{task.id}"):
            assert "example.com" not in str(await here.json("GET", path))


async def test_null_is_absent_and_unknown_is_ignored() -> None:
    nothing = dict.fromkeys(
        ("duration", "resolution", "ratio", "frames", "seed", "watermark", "callback_url")
    )
    found = await ordered(body(**nothing, size=1))
    assert (found.seconds, found.ratio, found.watermark) == (5, "16:9", True)
    found = await ordered({**body(), "metadata": None, "duration": 15, "ratio": "21:9"})
    assert (found.seconds, found.ratio) == (5, "16:9")


async def test_fast_model_with_1080p() -> None:
    sent = body(model=FAST, resolution="1080p")
    assert (await ordered(sent)).height == 1080
    message = await refused(sent, fidelity="observed")
    assert message == f"metadata.resolution must be one of 480p, 720p for model {FAST}"


async def test_observed_query() -> None:
    here = world(DIALECT, fidelity="observed")
    task = await accepted(here, body(ratio="21:9"))
    here.advance("18s")
    _, answer = await here.json("GET", f"{CREATE}/{task.id}")
    assert (answer["code"], answer["message"]) == ("success", "")
    data = answer["data"]
    assert re.fullmatch(r"task_[0-9A-Za-z]{32}", data["task_id"])
    assert data["status"] == "SUCCESS"
    assert data["result_url"] == data["data"]["content"]["video_url"]
    assert "X-Tos-Expires=86400" in data["result_url"]
    assert data["data"]["usage"]["total_tokens"] == 1470 * 630 * 121 // 1024
    assert (data["platform"], data["action"], data["fail_reason"]) == ("54", "generate", "")
    assert await here.json("GET", f"{CREATE}/{data['task_id']}") == (200, answer)
    assert (await here.json("GET", f"{CREATE}/{data['task_id']}", key="sk-other"))[0] == 400
    _, shown = await here.json("GET", f"/v1/videos/{task.id}")
    assert shown["metadata"] == {"url": data["result_url"]}


async def test_observed_traps_of_the_openai_object() -> None:
    here = world(DIALECT, fidelity="observed")
    task = await accepted(here, body())
    _, shown = await here.json("GET", f"/v1/videos/{task.id}")
    assert (shown["status"], shown["completed_at"]) == ("unknown", START // 1000)
    assert shown["metadata"] == {"url": ""}


async def test_observed_reads_parameters_at_the_top_level() -> None:
    sent = {**body(duration=6), "duration": 7, "ratio": "3:4", "watermark": False}
    found = await ordered(sent, fidelity="observed")
    assert (found.seconds, found.ratio, found.watermark) == (6, "3:4", False)
    message = await refused({**body(), "duration": 99}, fidelity="observed")
    assert message.startswith("metadata.duration must be")


async def test_observed_keeps_frames_from_all_references() -> None:
    assert "cannot be mixed" in await refused(body(FIRST, VIDEO), fidelity="observed")


async def test_the_other_path_takes_what_the_code_base_takes() -> None:
    """As new-api's own channel of type Sora and LiteLLM's provider openai give orders."""
    here = world(DIALECT)
    status, made = await here.json("POST", "/v1/videos", body())
    assert (status, made["object"], made["status"], made["progress"]) == (200, "video", "queued", 0)
    assert made["id"] == made["task_id"]
    assert (await here.json("GET", f"/v1/videos/{made['id']}"))[0] == 200
    parts = {"model": STANDARD, "prompt": "A boat", "seconds": "8", "size": "1280x720"}
    loose = {"resolution": "480p", "generate_audio": "true", "seed": "7"}
    assert (await here.form("/v1/videos", {**parts, **loose}))[0] == 200
    order = (await here.engine.tasks())[-1].order
    assert (order.prompt, order.seconds, order.resolution) == ("A boat", 8, "480p")
    assert (order.sound, order.seed) == (True, 7)
    assert (await here.form(CREATE, parts))[0] == 400


async def test_observed_takes_flat_orders_too() -> None:
    flat = {"model": STANDARD, "prompt": "A boat", "images": ["https://example.com/a.png"]}
    assert (await world(DIALECT).json("POST", CREATE, flat))[0] == 400
    here = world(DIALECT, fidelity="observed")
    for path in (CREATE, "/v1/videos"):
        assert (await here.json("POST", path, flat))[0] == 200
        order = (await here.engine.tasks())[-1].order
        assert (order.prompt, order.mode) == ("A boat", "i2v")
    odd: list[dict[str, Any]] = [{"prompt": 5}, {"images": [5]}, {"image": {}}, {"seed": "x"}]
    for one in odd:
        sent = {"model": STANDARD, "prompt": "x", **one}
        assert (await here.json("POST", CREATE, sent))[0] == (200 if "image" in one else 400)
