"""The journal: every exchange, kept from its arrival on, and as many as a number of bytes holds.

What is kept are references; an exchange is put into words, without its secrets, when it is read.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from itertools import chain

import msgspec

from simulator.core.clock import wall
from simulator.core.plan import Wish
from simulator.store.summary import digest, outline

_encode = msgspec.json.Encoder(decimal_format="number").encode

JOURNAL_BYTES = 64 * 1024 * 1024
# What an exchange takes beside what is counted: itself, its numbers, the headers of its reply.
OVERHEAD = 2000
# Longer request bodies are kept in outline, longer replies are known by their size alone.
LONGEST_BODY = 16 * 1024
LONGEST_OUTLINE = 64 * 1024
LONGEST_REPLY = 1024 * 1024
# So many different heads of requests are known at a time.
MOST_HEADS = 1000
# So many replies of so many bytes are known at a time.
MOST_SHARED = 256
LONGEST_SHARED = 16 * 1024


Pairs = tuple[tuple[bytes, bytes], ...]


class Exchange(msgspec.Struct, gc=False, omit_defaults=True):
    """A request and what became of it.

    ``at`` and ``ended`` are on the account's clock, or the server's where no account is known;
    ``real`` and ``real_ended`` on the machine's; all in milliseconds. ``account`` is the key.
    ``plan`` is the id of the plan that decided about an order, and ``wish`` what it asked for.
    ``ignored`` are fields that nobody reads, each with what to do instead, ``private`` the fields
    of links that only the caller's network can reach, with their hosts, and ``astray`` says that
    nothing is at the path.
    ``lost`` says why the caller cannot have had the answer, ``ended_here`` that the connection was
    closed on purpose. A callback is an exchange as well, in which the simulator asks and the client
    answers.
    """

    number: int
    at: int
    real: int
    method: str
    target: str
    headers: Pairs = ()
    dialect: str = ""
    kind: str = "other"
    account: str = ""
    task: str = ""
    plan: str = ""
    wish: Wish | None = None
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    private: tuple[tuple[str, str], ...] = ()
    astray: str = ""
    body: bytes | None = None
    body_size: int = 0
    outline: bytes | None = None
    status: int | None = None
    reply_headers: Mapping[str, str] | None = None
    reply: bytes | None = None
    reply_size: int = 0
    lost: str = ""
    ended_here: bool = False
    ended: int | None = None
    real_ended: int = 0
    bytes: int = 0

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def answered(self) -> bool:
        """Whether the caller has an answer, as far as can be known here."""
        return self.status is not None and not self.lost

    def header(self, name: str) -> str:
        """A header of the request, empty where there is none."""
        wanted = name.lower().encode()
        found = (value for given, value in self.headers if given.lower() == wanted)
        return next(found, b"").decode("utf-8", "replace")


_CURRENT: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def enter(exchange: Exchange | None) -> None:
    """What is noted from here on in this context belongs to the exchange."""
    _CURRENT.set(exchange)


def current() -> Exchange:
    """The exchange under way in this context; where there is none, one that nobody keeps."""
    return _CURRENT.get() or Exchange(0, 0, 0, "", "")


def remark(text: str) -> None:
    """Add a sentence to the exchange under way."""
    exchange = current()
    exchange.notes = (*exchange.notes, text)


def ignored(name: str, hint: str) -> None:
    """A field of the order under way is read by nobody."""
    exchange = current()
    exchange.ignored = (*exchange.ignored, (name, hint))
    remark(f"the field {name} was ignored: {hint}")


def private(field: str, host: str) -> None:
    """A reference of the order under way stands where nobody but its sender can fetch it."""
    exchange = current()
    exchange.private = (*exchange.private, (field, host))
    remark(f"{field} is at {host}, which no upstream can reach")


def fired(fault: str) -> None:
    """A fault has changed the exchange under way."""
    exchange = current()
    exchange.faults = (*exchange.faults, fault)


def answered(exchange: Exchange, status: int, headers: Mapping[str, str], body: object) -> None:
    """Record the answer as it goes out; the bytes of clips are known by their number alone."""
    exchange.status, exchange.reply_headers = status, headers
    if isinstance(body, bytes):
        exchange.reply_size = size = len(body)
        if size <= LONGEST_REPLY and (exchange.kind != "download" or status >= 300):
            exchange.reply = body


class Journal:
    """The last exchanges of one server.

    ``lasting`` says that they are written down elsewhere: see ``store.chronicle``.
    """

    lasting = False

    def __init__(self, most_bytes: int = JOURNAL_BYTES, real: Callable[[], int] = wall) -> None:
        self.most_bytes = most_bytes
        self._real = real
        self.bytes = 0
        self.dropped = 0
        self.on_end: list[Callable[[Exchange], None]] = []
        self._all: dict[int, Exchange] = {}
        self._number = 0
        self._heads: dict[Pairs, tuple[Pairs, int]] = {}
        self._last = self._learn(())
        self._replies: dict[bytes, bytes] = {}
        self._counts: dict[tuple[str, str, int | None], int] = {}
        self._faults: dict[str, int] = {}

    def begin(self, method: str, target: str, headers: Pairs, at: int = 0) -> Exchange:
        """Record a request on its arrival."""
        self._number = number = self._number + 1
        if headers != self._last[0]:  # to compare them is less work than to look them up
            self._last = self._heads.get(headers) or self._learn(headers)
        known, weight = self._last
        self._all[number] = exchange = Exchange(number, at, self._real(), method, target, known)
        exchange.bytes = weight
        return exchange

    def end(self, exchange: Exchange, now: Callable[[str], int]) -> None:
        """Complete an exchange; the oldest are dropped when they no longer fit.

        ``now`` tells the time of an account. What took no time has no other one in the end.
        """
        real = self._real()
        exchange.real_ended = exchange.real if real == exchange.real else real
        if not exchange.at:
            exchange.ended = exchange.at = now(exchange.account)
        else:
            exchange.ended = exchange.at if real == exchange.real else now(exchange.account)
        if exchange.number not in self._all:
            return  # the journal was emptied meanwhile
        reply = exchange.reply
        if reply is not None and len(reply) <= LONGEST_SHARED:
            exchange.reply = self._share(reply)
        if exchange.body_size > LONGEST_BODY and exchange.body is not None:
            _condense(exchange, exchange.body)
        exchange.bytes += _weight(exchange)
        self._keep(exchange)

    async def written(self) -> None:
        """Wait until what has ended is where everybody sees it, which here it is at once."""

    async def counted(self) -> Mapping[str, int]:
        """How many exchanges ended: as ``call DIALECT KIND STATUS``, and as ``fault NAME``."""
        calls = {_label(*name): count for name, count in self._counts.items()}
        return calls | {f"fault {name}": count for name, count in self._faults.items()}

    async def catch_up(self) -> None:
        """See what other processes have answered by now; here there are none."""

    def exchanges(self, account: str | None = None) -> list[Exchange]:
        """All of them, or those of one account, in the order of their arrival."""
        if account is None:
            return list(self._all.values())
        return [one for one in self._all.values() if one.account == account]

    def accounts(self) -> set[str]:
        """The keys that were seen."""
        return {one.account for one in self._all.values() if one.account}

    async def empty(self, account: str | None = None) -> int:
        """Forget everything, or one account's part, and say how many exchanges that was."""
        gone = self.exchanges(account)
        for one in gone:
            del self._all[one.number]
            if one.ended is not None:
                self.bytes -= one.bytes
        return len(gone)

    def _keep(self, exchange: Exchange) -> None:
        name = (exchange.dialect, exchange.kind, exchange.status)
        self._counts[name] = self._counts.get(name, 0) + 1
        for fault in exchange.faults:
            self._faults[fault] = self._faults.get(fault, 0) + 1
        self.bytes += exchange.bytes
        if self.bytes > self.most_bytes:
            self._shrink()
        for listener in self.on_end:
            listener(exchange)

    def _learn(self, headers: Pairs) -> tuple[Pairs, int]:
        """Keep headers once: a client sends the same ones again and again."""
        if len(self._heads) >= MOST_HEADS:
            self._heads.clear()
        weight = OVERHEAD + sum(map(len, chain.from_iterable(headers)))
        self._heads[headers] = headers, weight
        return headers, weight

    def _share(self, reply: bytes) -> bytes:
        """Keep a reply once: a task that waits is told of in the same words again and again."""
        if len(self._replies) >= MOST_SHARED:
            self._replies.clear()
        return self._replies.setdefault(reply, reply)

    def _shrink(self) -> None:
        """Drop the oldest, some more than needed so as not to come back soon."""
        wanted, gone = self.most_bytes - self.most_bytes // 16, []
        for number, one in self._all.items():
            if self.bytes <= wanted or number == self._number:
                break
            if one.ended is not None:
                gone.append(number)
                self.bytes -= one.bytes
        for number in gone:
            del self._all[number]
        self.dropped += len(gone)


def labels(exchange: Exchange) -> tuple[str, ...]:
    """The names under which an exchange is counted."""
    call = _label(exchange.dialect, exchange.kind, exchange.status)
    if not exchange.faults:
        return (call,)
    return (call, *[f"fault {name}" for name in exchange.faults])


@lru_cache(maxsize=1000)
def _label(dialect: str, kind: str, status: int | None) -> str:
    return f"call {dialect or '-'} {kind} {status or 0}"


def _condense(exchange: Exchange, body: bytes) -> None:
    """Keep a long body as what it is shown as."""
    short = _encode(outline(body, exchange.header("Content-Type")))
    if len(short) > LONGEST_OUTLINE:
        short = _encode({"size": len(body), "sha256": digest(body)})
    exchange.body, exchange.outline = None, short


def _weight(exchange: Exchange) -> int:
    """What an exchange takes beside its head."""
    parts = len(exchange.body or b"") + len(exchange.outline or b"") + len(exchange.reply or b"")
    said = sum(map(len, exchange.notes)) if exchange.notes else 0
    # Findings are noted once as such, and once in words.
    return len(exchange.target) + parts + said * (2 if exchange.ignored else 1)
