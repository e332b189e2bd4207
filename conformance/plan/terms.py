"""When, how and to what end a probe is sent, as values with the texts that transcripts have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.catalogue.rows import freeze, thaw


class Way(StrEnum):
    """How a body is written.

    `RAW` is a body of the suite's own that is no order, by its name; `RAW_JSON` a text as it
    stands; `SOCKET` a request that is no HTTP, by its name; `PAD` an order made so many bytes long.
    """

    JSON = "json"
    MULTIPART = "multipart"
    URLENCODED = "urlencoded"
    RAW = "raw"
    RAW_JSON = "raw-json"
    SOCKET = "socket"
    PAD = "pad"


DETAILED = (Way.RAW, Way.RAW_JSON, Way.SOCKET, Way.PAD)


@dataclass(frozen=True, slots=True)
class Form:
    """The way a body is written, with the name, text or number that goes with it."""

    way: Way = Way.JSON
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.way}:{self.detail}" if self.way in DETAILED else str(self.way)

    @property
    def is_raw(self) -> bool:
        """Whether it carries no order but bytes that are written down."""
        return self.way in (Way.RAW, Way.RAW_JSON)


JSON = Form()
MULTIPART = Form(Way.MULTIPART)
EMPTY = Form(Way.RAW, "empty")


def form(text: str) -> Form:
    """The form of a text as rows and transcripts have it; ValueError where it is none."""
    head, _, detail = text.partition(":")
    return Form(Way(head), detail)


@dataclass(frozen=True, slots=True)
class When:
    """The moment for a probe about a task: in a phase, when a phase has been probed, at an age.

    `at` is in seconds since the order. A probe without any of them is sent at once.
    """

    phase: str = ""
    after: bool = False
    at: int | None = None

    def __str__(self) -> str:
        if self.at is not None:
            return f"at:{self.at}"
        return f"after:{self.phase}" if self.after else self.phase

    def __bool__(self) -> bool:
        return self != NOW


NOW = When()
QUEUED, RUNNING = When("queued"), When("running")
SUCCEEDED, FAILED = When("succeeded"), When("failed")


def when(text: str) -> When:
    """The moment of a text as transcripts have it; ValueError where it is none."""
    head, colon, rest = text.partition(":")
    if not colon:
        return When(head)
    return When(at=int(rest)) if head == "at" else When(rest, after=True)


@dataclass(frozen=True, slots=True)
class Fate:
    """What the control plane is asked to do with a task: its end, and how long it takes to it.

    `wish` is the plan as the control plane takes it.
    """

    wish: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return json.dumps(self.plan)

    @property
    def plan(self) -> dict[str, Any]:
        """The wish as JSON."""
        return dict(thaw(self.wish))

    @property
    def end(self) -> str:
        """The phase in which the task is to end, or `stuck`."""
        return str(self.wish.get("end", ""))

    @property
    def endless(self) -> bool:
        """Whether nobody waits for its end: there is none, or it is hours away."""
        return self.end == STUCK or HOUR in (self.wish.get("queue"), self.wish.get("run"))


STUCK, HOUR = "stuck", "1h"


def fate(**wish: Any) -> Fate:
    """A fate by its wishes."""
    return Fate(freeze(wish))
