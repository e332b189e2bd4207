"""What an order may say: the fields and models of the page, and options wherever they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.core.limits import Limits
from simulator.core.problems import Kind, Problem
from simulator.core.rules import (
    Between,
    Body,
    Count,
    EachText,
    Excludes,
    Needs,
    OfType,
    OneOf,
    Required,
    Rule,
    given,
    value,
)
from simulator.engine.bodies import json_object
from simulator.engine.call import Call

# Tier and resolution of each model.
MODELS: Mapping[str, tuple[str, str]] = {
    "seedance2.0-480p": ("standard", "480p"),
    "seedance2.0-720p": ("standard", "720p"),
    "seedance2.0-1080p": ("standard", "1080p"),
    "seedance2.0-4k": ("standard", "4k"),
    "seedance2.0-fast-480p": ("fast", "480p"),
    "seedance2.0-fast-720p": ("fast", "720p"),
    "seedance2.0-mini-480p": ("mini", "480p"),
    "seedance2.0-mini-720p": ("mini", "720p"),
}
RATIOS = ("9:16", "1:1", "16:9")
OPTIONS = (
    "generate_audio",
    "seed",
    "watermark",
    "camera_fixed",
    "return_last_frame",
    "operation",
)
# What each operation needs beside it: of every group at least one field.
OPERATIONS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "reference_to_video": (("images", "videos"),),
    "edit_video": (("videos",),),
    "extend_video": (("videos",),),
    "first_last_frame": (("image",), ("last_image",)),
}
VIDEOS = Limits(seconds=(2000, 15000), total=15000)
SEED_MOST = 2**32 - 1


@dataclass(frozen=True, slots=True)
class OperationFits:
    """The operation has the media that it works on."""

    def problem(self, body: Body) -> Problem | None:
        operation = value(body, "extra_body.operation")
        for group in OPERATIONS.get(operation, ()):
            if not any(value(body, field) for field in group):
                needed = " or ".join(group)
                detail = f"{operation} needs {needed}"
                return Problem(Kind.NEEDS, "extra_body.operation", detail, limit=group)
        return None


def _array(field: str) -> tuple[Rule, ...]:
    return (OfType(field, "array"), EachText(field))


def _switch(name: str) -> Rule:
    return OfType(f"extra_body.{name}", "boolean", "flag")


RULES: tuple[Rule, ...] = (
    Required("model"),
    OfType("model", "string"),
    OneOf("model", tuple(MODELS)),
    Required("prompt"),
    OfType("prompt", "string"),
    OfType("duration", "integer", "digits"),
    Between("duration", 5, 15),
    OfType("aspect_ratio", "string"),
    OneOf("aspect_ratio", RATIOS),
    OfType("image", "string"),
    OfType("last_image", "string"),
    *_array("images"),
    Count("images", most=9),
    *_array("videos"),
    Count("videos", most=3),
    *_array("audios"),
    OfType("extra_body", "object"),
    OfType("extra_body.generate_audio", "boolean"),
    OfType("extra_body.seed", "integer"),
    Between("extra_body.seed", -1, SEED_MOST),
    _switch("watermark"),
    _switch("camera_fixed"),
    _switch("return_last_frame"),
    OfType("extra_body.operation", "string"),
    OneOf("extra_body.operation", tuple(OPERATIONS)),
    Needs("last_image", ("image",)),
    Excludes("image", ("images", "videos")),
    Needs("audios", ("image", "images", "videos")),
    OperationFits(),
)


async def read_body(call: Call) -> Mapping[str, Any]:
    """The body with its options in ``extra_body``: the OpenAI SDK merges them into the top level.

    What stands in ``extra_body`` itself wins.
    """
    body = await json_object(call)
    nested = given(body, "extra_body", {})
    if not isinstance(nested, dict):
        return body
    options = {name: given(nested, name, body.get(name)) for name in OPTIONS}
    return {**body, "extra_body": {**nested, **options}}
