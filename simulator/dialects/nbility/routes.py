"""An order with its files, and what is told of its task."""

from collections.abc import Mapping
from typing import Any

from simulator.core.chance import Chance
from simulator.core.rules import Body, given, whole
from simulator.core.task import Charge, Order, Reference, Task
from simulator.core.tokens import SIZES
from simulator.dialects import newapi_base
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.nbility.rules import CHEAP, DEFAULT, FILES, LEAST, MODELS, MOST, SIZES_2K
from simulator.dialects.newapi_polling import row
from simulator.engine import Engine, Submission
from simulator.engine.call import Call, Reply
from simulator.engine.references import adaptive_ratio, from_bytes

CLIP_LIFE = 86400
# No page gives its prices: here a second, and a task of the cheap model, is a dollar.
QUOTA_EACH = newapi_base.PER_DOLLAR
# A poll's words; the create call says IN_PROGRESS, whatever the first poll says.
PERCENT: Mapping[str, int] = {**newapi_base.PERCENT, "QUEUED": 20}


async def create(call: Call, engine: Engine) -> Reply:
    """An order, with its files."""
    chance = await engine.draw(call.account)
    references = await _references(call, engine)
    order = _order(call.body, references, chance)
    submission = Submission(
        dialect="nbility",
        account=call.account,
        order=order,
        charge=_charge(order),
        name=lambda attempt: _task_id(chance, attempt, engine.observed),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
        fate=newapi_base.fate(engine) if engine.observed else None,
    )
    task = await engine.submit(submission, chance, call.now)
    if engine.observed:
        return Reply(200, newapi_base.created_object(task), task=task)
    return Reply(200, {"id": task.id, "status": "IN_PROGRESS"}, task=task)


async def _references(call: Call, engine: Engine) -> tuple[Reference, ...]:
    """The files, judged by their bytes alone; the model billed by task looks into none of them."""
    found = []
    for field, kind in FILES.items():
        upload = call.body.get(field)
        if upload is None:
            continue
        role, name = f"reference_{kind}", upload.filename or field
        if call.body["model"] == CHEAP:
            found.append(Reference(kind, role, name))
        else:
            found.append(await from_bytes(engine, kind, role, upload.data, name, field, more=True))
    return tuple(found)


def _order(body: Body, references: tuple[Reference, ...], chance: Chance) -> Order:
    ratio = given(body, "ratio", "16:9")
    if ratio == "adaptive":
        ratio = adaptive_ratio(references)
    resolution = MODELS[body["model"]]
    sizes = SIZES_2K if resolution == "2k" else SIZES[resolution]
    asked = whole(given(body, "duration", DEFAULT))
    seconds = DEFAULT if asked is None else min(max(asked, LEAST), MOST)
    return Order(
        model=body["model"],
        prompt=body["prompt"],
        mode="r2v" if references else "t2v",
        resolution=resolution,
        ratio=ratio,
        width=sizes[ratio][0],
        height=sizes[ratio][1],
        seconds=seconds,
        frames=24 * seconds,
        seed=chance.number("seed", 0, 99_999),
        references=references,
    )


def _charge(order: Order) -> Charge:
    """One task, or every second of the clip and of the reference video and audio, rounded up."""
    if order.model == CHEAP:
        return Charge.flat("tasks", 1)
    ms = sum(reference.facts.ms for reference in order.references if reference.facts)
    return Charge.flat("seconds", order.seconds + -(-ms // 1000))


def _task_id(chance: Chance, attempt: int, observed: bool) -> str:
    if observed:
        return newapi_base.task_id(chance, attempt)
    return "task_" + chance.hex(("id", attempt), 12)


async def show(call: Call, engine: Engine) -> Reply:
    """A task as it is now."""
    if engine.observed:
        task = await newapi_base.find("nbility", call, engine)
        return newapi_base.told(task, _observed(task, engine, call), call, engine)
    task = await engine.find("nbility", call.account, call.args["id"], call.now)
    return Reply.of(task, newapi_base.envelope(_documented(task, engine, call)), call.now)


def _documented(task: Task, engine: Engine, call: Call) -> dict[str, Any]:
    status = newapi_base.STATUS[task.phase(call.now)]
    data: dict[str, Any] = {
        "task_id": task.id,
        "status": status,
        "progress": f"{PERCENT[status]}%",
    }
    if status == "SUCCESS":
        url = newapi_base.clip_link(task, engine, call.base, CLIP_LIFE)
        return {**data, "result_url": url, "data": {"video_url": url}}
    if status == "FAILURE":
        data["fail_reason"] = newapi_base.failure(task, call.now)[1]
    return data


def _observed(task: Task, engine: Engine, call: Call) -> dict[str, Any]:
    found = row(task, call.now, newapi_base.rounds(engine))
    done = found.status == "SUCCESS"
    url = newapi_base.clip_link(task, engine, call.base, CLIP_LIFE) if done else ""
    told = newapi_base.full_task(
        task,
        found,
        {"video_url": url} if url else {},
        quota=newapi_base.quota_of(task, found, QUOTA_EACH),
        url=url,
        reason=newapi_base.reason(task, found),
    )
    return newapi_base.envelope(told, "")
