"""What evolink accepts: nine models, what each takes, and the bounds of its media."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from simulator.core.limits import MB, Limits
from simulator.core.media import MediaKind
from simulator.core.problems import Kind, Problem
from simulator.core.rules import (
    Between,
    Body,
    Count,
    EachText,
    Needs,
    OfType,
    OneOf,
    Required,
    Rule,
    value,
)
from simulator.core.tokens import RATIOS

Mode = Literal["text", "image", "reference", "edit", "extend", "draft"]
Tier = Literal["standard", "fast", "mini", "2.5"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model id: what it starts from, and how fast it is."""

    mode: Mode
    tier: Tier


_SUFFIXES: Mapping[Tier, str] = {"standard": "", "fast": "-fast", "mini": "-mini"}
_MODES: tuple[Mode, ...] = ("text", "image", "reference")
MODELS: Mapping[str, Model] = {
    f"seedance-2.0{suffix}-{mode}-to-video": Model(mode, tier)
    for tier, suffix in _SUFFIXES.items()
    for mode in _MODES
}
MEDIA: Mapping[str, MediaKind] = {
    "image_urls": "image",
    "video_urls": "video",
    "audio_urls": "audio",
}
# The fewest and the most links that each kind of model takes.
COUNTS: Mapping[str, Mapping[Mode, tuple[int, int]]] = {
    "image_urls": {"text": (0, 0), "image": (1, 2), "reference": (0, 9)},
    "video_urls": {"text": (0, 0), "image": (0, 0), "reference": (0, 3)},
    "audio_urls": {"text": (0, 0), "image": (0, 0), "reference": (0, 3)},
}

_IMAGE = Limits(
    frozenset({"jpeg", "png", "webp"}), size=30 * MB, side=(300, 6000), ratio=(0.4, 2.5)
)
_VIDEO = Limits(
    frozenset({"mp4", "mov"}),
    size=50 * MB,
    side=(300, 6000),
    ratio=(0.4, 2.5),
    pixels=(409_600, 927_408),
    seconds=(2000, 15000),
    total=15000,
    fps=(24, 60),
)
_AUDIO = Limits(frozenset({"wav", "mp3"}), size=15 * MB, seconds=(2000, 15000), total=15000)
# The fast models' pages list three formats of images more.
_FAST_IMAGE = replace(_IMAGE, formats=frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif"}))


def limits(model: Model) -> Mapping[MediaKind, Limits]:
    """The bounds of a model's media."""
    image = _FAST_IMAGE if model.tier == "fast" else _IMAGE
    return {"image": image, "video": _VIDEO, "audio": _AUDIO}


def _by_mode(body: Body, field: str) -> tuple[int, int]:
    return COUNTS[field][MODELS[body["model"]].mode]


@dataclass(frozen=True, slots=True)
class MediaOfModel:
    """A model takes so many links of a kind as its mode allows, or by ``counts`` as it says."""

    field: str
    counts: Callable[[Body, str], tuple[int, int]] = _by_mode

    def problem(self, body: Body) -> Problem | None:
        least, most = self.counts(body, self.field)
        links = value(body, self.field) or []
        if links and not most:
            return Problem(Kind.UNSUPPORTED, self.field, f"is not supported by {body['model']}")
        if least and not links:
            return Problem(Kind.MISSING, self.field, f"is required by {body['model']}")
        return Count(self.field, most, least).problem(body)


@dataclass(frozen=True, slots=True)
class WebSearch:
    """Only models for texts search the web, and of these not mini."""

    of: Callable[[Body], Model] = lambda body: MODELS[body["model"]]

    def problem(self, body: Body) -> Problem | None:
        model = self.of(body)
        if not value(body, "model_params.web_search"):
            return None
        if model.mode == "text" and model.tier != "mini":
            return None
        detail = f"is not supported by {body['model']}"
        return Problem(Kind.UNSUPPORTED, "model_params.web_search", detail)


_QUALITIES = ("480p", "720p")
RULES: tuple[Rule, ...] = (
    Required("model"),
    OfType("model", "string"),
    OneOf("model", tuple(MODELS)),
    Required("prompt"),
    OfType("prompt", "string"),
    *(
        row
        for field in MEDIA
        for row in (OfType(field, "array"), EachText(field), MediaOfModel(field))
    ),
    OfType("duration", "integer"),
    Between("duration", 4, 15),
    OfType("quality", "string"),
    OneOf("quality", _QUALITIES),
    OfType("aspect_ratio", "string"),
    OneOf("aspect_ratio", (*RATIOS, "adaptive")),
    OfType("generate_audio", "boolean"),
    OfType("callback_url", "string"),
    OfType("content_filter", "boolean"),
    OfType("model_params", "object"),
    OfType("model_params.web_search", "boolean"),
    WebSearch(),
    Needs("audio_urls", ("image_urls", "video_urls")),
)
