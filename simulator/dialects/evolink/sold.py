"""What EvoLink sells by the autumn of 2026: Seedance 2.5, 4k, and orders that go on from drafts.

The vendor's own programs and the copy of its OpenAPI file in them, October 2026. A model is one row
of the table.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from simulator.core.limits import MB, Limits
from simulator.core.media import MediaKind
from simulator.core.problems import Kind, Problem
from simulator.core.rules import (
    Between,
    Body,
    EachText,
    Needs,
    OfType,
    OneOf,
    Required,
    Rule,
    given,
    value,
)
from simulator.core.tokens import RATIOS, SIZES
from simulator.dialects.ark_models import LOW, Sizes
from simulator.dialects.ark_models import TABLE as ARK
from simulator.dialects.evolink.rules import (
    COUNTS,
    MEDIA,
    MODELS,
    MediaOfModel,
    Model,
    Tier,
    WebSearch,
)
from simulator.dialects.evolink.rules import limits as older_limits

ADAPTIVE = "adaptive"
NEWEST: Tier = "2.5"
DRAFT = "480p"
_LARGE: Mapping[str, tuple[int, int]] = {
    "image_urls": (0, 30),
    "video_urls": (0, 10),
    "audio_urls": (0, 10),
}
_OF_VIDEOS = {**_LARGE, "video_urls": (1, 10)}
_NONE = dict.fromkeys(MEDIA, (0, 0))


@dataclass(frozen=True, slots=True)
class Sold:
    """A model of the newer table; ``duration`` is the one that stands for none."""

    model: Model
    qualities: tuple[str, ...]
    counts: Mapping[str, tuple[int, int]]
    seconds: tuple[int, int] = (4, 15)
    open: bool = False
    duration: int = 5
    ratios: tuple[str, ...] = (*RATIOS, ADAPTIVE)
    sizes: Sizes = field(default_factory=lambda: SIZES)

    @property
    def newest(self) -> bool:
        """Whether it is of the family that knows drafts and formats."""
        return self.model.tier == NEWEST


def _older(model: Model) -> Sold:
    qualities = (*LOW, "1080p", "4k") if model.tier == "standard" else LOW
    return Sold(model, qualities, {field: COUNTS[field][model.mode] for field in MEDIA})


_NEW = Sold(
    Model("text", NEWEST),
    (*LOW, "1080p"),
    _NONE,
    seconds=(4, 30),
    open=True,
    sizes=ARK["seedance-2-5", "260628"].sizes,
)
_FOLLOWS = (ADAPTIVE,)
SOLD: Mapping[str, Sold] = {
    **{name: _older(model) for name, model in MODELS.items()},
    "seedance-2.5-text-to-video": _NEW,
    "seedance-2.5-image-to-video": replace(
        _NEW,
        model=Model("image", NEWEST),
        counts={**_NONE, "image_urls": (1, 2)},
        ratios=_FOLLOWS,
    ),
    "seedance-2.5-reference-to-video": replace(
        _NEW, model=Model("reference", NEWEST), counts=_LARGE
    ),
    "seedance-2.5-video-edit": replace(
        _NEW,
        model=Model("edit", NEWEST),
        counts=_OF_VIDEOS,
        seconds=(-1, -1),
        duration=-1,
        ratios=_FOLLOWS,
    ),
    "seedance-2.5-video-extend": replace(
        _NEW, model=Model("extend", NEWEST), counts=_OF_VIDEOS, ratios=_FOLLOWS
    ),
    "seedance-2.5-draft-to-video": replace(
        _NEW, model=Model("draft", NEWEST), qualities=("1080p",)
    ),
}


def on_sale(observed: bool) -> Iterable[str]:
    """The names of the models that a server of this fidelity sells."""
    return SOLD if observed else MODELS


def limits(sold: Sold) -> Mapping[MediaKind, Limits]:
    """The bounds of a model's media, which have grown since the seed."""
    found = {**older_limits(sold.model)}
    video = replace(found["video"], pixels=(409_600, 2_086_876))
    if sold.newest:
        least, most = 4000 if sold.model.mode == "edit" else 2000, 30_000
        video = replace(video, size=200 * MB, pixels=(407_696, 8_295_044))
        video = replace(video, seconds=(least, most), total=most)
        found["audio"] = replace(found["audio"], seconds=(2000, most), total=most)
    return {**found, "video": video}


@dataclass(frozen=True, slots=True)
class OfModel:
    """The row that the order's model has in this place, if any."""

    row: Callable[[Sold], Rule | None]

    def problem(self, body: Body) -> Problem | None:
        rule = self.row(SOLD[body["model"]])
        return None if rule is None else rule.problem(body)


def _counts(body: Body, field: str) -> tuple[int, int]:
    return SOLD[body["model"]].counts[field]


@dataclass(frozen=True, slots=True)
class SomeMedium:
    """There is at least one link of any kind."""

    def problem(self, body: Body) -> Problem | None:
        if any(value(body, field) for field in MEDIA):
            return None
        return Problem(
            Kind.NEEDS, "image_urls", f"or another medium is required by {body['model']}"
        )


@dataclass(frozen=True, slots=True)
class Unfiltered:
    """Who searches the web does not go without the filter."""

    def problem(self, body: Body) -> Problem | None:
        searches = value(body, "model_params.web_search")
        if not searches or given(body, "content_filter", True):
            return None
        detail = "cannot be false together with model_params.web_search"
        return Problem(Kind.CONFLICT, "content_filter", detail)


@dataclass(frozen=True, slots=True)
class SmallDraft:
    """A draft is small, and asked for at the top level alone."""

    def problem(self, body: Body) -> Problem | None:
        if value(body, "model_params.draft") is not None:
            return Problem(Kind.UNSUPPORTED, "model_params.draft", "belongs beside model_params")
        if not given(body, "draft", False) or given(body, "quality", DRAFT) == DRAFT:
            return None
        return Problem(Kind.CHOICE, "quality", f"must be {DRAFT} for a draft", got=body["quality"])


def _seconds(sold: Sold) -> Rule:
    return Between("duration", *sold.seconds, also=(-1,) if sold.open else ())


def _subject(sold: Sold) -> Rule:
    return Required("source_task_id" if sold.model.mode == "draft" else "prompt")


def _beside(sold: Sold) -> Rule | None:
    if not sold.newest:
        return Needs("audio_urls", ("image_urls", "video_urls"))
    return SomeMedium() if sold.model.mode == "reference" else None


def _container(sold: Sold) -> Rule | None:
    return OneOf("output_format", ("mp4", "mov")) if sold.newest else None


RULES: tuple[Rule, ...] = (
    Required("model"),
    OfType("model", "string"),
    OneOf("model", tuple(SOLD)),
    OfModel(_subject),
    OfType("prompt", "string"),
    OfType("source_task_id", "string"),
    *(
        row
        for field in MEDIA
        for row in (OfType(field, "array"), EachText(field), MediaOfModel(field, _counts))
    ),
    OfType("duration", "integer"),
    OfModel(_seconds),
    OfType("quality", "string"),
    OfModel(lambda sold: OneOf("quality", sold.qualities)),
    OfType("aspect_ratio", "string"),
    OfModel(lambda sold: OneOf("aspect_ratio", sold.ratios)),
    OfType("generate_audio", "boolean"),
    OfType("callback_url", "string"),
    OfType("content_filter", "boolean"),
    OfType("model_params", "object"),
    OfType("model_params.web_search", "boolean"),
    WebSearch(lambda body: SOLD[body["model"]].model),
    Unfiltered(),
    OfModel(lambda sold: OfType("output_format", "string") if sold.newest else None),
    OfModel(_container),
    OfModel(lambda sold: OfType("draft", "boolean") if sold.newest else None),
    OfModel(lambda sold: SmallDraft() if sold.newest else None),
    OfModel(_beside),
)
