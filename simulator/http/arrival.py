"""A request as its client meant it: absolute targets, paths below a prefix, and a proxy's headers.

Everything behind this sees the path from the root of the server, and scheme, host and peer as they
are at the client's end.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import web
from yarl import URL

from simulator.core.config import Config
from simulator.dialects import NAMES

# What stands first in the paths that are served, and so cannot be told from a prefix of this name:
# parts of the server, whatever dialect a host names, and the dialects.
PARTS = frozenset({"_sim", "tos", "files", "passed", "called"})
SERVED = PARTS | {*NAMES}
ROOT, NOWHERE = "root", "nowhere"
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_HOST = re.compile(r"[A-Za-z0-9._~-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
# Clouds name their calls in the query, so that nothing has to stand in the path.
_CALLED = re.compile(r"(?:^|&)Action=")
# RFC 9112, section 3.2.2: servers must accept the absolute form, whose host then is the one.
_ABSOLUTE = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#@]*)(.*)", re.IGNORECASE | re.DOTALL)


def arrived(request: web.BaseRequest, config: Config) -> web.BaseRequest:
    """The request, made anew where something about it has to be understood."""
    target = request.raw_path
    if target[:1] == "/" and not config.trust_proxy and config.public_url is None:
        return request
    seen = _forwarded(request) if config.trust_proxy else {}
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        seen.setdefault("host", absolute[1])
        bare = "*" if request.method == "OPTIONS" and not absolute[2] else "/"
        target = absolute[2] if absolute[2][:1] == "/" else bare + absolute[2]
    target = _below(prefix(request, config), target)
    if not seen and target == request.raw_path:
        return request
    try:
        return request.clone(rel_url=URL(target, encoded=True), **seen)
    except ValueError:  # what yarl cannot read is found nowhere, but no fault
        return request.clone(rel_url=URL("/%FF"), **seen)


def base(request: web.BaseRequest, config: Config) -> str:
    """The scheme, host and path under which the client sees this server."""
    if config.public_url is not None:
        return config.public_url.rstrip("/")
    seen = _seen(request.scheme, request.host, config.host, config.port)
    return seen + prefix(request, config) if config.trust_proxy else seen


@lru_cache(maxsize=256)
def _seen(scheme: str, host: str, own: str, port: int) -> str:
    return f"{scheme}://{host if _HOST.fullmatch(host) else f'{own}:{port}'}"


def prefix(request: web.BaseRequest, config: Config) -> str:
    """The path that clients write ahead of the server's own ones."""
    given = request.headers.get("X-Forwarded-Prefix") if config.trust_proxy else None
    if given is None:
        return urlsplit(config.public_url or "").path.rstrip("/")
    found = _first(given).rstrip("/")
    return found if _PREFIX.fullmatch(found) else ""


def _forwarded(request: web.BaseRequest) -> dict[str, Any]:
    """What a proxy in front says, as arguments of ``clone``; nonsense is not believed."""
    headers, found = request.headers, {}
    scheme = _first(headers.get("X-Forwarded-Proto", "")).lower()
    if scheme in ("http", "https"):
        found["scheme"] = scheme
    host = _first(headers.get("X-Forwarded-Host", ""))
    if _HOST.fullmatch(host):
        found["host"] = host
    peers = headers.getall("X-Forwarded-For", [])
    if peers:  # the last one is what the nearest proxy has seen itself
        found["remote"] = peers[-1].rpartition(",")[2].strip() or "unknown"
    return found


def _first(listed: str) -> str:
    """What the proxy that is nearest to the client says, where there are several."""
    return listed.partition(",")[0].strip()


def _below(prefix: str, target: str) -> str:
    """The target without the prefix, for proxies that pass on the whole path."""
    if not prefix or prefix[1:].partition("/")[0] in SERVED:
        return target
    path, mark, query = target.partition("?")
    if path == prefix or path.startswith(prefix + "/"):
        return (path.removeprefix(prefix) or "/") + mark + query
    return target


class Aim(msgspec.Struct, frozen=True):
    """What a request is for: a dialect, a part of the server or neither, and the path there."""

    target: str
    place: str
    path: str
    query: str
    dialect: bool = False


@lru_cache(maxsize=256)
def aim_of(host: str, target: str) -> Aim:
    """What a target means at a host. Known ones are kept: who polls asks for the same again."""
    path, _, query = target.partition("?")
    first, _, rest = path[1:].partition("/")
    if path[:1] == "/" and first in PARTS:
        return Aim(target, first, path, query)
    label = host.partition(".")[0]
    bare = path == "/" or (first in NAMES and not rest and label not in NAMES)
    if path[:1] != "/" or (bare and not _CALLED.search(query)):
        return Aim(target, NOWHERE, path, query)
    if label in NAMES:
        return Aim(target, label, path, query, dialect=True)
    if first in NAMES:
        return Aim(target, first, f"/{rest}", query, dialect=True)
    return Aim(target, ROOT, path, query)
