"""Lists of the Videos API: an account's videos in pages, and the models."""

from datetime import datetime
from typing import Any

from simulator.core.problems import Kind, refuse
from simulator.core.rules import Between, OfType, OneOf, whole
from simulator.core.task import Task
from simulator.dialects.openai import render
from simulator.dialects.openai.litellm import errors, objects
from simulator.dialects.openai.rules import MODELS, NAME
from simulator.engine import Engine
from simulator.engine.call import Call, Reply, usable

LEAST_LISTED, MOST_LISTED, LISTED = 0, 100, 20
ORDERS = ("asc", "desc")
# "List videos": what a list may be asked for; and what LiteLLM has to be told.
LISTING = (
    OneOf("order", ORDERS),
    Between("limit", LEAST_LISTED, MOST_LISTED),
    OfType("after", "string"),
    OfType("custom_llm_provider", "string"),
)


async def index(call: Call, engine: Engine) -> Reply:
    """The account's videos, newest first unless asked otherwise, in pages after a known one."""
    tasks = await engine.tasks(call.account.key, NAME)
    found = [task for task in reversed(tasks) if task.kept(call.now)]
    if engine.observed:
        return _listed_by_litellm(call, found)
    asked = dict(call.parameters)
    if asked.get("order", "desc") not in ORDERS:
        raise refuse(Kind.CHOICE, "order", "must be asc or desc", limit=ORDERS, got=asked["order"])
    if asked.get("order") == "asc":
        found.reverse()
    most, after = _limit(asked.get("limit")), asked.get("after")
    if after:
        places = [at for at, task in enumerate(found) if task.id == after]
        if not places:
            raise refuse(Kind.UNKNOWN_TASK, "after", "is no video of yours", got=after)
        found = found[places[0] + 1 :]
    page = [render.video(task, call.now) for task in found[:most]]
    body = {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(found) > most,
    }
    return render.reply(200, body)


def _limit(text: str | None) -> int:
    if not text:
        return LISTED
    number = whole(text)
    if number is None or not LEAST_LISTED <= number <= MOST_LISTED:
        detail = f"must be a whole number from {LEAST_LISTED} to {MOST_LISTED}"
        raise refuse(Kind.RANGE, "limit", detail, limit=(LEAST_LISTED, MOST_LISTED), got=text)
    return number


def _listed_by_litellm(call: Call, found: list[Task]) -> Reply:
    """Ark's first page; what the client says of pages never gets there."""
    provider = dict(call.parameters).get("custom_llm_provider")
    if (provider or call.headers.get("custom-llm-provider")) != "volcengine":
        raise refuse(Kind.NEEDS, "custom_llm_provider", aspect=errors.LISTING)
    data = [
        objects.polled(
            task, objects.public_id(task.id, task.order.model, False), task.order.model, call.now
        )
        for task in found[:LISTED]
    ]
    body: dict[str, Any] = {
        "object": "list",
        "data": data,
        "total": len(found),
        "has_more": False,
    }
    if data:
        body |= {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
    return render.reply(200, body)


async def models(call: Call, engine: Engine) -> Reply:
    """The models that the key may use."""
    data = [_model(name, engine) for name in usable(call.account, MODELS)]
    body = {"data": data, "object": "list"}
    return render.reply(200, body)


async def show_model(call: Call, engine: Engine) -> Reply:
    """One model by its name."""
    name = call.args["model"]
    if name not in usable(call.account, MODELS):
        detail = f"The model '{name[: render.LONGEST_ECHO]}' does not exist"
        raise refuse(Kind.STATE, "model", detail, aspect=render.NOT_THERE, got=name)
    if engine.observed:
        return render.reply(200, objects.model(name, "volcengine"))
    return render.reply(200, _model(name, engine))


def _model(name: str, engine: Engine) -> dict[str, Any]:
    if engine.observed:
        return objects.model(name, "openai")
    made = datetime.strptime(f"{name.rpartition('-')[2]}+0000", "%y%m%d%z")
    created = int(made.timestamp())
    return {"id": name, "object": "model", "created": created, "owned_by": "bytedance"}
