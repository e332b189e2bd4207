"""The ``Idempotency-Key`` of evolink: what is sent again under a key is answered as it was before.

The vendor's own programs, autumn 2026: 16 to 96 characters, one per account; the same request gets
the first answer with ``Idempotency-Replayed: true``, another one ``idempotency_conflict``, and one
that comes while the first is under way ``paid_outcome_unknown``. No page says how long a key is
kept (here 24 hours of the account's time) nor with which status these are refused. A request that
was refused has used up nothing, and its key may be sent with a better one.
"""

import json
import re
from functools import wraps
from typing import Any

from msgspec.structs import replace

from simulator import journal
from simulator.bodies import Upload
from simulator.chance import digest
from simulator.clock import DAY
from simulator.engine import Engine
from simulator.problems import Kind, refuse
from simulator.store import Item
from simulator.wire import Call, Clip, Handler, Reply

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
LIFE = DAY
_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")
_KIND = "idempotency key"
UNDER_WAY, DONE, REFUSED = "under way", "done", "refused"


def once(handler: Handler) -> Handler:
    """The handler, which does the same thing only once where a call carries a key."""

    @wraps(handler)
    async def keyed(call: Call, engine: Engine) -> Reply | Clip:
        key = call.headers.get(HEADER)
        if key is None:
            return await handler(call, engine)
        if not _KEY.fullmatch(key):
            detail = "must be 16 to 96 characters of A-Z, a-z, 0-9, '.', '_' and '-'"
            raise refuse(Kind.CHOICE, HEADER, detail, got=key)
        name = "key-" + digest("evolink", call.account.key, key).hex()[:32]
        known = await _known(engine, name, call)
        return await _first(call, engine, handler, name) if known is None else _again(known, call)

    return keyed


async def _known(engine: Engine, name: str, call: Call) -> Item | None:
    """What was done under the key, unless that is forgotten or came to nothing."""
    item = await engine.store.item(name)
    if item is None or call.now >= item.created + LIFE or item.facts["state"] == REFUSED:
        return None
    return item


async def _first(call: Call, engine: Engine, handler: Handler, name: str) -> Reply | Clip:
    """Do it. From the first moment on the key is taken, so that no other call can do it too."""
    request = _request(call)

    async def note(state: str, **also: object) -> None:
        facts = {"state": state, "request": request, **also}
        await engine.store.put_item(Item(name, "evolink", call.account.key, _KIND, call.now, facts))

    await note(UNDER_WAY)
    try:
        reply = await handler(call, engine)
    except BaseException:
        await note(REFUSED)
        raise
    await note(DONE, reply=reply, task=journal.current().task)
    return reply


def _again(known: Item, call: Call) -> Reply:
    if known.facts["request"] != _request(call):
        raise refuse(Kind.KEY_REUSED, HEADER, "was sent before with another request")
    reply = known.facts.get("reply")
    if not isinstance(reply, Reply):
        raise refuse(Kind.IN_FLIGHT, HEADER, "is of a request that is still under way")
    journal.current().task = str(known.facts["task"])
    return replace(reply, headers={**reply.headers, **REPLAYED})


def _request(call: Call) -> bytes:
    """A hash of what is asked for: fields in any order, files by their bytes."""
    body = json.dumps(call.body, sort_keys=True, default=_file)
    return digest(call.method, call.path, body)


def _file(part: Any) -> Any:
    assert isinstance(part, Upload), part
    return [part.filename, digest(part.data).hex()]
