"""What the adaptor of the doubao channel makes of an order: the body that goes to Ark.

Wire facts: relay/channel/task/doubao/adaptor.go, relay/common/relay_info.go and dto/values.go of
QuantumNous/new-api at bde9b2f4 (2026-07-11), and the bodies that a build of it sent to a recording
upstream on 2026-11-28. Whatever is not named here is dropped without a word.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from simulator.core.problems import Kind, refuse
from simulator.core.rules import Body, given, whole

_WHOLE = re.compile(r"[+-]?[0-9]+")
_INT = 2**63
_DIGITS = 4000  # more than Python reads; Go says the same of all that are too many
_TOOLS = 'struct { Type string "json:\\"type,omitempty\\"" }'


def payload(body: Body, *, june: bool = False) -> dict[str, Any]:
    """Ark's body for an order that has passed the rules; a refusal where Go cannot convert it.

    Its keys are in the order of Go's struct, and the text is the last item of the content.
    """
    metadata = _folded(given(body, "metadata", {}), _READERS)
    read = {name: _read(name, metadata[name]) for name in metadata if name in _READERS}
    content = read.pop("content", None)
    items = _from_images(body) if content is None else content
    texts = [item for item in items if item.get("type") != "text"]
    seconds = whole(body.get("seconds")) or 0
    if seconds > 0:
        read["duration"] = seconds
    names = (name for name in _READERS if not (june and name in JULY))
    also = {name: read[name] for name in names if read.get(name) not in (None, "", [])}
    text = {"type": "text", "text": body["prompt"]}
    return {"model": body["model"], "content": [*texts, text], **also}


def _folded(sent: Body, names: Container[str]) -> dict[str, Any]:
    """A map under the names of a struct, which Go finds however they are written.

    A Go map is written in the order of its keys, and of two that are one field the last counts.
    """
    known = {name: name.lower() for name in sorted(sent)}
    return {low if low in names else name: sent[name] for name, low in known.items()}


def _from_images(body: Body) -> list[dict[str, Any]]:
    """An item without a role for each image; a single one only counts where there is no list."""
    single = given(body, "image", "")
    links = body.get("images") or ([single] if single.strip() else [])
    return [{"type": "image_url", "image_url": {"url": link} if link else {}} for link in links]


def _read(name: str, value: Any) -> Any:
    return None if value is None else _READERS[name](name, value)


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _unfit(place, value, "string")
    return value


def _number(place: str, value: Any) -> int:
    """A whole number, or the text of one. Go's maps know no integers, so 5.0 is one."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if whole and abs(value) < _INT:
        return int(value)
    if not isinstance(value, str):
        raise _unfit(place, value, "string")
    if _WHOLE.fullmatch(value) is None:
        raise _refusal(place, f'strconv.Atoi: parsing "{value[:200]}": invalid syntax')
    if len(value) > _DIGITS or not -_INT <= int(value) < _INT:
        raise _refusal(place, f'strconv.Atoi: parsing "{value[:200]}": value out of range')
    return int(value)


def _flag(place: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise _unfit(place, value, "bool" if isinstance(value, str) else "string")


def _tools(place: str, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list):
        raise _unfit(place, value, f"[]{_TOOLS}")
    return [dict(_fields(place, tool, _TOOLS, {"type": _text})) for tool in value]


def _content(place: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise _unfit(place, value, "[]doubao.ContentItem")
    return [dict(_fields(place, item, "doubao.ContentItem", _ITEM)) for item in value]


def _link(place: str, value: Any) -> dict[str, str]:
    return dict(_fields(place, value, "doubao.MediaURL", {"url": _text}))


Reader = Callable[[str, Any], Any]
_ITEM: Mapping[str, Reader] = {
    "type": _text,
    "text": _text,
    "image_url": _link,
    "video_url": _link,
    "audio_url": _link,
    "role": _text,
}


def _fields(
    place: str, value: Any, go: str, readers: Mapping[str, Reader]
) -> Iterator[tuple[str, Any]]:
    """What a Go struct keeps of an object: the fields that it has and that say something."""
    if value is not None and not isinstance(value, dict):
        raise _unfit(place, value, go)
    sent = _folded(value or {}, readers)
    for name, read in readers.items():
        inner = sent.get(name)
        found = None if inner is None else read(f"{place}.{name}", inner)
        if found is not None and found != "":
            yield name, found


# In the order of the struct. What is read of all others is nothing.
_READERS: Mapping[str, Reader] = {
    "content": _content,
    "callback_url": _text,
    "return_last_frame": _flag,
    "service_tier": _text,
    "execution_expires_after": _number,
    "generate_audio": _flag,
    "draft": _flag,
    "tools": _tools,
    "safety_identifier": _text,
    "priority": _number,
    "resolution": _text,
    "ratio": _text,
    "duration": _number,
    "frames": _number,
    "seed": _number,
    "camera_fixed": _flag,
    "watermark": _flag,
}
# What the builds of June drop.
JULY = ("safety_identifier", "priority")
METADATA = tuple(name for name in _READERS if name != "content")


def go_type(value: Any) -> str:
    """What Go calls the type of a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    names = {str: "string", list: "array", dict: "object"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "null")


# Go names the struct in which a field stands; that of a tool has no name.
_STRUCTS = {"content": "ContentItem", "tools": ""}


def _unfit(place: str, value: Any, wanted: str) -> Exception:
    top, *inside = place.split(".")
    struct = _STRUCTS.get(top, "requestPayload") if inside else "requestPayload"
    if len(inside) > 1:
        struct = "MediaURL"
    where = f"Go struct field {struct}.{place} of type {wanted}"
    return _refusal(place, f"json: cannot unmarshal {go_type(value)} into {where}")


def _refusal(place: str, detail: str) -> Exception:
    return refuse(Kind.TYPE, f"metadata.{place}", detail)
