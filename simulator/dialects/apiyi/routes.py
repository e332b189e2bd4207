"""An order, and its task as it is shown."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from simulator.core.rules import given
from simulator.core.sharing import shared
from simulator.core.task import Order, Task
from simulator.dialects import ark_models, ark_tasks
from simulator.dialects.apiyi.rules import MODELS, SOLD
from simulator.dialects.ark_answers import task_object
from simulator.dialects.ark_family import EXPIRES_AFTER, TRUSTING, Intake, order_of, submit
from simulator.dialects.ark_models import Model
from simulator.engine import Engine
from simulator.engine.call import Call, Reply


async def create(call: Call, engine: Engine) -> Reply:
    """An order, answered with the id alone."""
    chance = await engine.draw(call.account)
    model = sold(engine)[call.body["model"]]
    intake = TRUSTING
    if model.task_types:
        intake = Intake(limits=ark_models.limits(model.material, engine.observed))
    order = await order_of(call, engine, model, chance, intake)
    order = _as_the_task_is(call, order, model)
    expires = given(call.body, "execution_expires_after", EXPIRES_AFTER)
    # No page speaks of callbacks, so the field is one of those that mean nothing.
    order = replace(order, callback_url=None, extra=shared({"execution_expires_after": expires}))
    task = await submit(call, engine, "apiyi", order, chance)
    return Reply(200, {"id": task.id}, task=task)


def _as_the_task_is(call: Call, order: Order, model: Model) -> Order:
    """The order as Seedance 2.5 takes it; what its prompt gives away is refused at once here.

    APIYI's FAQ, August 2026: 400, and nothing is billed.
    """
    if not model.task_types:
        return order
    order = ark_tasks.constrained(call.body, order, model)
    ark_tasks.refuse_inferred(call.body, order)
    return replace(order, container=given(call.body, "output_format", "mp4"))


def sold(engine: Engine) -> Mapping[str, Model]:
    """The models that there are: those of the seed, or all that are sold by now."""
    return SOLD if engine.observed else MODELS


async def show(call: Call, engine: Engine) -> Reply:
    """A task as it is now."""
    task = await engine.find("apiyi", call.account, call.args["id"], call.now)
    also = {**_passed_on(task, engine), "generate_audio": task.order.sound, "draft": False}
    if engine.observed:
        also["priority"] = 0
    model = SOLD[task.order.model]
    shown = task_object(task, engine, call.base, call.now, model, also)
    if engine.observed and "usage" in shown:
        shown["output_format"] = task.order.container
    return Reply.of(task, shown, call.now)


def _passed_on(task: Task, engine: Engine) -> dict[str, Any]:
    """What Ark answers too, although the page's sample does not have it."""
    if not engine.observed:
        return {}
    expires = task.order.extra["execution_expires_after"]
    return {"service_tier": "default", "execution_expires_after": expires}
