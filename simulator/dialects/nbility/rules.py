"""What an order may say: the fields, models and files of the create page."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.core.media import MediaKind
from simulator.core.problems import Kind, Problem
from simulator.core.rules import Between, Body, OfType, OneOf, OneOfFor, Required, Rule, Unsupported
from simulator.core.tokens import RATIOS, SIZES
from simulator.engine.bodies import Upload

CHEAP = "seedance-2-cheap"
MODELS: Mapping[str, str] = {
    "seedance-2": "720p",
    "seedance-2-480p": "480p",
    "seedance-2-720p": "720p",
    "seedance-2-1080p": "1080p",
    "seedance-2-2k": "2k",
    "seedance-2-4k": "4k",
    CHEAP: "720p",
}
FILES: Mapping[str, MediaKind] = {
    "image_1": "image",
    "image_2": "image",
    "image_3": "image",
    "video": "video",
    "audio": "audio",
}
# No document gives the pixels of 2k: here it is 720p with both sides doubled.
SIZES_2K = {ratio: (2 * width, 2 * height) for ratio, (width, height) in SIZES["720p"].items()}
LEAST, MOST, DEFAULT = 4, 15, 5


@dataclass(frozen=True, slots=True)
class IsFile:
    """If the part is there, it is a file."""

    field: str

    def problem(self, body: Body) -> Problem | None:
        sent = body.get(self.field)
        if sent is None or isinstance(sent, Upload):
            return None
        return Problem(Kind.TYPE, self.field, "must be a file", got=sent)


@dataclass(frozen=True, slots=True)
class Official:
    """The row holds for the models that are billed by the second."""

    rule: Rule

    def problem(self, body: Body) -> Problem | None:
        return None if body["model"] == CHEAP else self.rule.problem(body)


_MODEL: tuple[Rule, ...] = (
    Required("model"),
    OfType("model", "string"),
    OneOf("model", tuple(MODELS)),
)
_PROMPT: tuple[Rule, ...] = (Required("prompt"), OfType("prompt", "string"))
_DURATION: tuple[Rule, ...] = (OfType("duration", "digits"), Between("duration", LEAST, MOST))
_REST: tuple[Rule, ...] = (
    OfType("ratio", "string"),
    OneOfFor(
        "ratio",
        "model",
        {name: RATIOS if name == CHEAP else ("adaptive", *RATIOS) for name in MODELS},
    ),
    *(IsFile(name) for name in FILES),
    Unsupported("resolution", "is not supported: the suffix of the model decides"),
)
RULES: tuple[Rule, ...] = (*_MODEL, *_PROMPT, *_DURATION, *_REST)
# The code checks the duration only where it is billed.
OBSERVED_RULES: tuple[Rule, ...] = (*_MODEL, *_PROMPT, *map(Official, _DURATION), *_REST)
