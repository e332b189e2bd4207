"""Orders as the new-api code base reads them: as JSON, as a form or as a query string.

Wire facts: relay/common/relay_utils.go, relay/common/relay_info.go and common/gin.go of
QuantumNous/new-api at bde9b2f4 (2026-07-11), and what builds answered on 2026-11-28.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from simulator.core.problems import Kind, Refusal, refuse
from simulator.engine.bodies import Upload, decoded, json_object, parts_of
from simulator.engine.call import BODY_LIMIT, Call

JSON = "application/json"
FORM = "multipart/form-data"
QUERY = "application/x-www-form-urlencoded"
# Parts of a form that are fields of the order; every other one is a key of the metadata.
FIELDS = frozenset(
    {"prompt", "model", "mode", "image", "images", "size", "duration", "seconds", "input_reference"}
)
NAMED = (FIELDS | {"metadata"}) - {"model"}
MOST_PAIRS = 200
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_DECIMAL = re.compile(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d{1,3})?")


async def read_body(call: Call) -> Mapping[str, Any]:
    """The order, whatever it is written in; of what it cannot read the code base sees nothing."""
    content_type = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type == FORM:
        return await _form(call)
    if content_type == QUERY:
        return _with_object(_pairs(await call.read(BODY_LIMIT)))
    return _with_object(_folded(await json_object(call))) if content_type == JSON else {}


def _folded(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body under the names of its fields, which Go finds however they are written.

    Of two that are one field the last counts, unless it is null. Only the model has to be written
    as it is: what looks for its channel is no Go struct.
    """
    found: dict[str, Any] = {}
    for name, value in body.items():
        low = name.lower()
        own = low if low in NAMED else name
        if value is not None or own not in found:
            found[own] = value
    return found


def _with_object(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with its metadata as an object, which may have come as the text of one."""
    metadata = body.get("metadata")
    if isinstance(metadata, str):
        metadata = _object(metadata)
    return {**body, "metadata": metadata if isinstance(metadata, dict) else None}


def _object(text: str) -> Mapping[str, Any] | None:
    with suppress(Refusal):
        return decoded(text.encode())
    return None


def _pairs(raw: bytes) -> dict[str, Any]:
    """The fields of a query string: texts, and lists of texts where one came several times."""
    try:
        sent = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_PAIRS)
    except ValueError as error:
        raise refuse(Kind.UNREADABLE, detail="the body is not a form", got=str(error)) from None
    if any("\0" in text for pair in sent for text in pair):
        raise refuse(Kind.UNREADABLE, detail="a text has a NUL character")
    found: dict[str, list[str]] = {}
    for name, text in sent:
        found.setdefault(name, []).append(text)
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in found.items()}


async def _form(call: Call) -> dict[str, Any]:
    """The fields of a form, its files apart, and everything else as metadata."""
    body: dict[str, Any] = {}
    loose: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    for name, values in (await parts_of(call)).items():
        texts = [one for one in values if isinstance(one, str)]
        if isinstance(values[0], Upload) and not texts:
            files[name] = values[0]
        elif name in FIELDS or name == "metadata":
            body[name] = texts if name == "images" and len(texts) > 1 else texts[0]
        else:
            loose[name] = _loose(texts[0])
    if files:
        body["files"] = files
    if "metadata" in body:  # which throws the others away
        return {**loose, **_with_object(body)}
    return {**body, "metadata": loose}


def _loose(text: str) -> int | float | str:
    """What a part stands for: a number where it reads as one."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
