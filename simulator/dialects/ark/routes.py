"""What ark does: create, query, list and delete."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from simulator.core.addresses import check_callback
from simulator.core.chance import Chance
from simulator.core.clock import DAY
from simulator.core.likeness import Known
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.rules import Between, OfType, OneOf, given
from simulator.core.sharing import shared
from simulator.core.task import Order, Phase, Task
from simulator.core.tokens import tokens_with_least
from simulator.dialects import content
from simulator.dialects.ark import drafts
from simulator.dialects.ark.commands import with_commands
from simulator.dialects.ark.entrance import assets
from simulator.dialects.ark.render import render
from simulator.dialects.ark.rules import DRAFT
from simulator.dialects.ark_family import EXPIRES_AFTER, Intake, order_of, seed_of, submit
from simulator.dialects.ark_models import MODELS, Model, limits, shown_ratio
from simulator.dialects.ark_rows import ENDPOINT_MODEL
from simulator.dialects.ark_tasks import constrained, failing
from simulator.engine import Engine
from simulator.engine.call import Call, Reply, usable

# Whose record DELETE removes, by its document; a running task's and a cancelled one's it does not.
REMOVABLE = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.EXPIRED})
# A cancelled task's record is kept for a day only.
CANCELLED_FOR = DAY
PAGE_SIZE = 20
MOST_PAGES = 500


async def create(call: Call, engine: Engine) -> Reply:
    """An order, answered with the id alone."""
    chance = await engine.draw(call.account)
    order = await ordered(call, engine, chance)
    task = await submit(call, engine, "ark", order, chance)
    return Reply(200, {"id": task.id}, task=task)


# Orders without media and callbacks, by what they are beside their words and by the fidelity.
_known: Known[Order] = Known()


async def ordered(call: Call, engine: Engine, chance: Chance) -> Order:
    """The order that a body which has passed the rules stands for, its media judged."""
    alike = None if call.like is None else _known.get((call.like, engine.observed))
    if alike is not None:
        seed = seed_of(call.body, chance)
        return replace(alike, prompt=content.text(call.body), seed=seed)
    order = await _ordered(call, engine, chance)
    if call.like is not None and order.callback_url is None and not draws_seconds(call.body):
        _known.keep((call.like, engine.observed), order)
    return order


def draws_seconds(body: Mapping[str, Any]) -> bool:
    """Whether the length of an order is the model's own choice, another one each time."""
    model = MODELS.get(body["model"], MODELS[ENDPOINT_MODEL])
    return bool(given(body, "duration", model.usual_seconds) == -1)


async def _ordered(call: Call, engine: Engine, chance: Chance) -> Order:
    """The same, found out anew."""
    url = call.body.get("callback_url")
    check_callback(url, "callback_url", engine.config, plain_http=True)
    asked = call.body["model"]
    name = asked if asked in MODELS else ENDPOINT_MODEL
    body = with_commands(call.body if name == asked else {**call.body, "model": name})
    call = call if body is call.body else call.holding(body)
    draft = await drafts.find(call, engine)
    if draft is not None:
        order = drafts.finished(draft, MODELS[name], call.body)
        extra = {**order.extra, **_extra(call, asked), "draft": draft.id}
        order = replace(order, extra=shared(extra))
        return replace(order, tokens=_tokens(order, MODELS[name]))
    return await _order(call, engine, chance, _extra(call, asked))


def _tokens(order: Order, model: Model) -> int | None:
    """What an order costs where its model does not go by the common formula."""
    return tokens_with_least(order) if model.least_tokens else order.tokens


async def _order(call: Call, engine: Engine, chance: Chance, extra: Mapping[str, Any]) -> Order:
    """An order that begins from nothing, as its model understands it."""
    model = MODELS[call.body["model"]]
    if given(call.body, "draft", False):
        call = call.holding({**call.body, "resolution": DRAFT})
    intake = Intake(assets(call, engine), limits=limits(model.material, engine.observed))
    order = await order_of(call, engine, model, chance, intake)
    order = constrained(call.body, order, model)
    # Live answers of 2.5 show the clip's own proportions where it follows a picture (2026-09-30).
    adaptive = given(call.body, "ratio", "adaptive") == "adaptive"
    follows = engine.observed and model.task_types and adaptive
    return replace(
        order,
        ratio=shown_ratio(order.ratio, order.width, order.height, not follows),
        camera_fixed=given(call.body, "camera_fixed", False),
        draft=given(call.body, "draft", False),
        container=given(call.body, "output_format", "mp4"),
        tokens=_tokens(order, model),
        fails=failing(call.body, order) if model.task_types else None,
        extra=shared({"ratio": order.ratio, "kept_ratio": not follows, **extra}),
    )


def _extra(call: Call, asked: str) -> dict[str, Any]:
    """What an order's answers repeat."""
    return {
        "asked": asked,
        "service_tier": given(call.body, "service_tier", "default"),
        "priority": given(call.body, "priority", 0),
        "execution_expires_after": given(call.body, "execution_expires_after", EXPIRES_AFTER),
        "safety_identifier": call.body.get("safety_identifier"),
        "web_search": bool(call.body.get("tools")),
    }


async def show(call: Call, engine: Engine) -> Reply:
    """A task as it is now."""
    task = await _find(call, engine)
    return Reply.of(task, render(task, engine, call.base, call.now), call.now)


# What a list may be asked for (82379/1521675); only ``filter.task_ids`` may come several times.
LISTING = (
    Between("page_num", 1, MOST_PAGES),
    Between("page_size", 1, MOST_PAGES),
    OneOf("filter.status", tuple(Phase)),
    OfType("filter.model", "string"),
    OfType("filter.service_tier", "string"),
    OfType("filter.task_ids", "string"),
)


async def index(call: Call, engine: Engine) -> Reply:
    """The account's tasks of the last seven days, newest first, filtered and in pages."""
    number, size = _page(call, "page_num", 1), _page(call, "page_size", PAGE_SIZE)
    fits = _filter(call)
    tasks = await engine.tasks(call.account.key, "ark")
    found = [t for t in reversed(tasks) if t.kept(call.now, CANCELLED_FOR) and fits(t)]
    page = found[(number - 1) * size : number * size]
    items = [_listed(render(task, engine, call.base, call.now)) for task in page]
    return Reply(200, {"total": len(found), "items": items})


def _listed(shown: dict[str, Any]) -> dict[str, Any]:
    """A task in a list: what failed has its error under a second name too.

    The official Go client reads ``failure_reason`` in lists, the other ones ``error``.
    """
    return {**shown, "failure_reason": shown["error"]} if "error" in shown else shown


async def delete(call: Call, engine: Engine) -> Reply:
    """Cancel a task that waits, forget one that has ended; nothing else can be done.

    Which of these it is shows when it is decided: the task may end while the call waits.
    """
    task = await _find(call, engine)
    try:
        await engine.cancel(task, call.now)
    except Refusal as refusal:
        if refusal.problem.got not in REMOVABLE:
            raise
        await engine.remove(task, call.now)
    return Reply(200, {})


async def models(call: Call, engine: Engine) -> Reply:
    """The catalogue of models, of both hosts, as far as the account may use them.

    Entries of 2026-08-12 as published: ``status`` stands only where a model is no longer live.
    """
    found = [_described(name) for name in usable(call.account, MODELS)]
    return Reply(200, {"object": "list", "data": found})


def _described(name: str) -> dict[str, Any]:
    family, _, version = name.rpartition("-")
    model = MODELS[name]
    tasks, inputs = ["TextToVideo", "ImageToVideo"], ["text", "image"]
    if model.references:
        tasks, inputs = [*tasks, "MultimodalToVideo"], [*inputs, "video", "audio"]
    if model.task_types:
        tasks = [*tasks, "VideoEditing"]
    return {
        "id": name,
        "object": "model",
        "created": int(datetime.strptime(f"{version}+0000", "%y%m%d%z").timestamp()),
        "name": family,
        "version": version,
        "domain": "VideoGeneration",
        **({"status": "Retiring"} if model.retiring else {}),
        "task_type": tasks,
        "modalities": {"input_modalities": inputs, "output_modalities": ["video"]},
        "token_limits": {},
        "features": {},
    }


async def _find(call: Call, engine: Engine) -> Task:
    return await engine.find("ark", call.account, call.args["id"], call.now, CANCELLED_FOR)


def _page(call: Call, name: str, otherwise: int) -> int:
    text = dict(call.parameters).get(name)
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_PAGES):
        detail = f"must be a whole number from 1 to {MOST_PAGES}"
        raise refuse(Kind.RANGE, name, detail, got=text)
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
            and order.extra["service_tier"] == (tier or "default")
            and (not ids or task.id in ids)
        )

    return fits
