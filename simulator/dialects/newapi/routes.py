"""What new-api does: it passes orders on, shows tasks in two shapes, and streams clips."""

import json

from simulator.core.clock import DAY
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.task import Task
from simulator.dialects import ark_upstream, newapi_base, newapi_errors
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.newapi import money, render
from simulator.dialects.newapi.payload import payload
from simulator.engine import Engine, Submission
from simulator.engine.call import Call, Clip, Reply

# What is in the answer's header, by the keys that the price is looked up with.
RATIOS = "X-New-Api-Other-Ratios"
PANIC = (
    "Panic detected, error: runtime error: invalid memory address or nil pointer dereference. "
    "Please submit a issue here: https://github.com/Calcium-Ion/new-api"
)


async def create(call: Call, engine: Engine) -> Reply:
    """Pass an order on, once it is paid for; what the upstream has against it is told in its words.

    The money comes before the conversion, of which Go complains as of a fault of its own.
    """
    june = engine.observed
    await engine.admit(call.account, money.held(call.body, june=june), call.now)
    sent = call.holding(payload(call.body, june=june))
    chance = await engine.draw(call.account)
    try:
        order = await ark_upstream.take(sent, engine, chance)
    except Refusal as refusal:
        return newapi_errors.passed_on(ark_upstream.refusal(refusal.problem, sent))
    submission = Submission(
        dialect="newapi",
        account=call.account,
        order=order,
        charge=money.charge(order, call.body, june=june),
        name=lambda attempt: newapi_base.task_id(chance, attempt),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
        fate=newapi_base.fate(engine),
    )
    task = await engine.submit(submission, chance, call.now)
    told = json.dumps(money.ratios(call.body, june=june), separators=(",", ":"))
    return Reply(200, newapi_base.created_object(task), {RATIOS: told}, task=task)


async def show(call: Call, engine: Engine) -> Reply:
    """A task in the gateway's own envelope."""
    task = await _find(call, engine)
    body = render.envelope(task, engine, call.base, call.now)
    return Reply(200, body, content_type=render.JSON, task=task)


async def show_object(call: Call, engine: Engine) -> Reply:
    """A task as an OpenAI video object."""
    task = await _find(call, engine)
    body = render.video_object(task, engine, call.base, call.now)
    return Reply(200, body, content_type=render.JSON, task=task)


async def _find(call: Call, engine: Engine) -> Task:
    """The task of an id; a key with a list of models has to be allowed the task's model.

    For a task that is not known the model's name is empty, and so on no list.
    """
    models = call.account.models
    try:
        task = await engine.find("newapi", call.account, call.args["id"], call.now)
    except Refusal:
        if models:
            raise refuse(Kind.NO_GROUP, "model", "no access", got="") from None
        raise
    if models and task.order.model not in models:
        raise refuse(Kind.NO_GROUP, "model", "no access", got=task.order.model)
    return task


async def show_content(call: Call, engine: Engine) -> Reply | Clip:
    """The clip's bytes, as long as the upstream's link to them holds."""
    task = await engine.find("newapi", call.account, call.args["id"], call.now)
    found = render.known(task, engine, call.now)
    if found.status != "SUCCESS":
        raise refuse(Kind.STATE, "id", "the task has no clip", got=found.status)
    if call.now >= task.made() + DAY:
        error = {"message": "Upstream service returned status 403", "type": "server_error"}
        return Reply(502, {"error": error})
    return Clip(task, headers={"Cache-Control": "public, max-age=86400"}, whole=True)


async def remix(call: Call, engine: Engine) -> Reply:
    """What there is no adaptor for: the code base falls over."""
    try:
        await engine.find("newapi", call.account, call.args["id"], call.now)
    except Refusal:
        return newapi_errors.task_error(400, "task_not_exist", "task_origin_not_exist")
    return Reply(500, {"error": {"message": PANIC, "type": "new_api_panic"}})


async def show_model(call: Call, engine: Engine) -> Reply:
    """One model, of which the code base says that there is none, with a status of success."""
    error = {
        "message": f"The model '{call.args['name'][: newapi_errors.LONGEST_ECHO]}' does not exist",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }
    return Reply(200, {"error": error})
