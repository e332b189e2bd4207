"""Bodies in short: JSON without its long strings, a form as the names and sizes of its parts."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec

LONGEST_TEXT = 2000
LONGEST_DATA = 64
MOST_ITEMS = 200
DEEPEST = 24

_BOUNDARY = re.compile(r'boundary="?([^";]{1,200})', re.IGNORECASE)
_PARAMETER = re.compile(rb'\b(name|filename)="([^"]*)"|\b(name|filename)=([^";\s]+)', re.IGNORECASE)
_TYPE = re.compile(rb"^content-type:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def outline(body: bytes, content_type: str) -> Any:
    """What to show of a body."""
    found = _BOUNDARY.search(content_type)
    if content_type.lower().startswith("multipart/") and found is not None:
        return {"parts": list(_parts(body, found[1].encode()))}
    try:
        return shorten(msgspec.json.decode(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _opaque(body)


def shorten(value: Any, depth: int = 0) -> Any:
    """A JSON value whose long strings, long lists and deep places are cut."""
    match value:
        case str():
            return _text(value)
        case list() | dict() if depth >= DEEPEST:
            return "…"
        case list():
            kept = [shorten(item, depth + 1) for item in value[:MOST_ITEMS]]
            left = len(value) - len(kept)
            return [*kept, f"… ({left} more)"] if left else kept
        case dict():
            pairs = list(value.items())
            short = {_text(name): shorten(item, depth + 1) for name, item in pairs[:MOST_ITEMS]}
            left = len(pairs) - MOST_ITEMS
            return {**short, "…": f"{left} more"} if left > 0 else short
    return value


def _text(text: str) -> str:
    most = LONGEST_DATA if text.startswith("data:") else LONGEST_TEXT
    if len(text) <= most:
        return text
    raw = text.encode("utf-8", "surrogatepass")
    return f"{text[: min(most, 200)]}… ({len(raw)} bytes, sha256 {digest(raw)})"


def _opaque(body: bytes) -> Any:
    if not body:
        return None
    shown: dict[str, Any] = {"size": len(body), "sha256": digest(body)}
    start = body[:LONGEST_TEXT].decode("utf-8", "replace")
    if start.isprintable() or start.lstrip().startswith("<"):
        shown["text"] = start
    return shown


def _parts(body: bytes, boundary: bytes) -> Iterator[dict[str, Any]]:
    """The parts of a form: text as it is, files by size and hash."""
    view = memoryview(body)
    for start, end in _spans(body, b"--" + boundary):
        cut = body.find(b"\r\n\r\n", start, end)
        if cut < 0:
            continue
        head = bytes(view[start:cut])
        names = {(a or c).lower(): b or d for a, b, c, d in _PARAMETER.findall(head)}
        part: dict[str, Any] = {"name": _plain(names.get(b"name", b""))}
        data = view[cut + 4 : end]
        if b"filename" in names:
            kind = _TYPE.search(head)
            part["filename"] = _plain(names[b"filename"])
            part["content_type"] = "" if kind is None else _plain(kind[1])
            part |= {"size": len(data), "sha256": digest(data)}
        else:
            part["text"] = _text(_plain(bytes(data)))
        yield part


def _spans(body: bytes, mark: bytes) -> Iterator[tuple[int, int]]:
    """From where to where the parts go, at most as many as are shown."""
    at = body.find(mark)
    for _ in range(MOST_ITEMS):
        after = body.find(b"\r\n" + mark, at + len(mark))
        if at < 0 or after < 0:
            return
        yield at + len(mark), after
        at = after + 2


def _plain(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def digest(data: bytes | memoryview) -> str:
    """The first 64 bits of SHA-256, in hexadecimal: enough to tell bodies apart."""
    return hashlib.sha256(data).hexdigest()[:16]
