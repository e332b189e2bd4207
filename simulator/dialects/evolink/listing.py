"""The tasks of an account at evolink: in pages without their clips, or many by their ids.

The vendor's own programs, October 2026: newest first, 20 on a page, ``processing`` includes what is
pending. Those programs ask for at most 50, which is the most here, and what a wrong parameter gets
they do not show.
"""

from collections.abc import Callable
from typing import Any

from simulator.core.clock import SECOND
from simulator.core.problems import Kind, refuse
from simulator.core.rules import Count, EachText, OfType, Required, Rule, whole
from simulator.core.task import LIVE, Phase, Task
from simulator.dialects.evolink.billing import number
from simulator.dialects.evolink.render import render, took, word
from simulator.engine import Engine
from simulator.engine.call import Call, Reply

LISTED, MOST_LISTED = 20, 50
STATUSES = ("processing", "completed", "failed", "cancelled")
TYPES = ("image", "video", "audio")
BATCH: tuple[Rule, ...] = (
    Required("task_ids"),
    OfType("task_ids", "array"),
    EachText("task_ids"),
    Count("task_ids", MOST_LISTED, 1),
)


async def index(call: Call, engine: Engine) -> Reply:
    """A page of the account's tasks, newest first, of the asked status, type and model."""
    asked = dict(call.parameters)
    at, size = _count(asked, "page", 1, 1_000_000), _count(asked, "page_size", LISTED)
    fits = _filter(asked, call.now, engine.observed)
    mine = reversed(await engine.tasks(call.account.key, "evolink"))
    found = [task for task in mine if task.kept(call.now) and fits(task)]
    page = found[(at - 1) * size : at * size]
    data = [_row(task, call.now, engine.observed) for task in page]
    return Reply(200, {"data": data, "total": len(found), "page": at, "page_size": size})


async def batch(call: Call, engine: Engine) -> Reply:
    """Each of the account's own tasks as the query gives it; any other id is left out."""
    mine = (await engine.state(call.account.key)).tasks
    named = [mine.get(task_id) for task_id in dict.fromkeys(call.body["task_ids"])]
    found = [
        task
        for task in named
        if task is not None and task.dialect == "evolink" and task.kept(call.now)
    ]
    return Reply(200, {"data": [render(task, engine, call.base, call.now) for task in found]})


def _row(task: Task, now: int, observed: bool) -> dict[str, Any]:
    """What a list tells of a task: no link of its clip, but whether it has one."""
    phase = task.phase(now)
    done = phase is Phase.SUCCEEDED
    return {
        "id": task.id,
        "model": task.order.model,
        "type": "video",
        "status": word(phase, observed),
        "progress": 100 if done else task.progress(now) if phase in LIVE else 0,
        "created_at": task.created // SECOND,
        "duration": 0 if phase in LIVE else took(task),
        "has_results": done,
        "result_count": int(done),
        "has_error": phase not in LIVE and not done,
        "credits_used": number(task.charge.settled) if done else 0,
    }


def _filter(asked: dict[str, str], now: int, observed: bool) -> Callable[[Task], bool]:
    """What is asked of a task by the parameters of a list; an empty one asks nothing."""
    status = _choice(asked, "status", STATUSES)
    kind, model = _choice(asked, "type", TYPES), asked.get("model", "")

    def fits(task: Task) -> bool:
        shown = word(task.phase(now), observed)
        of_status = not status or status == ("processing" if shown == "pending" else shown)
        return of_status and kind in ("", "video") and model in ("", task.order.model)

    return fits


def _choice(asked: dict[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = asked.get(name, "")
    if value and value not in choices:
        detail = f"must be one of {', '.join(choices)}"
        raise refuse(Kind.CHOICE, name, detail, limit=choices, got=value)
    return value


def _count(asked: dict[str, str], name: str, otherwise: int, most: int = MOST_LISTED) -> int:
    text = asked.get(name)
    if not text:
        return otherwise
    value = whole(text)
    if value is None or not 1 <= value <= most:
        detail = f"must be a whole number from 1 to {most}"
        raise refuse(Kind.RANGE, name, detail, limit=(1, most), got=text)
    return value
