"""What new-api has charged to a key, line by line.

Wire facts: model/log.go, service/task_billing.go of QuantumNous/new-api at bde9b2f4 (2026-07-11):
an order is a line, and what its end makes dearer, cheaper or free is another.
"""

import json
from collections.abc import Iterator
from typing import Any

from simulator.core.clock import SECOND
from simulator.core.ledger import Entry, entries
from simulator.core.task import Task
from simulator.core.tokens import clip_tokens
from simulator.dialects import newapi_base
from simulator.dialects.newapi import render
from simulator.dialects.newapi.money import HELD, MODEL_RATIO
from simulator.engine import Engine
from simulator.engine.call import Call, Reply

PATH = "/api/log/token"
CONSUMED, REFUNDED = 2, 6
MOST = 1000


async def show_log(call: Call, engine: Engine) -> Reply:
    """The key's lines, the newest first."""
    tasks = await engine.tasks(call.account.key, "newapi")
    lines = [line for task in tasks for line in _lines(task, call.now, engine)]
    lines.sort(key=lambda line: line["created_at"])
    newest = lines[: -MOST - 1 : -1]
    told = [{"id": number, **line} for number, line in enumerate(newest, 1)]
    return Reply(200, {"data": told, "message": "", "success": True})


def _lines(task: Task, now: int, engine: Engine) -> Iterator[dict[str, Any]]:
    reserved = int(task.charge.reserved)
    ratios = {"model_price": -1, "model_ratio": float(MODEL_RATIO), "group_ratio": 1}
    for entry in entries(task, now):
        amount = int(-entry.amount)
        if entry.kind == "reserved":
            yield _line(task, entry, CONSUMED, amount, "操作 generate", {"is_task": True, **ratios})
        elif entry.kind == "refunded":
            reason = _reason(task, engine, entry.at)
            other = {**ratios, "task_id": task.id, "reason": reason}
            yield _line(task, entry, REFUNDED, -amount, "", other)
        elif amount:
            spent = reserved + amount
            other = {**ratios, "task_id": task.id}
            other |= {"pre_consumed_quota": reserved, "actual_quota": spent}
            kind = CONSUMED if amount > 0 else REFUNDED
            yield _line(task, entry, kind, abs(amount), _recounted(task, engine), other)


def _line(
    task: Task, entry: Entry, kind: int, quota: int, content: str, other: dict[str, Any]
) -> dict[str, Any]:
    return {
        "user_id": newapi_base.user_id(task),
        "created_at": entry.at // SECOND,
        "type": kind,
        "content": content,
        "username": "user",
        "token_name": "default",
        "model_name": newapi_base.asked(task),
        "quota": quota,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "use_time": 0,
        "is_stream": False,
        "channel": newapi_base.channel_id(task),
        "channel_name": "",
        "token_id": 1,
        "group": "default",
        "ip": "",
        "request_id": "",
        # A Go map, and so in the order of its keys.
        "other": json.dumps(other, ensure_ascii=False, separators=(",", ":"), sort_keys=True),
    }


def _recounted(task: Task, engine: Engine) -> str:
    """How the code base came to the price of a finished task."""
    tokens = clip_tokens(task.order, observed=engine.observed)
    multiplier = task.charge.reserved / HELD
    return (
        f"token重算：tokens={tokens}, modelRatio={MODEL_RATIO:.2f}, groupRatio=1.00, "
        f"otherMultiplier={multiplier:.4f}"
    )


def _reason(task: Task, engine: Engine, at: int) -> str:
    """Why a task was paid back, as its row says once the gateway has heard of it."""
    heard = at + newapi_base.rounds(engine)
    return str(render.envelope(task, engine, task.base, heard)["data"]["fail_reason"])
