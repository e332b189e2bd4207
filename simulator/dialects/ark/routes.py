"""What ark does: create, query, list and delete."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from simulator.core.addresses import check_callback
from simulator.core.chance import Chance
from simulator.core.clock import DAY
from simulator.core.problems import Kind, refuse
from simulator.core.rules import given
from simulator.core.task import Order, Phase, Task
from simulator.dialects.ark.commands import with_commands
from simulator.dialects.ark.render import render
from simulator.dialects.ark.rules import ENDPOINT_MODEL, MODELS
from simulator.dialects.ark_family import EXPIRES_AFTER, order_of, submit
from simulator.engine import Engine, kept
from simulator.engine.call import Call, Reply, usable

# A cancelled task's record is kept for a day only.
CANCELLED_FOR = DAY
PAGE_SIZE = 20


async def create(call: Call, engine: Engine) -> Reply:
    """An order, answered with the id alone."""
    chance = await engine.draw(call.account)
    order = await ordered(call, engine, chance)
    task = await submit(call, engine, "ark", order, chance)
    return Reply(200, {"id": task.id})


async def ordered(call: Call, engine: Engine, chance: Chance) -> Order:
    """The order that a body which has passed the rules stands for, its media judged."""
    url = call.body.get("callback_url")
    check_callback(url, "callback_url", engine.config, plain_http=True)
    asked = call.body["model"]
    name = asked if asked in MODELS else ENDPOINT_MODEL
    call = call.holding(with_commands({**call.body, "model": name}))
    order = await order_of(call, engine, MODELS[name], chance)
    extra = {
        "asked": asked,
        "priority": given(call.body, "priority", 0),
        "execution_expires_after": given(call.body, "execution_expires_after", EXPIRES_AFTER),
        "safety_identifier": call.body.get("safety_identifier"),
        "web_search": bool(call.body.get("tools")),
    }
    return replace(order, extra=extra)


async def show(call: Call, engine: Engine) -> Reply:
    """A task as it is now."""
    task = await _find(call, engine)
    return Reply.of(task, render(task, engine, call.base, call.now), call.now)


async def index(call: Call, engine: Engine) -> Reply:
    """The account's tasks of the last seven days, newest first, filtered and in pages."""
    number, size = _page(call, "page_num", 1), _page(call, "page_size", PAGE_SIZE)
    fits = _filter(call)
    tasks = await engine.tasks(call.account.key, "ark")
    found = [t for t in reversed(tasks) if kept(t, call.now, CANCELLED_FOR) and fits(t)]
    page = found[(number - 1) * size : number * size]
    items = [_listed(render(task, engine, call.base, call.now)) for task in page]
    return Reply(200, {"total": len(found), "items": items})


def _listed(shown: dict[str, Any]) -> dict[str, Any]:
    """A task in a list: what failed has its error under a second name too.

    The official Go client reads ``failure_reason`` in lists, the other ones ``error``.
    """
    return {**shown, "failure_reason": shown["error"]} if "error" in shown else shown


async def delete(call: Call, engine: Engine) -> Reply:
    """Cancel a task that waits, forget one that has ended; nothing else can be done."""
    task = await _find(call, engine)
    phase = task.phase(call.now)
    if phase in (Phase.RUNNING, Phase.CANCELLED):
        raise refuse(Kind.STATE, "id", f"the task is {phase}", got=phase)
    if phase is Phase.QUEUED:
        await engine.cancel(task, call.now)
    else:
        await engine.remove(task, call.now)
    return Reply(200, {})


async def models(call: Call, engine: Engine) -> Reply:
    """The catalogue of models, of both hosts, as far as the account may use them.

    Which fields an entry has is from programs that read it; what stands in ``status`` for a model
    that is neither retiring nor shut down is ours.
    """
    found = [_described(name) for name in usable(call.account, MODELS)]
    return Reply(200, {"object": "list", "data": found})


def _described(name: str) -> dict[str, Any]:
    family, _, version = name.rpartition("-")
    return {
        "id": name,
        "object": "model",
        "created": int(datetime.strptime(f"{version}+0000", "%y%m%d%z").timestamp()),
        "name": family,
        "version": version,
        "domain": "VideoGeneration",
        "status": "Active",
        "task_type": ["TextToVideo", "ImageToVideo", "MultimodalToVideo"],
        "modalities": {
            "input_modalities": ["text", "image", "video", "audio"],
            "output_modalities": ["video"],
        },
    }


async def _find(call: Call, engine: Engine) -> Task:
    return await engine.find("ark", call.account, call.args["id"], call.now, CANCELLED_FOR)


def _page(call: Call, name: str, otherwise: int) -> int:
    text = dict(call.parameters).get(name)
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 500):
        raise refuse(Kind.RANGE, name, "must be a whole number from 1 to 500", got=text)
    return int(text)


def _filter(call: Call) -> Callable[[Task], bool]:
    """What the filters of a list call leave; only ``filter.task_ids`` may come several times."""
    last = dict(call.parameters)
    status, model, tier = (
        last.get(f"filter.{name}") for name in ("status", "model", "service_tier")
    )
    ids = {text for name, text in call.parameters if name == "filter.task_ids" and text}
    if status and status not in tuple(Phase):
        detail = "must be one of " + ", ".join(Phase)
        raise refuse(Kind.CHOICE, "filter.status", detail, got=status)

    def fits(task: Task) -> bool:
        order = task.order
        return (
            (not status or task.phase(call.now) == status)
            and (not model or model in (order.model, order.extra["asked"]))
            and (not tier or tier == "default")
            and (not ids or task.id in ids)
        )

    return fits
