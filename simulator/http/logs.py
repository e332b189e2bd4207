"""The log of a server: lines of text or of JSON on stderr, without keys and signatures."""

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Literal

from aiohttp import web

from simulator.core.task import Task
from simulator.store import journal
from simulator.store.redaction import clean, masked

log = logging.getLogger("seedance")
# How an event is written at once, by its time in seconds and its facts; where nobody has set that
# up, it goes through the logging library, which takes as long for it as half an order does.
_lines: Callable[[float, str, Mapping[str, object]], str] | None = None


def set_up(form: Literal["text", "json"], level: Literal["debug", "info", "warning"]) -> None:
    """Send what the simulator has to say to stderr, and only warnings of everybody else."""
    global _lines
    _lines = _as_json if form == "json" else _as_text
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.setLevel(level.upper())
    # No line says in which thread, process or source line it was written, so nobody looks for it.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # as the documents of logging have it


class Text(logging.Formatter):
    """``08:00:57 created dialect=ark task=cgt-…``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (of logging.Formatter)
        message = _sentence(record.message, _facts(record))
        if record.levelno >= logging.WARNING:
            message = f"{record.levelname.lower()}: {message}"
        return f"{record.asctime} {message}"


class Json(logging.Formatter):
    """One object a line, with ``time``, ``level`` and ``event`` in each."""

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        if record.exc_info:
            facts = {**facts, "error": self.formatException(record.exc_info)}
        return _as_json(record.created, record.getMessage(), facts, record.levelname.lower())


def _as_json(at: float, event: str, facts: Mapping[str, object], level: str = "info") -> str:
    found = {"time": _stamp(at), "level": level, "event": event, **facts}
    return json.dumps(found, default=str)


def _as_text(at: float, event: str, facts: Mapping[str, object]) -> str:
    return f"{_time_of_day(int(at))} {_sentence(event, facts)}"


@lru_cache(maxsize=16)
def _time_of_day(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


def _sentence(event: str, facts: Mapping[str, object]) -> str:
    text = event + "".join([f" {name}={value}" for name, value in facts.items()])
    # Most lines are of plain words, which takes one look at the whole to see.
    spaced = text.count(" ") != len(facts) or "= " in text or text.endswith("=")
    if not spaced and '"' not in text and text.isprintable():
        return text
    return " ".join([_plain(event), *[_word(name, value) for name, value in facts.items()]])


def changed(task: Task) -> None:
    """A listener of the engine: tell of an order that was accepted or taken back."""
    if task.cancelled is not None:
        tell("cancelled", key=masked(task.account), dialect=task.dialect, task=task.id)
        return
    if not log.isEnabledFor(logging.INFO):
        return
    order = task.order
    facts = {
        "key": masked(task.account),
        "dialect": task.dialect,
        "task": task.id,
        "model": order.model,
        "mode": order.mode,
        "size": f"{order.width}x{order.height}",
        "seconds": order.seconds,
        "ends": task.end or "never",
    }
    _write("created", facts)
    for note in journal.current().notes:
        tell("note", task=task.id, text=note)


def refused(request: web.BaseRequest, response: web.StreamResponse, began: float) -> None:
    """Tell of a call that did not succeed: whose, of which kind, and the answer's own words.

    ``began`` is when it arrived, by ``time.perf_counter()``.
    """
    code, reason = words(response.body if isinstance(response, web.Response) else None)
    tell("refused", **{**_call(request, response, began), "code": code, "reason": reason})


def answered(request: web.BaseRequest, response: web.StreamResponse, began: float) -> None:
    """Tell, to those who want everything, of a call that succeeded: polls and downloads too."""
    if log.isEnabledFor(logging.DEBUG):
        facts = {**_call(request, response, began), "bytes": response.content_length}
        log.debug("answered", extra={"facts": _known(facts)})


def malformed(target: str, status: int, why: str) -> None:
    """Log a request that is no HTTP."""
    tell("malformed request", path=clean(target, ""), status=status, reason=why)


def _call(
    request: web.BaseRequest, response: web.StreamResponse, began: float
) -> dict[str, object]:
    exchange = journal.current()
    return {
        "key": masked(exchange.account) if exchange.account else "",
        "dialect": exchange.dialect,
        "kind": exchange.kind if exchange.number else "control",
        "task": clean(exchange.task, exchange.account),
        "method": request.method,
        "path": clean(request.raw_path.partition("?")[0], exchange.account),
        "status": response.status,
        "faults": ",".join(exchange.faults),
        "ms": round((time.perf_counter() - began) * 1000, 1),
    }


def words(body: object) -> tuple[str, str]:
    """Code and message of an answer that refuses, wherever the dialects have them."""
    try:
        found = json.loads(body) if isinstance(body, bytes) else None
    except ValueError:
        return "", ""
    while isinstance(found, dict) and isinstance(found.get("error"), dict):
        found = found["error"]
    if not isinstance(found, dict):
        return "", ""
    texts = [found.get(name) for name in ("message", "Message", "msg", "error", "detail")]
    codes = [found.get(name) for name in ("code", "Code", "type")]
    code = next((str(one) for one in codes if one), "")
    return code[:100], clean(next((one for one in texts if isinstance(one, str)), "")[:500], "")


def tell(event: str, **facts: object) -> None:
    """Log an event with its facts; those that are None are left out."""
    if log.isEnabledFor(logging.INFO):
        _write(event, _known(facts))


def _write(event: str, facts: Mapping[str, object]) -> None:
    """Log an event for everybody who wants to know of such."""
    if _lines is None:
        log.info(event, extra={"facts": facts})
        return
    line = _lines(time.time(), event, facts)
    with suppress(OSError, ValueError):  # nobody reads it, or it was closed
        sys.stderr.write(f"{line}\n")  # a line is flushed at its end


def _known(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value not in ("", None)}


def _facts(record: logging.LogRecord) -> Mapping[str, object]:
    facts: Mapping[str, object] = getattr(record, "facts", {})
    return facts


def _word(name: str, value: object) -> str:
    text = str(value)
    if text and text.isprintable() and " " not in text and '"' not in text:
        return f"{name}={text}"
    return f"{name}={json.dumps(text)}"


def _plain(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)


def _stamp(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"
