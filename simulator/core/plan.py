"""A task's fate, chosen on acceptance: by a plan, a directive in the prompt, or the pace."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.core.chance import Chance
from simulator.core.clock import MINUTE, SECOND, duration
from simulator.core.config import Pace
from simulator.core.problems import Kind
from simulator.core.task import Order, Phase, Plan

ENDS: Mapping[str, Phase | None] = {
    "succeeded": Phase.SUCCEEDED,
    "failed": Phase.FAILED,
    "expired": Phase.EXPIRED,
    "cancelled": Phase.CANCELLED,
    "stuck": None,
}
# Not an end of a task but of its order: the upstream's review refuses it.
REFUSED = "refused"
# What may be asked for in place of a code: a refusal for the account's sake, as every dialect has.
ACCOUNT: Mapping[str, Kind] = {"quota": Kind.BROKE, "rate": Kind.LIMITED}


class Wish(msgspec.Struct, frozen=True, gc=False):
    """What somebody asked for; None is left to the next in the order of precedence."""

    queue: int | None = None
    run: int | None = None
    end: str | None = None
    code: str | None = None
    message: str | None = None
    progress: tuple[tuple[int, int], ...] | None = None
    seed: int | None = None
    then: Plan | None = None
    faults: tuple[str, ...] = ()

    def asked(self) -> dict[str, Any]:
        """What was asked for as ``plan`` of the control plane has it, in milliseconds."""
        then = self.then
        return {
            "queue": self.queue,
            "run": self.run,
            "end": self.end,
            "code": self.code,
            "message": self.message,
            "progress": self.progress,
            "then": then
            and {
                "queue": then.queue,
                "run": then.run,
                "end": then.end,
                "code": then.code or None,
                "message": then.message or None,
            },
        }

    def understood(
        self, failures: Mapping[str, str], refusals: Mapping[str, str]
    ) -> "tuple[Wish, str]":
        """The wish in a dialect's codes, and a code that the dialect does not have.

        A code decides what it is of: one of a refusal refuses the order, and one that nobody knows
        is as good as not asked. What may be either is a failure, unless a refusal was asked for.
        """
        if self.end == REFUSED and self.code is None:
            return replace(self, code=next(iter(refusals))), ""
        if self.code is None or self.end not in (REFUSED, Phase.FAILED):
            return self, ""
        if self.end == Phase.FAILED and self.code in failures:
            return self, ""
        if self.code in refusals or self.code in ACCOUNT:
            return replace(self, end=REFUSED), ""
        return replace(self, end=None, code=None, message=None), self.code

    def over(self, plan: Plan) -> Plan:
        """The plan with everything that was asked for put in."""
        if self is NO_WISH or self == NO_WISH:
            return plan
        return replace(
            plan,
            queue=plan.queue if self.queue is None else self.queue,
            run=plan.run if self.run is None else self.run,
            end=plan.end if self.end is None else ENDS[self.end],
            code=self.code or plan.code,
            message=self.message or plan.message,
            progress=plan.progress if self.progress is None else self.progress,
            then=self.then or plan.then,
            faults=(*plan.faults, *self.faults),
        )


NO_WISH = Wish()
OrderValue = str | int | bool


def _count(kind: str) -> Callable[[Order], int]:
    return lambda order: sum(reference.kind == kind for reference in order.references)


# What a match can ask of an order, after every default was filled in. The names are those of the
# facts in ``/_sim/tasks``, and beside them those under which the dialects take them.
ORDER_FIELDS: Mapping[str, Callable[[Order], OrderValue]] = {
    **{
        name: attrgetter(fact)
        for fact, names in {
            "mode": (),
            "resolution": ("quality",),
            "ratio": ("aspect_ratio",),
            "width": (),
            "height": (),
            "seconds": ("duration",),
            "frames": (),
            "seed": (),
            "sound": ("generate_audio",),
            "watermark": (),
            "last_frame": ("return_last_frame",),
            "camera_fixed": (),
            "draft": (),
            "tier": (),
        }.items()
        for name in (fact, *names)
    },
    **{f"{kind}s": _count(kind) for kind in ("image", "video", "audio")},
}
# What type each has; whole numbers, where nothing else is said.
ORDER_TYPES: Mapping[str, type] = {
    **dict.fromkeys(ORDER_FIELDS, int),
    **dict.fromkeys(("mode", "resolution", "quality", "ratio", "aspect_ratio", "tier"), str),
    **dict.fromkeys(
        (
            "sound",
            "generate_audio",
            "watermark",
            "last_frame",
            "return_last_frame",
            "camera_fixed",
            "draft",
        ),
        bool,
    ),
}


class Match(msgspec.Struct, frozen=True):
    """Which orders a standing or one-shot wish is for; None matches all, ``prompt`` is a part.

    ``order`` are values of ``ORDER_FIELDS``. ``speakers`` are the dialects that have the code that
    is asked for, where it is not one of all.
    """

    dialect: str | None = None
    key: str | None = None
    model: str | None = None
    prompt: str | None = None
    order: Mapping[str, OrderValue] = msgspec.field(default_factory=dict)
    speakers: tuple[str, ...] | None = None

    def fits(self, dialect: str, key: str, order: Order) -> bool:
        return (
            self.dialect in (None, dialect)
            and self.key in (None, key)
            and (self.speakers is None or dialect in self.speakers)
            and self.model in (None, order.model)
            and all(ORDER_FIELDS[name](order) == value for name, value in self.order.items())
            and (self.prompt is None or self.prompt in order.prompt)
        )


class Standing(msgspec.Struct, frozen=True):
    """A wish of the control plane and how often it still applies (None is for ever).

    Plans are numbered in the order of their coming, across all accounts.
    """

    number: int
    match: Match
    wish: Wish
    times: int | None = 1

    @property
    def id(self) -> str:
        return f"plan-{self.number}"


_DIRECTIVE = re.compile(r"\s?\[\[sim:([^\[\]]{0,500})\]\]")


# What a directive may hold, by an example of each; read by ``_setting``.
DIRECTIVES: Mapping[str, str] = {
    "fail": "The task fails, for a reason that is common there.",
    "fail=OutputVideoSensitiveContentDetected": "The task fails with this code.",
    "refuse": "The order is refused by the upstream's review.",
    "refuse=InputTextSensitiveContentDetected": "The order is refused with this code.",
    "refuse=quota": "The order is refused as of an account without quota; =rate: of a hasty one.",
    "expire": "The task is never made, and expires.",
    "cancel": "The task is cancelled.",
    "stuck": "The task comes to no end.",
    "succeed": "The task succeeds, whatever else is asked for of later precedence.",
    "queue=2s": "How long the task waits: a number with ms, s, m, h or d.",
    "run=10s": "How long the task runs.",
    "seed=7": "The seed of the clip.",
    "fault=200-html": "A named fault, for the calls of this task.",
}
# Directives of a prompt that are longer together are read anew each time.
LONGEST_KNOWN = 1000
_NAME = re.compile(r"[\w-]{1,60}", re.ASCII)


def directive(prompt: str) -> tuple[str, Wish, tuple[str, ...]]:
    """The prompt without its directives, what they ask for, and the words nobody understood."""
    if "[[sim:" not in prompt:
        return prompt, NO_WISH, ()
    pieces = _DIRECTIVE.split(prompt)
    asked = tuple(pieces[1::2])  # between the pieces that are left
    short = sum(map(len, asked)) <= LONGEST_KNOWN
    wish, unknown = _asked(asked) if short else _asked.__wrapped__(asked)
    return "".join(pieces[::2]), wish, unknown


@lru_cache(maxsize=256)
def _asked(directives: tuple[str, ...]) -> tuple[Wish, tuple[str, ...]]:
    """What the directives of a prompt ask for. Many prompts have the same ones."""
    wish, unknown = NO_WISH, list[str]()
    for directive in directives:
        for word in directive.split():
            try:
                made = _setting(word)
                if "faults" in made:
                    made = {"faults": (*wish.faults, *made["faults"])}
                wish = replace(wish, **made)
            except ValueError:
                unknown.append(word)
    return wish, tuple(unknown)


def _setting(word: str) -> dict[str, Any]:
    name, _, given = word.partition("=")
    match name, given:
        case "fail", _:
            return {"end": "failed", "code": given or None}
        case "refuse", _:
            return {"end": REFUSED, "code": given or None}
        case (("expire" | "cancel" | "stuck" | "succeed"), ""):
            ends = {"expire": "expired", "cancel": "cancelled", "succeed": "succeeded"}
            return {"end": ends.get(name, name)}
        case (("queue" | "run"), _):
            return {name: duration(given)}
        case "seed", _ if given.isascii() and given.isdigit() and int(given[:11]) < 2**32:
            return {"seed": int(given[:11])}
        case "fault", _ if _NAME.fullmatch(given):
            return {"faults": (given,)}
    raise ValueError(word)


# Shared by all tasks that go by them.
PACES: Mapping[str, Plan] = {"instant": Plan(0, 0), "fast": Plan(SECOND, 3 * SECOND)}


def by_pace(pace: Pace, order: Order, chance: Chance) -> Plan:
    """The plan of a task that nobody asked anything of.

    ``realistic`` is the documented 2 to 5 minutes (Nbility, "Multimodal Reference Input AI Video
    Generation", June 2026), shorter for the faster kinds of order that the documents name.
    """
    if pace in PACES:
        return PACES[pace]
    took = chance.number("took", 2 * MINUTE, 5 * MINUTE)
    if order.resolution == "480p":
        took = took * 2 // 3
    if order.tier in ("fast", "mini"):
        took = took * 2 // 3
    if order.draft:
        took //= 2
    queue = chance.number("queue", SECOND, 15 * SECOND)
    return Plan(queue, took - queue)
