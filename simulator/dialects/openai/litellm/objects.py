"""How LiteLLM shows Ark's tasks: its ids, its video objects, its headers."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.core.chance import Chance
from simulator.core.clock import SECOND
from simulator.core.task import Phase, Task
from simulator.core.tokens import clip_tokens
from simulator.dialects.ark_answers import failure
from simulator.dialects.openai.rules import MODELS
from simulator.engine.call import Call

VERSION = "1.110.2"
PREFIX = "video_"
WORDS: Mapping[Phase, str] = {
    Phase.QUEUED: "queued",
    Phase.RUNNING: "in_progress",
    Phase.SUCCEEDED: "completed",
    Phase.FAILED: "failed",
    Phase.EXPIRED: "failed",
    Phase.CANCELLED: "cancelled",
}
# LiteLLM has the frames of these two from its price list, and reckons the others.
_LISTED = ("480p", "720p")
_SHORT_SIDES: Mapping[str, int] = {"1080p": 1080, "4k": 2160}


def public_id(task_id: str, group: str, deployed: bool = True) -> str:
    """The id that a client sees: it says where the task is. In lists it names no deployment."""
    text = f"litellm:custom_llm_provider:volcengine;model_id:{group};video_id:{task_id}"
    if deployed:
        text += f";deployment_id:{deployment(group)}"
    return PREFIX + b64encode(text.encode()).decode()


def deployment(group: str) -> str:
    """The id under which the proxy knows one of its models."""
    return Chance.of("deployment", group).hex("id", 64)


@dataclass(frozen=True, slots=True)
class Known:
    """What an id holds: the group of models it was ordered of, and Ark's own id."""

    group: str
    task_id: str


def decoded(public: str) -> Known | None:
    """What an id holds, with or without its padding; None if it holds nothing."""
    if not public.startswith(PREFIX):
        return None
    text = public.removeprefix(PREFIX)
    try:
        parts = b64decode(text + "=" * (-len(text) % 4)).decode().split(";")
    except (binascii.Error, ValueError):
        return None
    if len(parts) < 3:
        return None
    return Known(parts[1].removeprefix("model_id:"), parts[2].removeprefix("video_id:"))


def meant(public: str) -> str:
    """Ark's own id, for one that holds it."""
    known = decoded(public)
    return public if known is None else known.task_id


def video(
    shown_id: str,
    model: str,
    status: str,
    seconds: str | None = None,
    size: str | None = None,
    usage: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A video with all of its thirteen keys, most of which are null most of the time."""
    return {
        "id": shown_id,
        "object": "video",
        "status": status,
        "created_at": None,
        "completed_at": None,
        "expires_at": None,
        "error": None,
        "progress": None,
        "remixed_from_video_id": None,
        "seconds": seconds,
        "size": size,
        "model": model,
        "usage": usage,
    }


def created(task: Task, asked: str, ratio: str | None) -> dict[str, Any]:
    """The answer of a create call, of what LiteLLM has sent: Ark answers nothing but an id."""
    order = task.order
    usage = {"duration_seconds": float(order.seconds), "video_resolution": order.resolution}
    size = frame(order.model, order.resolution, ratio) if ratio else None
    shown = public_id(task.id, asked)
    return video(shown, asked, "queued", str(order.seconds), size, usage)


def polled(task: Task, shown_id: str, model: str, now: int) -> dict[str, Any]:
    """A task as a query or a list shows it."""
    phase, order = task.phase(now), task.order
    ended = phase not in (Phase.QUEUED, Phase.RUNNING)
    shown = {
        **video(shown_id, model, WORDS[phase]),
        "created_at": task.created // SECOND,
        "completed_at": task.updated_at(now) // SECOND if ended else None,
        "error": failure(task) if phase is Phase.FAILED else None,
    }
    if phase is not Phase.SUCCEEDED:
        return shown
    usage = {
        "duration_seconds": float(order.seconds),
        "video_resolution": order.resolution,
        "total_tokens": clip_tokens(order, observed=True),
    }
    size = frame(order.model, order.resolution, order.ratio)
    return {**shown, "seconds": str(order.seconds), "size": size, "usage": usage}


def frame(model: str, resolution: str, ratio: str) -> str | None:
    """The size that LiteLLM takes a model's resolution and ratio for."""
    sizes = MODELS[model].sizes
    if resolution in _LISTED and ratio in sizes[resolution]:
        width, height = sizes[resolution][ratio]
        return f"{width}x{height}"
    across, _, down = ratio.partition(":")
    if resolution not in _SHORT_SIDES or not (across.isdigit() and down.isdigit()):
        return None
    side, least = _SHORT_SIDES[resolution], min(int(across), int(down))
    return f"{-(-side * int(across) // least)}x{-(-side * int(down) // least)}"


def no_content(task: Task, phase: Phase) -> str:
    """Why there is nothing to download."""
    if phase in (Phase.QUEUED, Phase.RUNNING):
        return f"Video is still processing (status: {phase}). Please wait and try again."
    if phase is Phase.FAILED:
        return f"Video generation failed: {failure(task)['message']}"
    if phase is Phase.EXPIRED:
        return "Task expired. Ark keeps task records for 7 days after creation."
    return f"Video generation ended as {phase} with no video URL."


def model(group: str, owner: str) -> dict[str, Any]:
    """A group of models, in the list and alone."""
    created = 1677610602  # of every model
    return {
        "id": group,
        "object": "model",
        "created": created,
        "owned_by": owner,
        "mode": "video_generation",
    }


def headers(call: Call) -> dict[str, str]:
    """The headers that the proxy adds to every answer."""
    draws = call.chance
    word = draws.hex("call", 32)
    return {
        "x-litellm-call-id": "-".join(
            (word[:8], word[8:12], f"4{word[13:16]}", f"8{word[17:20]}", word[20:])
        ),
        "x-litellm-version": VERSION,
        "x-litellm-attempted-retries": "0",
        "x-litellm-attempted-fallbacks": "0",
        "vary": "Origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "content-security-policy": "frame-ancestors 'none'",
    }
