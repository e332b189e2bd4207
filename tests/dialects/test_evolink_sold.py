"""What evolink sells by now, where it is watched: Seedance 2.5, 4k, drafts, longer material."""

from typing import Any

import pytest

from simulator.dialects.evolink import DIALECT
from simulator.dialects.evolink.sold import SOLD
from simulator.engine.call import Reply
from tests.dialects.test_evolink import accepted, audio, image, order, refused, video
from tests.driving import World, world

TEXT = "seedance-2.5-text-to-video"
IMAGE = "seedance-2.5-image-to-video"
REFERENCE = "seedance-2.5-reference-to-video"
EDIT = "seedance-2.5-video-edit"
EXTEND = "seedance-2.5-video-extend"
FINAL = "seedance-2.5-draft-to-video"
OLD = "seedance-2.0-reference-to-video"


@pytest.fixture
def here() -> World:
    return world(DIALECT, fidelity="observed")


async def ended(here: World, body: Any) -> Any:
    task = await accepted(here, body)
    here.advance("1h")
    _, shown = await here.json("GET", f"/v1/tasks/{task.id}")
    return shown


async def test_the_seed_knows_none_of_it(here: World) -> None:
    newer = [name for name in SOLD if "2.5" in name]
    assert len(newer) == 6
    for model in newer:
        assert (await refused(world(DIALECT), order(model)))["param"] == "model"
    for fidelity, number in (("documented", 9), ("observed", 15)):
        _, body = await world(DIALECT, fidelity=fidelity).json("GET", "/v1/models")
        assert len(body["data"]) == number


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (TEXT, {}),
        (TEXT, {"duration": 30, "quality": "1080p"}),
        (TEXT, {"duration": -1, "model_params": {"web_search": True}}),
        (IMAGE, {"image_urls": [image(), image()]}),
        (REFERENCE, {"audio_urls": [audio(seconds=30)]}),
        (REFERENCE, {"image_urls": [image()] * 30}),
        (REFERENCE, {"video_urls": [video(seconds=3)] * 10}),
        (EDIT, {"video_urls": [video(seconds=4)]}),
        (EXTEND, {"video_urls": [video(seconds=2)], "duration": 4}),
        ("seedance-2.0-text-to-video", {"quality": "4k"}),
        (OLD, {"video_urls": [video(width=1920, height=1080)]}),
    ],
)
async def test_good_orders(here: World, model: str, fields: dict[str, Any]) -> None:
    assert (await accepted(here, order(model, **fields))).order.model == model


@pytest.mark.parametrize(
    ("model", "fields", "param"),
    [
        (TEXT, {"duration": 31}, "duration"),
        (TEXT, {"quality": "4k"}, "quality"),
        (TEXT, {"image_urls": [image()]}, "image_urls"),
        (TEXT, {"output_format": "avi"}, "output_format"),
        (TEXT, {"content_filter": False, "model_params": {"web_search": True}}, "content_filter"),
        (TEXT, {"draft": True, "quality": "720p"}, "quality"),
        (TEXT, {"model_params": {"draft": True}}, "model_params.draft"),
        (TEXT, {"draft": "yes"}, "draft"),
        (IMAGE, {}, "image_urls"),
        (IMAGE, {"image_urls": [image()], "aspect_ratio": "16:9"}, "aspect_ratio"),
        (REFERENCE, {}, "image_urls"),
        (REFERENCE, {"image_urls": [image()] * 31}, "image_urls"),
        (EDIT, {}, "video_urls"),
        (EDIT, {"video_urls": [video(seconds=4)], "duration": 5}, "duration"),
        (EDIT, {"video_urls": [video(seconds=3.9)]}, "video_urls[0]"),
        (EXTEND, {"video_urls": [video()], "aspect_ratio": "1:1"}, "aspect_ratio"),
        (EXTEND, {"video_urls": [video(seconds=30.1)]}, "video_urls[0]"),
        (FINAL, {}, "source_task_id"),
        ("seedance-2.0-fast-text-to-video", {"quality": "1080p"}, "quality"),
        ("seedance-2.0-mini-text-to-video", {"quality": "4k"}, "quality"),
        (OLD, {"audio_urls": [audio()]}, "audio_urls"),
        (OLD, {"duration": -1}, "duration"),
    ],
)
async def test_bad_orders(here: World, model: str, fields: dict[str, Any], param: str) -> None:
    await refused(here, order(model, **fields))
    # Its errors have integer codes in this fidelity, and the field beside them.
    assert (await refused(here, order(model, **fields)))["param"] == param


async def test_what_nobody_asks_for_follows_the_picture(here: World) -> None:
    tall = [image(width=720, height=1280)]
    assert (await accepted(here, order(OLD, image_urls=tall))).order.ratio == "9:16"
    assert (await accepted(world(DIALECT), order(OLD, image_urls=tall))).order.ratio == "16:9"


async def test_an_edit_is_as_long_as_its_video(here: World) -> None:
    made = (await accepted(here, order(EDIT, video_urls=[video(seconds=7.5)]))).order
    assert made.seconds == 7


async def test_a_prompt_that_asks_for_an_edit_fails_later(here: World) -> None:
    fields = {"video_urls": [video()], "prompt": "Replace the boat by a leaf"}
    shown = await ended(here, order(REFERENCE, duration=5, **fields))
    assert (shown["status"], shown["error"]["code"]) == ("failed", "invalid_parameters")
    assert await here.sums() == {}
    assert (await ended(here, order(REFERENCE, duration=-1, **fields)))["status"] == "completed"


async def test_a_draft_and_its_final_video(here: World) -> None:
    small = await ended(here, order(TEXT, draft=True, duration=6, aspect_ratio="9:16"))
    task = await here.engine.task(small["id"])
    assert task is not None
    assert (task.order.width, task.order.height) == (480, 854)
    assert small["draft_expires_at"] == task.created // 1000 + 7 * 86400
    body = {"model": FINAL, "source_task_id": small["id"], "output_format": "mov"}
    large = await ended(here, body)
    final = await here.engine.task(large["id"])
    assert final is not None
    assert (final.order.width, final.order.seconds, final.order.draft) == (1080, 6, False)
    assert ".mov?" in large["results"][0]
    assert "draft_expires_at" not in large
    for source in (large["id"], "task-unified-1-abcdef", "x"):
        wrong = await refused(here, {**body, "source_task_id": source})
        assert wrong["param"] == "source_task_id"
    reply = await here.send("POST", "/v1/videos/generations", body, key="sk-other")
    assert isinstance(reply, Reply)
    assert reply.status == 400
    here.advance("7d")
    await refused(here, body)


async def test_what_they_cost(here: World) -> None:
    plain = (await accepted(here, order(TEXT, duration=10, quality="480p"))).charge.settled
    assert float(plain) == 93.4185
    free = order(TEXT, duration=10, quality="480p", content_filter=False)
    assert float((await accepted(here, free)).charge.settled) == 102.7604
