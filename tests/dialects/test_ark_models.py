"""Each model of ark by its row of the table: what it makes, takes and refuses, in what words."""

from typing import Any

import pytest

from simulator.core.config import Key
from simulator.dialects.ark import DIALECT, TASKS
from simulator.dialects.ark_models import MODELS, TABLE
from tests.dialects.items import (
    FAST,
    STANDARD,
    TEXT,
    accepted,
    audio,
    image,
    order,
    refused,
    video,
)
from tests.driving import KEY, World, world

NEW = "doubao-seedance-2-5-260628"
NEW_ABROAD = "dreamina-seedance-2-5-260628"
MINI = "doubao-seedance-2-0-mini-260615"
OLD = "doubao-seedance-1-5-pro-251215"
OLD_ABROAD = "seedance-1-5-pro-251215"
CONSTRAINT = "InvalidParameter.TaskTypeConstraint"


def said(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


async def ended(here: World, body: Any) -> Any:
    task = await accepted(here, body)
    here.advance("4s")
    _, shown = await here.json("GET", f"{TASKS}/{task.id}")
    return shown


def test_a_model_is_a_row_that_both_hosts_sell() -> None:
    assert len(MODELS) == 2 * len(TABLE)
    assert {NEW, NEW_ABROAD, MINI, OLD, OLD_ABROAD, STANDARD, FAST} <= set(MODELS)
    assert MODELS[OLD_ABROAD].family == "seedance-1-5-pro"
    assert MODELS[NEW_ABROAD].region == "ap-southeast-1"


@pytest.mark.parametrize(("model", "least", "most"), [(NEW, 4, 30), (MINI, 4, 15), (OLD, 4, 12)])
async def test_lengths(model: str, least: int, most: int) -> None:
    here = world(DIALECT)
    for good in (least, most, -1):
        made = (await accepted(here, order(model=model, duration=good))).order
        assert least <= made.seconds <= most
        assert made.seconds == good or good == -1
    for bad in (least - 1, most + 1, 0):
        error = await refused(here, order(model=model, duration=bad))
        words = "the parameter duration specified in the request is not valid for model "
        family = model.rpartition("-")[0]
        assert error["message"].startswith(f"{words}{family} in t2v Request id: ")
        assert (error["code"], error["param"]) == ("InvalidParameter", "duration")


async def test_only_the_newest_chooses_its_length_where_none_is_asked_for() -> None:
    here = world(DIALECT)
    lengths = {(await accepted(here, order(model=NEW))).order.seconds for _ in range(12)}
    assert len(lengths) > 3
    assert {(await accepted(here, order(model=OLD))).order.seconds for _ in range(3)} == {5}


@pytest.mark.parametrize("resolution", ["1080p", "4k"])
@pytest.mark.parametrize(
    ("model", "sizes"),
    [(STANDARD, {"1080p", "4k"}), (NEW, {"1080p"}), (OLD, {"1080p"}), (MINI, set()), (FAST, set())],
)
async def test_resolutions(model: str, sizes: set[str], resolution: str) -> None:
    here, body = world(DIALECT), order(model=model, resolution=resolution)
    if resolution in sizes:
        assert (await accepted(here, body)).order.resolution == resolution
    else:
        assert (await refused(here, body))["param"] == "resolution"


@pytest.mark.parametrize(
    ("model", "ratio", "size"),
    [
        (NEW, "16:9", (854, 480)),
        (NEW, "9:16", (480, 854)),
        (NEW, "21:9", (992, 432)),
        (STANDARD, "16:9", (864, 496)),
    ],
)
async def test_small_clips_of_the_newest_are_wide(
    model: str, ratio: str, size: tuple[int, int]
) -> None:
    body = order(model=model, resolution="480p", ratio=ratio)
    made = (await accepted(world(DIALECT), body)).order
    assert (made.width, made.height) == size


@pytest.mark.parametrize(
    ("model", "most"), [(STANDARD, (9, 3, 3)), (MINI, (9, 3, 3)), (NEW, (30, 10, 10))]
)
async def test_how_many_references(model: str, most: tuple[int, int, int]) -> None:
    here = world(DIALECT)
    made: list[tuple[Any, int, str]] = [
        (image, most[0], "images"),
        (lambda: video(seconds=2), most[1], "videos"),
        (lambda: audio(seconds=2), most[2], "audios"),
    ]
    for one, number, name in made:
        beside = [TEXT, image()] if name == "audios" else [TEXT]
        await accepted(here, order(*beside, *[one() for _ in range(number)], model=model))
        error = await refused(here, order(*beside, *[one()] * (number + 1), model=model))
        text = f"expected at most {number} reference {name} but got {number + 1} instead"
        assert text in error["message"]


async def test_only_the_newest_takes_an_audio_alone() -> None:
    here = world(DIALECT)
    await accepted(here, order(TEXT, audio(), model=NEW))
    error = await refused(here, order(TEXT, audio(), model=STANDARD))
    assert "reference_audio cannot be the only reference input" in error["message"]


@pytest.mark.parametrize(
    ("fidelity", "good", "bad", "words"),
    [
        ("documented", 30, 30.001, "must be less than or equal to 30 for model"),
        ("observed", 30.2, 30.201, "must be less than or equal to 30.2 for model"),
    ],
)
async def test_the_newest_takes_longer_material(
    fidelity: str, good: float, bad: float, words: str
) -> None:
    here = world(DIALECT, fidelity=fidelity)
    for one in (video, audio):
        await accepted(here, order(TEXT, one(seconds=good), model=NEW))
        error = await refused(here, order(TEXT, one(seconds=bad), model=NEW))
        assert words in error["message"]
    halves = [video(seconds=10), video(seconds=round(bad - 10, 3))]
    assert (
        "video total duration" in (await refused(here, order(TEXT, *halves, model=NEW)))["message"]
    )


REFUSED = [
    (STANDARD, {"draft": True}),
    (STANDARD, {"camera_fixed": True}),
    (STANDARD, {"service_tier": "flex"}),
    (STANDARD, {"output_format": "mov"}),
    (STANDARD, {"omni_reference_task_type": "edit"}),
    (STANDARD, {"frames": 57}),
    (STANDARD, {"file_format": "mp4"}),
    (MINI, {"draft": True}),
    (NEW, {"camera_fixed": True}),
    (NEW, {"service_tier": "flex"}),
    (NEW, {"frames": 57}),
    (NEW, {"file_format": "mp4"}),
    (OLD, {"priority": 3}),
    (OLD, {"tools": [{"type": "web_search"}]}),
    (OLD, {"output_format": "mov"}),
]


@pytest.mark.parametrize(("model", "fields"), REFUSED)
async def test_fields_of_other_models(model: str, fields: dict[str, Any]) -> None:
    (name,) = fields
    error = await refused(world(DIALECT), order(model=model, **fields))
    words = f"the specified parameter {name} is not supported for model "
    family = model.rpartition("-")[0]
    assert error["message"].startswith(f"{words}{family} in t2v, must be empty Request id: ")
    assert error["param"] == name


async def test_a_field_that_no_page_has_is_read_by_some() -> None:
    here = world(DIALECT)
    for model in (NEW, STANDARD, FAST):
        await accepted(here, order(model=model, bitrate_mode="high"))
        error = await refused(here, order(model=model, bitrate_mode="low"))
        assert (
            "the parameter bitrate_mode specified in the request is not valid" in error["message"]
        )
    await accepted(here, order(model=MINI, bitrate_mode=7))


async def test_the_oldest_takes_no_references_and_has_a_tier() -> None:
    here = world(DIALECT)
    error = await refused(here, order(TEXT, image(), model=OLD_ABROAD))
    words = "the specified task_type r2v does not support model seedance-1-5-pro"
    assert (words in error["message"], error["param"]) == (True, "task_type")
    first = image("first_frame")
    plain = await accepted(here, order(TEXT, first, model=OLD, camera_fixed=True))
    assert plain.order.camera_fixed
    flex = await ended(here, order(model=OLD, service_tier="flex"))
    assert flex["service_tier"] == "flex"
    for query, found in (("", plain.id), ("filter.service_tier=flex", flex["id"])):
        _, body = await here.json("GET", f"{TASKS}?{query}")
        assert [one["id"] for one in body["items"]] == [found]


@pytest.mark.parametrize("frames", [["first_frame"], ["first_frame", "last_frame"]])
async def test_beside_a_first_frame_the_newest_takes_no_ratio(frames: list[str]) -> None:
    here = world(DIALECT)
    pictures = [image(role, width=720, height=1280) for role in frames]
    made = await accepted(here, order(TEXT, *pictures, model=NEW, ratio="adaptive"))
    assert made.order.ratio == "9:16"
    error = await refused(here, order(TEXT, *pictures, model=NEW, ratio="9:16"))
    words = (
        "The parameter ratio specified in the request is not valid. For first-frame or "
        "first-last-frame generation, the output ratio follows the first-frame image. Request id: "
    )
    assert error["message"].startswith(words)
    assert (error["code"], error["param"], error["type"]) == (CONSTRAINT, "ratio", "BadRequest")
    await accepted(here, order(TEXT, *pictures, model=STANDARD, ratio="9:16"))


EDIT = (
    "Seedance identified your task as video editing based on your prompt. For this task type, the "
    "output ratio and duration follow the input video selected by the model for editing, and the "
    "video selected must satisfy the duration requirement of 4 to 30 seconds. Issues: "
)
EXTEND = (
    "Seedance identified your task as video extension based on your prompt. For this task type, "
    "the output ratio follows the input video selected by the model for extension. Issues: "
)
# What stands beside a video of four seconds, and what is said of it.
BROKEN = [
    (
        "edit",
        {"duration": 5},
        "The parameter `duration` specified in the request is not valid. "
        + EDIT
        + "[0] `duration` must be -1.",
    ),
    (
        "edit",
        {"ratio": "16:9", "duration": 5},
        "The parameters `ratio` and `duration` specified in the request are not valid. "
        + EDIT
        + "[0] `ratio` must be `adaptive`. [1] `duration` must be -1.",
    ),
    (
        "edit",
        {"ratio": "16:9"},
        "The parameter `ratio` specified in the request is not valid. "
        + EDIT
        + "[0] `ratio` must be `adaptive`.",
    ),
    (
        "extend",
        {"ratio": "16:9", "duration": 5},
        "The parameter `ratio` specified in the request is not valid. "
        + EXTEND
        + "[0] `ratio` must be `adaptive`.",
    ),
]
PROMPTS = {"edit": "Replace the boat by a leaf", "extend": "Continue the journey"}


@pytest.mark.parametrize(("kind", "fields", "words"), BROKEN)
async def test_a_declared_task_is_refused_at_once(
    kind: str, fields: dict[str, Any], words: str
) -> None:
    body = order(TEXT, video(), model=NEW, omni_reference_task_type=kind, **fields)
    error = await refused(world(DIALECT), body)
    assert (error["code"], error["message"].partition(" Request id: ")[0]) == (CONSTRAINT, words)


@pytest.mark.parametrize(("kind", "fields", "words"), BROKEN)
async def test_a_task_that_the_prompt_gives_away_fails_later(
    kind: str, fields: dict[str, Any], words: str
) -> None:
    here = world(DIALECT)
    shown = await ended(here, order(said(PROMPTS[kind]), video(), model=NEW, **fields))
    assert shown["status"] == "failed"
    assert shown["error"]["code"] == CONSTRAINT
    assert shown["error"]["message"].partition(" Request id: ")[0] == words
    assert await here.sums() == {}
    # Neither without a video nor on another model is there anything to edit.
    assert (await ended(here, order(said(PROMPTS[kind]), model=NEW, **fields)))[
        "status"
    ] == "succeeded"
    old = await ended(here, order(said(PROMPTS[kind]), video(), model=STANDARD, **fields))
    assert old["status"] == "succeeded"


async def test_an_end_that_is_asked_for_comes_before_what_the_prompt_gives_away() -> None:
    here = world(DIALECT)
    body = order(said("Remove the boat [[sim: succeed]]"), video(), model=NEW, duration=5)
    assert (await ended(here, body))["status"] == "succeeded"


async def test_a_video_to_edit_may_not_be_too_short() -> None:
    here = world(DIALECT)
    body = order(TEXT, video(seconds=2.4), model=NEW, omni_reference_task_type="edit")
    error = await refused(here, body)
    assert "The parameter `content[1].video_url` specified in the request" in error["message"]
    assert "Issues: [0] `content[1].video_url` is 2.4 seconds." in error["message"]
    shown = await ended(here, order(said("Change the colours"), video(seconds=2.4), model=NEW))
    assert "`content[1].video_url` is 2.4 seconds." in shown["error"]["message"]


@pytest.mark.parametrize("kind", ["edit", "extend"])
async def test_a_task_of_videos_needs_one(kind: str) -> None:
    here = world(DIALECT)
    for items in ([TEXT], [TEXT, image()], [TEXT, audio()]):
        error = await refused(here, order(*items, model=NEW, omni_reference_task_type=kind))
        assert error["param"] == "omni_reference_task_type"


@pytest.mark.parametrize(("declared", "other"), [("edit", "extend"), ("reference", "edit")])
async def test_a_prompt_that_says_something_else_fails_later(declared: str, other: str) -> None:
    here = world(DIALECT)
    body = order(said(PROMPTS[other]), video(), model=NEW, omni_reference_task_type=declared)
    shown = await ended(here, body)
    assert shown["error"]["code"] == "InvalidParameter.TaskTypeMismatch"
    # A prompt that says nothing is no contradiction.
    assert (await ended(here, {**body, "content": [TEXT, video()]}))["status"] == "succeeded"


async def test_an_edit_is_as_long_as_its_video() -> None:
    here = world(DIALECT)
    body = order(TEXT, video(seconds=7.04, width=1280, height=720), model=NEW)
    shown = await ended(here, {**body, "omni_reference_task_type": "edit"})
    assert (shown["duration"], shown["ratio"]) == (7, "16:9")
    task = await here.engine.task(shown["id"])
    assert task is not None
    assert task.order.frames == 168


@pytest.mark.parametrize(
    ("seconds", "documented", "observed"),
    [(2, 194_400, 194_400), (4, 194_400, 195_300), (5, 216_000, 216_900)],
)
async def test_short_videos_cost_as_much_as_longer_ones(
    seconds: int, documented: int, observed: int
) -> None:
    for fidelity, tokens in (("documented", documented), ("observed", observed)):
        here = world(DIALECT, fidelity=fidelity)
        body = order(TEXT, video(seconds=seconds), model=NEW, duration=5, ratio="16:9")
        shown = await ended(here, body)
        assert shown["usage"] == {"completion_tokens": tokens, "total_tokens": tokens}
        assert await here.sums() == {"tokens": -tokens}


async def test_a_silent_file_of_another_kind() -> None:
    here = world(DIALECT)
    shown = await ended(here, order(model=NEW, output_format="mov", duration=4))
    assert shown["output_format"] == "mov"
    assert f"{shown['id']}.mov?" in shown["content"]["video_url"]
    assert (await ended(here, order(model=NEW)))["output_format"] == "mp4"
    assert "output_format" not in await ended(here, order(model=STANDARD))
    observed = world(DIALECT, fidelity="observed")
    assert (await ended(observed, order(model=STANDARD)))["output_format"] == "mp4"
    assert (await refused(here, order(model=NEW, output_format="avi")))["param"] == "output_format"
    assert (await ended(observed, order(model=NEW, output_format="avi")))["status"] == "succeeded"


async def test_the_newest_shows_the_proportions_that_a_picture_gave() -> None:
    here = world(DIALECT, fidelity="observed")
    first = image("first_frame", width=720, height=1280)
    small = await ended(here, order(TEXT, first, model=NEW, draft=True, duration=5))
    assert (small["ratio"], small["resolution"], small["draft"]) == ("240:427", "480p", True)
    assert small["usage"]["total_tokens"] == 48437
    final = {"type": "draft_task", "draft_task": {"id": small["id"]}}
    large = await ended(here, order(final, model=NEW, resolution="1080p"))
    assert (large["ratio"], large["usage"]["total_tokens"]) == ("9:16", 245025)


async def drafted(here: World, *items: Any, model: str = NEW, **fields: Any) -> dict[str, Any]:
    """The item that continues a draft which has succeeded."""
    shown = await ended(here, order(*items, model=model, draft=True, **fields))
    return {"type": "draft_task", "draft_task": {"id": shown["id"]}}


@pytest.mark.parametrize("model", [NEW, OLD])
async def test_a_final_video_is_that_of_its_draft(model: str) -> None:
    here = world(DIALECT)
    asked = {"ratio": "9:16", "duration": 6, "seed": 7, "generate_audio": False}
    item = await drafted(here, said("A red kite"), model=model, **asked)
    final = await ended(here, order(item, model=model, resolution="1080p", watermark=True))
    assert final["draft_task_id"] == item["draft_task"]["id"]
    assert final["draft"] is False
    assert not {"service_tier", "execution_expires_after", "priority"} & set(final)
    assert (final["resolution"], final["ratio"], final["duration"]) == ("1080p", "9:16", 6)
    assert (final["seed"], final["generate_audio"]) == (7, False)
    made = await here.engine.task(final["id"])
    assert made is not None
    assert (made.order.prompt, made.order.width, made.order.watermark) == ("A red kite", 1080, True)
    assert (await ended(here, order(item, model=model)))["resolution"] == "720p"


async def test_a_draft_is_small_and_plain() -> None:
    here = world(DIALECT)
    assert (await accepted(here, order(model=NEW, draft=True, resolution="480p"))).order.draft
    for field, value in (("resolution", "720p"), ("return_last_frame", True)):
        body = order(model=NEW, draft=True, **{field: value})
        assert (await refused(here, body))["param"] == field
    error = await refused(here, order(model=OLD, draft=True, service_tier="flex"))
    assert error["param"] == "service_tier"


async def test_what_is_no_draft_is_not_continued() -> None:
    here = world(DIALECT)
    item = await drafted(here)
    plain = (await ended(here, order(model=NEW)))["id"]
    running = (await accepted(here, order(model=NEW, draft=True))).id
    for task_id in (plain, running, "cgt-20260101000000-bcdfg"):
        other = {"type": "draft_task", "draft_task": {"id": task_id}}
        assert "draft" in (await refused(here, order(other, model=NEW)))["message"]
    assert NEW in (await refused(here, order(item, model=OLD)))["message"]
    assert (
        "draft_task must be the only"
        in (await refused(here, order(item, TEXT, model=NEW)))["message"]
    )
    status, _ = await here.json("POST", TASKS, order(item, model=NEW), key="sk-other")
    assert status == 400
    here.advance("6d")
    await accepted(here, order(item, model=NEW))
    here.advance("1d")
    await refused(here, order(item, model=NEW))


async def test_the_catalogue_tells_models_apart() -> None:
    _, body = await world(DIALECT).json("GET", "/api/v3/models")
    found = {one["id"]: one for one in body["data"]}
    assert set(found) == set(MODELS)
    assert "status" not in found[NEW]
    assert found[OLD]["status"] == "Retiring"
    assert "VideoEditing" in found[NEW]["task_type"]
    assert found[OLD]["task_type"] == ["TextToVideo", "ImageToVideo"]
    assert found[OLD]["modalities"]["input_modalities"] == ["text", "image"]


def test_what_the_newest_client_can_send_besides_is_told_to_be_ignored() -> None:
    more = {
        "subdivision_level": "high",
        "optimize_prompt": True,
        "reasoning_effort": "low",
        "human_face_mode": "keep",
    }
    found = {one.name: one.hint for one in DIALECT.fields.ignored(order(model=NEW, **more))}
    assert set(found) == set(more)
    assert "3D objects" in found["subdivision_level"]
    assert "the model has no such setting" in found["optimize_prompt"]
    read = {"output_format": "mov", "omni_reference_task_type": "edit", "bitrate_mode": "high"}
    assert DIALECT.fields.ignored(order(model=NEW, draft=True, **read)) == []


PLAN = "/api/plan/v3/contents/generations/tasks"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("doubao-seedance-2.0", STANDARD),
        ("doubao-seedance-2.0-fast", FAST),
        ("doubao-seedance-2.0-mini", MINI),
        (STANDARD, STANDARD),
        ("doubao-seedance-2-0-991231", STANDARD),
    ],
)
async def test_agent_plan_has_names_of_its_own(asked: str, shown: str) -> None:
    here = world(DIALECT)
    status, body = await here.json("POST", PLAN, order(model=asked))
    assert status == 200
    _, task = await here.json("GET", f"{PLAN}/{body['id']}")
    assert task["model"] == shown
    _, listed = await here.json("GET", PLAN)
    assert [one["id"] for one in listed["items"]] == [body["id"]]
    assert (await here.json("DELETE", f"{PLAN}/{body['id']}"))[0] == 200


@pytest.mark.parametrize(
    "model", [NEW, "doubao-seedance-2.5", "ep-20260101-abcde", "x", "ep-x-260101"]
)
async def test_a_model_that_agent_plan_does_not_have(model: str) -> None:
    here = world(DIALECT)
    status, body = await here.json("POST", PLAN, {"model": model})
    assert status == 404
    error = body["error"]
    assert (error["code"], error["param"], error["type"]) == ("UnsupportedModel", "", "")
    words = "The requested model does not support the agent plan feature. Please refer to "
    assert error["message"].startswith(words)
    assert " Request id: 02" in error["message"]


@pytest.mark.parametrize(("plan", "good", "bad"), [(True, PLAN, TASKS), (False, TASKS, PLAN)])
async def test_in_a_key_file_agent_plan_has_keys_of_its_own(
    plan: bool, good: str, bad: str
) -> None:
    here = world(DIALECT, keys=(Key(KEY, agent_plan=plan),))
    status, body = await here.json("POST", good, order(model=STANDARD))
    assert status == 200
    assert (await here.json("GET", f"{good}/{body['id']}"))[0] == 200
    for method, path in (("GET", bad), ("GET", f"{bad}/{body['id']}"), ("POST", bad)):
        status, refused = await here.json(method, path, order(model=STANDARD))
        assert (status, refused["error"]["code"]) == (401, "AuthenticationError")
    assert len(await here.engine.tasks()) == 1


async def test_what_is_wrong_elsewhere_is_so_below_agent_plan() -> None:
    here = world(DIALECT)
    assert (await here.json("POST", PLAN, {"model": 5}))[0] == 400
    assert (await here.json("POST", PLAN, order(model=STANDARD, duration=3)))[0] == 400
    assert (await here.json("GET", "/api/plan/v3/models"))[0] == 404
    assert (await here.json("POST", TASKS, order(model="doubao-seedance-2.0")))[0] == 404
