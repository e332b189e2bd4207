"""Exchanges in words, without the keys, signatures and secrets that they carried."""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from simulator.store.journal import Exchange, Pairs
from simulator.store.summary import outline

SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key"}
)
_SECRET_NAME = re.compile(r"signature|credential|token|secret|password|(?:^|[^a-z])key$|apikey")
# A parameter of a link, in a query of its own or inside of any text.
_PARAMETER = re.compile(
    r"([?&]|\\u0026|&amp;|^)([\w.~%-]*(?:signature|credential|token|secret|password|key))="
    r"([^&\s\"'<>\\]+)",
    re.IGNORECASE,
)
_HEXADECIMAL = re.compile(r"[0-9a-f]{32,64}")
_USER = re.compile(r"(://)[^/\s@\"'<>]+@")
_KEY = re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{4,}")
# Named like a secret, but a number that somebody wrote as text.
PLAIN = frozenset({"completion_tokens", "total_tokens"})


@lru_cache(maxsize=4096)
def hashed(secret: str) -> str:
    """What stands for a secret: the same for the same one, in every run."""
    return f"secret-{hashlib.sha256(secret.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def masked(key: str) -> str:
    """Enough of a key for its owner to know it by, as in ``sk-…ng``."""
    tail = min(4, len(key) // 4)
    return f"{key[:3]}…{key[-tail:]}" if len(key) >= 8 else "…"


def shown(exchange: Exchange) -> dict[str, Any]:
    """An exchange as ``/_sim/calls`` gives it."""
    one = exchange
    return {
        "id": one.number,
        "at_ms": one.at,
        "ended_ms": one.ended,
        "real_ms": one.real,
        "took_ms": None if one.ended is None else one.real_ended - one.real,
        "key": hashed(one.account) if one.account else None,
        "dialect": one.dialect or None,
        "kind": one.kind,
        "task": clean(one.task, one.account) or None,
        "plan": one.plan or None,
        "planned": one.wish and clean(one.wish.asked(), one.account),
        "faults": one.faults,
        "notes": clean(one.notes, one.account),
        "request": _request(one),
        "reply": _reply(one),
        "lost": clean(one.lost, one.account) or None,
    }


def _request(one: Exchange) -> dict[str, Any]:
    path, _, query = one.target.partition("?")
    return {
        "method": clean(one.method, one.account),
        "path": clean(path, one.account),
        "query": clean(query, one.account),
        "headers": headers(_decoded(one.headers), one.account),
        "size": one.body_size,
        "body": clean(_sent(one), one.account),
    }


def _sent(one: Exchange) -> Any:
    if one.outline is not None:
        return msgspec.json.decode(one.outline)
    if not one.body:
        return None
    return outline(one.body, one.header("Content-Type"))


def _reply(one: Exchange) -> dict[str, Any] | None:
    if one.status is None:
        return None
    body = None if one.reply is None else outline(one.reply, "")
    return {
        "status": one.status,
        "headers": headers((one.reply_headers or {}).items(), one.account),
        "size": one.reply_size,
        "body": clean(body, one.account),
    }


def _decoded(pairs: Pairs) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in pairs]


def headers(given: Iterable[tuple[str, str]], account: str) -> dict[str, str]:
    """Headers by their names in lower case; several of one name are joined."""
    found: dict[str, str] = {}
    for name, value in given:
        name = name.lower()
        value = _credential(value) if name in SECRET_HEADERS else clean(value, account)
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _credential(value: str) -> str:
    """``Bearer secret-…``: the scheme stays, what follows does not."""
    scheme, space, secret = value.partition(" ")
    return f"{scheme} {hashed(secret.strip())}" if space else hashed(value)


def clean(value: Any, account: str) -> Any:
    """A JSON value with hashes in the place of secrets."""
    match value:
        case str():
            return _clean_text(value, account)
        case list() | tuple():
            return [clean(item, account) for item in value]
        case dict():
            return {
                clean(name, account): _field(str(name), item, account)
                for name, item in value.items()
            }
    return value


def _field(name: str, value: Any, account: str) -> Any:
    plain = name.lower()
    secret = isinstance(value, str) and plain not in PLAIN and _SECRET_NAME.search(plain)
    return hashed(value) if secret and value else clean(value, account)


def _clean_text(text: str, account: str) -> str:
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()  # bytes that were no text
    if len(account) > 3:
        text = text.replace(account, hashed(account))
    text = _KEY.sub(lambda found: hashed(found[0]), text)
    text = _USER.sub(r"\1…@", text)
    return _PARAMETER.sub(lambda found: f"{found[1]}{found[2]}={_alike(found[3])}", text)


def _alike(secret: str) -> str:
    """What stands for a parameter's secret: a signature in hexadecimal keeps the form of one."""
    if not _HEXADECIMAL.fullmatch(secret):
        return hashed(secret)
    return hashlib.sha256(secret.encode()).hexdigest()[: len(secret)]
