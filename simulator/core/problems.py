"""What can be wrong with a call, in nobody's words."""

from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """The kinds of problem. Each dialect has a status and words for every one of them."""

    # the path
    NO_ROUTE = "no route"
    NO_METHOD = "no method"
    # the caller
    NO_KEY = "no key"
    BAD_KEY = "bad key"
    UNKNOWN_KEY = "unknown key"
    EXPIRED_KEY = "expired key"
    BANNED = "banned"
    NO_GROUP = "no group"
    # the bytes
    TOO_LARGE = "too large"
    CONTENT_TYPE = "content type"
    UNREADABLE = "unreadable"
    NOT_OBJECT = "not an object"
    # the fields
    MISSING = "missing"
    TYPE = "type"
    CHOICE = "choice"
    RANGE = "range"
    COUNT = "count"
    MODEL = "model"
    UNSUPPORTED = "unsupported"
    CONFLICT = "conflict"
    NEEDS = "needs"
    ADDRESS = "address"
    # the media
    MEDIA = "media"
    FACE = "face"
    ASSET = "asset"
    REVIEW = "review"  # the upstream's own, of what was sent: ``got`` is its code
    # the account
    BROKE = "broke"
    LIMITED = "limited"
    QUEUE_FULL = "queue full"
    # the task
    UNKNOWN_TASK = "unknown task"
    UNKNOWN_FILE = "unknown file"
    STATE = "state"
    # the order, given again under an idempotency key
    KEY_REUSED = "key reused"
    IN_FLIGHT = "in flight"
    # the simulator's own means
    RENDER = "render"


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    ``field`` is the path of the field as the document spells it (empty where none is to blame),
    ``detail`` a plain sentence fragment, ``aspect`` which property of a media file is off,
    ``limit`` and ``got`` the documented bound and what was sent; ``got`` of a limited call are the
    seconds after which to come again, where they are known. ``also`` are further fields of which
    the very same is to be said.
    """

    kind: Kind
    field: str = ""
    detail: str = ""
    aspect: str = ""
    limit: Any = None
    got: Any = None
    also: tuple[str, ...] = ()

    @property
    def fields(self) -> str:
        """Every field that is to blame, as a text names them."""
        return ", ".join((self.field, *self.also))


class Refusal(Exception):
    """Carries a problem from where it is found to the pipeline, where a dialect words it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.kind}: {problem.field} {problem.detail}".strip())
        self.problem = problem


def refuse(
    kind: Kind,
    field: str = "",
    detail: str = "",
    *,
    aspect: str = "",
    limit: Any = None,
    got: Any = None,
) -> Refusal:
    """A refusal to raise, for one problem."""
    return Refusal(Problem(kind, field, detail, aspect, limit, got))
