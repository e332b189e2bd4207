"""A call and its reply."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec.structs import replace
from multidict import CIMultiDict, CIMultiDictProxy, istr

from simulator.core.chance import Chance
from simulator.core.config import Key
from simulator.core.likeness import Likeness, likeness
from simulator.core.media import Rendition
from simulator.core.problems import Kind, refuse
from simulator.core.task import Task
from simulator.engine.delivery import Delivery

Headers = CIMultiDict[str] | CIMultiDictProxy[str]
BODY_LIMIT = 64 * 1024 * 1024
# A name that need not be brought to one case for each call.
_KEY = istr("Authorization")

# Stands for the key until authentication has found the account.
NOBODY = Key("")
NO_CHANCE = Chance(b"")
_encode = msgspec.json.Encoder(decimal_format="number").encode
# These only occur within strings.
_GO = ((b"&", b"\\u0026"), (b"<", b"\\u003c"), (b">", b"\\u003e"))


async def _no_body(limit: int) -> bytes:
    return b""


class Call(msgspec.Struct, frozen=True):
    """A request on its way through a dialect.

    ``path`` is what follows the dialect's mount, still percent-encoded; ``base`` is the scheme and
    host under which the client sees the server. ``read`` gives the body, of at most so many bytes.
    The last seven are filled in on the way; ``observed`` says which fidelity the server has, and
    ``like`` what the body is beside its words.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = msgspec.field(default_factory=CIMultiDict)
    base: str = "http://127.0.0.1:8000"
    read: Callable[[int], Awaitable[bytes]] = _no_body
    account: Key = NOBODY
    now: int = 0
    chance: Chance = NO_CHANCE
    args: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: Mapping[str, Any] = msgspec.field(default_factory=dict)
    observed: bool = False
    like: Likeness | None = None

    def holding(self, body: Mapping[str, Any]) -> "Call":
        """The same call with another body."""
        return replace(self, body=body, like=likeness(body))

    @property
    def target(self) -> str:
        """Path and query as they stand in the request's first line, below the dialect's mount."""
        return self.path + (f"?{self.query}" if self.query else "")

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters of the query, in order."""
        return parse_qsl(self.query, keep_blank_values=True)

    def token(self) -> str:
        """The bearer token, which may be empty; a refusal where there is none."""
        given = self.headers.get(_KEY)
        if given is None:
            raise refuse(Kind.NO_KEY, "Authorization", "no Authorization header")
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer":
            raise refuse(Kind.BAD_KEY, "Authorization", "not a bearer token")
        return token.strip()


class Reply(msgspec.Struct, frozen=True):
    """An answer: ``body`` is a value to be written as JSON, bytes as they are, or None.

    Without a ``delivery`` it is simply written. The JSON of an ``escaped`` one has no ``&``, ``<``
    and ``>``, as Go writes it. ``task`` is what the answer tells of; before ``until`` on the
    account's clock the same call has the same answer, as long as that task stays as it is.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    delivery: Delivery | None = None
    escaped: bool = False
    task: Task | None = None
    until: int = 0

    @classmethod
    def of(cls, task: Task, body: Any, now: int) -> "Reply":
        """What a query tells of a task where only phase and progress and update change by time."""
        return cls(200, body, task=task, until=task.steady_until(now))

    def data(self) -> bytes | None:
        """The body as it is written."""
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        text = _encode(self.body)
        if self.escaped:
            for letter, escape in _GO:
                text = text.replace(letter, escape)
        return text


class Clip(msgspec.Struct, frozen=True):
    """An answer whose bytes are a file that a task has made, rendered by the shell.

    A ``whole`` one is given in full, whatever range of it is asked for.
    """

    task: Task
    rendition: Rendition = Rendition.CLIP
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    whole: bool = False


class Stream(msgspec.Struct, frozen=True):
    """An answer that is a file of somebody else's, passed on by the shell piece by piece."""

    task: Task | None = None


def usable(account: Key, models: Iterable[str]) -> list[str]:
    """Those of a dialect's models that the account may use, sorted."""
    return sorted(name for name in models if account.models is None or name in account.models)
