"""What ark and its resellers of the same wire format answer: tasks, links, callbacks.

Wire facts: Volcengine documentation 82379/1521309 (query), mid 2026, and live captures of 2026-05
to 2026-09 on both hosts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.core.chance import Chance
from simulator.core.clock import SECOND
from simulator.core.reader import Reader
from simulator.core.task import Order, Phase, Task
from simulator.core.tokens import clip_tokens
from simulator.dialects.ark_codes import FAILURES
from simulator.dialects.ark_models import Model
from simulator.engine import Engine
from simulator.engine.dialect import Callbacks, Event

LINK_LIFE = 86400

WORDS: Mapping[Phase, str] = {phase: phase.value for phase in Phase}

READER = Reader(
    link=("/content/video_url", "/content/last_frame_url"),
    usage=("/usage",),
    texts=("/resolution",),
    objects=("/content", "/usage", "/error"),
    bare={"create": ("numbers in its answers",)},  # nothing but the id
)


def clip_link(
    task: Task,
    engine: Engine,
    base: str,
    model: Model,
    suffix: str = "",
    life: int = LINK_LIFE,
) -> str:
    """The signed link of a succeeded task's clip, of its end, or that of its last frame."""
    bucket = "ark-acg-cn-beijing" if model.region == "cn-beijing" else "ark-acg-ap-southeast-1"
    key = f"{model.family}/{task.id}.{suffix or task.order.container}"
    return engine.link(base, bucket, key, task.made(), life, model.region)


def task_object(
    task: Task,
    engine: Engine,
    base: str,
    now: int,
    model: Model,
    also: Mapping[str, Any],
    life: int = LINK_LIFE,
) -> dict[str, Any]:
    """The task as the query gives it; ``also`` are the fields that stand in every phase."""
    phase = task.phase(now)
    times = {"created_at": task.created // SECOND, "updated_at": task.updated_at(now) // SECOND}
    head = {"id": task.id, "model": task.order.model, "status": WORDS[phase]}
    if phase is Phase.FAILED:
        return {**head, "error": failure(task), **times, **also}
    if phase is not Phase.SUCCEEDED:
        return {**head, **times, **also}
    order = task.order
    return {
        **head,
        "content": clip_links(task, engine, base, model, life),
        "usage": usage(task, engine),
        **times,
        "seed": order.seed,
        "resolution": order.resolution,
        "ratio": order.ratio,
        **length(order),
        "framespersecond": 24,
        **also,
    }


def clip_links(
    task: Task, engine: Engine, base: str, model: Model, life: int = LINK_LIFE
) -> dict[str, str]:
    """What a succeeded task has made: the clip, and its last frame where that was asked for."""
    links = {"video_url": clip_link(task, engine, base, model, life=life)}
    if task.order.last_frame:
        links["last_frame_url"] = clip_link(task, engine, base, model, "png", life)
    return links


def usage(task: Task, engine: Engine) -> dict[str, int]:
    """The tokens of a succeeded task."""
    tokens = clip_tokens(task.order, observed=engine.observed)
    return {"completion_tokens": tokens, "total_tokens": tokens}


def length(order: Order) -> dict[str, int]:
    """How long the clip is: in frames where the order said so, else in seconds."""
    if "frames" in order.extra:
        return {"frames": order.frames}
    return {"duration": order.seconds}


def failure(task: Task) -> dict[str, str]:
    """The error of a failed task; its request id is a worker's, as in live failures."""
    code = task.plan.code
    message = task.plan.message or FAILURES.get(code, "The request failed.")
    worker = Chance.of("worker", task.id).hex("id", 14)
    request_id = f"02{task.ends or task.created:013d}{'0' * 20}ffff{worker}"
    return {"code": code, "message": f"{message} Request id: {request_id}"}


def events(task: Task) -> tuple[tuple[Phase, int], ...]:
    """Every change of status, which is what the callback tells of; a cancellation is not told."""
    told = [(Phase.QUEUED, task.created), (Phase.RUNNING, task.starts)]
    told += [turn for turn in task.turns() if turn[0] is not Phase.CANCELLED]
    return tuple((phase, at) for phase, at in told if task.phase(at) is phase)


def callbacks(body: Callable[[Event, Engine], Mapping[str, Any]]) -> Callbacks:
    """Ark's way of calling back, with the body of a dialect."""
    return Callbacks(
        events=events,
        body=body,
        timeout=5,
        repeats=(SECOND, 2 * SECOND, 4 * SECOND),
        repeats_for=frozenset({Phase.SUCCEEDED, Phase.FAILED}),
    )
