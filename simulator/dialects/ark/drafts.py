"""Drafts: small clips to look at first, and the final videos that are made from them.

"Create a video generation task", 82379/1520757, autumn 2026: what a final video has of its draft;
that a draft holds for seven days from live captures of 2026-09-30.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from simulator.core.clock import DAY, SECOND
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.rules import given
from simulator.core.task import Order, Phase, Task
from simulator.dialects import content
from simulator.dialects.ark_family import EXPIRES_AFTER
from simulator.dialects.ark_models import Model, shown_ratio
from simulator.engine import Engine
from simulator.engine.call import Call

DRAFTS_HOLD = 7 * DAY
FIELD = "content[0].draft_task.id"


async def find(call: Call, engine: Engine) -> Task | None:
    """The draft that an order continues; a refusal where it is not one that can be continued."""
    draft_id = content.draft_id(call.body)
    if draft_id is None:
        return None
    try:
        task = await engine.find("ark", call.account, draft_id, call.now)
    except Refusal:
        task = None
    if task is None or not _is_draft(task, call.now):
        detail = "must be a task of your own that was made with draft true and has succeeded"
        raise refuse(Kind.NEEDS, FIELD, detail, got=draft_id)
    if task.order.model != call.body["model"]:
        detail = f"is a draft of {task.order.model}, which makes the final video too"
        raise refuse(Kind.NEEDS, FIELD, detail, got=draft_id)
    return task


def _is_draft(task: Task, now: int) -> bool:
    succeeded = task.phase(now) is Phase.SUCCEEDED
    return task.order.draft and succeeded and now < task.created + DRAFTS_HOLD


def finished(draft: Task, model: Model, body: Mapping[str, Any]) -> Order:
    """A draft's order again: what it is of stays, how it is delivered is asked for anew."""
    order = draft.order
    resolution = given(body, "resolution", "720p")
    width, height = model.sizes[resolution][order.extra["ratio"]]
    return replace(
        order,
        resolution=resolution,
        ratio=shown_ratio(order.extra["ratio"], width, height, order.extra["kept_ratio"]),
        width=width,
        height=height,
        watermark=given(body, "watermark", False),
        last_frame=given(body, "return_last_frame", False),
        container=given(body, "output_format", "mp4"),
        draft=False,
        fails=None,
        callback_url=given(body, "callback_url", None),
        expires_after=given(body, "execution_expires_after", EXPIRES_AFTER) * SECOND,
    )
