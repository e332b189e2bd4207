"""The openai dialect: JSON and forms, video objects, files behind the key."""

import io
import re
from base64 import b64encode
from typing import Any

import pytest
from PIL import Image

from simulator.core.clock import SECOND
from simulator.core.config import Key
from simulator.core.media import Rendition
from simulator.core.task import Task
from simulator.dialects.openai import DIALECT
from simulator.engine.call import Clip
from tests.driving import KEY, START, World, world
from tests.serving import serve

VIDEOS = "/v1/videos"
ORDER = {"model": "doubao-seedance-2-0-260128", "prompt": "A paper boat sails down a rainy street"}
KEYS = {
    *("id", "object", "created_at", "status", "completed_at", "error", "expires_at", "model"),
    *("progress", "prompt", "remixed_from_video_id", "seconds", "size"),
}


def picture(width: int = 640, height: int = 360, kind: str = "PNG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(made, kind)
    return made.getvalue()


def inline(data: bytes) -> str:
    return f"data:image/png;base64,{b64encode(data).decode()}"


async def order(here: World, **fields: Any) -> tuple[int, Any]:
    return await here.json("POST", VIDEOS, {**ORDER, **fields})


async def made(here: World, **fields: Any) -> Task:
    status, body = await order(here, **fields)
    assert status == 200, body
    task = await here.engine.task(body["id"])
    assert task is not None
    return task


async def test_walk_through_every_phase() -> None:
    here = world(DIALECT)
    status, created = await order(here, seconds="5", size="1280x720")
    head = {
        "id": created["id"],
        "object": "video",
        "created_at": START // SECOND,
        "model": ORDER["model"],
        "prompt": ORDER["prompt"],
        "remixed_from_video_id": None,
        "seconds": "5",
        "size": "1280x720",
        "error": None,
    }
    live = {"completed_at": None, "expires_at": None}
    assert re.fullmatch(r"video_[0-9a-f]{32}", created["id"])
    assert (status, created) == (200, {**head, **live, "status": "queued", "progress": 0})
    path = f"{VIDEOS}/{created['id']}"
    for span, state, progress in (("1s", "in_progress", 0), ("1500ms", "in_progress", 50)):
        here.advance(span)
        for _ in range(2):
            shown = {**head, **live, "status": state, "progress": progress}
            assert await here.json("GET", path) == (200, shown)
    here.advance("10s")
    ended = START // SECOND + 4
    done = {**head, "status": "completed", "progress": 100, "completed_at": ended}
    assert await here.json("GET", path) == (200, {**done, "expires_at": ended + 3600})


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"end": "failed", "code": "OutputVideoSensitiveContentDetected"}, None),
        ({"end": "expired"}, "expired"),
        ({"end": "cancelled"}, "cancelled"),
    ],
)
async def test_whatever_does_not_end_well_has_failed_and_says_why(
    wish: dict[str, Any], code: str | None
) -> None:
    here = world(DIALECT, pace="instant")
    await here.plan(**wish)
    _, created = await order(here)
    _, body = await here.json("GET", f"{VIDEOS}/{created['id']}")
    assert set(body) == KEYS
    assert (body["status"], body["expires_at"]) == ("failed", None)
    assert body["error"]["code"] == (code or wish["code"])
    assert body["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "seconds", "size"),
    [
        ({}, "4", "720x1280"),
        ({"seconds": 7}, "7", "720x1280"),
        ({"seconds": "15", "size": "1920x1080"}, "15", "1920x1080"),
        ({"size": "960x960"}, "4", "960x960"),
        ({"size": "1792x1024"}, "4", "1920x1080"),
        ({"size": "854x480"}, "4", "864x496"),
        ({"size": "1x1"}, "4", "640x640"),
        ({"seconds": None, "size": None, "input_reference": None}, "4", "720x1280"),
    ],
)
async def test_seconds_and_size(fields: dict[str, Any], seconds: str, size: str) -> None:
    here = world(DIALECT)
    status, body = await order(here, **fields)
    assert (status, body["seconds"], body["size"]) == (200, seconds, size)
    task = await here.engine.task(body["id"])
    assert task is not None
    assert f"{task.order.width}x{task.order.height}" == size
    assert task.order.frames == 24 * int(seconds)


async def test_each_model_makes_what_it_makes_at_ark() -> None:
    longer = {"model": "doubao-seedance-2-5-260628", "seconds": "30", "size": "854x480"}
    status, body = await order(world(DIALECT), **longer)
    assert (status, body["seconds"], body["size"]) == (200, "30", "854x480")
    for fields in (
        {"seconds": 31},
        {"size": "3840x2160"},
        {"model": "doubao-seedance-1-5-pro-251215"},
    ):
        here = world(DIALECT)
        status, body = await order(here, **{**longer, **fields})
        assert (status, body["error"]["param"]) == (400, next(iter(fields)))
        assert await here.untouched()


@pytest.mark.parametrize("prefix", ["", "volcengine/", "openai/"])
async def test_a_model_may_carry_the_name_of_a_provider(prefix: str) -> None:
    here = world(DIALECT)
    status, body = await order(here, model=prefix + ORDER["model"])
    assert (status, body["model"]) == (200, ORDER["model"])


async def test_json_and_forms_of_the_same_order_are_one_order() -> None:
    data = picture()
    pairs: list[tuple[dict[str, Any], dict[str, str | bytes]]] = [
        ({"seconds": 6, "size": "1280x720"}, {"seconds": "6", "size": "1280x720"}),
        ({"input_reference": {"image_url": inline(data)}}, {"input_reference": data}),
        (
            {"input_reference": {"image_url": "https://example.com/a.png"}},
            {"input_reference[image_url]": "https://example.com/a.png"},
        ),
        (
            {"input_reference": {"image_url": "https://example.com/a.png"}},
            {"input_reference": '{"image_url": "https://example.com/a.png"}'},
        ),
        ({"seconds": None}, {"seconds": ""}),
    ]
    for fields, parts in pairs:
        as_json, as_form = world(DIALECT), world(DIALECT)
        one = await made(as_json, **fields)
        status, body = await as_form.form(VIDEOS, {**ORDER, **parts})
        assert status == 200, body
        other = await as_form.engine.task(body["id"])
        assert other is not None
        names = [[ref.digest or ref.name for ref in task.order.references] for task in (one, other)]
        assert names[0] == names[1]
        assert one.order.mode == other.order.mode
        assert (one.order.seconds, one.order.width, one.charge) == (
            other.order.seconds,
            other.order.width,
            other.charge,
        )


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"model": None}, "model", "missing_required_parameter"),
    ({"model": ""}, "model", "missing_required_parameter"),
    ({"model": 7}, "model", "invalid_type"),
    ({"model": "sora-2"}, "model", "invalid_value"),
    ({"model": "azure/doubao-seedance-2-0-260128"}, "model", "invalid_value"),
    ({"prompt": None}, "prompt", "missing_required_parameter"),
    ({"prompt": "  "}, "prompt", "missing_required_parameter"),
    ({"prompt": ["x"]}, "prompt", "invalid_type"),
    ({"prompt": "x" * 32_001}, "prompt", "invalid_value"),
    ({"seconds": "3"}, "seconds", "invalid_value"),
    ({"seconds": "04"}, "seconds", "invalid_value"),
    ({"seconds": 16}, "seconds", "invalid_value"),
    ({"seconds": "five"}, "seconds", "invalid_value"),
    ({"seconds": ""}, "seconds", "invalid_value"),
    ({"seconds": 5.5}, "seconds", "invalid_type"),
    ({"seconds": 5.0}, "seconds", "invalid_type"),
    ({"seconds": True}, "seconds", "invalid_type"),
    ({"seconds": -1}, "seconds", "invalid_value"),
    ({"size": "720p"}, "size", "invalid_value"),
    ({"size": "16:9"}, "size", "invalid_value"),
    ({"size": "0x720"}, "size", "invalid_value"),
    ({"size": "1280X720"}, "size", "invalid_value"),
    ({"size": "1280x720 "}, "size", "invalid_value"),
    ({"size": f"{'9' * 400}x1"}, "size", "invalid_value"),
    ({"size": 720}, "size", "invalid_type"),
    (
        {"model": "doubao-seedance-2-0-fast-260128", "size": "1920x1080"},
        "size",
        "invalid_value",
    ),
    ({"input_reference": "https://example.com/a.png"}, "input_reference", "invalid_type"),
    ({"input_reference": []}, "input_reference", "invalid_type"),
    ({"input_reference": {}}, "input_reference", "invalid_value"),
    (
        {"input_reference": {"image_url": "https://example.com/a.png", "file_id": "file-1"}},
        "input_reference",
        "invalid_value",
    ),
    ({"input_reference": {"image_url": 7}}, "input_reference.image_url", "invalid_type"),
    ({"input_reference": {"image_url": "no link"}}, "input_reference.image_url", "invalid_value"),
    (
        {"input_reference": {"image_url": inline(picture(64, 64))}},
        "input_reference.image_url",
        "invalid_value",
    ),
    (
        {"input_reference": {"image_url": "https://example.com/face.png"}},
        "input_reference.image_url",
        "moderation_blocked",
    ),
]


@pytest.mark.parametrize(("fields", "param", "code"), BAD)
async def test_what_is_wrong_is_refused_and_leaves_nothing(
    fields: dict[str, Any], param: str, code: str
) -> None:
    here = world(DIALECT)
    status, body = await order(here, **fields)
    error = body.pop("error")
    assert (status, body) == (400, {})
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["param"], error["code"]) == (param, code)
    assert error["type"] == "invalid_request_error"
    assert len(error["message"]) < 700
    assert await here.untouched()


async def test_a_file_that_nobody_uploaded() -> None:
    here = world(DIALECT)
    status, body = await order(here, input_reference={"file_id": "file-123"})
    assert (status, body["error"]["message"]) == (400, "No such File object: file-123")
    assert await here.untouched()


@pytest.mark.parametrize("data", [b"", b"no picture", picture(kind="GIF"), picture(64, 64)])
async def test_files_are_judged_by_their_bytes(data: bytes) -> None:
    here = world(DIALECT)
    status, body = await here.form(VIDEOS, {**ORDER, "input_reference": data})
    assert (status, body["error"]["param"]) == (400, "input_reference")
    assert await here.untouched()


async def test_bodies_that_cannot_be_read() -> None:
    here = world(DIALECT)
    for raw, content_type, code in (
        (b"{", "application/json", None),
        (b"[]", "application/json", None),
        (b"{}", "text/plain", "unsupported_content_type"),
        (b"--x", "multipart/form-data", None),
        (b"--x\r\n", "multipart/form-data; boundary=x", None),
        (b"", "multipart/mixed; boundary=x", "unsupported_content_type"),
    ):
        headers = {"Content-Type": content_type}
        status, body = await here.json("POST", VIDEOS, raw, headers=headers)
        assert (status, body["error"]["code"], body["error"]["param"]) == (400, code, None)
    assert await here.untouched()


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, None),
        ("sk-sim-invalid", 401, "invalid_api_key"),
        ("sk-sim-expired", 401, "invalid_api_key"),
        ("sk-sim-banned", 401, "account_deactivated"),
        ("sk-sim-broke", 429, "insufficient_quota"),
        ("sk-sim-nogroup", 403, "model_not_found"),
    ],
)
async def test_keys(key: str | None, status: int, code: str | None) -> None:
    here = world(DIALECT)
    found, body = await here.json("POST", VIDEOS, ORDER, key=key)
    assert (found, body["error"]["code"]) == (status, code)
    assert set(body["error"]) == {"message", "type", "param", "code"}


async def test_lists_come_in_pages() -> None:
    here = world(DIALECT)
    ids = []
    for _ in range(5):
        ids.append((await made(here)).id)
        here.advance("1s")
    await here.json("POST", VIDEOS, ORDER, key="sk-other")

    async def listed(query: str = "") -> tuple[list[str], bool]:
        status, body = await here.json("GET", VIDEOS + query)
        assert status == 200, body
        assert set(body) == {"object", "data", "first_id", "last_id", "has_more"}
        assert body["object"] == "list"
        found = [item["id"] for item in body["data"]]
        ends = (found[0], found[-1]) if found else (None, None)
        assert (body["first_id"], body["last_id"]) == ends
        assert all(set(item) == KEYS for item in body["data"])
        return found, body["has_more"]

    newest = ids[::-1]
    assert await listed() == (newest, False)
    assert await listed("?order=asc") == (ids, False)
    assert await listed("?limit=2") == (newest[:2], True)
    assert await listed(f"?limit=2&after={newest[1]}") == (newest[2:4], True)
    assert await listed(f"?limit=2&after={newest[3]}") == (newest[4:], False)
    assert await listed(f"?order=asc&after={ids[3]}") == (ids[4:], False)
    assert await listed("?limit=0") == ([], True)
    assert await listed(f"?after={newest[-1]}") == ([], False)
    assert await listed("?limit=100") == (newest, False)


@pytest.mark.parametrize(
    ("query", "status", "param"),
    [
        ("?limit=101", 400, "limit"),
        ("?limit=-1", 400, "limit"),
        ("?limit=two", 400, "limit"),
        ("?order=up", 400, "order"),
        ("?after=video_none", 404, None),
    ],
)
async def test_lists_that_are_asked_for_wrongly(query: str, status: int, param: Any) -> None:
    found, body = await world(DIALECT).json("GET", VIDEOS + query)
    assert (found, body["error"]["param"]) == (status, param)


async def test_only_what_has_ended_can_be_deleted() -> None:
    here = world(DIALECT)
    task = await made(here)
    path = f"{VIDEOS}/{task.id}"
    assert (await here.json("DELETE", path))[0] == 400
    here.advance("2s")
    assert (await here.json("DELETE", path))[0] == 400
    here.advance("10s")
    assert (await here.json("DELETE", path, key="sk-other"))[0] == 404
    gone = {"id": task.id, "object": "video.deleted", "deleted": True}
    assert await here.json("DELETE", path) == (200, gone)
    for method, also in (("GET", ""), ("DELETE", ""), ("GET", "/content"), ("POST", "/remix")):
        status, body = await here.json(method, path + also, {} if method == "POST" else None)
        assert (status, body["error"]["message"]) == (404, f"Video with id '{task.id}' not found.")
    assert (await here.json("GET", VIDEOS))[1]["data"] == []
    assert await here.sums() != {}


async def test_files_of_a_video_are_there_for_an_hour() -> None:
    here = world(DIALECT)
    task = await made(here)
    path = f"{VIDEOS}/{task.id}/content"
    assert (await here.json("GET", path))[0] == 404
    here.advance("4s")
    for query, rendition in (
        ("", Rendition.CLIP),
        ("?variant=video", Rendition.CLIP),
        ("?variant=thumbnail", Rendition.THUMBNAIL),
        ("?variant=spritesheet", Rendition.SPRITESHEET),
    ):
        clip = await here.send("GET", path + query)
        assert isinstance(clip, Clip)
        assert clip.rendition is rendition
    status, body = await here.json("GET", f"{path}?variant=gif")
    assert (status, body["error"]["param"]) == (400, "variant")
    here.advance("3599s")
    assert isinstance(await here.send("GET", path), Clip)
    here.advance("1s")
    status, body = await here.json("GET", path)
    assert (status, body["error"]["message"]) == (404, "Video content has expired.")
    assert (await here.json("GET", f"{VIDEOS}/{task.id}"))[1]["status"] == "completed"


async def test_variants_are_real_files() -> None:
    async with serve(pace="instant") as server:
        url = f"{server.base}/openai/v1/videos"
        body = {**ORDER, "seconds": "7", "size": "640x360"}
        async with server.client.post(url, json=body) as answer:
            video = (await answer.json())["id"]
        files = {}
        for variant in ("video", "thumbnail", "spritesheet"):
            async with server.client.get(f"{url}/{video}/content?variant={variant}") as answer:
                assert answer.status == 200, await answer.text()
                files[variant] = (answer.content_type, await answer.read())
        assert files["video"][0] == "video/mp4"
        assert files["video"][1][4:8] == b"ftyp"
        assert files["thumbnail"][0] == "image/webp"
        thumbnail = Image.open(io.BytesIO(files["thumbnail"][1]))
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (640, 367))
        assert files["spritesheet"][0] == "image/jpeg"
        sheet = Image.open(io.BytesIO(files["spritesheet"][1]))
        assert (sheet.format, sheet.size) == ("JPEG", (5 * 320, 2 * 184))


@pytest.mark.parametrize("path", ["{id}/remix", "edits", "extensions", "characters"])
async def test_what_takes_a_video_is_refused(path: str) -> None:
    here = world(DIALECT, pace="instant")
    task = await made(here)
    status, body = await here.json("POST", f"{VIDEOS}/{path.format(id=task.id)}", {"prompt": "x"})
    assert status == 400
    assert body["error"]["message"].endswith(" is not supported for Seedance models.")
    assert len(await here.engine.tasks(KEY)) == 1


async def test_paths_that_lead_nowhere() -> None:
    here = world(DIALECT)
    status, body = await here.json("GET", "/v1/nope")
    assert (status, body["error"]["message"]) == (404, "Invalid URL (GET /v1/nope)")
    status, body = await here.json("PUT", VIDEOS)
    assert (status, body["error"]["code"]) == (405, "method_not_supported")


async def test_models() -> None:
    here = world(DIALECT, keys=(Key("sk-few", models=(ORDER["model"],)),))
    status, body = await here.json("GET", "/v1/models", key="sk-few")
    shown = {
        "id": ORDER["model"],
        "object": "model",
        "created": 1769558400,
        "owned_by": "bytedance",
    }
    assert (status, body) == (200, {"object": "list", "data": [shown]})
    path = f"/v1/models/{ORDER['model']}"
    assert await here.json("GET", path, key="sk-few") == (200, shown)
    path = "/v1/models/doubao-seedance-2-0-fast-260128"
    assert (await here.json("GET", path, key="sk-few"))[0] == 404
