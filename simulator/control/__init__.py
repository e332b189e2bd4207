"""The control plane: JSON under ``/_sim`` for tests and people, never for web pages."""

import re
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from simulator import __version__
from simulator.control.access import admit
from simulator.control.calls import BODY_LIMIT, Asked, Wrong
from simulator.control.feed import wants_feed
from simulator.control.media import Samples
from simulator.control.plane import Plane
from simulator.core.routing import Lost, Router
from simulator.http import reading
from simulator.store import Broken

__all__ = ["PREFIX", "Plane", "Samples", "serve"]

PREFIX = "/_sim"
_encode = msgspec.json.Encoder(decimal_format="number").encode

Handler = Callable[[Plane, Asked], Awaitable[Any]]


async def health(plane: Plane, asked: Asked) -> Any:
    """Whether the server answers; the first thing that it does answer."""
    return {
        "status": "ok",
        "version": __version__,
        "references": plane.engine.config.references,
    }


async def ready(plane: Plane, asked: Asked) -> Any:
    """Whether the store can be reached and written to, without which nothing is accepted."""
    asked.parameters()
    await plane.engine.store.ping()
    return {"status": "ready"}


def late(module: str, name: str) -> Handler:
    """A handler whose module is loaded when it is called for the first time."""

    async def handler(plane: Plane, asked: Asked) -> Any:
        return await own()(plane, asked)

    def own() -> Handler:
        found: Handler = getattr(import_module(f"{__name__}.{module}"), name)
        return found

    handler.own = own  # type: ignore[attr-defined]
    return handler


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/health", health),
    ("GET", "/ready", ready),
    ("GET", "/metrics", late("metrics", "metrics")),
    ("GET", "/clock", late("clocks", "read")),
    ("POST", "/clock", late("clocks", "move")),
    ("GET", "/plans", late("plans", "index")),
    ("POST", "/plans", late("plans", "add")),
    ("DELETE", "/plans", late("plans", "drop_all")),
    ("DELETE", "/plans/{id}", late("plans", "drop")),
    ("GET", "/faults", late("faults", "index")),
    ("POST", "/faults", late("faults", "add")),
    ("DELETE", "/faults", late("faults", "drop_all")),
    ("DELETE", "/faults/{id}", late("faults", "drop")),
    ("GET", "/tasks", late("tasks", "tasks")),
    ("GET", "/tasks/{id}", late("tasks", "task")),
    ("GET", "/calls", late("exchanges", "calls")),
    ("DELETE", "/calls", late("exchanges", "empty")),
    ("GET", "/verdict", late("verdict", "verdict")),
    ("GET", "/ledger", late("tasks", "ledger")),
    ("POST", "/reset", late("tasks", "reset")),
)


ROUTER = Router(ROUTES)
# What probes ask for, who have no token.
PUBLIC = {"/health", "/ready"}


# What is made for people, and loaded when somebody looks: the console, references and documents.
Pages = Callable[[web.BaseRequest, str], Awaitable[web.StreamResponse | None]]
_OF_PAGES = re.compile(
    r"/?|/(console|openapi|overview|keys|reference)\b.*|/tasks/[^/]+/[a-z-]+", re.DOTALL
)


def is_shell(path: str) -> bool:
    """Whether this is the console without any data, which asks for the admin token itself."""
    return path in ("", "/") or path.startswith("/console/")


async def serve(
    request: web.BaseRequest, plane: Plane, pages: Pages | None = None
) -> web.StreamResponse:
    """Answer a request under ``/_sim``."""
    path, _, query = request.raw_path.removeprefix(PREFIX).partition("?")
    try:
        admit(request, plane.engine.config, public=path in PUBLIC or is_shell(path))
        if path.startswith("/media/"):
            return await plane.samples.answer(request)
        if pages is not None and _OF_PAGES.fullmatch(path):
            shown = await pages(request, path)
            if shown is not None:
                return shown
        handler, args = _find(request.method, path)
        try:
            given = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=100))
        except ValueError:
            raise Wrong("bad_value", "the query has too many parameters", "query") from None
        asked = Asked(args, given, await _read(request))
        if path == "/calls" and request.method == "GET" and wants_feed(request):
            from simulator.control.exchanges import feed

            return await feed(plane, asked, request)
        found = await handler(plane, asked)
        response = found if isinstance(found, web.Response) else _json(200, found)
    except Wrong as wrong:
        response = _json(wrong.status, wrong.body(), wrong.headers)
    except Broken as broken:
        away = Wrong("store_unavailable", str(broken), None, 503, {"Retry-After": "1"})
        response = _json(away.status, away.body(), away.headers)
    if not request.content.is_eof() or request.content.exception() is not None:
        response.force_close()
    return response


def _find(method: str, path: str) -> tuple[Handler, Mapping[str, str]]:
    found = ROUTER.find("GET" if method == "HEAD" else method, path)
    if not isinstance(found, Lost):
        return found
    if found.allowed:
        allowed = ", ".join(found.allowed)
        text = f"{path} answers {allowed}, not {method}"
        raise Wrong("method_not_allowed", text, None, 405, {"Allow": allowed})
    raise Wrong("not_found", f"there is nothing at {PREFIX}{path}", None, 404)


async def _read(request: web.BaseRequest) -> bytes:
    try:
        body = await reading.read(request, BODY_LIMIT)
    except reading.Unreadable as error:
        raise Wrong("bad_body", f"the body cannot be decoded: {error}", "body") from None
    except reading.TooLarge:
        text = f"the body must have at most {BODY_LIMIT} bytes"
        raise Wrong("too_large", text, "body") from None
    if request.content_length and not body:
        raise Wrong("bad_body", "the body breaks off", "body")
    return body


def _json(status: int, body: Any, headers: Any = None) -> web.Response:
    kind = "application/json"
    return web.Response(status=status, body=_encode(body), content_type=kind, headers=headers)
