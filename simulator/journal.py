"""The journal: every exchange, kept from its arrival on, and as many as a number of bytes holds.

What is kept are references; an exchange is put into words, without its secrets, when it is read.
"""

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import msgspec

from simulator.clock import wall
from simulator.outline import digest, outline

_encode = msgspec.json.Encoder(decimal_format="number").encode

JOURNAL_BYTES = 64 * 1024 * 1024
# What an exchange takes beside its bodies and headers: objects, their places in two tables.
OVERHEAD = 3000
# Longer request bodies are kept in outline, longer replies are known by their size alone.
LONGEST_BODY = 16 * 1024
LONGEST_OUTLINE = 64 * 1024
LONGEST_REPLY = 1024 * 1024


@dataclass(eq=False, slots=True)
class Exchange:
    """A request and what became of it.

    ``at`` and ``ended`` are on the account's clock, or the server's where no account is known;
    ``real`` and ``real_ended`` on the machine's; all in milliseconds. ``account`` is the key.
    ``lost`` says why the caller cannot have had the answer. A callback is an exchange as well, in
    which the simulator asks and the client answers.
    """

    number: int
    at: int
    real: int
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    dialect: str = ""
    kind: str = "other"
    account: str = ""
    task: str = ""
    plan: str = ""
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    body: bytes | None = None
    body_size: int = 0
    outline: bytes | None = None
    status: int | None = None
    reply_headers: Mapping[str, str] = field(default_factory=dict)
    reply: bytes | None = None
    reply_size: int = 0
    lost: str = ""
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


_CURRENT: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def current() -> Exchange | None:
    """The exchange of the request under way."""
    return _CURRENT.get()


def enter(exchange: Exchange | None) -> None:
    """What is noted from here on in this context belongs to the exchange."""
    _CURRENT.set(exchange)


def note(**facts: Any) -> None:
    """Fill in facts of the exchange under way, if there is one."""
    exchange = _CURRENT.get()
    if exchange is not None:
        for name, value in facts.items():
            setattr(exchange, name, value)


def remark(text: str) -> None:
    """Add a sentence to the exchange under way."""
    exchange = _CURRENT.get()
    if exchange is not None:
        exchange.notes = (*exchange.notes, text)


def fired(fault: str) -> None:
    """A fault has changed the exchange under way."""
    exchange = _CURRENT.get()
    if exchange is not None:
        exchange.faults = (*exchange.faults, fault)


def answered(
    exchange: Exchange, status: int, headers: Mapping[str, str], body: bytes | None
) -> None:
    """Record the answer as it goes out; the bytes of clips are known by their number alone."""
    exchange.status, exchange.reply_headers = status, headers
    exchange.reply_size = 0 if body is None else len(body)
    clip = exchange.kind == "download" and status < 300
    if not clip and exchange.reply_size <= LONGEST_REPLY:
        exchange.reply = body


class Journal:
    """The last exchanges of one server."""

    def __init__(self, most_bytes: int = JOURNAL_BYTES) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.dropped = 0
        self.on_end: list[Callable[[Exchange], None]] = []
        self._all: dict[int, Exchange] = {}
        self._of: dict[str, dict[int, Exchange]] = {}
        self._open: dict[int, Exchange] = {}
        self._number = 0

    def begin(
        self, method: str, target: str, headers: Mapping[str, str], at: int, **facts: Any
    ) -> Exchange:
        """Record a request on its arrival."""
        self._number = number = self._number + 1
        exchange = Exchange(number, at, wall(), method, target, headers, **facts)
        self._all[number] = self._open[number] = exchange
        return exchange

    def end(self, exchange: Exchange, at: int) -> None:
        """Complete an exchange; the oldest are dropped when they no longer fit."""
        exchange.ended, exchange.real_ended = at, wall()
        if self._open.pop(exchange.number, None) is None:
            return  # the journal was emptied meanwhile
        if exchange.body is not None and len(exchange.body) > LONGEST_BODY:
            _condense(exchange, exchange.body)
        exchange.bytes = _weight(exchange)
        self.bytes += exchange.bytes
        self._of.setdefault(exchange.account, {})[exchange.number] = exchange
        if self.bytes > self.most_bytes:
            self._shrink()
        for listener in self.on_end:
            listener(exchange)

    def exchanges(self, account: str | None = None) -> Iterable[Exchange]:
        """All of them, or those of one account, in the order of their arrival."""
        if account is None:
            return list(self._all.values())
        mine = dict(self._of.get(account, ()))
        mine.update((n, e) for n, e in self._open.items() if e.account == account)
        return [mine[number] for number in sorted(mine)]

    def empty(self, account: str | None = None) -> int:
        """Forget everything, or one account's part, and say how many exchanges that was."""
        gone = self._all.values() if account is None else self.exchanges(account)
        numbers = [exchange.number for exchange in gone]
        for number in numbers:
            exchange = self._all.pop(number)
            if self._open.pop(number, None) is None:
                self._forget(exchange)
        return len(numbers)

    def _shrink(self) -> None:
        """Drop the oldest, some more than needed so as not to come back soon."""
        wanted = self.most_bytes - self.most_bytes // 16
        for number in [number for number in self._all if number not in self._open]:
            if self.bytes <= wanted or number == self._number:
                return
            self._forget(self._all.pop(number))
            self.dropped += 1

    def _forget(self, exchange: Exchange) -> None:
        self.bytes -= exchange.bytes
        mine = self._of[exchange.account]
        del mine[exchange.number]
        if not mine:
            del self._of[exchange.account]


def _condense(exchange: Exchange, body: bytes) -> None:
    """Keep a long body as what it is shown as."""
    short = _encode(outline(body, exchange.headers.get("Content-Type", "")))
    if len(short) > LONGEST_OUTLINE:
        short = _encode({"size": len(body), "sha256": digest(body)})
    exchange.body, exchange.outline = None, short


def _weight(exchange: Exchange) -> int:
    """About how many bytes of memory an exchange takes."""
    sent, given = exchange.headers, exchange.reply_headers
    return (
        OVERHEAD
        + len(exchange.target)
        + sum(map(len, sent.values()))
        + sum(map(len, given.values()))
        + len(exchange.body or b"")
        + len(exchange.outline or b"")
        + len(exchange.reply or b"")
    )
