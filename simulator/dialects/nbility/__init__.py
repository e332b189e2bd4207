"""Nbility: multipart files, resolution by the model's suffix, billed by the seconds of all media.

"POST /v1/video/generations - Multimodal Reference Input AI Video Generation" and "Errors", Nbility
documentation, read June 2026. ``observed`` is the new-api code base that it runs on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.core.chance import Chance
from simulator.core.clock import MINUTE, SECOND
from simulator.core.fields import Fields
from simulator.core.media import MediaKind
from simulator.core.problems import Kind, Problem
from simulator.core.reader import Reader
from simulator.core.rules import (
    Between,
    Body,
    OfType,
    OneOf,
    OneOfFor,
    Required,
    Rule,
    Unsupported,
    given,
    whole,
)
from simulator.core.task import Charge, Order, Reference, Task
from simulator.core.tokens import RATIOS, SIZES
from simulator.dialects import newapi_base, newapi_errors
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.nbility.examples import EXAMPLES
from simulator.dialects.newapi_models import models_route
from simulator.dialects.newapi_polling import row
from simulator.dialects.newapi_wallet import Wallet
from simulator.engine import Engine, Submission
from simulator.engine.bodies import Upload, form
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect, Pace, Route
from simulator.engine.references import adaptive_ratio, from_bytes

CHEAP = "seedance-2-cheap"
MODELS: Mapping[str, str] = {
    "seedance-2": "720p",
    "seedance-2-480p": "480p",
    "seedance-2-720p": "720p",
    "seedance-2-1080p": "1080p",
    "seedance-2-2k": "2k",
    "seedance-2-4k": "4k",
    CHEAP: "720p",
}
FILES: Mapping[str, MediaKind] = {
    "image_1": "image",
    "image_2": "image",
    "image_3": "image",
    "video": "video",
    "audio": "audio",
}
# No document gives the pixels of 2k: here it is 720p with both sides doubled.
SIZES_2K = {ratio: (2 * width, 2 * height) for ratio, (width, height) in SIZES["720p"].items()}
LEAST, MOST, DEFAULT = 4, 15, 5
CLIP_LIFE = 86400
# No page gives its prices: here a second, and a task of the cheap model, is a dollar.
QUOTA_EACH = newapi_base.PER_DOLLAR


@dataclass(frozen=True, slots=True)
class IsFile:
    """If the part is there, it is a file."""

    field: str

    def problem(self, body: Body) -> Problem | None:
        sent = body.get(self.field)
        if sent is None or isinstance(sent, Upload):
            return None
        return Problem(Kind.TYPE, self.field, "must be a file", got=sent)


@dataclass(frozen=True, slots=True)
class Official:
    """The row holds for the models that are billed by the second."""

    rule: Rule

    def problem(self, body: Body) -> Problem | None:
        return None if body["model"] == CHEAP else self.rule.problem(body)


_MODEL: tuple[Rule, ...] = (
    Required("model"),
    OfType("model", "string"),
    OneOf("model", tuple(MODELS)),
)
_PROMPT: tuple[Rule, ...] = (Required("prompt"), OfType("prompt", "string"))
_DURATION: tuple[Rule, ...] = (OfType("duration", "digits"), Between("duration", LEAST, MOST))
_REST: tuple[Rule, ...] = (
    OfType("ratio", "string"),
    OneOfFor(
        "ratio",
        "model",
        {name: RATIOS if name == CHEAP else ("adaptive", *RATIOS) for name in MODELS},
    ),
    *(IsFile(name) for name in FILES),
    Unsupported("resolution", "is not supported: the suffix of the model decides"),
)
RULES: tuple[Rule, ...] = (*_MODEL, *_PROMPT, *_DURATION, *_REST)
# The code checks the duration only where it is billed.
OBSERVED_RULES: tuple[Rule, ...] = (*_MODEL, *_PROMPT, *map(Official, _DURATION), *_REST)

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


# Status, type and code, as the page on errors has them.
CODES: Mapping[Kind, tuple[int, str, str]] = {
    Kind.NO_ROUTE: (404, "invalid_request_error", "not_found"),
    Kind.NO_METHOD: (405, "invalid_request_error", "method_not_allowed"),
    Kind.NO_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.BAD_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.UNKNOWN_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.EXPIRED_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.BANNED: (403, "permission_error", "permission_denied"),
    Kind.NO_GROUP: (403, "permission_error", "permission_denied"),
    Kind.TOO_LARGE: (413, "invalid_request_error", "invalid_request_body"),
    Kind.CONTENT_TYPE: (400, "invalid_request_error", "invalid_request_body"),
    Kind.UNREADABLE: (400, "invalid_request_error", "invalid_request_body"),
    Kind.NOT_OBJECT: (400, "invalid_request_error", "invalid_request_body"),
    Kind.BROKE: (429, "insufficient_quota", "insufficient_quota"),
    Kind.LIMITED: (429, "requests", "rate_limit_exceeded"),
    Kind.QUEUE_FULL: (429, "requests", "rate_limit_exceeded"),
    Kind.UNKNOWN_TASK: (404, "invalid_request_error", "task_not_exist"),
    Kind.UNKNOWN_FILE: (404, "invalid_request_error", "not_found"),
    Kind.RENDER: (500, "upstream_error", "upstream_error"),
}
SENTENCES: Mapping[Kind, str] = {
    Kind.NO_ROUTE: "There is nothing at {method} {path}.",
    Kind.NO_METHOD: "{method} is not allowed at {path}, only {limit}.",
    Kind.NO_KEY: "No API key was sent: the Authorization header has to be Bearer YOUR_API_KEY.",
    Kind.BAD_KEY: "The API key is malformed: the Authorization header has to be Bearer "
    "YOUR_API_KEY.",
    Kind.UNKNOWN_KEY: "The API key is unknown.",
    Kind.EXPIRED_KEY: "The API key has expired.",
    Kind.BANNED: "The account is banned.",
    Kind.NO_GROUP: "The API key has no access to the model {got}.",
    Kind.TOO_LARGE: "The request body has more than {limit} bytes.",
    Kind.CONTENT_TYPE: "multipart/form-data is required",
    Kind.REVIEW: "{got}: {detail}",
    Kind.BROKE: "The balance is not enough: {limit} left, {got} needed.",
    Kind.LIMITED: "Too many requests, try again in {wait}.",
    Kind.QUEUE_FULL: "Too many tasks are waiting, try again when one is done.",
    Kind.UNKNOWN_TASK: "The task {got} does not exist.",
}


def refuse_call(problem: Problem, call: Call) -> Reply:
    """A problem as one object of three keys; live captures have Ark's inside."""
    if call.observed:
        return _refuse_observed(problem, call)
    status, name, code = CODES.get(problem.kind, (400, "invalid_request_error", "invalid_request"))
    template = SENTENCES.get(problem.kind)
    if template is None:
        message = f"{problem.field} {problem.detail}".strip()
    else:
        message = template.format(
            method=call.method,
            path=call.path,
            limit=problem.limit,
            got=problem.got,
            detail=problem.detail.replace("{item}", ""),
            wait=f"{problem.got} seconds" if isinstance(problem.got, int) else "a minute",
        )
    headers = {"Allow": str(problem.limit)} if problem.kind is Kind.NO_METHOD else {}
    return Reply(status, {"error": {"message": message, "type": name, "code": code}}, headers)


def _refuse_observed(problem: Problem, call: Call) -> Reply:
    """The code base's words, but for what only this gateway's own create call checks."""
    if problem.kind is Kind.CONTENT_TYPE:
        return newapi_errors.task_error(400, "invalid_request", problem.detail)
    if problem.field == "model" and problem.kind is not Kind.NO_GROUP:
        code = "missing_model" if problem.kind is Kind.MISSING else "invalid_request"
        return newapi_errors.task_error(400, code, f"model {problem.detail}")
    return newapi_errors.refuse_call(problem, call)


READER = Reader(
    created=("/id", "/task_id"),
    id=("/data/task_id",),
    status=("/data/status",),
    inner=("/data/data/status",),
    progress=("/data/progress",),
    percent=True,
    link=("/data/result_url", "/data/data/video_url"),
    reason=("/data/fail_reason",),
    message=("/data/fail_reason",),
    error=("/error/code", "/code"),
    texts=("/data/progress",),
    numbers=False,
    objects=("/data/data",),
)

DIALECT = Dialect(
    name="nbility",
    title="Nbility",
    documents=(
        "Nbility: POST /v1/video/generations - Multimodal Reference Input AI Video Generation",
        "Nbility: Errors",
    ),
    base_path="/v1",
    differences="multipart files, resolution by model name, seconds of all media are billed",
    routes=(
        Route("POST", newapi_base.CREATE, create, "create", form, RULES, OBSERVED_RULES),
        Route("GET", newapi_base.QUERY, show, "query"),
        models_route(MODELS),
        *Wallet(("seconds", "tasks"), QUOTA_EACH).routes(),
    ),
    refuse=refuse_call,
    dress=newapi_errors.dress,
    escapes="observed",
    observed_token=newapi_base.token,
    failures=FAILURES,
    refusals=REFUSALS,
    fields=Fields(
        read=frozenset(
            {"model", "prompt", "duration", "ratio", "image_1", "image_2", "image_3"}
            | {"video", "audio"}
        ),
        places={
            "resolution": "the name of the model (-480p to -4k)",
            "reference images": "image_1, image_2 and image_3",
        },
        absent={"first frame": "image_1 is a reference", "last frame": "image_2 is a reference"},
    ),
    reader=READER,
    observed_reader=replace(READER, numbers=True, shared=True),
    pace=Pace(
        10 * SECOND,
        5 * MINUTE,
        'Nbility, "Multimodal Reference Input AI Video Generation": poll every 10 to 30 seconds, '
        "tasks usually finish in 2 to 5 minutes",
    ),
    examples=EXAMPLES,
    example={
        "model": "seedance-2-480p",
        "prompt": "A paper boat sails down a rainy street",
        "duration": 4,
    },
)
