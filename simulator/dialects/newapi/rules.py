"""What new-api takes: a flat order with ``metadata``.

Wire facts: relay/common/relay_utils.go and relay/common/relay_info.go of QuantumNous/new-api at
bde9b2f4 (2026-07-11), and what builds answered on 2026-11-28.
"""

from dataclasses import dataclass

from simulator.core.problems import Kind, Problem
from simulator.core.rules import Body, OfType, OneOf, Required, Rule, value, whole
from simulator.dialects.ark_models import MODELS as UPSTREAM

# The channel is one to Volcengine's host, so it has that host's models.
MODELS = tuple(name for name, model in UPSTREAM.items() if model.region == "cn-beijing")
MOST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Texts:
    """The array, if there is one, has nothing but strings, and nulls, which are empty ones."""

    field: str

    def problem(self, body: Body) -> Problem | None:
        for item in value(body, self.field) or ():
            if item is not None and not isinstance(item, str):
                return Problem(Kind.TYPE, self.field, "has items of type", limit="string", got=item)
        return None


@dataclass(frozen=True, slots=True)
class Seconds:
    """A length that is a whole number is one within an hour, in whichever field it stands."""

    def problem(self, body: Body) -> Problem | None:
        for field in ("duration", "seconds"):
            sent = whole(body.get(field))
            if sent is not None and not 0 <= sent <= MOST_SECONDS:
                detail = f"must be between 1 and {MOST_SECONDS}"
                return Problem(Kind.RANGE, "seconds", detail, limit=(1, MOST_SECONDS), got=sent)
        return None


def _rules(*bounds: Rule) -> tuple[Rule, ...]:
    return (
        Required("model"),
        OfType("model", "string"),
        OneOf("model", MODELS),
        OfType("prompt", "string"),
        OfType("mode", "string"),
        OfType("image", "string"),
        OfType("images", "array"),
        Texts("images"),
        OfType("size", "string"),
        OfType("seconds", "string"),
        OfType("input_reference", "string"),
        Required("prompt"),
        *bounds,
    )


RULES = _rules(Seconds())
# The builds of June have no bounds.
OBSERVED_RULES = _rules()
