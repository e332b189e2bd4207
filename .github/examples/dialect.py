"""Halo, an invented vendor, as a dialect: the smallest that is whole, to begin another one from.

"Halo API, Video" (nobody's document; a real one has its day here too).
"""

from typing import Any

from simulator.core.chance import LOWER
from simulator.core.fields import Fields
from simulator.core.problems import Kind, Problem
from simulator.core.reader import Reader
from simulator.core.rules import Length, OfType, OneOf, Required, given
from simulator.core.task import Charge, Order, Phase
from simulator.core.tokens import SIZES
from simulator.engine import Engine, Submission
from simulator.engine.bodies import json_object
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect, Route

MODELS = ("halo-1", "halo-1-fast")
RULES = (
    Required("model"),
    OneOf("model", MODELS),
    Required("prompt"),
    OfType("prompt", "string"),
    Length("prompt", 2000),
    OneOf("seconds", (5, 10)),
)
WORDS = {
    Phase.QUEUED: "waiting",
    Phase.RUNNING: "running",
    Phase.SUCCEEDED: "done",
    Phase.FAILED: "failed",
    Phase.EXPIRED: "failed",
    Phase.CANCELLED: "failed",
}
FAILURES = {"unsafe_video": "The video was found unsafe.", "internal": "The video was not made."}
REFUSALS = {"unsafe_prompt": "The prompt was found unsafe."}
LINK_LIFE = 24 * 3600


async def create(call: Call, engine: Engine) -> Reply:
    """An order that has passed the rules: one credit a second, answered with its id."""
    chance = await engine.draw(call.account)
    seconds = given(call.body, "seconds", 5)
    width, height = SIZES["720p"]["16:9"]
    order = Order(
        model=call.body["model"],
        prompt=call.body["prompt"],
        mode="t2v",
        resolution="720p",
        ratio="16:9",
        width=width,
        height=height,
        seconds=seconds,
        frames=24 * seconds,
        seed=chance.number("seed", 0, 99_999),
    )
    submission = Submission(
        dialect="halo",
        account=call.account,
        order=order,
        charge=Charge.flat("credits", seconds),
        name=lambda attempt: "halo_" + chance.word(("id", attempt), LOWER, 12),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
    )
    task = await engine.submit(submission, chance, call.now)
    return Reply(200, {"id": task.id}, task=task)


async def show(call: Call, engine: Engine) -> Reply:
    """A task as it is now."""
    task = await engine.find("halo", call.account, call.args["id"], call.now)
    phase = task.phase(call.now)
    shown: dict[str, Any] = {"id": task.id, "status": WORDS[phase], "url": None, "error": None}
    if phase is Phase.SUCCEEDED:
        shown["url"] = engine.link(call.base, "halo", f"{task.id}.mp4", task.made(), LINK_LIFE)
    elif WORDS[phase] == "failed":
        code = task.plan.code if task.plan.code in FAILURES else "internal"
        shown["error"] = {"code": code, "message": task.plan.message or FAILURES[code]}
    return Reply.of(task, shown, call.now)


# The status and the code of each problem; what is none of these is of a field.
ERRORS = {
    **dict.fromkeys((Kind.NO_ROUTE, Kind.NO_METHOD), (404, "no_such_call")),
    **dict.fromkeys((Kind.NO_KEY, Kind.BAD_KEY, Kind.UNKNOWN_KEY), (401, "no_key")),
    Kind.EXPIRED_KEY: (401, "key_expired"),
    **dict.fromkeys((Kind.BANNED, Kind.NO_GROUP), (403, "forbidden")),
    **dict.fromkeys((Kind.LIMITED, Kind.QUEUE_FULL), (429, "too_many")),
    Kind.BROKE: (402, "no_credits"),
    Kind.UNKNOWN_TASK: (404, "no_such_task"),
    Kind.TOO_LARGE: (413, "too_large"),
    Kind.CONTENT_TYPE: (415, "no_json"),
    Kind.REVIEW: (400, "unsafe_prompt"),
    Kind.RENDER: (500, "internal"),
}


def refuse(problem: Problem, call: Call) -> Reply:
    """Every problem in the vendor's words."""
    status, code = ERRORS.get(problem.kind, (400, "bad_request"))
    message = f"{problem.fields} {problem.detail}".strip()
    return Reply(status, {"error": {"code": code, "message": message}})


DIALECT = Dialect(
    name="halo",
    title="Halo",
    documents=("Halo API, Video",),
    base_path="/v1",
    differences="texts alone, five or ten seconds, credits by the second",
    routes=(
        Route("POST", "/v1/videos", create, "create", json_object, RULES),
        Route("GET", "/v1/videos/{id}", show, "query"),
    ),
    refuse=refuse,
    dress=lambda call: {},
    failures=FAILURES,
    refusals=REFUSALS,
    reader=Reader(
        created=("/id",),
        id=("/id",),
        status=("/status",),
        link=("/url",),
        message=("/error/message",),
        code=("/error/code",),
        error=("/error/code",),
        refusal=("/error/message",),
        numbers=False,
    ),
    fields=Fields(read=frozenset({"model", "prompt", "seconds"})),
    example={"model": "halo-1", "prompt": "A paper boat sails down a rainy street"},
    cheaper={"halo-1": "halo-1-fast"},
)
