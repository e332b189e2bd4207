"""What new-api does: it passes orders on, shows tasks in two shapes, and streams clips."""

from simulator.core.problems import Refusal
from simulator.dialects import ark_upstream, newapi_base, newapi_errors
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.newapi import money, render
from simulator.dialects.newapi.payload import payload
from simulator.dialects.newapi_wallet import RATIOS, ratios_text
from simulator.engine import Engine, Submission
from simulator.engine.call import Call, Reply

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
    told = ratios_text(money.ratios(call.body, june=june))
    return Reply(200, newapi_base.created_object(task), {RATIOS: told}, task=task)


async def show(call: Call, engine: Engine) -> Reply:
    """A task in the gateway's own envelope."""
    task = await newapi_base.find("newapi", call, engine)
    return newapi_base.told(task, render.envelope(task, engine, call.base, call.now), call, engine)


async def show_object(call: Call, engine: Engine) -> Reply:
    """A task as an OpenAI video object."""
    task = await newapi_base.find("newapi", call, engine)
    body = render.video_object(task, engine, call.base, call.now)
    return newapi_base.told(task, body, call, engine)


show_content = newapi_base.content_handler("newapi", stock=True)


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
