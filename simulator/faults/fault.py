"""A fault as a value: what it does, to which calls, and when."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from simulator.clips.spec import ClipSpec
from simulator.core.faults import When
from simulator.core.pointers import above
from simulator.core.task import LIVE, Charge, Order, Phase, Plan, Task
from simulator.engine import Submission
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect

CALLS = ("create", "query", "list", "delete", "download", "callback")
# Those that are about a task which is known before the call.
OF_A_TASK = frozenset(CALLS) - {"create", "list"}


ALWAYS = When()


class Scene(msgspec.Struct, frozen=True):
    """What a fault sees of a call: ``number`` counts such calls, with this one."""

    dialect: Dialect
    kind: str
    call: Call
    account: str
    now: int
    task: Task | None = None
    number: int = 0

    @property
    def over(self) -> bool:
        """Whether the task has come to its end."""
        return self.task is not None and self.task.phase(self.now) not in LIVE


class Instead(msgspec.Struct, frozen=True):
    """An answer to a call that is then not handled; None leaves the call alone."""

    reply: Callable[[Scene], Reply | None]


class Change(msgspec.Struct, frozen=True):
    """Another answer; the same one where there is nothing to change."""

    reply: Callable[[Scene, Reply], Reply]


class Lag(msgspec.Struct, frozen=True):
    """By how many milliseconds the answer is behind."""

    back: Callable[[Scene], int]


class Readdress(msgspec.Struct, frozen=True):
    """The path that the caller's one stands for, and the query."""

    path: Callable[[str], str]
    query: Callable[[str], str]


class Repeat(msgspec.Struct, frozen=True):
    """The call is handled twice, and the second answer given."""


class Terms(msgspec.Struct, frozen=True):
    """What is settled on acceptance."""

    settle: Callable[[Submission, Plan], tuple[Submission, Plan]]


class Cheapen(msgspec.Struct, frozen=True):
    """The order is made by a cheaper model, and billed as it was given."""

    def settle(self, given: Submission, dialect: Dialect) -> Submission:
        model = dialect.cheaper.get(given.order.model)
        if model is None:
            return given
        return replace(given, order=replace(given.order, model=model, tier="fast"))


class Remake(msgspec.Struct, frozen=True):
    """What is rendered in the place of what was ordered."""

    spec: Callable[[ClipSpec], ClipSpec]


class Deny(msgspec.Struct, frozen=True):
    """By which of its words the store refuses a link; None leaves the link alone."""

    word: Callable[[Scene], str | None]


class Redirect(msgspec.Struct, frozen=True):
    """The place of the store at which the file is said to be."""

    place: str


class Spoil(msgspec.Struct, frozen=True):
    """The file that is served in the place of a clip's."""

    data: Callable[[bytes], bytes]


class Tell(msgspec.Struct, frozen=True):
    """How callbacks are made: how many ``copies`` of each, none of it if ``silent``.

    A ``deaf`` sender does not notice that it was heard, and with ``backwards`` the last comes
    first.
    """

    copies: int = 1
    silent: bool = False
    deaf: bool = False
    backwards: bool = False


Act = (
    Instead
    | Change
    | Lag
    | Readdress
    | Repeat
    | Terms
    | Cheapen
    | Remake
    | Deny
    | Redirect
    | Spoil
    | Tell
)


class Fault(msgspec.Struct, frozen=True):
    """A thing that goes wrong.

    ``does`` is one sentence on it and ``seen`` says where it comes from. ``when`` and ``times`` are
    its own course, where nobody asks for another. ``needs`` are names in ``NEEDS``. A ``lasting``
    one cannot be limited to a number of times.
    """

    name: str
    does: str
    seen: str
    calls: tuple[str, ...]
    acts: tuple[Act, ...]
    when: When = ALWAYS
    times: int | None = None
    needs: tuple[str, ...] = ()
    lasting: bool = False

    @property
    def of_terms(self) -> bool:
        """Whether it is settled with the acceptance of an order, and not call by call."""
        return any(isinstance(act, Terms | Cheapen) for act in self.acts) or self.backwards

    @property
    def backwards(self) -> bool:
        """Whether it turns the order of a task's callbacks round."""
        return any(isinstance(act, Tell) and act.backwards for act in self.acts)

    def lacks(self, dialect: Dialect, call: str | None = None) -> str | None:
        """What the dialect would need for this fault to make sense, at that kind of call or any."""
        own = {route.kind for route in dialect.routes}
        if not any(isinstance(act, Readdress) for act in self.acts):
            own.add("download")  # through links, which the store serves whatever they are called
        if dialect.callbacks is not None:
            own.add("callback")
        calls = self.calls if call is None else (call,)
        if own.isdisjoint(calls):
            return f"a {calls[0]} call"
        if lacking := next((need for need in self.needs if not NEEDS[need](dialect)), None):
            return lacking
        bare = dialect.reader.bare.get(call or "", ())
        found = next((need for need in self.needs if need in bare), None)
        return found and f"{found} in a {call} call"


def _tells_of_the_start(dialect: Dialect) -> bool:
    return dialect.callbacks is not None and len(dialect.callbacks.events(_SAMPLE)) > 1


_SAMPLE = Task(
    id="",
    dialect="",
    account="",
    order=Order("", "", "", "", "", 0, 0, 0, 0, 0),
    plan=Plan(1, 1),
    charge=Charge.flat("", Decimal(0)),
    created=0,
    starts=1,
    ends=2,
    end=Phase.SUCCEEDED,
)

NEEDS: Mapping[str, Callable[[Dialect], bool]] = {
    "callbacks": lambda dialect: dialect.callbacks is not None,
    "a fast model beside the standard one": lambda dialect: bool(dialect.cheaper),
    "a content object in its answers": lambda dialect: any(
        above(place).endswith("/content") for place in dialect.reader.link
    ),
    "an error object": lambda dialect: any(
        above(place).endswith("/error")
        for place in (*dialect.reader.message, *dialect.reader.refusal)
    ),
    "a list call": lambda dialect: bool(dialect.reader.items),
    "a link in its answers": lambda dialect: bool(dialect.reader.link),
    "objects that may be missing": lambda dialect: bool(dialect.reader.objects),
    "a call for the clip itself": lambda dialect: any(r.kind == "download" for r in dialect.routes),
    "a status of the upstream beside its own": lambda dialect: bool(dialect.reader.inner),
    "a status in words": lambda dialect: dialect.reader.spelled,
    "numbers in its answers": lambda dialect: dialect.reader.numbers,
    "an error code other than the status": lambda dialect: dialect.reader.numbered is not int,
    "an error code other than the status as a string": lambda dialect: (
        dialect.reader.numbered is not str
    ),
    "an & in its links as it is": lambda dialect: dialect.escapes != "always",
    "a place of its own for the text of an error": lambda dialect: not dialect.reader.shared,
    "a progress": lambda dialect: bool(dialect.reader.progress),
    "a progress that is a string": lambda dialect: dialect.reader.percent,
    "a progress that is a number": lambda dialect: (
        bool(dialect.reader.progress) and not dialect.reader.percent
    ),
    "a fail_reason in every answer": lambda dialect: bool(dialect.reader.reason),
    "a usage in its answers": lambda dialect: bool(dialect.reader.usage),
    "a link in two places": lambda dialect: dialect.reader.linked_twice,
    "strings that hold numbers": lambda dialect: bool(dialect.reader.texts),
    "callbacks before the end of a task": _tells_of_the_start,
}
