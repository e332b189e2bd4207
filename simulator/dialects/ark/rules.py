"""What ark accepts: its models, and the rows that an order has to pass."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.core.problems import Kind, Problem
from simulator.core.rules import (
    Between,
    Body,
    Count,
    Length,
    OfType,
    OneOf,
    OneOfFor,
    Required,
    Rule,
    value,
)
from simulator.dialects import content
from simulator.dialects.ark_family import (
    MIXING_RULES,
    RATIO_CHOICES,
    SEED_MOST,
    Model,
    of_other_models,
)

_ALL = ("480p", "720p", "1080p", "4k")
_LOW = ("480p", "720p")
_BYTEPLUS = "ap-southeast-1"
MODELS: Mapping[str, Model] = {
    "doubao-seedance-2-0-260128": Model("doubao-seedance-2-0", "standard", _ALL),
    "doubao-seedance-2-0-fast-260128": Model("doubao-seedance-2-0-fast", "fast", _LOW),
    "doubao-seedance-2-0-mini-260615": Model("doubao-seedance-2-0-mini", "mini", _LOW),
    "dreamina-seedance-2-0-260128": Model("dreamina-seedance-2-0", "standard", _ALL, _BYTEPLUS),
    "dreamina-seedance-2-0-fast-260128": Model(
        "dreamina-seedance-2-0-fast", "fast", _LOW, _BYTEPLUS
    ),
    "dreamina-seedance-2-0-mini-260615": Model(
        "dreamina-seedance-2-0-mini", "mini", _LOW, _BYTEPLUS
    ),
}
# What an endpoint id (ep-…) stands for; answers show the model, not the endpoint.
ENDPOINT_MODEL = "doubao-seedance-2-0-260128"
_ENDPOINT = re.compile(r"ep-[0-9A-Za-z-]{3,60}")
PRIORITY_MOST = 9
EXPIRY_MOST = 259_200


@dataclass(frozen=True, slots=True)
class KnownModel:
    """The model is one that the account can call, by its id or by an endpoint's."""

    def problem(self, body: Body) -> Problem | None:
        name = body["model"]
        if name in MODELS or _ENDPOINT.fullmatch(name):
            return None
        return Problem(Kind.MODEL, "model", "is unknown", got=name)


@dataclass(frozen=True, slots=True)
class NoDraft:
    """Drafts are of other families of models."""

    def problem(self, body: Body) -> Problem | None:
        if content.draft_id(body) is None:
            return None
        return Problem(Kind.UNSUPPORTED, "content[0].draft_task", "is of other models")


@dataclass(frozen=True, slots=True)
class Tools:
    """Tools are objects of the one known type."""

    def problem(self, body: Body) -> Problem | None:
        for at, tool in enumerate(value(body, "tools") or ()):
            if not isinstance(tool, dict) or tool.get("type") != "web_search":
                return Problem(Kind.CHOICE, f"tools[{at}].type", "must be web_search", got=tool)
        return None


def _rules(least_expiry: int) -> tuple[Rule, ...]:
    return (
        Required("model"),
        OfType("model", "string"),
        KnownModel(),
        Required("content"),
        OfType("content", "array"),
        Count("content", most=100, least=1),
        content.ContentItems(),
        OfType("callback_url", "string"),
        OfType("return_last_frame", "boolean"),
        *of_other_models("service_tier"),
        OfType("execution_expires_after", "integer"),
        Between("execution_expires_after", least_expiry, EXPIRY_MOST),
        OfType("generate_audio", "boolean"),
        *of_other_models("draft"),
        OfType("tools", "array"),
        Tools(),
        OfType("safety_identifier", "string"),
        Length("safety_identifier", 64),
        OfType("priority", "integer"),
        Between("priority", 0, PRIORITY_MOST),
        OfType("resolution", "string"),
        OneOf("resolution", _ALL),
        OneOfFor("resolution", "model", {name: m.resolutions for name, m in MODELS.items()}),
        OfType("ratio", "string"),
        OneOf("ratio", RATIO_CHOICES),
        OfType("duration", "integer"),
        Between("duration", 4, 15, also=(-1,)),
        *of_other_models("frames"),
        OfType("seed", "integer"),
        Between("seed", -1, SEED_MOST),
        *of_other_models("camera_fixed"),
        OfType("watermark", "boolean"),
        *of_other_models("output_format", "omni_reference_task_type"),
        content.DraftAlone(),
        NoDraft(),
        *MIXING_RULES,
    )


RULES = _rules(3600)
# On the 2.0 models the live service does not enforce the floor of the expiry.
OBSERVED_RULES = _rules(1)
