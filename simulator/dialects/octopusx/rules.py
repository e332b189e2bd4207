"""What OctopusX takes: a content array, and everything else in ``metadata``.

"Create Video" (Seedance-2), OctopusX documentation, read June 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.core.problems import Kind, Problem
from simulator.core.rules import (
    Between,
    Body,
    Count,
    OfType,
    OneOf,
    OneOfFor,
    Required,
    Rule,
    given,
    value,
    whole,
)
from simulator.core.tokens import RATIOS
from simulator.dialects import content, newapi_base, newapi_bodies
from simulator.dialects.ark_family import SEED_MOST
from simulator.dialects.ark_models import Model
from simulator.engine.bodies import json_object
from simulator.engine.call import Call

RESOLUTIONS = ("480p", "720p", "1080p")
MODELS: Mapping[str, Model] = {
    "doubao-seedance-2-0-260128": Model("doubao-seedance-2-0", "standard", RESOLUTIONS),
    "doubao-seedance-2-0-fast-260128": Model("doubao-seedance-2-0-fast", "fast", RESOLUTIONS[:2]),
}
DOCUMENTED_RATIOS = ("16:9", "9:16", "1:1", "4:3", "adaptive")
DEFAULTS: Mapping[str, Any] = {
    "duration": 5,
    "resolution": "720p",
    "ratio": "16:9",
    "frames": None,
    "seed": -1,
    "camera_fixed": False,
    "watermark": True,
    "generate_audio": False,
    "return_last_frame": False,
    "draft": False,
    "service_tier": "default",
    "execution_expires_after": 172800,
    "callback_url": None,
}


@dataclass(frozen=True, slots=True)
class WholeFrames:
    """The number of frames is one that the model can make: every fourth from 29 to 289."""

    field: str = "metadata.frames"

    def problem(self, body: Body) -> Problem | None:
        frames = value(body, self.field)
        if frames is None or (29 <= frames <= 289 and (frames - 25) % 4 == 0):
            return None
        detail = "must be 25 + 4n from 29 to 289"
        return Problem(Kind.RANGE, self.field, detail, limit=(29, 289), got=frames)


@dataclass(frozen=True, slots=True)
class AudioWithSound:
    """Reference audio is only taken for a clip with sound."""

    def problem(self, body: Body) -> Problem | None:
        if value(body, "metadata.generate_audio") is True:
            return None
        for item in content.media(body):
            if item.kind == "audio":
                detail = "must be true with reference_audio"
                return Problem(Kind.NEEDS, "metadata.generate_audio", detail, got=item.field)
        return None


def _text(name: str) -> Rule:
    return OfType(f"metadata.{name}", "string")


def _number(name: str) -> Rule:
    return OfType(f"metadata.{name}", "integer")


def _switch(name: str) -> Rule:
    return OfType(f"metadata.{name}", "boolean")


def _rules(ratios: tuple[str, ...], stricter: tuple[Rule, ...], apart: Rule) -> tuple[Rule, ...]:
    return (
        Required("model"),
        OfType("model", "string"),
        OneOf("model", tuple(MODELS)),
        Required("content"),
        OfType("content", "array"),
        Count("content", most=100, least=1),
        content.ContentItems(),
        OfType("metadata", "object"),
        _number("duration"),
        Between("metadata.duration", 4, 15, also=(-1,)),
        _text("resolution"),
        OneOf("metadata.resolution", RESOLUTIONS),
        *stricter,
        _text("ratio"),
        OneOf("metadata.ratio", ratios),
        _number("frames"),
        WholeFrames(),
        _number("seed"),
        Between("metadata.seed", -1, SEED_MOST),
        _switch("camera_fixed"),
        _switch("watermark"),
        _switch("generate_audio"),
        _switch("return_last_frame"),
        _switch("draft"),
        _text("service_tier"),
        _number("execution_expires_after"),
        Between("metadata.execution_expires_after", 3600, 259200),
        _text("callback_url"),
        content.DraftAlone(),
        content.ImageRoles(implied=None),
        content.OtherRoles("video", required=False),
        content.OtherRoles("audio", required=False),
        content.AtMost("first_frame", 1),
        content.AtMost("last_frame", 1),
        apart,
        content.FirstBeforeLast(),
        content.NotOnlyAudio(),
        content.AtMost("reference_image", 9),
        content.AtMost("reference_video", 3),
        content.AtMost("reference_audio", 3),
        AudioWithSound(),
    )


RULES = _rules(DOCUMENTED_RATIOS, (), content.FramesWithoutReferences(("reference_image",)))
OBSERVED_RULES = _rules(
    (*RATIOS, "adaptive"),
    (
        OneOfFor(
            "metadata.resolution", "model", {name: m.resolutions for name, m in MODELS.items()}
        ),
    ),
    content.FramesWithoutReferences(),
)


async def read_body(call: Call) -> Mapping[str, Any]:
    """The body; where the code base is spoken to, also what is its own.

    That is a form, parameters at the top level where metadata lacks them, numbers and flags as
    texts, and a flat order (prompt, image or images, seconds) where there is no content.
    """
    if not call.observed and call.path != newapi_base.VIDEOS:
        return await json_object(call)
    body = await newapi_bodies.read_body(call)
    metadata = given(body, "metadata", {})
    merged = {name: _loosely(name, given(metadata, name, body.get(name))) for name in DEFAULTS}
    seconds = body.get("seconds")
    if isinstance(seconds, str) and (whole(seconds) or 0) > 0:
        merged["duration"] = whole(seconds)
    flat = {"content": _flat(body)} if body.get("content") is None and body.get("prompt") else {}
    return {**body, **flat, "metadata": {**metadata, **merged}}


_FLAGS = {"true": True, "false": False}


def _loosely(name: str, value: Any) -> Any:
    """The number or the flag that a text stands for."""
    if not isinstance(value, str):
        return value
    if isinstance(DEFAULTS[name], bool):
        return _FLAGS.get(value, value)
    number = whole(value) if name == "frames" or isinstance(DEFAULTS[name], int) else None
    return value if number is None else number


def _flat(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The content that a flat order stands for: its images have no roles, and the text is last."""
    images = given(body, "images", [])
    links = images if isinstance(images, list) and images else [given(body, "image", "")]
    items = [{"type": "image_url", "image_url": {"url": link}} for link in links if link]
    return [*items, {"type": "text", "text": body["prompt"]}]
