"""What LiteLLM itself refuses of an order, in its own words.

What it refuses it leaves out where the order says ``drop_params``; all else is Ark's to judge.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.core.problems import Kind, Problem
from simulator.core.rules import Body, Rule
from simulator.dialects import content
from simulator.dialects.openai.rules import FIRST_FRAME, MODELS, bare, frame_of
from simulator.engine.bodies import Upload

# Marks the problems that LiteLLM finds itself: what can be dropped, and what its proxy refuses.
DROPPABLE, PROXY = "litellm", "proxy"


PASSED_ON = (
    "resolution",
    "ratio",
    "seed",
    "camera_fixed",
    "watermark",
    "generate_audio",
    "service_tier",
    "priority",
    "output_format",
    "execution_expires_after",
    "callback_url",
    "safety_identifier",
    "tools",
    "omni_reference_task_type",
)
_MAPPED = frozenset(
    {
        *("model", "prompt", "seconds", "size", "duration", "aspect_ratio", "user", "content"),
        *(FIRST_FRAME, "frame_images", "input_references", "frames", "image", "characters"),
        *("extra_body", "extra_headers", "extra_query", "parameters", "metadata"),
        *("drop_params", "additional_drop_params", "organization"),
    }
)
READ = frozenset({*PASSED_ON, *_MAPPED})
TYPES: Mapping[str, type] = {
    "resolution": str,
    "ratio": str,
    "seed": int,
    "camera_fixed": bool,
    "watermark": bool,
    "generate_audio": bool,
}
_WORDS: Mapping[type, str] = {str: "string", int: "integer", bool: "boolean"}
VIDEO_INPUT = (
    "{operation} is not supported through litellm: Ark bills a task with a video input at a "
    "different rate per token, and litellm bills the video when the task is created, before that "
    "cost is known"
)


@dataclass(frozen=True, slots=True)
class FromModel:
    """The model has a name, which is one of a group's; the prompt is there."""

    def problem(self, body: Body) -> Problem | None:
        model = body.get("model")
        if model is not None and not isinstance(model, str):
            return Problem(Kind.TYPE, "model", "must be a string", aspect=PROXY, got=model)
        if "prompt" not in body:
            return Problem(Kind.MISSING, "prompt", "is required", aspect=PROXY)
        if model is None or bare(model) not in MODELS:
            return Problem(Kind.MODEL, "model", "is unknown", aspect=PROXY, got=model)
        return None


@dataclass(frozen=True, slots=True)
class Droppable:
    """A row of LiteLLM's own: a field, and a sentence on what is wrong with its value, if any."""

    field: str
    wrong: Callable[[Any, Body], str]

    def problem(self, body: Body) -> Problem | None:
        sent = body.get(self.field)
        text = "" if sent is None else self.wrong(sent, body)
        if not text:
            return None
        return Problem(Kind.UNSUPPORTED, self.field, text, aspect=DROPPABLE, got=sent)


@dataclass(frozen=True, slots=True)
class UnknownFields:
    """Every field is one that has a way to Ark; the problem is of all the others."""

    def problem(self, body: Body) -> Problem | None:
        odd = sorted(name for name, sent in body.items() if sent is not None and name not in READ)
        if not odd:
            return None
        text = f"litellm does not send {', '.join(odd)[:400]} to Ark video generation"
        also = tuple(odd[1:])
        return Problem(Kind.UNSUPPORTED, odd[0], text, aspect=DROPPABLE, also=also)


def whole_seconds(sent: Any) -> int | None:
    """Whole seconds as LiteLLM reads them: also of a float, and of the text of either."""
    if isinstance(sent, bool) or not isinstance(sent, int | float | str) or len(str(sent)) > 20:
        return None
    try:
        number = float(sent)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _disagree(sent: Any, body: Body) -> str:
    seconds = body.get("seconds")
    differ = seconds is not None and whole_seconds(seconds) != whole_seconds(sent)
    return "duration and seconds must agree" if differ else ""


def _not_whole(sent: Any, body: Body) -> str:
    if whole_seconds(sent) is not None or body.get("duration") is not None:
        return ""
    return f"seconds must be a whole number of seconds, got {_shown(sent)}"


def _not_positive(sent: Any, body: Body) -> str:
    number = whole_seconds(sent)
    if number is not None and number > 0:
        return ""
    return (
        f"duration must be a positive whole number of seconds, got {_shown(sent)}. Ark-picked "
        "length (-1) is not supported through litellm, since the video is billed when the task is "
        "created, before Ark has picked its length"
    )


def _no_size(sent: Any, body: Body) -> str:
    return "" if frame_of(sent) else f"size must be WIDTHxHEIGHT, got {_shown(sent)}"


def _no_text(sent: Any, body: Body) -> str:
    return "" if isinstance(sent, str) else f"user must be a string, got {type(sent).__name__}"


def _unsupported(field: str) -> Droppable:
    text = f"'{field}' is not supported by Volcengine video generation"
    return Droppable(field, lambda sent, body: text)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Each of some fields is of its type; the problem is of all that are not."""

    types: Mapping[str, type]

    def problem(self, body: Body) -> Problem | None:
        odd = [
            name
            for name, kind in self.types.items()
            if body.get(name) is not None and type(body[name]) is not kind
        ]
        if not odd:
            return None
        text = "; ".join(
            f"invalid {name}: Input should be a valid {_WORDS[self.types[name]]}" for name in odd
        )
        also = tuple(odd[1:])
        return Problem(Kind.UNSUPPORTED, odd[0], text, aspect=DROPPABLE, also=also)


def _untiered(sent: Any, body: Body) -> str:
    offered = MODELS[bare(body["model"])].resolutions
    if not isinstance(sent, str) or sent.strip().lower() in offered:
        return ""
    model = bare(body["model"])
    return f"{model} is not offered at resolution {_shown(sent)}, only at {', '.join(offered)}"


def _untiered_size(sent: Any, body: Body) -> str:
    frame = frame_of(sent)
    return "" if frame is None or body.get("resolution") else _untiered(frame[0], body)


def _no_reference(sent: Any, body: Body) -> str:
    if isinstance(sent, dict):
        link = sent.get("image_url")
        if isinstance(link, str) and link:
            return ""
        return "input_reference as an object must carry an image_url, a file_id is not supported"
    if isinstance(sent, str | Upload):
        return ""
    return "input_reference must be a URL string, bytes, a path, a file object, or a file tuple"


def _no_items(sent: Any, body: Body) -> str:
    if body.get("frame_images") is not None or body.get("input_references") is not None:
        return "content cannot be combined with frame_images or input_references"
    if not isinstance(sent, list) or not all(isinstance(item, dict) for item in sent):
        return "content must be an array of Ark content items"
    if any(item.get("type") == "text" for item in sent):
        return (
            "A text item in content is not supported, put the text in prompt since it is the only "
            "text input guardrails scan before the request reaches Ark"
        )
    if any("video" in f"{item.get('type')} {item.get('role')}" for item in sent):
        return VIDEO_INPUT.format(operation="Video input (a reference_video item)")
    return ""


def _no_pictures(name: str) -> Callable[[Any, Body], str]:
    def wrong(sent: Any, body: Body) -> str:
        if body.get(FIRST_FRAME) is not None:
            return f"{name} cannot be combined with input_reference"
        frames = name == "frame_images"
        if frames and body.get("input_references") is not None:
            return "frame_images cannot be combined with input_references or input_reference"
        right = isinstance(sent, list) and all(_is_picture(item, frames) for item in sent)
        return "" if right else "Invalid video image items"

    return wrong


def _is_picture(item: Any, frame: bool) -> bool:
    link = item.get("image_url") if isinstance(item, dict) else None
    if not isinstance(link, dict) or not isinstance(link.get("url"), str):
        return False
    return item.get("type") == "image_url" and (
        not frame or item.get("frame_type") in content.FRAMES
    )


def _shown(sent: Any) -> str:
    return repr(sent)[:100]


OWN_ROWS: tuple[Rule, ...] = (
    Droppable("frame_images", _no_pictures("frame_images")),
    Droppable("input_references", _no_pictures("input_references")),
    Droppable("duration", _disagree),
    _unsupported("image"),
    _unsupported("characters"),
    Droppable("user", _no_text),
    Droppable("size", _no_size),
    Droppable("seconds", _not_whole),
    Droppable("content", _no_items),
    Droppable(FIRST_FRAME, _no_reference),
    Droppable(
        "frames",
        lambda sent, body: "frames is not supported through litellm, pass seconds instead",
    ),
    Droppable("duration", _not_positive),
    Droppable("seconds", _not_positive),
    UnknownFields(),
    Malformed(TYPES),
    Droppable("resolution", _untiered),
    Droppable("size", _untiered_size),
)
RULES: tuple[Rule, ...] = (FromModel(), *OWN_ROWS)
