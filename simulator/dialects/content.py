"""Content arrays: the items that octopusx, apiyi and ark take, and the rules for mixing them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.core.media import MediaKind
from simulator.core.problems import Kind, Problem
from simulator.core.rules import Body, value

MEDIA: Mapping[str, MediaKind] = {
    "image_url": "image",
    "video_url": "video",
    "audio_url": "audio",
}
TYPES = ("text", *MEDIA, "draft_task")
FRAMES = ("first_frame", "last_frame")
REFERENCES = ("reference_image", "reference_video", "reference_audio")
ROLES: Mapping[MediaKind, tuple[str, ...]] = {
    "image": (*FRAMES, "reference_image"),
    "video": ("reference_video",),
    "audio": ("reference_audio",),
}

# Fields of an item of ``content``.
CONTENT_FIELDS = frozenset(
    f"content[].{name}"
    for name in (
        "type",
        "text",
        "role",
        "image_url.url",
        "video_url.url",
        "audio_url.url",
        "draft_task.id",
    )
)
# Where a content array has what others have as fields.
CONTENT_PLACES: Mapping[str, str] = {
    "prompt": "an item of content of type text",
    "first frame": "an item of content with role first_frame",
    "last frame": "an item of content with role last_frame",
    "reference images": "an item of content for each, with role reference_image",
    "reference video": "an item of content for each, with role reference_video",
    "reference audio": "an item of content for each, with role reference_audio",
}


def text_item(text: str) -> dict[str, Any]:
    """An item of text, as an order has it."""
    return {"type": "text", "text": text}


def media_item(kind: MediaKind, url: Any, role: str) -> dict[str, Any]:
    """An item of media in a role, as an order has it."""
    return {"type": f"{kind}_url", f"{kind}_url": {"url": url}, "role": role}


@dataclass(frozen=True, slots=True)
class Item:
    """One media item of a content array; ``role`` is empty where none was sent."""

    at: int
    kind: MediaKind
    url: str
    role: str

    @property
    def field(self) -> str:
        return f"content[{self.at}].{self.kind}_url"


def media(body: Body) -> list[Item]:
    """The media items of a well-formed content array."""
    return [
        Item(at, MEDIA[item["type"]], item[item["type"]]["url"], item.get("role") or "")
        for at, item in enumerate(body["content"])
        if item["type"] in MEDIA
    ]


def bare(body: Body) -> bool:
    """Whether a well-formed content array has no media, as those of most orders."""
    for item in body["content"]:  # noqa: SIM110 (a generator takes as long as all the rest)
        if item["type"] in MEDIA:
            return False
    return True


class OfMedia:
    """A row about media, which has nothing to say where there are none."""

    __slots__ = ()
    silent = staticmethod(bare)


def text(body: Body) -> str:
    """The text of a well-formed content array, empty if it has none."""
    for item in body["content"]:
        if item["type"] == "text":
            found: str = item["text"]
            return found
    return ""


def draft_id(body: Body) -> str | None:
    """The task that a draft_task item names."""
    for item in body["content"]:
        if item["type"] == "draft_task":
            found: str = item["draft_task"]["id"]
            return found
    return None


@dataclass(frozen=True, slots=True)
class ContentItems:
    """Every item is an object of a known type that has what its type needs."""

    types: Sequence[str] = TYPES
    most_texts: int = 1

    def problem(self, body: Body) -> Problem | None:
        texts = 0
        for at, item in enumerate(value(body, "content")):
            if (found := self._item(f"content[{at}]", item)) is not None:
                return found
            texts += item["type"] == "text"
        if texts > self.most_texts:
            detail = f"must have at most {self.most_texts} text"
            return Problem(Kind.COUNT, "content", detail, aspect="texts", limit=1, got=texts)
        return None

    def _item(self, field: str, item: Any) -> Problem | None:
        if not isinstance(item, dict):
            return Problem(Kind.TYPE, field, "must be an object", aspect="item")
        name = item.get("type")
        if name is None:
            return Problem(Kind.MISSING, f"{field}.type", "is required")
        if name not in self.types:
            detail = "must be one of " + ", ".join(self.types)
            return Problem(Kind.CHOICE, f"{field}.type", detail, aspect="type", got=name)
        role = item.get("role")
        if role is not None and not isinstance(role, str):
            return Problem(Kind.TYPE, f"{field}.role", "must be a string")
        if name == "text":
            return _text_problem(f"{field}.text", item.get("text"))
        key = "id" if name == "draft_task" else "url"
        return _payload_problem(f"{field}.{name}", item.get(name), key)


def _text_problem(field: str, given: Any) -> Problem | None:
    if given is None:
        return Problem(Kind.MISSING, field, "is required")
    if not isinstance(given, str):
        return Problem(Kind.TYPE, field, "must be a string", got=given)
    return None if given.strip() else Problem(Kind.MISSING, field, "is required")


def _payload_problem(field: str, given: Any, key: str) -> Problem | None:
    if given is None:
        return Problem(Kind.MISSING, field, "is required")
    if not isinstance(given, dict):
        return Problem(Kind.TYPE, field, "must be an object", got=given)
    inner = given.get(key)
    if inner is None or inner == "":
        return Problem(Kind.MISSING, f"{field}.{key}", "is required")
    if not isinstance(inner, str):
        return Problem(Kind.TYPE, f"{field}.{key}", "must be a string", got=inner)
    return None


class OfDrafts:
    """A row about the draft that an order continues, which has nothing to say where it has none."""

    __slots__ = ()

    @staticmethod
    def silent(body: Body) -> bool:
        """Whether it has none."""
        return draft_id(body) is None


@dataclass(frozen=True, slots=True)
class DraftAlone(OfDrafts):
    """A draft_task stands alone in the array."""

    def problem(self, body: Body) -> Problem | None:
        if draft_id(body) is None or len(body["content"]) == 1:
            return None
        detail = "draft_task must be the only element"
        return Problem(Kind.CONFLICT, "content", detail, aspect="draft_task")


@dataclass(frozen=True, slots=True)
class ImageRoles(OfMedia):
    """Image roles are known ones, and up to ``implied`` images may go without."""

    implied: int | None = 1

    def problem(self, body: Body) -> Problem | None:
        images = [item for item in media(body) if item.kind == "image"]
        for item in images:
            if item.role and item.role not in ROLES["image"]:
                detail = "has an unknown role"
                return Problem(Kind.CHOICE, "content", detail, aspect="image role", got=item.role)
        bare = any(not item.role for item in images)
        if self.implied is not None and bare and len(images) > self.implied:
            return Problem(Kind.NEEDS, "content", "images need roles", aspect="no role")
        return None


@dataclass(frozen=True, slots=True)
class OtherRoles(OfMedia):
    """Videos and audios have the one role there is for them."""

    kind: MediaKind
    required: bool = True

    def problem(self, body: Body) -> Problem | None:
        wanted = ROLES[self.kind][0]
        for item in media(body):
            if item.kind == self.kind and item.role != wanted and (item.role or self.required):
                detail = f"{self.kind} must have the role {wanted}"
                return Problem(
                    Kind.CHOICE, "content", detail, aspect=f"{self.kind} role", got=item.role
                )
        return None


@dataclass(frozen=True, slots=True)
class AtMost(OfMedia):
    """No more items of a role than the document allows."""

    role: str
    most: int

    def problem(self, body: Body) -> Problem | None:
        found = sum(role == self.role for _, role in with_roles(media(body)))
        if found <= self.most:
            return None
        detail = f"must have at most {self.most} {self.role}"
        return Problem(Kind.COUNT, "content", detail, aspect=self.role, limit=self.most, got=found)


@dataclass(frozen=True, slots=True)
class FramesWithoutReferences(OfMedia):
    """First and last frames do not stand beside references of these roles."""

    apart: tuple[str, ...] = REFERENCES

    def problem(self, body: Body) -> Problem | None:
        roles = {role for _, role in with_roles(media(body))}
        if roles.isdisjoint(FRAMES) or roles.isdisjoint(self.apart):
            return None
        others = "references" if self.apart == REFERENCES else " or ".join(self.apart)
        detail = f"first_frame and last_frame cannot be mixed with {others}"
        return Problem(Kind.CONFLICT, "content", detail, aspect="mixed")


@dataclass(frozen=True, slots=True)
class FirstBeforeLast(OfMedia):
    """A last frame needs a first one."""

    def problem(self, body: Body) -> Problem | None:
        roles = {role for _, role in with_roles(media(body))}
        if "last_frame" not in roles or "first_frame" in roles:
            return None
        return Problem(Kind.NEEDS, "content", "last_frame needs first_frame", aspect="last alone")


@dataclass(frozen=True, slots=True)
class NotOnlyAudio(OfMedia):
    """Reference audio stands beside at least one image or video."""

    def problem(self, body: Body) -> Problem | None:
        kinds = {item.kind for item in media(body)}
        if kinds != {"audio"}:
            return None
        detail = "audio needs an image or a video beside it"
        return Problem(Kind.NEEDS, "content", detail, aspect="audio alone")


def with_roles(items: Iterable[Item]) -> list[tuple[Item, str]]:
    """Every item with the role it plays: what was sent, or what its place implies.

    A single image without a role is the first frame, the second of two the last; more are
    references.
    """
    items = list(items)
    if not items:  # as in most orders, of which half a dozen rows ask
        return []
    images = [item for item in items if item.kind == "image"]
    implied = FRAMES if len(images) <= len(FRAMES) else ()
    place = {
        item.at: implied[n] if implied else ROLES["image"][-1] for n, item in enumerate(images)
    }
    return [(item, item.role or place.get(item.at) or ROLES[item.kind][0]) for item in items]


def mode(roles: Iterable[str]) -> str:
    """The generation mode that a set of roles stands for."""
    played = set(roles)
    if not played:
        return "t2v"
    if played <= set(FRAMES):
        return "flf2v" if "last_frame" in played else "i2v"
    return "r2v"


def mode_of(body: Body) -> str:
    """The generation mode of a content array; that of a text where it is not well-formed."""
    if not isinstance(body.get("content"), list) or ContentItems(most_texts=100).problem(body):
        return "t2v"
    return mode(role for _, role in with_roles(media(body)))
