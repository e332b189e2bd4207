"""What the Videos API takes: a prompt, a model, seconds, a size and a first frame.

``CreateVideoJsonBody`` and ``CreateVideoMultipartBody`` of OpenAI's openapi.yaml 2.3.0 (2026-08-21)
and its video generation guide. Their enums are of Sora: here a model is one of Ark's, seconds are
what it makes, and a size is any width by height, taken for the nearest tier and ratio, as LiteLLM
1.110.2 takes it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any

import msgspec

from simulator.core.problems import Kind, Problem
from simulator.core.rules import Between, Body, Length, OfType, Required, Rule, value
from simulator.core.tokens import nearest_ratio
from simulator.dialects.ark_models import MODELS as SOLD
from simulator.dialects.ark_models import Model
from simulator.engine.bodies import Upload, form, json_object
from simulator.engine.call import Call

NAME = "openai"
# Those of Ark that are not on their way out, which LiteLLM has in its list, too.
MODELS: Mapping[str, Model] = {name: model for name, model in SOLD.items() if not model.retiring}
# What LiteLLM writes ahead of a model, for whom it is.
PROVIDERS = ("volcengine/", "openai/")
LONGEST_PROMPT = 32_000
LONGEST_LINK = 20_971_520
DEFAULT_SECONDS, DEFAULT_SIZE = 4, "720x1280"
FIRST_FRAME = "input_reference"

_SIZE = re.compile(r"([0-9]{1,6})x([0-9]{1,6})")
# The shorter side of each tier's 16:9 frame, which has as many pixels as its others.
_SHORT_SIDES: Mapping[str, int] = {"480p": 480, "720p": 720, "1080p": 1080, "4k": 2160}


def bare(model: str) -> str:
    """A model's own id, without the name of a provider."""
    for provider in PROVIDERS:
        if model.startswith(provider):
            return model.removeprefix(provider)
    return model


def frame_of(size: Any) -> tuple[str, str] | None:
    """Resolution and ratio that are nearest to a size, None where it is none.

    LiteLLM 1.110.2, llms/volcengine/videos/transformation.py: nearest by the logarithm of pixels
    and of width by height.
    """
    found = _SIZE.fullmatch(size) if isinstance(size, str) else None
    if found is None or not int(found[1]) or not int(found[2]):
        return None
    width, height = int(found[1]), int(found[2])

    def distance(tier: str) -> float:
        return abs(log(width * height / (_SHORT_SIDES[tier] ** 2 * 16 / 9)))

    return min(_SHORT_SIDES, key=distance), nearest_ratio(width, height)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """The model is one of Ark's, with or without the name of a provider."""

    def problem(self, body: Body) -> Problem | None:
        if bare(body["model"]) in MODELS:
            return None
        return Problem(Kind.MODEL, "model", "is unknown", limit=tuple(MODELS), got=body["model"])


@dataclass(frozen=True, slots=True)
class Seconds:
    """The seconds are whole ones, as many as the model makes; of an enum, "04" is none."""

    def problem(self, body: Body) -> Problem | None:
        least, most = MODELS[bare(body["model"])].seconds
        sent = body.get("seconds")
        if isinstance(sent, str) and sent.startswith("0") and sent.isdigit():
            detail = f"must be from {least} to {most}"
            return Problem(Kind.RANGE, "seconds", detail, limit=(least, most), got=sent)
        return Between("seconds", least, most).problem(body)


@dataclass(frozen=True, slots=True)
class Size:
    """The size is a width and a height, of a resolution that the model makes."""

    def problem(self, body: Body) -> Problem | None:
        size = body.get("size")
        if size is None:
            return None
        frame = frame_of(size)
        if frame is None:
            detail = "must be a width and a height in pixels, such as 1280x720"
            return Problem(Kind.CHOICE, "size", detail, got=size)
        offered = MODELS[bare(body["model"])].resolutions
        if frame[0] in offered:
            return None
        detail = f"is {frame[0]}, and the model makes {', '.join(offered)}"
        return Problem(Kind.UNSUPPORTED, "size", detail, limit=offered, got=size)


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """The first frame is a file, or an object with one of two ways to a picture."""

    def problem(self, body: Body) -> Problem | None:
        sent = body.get(FIRST_FRAME)
        if sent is None or isinstance(sent, Upload):
            return None
        if not isinstance(sent, dict):
            detail = "must be a file or an object with image_url or file_id"
            return Problem(Kind.TYPE, FIRST_FRAME, detail, got=sent)
        ways = [name for name in ("image_url", "file_id") if sent.get(name) is not None]
        if len(ways) != 1:
            detail = "must have exactly one of image_url and file_id"
            return Problem(Kind.NEEDS, FIRST_FRAME, detail, got=ways)
        field = f"{FIRST_FRAME}.{ways[0]}"
        return (Required(field).problem(body)) or OfType(field, "string").problem(body)


RULES: tuple[Rule, ...] = (
    Required("model"),
    OfType("model", "string"),
    KnownModel(),
    Required("prompt"),
    OfType("prompt", "string"),
    Length("prompt", LONGEST_PROMPT),
    OfType("seconds", "string", "integer"),
    Seconds(),
    OfType("size", "string"),
    Size(),
    FirstFrame(),
    Length(f"{FIRST_FRAME}.image_url", LONGEST_LINK),
)


async def read_body(call: Call) -> Mapping[str, Any]:
    """The fields of an order, whether they come as JSON or as the parts of a form."""
    if not is_form(call):
        return await json_object(call)
    return with_object(await form(call))


def is_form(call: Call) -> bool:
    """Whether a call brings a form."""
    return call.headers.get("Content-Type", "").lower().startswith("multipart/")


def with_object(parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """A form whose first frame is an object: as JSON in one part, or in a part for each field.

    The document has the object in forms too, and OpenAPI writes it in either way.
    """
    parts = {name: None if sent == "" else sent for name, sent in parts.items()}
    inside = {name: parts.pop(f"{FIRST_FRAME}[{name}]", None) for name in ("image_url", "file_id")}
    if any(sent is not None for sent in inside.values()):
        return {**parts, FIRST_FRAME: inside}
    sent = value(parts, FIRST_FRAME)
    if isinstance(sent, str) and sent.lstrip().startswith("{"):
        try:
            return {**parts, FIRST_FRAME: msgspec.json.decode(sent, type=dict[str, str | None])}
        except msgspec.MsgspecError:
            return parts
    return parts
