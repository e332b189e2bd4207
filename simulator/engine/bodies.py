"""Request bodies as values: a JSON object or a multipart form, bounded and strict."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from multidict import istr
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from simulator.core.problems import Kind, refuse
from simulator.engine.call import BODY_LIMIT, Call

# It warns of every malformed body, which here is a client's business and gets its 400.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

# A name that need not be brought to one case for each call.
_CONTENT_TYPE = istr("Content-Type")
MOST_PARTS = 200
# To build some millions of them keeps every other client waiting for seconds.
MOST_NESTS = 1_000_000
LONGEST_PART_HEADER = 8192


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. ``filename`` and ``content_type`` are only what the client says."""

    filename: str
    content_type: str
    data: bytes


async def json_object(call: Call) -> Mapping[str, Any]:
    """The JSON object of the body. The last of equal keys wins; unpaired surrogates are refused."""
    content_type = call.headers.get(_CONTENT_TYPE, "")
    if content_type != "application/json":
        content_type = content_type.partition(";")[0].strip().lower()
    # Ahead of the body, which is not decompressed then.
    if content_type != "application/json" and not content_type.endswith("+json"):
        raise refuse(
            Kind.CONTENT_TYPE, "Content-Type", "must be application/json", got=content_type
        )
    return decoded(await call.read(BODY_LIMIT))


def decoded(raw: bytes) -> Mapping[str, Any]:
    """The JSON object that some bytes are, by the same rules."""
    if raw.count(b"[") + raw.count(b"{") > MOST_NESTS:
        raise refuse(Kind.UNREADABLE, detail="the body has too many arrays and objects")
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refuse(Kind.UNREADABLE, detail="the body is not valid JSON", got=str(error)) from None
    if not isinstance(body, dict):
        raise refuse(Kind.NOT_OBJECT, detail="the body is not a JSON object")
    if b"\\u0000" in raw and any("\0" in text for text in _strings(body)):
        raise refuse(Kind.UNREADABLE, detail="a string has a NUL character")
    return body


def _strings(body: Any) -> Iterator[str]:
    """Every string in a value, keys included, without recursion."""
    waiting = [body]
    while waiting:
        at = waiting.pop()
        if isinstance(at, str):
            yield at
        elif isinstance(at, dict):
            waiting.extend(at)
            waiting.extend(at.values())
        elif isinstance(at, list):
            waiting.extend(at)


async def form(call: Call) -> Mapping[str, str | Upload]:
    """The parts of a multipart/form-data body: text as strings, files as uploads."""
    found = await parts_of(call)
    for field, values in found.items():
        if len(values) > 1:
            raise refuse(Kind.UNREADABLE, field, "was sent twice")
    return {field: values[0] for field, values in found.items()}


async def parts_of(call: Call) -> Mapping[str, list[str | Upload]]:
    """The same for forms in which a part may come several times: what came under each name."""
    content_type, options = parse_options_header(
        call.headers.get("Content-Type", "").encode("utf-8", "replace")
    )
    if content_type != b"multipart/form-data":
        detail = "multipart/form-data is required"
        raise refuse(Kind.CONTENT_TYPE, "Content-Type", detail, got=content_type.decode("latin-1"))
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:
        raise refuse(Kind.UNREADABLE, "Content-Type", "the boundary is missing or too long")
    raw = await call.read(BODY_LIMIT)
    parts = _Parts()
    parser = MultipartParser(boundary, parts.callbacks())
    try:
        parser.write(raw)
        parser.finalize()
    except MultipartParseError as error:
        raise refuse(
            Kind.UNREADABLE, detail="the body is not a valid form", got=str(error)
        ) from None
    if not parts.complete:
        raise refuse(Kind.UNREADABLE, detail="the form ends in the middle")
    return parts.found


class _Parts:
    """Collects what the parser announces, one part after the other."""

    def __init__(self) -> None:
        self.found: dict[str, list[str | Upload]] = {}
        self.complete = False
        self._number = 0
        self._headers: dict[bytes, bytes] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._data = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._grow(self._name, data[start:end]),
            "on_header_value": lambda data, start, end: self._grow(self._value, data[start:end]),
            "on_header_end": self._header,
            "on_part_data": lambda data, start, end: self._data.extend(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _grow(self, header: bytearray, piece: bytes) -> None:
        header.extend(piece)
        if len(header) > LONGEST_PART_HEADER:
            raise refuse(Kind.UNREADABLE, detail="a part's header is too long")

    def _begin(self) -> None:
        if self._number >= MOST_PARTS:
            raise refuse(Kind.UNREADABLE, detail=f"the form has more than {MOST_PARTS} parts")
        self._number += 1
        self._headers = {}
        self._data = bytearray()

    def _header(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name")
        if disposition != b"form-data" or name is None:
            raise refuse(Kind.UNREADABLE, detail="a part has no name")
        values = self.found.setdefault(_text(name), [])
        if b"filename" in options:
            content_type = _text(self._headers.get(b"content-type", b""))
            values.append(Upload(_text(options[b"filename"]), content_type, bytes(self._data)))
        else:
            values.append(_text(bytes(self._data)))

    def _finish(self) -> None:
        self.complete = True


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise refuse(Kind.UNREADABLE, detail="a part is not UTF-8 text") from None
    if "\0" in text:
        raise refuse(Kind.UNREADABLE, detail="a text has a NUL character")
    return text
