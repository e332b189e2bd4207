"""What APIYI sells, and the rows that an order has to pass."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from simulator.core.problems import Kind, Problem
from simulator.core.rules import Between, Body, Count, OfType, OneOf, OneOfFor, Required, Rule
from simulator.dialects import ark_models, ark_tasks, content
from simulator.dialects.ark_family import MIXING_RULES, RATIO_CHOICES, SEED_MOST, of_other_models
from simulator.dialects.ark_models import Model
from simulator.dialects.ark_rows import each, mixing, refused

RESOLUTIONS = ("480p", "720p", "1080p")
FAST_RESOLUTIONS = ("480p", "720p")
NEW = "doubao-seedance-2-5-260628"
STANDARD, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
MODELS: Mapping[str, Model] = {
    STANDARD: Model("doubao-seedance-2-0", "standard", RESOLUTIONS),
    FAST: Model("doubao-seedance-2-0-fast", "fast", FAST_RESOLUTIONS),
}
# What the gateway sells since the summer of 2026: Ark's Chinese models, each up to 1080p.
SOLD: Mapping[str, Model] = {
    name: replace(
        ark_models.MODELS[name],
        resolutions=tuple(
            each for each in ark_models.MODELS[name].resolutions if each in RESOLUTIONS
        ),
    )
    for name in (STANDARD, FAST, "doubao-seedance-2-0-mini-260615", NEW)
}
ITEMS = ("text", "image_url", "video_url", "audio_url")


@dataclass(frozen=True, slots=True)
class HasChannel:
    """The model is one of those that the gateway has a channel for."""

    models: tuple[str, ...] = (STANDARD, FAST)

    def problem(self, body: Body) -> Problem | None:
        if body["model"] in self.models:
            return None
        return Problem(Kind.MODEL, "model", "has no channel", got=body["model"])


def _rules(
    channel: Rule, resolution: Rule, duration: Rule, rest: tuple[Rule, ...]
) -> tuple[Rule, ...]:
    return (
        Required("model"),
        OfType("model", "string"),
        channel,
        Required("content"),
        OfType("content", "array"),
        Count("content", most=100, least=1),
        content.ContentItems(ITEMS),
        OfType("resolution", "string"),
        OneOf("resolution", RESOLUTIONS),
        resolution,
        OfType("ratio", "string"),
        OneOf("ratio", RATIO_CHOICES),
        OfType("duration", "integer"),
        duration,
        OfType("generate_audio", "boolean"),
        OfType("watermark", "boolean"),
        OfType("seed", "integer"),
        Between("seed", -1, SEED_MOST),
        OfType("return_last_frame", "boolean"),
        OfType("execution_expires_after", "integer"),
        Between("execution_expires_after", 3600, 259_200),
        *rest,
    )


RULES = _rules(
    HasChannel(),
    OneOfFor("resolution", "model", {FAST: FAST_RESOLUTIONS}),
    Between("duration", 4, 15, also=(-1,)),
    MIXING_RULES,
)
# "Ignored or rejected", says the page: ignored as documented, rejected where Ark is watched.
OLD_FIELDS = ("frames", "camera_fixed", "service_tier")
OBSERVED_RULES = _rules(
    HasChannel(tuple(SOLD)),
    each("resolution", lambda model: OneOf("resolution", model.resolutions), SOLD),
    each("duration", lambda model: Between("duration", *model.seconds, also=(-1,)), SOLD),
    (
        *refused(*ark_models.OF_25),
        OfType("output_format", "string"),
        OfType("omni_reference_task_type", "string"),
        OneOf("omni_reference_task_type", ark_tasks.TYPES),
        *mixing(SOLD),
        *of_other_models(*OLD_FIELDS),
    ),
)
