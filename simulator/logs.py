"""The log of a server: lines of text or of JSON on stderr, without keys and signatures."""

import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Literal

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from simulator import journal
from simulator.task import Task

log = logging.getLogger("seedance")


def set_up(form: Literal["text", "json"]) -> None:
    """Send what the simulator has to say to stderr, and only warnings of everybody else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    handler.addFilter(_calm)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.setLevel(logging.INFO)


def _calm(record: logging.LogRecord) -> bool:
    """Let aiohttp say in a line, and not by a traceback, that a client does not speak HTTP."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args = "malformed request: %s", (" ".join(error.message.split()),)
        record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
    return True


class Text(logging.Formatter):
    """``08:00:57 created dialect=ark task=cgt-…``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        parts = [_word(name, value) for name, value in _facts(record).items()]
        message = " ".join([_plain(record.message), *parts])
        if record.levelno >= logging.WARNING:
            message = f"{record.levelname.lower()}: {message}"
        return f"{record.asctime} {message}"


class Json(logging.Formatter):
    """One object a line, with ``time``, ``level`` and ``event`` in each."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": _stamp(record.created),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts, default=str)


def changed(task: Task) -> None:
    """A listener of the engine: tell of an order that was accepted or taken back."""
    if task.cancelled is not None:
        tell("cancelled", dialect=task.dialect, task=task.id)
        return
    order = task.order
    tell(
        "created",
        dialect=task.dialect,
        task=task.id,
        model=order.model,
        mode=order.mode,
        size=f"{order.width}x{order.height}",
        seconds=order.seconds,
        ends=task.end or "never",
    )
    for note in journal.current().notes:
        tell("note", task=task.id, text=note)


def refused(request: web.BaseRequest, response: web.StreamResponse) -> None:
    path = request.raw_path.partition("?")[0]
    tell("refused", method=request.method, path=path, status=response.status)


def downloaded(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Tell of a clip, or a part of one, that goes out."""
    if response.status in (200, 206):
        path = request.raw_path.partition("?")[0]
        tell("downloaded", path=path, status=response.status, bytes=response.content_length)


def tell(event: str, **facts: object) -> None:
    log.info(event, extra={"facts": facts})


def _facts(record: logging.LogRecord) -> Mapping[str, object]:
    facts: Mapping[str, object] = getattr(record, "facts", {})
    return facts


def _word(name: str, value: object) -> str:
    text = str(value)
    plain = text.isprintable() and text and " " not in text and '"' not in text
    return f"{name}={text if plain else json.dumps(text)}"


def _plain(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)


def _stamp(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"
