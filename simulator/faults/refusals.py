"""Faults of HTTP: statuses and bodies that are not what the pages promise."""

from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from msgspec.structs import replace

from simulator.core.clock import SECOND
from simulator.core.faults import When
from simulator.core.problems import Kind, Problem
from simulator.core.task import Phase
from simulator.engine.call import Reply
from simulator.engine.dialect import dress
from simulator.faults.fault import Change, Fault, Instead, Scene

RETRY_AFTER = 5
HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Console</title></head>"
    b'<body><div id="root"></div><script src="/assets/index.js"></script></body></html>\n'
)
HTTP_CALLS = ("create", "query", "list", "delete")
EVERY_CALL = (*HTTP_CALLS, "download")


def own(scene: Scene, problem: Problem, status: int | None = None, **headers: str) -> Reply:
    """A refusal in the dialect's own words."""
    reply = scene.dialect.refuse(problem, scene.call)
    given = {**reply.headers, **dress(scene.dialect, scene.call)}
    for name, value in headers.items():
        given[name.replace("_", "-")] = value
    return replace(reply, headers=given, status=status or reply.status)


def error_page(status: int, words: str, **headers: str) -> Reply:
    """The page of a proxy that has no answer of its own."""
    title = f"{status} {words}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, page.encode(), {"Server": "nginx", **named}, HTML)


def always(reply: Reply) -> Instead:
    """The same reply in the place of whatever would have been said."""
    return Instead(lambda scene: reply)


def told(kind: Kind, status: int | None = None) -> Instead:
    """A refusal of this kind in the dialect's words."""
    return Instead(lambda scene: own(scene, Problem(kind, detail="for a while"), status))


def too_many(**error: Any) -> Instead:
    """HTTP 429 with these keys in its error."""
    message = "Too many requests, please try again later"
    return always(Reply(429, {"error": {"message": message, **error}}))


def _limited(scene: Scene) -> Reply:
    reply = own(scene, Problem(Kind.LIMITED, detail="too many requests", limit=1), 429)
    headers = {name: value for name, value in reply.headers.items() if name != "Retry-After"}
    return replace(reply, headers=headers)


def _limited_for_seconds(scene: Scene) -> Reply:
    problem = Problem(Kind.LIMITED, detail="too many requests", limit=1, got=RETRY_AFTER)
    return own(scene, problem, 429, Retry_After=str(RETRY_AFTER))


def _limited_until(scene: Scene) -> Reply:
    until = formatdate(scene.now // SECOND + RETRY_AFTER, usegmt=True)
    problem = Problem(Kind.LIMITED, detail="too many requests", limit=1, got=RETRY_AFTER)
    return own(scene, problem, 429, Retry_After=until)


def _cannot_be_cancelled(scene: Scene) -> Reply | None:
    if scene.task is None or scene.task.phase(scene.now) is not Phase.QUEUED:
        return None
    detail = f"the task is {Phase.RUNNING}"
    return own(scene, Problem(Kind.STATE, "id", detail, got=Phase.RUNNING))


def _cancelled_too_late(scene: Scene) -> Reply | None:
    if scene.task is None or scene.task.phase(scene.now) is not Phase.QUEUED:
        return None
    return Reply(200, {}, dress(scene.dialect, scene.call))


def _not_yet(scene: Scene) -> Reply | None:
    if not scene.call.path.endswith("/content"):
        return None
    return own(scene, Problem(Kind.STATE, "id", "the task has no clip", got="IN_PROGRESS"))


def _no_content(scene: Scene) -> Reply | None:
    if not scene.call.path.endswith("/content"):
        return None
    return own(scene, Problem(Kind.RENDER, detail="Bad Gateway"), 502)


def _labelled_gzip(scene: Scene, reply: Reply) -> Reply:
    accepted = scene.call.headers.get("Accept-Encoding", "gzip")
    if "gzip" not in accepted.lower():
        return reply
    return replace(reply, headers={**reply.headers, "Content-Encoding": "gzip"})


def _cut_json(scene: Scene) -> Reply:
    headers = dress(scene.dialect, scene.call)
    return Reply(200, b'{"status": "pro', headers)


def _gateway_gave_up(scene: Scene, reply: Reply) -> Reply:
    return reply if reply.status >= 400 else error_page(504, "Gateway Time-out")


def once(
    name: str, does: str, seen: str, act: Instead | Change, calls: tuple[str, ...] = EVERY_CALL
) -> Fault:
    """A fault that happens to one call, unless more are asked for."""
    return Fault(name, does, seen, calls, (act,), times=1)


_LIMITERS: Mapping[str, tuple[str, Instead]] = {
    "429-empty": ("an empty body", always(Reply(429, b"", {}, PLAIN))),
    "429-text": ("plain text", always(Reply(429, b"Too Many Requests\n", {}, PLAIN))),
    "429-own": ("the dialect's own words and no Retry-After", Instead(_limited)),
    "429-requests": (
        "type requests and code rate_limit_exceeded",
        too_many(type="requests", param=None, code="rate_limit_exceeded"),
    ),
    "429-upstream": (
        "type upstream_error, param 404 and code bad_response_status_code",
        too_many(type="upstream_error", param="404", code="bad_response_status_code"),
    ),
    "429-quota": (
        "type and code insufficient_quota",
        too_many(type="insufficient_quota", param=None, code="insufficient_quota"),
    ),
    "429-new-api": (
        "type new_api_error and no code",
        too_many(type="new_api_error", param="", code=None),
    ),
}
_FIELD = "limiters of gateways and of what stands before them, each with a body of its own"

FAULTS: tuple[Fault, ...] = (
    *(
        once(
            name,
            f"A call is refused with 429 and {body}.",
            _FIELD,
            act,
            HTTP_CALLS if name == "429-own" else EVERY_CALL,
        )
        for name, (body, act) in _LIMITERS.items()
    ),
    once(
        "429-retry-after",
        f"A call is refused with 429, in the dialect's words, with Retry-After: {RETRY_AFTER}.",
        "limiters that say when to come again; clients came at once",
        Instead(_limited_for_seconds),
        HTTP_CALLS,
    ),
    once(
        "429-retry-after-date",
        "A call is refused with 429, in the dialect's words, with a date in Retry-After.",
        "limiters of content networks; clients could not read the date",
        Instead(_limited_until),
        HTTP_CALLS,
    ),
    once(
        "200-html",
        "A call is answered with 200 and the page of a web console.",
        "gateways that serve their console under every path they do not know",
        always(Reply(200, PAGE, {}, HTML)),
    ),
    once(
        "200-empty",
        "A call is answered with 200 and an empty body.",
        "gateways that lose the upstream's answer",
        always(Reply(200, b"")),
        HTTP_CALLS,
    ),
    once(
        "200-broken-json",
        "A call is answered with 200 and a JSON that ends too early.",
        "proxies that cut what they pass on",
        Instead(_cut_json),
        HTTP_CALLS,
    ),
    once(
        "2xx-error-body",
        "A call is refused in the dialect's words, but with status 200.",
        "gateways that pass the status of their upstream on and put their own error under it",
        told(Kind.RENDER, 200),
        HTTP_CALLS,
    ),
    once(
        "500-own",
        "A call is refused with 500, in the dialect's words.",
        "gateways whose data base was away for a moment",
        told(Kind.RENDER, 500),
        HTTP_CALLS,
    ),
    once(
        "502-html",
        "A call is refused with 502 and the page of a proxy.",
        "gateways that were just starting anew",
        always(error_page(502, "Bad Gateway")),
    ),
    once(
        "503-retry-after",
        f"A call is refused with 503, the page of a proxy and Retry-After: {RETRY_AFTER}.",
        "gateways under maintenance",
        always(error_page(503, "Service Temporarily Unavailable", Retry_After=str(RETRY_AFTER))),
    ),
    once(
        "504-empty",
        "A call is refused with 504 and an empty body.",
        "proxies whose upstream took too long",
        always(Reply(504, b"", {}, PLAIN)),
    ),
    once(
        "504-after-accept",
        "A create call is accepted, and a proxy answers 504.",
        "proxies that wait less than a create call takes; clients ordered again and paid twice",
        Change(_gateway_gave_up),
        ("create",),
    ),
    Fault(
        "500-at-terminal",
        "The first two queries after the end of a task are refused with 500.",
        "a gateway that stumbled over finished tasks; clients gave up a clip that was billed",
        ("query",),
        (told(Kind.RENDER, 500),),
        When(terminal=True, first=2),
    ),
    Fault(
        "401-exhausted-key",
        "Queries are refused as if the key was unknown, although it could create the task.",
        "gateways whose keys have an allowance, which the create call used up",
        ("query",),
        (told(Kind.UNKNOWN_KEY, 401),),
    ),
    Fault(
        "403-on-poll",
        "Queries are refused with 403, although the key could create the task.",
        "keys that are limited to models, where the query's route does not know the model",
        ("query",),
        (told(Kind.NO_GROUP, 403),),
    ),
    Fault(
        "bad-gzip",
        "Answers are labelled as gzip and are not, unless the client asks for identity.",
        "gateways that unpack the upstream's answer and keep its label",
        HTTP_CALLS,
        (Change(_labelled_gzip),),
    ),
    Fault(
        "cancel-refused",
        "A task that waits cannot be cancelled: it is said to run.",
        "upstreams that start tasks faster than they tell",
        ("delete",),
        (Instead(_cannot_be_cancelled),),
    ),
    Fault(
        "cancel-races-completion",
        "Cancelling a task that waits succeeds, and the task runs to its end and is billed.",
        "cancellations that come too late upstream",
        ("delete",),
        (Instead(_cancelled_too_late),),
    ),
    Fault(
        "content-400-early",
        "The first two calls for the clip itself are refused as if the task still ran.",
        "gateways whose query and whose content call look at different copies",
        ("download",),
        (Instead(_not_yet),),
        When(first=2),
        needs=("a call for the clip itself",),
    ),
    Fault(
        "content-502",
        "The first two calls for the clip itself are refused with 502.",
        "gateways that fetch the clip from their upstream at every call",
        ("download",),
        (Instead(_no_content),),
        When(first=2),
        needs=("a call for the clip itself",),
    ),
)
