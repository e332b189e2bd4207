"""Faults of types: numbers, strings and objects that stand for one another."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from simulator.core.chance import Chance
from simulator.core.pointers import ABSENT, above, get, put, there
from simulator.engine.call import Reply
from simulator.faults.fault import Change, Fault, Scene
from simulator.faults.statuses import SHOWN

_NUMBER = re.compile(r"(\d+)[a-z%]?", re.IGNORECASE)


def on_body(bend: Callable[[Scene, Any], Any]) -> Change:
    """Another body for an answer that is no refusal."""

    def change(scene: Scene, reply: Reply) -> Reply:
        if reply.status >= 400 or not isinstance(reply.body, dict):
            return reply
        body = bend(scene, reply.body)
        return reply if _same(body, reply.body) else replace(reply, body=body)

    return Change(change)


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)


def _as_strings(scene: Scene, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_strings(scene, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_strings(scene, inner) for inner in value]
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return str(value) if number else value


def _as_numbers(scene: Scene, body: Any) -> Any:
    for place in there(body, scene.dialect.reader.texts):
        found = _NUMBER.fullmatch(str(get(body, place)))
        if found is not None:
            body = put(body, place, int(found[1]))
    return body


def _nulls(scene: Scene, body: Any) -> Any:
    for place in scene.dialect.reader.objects:
        if get(body, above(place)) is not ABSENT and get(body, place) in (ABSENT, {}, []):
            body = put(body, place, None)
    return body


def _extra_keys(scene: Scene, body: Any) -> Any:
    draws = Chance.of("extra", scene.account)
    extra = {
        "user_id": draws.number("user", 1, 99_999),
        "channel_id": draws.number("channel", 1, 99),
        "quota": draws.number("quota", 1, 999_999),
        "object": "video.generation",
        "upstream": {"name": "video-1", "status_code": 200, "retries": []},
    }
    found = there(body, scene.dialect.reader.status)
    for place in {"", *(above(one) for one in found)}:
        inside = get(body, place)
        body = put(body, place, {**extra, **inside})
    return body


def on_code(bend: Callable[[Reply], Any]) -> Change:
    """Another code in a refusal."""

    def change(scene: Scene, reply: Reply) -> Reply:
        if reply.status < 400:
            return reply
        body = reply.body
        for place in there(body, scene.dialect.reader.error):
            body = put(body, place, bend(reply))
        return reply if _same(body, reply.body) else replace(reply, body=body)

    return Change(change)


def _error_as_string(scene: Scene, reply: Reply) -> Reply:
    """The text of an error in the place of the object that has it."""
    body, places = reply.body, scene.dialect.reader
    if reply.status < 400:
        for place in there(body, places.message):
            if above(place).endswith("/error"):
                body = put(body, above(place), get(body, place))
    elif isinstance(body, dict):
        text = next((get(body, place) for place in there(body, places.refusal)), "")
        body = {"error": text}
    return reply if _same(body, reply.body) else replace(reply, body=body)


CREATE_AND_SHOWN = ("create", *SHOWN)
REFUSED = ("create", "query", "list", "delete")

FAULTS: tuple[Fault, ...] = (
    Fault(
        "numbers-as-strings",
        "Every number of an answer is a string.",
        "gateways that relay loosely typed upstreams; one such field broke whole answers",
        CREATE_AND_SHOWN,
        (on_body(_as_strings),),
        needs=("numbers in its answers",),
    ),
    Fault(
        "strings-as-numbers",
        "Strings that hold a number, such as 50% and 720p, are that number.",
        "gateways that tidy up what they relay",
        SHOWN,
        (on_body(_as_numbers),),
        needs=("strings that hold numbers",),
    ),
    Fault(
        "nulls-for-objects",
        "Objects that are empty or not there yet are null.",
        "encoders that write every field of a record",
        SHOWN,
        (on_body(_nulls),),
        needs=("objects that may be missing",),
    ),
    Fault(
        "unknown-extra-keys",
        "The answers have keys that no page shows, beside the id and the status.",
        "gateways that leak their own record; strict decoders refused it",
        CREATE_AND_SHOWN,
        (on_body(_extra_keys),),
    ),
    Fault(
        "error-code-int",
        "The code of a refusal is the status as an integer.",
        "two generations of error pages of one gateway",
        REFUSED,
        (on_code(lambda reply: reply.status),),
        needs=("an error code other than the status",),
    ),
    Fault(
        "error-code-string",
        "The code of a refusal is the status as a string.",
        "two generations of error pages of one gateway",
        REFUSED,
        (on_code(lambda reply: str(reply.status)),),
        needs=("an error code other than the status as a string",),
    ),
    Fault(
        "error-as-string",
        "The error of a refusal, and of a task that failed, is its text instead of an object.",
        "proxies with an error page of their own; clients that read error.message crashed on it",
        (*REFUSED, "callback"),
        (Change(_error_as_string),),
        needs=("an error object",),
    ),
)
