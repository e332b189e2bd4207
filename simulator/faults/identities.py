"""Faults of the ids of tasks."""

from typing import Any

from msgspec.structs import replace

from simulator.core.chance import LOWER, Chance
from simulator.core.clock import SECOND
from simulator.core.faults import When
from simulator.core.pointers import above, drop, get, put, there
from simulator.core.problems import Kind, Problem
from simulator.engine.call import Reply
from simulator.faults.fault import Change, Fault, Instead, Readdress, Scene
from simulator.faults.refusals import own

FOREIGN = "asyntask_"
NOT_LISTED_FOR = 10 * SECOND


def _unknown(scene: Scene) -> Reply | None:
    asked = scene.call.args.get("id", "")
    return own(scene, Problem(Kind.UNKNOWN_TASK, "id", "no such task", got=asked))


def _renamed(scene: Scene, reply: Reply) -> Reply:
    body = reply.body
    found = there(body, scene.dialect.reader.created)
    for place in found:
        body = put(drop(body, place), above(place) + "/generation_id", get(body, place))
    return replace(reply, body=body) if found else reply


def _without_id(scene: Scene, reply: Reply) -> Reply:
    body = reply.body
    found = there(body, scene.dialect.reader.created)
    for place in found:
        body = drop(body, place)
    return replace(reply, body=body) if found else reply


def _encoded(scene: Scene, reply: Reply) -> Reply:
    """The id as another component would write it: its own prefix and its own letters."""
    body = reply.body
    for place in there(body, scene.dialect.reader.id):
        given = str(get(body, place))
        body = put(body, place, "video_" + Chance.of("encoded", given).word("id", LOWER, 24))
    return reply if body is reply.body else replace(reply, body=body)


def _foreign(scene: Scene, reply: Reply) -> Reply:
    places = scene.dialect.reader
    body = reply.body
    for place in there(body, places.created if scene.kind == "create" else places.id):
        body = put(body, place, FOREIGN + str(get(body, place)))
    return reply if body is reply.body else replace(reply, body=body)


def _homely(path: str) -> str:
    return path.replace(f"/{FOREIGN}", "/", 1)


def _own(query: str) -> str:
    return query.replace(f"={FOREIGN}", "=", 1)


def _unlisted(scene: Scene, reply: Reply) -> Reply:
    """The list without the tasks of the last seconds, which its total does not count either."""
    reader = scene.dialect.reader
    items = reader.listed(reply.body)
    if items is None:
        return reply
    since = (scene.now - NOT_LISTED_FOR) / SECOND
    known = [item for item in items if _made(item, reader.made) <= since]
    if len(known) == len(items):
        return reply
    body = put(reply.body, there(reply.body, reader.items)[0], known)
    for place in there(body, reader.total):
        body = put(body, place, get(body, place) - (len(items) - len(known)))
    return replace(reply, body=body)


def _made(item: Any, places: tuple[str, ...]) -> float:
    """When an item of a list was made, in seconds; of one that does not say, long ago."""
    return next((float(get(item, place)) for place in there(item, places)), 0.0)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "not-found-after-create",
        "The first two queries of a task say that there is none of this id.",
        "gateways that read from a copy of their tables that is seconds behind",
        ("query",),
        (Instead(_unknown),),
        When(first=2),
    ),
    Fault(
        "task-vanishes",
        "The id that a create call gave is never known, although the task was accepted and billed.",
        "gateways that lost a task between their two halves",
        ("query", "delete"),
        (Instead(_unknown),),
    ),
    Fault(
        "id-alias",
        "The create call gives the task's id under the name generation_id.",
        "proxies that name the id in their own way",
        ("create",),
        (Change(_renamed),),
    ),
    Fault(
        "id-missing",
        "The create call succeeds without telling any id.",
        "gateways whose upstream gave none",
        ("create",),
        (Change(_without_id),),
    ),
    Fault(
        "id-changes-on-query",
        "A query shows another id than the one it was asked with, for the same task.",
        "proxies that encode ids anew at every query; clients that took it over lost their clip",
        ("query",),
        (Change(_encoded),),
    ),
    Fault(
        "foreign-task-id",
        "The task's id has a form that no page shows, in every answer and for every call.",
        "gateways that pass on the ids of their own upstream; clients that check ids refused them",
        ("create", "query", "delete", "download"),
        (Readdress(_homely, _own), Change(_foreign)),
        lasting=True,
    ),
    Fault(
        "list-lags",
        "The list does not have the tasks of the last ten seconds yet.",
        "lists that are read from a copy; clients that looked there for a lost order gave it again",
        ("list",),
        (Change(_unlisted),),
        needs=("a list call",),
    ),
)
