"""A probe as bytes: JSON, forms with files, and bodies that are wrong on purpose."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import aiohttp

from conformance.catalogue import orders
from conformance.catalogue.rows import thaw
from conformance.catalogue.wire import Dialect, Request
from conformance.plan.probes import Probe
from conformance.plan.references import ORDERED, References
from conformance.plan.terms import Way

JSON = "application/json"
BOUNDARY = "----seedance-conformance"


@dataclass(frozen=True, slots=True)
class Form:
    """A body on the wire, and what a reader of the report shall see of it."""

    data: Callable[[], Any] | bytes | None
    content_type: str | None
    shown: Any


def formed(
    probe: Probe, references: References, models: Mapping[str, str], dialect: Dialect
) -> Form:
    """The body of a probe. Missing where a placeholder has nothing to stand for it."""
    way, detail = probe.form.way, probe.form.detail
    multipart = dialect.form == Way.MULTIPART
    if way is Way.RAW:
        return _raw(detail, multipart, _keys(dialect.request))
    if way is Way.SOCKET:
        return Form(None, None, f"<a request that is no HTTP: {detail}>")
    if way is Way.RAW_JSON:
        return Form(detail.encode(), JSON, detail)
    body = renamed(probe.body, models, dialect.request)
    if way is Way.PAD:
        return _padded(body, int(detail), references, multipart)
    if body is None:
        return Form(None, None, None)
    call = dialect.asset(probe.path) if probe.call == "asset" else None
    if Way.MULTIPART in (way, call and call.form):
        return _multipart(body, references)
    if way is Way.URLENCODED:
        return _urlencoded(orders.replaced(body, references.link))
    real = orders.replaced(body, references.link)
    return Form(_dump(real), JSON, real)


def renamed(body: Any, models: Mapping[str, str], request: Request) -> Any:
    """The order with the endpoint's own model name."""
    if not isinstance(body, Mapping) or not models:
        return body
    name = request.value(body, "model")
    if not isinstance(name, str) or name not in models:  # some probes have no text there
        return body
    return orders.put(body, request.first("model"), models[name])


def _keys(request: Request) -> tuple[str, ...]:
    """The keys under which an order has its model, its words and its length."""
    named = (request.first(what) or what for what in ("model", "prompt", "duration"))
    return tuple(orders.steps(each)[-1][0] for each in named)


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=dict).encode()


def _multipart(body: Mapping[str, Any], references: References) -> Form:
    parts = {
        name: _part(name, value, references) for name, value in body.items() if value is not None
    }

    def form() -> aiohttp.FormData:
        made = aiohttp.FormData(default_to_multipart=True)
        for name, part in parts.items():
            if isinstance(part, str | list):
                for each in [part] if isinstance(part, str) else part:
                    made.add_field(name, each)
            else:
                made.add_field(
                    name, io.BytesIO(part.raw), filename=part.name, content_type=part.kind
                )
        return made

    shown = {
        name: part if isinstance(part, str | list) else f"<{part.name}, {len(part.raw)} bytes>"
        for name, part in parts.items()
    }
    return Form(form, None, shown)


def _part(name: str, value: Any, references: References) -> Any:
    if isinstance(value, str) and value.startswith("$") and not value.startswith(ORDERED):
        return references.file(value, name)
    texts = repeated(orders.replaced(value, references.link))
    return texts if len(texts) > 1 else texts[0]


def repeated(value: Any) -> list[str]:
    """What the parts of a form hold for a value: a list of texts has a part for each of them."""
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return value
    return [text(value)]


def text(value: Any) -> str:
    """A value as a field of a form has it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(thaw(value), ensure_ascii=False)


def _urlencoded(body: Mapping[str, Any]) -> Form:
    fields = {name: text(value) for name, value in body.items() if value is not None}
    return Form(urlencode(fields).encode(), "application/x-www-form-urlencoded", fields)


def _padded(body: Any, size: int, references: References, multipart: bool) -> Form:
    shown = f"<the cheapest order, padded to {size} bytes>"
    if not multipart:
        head = _dump(orders.replaced(body, references.link))
        return Form(lambda: io.BytesIO(head.ljust(size)), JSON, shown)
    lines = [_text_part(name, str(value)) for name, value in body.items()]
    head = "".join(lines).encode() + _text_part("x_padding", "").encode()[:-2]
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return Form(lambda: io.BytesIO(head.ljust(size - len(tail), b"a") + tail), kind, shown)


def _text_part(name: str, value: str) -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def _many(number: int) -> bytes:
    return "".join(_text_part(f"x{count}", "1") for count in range(number)).encode()


@cache
def _raw(name: str, multipart: bool, keys: tuple[str, ...]) -> Form:
    model, words, length = (key.encode() for key in keys)
    whole = f"multipart/form-data; boundary={BOUNDARY}"
    closed = f"--{BOUNDARY}--\r\n".encode()
    cut = _text_part(keys[1], "A boat").encode()[:-9]
    bodies: dict[str, tuple[bytes, str | None]] = {
        "broken": (b'{"%b": "A boat", ' % words, JSON),
        "nothing": (b"", JSON),
        "text": (b"A boat", "text/plain"),
        "array": (b"[]", JSON),
        "string": (b'"A boat"', JSON),
        "number": (b"7", JSON),
        "deep": (b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}", JSON),
        "nul": (b'{"%b": "a\\u0000b"}' % model, JSON),
        "huge-number": (b'{"%b": 1' % length + b"0" * 5_000 + b"}", JSON),
        "long-key": (b'{"' + b"k" * 100_000 + b'": 1}', JSON),
        "no-boundary": (cut, "multipart/form-data"),
        "cut-part": (cut, whole),
        "empty": (closed, whole) if multipart else (b"{}", JSON),
        "many-parts": (_many(10_000) + closed if name == "many-parts" else b"", whole),
    }
    if multipart and name == "broken":
        return Form(cut, whole, "<a form that ends in the middle of a part>")
    raw, kind = bodies[name]
    shown = raw.decode() if len(raw) < 200 else f"<{name}: {len(raw)} bytes>"
    if len(raw) > 2**19:
        return Form(lambda: io.BytesIO(raw), kind, shown)
    return Form(raw, kind, shown)
