"""Faults of the status of a task, and of its progress."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from simulator.core.clock import MINUTE
from simulator.core.faults import When
from simulator.core.pointers import drop, get, put, there
from simulator.core.reader import FIELD_WORDS, Word
from simulator.core.task import LIVE, Phase
from simulator.engine.call import Reply
from simulator.faults.fault import Change, Fault, Lag, Scene

BEHIND = MINUTE

Choice = Callable[[Scene, Word], Word]


def on_status(choose: Choice) -> Change:
    """Another word for the status."""

    def change(scene: Scene, reply: Reply) -> Reply:
        body = reply.body
        for place in there(body, scene.dialect.reader.status):
            given = get(body, place)
            if (other := choose(scene, given)) != given:
                body = put(body, place, other)
        return reply if body is reply.body else replace(reply, body=body)

    return Change(change)


def like(word: str, model: str) -> str:
    """A word in capitals where the model is in capitals."""
    return word.upper() if model.isupper() else word


def _unknown(scene: Scene, given: Word) -> Word:
    if isinstance(given, int):
        return max(word for word in scene.dialect.reader.words if isinstance(word, int)) + 1
    return "NOT_START" if given.isupper() else "unknown"


def _synonym(scene: Scene, given: Word) -> Word:
    given = str(given)
    for words in FIELD_WORDS.values():
        if given.lower() in words:
            return like(next(word for word in words if word != given.lower()), given)
    return given


def _swapped(scene: Scene, given: Word) -> Word:
    given = str(given)
    return given.lower() if given.isupper() else given.upper()


def _instead_of_failed(word: str) -> Choice:
    def choose(scene: Scene, given: Word) -> Word:
        failed = scene.task is not None and scene.task.phase(scene.now) is Phase.FAILED
        return like(word, str(given)) if failed else given

    return choose


def _without_status(scene: Scene, reply: Reply) -> Reply:
    body = reply.body
    for place in there(body, scene.dialect.reader.status):
        body = drop(body, place)
    return reply if body is reply.body else replace(reply, body=body)


def _inner_still_runs(scene: Scene, reply: Reply) -> Reply:
    places = scene.dialect.reader
    if not there(reply.body, places.status[:1]):
        return reply
    place = places.inner[0]
    known = get(reply.body, place)
    word = "running" if known not in ("succeeded", "failed") else "processing"
    return replace(reply, body=put(reply.body, place, word))


def _back_to_creation(scene: Scene) -> int:
    task = scene.task
    if task is None or scene.number % 2 or task.phase(scene.now) is not Phase.RUNNING:
        return 0
    return scene.now - task.created if task.starts > task.created else 0


def _before_the_end(scene: Scene) -> int:
    ended = None if scene.task is None else scene.task.ended()
    return 0 if ended is None or scene.now < ended else scene.now - ended + 1


def _before_an_end_without_a_word(scene: Scene) -> int:
    """Until before the end, where that is one that the gateway has no word for."""
    task = scene.task
    if task is None or task.plan.end not in (Phase.EXPIRED, Phase.CANCELLED):
        return 0
    return _before_the_end(scene)


def _a_minute(scene: Scene) -> int:
    return 0 if scene.task is None else min(BEHIND, scene.now - scene.task.created)


def on_progress(number: Callable[[Scene, Any], Any]) -> Change:
    """Another progress."""

    def change(scene: Scene, reply: Reply) -> Reply:
        body = reply.body
        for place in there(body, scene.dialect.reader.progress):
            body = put(body, place, number(scene, get(body, place)))
        return reply if body == reply.body else replace(reply, body=body)

    return Change(change)


def _text(scene: Scene, given: Any) -> Any:
    return given if isinstance(given, str) else f"{given}%"


def _whole(scene: Scene, given: Any) -> Any:
    return int(given.removesuffix("%")) if isinstance(given, str) else given


def _zero(given: Any) -> Any:
    return "0%" if isinstance(given, str) else 0


def _frozen(scene: Scene, given: Any) -> Any:
    return given if scene.over else _zero(given)


def _reset(scene: Scene, given: Any) -> Any:
    return _zero(given) if _runs(scene) and scene.number % 2 == 0 else given


def _runs(scene: Scene) -> bool:
    return scene.task is not None and scene.task.phase(scene.now) in LIVE


def _unexplained(scene: Scene, reply: Reply) -> Reply:
    failed = scene.task is not None and scene.task.phase(scene.now) is Phase.FAILED
    if not failed:
        return reply
    body = reply.body
    for place in there(body, (*scene.dialect.reader.message, *scene.dialect.reader.code)):
        body = put(body, place, "")
    return reply if body is reply.body else replace(reply, body=body)


SHOWN = ("query", "callback")
FIRST_TWO = When(first=2)

_first = Fault(
    "status-unknown-first",
    "The first two queries of a task give a status that no page knows.",
    "gateways that have not asked their upstream yet; clients took it for a failure",
    ("query",),
    (on_status(_unknown),),
    FIRST_TWO,
)
FAULTS: tuple[Fault, ...] = (
    _first,
    replace(
        _first,
        name="status-missing",
        does="The first two queries of a task give no status at all.",
        seen="a gateway whose first answer has an id only; clients took it for a failure",
        acts=(Change(_without_status),),
    ),
    Fault(
        "status-synonym",
        "Every status is another gateway's word for the same state.",
        "clients that waited for completed while the gateway said succeeded, until they gave up",
        SHOWN,
        (on_status(_synonym),),
        needs=("a status in words",),
    ),
    Fault(
        "status-case",
        "Every status is in capitals where the pages have small letters, and the other way round.",
        "look-alike gateways on the same path",
        SHOWN,
        (on_status(_swapped),),
        needs=("a status in words",),
    ),
    Fault(
        "status-regress",
        "Every second query of a running task shows it as it was at its creation.",
        "pollers behind a load balancer, of which one lags",
        ("query",),
        (Lag(_back_to_creation),),
    ),
    Fault(
        "status-stuck",
        "A task that has ended, and was billed, is shown as running for ever.",
        "tasks that were charged and stayed in progress at gateways with a lost poller",
        ("query",),
        (Lag(_before_the_end),),
    ),
    Fault(
        "status-lags",
        "Queries show a task as it was a minute ago.",
        "a gateway that asks its upstream about one task after the other",
        ("query",),
        (Lag(_a_minute),),
    ),
    Fault(
        "expired-never-ends",
        "A task that upstream has given up, as expired or cancelled, is shown as running for ever.",
        "new-api, whose adaptors do not know these words; the money is held until a day has passed",
        ("query",),
        (Lag(_before_an_end_without_a_word),),
    ),
    Fault(
        "outer-inner-disagree",
        "Once a task has ended, the upstream's status inside the answer still says that it runs.",
        "gateways that time a task out by themselves and keep the last answer of the upstream",
        ("query",),
        (Change(_inner_still_runs),),
        When(terminal=True),
        needs=("a status of the upstream beside its own",),
    ),
    Fault(
        "cancelled-word",
        "A task that failed is shown with the status cancelled.",
        "upstream words that gateways and clients had not mapped",
        SHOWN,
        (on_status(_instead_of_failed("cancelled")),),
        needs=("a status in words",),
    ),
    Fault(
        "expired-word",
        "A task that failed is shown with the status expired.",
        "upstream words that gateways and clients had not mapped, and polled on for ever",
        SHOWN,
        (on_status(_instead_of_failed("expired")),),
        needs=("a status in words",),
    ),
    Fault(
        "failure-unexplained",
        "A task that failed tells neither a code nor a reason.",
        "command line clients that printed an empty failure",
        SHOWN,
        (Change(_unexplained),),
    ),
    Fault(
        "progress-string",
        "The progress is a string with a percent sign instead of a number.",
        "gateways of one code base, which differ in this",
        ("query",),
        (on_progress(_text),),
        needs=("a progress that is a number",),
    ),
    Fault(
        "progress-int",
        "The progress is a number instead of a string with a percent sign.",
        "gateways of one code base, which differ in this",
        ("query",),
        (on_progress(_whole),),
        needs=("a progress that is a string",),
    ),
    Fault(
        "progress-frozen",
        "The progress stays at zero until the task has ended.",
        "gateways that know nothing between the start and the end; clients took it for a hang",
        ("query",),
        (on_progress(_frozen),),
        needs=("a progress",),
    ),
    Fault(
        "progress-reset",
        "The progress is back at zero at every second query until the task has ended.",
        "gateways that retry upstream by themselves",
        ("query",),
        (on_progress(_reset),),
        needs=("a progress",),
    ),
)
