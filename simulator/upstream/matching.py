"""When two orders are the same: what they mean, whatever their bytes are.

The order of keys is nothing, nor is the boundary of a form. Where no recorded order is the same,
those count as well that differ in what is of the moment alone: times, ids that were drawn, and the
hosts of links.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qs

# A link of a server that passed another one on: what it stood for.
_PASSED = re.compile(r"https?://[^/\s\"]+/passed/[0-9a-f]{32}/[^/\s\"]*/(https?)/")
_LINK = re.compile(r"https?://[^/\s\"\\]+([^?\s\"\\]*)(\?[^\s\"\\]*)?")
_MOMENTARY = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<!\d)(?:\d{13}|\d{10})(?!\d)"
)
_NAME = re.compile(r'name="([^"]*)"')
_FILE = re.compile(r'filename="([^"]*)"')


def meaning(sent: Any, content_type: str) -> Any:
    """What a body says, as a JSON value: a form is an object of arrays."""
    if not isinstance(sent, str):
        return sent
    kind, _, parameters = content_type.partition(";")
    match kind.strip().lower():
        case "multipart/form-data":
            return _form(sent, parameters.partition("boundary=")[2].partition(";")[0].strip('" '))
        case "application/x-www-form-urlencoded":
            return parse_qs(sent, keep_blank_values=True, max_num_fields=10_000)
    return sent


def _form(text: str, boundary: str) -> Any:
    """The parts of a form by their names. The last one of a text that was cut off is left out."""
    found: dict[str, list[str]] = {}
    for part in text.split(f"--{boundary}")[1:-1]:
        head, _, content = part.partition("\r\n\r\n")
        name = _NAME.search(head)
        file = _FILE.search(head)
        said = f"{file[1]}: {content}" if file else content
        found.setdefault(name[1] if name else "", []).append(said.removesuffix("\r\n"))
    return found


def exactly(value: Any) -> str:
    """The text that two equal values share."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def loosely(exact: str) -> str:
    """The same without what is of the moment alone."""
    text = _LINK.sub(r"\1", _PASSED.sub(r"\1://", exact))
    return _MOMENTARY.sub("…", text)


def differing(recorded: Any, sent: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """Place, what is recorded there and what was sent there, for all that differs."""
    if isinstance(recorded, Mapping) and isinstance(sent, Mapping):
        for name in {**recorded, **sent}:
            yield from differing(recorded.get(name), sent.get(name), f"{place}/{name}")
    elif isinstance(recorded, list) and isinstance(sent, list) and len(recorded) == len(sent):
        for number, (one, other) in enumerate(zip(recorded, sent, strict=True)):
            yield from differing(one, other, f"{place}/{number}")
    elif recorded != sent:
        yield place, _brief(recorded), _brief(sent)


def _brief(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def likest(text: str, known: Iterable[str]) -> str:
    """Of some texts the one that is most like this one; empty where there is none at all."""
    texts = list(dict.fromkeys(known))
    found = get_close_matches(text[:300], texts, 1, 0)
    return found[0] if found else next(iter(texts), "")
