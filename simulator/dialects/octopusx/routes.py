"""What OctopusX does: it takes orders, goes on from drafts and shows tasks."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from simulator.core.addresses import check_callback
from simulator.core.chance import Chance
from simulator.core.clock import SECOND
from simulator.core.item import Item
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.rules import given
from simulator.core.sharing import shared
from simulator.core.task import Order, Phase, Task
from simulator.core.tokens import SIZES
from simulator.dialects import content, newapi_base
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.ark_family import Intake, order_of, task_id
from simulator.dialects.newapi_wallet import quota, ratios
from simulator.dialects.octopusx import render
from simulator.dialects.octopusx.assets import library
from simulator.dialects.octopusx.rules import DEFAULTS, MODELS
from simulator.engine import Engine, Submission
from simulator.engine.call import Call, Reply


async def create(call: Call, engine: Engine) -> Reply:
    """An order, or a draft's that is to be finished."""
    settings = _settings(call)
    url, field = settings["callback_url"], "metadata.callback_url"
    check_callback(url, field, engine.config, plain_http=True)
    chance = await engine.draw(call.account)
    draft_id = content.draft_id(call.body)
    if draft_id is None:
        order = await _order(call, engine, settings, chance)
    else:
        order = _finished(await _draft(call, engine, draft_id), call.body["model"], settings)
    submission = Submission(
        dialect="octopusx",
        account=call.account,
        order=order,
        charge=quota(order, observed=engine.observed, july=engine.observed),
        name=lambda attempt: task_id(chance, attempt, call.now),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
        fate=newapi_base.fate(engine) if engine.observed else None,
    )
    task = await engine.submit(submission, chance, call.now)
    if engine.observed:
        await _remember_alias(task, engine)
    headers = ratios(order) if engine.observed else {}
    return Reply(200, {"task_id": task.id}, headers, task=task)


async def create_object(call: Call, engine: Engine) -> Reply:
    """The same order at the code base's other path, where the answer is its video object."""
    reply = await create(call, engine)
    task = await engine.find("octopusx", call.account, reply.body["task_id"], call.now)
    return Reply(200, newapi_base.created_object(task), reply.headers, task=task)


def _settings(call: Call) -> dict[str, Any]:
    """The parameters of the metadata, every default filled in."""
    metadata = given(call.body, "metadata", {})
    return {name: given(metadata, name, default) for name, default in DEFAULTS.items()}


async def _order(call: Call, engine: Engine, settings: Mapping[str, Any], chance: Chance) -> Order:
    """The order as the upstream would understand it, with what only this dialect knows."""
    model = MODELS[call.body["model"]]
    upstream = {"model": call.body["model"], "content": call.body["content"], **settings}
    intake = Intake(library(call, engine), frozenset({"image", "video", "audio"}))
    order = await order_of(call.holding(upstream), engine, model, chance, intake)
    extra = _extra(settings)
    if settings["frames"] is not None:
        frames = settings["frames"]
        order = replace(order, frames=frames, seconds=-(-frames // 24))
        extra["frames"] = frames
    return replace(
        order,
        camera_fixed=settings["camera_fixed"],
        draft=settings["draft"],
        extra=shared(extra),
    )


def _extra(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in ("service_tier", "execution_expires_after")}


async def _draft(call: Call, engine: Engine, draft_id: str) -> Task:
    """The caller's own draft, which must have succeeded."""
    try:
        task = await engine.find("octopusx", call.account, draft_id, call.now)
    except Refusal:
        task = None
    if task is None or not task.order.draft or task.phase(call.now) is not Phase.SUCCEEDED:
        field = "content[0].draft_task.id"
        detail = "must be a task of your own that was made with draft true and has succeeded"
        raise refuse(Kind.NEEDS, field, detail, got=draft_id)
    return task


def _finished(draft: Task, model: str, settings: Mapping[str, Any]) -> Order:
    """A draft's order again, with the looks that the new request asks for."""
    order = draft.order
    width, height = SIZES[settings["resolution"]][order.ratio]
    extra = {**order.extra, **_extra(settings), "draft_task_id": draft.id}
    return replace(
        order,
        model=model,
        tier=MODELS[model].tier,
        resolution=settings["resolution"],
        width=width,
        height=height,
        watermark=settings["watermark"],
        last_frame=settings["return_last_frame"],
        draft=False,
        callback_url=settings["callback_url"],
        expires_after=settings["execution_expires_after"] * SECOND,
        extra=shared(extra),
    )


async def _remember_alias(task: Task, engine: Engine) -> None:
    facts = {"task": task.id}
    name = render.alias(task.id)
    await engine.keep(Item(name, "octopusx", task.account, "alias", task.created, facts))


async def show(call: Call, engine: Engine) -> Reply:
    """A task in the gateway's envelope."""
    task = await _find(call, engine)
    return _shown(task, render.envelope(task, engine, call.base, call.now), call, engine)


async def show_object(call: Call, engine: Engine) -> Reply:
    """A task as an OpenAI video object."""
    task = await _find(call, engine)
    return _shown(task, render.video_object(task, engine, call.base, call.now), call, engine)


def _shown(task: Task, body: Mapping[str, Any], call: Call, engine: Engine) -> Reply:
    """``observed`` is in rounds of its own, which do not go by the phases of the task."""
    if engine.observed:
        return newapi_base.told(task, body, call, engine)
    return Reply.of(task, body, call.now)


async def _find(call: Call, engine: Engine) -> Task:
    """The task of an id."""
    name = await _name(call, engine)
    if engine.observed:
        return await newapi_base.find("octopusx", call, engine, name)
    return await engine.find("octopusx", call.account, name, call.now)


async def _find_clip(call: Call, engine: Engine) -> Task:
    """The same for the call that gives the clip, which looks at no list of models."""
    return await engine.find("octopusx", call.account, await _name(call, engine), call.now)


async def _name(call: Call, engine: Engine) -> str:
    """The id of a task, also where the call has the one that the code base shows it under."""
    item = await engine.item(call.args["id"])
    if item is not None and item.dialect == "octopusx" and item.kind == "alias":
        return str(item.facts["task"])
    return call.args["id"]


show_content = newapi_base.content_handler("octopusx", _find_clip)
