"""What Seedance 2.5 makes of reference videos: references, edits, extensions, and their rules.

"Create a video generation task", 82379/1520757, ``omni_reference_task_type``, autumn 2026; the
words by which a prompt is taken for an edit or an extension from APIYI's "Seedance 2.0 Overview",
August 2026. Texts of refusals as live answers of August to October 2026 have them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from simulator.core.problems import Kind, Problem, Refusal
from simulator.core.rules import Body, OfSent, given
from simulator.core.task import Order, Reference
from simulator.dialects import content
from simulator.dialects.ark_codes import FAILURES
from simulator.dialects.ark_models import Model

ASPECT = "task type"
FIELD = "omni_reference_task_type"
TYPES = ("auto", "reference", "edit", "extend")
VIDEO = "reference_video"
# Nobody says which word decides where there are several: here the first of them.
_WORDS = re.compile(
    r"\b(?P<edit>edit|add|remove|delete|change|replace|upscale|unchanged)\b"
    r"|\b(?P<extend>extend|continue)\b",
    re.IGNORECASE,
)
EDITED_LEAST = 4000

_NAMED: Mapping[str, str] = {"edit": "video editing", "extend": "video extension"}
_FOLLOWS: Mapping[str, str] = {
    "edit": "the output ratio and duration follow the input video selected by the model for "
    "editing, and the video selected must satisfy the duration requirement of 4 to 30 seconds.",
    "extend": "the output ratio follows the input video selected by the model for extension.",
}
_FRAMES = (
    "The parameter ratio specified in the request is not valid. For first-frame or "
    "first-last-frame generation, the output ratio follows the first-frame image."
)


def inferred(prompt: str) -> str:
    """What a prompt beside a reference video asks for."""
    found = _WORDS.search(prompt)
    return "reference" if found is None else str(found.lastgroup)


def asked(body: Body) -> str:
    """The type that an order declares, or that its prompt gives away."""
    declared: str = given(body, FIELD, "auto")
    if declared != "auto":
        return declared
    has_video = any(item.kind == "video" for item in content.media(body))
    return inferred(content.text(body)) if has_video else "reference"


def constraint(
    kind: str, body: Body, shown: Sequence[tuple[str, Reference]] = ()
) -> Problem | None:
    """What an edit or an extension forbids of an order; ``shown`` are its videos by their places.

    The first field is the problem's, the others stand in ``also``, and ``got`` are the issues.
    """
    issues: dict[str, str] = {}
    if kind in _NAMED and given(body, "ratio", "adaptive") != "adaptive":
        issues["ratio"] = "must be `adaptive`"
    if kind == "edit" and given(body, "duration", -1) != -1:
        issues["duration"] = "must be -1"
    if kind == "edit" and not issues:
        short = ((place, one.facts) for place, one in shown if one.facts is not None)
        issues = {
            place: f"is {facts.ms / 1000:g} seconds"
            for place, facts in short
            if facts.ms < EDITED_LEAST
        }
    if not issues:
        return None
    first, *others = issues
    return Problem(
        Kind.CONFLICT, first, "; ".join(issues.values()), ASPECT, kind, issues, tuple(others)
    )


def sentence(problem: Problem) -> str:
    """Ark's words for a constraint that an order breaks."""
    if problem.limit not in _NAMED:
        return _FRAMES
    fields = [f"`{field}`" for field in (problem.field, *problem.also)]
    named = f"parameter {fields[0]}" if len(fields) == 1 else f"parameters {' and '.join(fields)}"
    number = "is" if len(fields) == 1 else "are"
    issues = " ".join(f"[{at}] `{field}` {text}." for at, (field, text) in _numbered(problem.got))
    return (
        f"The {named} specified in the request {number} not valid. Seedance identified your task "
        f"as {_NAMED[problem.limit]} based on your prompt. For this task type, "
        f"{_FOLLOWS[problem.limit]} Issues: {issues}"
    )


def _numbered(issues: Any) -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(issues.items()))


def constrained(body: Body, order: Order, model: Model) -> Order:
    """The order where its type of task decides about its length; a refusal where it cannot be so.

    An edit is as long as what it edits, down to the whole frame. Only what is declared is refused
    at once.
    """
    if not model.task_types or asked(body) != "edit":
        return order
    videos = _videos(body, order)
    problem = constraint("edit", body, videos) if given(body, FIELD, "auto") == "edit" else None
    if problem is not None:
        raise Refusal(problem)
    facts = videos[0][1].facts
    if facts is None:
        return order
    frames = facts.ms * 24 // 1000
    return replace(order, seconds=frames // 24, frames=frames)


def failing(body: Body, order: Order) -> tuple[str, str] | None:
    """The code and the message with which the task of an order will fail, if it will.

    A prompt that asks for an edit or an extension makes it one, whatever stands beside it.
    """
    declared, videos = given(body, FIELD, "auto"), _videos(body, order)
    meant = inferred(order.prompt) if videos else "reference"
    if declared not in ("auto", meant) and meant != "reference":
        code = "InvalidParameter.TaskTypeMismatch"
        return code, FAILURES[code]
    if declared != "auto":
        return None
    problem = constraint(meant, body, videos)
    if problem is None:
        return None
    return "InvalidParameter.TaskTypeConstraint", sentence(problem)


def refuse_inferred(body: Body, order: Order) -> None:
    """Refuse at once an order that is not what its prompt gives away."""
    videos = _videos(body, order)
    meant = inferred(order.prompt) if videos else "reference"
    problem = constraint(meant, body, videos) if given(body, FIELD, "auto") == "auto" else None
    if problem is not None:
        raise Refusal(problem)


def _videos(body: Body, order: Order) -> list[tuple[str, Reference]]:
    """The reference videos of an order by their places in it."""
    places = (item.field for item in content.media(body))
    found = zip(places, order.references, strict=True)
    return [(place, one) for place, one in found if one.kind == "video"]


@dataclass(frozen=True, slots=True)
class FollowsFrame(OfSent):
    """Beside a first frame there is no ratio but the frame's own."""

    field: str = "ratio"

    def problem(self, body: Body) -> Problem | None:
        mode = content.mode(role for _, role in content.with_roles(content.media(body)))
        if mode not in ("i2v", "flf2v") or given(body, "ratio", "adaptive") == "adaptive":
            return None
        return Problem(Kind.CONFLICT, "ratio", "must be adaptive", ASPECT, mode)


@dataclass(frozen=True, slots=True)
class Declared(OfSent):
    """An edit or an extension that an order declares is one that it can be."""

    field: str = FIELD

    def problem(self, body: Body) -> Problem | None:
        kind = given(body, FIELD, "auto")
        if kind not in _NAMED:
            return None
        if not any(item.kind == "video" for item in content.media(body)):
            return Problem(Kind.NEEDS, FIELD, f"{kind} needs a {VIDEO}", aspect="no video")
        return constraint(kind, body)
