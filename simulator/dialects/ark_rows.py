"""Rows of Ark's rules that each model has in its own way, made from the table of models."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.core.problems import Kind, Problem
from simulator.core.rules import Body, Rule, Unsupported
from simulator.dialects import ark_tasks, content
from simulator.dialects.ark_family import NEUTRAL
from simulator.dialects.ark_models import MODELS, Model

# What an endpoint id (ep-…) stands for; answers show the model, not the endpoint.
ENDPOINT_MODEL = "doubao-seedance-2-0-260128"


@dataclass(frozen=True, slots=True)
class PerModel:
    """The row that the order's model has in this place, by its tier; none where it has none."""

    field: str
    rows: Mapping[str, Rule]

    @staticmethod
    def variant(body: Body) -> str:
        """The tier of the model that an order names, of whatever type that is."""
        name = body.get("model")
        return MODELS[name if isinstance(name, str) and name in MODELS else ENDPOINT_MODEL].tier

    def problem(self, body: Body) -> Problem | None:
        model = MODELS.get(body["model"], MODELS[ENDPOINT_MODEL])
        row = self.rows.get(model.tier)
        return None if row is None else row.problem(body)


def each(
    field: str, row: Callable[[Model], Rule | None], models: Mapping[str, Model] = MODELS
) -> PerModel:
    """A row for each tier of models, made from what the table says of it."""
    made = {model.tier: row(model) for model in models.values()}
    return PerModel(field, {tier: one for tier, one in made.items() if one is not None})


def refused(*fields: str) -> tuple[PerModel, ...]:
    """Fields that some models refuse, but for what they do anyway.

    The pages print calls with these values for every model (ours: no page says what becomes of
    them).
    """
    return tuple(_refused(field) for field in fields)


def _refused(field: str) -> PerModel:
    row = Unsupported(field, neutral=NEUTRAL.get(field))
    return each(field, lambda model: row if field in model.refused else None)


@dataclass(frozen=True, slots=True)
class NoReferences(content.OfMedia):
    """The model starts from texts and frames alone."""

    def problem(self, body: Body) -> Problem | None:
        mode = content.mode(role for _, role in content.with_roles(content.media(body)))
        if mode != "r2v":
            return None
        return Problem(Kind.UNSUPPORTED, "task_type", "r2v is not supported", aspect="mode")


def mixing(models: Mapping[str, Model] = MODELS) -> tuple[Rule, ...]:
    """Which content items stand beside each other, and how many."""
    return (
        content.ImageRoles(),
        content.OtherRoles("video"),
        content.OtherRoles("audio"),
        content.AtMost("first_frame", 1),
        content.AtMost("last_frame", 1),
        content.FramesWithoutReferences(),
        content.FirstBeforeLast(),
        each("mode", lambda model: None if model.references else NoReferences(), models),
        each("audio", lambda model: None if model.audio_alone else content.NotOnlyAudio(), models),
        each("images", lambda model: content.AtMost("reference_image", model.images), models),
        each("videos", lambda model: content.AtMost("reference_video", model.videos), models),
        each("audios", lambda model: content.AtMost("reference_audio", model.audios), models),
        each("ratio", lambda m: ark_tasks.FollowsFrame() if m.task_types else None, models),
        each("task", lambda m: ark_tasks.Declared() if m.task_types else None, models),
    )
