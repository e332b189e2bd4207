"""The files of evolink: uploaded as Base64, as a form or from a link, then listed and deleted.

EvoLink's pages on file uploads, read mid 2026: files live for 72 hours. List, quota and
deletion are from the vendor's own programs, autumn 2026; how many files an account may keep is this
simulator's choice. No page says which media a
video order may use so; here every readable file can be uploaded.
"""

import binascii
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from simulator.core.addresses import parse
from simulator.core.clock import BEIJING, HOUR, moment
from simulator.core.limits import MB, Limits, check_media
from simulator.core.media import Facts
from simulator.core.problems import Kind, refuse
from simulator.core.rules import Between, Body, OfType, Required, Rule
from simulator.dialects.evolink.idempotency import once
from simulator.engine import Engine, uploads
from simulator.engine.bodies import Upload, form, json_object
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Route
from simulator.engine.uploads import Uploaded
from simulator.media.link import facts_of_link
from simulator.media.reading import Unreadable

LIFE = 72 * HOUR
LIMITS = Limits(size=100 * MB)
MOST_FILES = 1000
PAGE_SIZE, MOST_ON_A_PAGE = 20, 100
MOST_PAGES = 1_000_000

# Each of these is spelled in either way.
FOLDER = ("upload_path", "uploadPath")
NAME = ("file_name", "fileName")
_NAMES: tuple[Rule, ...] = tuple(OfType(field, "string") for field in (*FOLDER, *NAME))


async def from_base64(call: Call, engine: Engine) -> Reply:
    """An upload as Base64, bare or as a data: URL."""
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
    """An upload as a part of a form."""
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
    if len(await _mine(call, engine)) >= MOST_FILES:
        raise refuse(Kind.COUNT, "file", f"is one too many: there are {MOST_FILES} already")
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
    return _done("File uploaded successfully", answer)


def _done(message: str, data: Any) -> Reply:
    return Reply(200, {"success": True, "code": 200, "msg": message, "data": data})


async def _mine(call: Call, engine: Engine) -> list[tuple[int, Uploaded]]:
    return await uploads.kept(engine, "evolink", call.account.key, call.now)


async def index(call: Call, engine: Engine) -> Reply:
    """The account's files, newest first, in pages."""
    number = _counted(call, "page", 1, MOST_PAGES)
    size = _counted(call, "pageSize", PAGE_SIZE, MOST_ON_A_PAGE)
    mine = (await _mine(call, engine))[::-1]
    page = mine[(number - 1) * size : number * size]
    files = [
        {
            "file_id": file.id,
            "file_name": file.name,
            "file_size": file.facts.size if file.facts else 0,
            "upload_time": _stamp(at),
        }
        for at, file in page
    ]
    return _done("Files listed successfully", {"total": len(mine), "files": files})


async def quota(call: Call, engine: Engine) -> Reply:
    """How many files the account may keep, and how many it has."""
    used = len(await _mine(call, engine))
    data = {
        "user_group": "default",
        "used_files": used,
        "max_files": MOST_FILES,
        "remain_files": MOST_FILES - used,
    }
    return _done("Quota read successfully", data)


async def delete(call: Call, engine: Engine) -> Reply:
    """Delete a file: from now on its link is dead, for orders too."""
    wanted = call.args["id"]
    for at, file in await _mine(call, engine):
        if file.id == wanted:
            await uploads.keep(engine, "evolink", replace(file, expires=call.now), at)
            return _done("File deleted successfully", None)
    raise refuse(Kind.UNKNOWN_FILE, "file_id", "no such file", got=wanted)


def _counted(call: Call, name: str, otherwise: int, most: int) -> int:
    text = dict(call.parameters).get(name)
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 7 and 1 <= int(text) <= most):
        raise refuse(Kind.RANGE, name, f"must be a whole number from 1 to {most}", got=text)
    return int(text)


def _either(body: Body, names: tuple[str, ...]) -> str:
    """The text of a field that may be spelled in several ways."""
    return next((str(body[name]) for name in names if body.get(name) is not None), "")


def _stamp(ms: int) -> str:
    return moment(ms, BEIJING).isoformat(timespec="seconds")


async def _read_form(call: Call) -> Mapping[str, Any]:
    return await form(call)


FILES = "/api/v1/files"
_PAGES = (Between("page", 1, MOST_PAGES), Between("pageSize", 1, MOST_ON_A_PAGE))
UPLOAD = f"{FILES}/upload"
ROUTES = (
    Route("GET", f"{FILES}/list", index, asks=_PAGES),
    Route("GET", f"{FILES}/quota", quota),
    Route("DELETE", f"{FILES}/{{id}}", delete),
    Route(
        "POST",
        f"{UPLOAD}/base64",
        once(from_base64),
        read=json_object,
        rules=(Required("base64_data"), OfType("base64_data", "string"), *_NAMES),
    ),
    Route("POST", f"{UPLOAD}/stream", once(from_form), read=_read_form, rules=_NAMES),
    Route(
        "POST",
        f"{UPLOAD}/url",
        once(from_address),
        read=json_object,
        rules=(Required("file_url"), OfType("file_url", "string"), *_NAMES),
    ),
)
