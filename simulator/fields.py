"""Which fields of an order a dialect reads, and where what was sent in vain belongs.

An unknown field is ignored upstream, and nothing tells the client: the commonest mistake of all.
The names that people send for a thing were collected from public clients and issues of 2026.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# What people call a thing. Where a name stands for two, the first that the dialect has counts.
CONCEPTS: Mapping[str, tuple[str, ...]] = {
    "resolution": ("resolution", "quality", "video_resolution", "size"),
    "ratio": ("ratio", "aspect_ratio", "aspectRatio", "size"),
    "length": ("duration", "seconds", "duration_seconds", "video_length", "length"),
    "frames": ("frames", "num_frames"),
    "frame rate": ("fps", "framespersecond", "frame_rate"),
    "prompt": ("prompt", "text", "input", "messages"),
    "first frame": (
        "image",
        "image_url",
        "first_frame",
        "first_frame_url",
        "start_image",
        "init_image",
        "input_reference",
    ),
    "last frame": ("last_image", "last_frame", "end_image", "tail_image", "image_end"),
    "reference images": ("images", "image_urls", "reference_images", "references"),
    "reference video": ("video", "video_url", "video_urls", "videos", "reference_video_urls"),
    "reference audio": ("audio", "audio_url", "audio_urls", "audios", "reference_audio"),
    "sound": ("generate_audio", "sound", "with_audio", "enable_audio", "audio"),
    "seed": ("seed",),
    "watermark": ("watermark", "logo", "add_watermark"),
    "fixed camera": ("camera_fixed", "camerafixed", "fixed_lens", "camera_control"),
    "last frame of the clip": ("return_last_frame",),
    "callback": ("callback_url", "webhook", "webhook_url", "notify_url", "callbackUrl"),
    "kind of task": (
        "operation",
        "task_type",
        "omni_reference_task_type",
        "mode",
        "generation_type",
    ),
    "web search": ("web_search", "tools", "enable_search"),
    "content filter": (
        "content_filter",
        "safety_checker",
        "enable_safety_checker",
        "nsfw_checker",
    ),
    "container": ("output_format", "format", "file_format", "container", "codec"),
    "retry key": ("idempotency_key", "client_request_id"),
    "number of clips": ("n", "num_videos", "batch_size"),
    "negative prompt": ("negative_prompt",),
    "draft": ("draft",),
    "tier": ("service_tier",),
    "guidance": (
        "cfg_scale",
        "guidance_scale",
        "steps",
        "style",
        "motion",
        "enhance_prompt",
        "prompt_extend",
    ),
}
# What is said of things that no dialect has.
NOWHERE: Mapping[str, str] = {
    "frame rate": "clips have 24 frames a second",
    "number of clips": "an order is one clip",
    "negative prompt": "what to avoid can only be said in the prompt",
    "guidance": "the model has no such setting",
}
# The value with which a field asks for what it gets anyway. None and what is empty always do.
NEUTRAL: Mapping[str, Any] = {
    "watermark": False,
    "fixed camera": False,
    "last frame of the clip": False,
    "sound": True,
    "seed": -1,
    "web search": False,
    "draft": False,
    "tier": "default",
    "container": "mp4",
    "kind of task": "auto",
    "number of clips": 1,
    "frame rate": 24,
}
# What clients send of their own accord, and what has no bearing on the clip.
HARMLESS = frozenset({"user", "stream", "metadata_version", "client_metadata"})
MOST = 20
MOST_ITEMS = 50


@dataclass(frozen=True, slots=True)
class Ignored:
    """A field that was sent in vain: its place in the body, and what to do instead."""

    name: str
    hint: str


@dataclass(frozen=True)
class Fields:
    """The fields of a dialect's order.

    ``read`` are their places, ``a.b`` for one inside another and ``a[].b`` for one of each item;
    those under ``observed`` are read only there. ``places`` say in words where each concept stands
    whose place is not just one of these names, and ``neutral`` are values of concepts that ask for
    what this dialect does anyway, where others do something else.
    """

    read: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)
    observed: frozenset[str] = frozenset()
    neutral: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _known(self) -> Mapping[bool, frozenset[str]]:
        """What is read in each fidelity, with all that these stand in."""
        return {False: _with_parents(self.read), True: _with_parents(self.read | self.observed)}

    def ignored(self, body: Mapping[str, Any], *, observed: bool = False) -> list[Ignored]:
        """The fields of an order that nobody reads although they ask for something."""
        if not self.read:
            return []
        known = self._known[observed]
        found = []
        for place, name, value in _fields(body, known):
            concept = self._concept(name)
            if name not in HARMLESS and not self._neutral(value, concept):
                found.append(Ignored(place, self._hint(place, name, value, concept, known)))
            if len(found) >= MOST:
                break
        return found

    def _concept(self, name: str) -> str:
        """What the name is for; of two, the one that the dialect has."""
        meant = [concept for concept, names in CONCEPTS.items() if name in names]
        here = [concept for concept in meant if self._place(concept)]
        return next(iter(here or meant), "")

    def _place(self, concept: str) -> str:
        """Where the dialect has a thing, or nothing."""
        if concept in self.places:
            return self.places[concept]
        names = CONCEPTS[concept]
        return next((one for one in sorted(self.read) if one.rpartition(".")[2] in names), "")

    def _neutral(self, value: Any, concept: str) -> bool:
        """Whether a field asks for nothing, or for what there is anyway."""
        if value is None or (not isinstance(value, int | float) and not value):
            return True
        if not concept:
            return value is False or (type(value) is int and value == 0)
        usual = self.neutral.get(concept, NEUTRAL.get(concept))
        return usual is not None and type(value) is type(usual) and bool(value == usual)

    def _hint(self, place: str, name: str, value: Any, concept: str, known: frozenset[str]) -> str:
        right = self._place(concept) if concept else ""
        if right and right != place:
            return f"the {concept} goes into {right}"
        if concept:
            also = NOWHERE.get(concept, "")
            return f"there is no field for the {concept}" + (f": {also}" if also else "")
        if isinstance(value, dict) and any(one in known for one in value):
            return "what stands in it belongs beside it"
        names = {one.rpartition(".")[2]: one for one in sorted(self.read)}
        near = difflib.get_close_matches(name[:60], names, 1, 0.75)
        return f"did you mean {names[near[0]]}?" if near else "no page has such a field"


def _with_parents(places: frozenset[str]) -> frozenset[str]:
    found = set(places)
    for place in places:
        while "." in place:
            place = place.rpartition(".")[0]
            found |= {place, place.removesuffix("[]")}
    return frozenset(found)


def _fields(
    body: Mapping[str, Any], known: frozenset[str], above: str = "", shown: str = ""
) -> Iterator[tuple[str, str, Any]]:
    """Every field that is not known: its place as it was sent, its name and its value."""
    for name, value in body.items():
        place, here = above + name, shown + name
        if place not in known:
            yield here[:200], name, value
        elif isinstance(value, dict) and _has_parts(place + ".", known):
            yield from _fields(value, known, place + ".", here + ".")
        elif isinstance(value, list) and _has_parts(place + "[].", known):
            for at, item in enumerate(value[:MOST_ITEMS]):
                if isinstance(item, dict):
                    yield from _fields(item, known, place + "[].", f"{here}[{at}].")


def _has_parts(prefix: str, known: frozenset[str]) -> bool:
    return any(place.startswith(prefix) for place in known)
