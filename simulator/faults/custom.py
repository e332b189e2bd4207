"""A fault of somebody's own: a status, headers, a body, a delay."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.core.faults import CUSTOM, Own
from simulator.engine.call import Reply
from simulator.engine.delivery import Delivery
from simulator.faults.fault import Change, Fault, Instead
from simulator.faults.refusals import EVERY_CALL, PLAIN


def custom(own: Own) -> Fault:
    """An answer of this kind, or without a status the dialect's own with these changes."""
    status, has_body = own.status, own.body is not msgspec.UNSET
    body = own.body if has_body else None
    delivery = Delivery(wait=own.delay) if own.delay else None
    kinds = [value for name, value in own.headers.items() if name.lower() == "content-type"]
    headers = {name: value for name, value in own.headers.items() if name.lower() != "content-type"}
    if status is None:
        return _of(
            Change(lambda scene, reply: _changed(reply, headers, kinds, body, delivery, has_body))
        )
    given = body if has_body else b""
    kind = "application/json; charset=utf-8"
    if isinstance(given, str | bytes):
        given, kind = given.encode() if isinstance(given, str) else given, PLAIN
    reply = Reply(status, given, headers, kinds[-1] if kinds else kind, delivery)
    return _of(Instead(lambda scene: reply))


def _of(act: Change | Instead) -> Fault:
    does = "What was asked for."
    return Fault(CUSTOM, does, "whoever asked for it", EVERY_CALL, (act,), times=1)


def _changed(
    reply: Reply,
    headers: Mapping[str, str],
    kinds: Sequence[str],
    body: Any,
    delivery: Delivery | None,
    has_body: bool,
) -> Reply:
    if has_body:
        reply = replace(reply, body=body.encode() if isinstance(body, str) else body)
    if kinds:
        reply = replace(reply, content_type=kinds[-1])
    kept = over(reply.headers, headers)
    return replace(reply, headers=kept, delivery=delivery or reply.delivery)


def over(known: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    """The known headers with others in their places, whatever the case of their names."""
    named = {name.lower() for name in headers}
    kept = {name: value for name, value in known.items() if name.lower() not in named}
    return {**kept, **headers}
