"""What ark accepts: the rows that an order has to pass, some of them each model's own."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.core.problems import Kind, Problem
from simulator.core.rules import (
    Between,
    Body,
    Count,
    Length,
    OfType,
    OneOf,
    Required,
    Rule,
    given,
    value,
)
from simulator.dialects import ark_tasks, content
from simulator.dialects.ark_family import RATIO_CHOICES, SEED_MOST
from simulator.dialects.ark_models import ALL, FOREIGN, MODELS, OF_15, OF_25, Model
from simulator.dialects.ark_rows import each, mixing, refused

_ENDPOINT = re.compile(r"ep-[0-9A-Za-z-]{3,60}")
PRIORITY_MOST = 9
EXPIRY_MOST = 259_200
DRAFT = "480p"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """The model is one that the account can call, by its id or by an endpoint's."""

    def problem(self, body: Body) -> Problem | None:
        name = body["model"]
        if name in MODELS or _ENDPOINT.fullmatch(name):
            return None
        return Problem(Kind.MODEL, "model", "is unknown", got=name)


@dataclass(frozen=True, slots=True)
class NoDraft(content.OfDrafts):
    """The model continues no drafts."""

    def problem(self, body: Body) -> Problem | None:
        if content.draft_id(body) is None:
            return None
        return Problem(Kind.UNSUPPORTED, "content[0].draft_task", "is of other models")


@dataclass(frozen=True, slots=True)
class OnlyWith:
    """A draft has the values of this field that are listed, or none at all."""

    field: str
    values: tuple[Any, ...]

    def problem(self, body: Body) -> Problem | None:
        if not given(body, "draft", False) or value(body, self.field) in (None, *self.values):
            return None
        kind = Kind.CHOICE if self.field == "resolution" else Kind.UNSUPPORTED
        return Problem(kind, self.field, "is not supported by drafts", got=body[self.field])


@dataclass(frozen=True, slots=True)
class Tools:
    """Tools are objects of the one known type."""

    def problem(self, body: Body) -> Problem | None:
        for at, tool in enumerate(value(body, "tools") or ()):
            if not isinstance(tool, dict) or tool.get("type") != "web_search":
                return Problem(Kind.CHOICE, f"tools[{at}].type", "must be web_search", got=tool)
        return None


def _drafts(rule: Rule) -> Callable[[Model], Rule | None]:
    return lambda model: rule if model.drafts else None


def _rules(least_expiry: int, output_formats: tuple[Rule, ...]) -> tuple[Rule, ...]:
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
        OfType("service_tier", "string"),
        *refused("service_tier"),
        OneOf("service_tier", ("default", "flex")),
        OfType("execution_expires_after", "integer"),
        Between("execution_expires_after", least_expiry, EXPIRY_MOST),
        OfType("generate_audio", "boolean"),
        *refused("draft"),
        OfType("draft", "boolean"),
        *refused("tools"),
        OfType("tools", "array"),
        Tools(),
        OfType("safety_identifier", "string"),
        Length("safety_identifier", 64),
        *refused("priority"),
        OfType("priority", "integer"),
        Between("priority", 0, PRIORITY_MOST),
        OfType("resolution", "string"),
        OneOf("resolution", ALL),
        each("resolution", lambda model: OneOf("resolution", model.resolutions)),
        OfType("ratio", "string"),
        OneOf("ratio", RATIO_CHOICES),
        OfType("duration", "integer"),
        each("duration", lambda model: Between("duration", *model.seconds, also=(-1,))),
        OfType("seed", "integer"),
        Between("seed", -1, SEED_MOST),
        *refused(*OF_15[:1]),
        OfType("camera_fixed", "boolean"),
        OfType("watermark", "boolean"),
        *refused(*OF_25),
        OfType("output_format", "string"),
        *output_formats,
        OfType("omni_reference_task_type", "string"),
        OneOf("omni_reference_task_type", ark_tasks.TYPES),
        *refused(*FOREIGN),
        each("bitrate_mode", lambda m: OneOf("bitrate_mode", m.bitrates) if m.bitrates else None),
        *(
            each(rule.field, _drafts(rule))
            for rule in (
                OnlyWith("resolution", (DRAFT,)),
                OnlyWith("return_last_frame", (False,)),
                OnlyWith("service_tier", ("default",)),
            )
        ),
        content.DraftAlone(),
        each("draft_task", lambda model: None if model.drafts else NoDraft()),
        *mixing(),
    )


RULES = _rules(3600, (OneOf("output_format", ("mp4", "mov")),))
# On the 2.0 models the live service does not enforce the floor of the expiry, and the check of a
# request passes over output_format.
OBSERVED_RULES = _rules(1, ())
