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

import msgspec

from simulator.core.chance import digest
from simulator.core.clock import DAY
from simulator.core.commands import Claim
from simulator.core.item import Fact, Item
from simulator.core.problems import Kind, refuse
from simulator.engine import Engine
from simulator.engine.bodies import Upload
from simulator.engine.call import Call, Clip, Reply
from simulator.engine.dialect import Handler
from simulator.store import journal

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
LIFE = DAY
_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")
_KIND = "idempotency key"
_encode = msgspec.json.Encoder(decimal_format="number").encode
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
        # From here on the key is taken, so that no other call can do the same.
        claim = Claim(_noted(call, name, UNDER_WAY), lambda known: _stands(known, call.now))
        known = await engine.change(call.account.key, claim)
        if known is not None:
            return await _again(known, call, engine)
        return await _first(call, engine, handler, name)

    return keyed


def _stands(known: Item, now: int) -> bool:
    """Whether what was done under a key is neither forgotten nor came to nothing."""
    return now < known.created + LIFE and known.facts["state"] != REFUSED


def _noted(call: Call, name: str, state: str, **also: Fact) -> Item:
    facts = {"state": state, "request": _request(call), **also}
    return Item(name, "evolink", call.account.key, _KIND, call.now, facts)


async def _first(call: Call, engine: Engine, handler: Handler, name: str) -> Reply | Clip:
    """Do it, and keep the answer."""
    try:
        reply = await handler(call, engine)
    except BaseException:
        await engine.keep(_noted(call, name, REFUSED))
        raise
    assert isinstance(reply, Reply)
    body = _encode([reply.status, reply.body]).decode()
    await engine.keep(_noted(call, name, DONE, reply=body, task=journal.current().task))
    return reply


async def _again(known: Item, call: Call, engine: Engine) -> Reply:
    if known.facts["request"] != _request(call):
        raise refuse(Kind.KEY_REUSED, HEADER, "was sent before with another request")
    if known.facts["state"] == UNDER_WAY:
        raise refuse(Kind.IN_FLIGHT, HEADER, "is of a request that is still under way")
    journal.current().task = name = str(known.facts["task"])
    status, body = json.loads(str(known.facts["reply"]))
    return Reply(status, body, REPLAYED, task=await engine.task(name))


def _request(call: Call) -> str:
    """A hash of what is asked for: fields in any order, files by their bytes."""
    body = json.dumps(call.body, sort_keys=True, default=_file)
    return digest(call.method, call.path, body).hex()


def _file(part: Any) -> Any:
    assert isinstance(part, Upload), part
    return [part.filename, digest(part.data).hex()]
