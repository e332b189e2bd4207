"""The journal as the control plane shows it, whole or the part that is asked for."""

import re
from typing import Any

from aiohttp import web

from simulator.control.calls import Asked, Wrong, page_size
from simulator.control.feed import MOST_READERS, Feed, Fits, stream
from simulator.control.plane import Plane
from simulator.core.clock import duration
from simulator.store.journal import Exchange
from simulator.store.redaction import shown

FILTERS = ("dialect", "key", "path", "status", "since", "kind", "task", "note")
KINDS = ("create", "query", "list", "delete", "download", "callback", "other")
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)")


async def calls(plane: Plane, asked: Asked) -> Any:
    """The exchanges that fit, oldest first: from ``after`` on, or the ``last`` so many."""
    *filters, limit, after, last = asked.parameters(*FILTERS, "limit", "after", "last")
    fits = _filter(plane, dict(zip(FILTERS, filters, strict=True)))
    book = plane.engine.journal
    await book.catch_up()
    found = [one for one in book.exchanges(filters[1]) if fits(one)]
    start = 0 if after is None else _number(after)
    page = [one for one in found if one.number > start]
    page = page[: page_size(limit)] if last is None else page[-_newest(last, limit) :]
    items = [shown(one) for one in page]
    return {"items": items, "total": len(found), "dropped": book.dropped}


async def empty(plane: Plane, asked: Asked) -> Any:
    """Forget the exchanges of an account, or all."""
    (key,) = asked.parameters("key")
    return {"deleted": await plane.engine.journal.empty(key)}


def _newest(last: str, limit: str | None) -> int:
    if limit is not None:
        raise Wrong(
            "bad_value", "last counts from the newest one: limit has no use beside it", "last"
        )
    return page_size(last, "last")


def _number(text: str, name: str = "after") -> int:
    if not re.fullmatch("[0-9]{1,15}", text):
        raise Wrong("bad_value", f"{name} must be the id of an exchange", name)
    return int(text)


def _filter(plane: Plane, given: dict[str, str | None]) -> Fits:
    """Whether an exchange is what the parameters ask for. There are no patterns, only parts."""
    dialect, key, path, status = (given[name] for name in FILTERS[:4])
    kind, task, note = given["kind"], given["task"], given["note"]
    since = _since(plane, given["since"], key)
    if dialect is not None and dialect not in plane.dialects:
        names = ", ".join(plane.dialects)
        raise Wrong("bad_value", f"dialect must be one of {names}", "dialect")
    if kind is not None and kind not in KINDS:
        raise Wrong("bad_value", f"kind must be one of {', '.join(KINDS)}", "kind")
    if status is not None and not _STATUS.fullmatch(status):
        raise Wrong("bad_value", "status must be a number such as 404, or 4xx", "status")

    def fits(one: Exchange) -> bool:
        return (
            dialect in (None, one.dialect)
            and key in (None, one.account)
            and kind in (None, one.kind)
            and task in (None, one.task)
            and (path is None or path in one.path)
            and (status is None or _is(one.status, status))
            and (note is None or any(note in text for text in one.notes))
            and one.at >= since
        )

    return fits


def _is(found: int | None, status: str) -> bool:
    return str(found) == status or (status.endswith("xx") and str(found)[:1] == status[0])


def _since(plane: Plane, text: str | None, key: str | None) -> int:
    """A moment in simulated milliseconds, or a span that goes back from now."""
    if text is None:
        return 0
    if re.fullmatch("[0-9]{1,15}", text):
        return int(text)
    try:
        span = duration(text)
    except ValueError:
        why = "since must be milliseconds since 1970 or a duration such as 30s"
        raise Wrong("bad_value", why, "since") from None
    return plane.engine.clocks.seen(key or "") - span


async def feed(plane: Plane, asked: Asked, request: web.BaseRequest) -> web.StreamResponse:
    """Exchanges as they are completed, after those that a reader which comes back has missed."""
    filters = dict(zip(FILTERS, asked.parameters(*FILTERS), strict=True))
    if len(plane.feeds) >= MOST_READERS:
        text = f"{MOST_READERS} clients read along already, which is as many as may"
        raise Wrong("busy", text, None, 503, {"Retry-After": "5"})
    book, told = plane.engine.journal, Feed(_filter(plane, filters), plane.telling)
    await book.catch_up()
    last = request.headers.get("Last-Event-ID")
    if last is not None:
        told.catch_up(book, _number(last, "Last-Event-ID"))
    return await stream(request, book, told, plane.feeds)
