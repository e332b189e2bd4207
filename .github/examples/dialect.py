"""Lumen, an invented vendor, as a dialect: the smallest that is whole, to begin another one from.

"Lumen API, Video" (nobody's document; a real one has its day here too).
"""

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

MODELS = ("lumen-1", "lumen-1-fast")
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
        dialect="lumen",
        account=call.account,
        order=order,
        charge=Charge.flat("credits", seconds),
        name=lambda attempt: "lum_" + chance.word(("id", attempt), LOWER, 12),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
    )
    task = await engine.submit(submission, chance, call.now)
    return Reply(200, {"id": task.id}, task=task)


async def show(call: Call, engine: Engine) -> Reply:
    """A task as it is now."""
    task = await engine.find("lumen", call.account, call.args["id"], call.now)
    phase = task.phase(call.now)
    shown = {"id": task.id, "status": WORDS[phase], "url": None, "error": None}
    if phase is Phase.SUCCEEDED:
        shown["url"] = engine.link(call.base, "lumen", f"{task.id}.mp4", task.made(), LINK_LIFE)
    elif WORDS[phase] == "failed":
        shown["error"] = task.plan.message or FAILURES["internal"]
    return Reply.of(task, shown, call.now)


# The status of each problem; what is none of these is a field's, and 400.
STATUSES = {
    **dict.fromkeys((Kind.NO_ROUTE, Kind.NO_METHOD, Kind.UNKNOWN_TASK), 404),
    **dict.fromkeys((Kind.NO_KEY, Kind.BAD_KEY, Kind.UNKNOWN_KEY, Kind.EXPIRED_KEY), 401),
    **dict.fromkeys((Kind.BANNED, Kind.NO_GROUP), 403),
    **dict.fromkeys((Kind.LIMITED, Kind.QUEUE_FULL), 429),
    Kind.BROKE: 402,
    Kind.TOO_LARGE: 413,
    Kind.CONTENT_TYPE: 415,
    Kind.RENDER: 500,
}


def refuse(problem: Problem, call: Call) -> Reply:
    """Every problem in the vendor's words."""
    message = f"{problem.fields} {problem.detail}".strip()
    return Reply(STATUSES.get(problem.kind, 400), {"error": {"message": message}})


DIALECT = Dialect(
    name="lumen",
    title="Lumen",
    documents=("Lumen API, Video",),
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
        message=("/error",),
        refusal=("/error/message",),
    ),
    fields=Fields(read=frozenset({"model", "prompt", "seconds"})),
    example={"model": "lumen-1", "prompt": "A paper boat sails down a rainy street"},
    cheaper={"lumen-1": "lumen-1-fast"},
)
