"""The three upload calls of evolink: as Base64, as a form, and from a link.

EvoLink's pages on file uploads, read mid 2026: files live for 72 hours. No page says which media a
video order may use so; here every readable file can be uploaded.
"""

import binascii
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from simulator import uploads
from simulator.addresses import parse
from simulator.bodies import Upload, form, json_object
from simulator.clock import BEIJING, HOUR, moment
from simulator.engine import Engine
from simulator.limits import MB, Limits, check_media
from simulator.media.facts import Facts
from simulator.media.link import facts_of_link
from simulator.media.reading import Unreadable
from simulator.problems import Kind, refuse
from simulator.rules import Body, OfType, Required, Rule
from simulator.uploads import Uploaded
from simulator.wire import Call, Reply, Route

LIFE = 72 * HOUR
LIMITS = Limits(size=100 * MB)

# Each of these is spelled in either way.
FOLDER = ("upload_path", "uploadPath")
NAME = ("file_name", "fileName")
_NAMES: tuple[Rule, ...] = tuple(OfType(field, "string") for field in (*FOLDER, *NAME))


async def from_base64(call: Call, engine: Engine) -> Reply:
    text = call.body["base64_data"]
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        detail = "is not well-formed Base64"
        raise refuse(Kind.MEDIA, "base64_data", detail, aspect="unreadable") from None
    return await _measured(call, engine, data, "", "base64_data")


async def from_form(call: Call, engine: Engine) -> Reply:
    sent = call.body.get("file")
    if sent is None:
        raise refuse(Kind.MISSING, "file", "is required")
    if not isinstance(sent, Upload):
        raise refuse(Kind.TYPE, "file", "must be a file", got=sent)
    return await _measured(call, engine, sent.data, sent.filename, "file")


async def from_address(call: Call, engine: Engine) -> Reply:
    """A file elsewhere, which is taken on faith unless its link says what it is."""
    target = parse(call.body["file_url"])
    try:
        if target is None or target.scheme not in ("http", "https"):
            raise Unreadable("It is no web link.")
        facts = facts_of_link(str(target))
    except Unreadable:
        raise refuse(Kind.MEDIA, "file_url", "is not a link to a file", aspect="link") from None
    check_media([("file_url", facts)], LIMITS)
    digest = sha256(str(target).encode()).hexdigest()
    file = _file(call, digest, facts, target.name, "file")
    return await _keep(call, engine, replace(file, source=str(target)), target.name)


async def _measured(call: Call, engine: Engine, data: bytes, original: str, field: str) -> Reply:
    from simulator.media.probe import probe  # only uploads need its parsers

    try:
        facts = probe(data)
    except Unreadable as error:
        raise refuse(Kind.MEDIA, field, str(error), aspect="unreadable") from None
    check_media([(field, facts)], LIMITS)
    otherwise = f"{call.chance.hex('name', 16)}.{facts.format}"
    file = _file(call, sha256(data).hexdigest(), facts, original, otherwise)
    return await _keep(call, engine, file, original, data)


def _file(call: Call, digest: str, facts: Facts | None, original: str, otherwise: str) -> Uploaded:
    """The file under the name that was asked for, else its own, else another."""
    names = map(uploads.base_name, (_either(call.body, NAME), original))
    name = next(filter(None, names), otherwise)
    file_id = "file-" + call.chance.hex("file", 24)
    return Uploaded(file_id, call.account.key, name, digest, call.now + LIFE, facts)


async def _keep(
    call: Call, engine: Engine, file: Uploaded, original: str, data: bytes = b""
) -> Reply:
    await uploads.keep(engine, "evolink", file, call.now, data)
    url = call.base + file.path
    answer = {
        "file_id": file.id,
        "file_name": file.name,
        "original_name": original or file.name,
        "file_size": file.facts.size if file.facts else 0,
        "mime_type": file.content_type,
        "upload_path": _either(call.body, FOLDER),
        "file_url": url,
        "download_url": url,
        "upload_time": _stamp(call.now),
        "expires_at": _stamp(file.expires),
    }
    body = {"success": True, "code": 200, "msg": "File uploaded successfully", "data": answer}
    return Reply(200, body)


def _either(body: Body, names: tuple[str, ...]) -> str:
    """The text of a field that may be spelled in several ways."""
    return next((str(body[name]) for name in names if body.get(name) is not None), "")


def _stamp(ms: int) -> str:
    return moment(ms, BEIJING).isoformat(timespec="seconds")


async def _read_form(call: Call) -> Mapping[str, Any]:
    return await form(call)


UPLOAD = "/api/v1/files/upload"
ROUTES = (
    Route(
        "POST",
        f"{UPLOAD}/base64",
        from_base64,
        read=json_object,
        rules=(Required("base64_data"), OfType("base64_data", "string"), *_NAMES),
    ),
    Route("POST", f"{UPLOAD}/stream", from_form, read=_read_form, rules=_NAMES),
    Route(
        "POST",
        f"{UPLOAD}/url",
        from_address,
        read=json_object,
        rules=(Required("file_url"), OfType("file_url", "string"), *_NAMES),
    ),
)
