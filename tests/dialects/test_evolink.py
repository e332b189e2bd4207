"""The evolink dialect: nine models, flat fields, every media number, credits, files, callbacks."""

import base64
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.config import Key
from simulator.core.media import Facts
from simulator.core.plan import Match, Wish
from simulator.core.task import Order, Phase, Task
from simulator.core.tokens import RATIOS, SIZES
from simulator.dialects.evolink import CREATE, DIALECT
from simulator.dialects.evolink.rules import MODELS
from simulator.engine.call import Reply
from simulator.engine.dialect import Event
from simulator.media.samples import render
from tests.dialects.items import sample
from tests.driving import BASE, KEY, START, World, encode_form, world

REFERENCE = "seedance-2.0-reference-to-video"
TEXT = "seedance-2.0-text-to-video"
IMAGE = "seedance-2.0-image-to-video"
PROMPT = "A paper boat sails down a rainy street"
ID = re.compile(r"task-unified-1780732857-[a-z0-9]{6}")
MB = 1024 * 1024
LINK = {"image_urls": "https://a.test/a.png", "video_urls": "https://a.test/a.mp4"}
UPLOAD = "/api/v1/files/upload"


def order(model: Any = REFERENCE, **fields: Any) -> dict[str, Any]:
    return {"model": model, "prompt": PROMPT, **fields}


def image(**asked: Any) -> str:
    return sample("image", **asked)


def video(**asked: Any) -> str:
    return sample("video", **asked)


def audio(**asked: Any) -> str:
    return sample("audio", **asked)


async def accepted(here: World, body: Any) -> Task:
    status, created = await here.json("POST", CREATE, body)
    assert status == 200, created
    found = await here.engine.task(created["id"])
    assert found is not None
    return found


async def ordered(body: Any, **settings: Any) -> Order:
    return (await accepted(world(DIALECT, **settings), body)).order


async def refused(here: World, body: Any, status: int = 400) -> dict[str, Any]:
    """The error object of a refusal that leaves no task and no charge."""
    before = len(await here.engine.tasks())
    given_status, answer = await here.json("POST", CREATE, body)
    assert given_status == status, answer
    assert list(answer) == ["error"]
    assert len(await here.engine.tasks()) == before
    error: dict[str, Any] = answer["error"]
    return error


async def ask(here: World, task_id: str) -> Any:
    status, body = await here.json("GET", f"/v1/tasks/{task_id}")
    assert status == 200, body
    return body


async def test_task_walks_through_every_phase() -> None:
    here = world(DIALECT)
    status, created = await here.json("POST", CREATE, order(duration=8, quality="480p"))
    assert status == 200
    assert ID.fullmatch(created["id"])
    live = {"can_cancel": True, "estimated_time": 165, "video_duration": 8}
    pending = {
        "created": 1780732857,
        "id": created["id"],
        "model": REFERENCE,
        "object": "video.generation.task",
        "progress": 0,
        "status": "pending",
        "task_info": live,
        "type": "video",
        "usage": {
            "billing_rule": "per_second",
            "credits_reserved": 50.008,
            "user_group": "default",
        },
    }
    assert created == pending
    assert await ask(here, created["id"]) == pending
    here.advance("1s")
    assert await ask(here, created["id"]) == {**pending, "status": "processing"}
    here.advance("1500ms")
    assert await ask(here, created["id"]) == {**pending, "status": "processing", "progress": 50}
    here.advance("1499ms")
    assert (await ask(here, created["id"]))["progress"] == 99
    here.advance("1ms")
    done = await ask(here, created["id"])
    (link,) = done["results"]
    assert done == {
        **pending,
        "progress": 100,
        "status": "completed",
        "task_info": {"can_cancel": False},
        "results": [link],
    }
    assert link.startswith(f"{BASE}/tos/media-evolink/{REFERENCE}/{created['id']}.mp4?X-Tos-")
    assert "&X-Tos-Date=20260606T080101Z&X-Tos-Expires=86400&" in link
    here.advance("1h")
    assert await ask(here, created["id"]) == done


@pytest.mark.parametrize(
    ("wish", "code", "message"),
    [
        (Wish(end="failed"), "content_policy_violation", "The content was refused by the safety"),
        (Wish(end="failed", code="service_error"), "service_error", "The generation service fail"),
        (Wish(end="failed", code="unknown_error", message="No."), "unknown_error", "No."),
        (Wish(end="expired"), "generation_timeout", "The generation took too long."),
        (Wish(end="cancelled"), "request_cancelled", "The task was cancelled."),
    ],
)
async def test_failed_tasks(wish: Wish, code: str, message: str) -> None:
    here = world(DIALECT)
    await here.engine.plans.add(Match(), wish, 1)
    task = await accepted(here, order())
    here.advance("4s")
    body = await ask(here, task.id)
    assert (body["status"], body["progress"]) == ("failed", 0)
    assert body["task_info"] == {"can_cancel": False}
    assert "results" not in body
    assert (body["error"]["code"], body["error"]["type"]) == (code, "task_error")
    assert body["error"]["message"].startswith(message)
    assert body["usage"]["credits_reserved"] == 67.5


async def test_creating_says_pending_whatever_the_pace() -> None:
    here = world(DIALECT, pace="instant")
    _, created = await here.json("POST", CREATE, order())
    assert (created["status"], created["progress"]) == ("pending", 0)
    assert (await ask(here, created["id"]))["status"] == "completed"


async def test_defaults() -> None:
    made = await ordered(order())
    assert (made.resolution, made.ratio, made.seconds, made.frames) == ("720p", "16:9", 5, 120)
    assert (made.sound, made.watermark, made.mode) == (True, False, "t2v")
    assert made.callback_url is None


async def test_null_is_absent_and_unknown_is_ignored() -> None:
    names = (
        "image_urls video_urls audio_urls duration quality aspect_ratio generate_audio "
        "callback_url content_filter model_params"
    )
    plain = await ordered(order())
    assert await ordered(order(**dict.fromkeys(names.split()))) == plain
    assert await ordered(order(resolution="1080p", ratio="1:1", seed="x", image=5)) == plain
    assert await ordered(order(image_urls=[], video_urls=[], audio_urls=[])) == plain


def test_there_are_nine_models() -> None:
    assert sorted(MODELS) == sorted(
        f"seedance-2.0{tier}-{mode}-to-video"
        for tier in ("", "-fast", "-mini")
        for mode in ("text", "image", "reference")
    )


@pytest.mark.parametrize("model", MODELS)
async def test_models(model: str) -> None:
    here = world(DIALECT)
    fields = {"image_urls": [LINK["image_urls"]]} if "image" in model else {}
    task = await accepted(here, order(model, **fields))
    body = await ask(here, task.id)
    assert body["model"] == model
    fast = "fast" in model or "mini" in model
    assert body["task_info"]["estimated_time"] == (120 if fast else 165)


@pytest.mark.parametrize("model", ["seedance-2.0", "seedance-2.5-text-to-video", "x", "", 5, None])
async def test_unknown_models(model: Any) -> None:
    error = await refused(world(DIALECT), order(model))
    assert (error["code"], error["type"], error["param"]) == (
        "invalid_request",
        "invalid_request_error",
        "model",
    )


@pytest.mark.parametrize(
    ("model", "images", "mode", "roles"),
    [
        (TEXT, 0, "t2v", []),
        (IMAGE, 1, "i2v", ["first_frame"]),
        (IMAGE, 2, "flf2v", ["first_frame", "last_frame"]),
        (REFERENCE, 0, "t2v", []),
        (REFERENCE, 1, "r2v", ["reference_image"]),
        (REFERENCE, 9, "r2v", ["reference_image"] * 9),
    ],
)
async def test_modes(model: str, images: int, mode: str, roles: list[str]) -> None:
    made = await ordered(order(model, image_urls=[LINK["image_urls"]] * images))
    assert made.mode == mode
    assert [reference.role for reference in made.references] == roles


A, V, S = image(), video(seconds=5), audio(seconds=5)


@pytest.mark.parametrize(
    "fields",
    [
        {"image_urls": [A], "video_urls": [V], "audio_urls": [S]},
        {"video_urls": [V]},
        {"video_urls": [V] * 3},
        {"video_urls": [V], "audio_urls": [S] * 3},
        {"image_urls": [A], "audio_urls": [S]},
        {"image_urls": [A] * 9, "video_urls": [V] * 3, "audio_urls": [S] * 3},
    ],
)
async def test_references(fields: Any) -> None:
    made = await ordered(order(**fields))
    assert len(made.references) == sum(map(len, fields.values()))


@pytest.mark.parametrize(
    ("model", "fields", "param"),
    [
        (TEXT, {"image_urls": [A]}, "image_urls"),
        (TEXT, {"video_urls": [V]}, "video_urls"),
        (TEXT, {"audio_urls": [S]}, "audio_urls"),
        (IMAGE, {}, "image_urls"),
        (IMAGE, {"image_urls": []}, "image_urls"),
        (IMAGE, {"image_urls": [A] * 3}, "image_urls"),
        (IMAGE, {"image_urls": [A], "video_urls": [V]}, "video_urls"),
        (IMAGE, {"image_urls": [A], "audio_urls": [S]}, "audio_urls"),
        (REFERENCE, {"image_urls": [A] * 10}, "image_urls"),
        (REFERENCE, {"video_urls": [V] * 4}, "video_urls"),
        (REFERENCE, {"image_urls": [A], "audio_urls": [S] * 4}, "audio_urls"),
        (REFERENCE, {"audio_urls": [S]}, "audio_urls"),
        (REFERENCE, {"image_urls": A}, "image_urls"),
        (REFERENCE, {"image_urls": {"url": A}}, "image_urls"),
        (REFERENCE, {"video_urls": "abc"}, "video_urls"),
        (REFERENCE, {"image_urls": [A], "audio_urls": "abc"}, "audio_urls"),
        (REFERENCE, {"image_urls": [A], "audio_urls": [5]}, "audio_urls[0]"),
        (REFERENCE, {"image_urls": [5]}, "image_urls[0]"),
        (REFERENCE, {"image_urls": [A, None]}, "image_urls[1]"),
        (REFERENCE, {"image_urls": [""]}, "image_urls[0]"),
        (REFERENCE, {"video_urls": [{"url": V}]}, "video_urls[0]"),
    ],
)
async def test_references_that_are_refused(model: str, fields: Any, param: str) -> None:
    error = await refused(world(DIALECT), order(model, **fields))
    assert (error["code"], error["param"]) == ("invalid_request", param)
    assert error["message"].startswith(param)


# For each number of the page: links that just keep it, and links one step beyond.
BOUNDS: list[tuple[str, list[str], list[str]]] = [
    ("image_urls", [image(width=300, height=300)], [image(width=299, height=300)]),
    ("image_urls", [image(width=300, height=300)], [image(width=300, height=299)]),
    ("image_urls", [image(width=6000, height=6000)], [image(width=6001, height=6000)]),
    ("image_urls", [image(width=6000, height=6000)], [image(width=6000, height=6001)]),
    ("image_urls", [image(width=400, height=1000)], [image(width=399, height=1000)]),
    ("image_urls", [image(width=1000, height=400)], [image(width=1000, height=399)]),
    ("image_urls", [image(size=30 * MB)], [image(size=30 * MB + 1)]),
    ("image_urls", [image(format="jpeg")], [image(format="gif")]),
    ("image_urls", [image(format="png")], [image(format="bmp")]),
    ("image_urls", [image(format="webp")], [image(format="heic")]),
    ("image_urls", [image()], [video(seconds=5)]),
    ("video_urls", [video(format="mp4")], [image()]),
    ("video_urls", [video(format="mov")], [audio()]),
    ("video_urls", [video(seconds=2)], [video(seconds=1.999)]),
    ("video_urls", [video(seconds=15)], [video(seconds=15.001)]),
    (
        "video_urls",
        [video(seconds=2), video(seconds=6), video(seconds=7)],
        [video(seconds=2), video(seconds=6), video(seconds=7.001)],
    ),
    ("video_urls", [video(width=640, height=640)], [video(width=639, height=641)]),
    ("video_urls", [video(width=1520, height=608)], [video(width=1521, height=608)]),
    ("video_urls", [video(width=608, height=1520)], [video(width=607, height=1520)]),
    ("video_urls", [video()], [video(width=299)]),
    ("video_urls", [video()], [video(height=299)]),
    ("video_urls", [video()], [video(width=6001)]),
    ("video_urls", [video()], [video(height=6001)]),
    ("video_urls", [video(size=50 * MB)], [video(size=50 * MB + 1)]),
    ("video_urls", [video(fps=24)], [video(fps=23.999)]),
    ("video_urls", [video(fps=60)], [video(fps=60.001)]),
    ("audio_urls", [audio(format="wav")], [image()]),
    ("audio_urls", [audio(format="mp3")], [video()]),
    ("audio_urls", [audio(seconds=2)], [audio(seconds=1.999)]),
    ("audio_urls", [audio(seconds=15)], [audio(seconds=15.001)]),
    (
        "audio_urls",
        [audio(seconds=5), audio(seconds=5), audio(seconds=5)],
        [audio(seconds=5), audio(seconds=5), audio(seconds=5.001)],
    ),
    ("audio_urls", [audio(size=15 * MB)], [audio(size=15 * MB + 1)]),
]


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize(("field", "good", "bad"), BOUNDS)
async def test_bounds_of_media(field: str, good: Any, bad: Any, fidelity: str) -> None:
    here = world(DIALECT, fidelity=fidelity)
    beside = {"image_urls": [image()]} if field == "audio_urls" else {}
    await accepted(here, order(**beside, **{field: good}))
    error = await refused(here, order(**beside, **{field: bad}))
    assert error["param"].startswith(f"{field}[")
    assert len(error["message"]) > len(error["param"]) + 8


async def test_pictures_of_videos_have_grown_since_the_seed() -> None:
    largest, larger = (
        {"video_urls": [video(width=834, height=1112)]},
        [video(width=835, height=1112)],
    )
    await accepted(world(DIALECT), order(**largest))
    await refused(world(DIALECT), order(video_urls=larger))
    here = world(DIALECT, fidelity="observed")
    await accepted(here, order(video_urls=[video(width=2206, height=946)]))
    await refused(here, order(video_urls=[video(width=2208, height=946)]))


async def test_the_fast_models_take_three_formats_more() -> None:
    fast = "seedance-2.0-fast-reference-to-video"
    links = [image(format=name) for name in ("bmp", "tiff", "gif")]
    assert len((await ordered(order(fast, image_urls=links))).references) == 3
    await refused(world(DIALECT), order(fast, image_urls=[image(format="heic")]))


@pytest.mark.parametrize(
    "link",
    [
        "data:image/png;base64,iVBORw0KGgo=",
        "asset://asset-1",
        "ftp://a.test/a.png",
        "a.png",
        "http://",
        "file:///etc/passwd",
    ],
)
async def test_links_that_are_none(link: str) -> None:
    for field in ("image_urls", "video_urls"):
        error = await refused(world(DIALECT), order(**{field: [link]}))
        assert error["param"] == f"{field}[0]"


@pytest.mark.parametrize("link", ["https://a.test/face.png", image(face=1)])
async def test_real_faces_are_refused(link: str) -> None:
    for fidelity, code in (("documented", "content_policy_violation"), ("observed", 400)):
        here = world(DIALECT, fidelity=fidelity)
        error = await refused(here, order(image_urls=[A, link]))
        assert error["code"] == code
        assert error["param"] == "image_urls[1]"
        assert "content_policy_violation" in error["message"]
        assert "face" in error["message"]


async def test_all_faces_of_an_order_are_named() -> None:
    video = "http://sim.test/_sim/media/video?seconds=5&face=1"
    asked = order(image_urls=[image(face=1), A, image(face=1)], video_urls=[video])
    error = await refused(world(DIALECT), asked)
    named = "image_urls[0], image_urls[2], video_urls[0] show a real person's face"
    assert named in error["message"]
    assert error["param"] == "image_urls[0]"


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"duration": 4}, "seconds", 4),
        ({"duration": 15}, "seconds", 15),
        ({"quality": "480p"}, "resolution", "480p"),
        *[({"aspect_ratio": ratio}, "ratio", ratio) for ratio in RATIOS],
        ({"aspect_ratio": "adaptive"}, "ratio", "16:9"),
        ({"generate_audio": False}, "sound", False),
        ({"content_filter": False}, "sound", True),
        ({"callback_url": "https://a.test/x"}, "callback_url", "https://a.test/x"),
        (
            {"callback_url": "https://a.test/" + "x" * 2033},
            "callback_url",
            "https://a.test/" + "x" * 2033,
        ),
    ],
)
async def test_parameters(fields: Any, name: str, value: Any) -> None:
    assert getattr(await ordered(order(**fields)), name) == value


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " "}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"duration": 3}, "duration"),
        ({"duration": 16}, "duration"),
        ({"duration": -1}, "duration"),
        ({"duration": 5.0}, "duration"),
        ({"duration": "5"}, "duration"),
        ({"duration": True}, "duration"),
        ({"quality": "8k"}, "quality"),
        ({"quality": "720P"}, "quality"),
        ({"quality": 720}, "quality"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio"),
        ({"aspect_ratio": 1}, "aspect_ratio"),
        ({"generate_audio": "true"}, "generate_audio"),
        ({"generate_audio": 1}, "generate_audio"),
        ({"content_filter": "no"}, "content_filter"),
        ({"model_params": []}, "model_params"),
        ({"model_params": {"web_search": "yes"}}, "model_params.web_search"),
        ({"callback_url": 5}, "callback_url"),
        ({"callback_url": "http://a.test/x"}, "callback_url"),
        ({"callback_url": "ftp://a.test/x"}, "callback_url"),
        ({"callback_url": "a.test"}, "callback_url"),
        ({"callback_url": "https://a.test/" + "x" * 2034}, "callback_url"),
        ({"callback_url": "https://127.0.0.1/x"}, "callback_url"),
        ({"callback_url": "https://localhost/x"}, "callback_url"),
        ({"callback_url": "https://10.1.2.3/x"}, "callback_url"),
        ({"callback_url": "https://172.16.0.1/x"}, "callback_url"),
        ({"callback_url": "https://192.168.0.1/x"}, "callback_url"),
    ],
)
async def test_parameters_that_are_refused(fields: Any, param: str, fidelity: str) -> None:
    error = await refused(world(DIALECT, fidelity=fidelity), order(**fields))
    assert error["param"] == param
    assert error["message"].startswith(param)
    assert error["code"] == (400 if fidelity == "observed" else "invalid_request")


@pytest.mark.parametrize(
    ("field", "sent", "name"),
    [
        ("model", 5, "string"),
        ("prompt", 5, "string"),
        ("image_urls", "abc", "array"),
        ("video_urls", "abc", "array"),
        ("audio_urls", "abc", "array"),
        ("duration", "5", "integer"),
        ("quality", 720, "string"),
        ("aspect_ratio", 1, "string"),
        ("generate_audio", 1, "boolean"),
    ],
)
async def test_types_are_named(field: str, sent: Any, name: str) -> None:
    error = await refused(world(DIALECT), order(**{field: sent}))
    assert error["message"] == f"{field} must be of type {name}"


@given(st.integers())
async def test_any_duration(seconds: int) -> None:
    status, _ = await world(DIALECT).json("POST", CREATE, order(duration=seconds))
    assert status == (200 if 4 <= seconds <= 15 else 400)


async def test_1080p_is_for_the_standard_models_where_it_was_seen() -> None:
    for model in (REFERENCE, TEXT):
        await refused(world(DIALECT), order(model, quality="1080p"))
        made = await ordered(order(model, quality="1080p"), fidelity="observed")
        assert (made.width, made.height) == (1920, 1080)
    for tier in ("fast", "mini"):
        asked = order(f"seedance-2.0-{tier}-text-to-video", quality="1080p")
        await refused(world(DIALECT, fidelity="observed"), asked)


async def test_loopback_callbacks_name_the_way_out() -> None:
    for url in ("https://127.0.0.1/x", "http://localhost:9/x"):
        asked = order(callback_url=url)
        assert "--callbacks local" in (await refused(world(DIALECT), asked))["message"]
        assert (await ordered(asked, callbacks="local")).callback_url == url
    await refused(world(DIALECT, callbacks="local"), order(callback_url="http://a.test/x"))


async def test_pixels_of_every_size() -> None:
    here = world(DIALECT)
    for quality in ("480p", "720p"):
        for ratio in RATIOS:
            asked = order(quality=quality, aspect_ratio=ratio)
            made = (await accepted(here, asked)).order
            assert (made.width, made.height) == SIZES[quality][ratio]


@pytest.mark.parametrize(
    ("fields", "ratio"),
    [
        ({"image_urls": [image(width=300, height=400)]}, "3:4"),
        (
            {
                "image_urls": [image(width=300, height=400)],
                "video_urls": [video(width=1470, height=630)],
            },
            "21:9",
        ),
        ({"image_urls": ["https://a.test/a.png"]}, "16:9"),
    ],
)
async def test_adaptive_ratio(fields: Any, ratio: str) -> None:
    assert (await ordered(order(aspect_ratio="adaptive", **fields))).ratio == ratio


SEARCH = {"model_params": {"web_search": True}}


@pytest.mark.parametrize(
    ("model", "fields", "credits"),
    [
        (TEXT, {"quality": "480p", "duration": 4}, "25.004"),
        (TEXT, {}, "67.50"),
        (TEXT, {"generate_audio": False}, "67.50"),
        (TEXT, {"duration": 15}, "202.50"),
        (TEXT, SEARCH, "67.54"),
        (IMAGE, {"image_urls": [A], "quality": "480p"}, "31.255"),
        (REFERENCE, {"image_urls": [A] * 9}, "67.50"),
        (REFERENCE, {"video_urls": [video(seconds=5)]}, "82.22"),
        (REFERENCE, {"video_urls": [video(seconds=2)]}, "82.22"),
        (REFERENCE, {"video_urls": [video(seconds=7.5)]}, "102.775"),
        (REFERENCE, {"video_urls": [video(seconds=7), video(seconds=8)]}, "164.44"),
        (REFERENCE, {"video_urls": [LINK["video_urls"]], "duration": 4}, "65.776"),
        (REFERENCE, {"video_urls": [video(seconds=5)], "quality": "480p"}, "38.07"),
        ("seedance-2.0-fast-text-to-video", {"quality": "480p"}, "25.315"),
        ("seedance-2.0-fast-text-to-video", SEARCH, "54.715"),
        ("seedance-2.0-fast-reference-to-video", {"video_urls": [V]}, "65.06"),
        (
            "seedance-2.0-fast-reference-to-video",
            {"video_urls": [V], "quality": "480p"},
            "30.12",
        ),
        ("seedance-2.0-mini-text-to-video", {}, "54.675"),
    ],
)
async def test_prices(model: str, fields: Any, credits: str) -> None:
    here = world(DIALECT)
    task = await accepted(here, order(model, **fields))
    assert (task.charge.unit, task.charge.reserved) == ("credits", Decimal(credits))
    assert task.charge.settled == task.charge.reserved
    assert (await ask(here, task.id))["usage"]["credits_reserved"] == float(credits)


@pytest.mark.parametrize(
    "model", [REFERENCE, "seedance-2.0-mini-text-to-video", "seedance-2.0-fast-reference-to-video"]
)
async def test_only_models_for_texts_search_the_web(model: str) -> None:
    error = await refused(world(DIALECT), order(model, **SEARCH))
    assert error["param"] == "model_params.web_search"
    await ordered(order(model, model_params={"web_search": False, "other": 1}))


async def credits_of(here: World, key: str = KEY) -> Any:
    status, body = await here.json("GET", "/v1/credits", key=key)
    assert status == 200
    return body


@pytest.mark.parametrize(("word", "used"), [("succeed", 67.5), ("fail", 0), ("expire", 0)])
async def test_credits_are_reserved_then_settled_or_returned(word: str, used: float) -> None:
    here = world(DIALECT, keys=(Key("sk-test", wallet=Decimal(100)),))

    def wallet(spent: float) -> Any:
        both = {"remaining_credits": 100 - spent, "used_credits": spent}
        token = {**both, "unlimited_credits": False}
        return {"data": {"token": token, "user": both}, "message": "", "success": True}

    assert await credits_of(here) == wallet(0)
    await accepted(here, order(prompt=f"A boat [[sim: {word}]]"))
    assert await credits_of(here) == wallet(67.5)
    error = await refused(here, order(), 402)
    assert error["message"] == "The credits are not enough: 32.50 left, 67.50 needed."
    here.advance("3999ms")
    assert await credits_of(here) == wallet(67.5)
    here.advance("1ms")
    assert await credits_of(here) == wallet(used)
    here.advance("1d")
    assert await credits_of(here) == wallet(used)


async def test_credits_of_a_full_wallet() -> None:
    body = await credits_of(world(DIALECT))
    assert body["data"]["token"]["unlimited_credits"] is True
    assert body["data"]["user"] == {"remaining_credits": 1_000_000_000, "used_credits": 0}


KEYS = [
    ({}, 401, "unauthorized", "authentication_error", "authentication_error"),
    ({"Authorization": "sk-x"}, 401, "unauthorized", "authentication_error", None),
    ({"Authorization": "Bearer sk-sim-invalid"}, 401, "unauthorized", "authentication_error", None),
    ({"Authorization": "Bearer sk-sim-expired"}, 401, "unauthorized", "authentication_error", None),
    (
        {"Authorization": "Bearer sk-sim-banned"},
        403,
        "permission_denied",
        "invalid_request_error",
        "permission_error",
    ),
    (
        {"Authorization": "Bearer sk-sim-nogroup"},
        403,
        "model_access_denied",
        "invalid_request_error",
        "permission_error",
    ),
    (
        {"Authorization": "Bearer sk-sim-broke"},
        402,
        "insufficient_quota",
        "insufficient_quota",
        "insufficient_quota_error",
    ),
    (
        {"Authorization": "Bearer sk-sim-limited"},
        429,
        "rate_limit_exceeded",
        "rate_limit_error",
        "rate_limit_error",
    ),
]


@pytest.mark.parametrize(("headers", "status", "code", "kind", "old"), KEYS)
async def test_accounts(headers: Any, status: int, code: str, kind: str, old: str | None) -> None:
    here = world(DIALECT)
    given_status, body = await here.json("POST", CREATE, order(), key=None, headers=headers)
    assert given_status == status
    assert list(body["error"]) == ["code", "message", "type"]
    assert (body["error"]["code"], body["error"]["type"]) == (code, kind)
    here = world(DIALECT, fidelity="observed")
    given_status, body = await here.json("POST", CREATE, order(), key=None, headers=headers)
    assert given_status == status
    if status == 402:
        # Three empty wallets have this status, which only the newer words tell apart.
        assert (body["error"]["code"], body["error"]["type"]) == (code, kind)
        assert body["error"]["account_balance_credits"] < body["error"]["estimated_credits"]
    else:
        assert list(body["error"]) == ["code", "message", "type", "fallback_suggestion"]
        told = (body["error"]["code"], body["error"]["type"])
        assert told == (status, old or "authentication_error")
    assert await here.engine.tasks() == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/tasks/cgt-1", 400, "invalid_task_id"),
        ("GET", "/v1/tasks/Task-unified-1", 400, "invalid_task_id"),
        ("GET", "/v1/tasks/task-unified-1780732857-abcdef", 404, "task_not_found"),
        ("GET", "/v1/tasks/task-unified-%2e%2e%2fx", 404, "task_not_found"),
        ("GET", "/v1/tasks/", 404, "not_found"),
        ("POST", "/v1/video/generations", 404, "not_found"),
        ("GET", CREATE, 405, "method_not_allowed"),
        ("DELETE", "/v1/tasks/task-unified-1", 405, "method_not_allowed"),
        ("POST", "/v1/credits", 405, "method_not_allowed"),
    ],
)
async def test_paths(method: str, path: str, status: int, code: str) -> None:
    given_status, body = await world(DIALECT).json(method, path)
    assert (given_status, body["error"]["code"]) == (status, code)
    observed = world(DIALECT, fidelity="observed")
    assert (await observed.json(method, path))[1]["error"]["code"] == status


async def test_a_task_id_without_its_prefix() -> None:
    status, body = await world(DIALECT).json("GET", "/v1/tasks/abc")
    assert (status, body) == (
        400,
        {
            "error": {
                "code": "invalid_task_id",
                "message": "Invalid task ID format, must start with 'task-unified-'",
                "type": "invalid_request_error",
                "param": "task_id",
            }
        },
    )


async def test_foreign_and_aged_out_tasks_are_unknown() -> None:
    here = world(DIALECT)
    task = await accepted(here, order())
    status, body = await here.json("GET", f"/v1/tasks/{task.id}", key="sk-other")
    assert (status, body["error"]["code"]) == (404, "task_not_found")
    here.advance("167h")
    assert (await ask(here, task.id))["status"] == "completed"
    here.advance("1h")
    assert await here.json("GET", f"/v1/tasks/{task.id}") == (404, body)


@pytest.mark.parametrize(
    ("raw", "headers"),
    [(b"{", {}), (b"[]", {}), (b"{}", {"Content-Type": "text/plain"}), (b"\xff", {})],
)
async def test_bodies_that_are_refused(raw: bytes, headers: Any) -> None:
    status, body = await world(DIALECT).json("POST", CREATE, raw, headers=headers)
    assert (status, body["error"]["code"]) == (400, "invalid_request")


async def test_request_ids_and_headers_of_clients() -> None:
    here = world(DIALECT)
    sent = {"X-EvoLink-Source": "x", "X-EvoLink-Skill": "y", "X-Client-Request-Id": "mine"}
    reply = await here.send("POST", CREATE, order(), headers=sent)
    assert isinstance(reply, Reply)
    assert reply.status == 200
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-request-id"])
    assert reply.headers["X-Client-Request-Id"] == "mine"


@pytest.mark.parametrize(
    ("word", "phase", "status"),
    [
        ("succeed", Phase.SUCCEEDED, "completed"),
        ("fail", Phase.FAILED, "failed"),
        ("expire", Phase.EXPIRED, "failed"),
        ("cancel", Phase.CANCELLED, "failed"),
    ],
)
async def test_callbacks_tell_of_the_end(word: str, phase: Phase, status: str) -> None:
    here = world(DIALECT)
    callbacks = DIALECT.callbacks
    assert callbacks is not None
    assert (callbacks.timeout, callbacks.repeats) == (10, (1000, 2000, 4000))
    assert phase in callbacks.repeats_for
    asked = order(prompt=f"A boat [[sim: {word}]]", callback_url="https://a.test/x")
    task = await accepted(here, asked)
    assert callbacks.events(task) == ((phase, START + 4000),)
    here.advance("4s")
    told = callbacks.body(Event(task, phase, here.now()), here.engine)
    assert told["status"] == status
    assert told == await ask(here, task.id)


async def test_callbacks_of_a_task_that_never_ends() -> None:
    task = await accepted(world(DIALECT), order(prompt="A boat [[sim: stuck]]"))
    assert DIALECT.callbacks is not None
    assert DIALECT.callbacks.events(task) == ()


PNG = render(Facts("image", "png", 0, 400, 300), "")
WAV = render(Facts("audio", "wav", 0, ms=3000, channels=1), "")


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def uploaded(here: World, call: str, body: Any) -> Any:
    if call == "stream":
        status, answer = await here.form(f"{UPLOAD}/stream", body)
    else:
        status, answer = await here.json("POST", f"{UPLOAD}/{call}", body)
    assert status == 200, answer
    assert list(answer) == ["success", "code", "msg", "data"]
    assert (answer["success"], answer["code"]) == (True, 200)
    return answer["data"]


async def test_upload_and_use() -> None:
    here = world(DIALECT)
    data = await uploaded(here, "stream", {"file": PNG, "fileName": "a b.png", "uploadPath": "in"})
    assert re.fullmatch(r"file-[0-9a-f]{24}", data["file_id"])
    url = f"{BASE}/files/{data['file_id']}/a%20b.png"
    assert data == {
        "file_id": data["file_id"],
        "file_name": "a b.png",
        "original_name": "file.bin",
        "file_size": len(PNG),
        "mime_type": "image/png",
        "upload_path": "in",
        "file_url": url,
        "download_url": url,
        "upload_time": "2026-06-06T16:00:57+08:00",
        "expires_at": "2026-06-09T16:00:57+08:00",
    }
    made = (await accepted(here, order(IMAGE, image_urls=[url], aspect_ratio="adaptive"))).order
    assert made.ratio == "4:3"
    assert made.references[0].name == "a b.png"
    assert await here.engine.store.blob(made.references[0].digest) == PNG
    error = await refused(here, order(video_urls=[url]))
    assert error["message"] == "video_urls[0] must be a video"
    here.advance("259199999ms")
    await accepted(here, order(image_urls=[url]))
    here.advance("1ms")
    assert (await refused(here, order(image_urls=[url])))["param"] == "image_urls[0]"


async def test_uploaded_media_are_judged_like_any_other() -> None:
    here = world(DIALECT)
    small = render(Facts("image", "png", 0, 299, 300), "")
    data = await uploaded(here, "base64", {"base64_data": encoded(small)})
    error = await refused(here, order(image_urls=[data["file_url"]]))
    assert "width" in error["message"]
    face = await uploaded(here, "base64", {"base64_data": encoded(PNG), "file_name": "face.png"})
    assert "face" in (await refused(here, order(image_urls=[face["file_url"]])))["message"]


async def test_upload_as_base64() -> None:
    here = world(DIALECT)
    for text in (encoded(WAV), "data:audio/wav;base64," + encoded(WAV)):
        data = await uploaded(here, "base64", {"base64_data": text, "upload_path": "x"})
        assert (data["mime_type"], data["upload_path"]) == ("audio/wav", "x")
        assert re.fullmatch(r"[0-9a-f]{16}\.wav", data["file_name"])
        await accepted(here, order(image_urls=[A], audio_urls=[data["file_url"]]))


async def test_upload_from_a_link() -> None:
    here = world(DIALECT)
    data = await uploaded(here, "url", {"file_url": video(seconds=4), "fileName": "v.mp4"})
    assert (data["file_name"], data["mime_type"]) == ("v.mp4", "video/mp4")
    made = (await accepted(here, order(video_urls=[data["file_url"]]))).order
    assert made.input_ms == 4000
    data = await uploaded(here, "url", {"file_url": "https://a.test/x/clip.MOV?a=1"})
    assert (data["file_name"], data["file_size"]) == ("clip.MOV", 0)
    assert data["mime_type"] == "video/quicktime"
    assert (await accepted(here, order(video_urls=[data["file_url"]]))).order.input_ms == 0
    at_limit = image(size=100 * MB)
    assert (await uploaded(here, "url", {"file_url": at_limit}))["file_size"] == 100 * MB


@pytest.mark.parametrize(
    ("name", "expected"),
    [("../../etc/passwd", "passwd"), ("a\\b.png", "b.png"), ("x" * 300, "x" * 100)],
)
async def test_names_of_files_fit_a_link(name: str, expected: str) -> None:
    body = {"base64_data": encoded(PNG), "file_name": name}
    data = await uploaded(world(DIALECT), "base64", body)
    assert data["file_name"] == expected
    assert data["file_url"].endswith(f"/{expected}")


@pytest.mark.parametrize("name", ["..", ".", "", "/", "a/"])
async def test_names_that_are_none(name: str) -> None:
    body = {"base64_data": encoded(PNG), "file_name": name}
    data = await uploaded(world(DIALECT), "base64", body)
    assert re.fullmatch(r"[0-9a-f]{16}\.png", data["file_name"])


@pytest.mark.parametrize(
    ("call", "body", "words"),
    [
        ("base64", {}, "base64_data is required"),
        ("base64", {"base64_data": 5}, "base64_data must be of type string"),
        ("base64", {"base64_data": "%%"}, "base64_data is not well-formed Base64"),
        ("base64", {"base64_data": "aGVsbG8="}, "base64_data "),
        ("base64", {"base64_data": encoded(PNG), "file_name": 5}, "file_name must be of type"),
        ("url", {}, "file_url is required"),
        ("url", {"file_url": "ftp://a.test/x"}, "file_url is not a link to a file"),
        ("url", {"file_url": "https://a.test/x\r\nSet-Cookie: a=b"}, "file_url is not a link"),
        ("url", {"file_url": "data:image/png;base64,AAAA"}, "file_url is not a link"),
        ("url", {"file_url": image(width=0)}, "file_url is not a link"),
        ("url", {"file_url": image(size=100 * MB + 1)}, "file_url must have at most"),
    ],
)
async def test_uploads_that_are_refused(call: str, body: Any, words: str) -> None:
    status, answer = await world(DIALECT).json("POST", f"{UPLOAD}/{call}", body)
    assert status == 400
    assert list(answer) == ["success", "code", "msg", "data"]
    assert (answer["success"], answer["code"], answer["data"]) == (False, 400, None)
    assert answer["msg"].startswith(words)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "file is required"),
        ({"file": "text"}, "file must be a file"),
        ({"file": b""}, "file "),
        ({"file": b"not a picture"}, "file "),
        ({"file": PNG[:20]}, "file "),
    ],
)
async def test_forms_that_are_refused(parts: Any, words: str) -> None:
    parts = {"upload_path": "x", **parts}
    status, answer = await world(DIALECT).form(f"{UPLOAD}/stream", parts)
    assert (status, answer["code"]) == (400, 400)
    assert answer["msg"].startswith(words)


async def test_a_form_that_ends_in_the_middle() -> None:
    raw, content_type = encode_form({"file": PNG})
    headers = {"Content-Type": content_type}
    here = world(DIALECT)
    status, answer = await here.json("POST", f"{UPLOAD}/stream", raw[:-40], headers=headers)
    assert (status, answer["success"]) == (400, False)
    status, answer = await here.json("POST", f"{UPLOAD}/stream", {"file": "x"})
    assert answer["msg"] == "Wrong Content-Type: multipart/form-data is required."
    status, answer = await here.json("POST", f"{UPLOAD}/stream", raw, key=None)
    assert (status, answer["code"]) == (401, 401)
