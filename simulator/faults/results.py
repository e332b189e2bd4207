"""Faults of what a task has made: links, usage and lengths in the answers to queries."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from simulator.core.faults import When
from simulator.core.pointers import above, drop, get, put, there
from simulator.core.task import Order, Plan
from simulator.engine import Submission
from simulator.engine.call import Reply
from simulator.faults.fault import Change, Cheapen, Fault, Scene, Terms
from simulator.faults.statuses import SHOWN

_encode = msgspec.json.Encoder(decimal_format="number").encode


def _links(scene: Scene, body: Any) -> list[str]:
    """The places of the body in which a link stands."""
    return [
        place
        for place in there(body, scene.dialect.reader.link)
        if str(get(body, place)).startswith("http")
    ]


def on_links(bend: Callable[[Scene, Any, list[str]], Any]) -> Change:
    """Another body for an answer that has links."""

    def change(scene: Scene, reply: Reply) -> Reply:
        found = _links(scene, reply.body)
        body = bend(scene, reply.body, found) if found else reply.body
        return reply if body is reply.body else replace(reply, body=body)

    return Change(change)


def _without(scene: Scene, body: Any, found: list[str]) -> Any:
    for place in found:
        body = drop(body, place)
    return body


def _relative(scene: Scene, body: Any, found: list[str]) -> Any:
    for place in found:
        parts = urlsplit(str(get(body, place)))
        body = put(body, place, f"{parts.path}?{parts.query}")
    return body


def _in_reason(scene: Scene, body: Any, found: list[str]) -> Any:
    link = get(body, found[0])
    return put(_without(scene, body, found), scene.dialect.reader.reason[0], link)


def _elsewhere(scene: Scene, body: Any, found: list[str]) -> Any:
    link = get(body, found[0])
    return put(_without(scene, body, found), above(found[0]) + "/video", {"url": link})


def _only_inside(scene: Scene, body: Any, found: list[str]) -> Any:
    return drop(body, found[0]) if len(found) > 1 else body


def _escaped(scene: Scene, body: Any, found: list[str]) -> Any:
    return _encode(body).replace(b"&", b"\\u0026")


def _error_as_link(scene: Scene, reply: Reply) -> Reply:
    places = scene.dialect.reader
    texts = there(reply.body, places.message)
    if not scene.over or not texts or not get(reply.body, texts[0]):
        return reply
    place = _link_place(places.link, reply.body)
    text = get(reply.body, texts[0])
    if place.endswith("/0"):
        return replace(reply, body=put(reply.body, place.removesuffix("/0"), [text]))
    return replace(reply, body=put(reply.body, place, text))


def _link_place(places: tuple[str, ...], body: Any) -> str:
    """Where a link would stand in such a body."""
    return next((place for place in places if there(body, [above(place)])), places[0])


def _content_in_array(scene: Scene, body: Any, found: list[str]) -> Any:
    contents = dict.fromkeys(above(place) for place in found if above(place).endswith("/content"))
    for place in contents:
        body = put(body, place, [get(body, place)])
    return body


def _without_usage(scene: Scene, reply: Reply) -> Reply:
    body = reply.body
    for place in there(body, scene.dialect.reader.usage):
        body = drop(body, place)
    return reply if body is reply.body else replace(reply, body=body)


def _echoed(scene: Scene, reply: Reply) -> Reply:
    """The answer with what was asked for before it, links and all."""
    if scene.task is None or not isinstance(reply.body, dict):
        return reply
    request = {
        "prompt": scene.task.order.prompt,
        "image_url": "https://example.com/first-frame.png",
        "video_url": "https://example.com/reference.mp4",
    }
    return replace(reply, body={"request": request, **reply.body})


def other_length(order: Order) -> Order:
    """The order with the shortest length, or with a second more if that is its own."""
    seconds = 4 if order.seconds != 4 else 5
    frames = 24 * seconds + order.frames - 24 * order.seconds
    tokens = None if order.tokens is None else order.tokens * frames // order.frames
    return replace(order, seconds=seconds, frames=frames, tokens=tokens)


def _shorter(given: Submission, plan: Plan) -> tuple[Submission, Plan]:
    return replace(given, order=other_length(given.order)), plan


def _on_success(name: str, does: str, seen: str, act: Change, *needs: str) -> Fault:
    return Fault(name, does, seen, SHOWN, (act,), needs=needs)


LINKED = "a link in its answers"
FAULTS: tuple[Fault, ...] = (
    _on_success(
        "url-missing",
        "A task that succeeded has no link.",
        "gateways whose new version shows less; clients polled on until their limit",
        on_links(_without),
        LINKED,
    ),
    _on_success(
        "url-relative",
        "The link of a clip has no scheme and no host.",
        "proxies that give the path of their own content call",
        on_links(_relative),
        LINKED,
    ),
    _on_success(
        "url-in-fail_reason",
        "The link of a clip stands in fail_reason and nowhere else.",
        "older versions of a gateway's code base; clients took the task for failed",
        on_links(_in_reason),
        "a fail_reason in every answer",
    ),
    _on_success(
        "url-elsewhere",
        "The link of a clip stands under video.url.",
        "gateways that pass on the answer of another kind of upstream",
        on_links(_elsewhere),
        LINKED,
    ),
    _on_success(
        "url-inner-only",
        "The link of a clip stands only in the upstream's part of the answer.",
        "gateways behind gateways, of which one drops the outer link",
        on_links(_only_inside),
        "a link in two places",
    ),
    Fault(
        "url-escaped",
        "Every & in an answer with a link is written as \\u0026.",
        "encoders that write JSON for web pages; clients that cut the link out of the text failed",
        SHOWN[:1],
        (on_links(_escaped),),
        needs=(LINKED, "an & in its links as it is"),
    ),
    _on_success(
        "error-text-in-result_url",
        "A task that failed has the text of its error where the link would stand.",
        "gateways with one column for both; clients tried to download the sentence",
        Change(_error_as_link),
        LINKED,
        "a place of its own for the text of an error",
    ),
    _on_success(
        "request-echoed",
        "The answers begin with the request and the links in it.",
        "gateways that show their whole record; clients downloaded their own reference",
        Change(_echoed),
    ),
    Fault(
        "usage-late",
        "The first two queries after the end of a task have no usage yet.",
        "gateways that settle after they have shown the result",
        ("query",),
        (Change(_without_usage),),
        When(terminal=True, first=2),
        needs=("a usage in its answers",),
    ),
    Fault(
        "duration-ignored",
        "A task is made with another length than was asked for: 4 seconds, or 5 instead of 4.",
        "gateways that drop a field which their upstream expects elsewhere",
        ("create",),
        (Terms(_shorter),),
    ),
    Fault(
        "model-substituted",
        "The fast model makes what was ordered of the standard one, and it is billed as ordered.",
        "gateways that sell the dear model and buy the cheap one",
        ("create",),
        (Cheapen(),),
        needs=("a fast model beside the standard one",),
    ),
    _on_success(
        "content-as-array",
        "The content of a task that succeeded is an array with one object instead of the object.",
        "gateways that answer with the form of the order; clients looked for the link in the array",
        on_links(_content_in_array),
        "a content object in its answers",
    ),
)
