"""Who replays which recorded task, since when, under which id: facts beside the account's tasks.

The first client who gives a recorded order gets the recorded id. Everybody after that, and the same
client with a second such order, gets a new id in the form of the dialect, and what was recorded of
the task is said of it under that id. As facts of the account they survive what the store survives.
"""

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from msgspec.structs import replace

from simulator.core.account import State
from simulator.core.item import Fact, Item
from simulator.core.reader import Reader
from simulator.engine import Engine
from simulator.upstream.cassette import Interaction
from simulator.upstream.retelling import like

_KIND = "replay"
_OF = "replay/"


@dataclass(frozen=True, slots=True)
class Claim:
    """A recorded task that lives again: ``born`` is when, on the account's clock, in ms.

    ``place`` is the last interaction that changed it, and ``at`` when that was said again.
    """

    id: str
    task: str
    born: int
    place: int
    at: int

    @classmethod
    def of(cls, item: Item) -> "Claim":
        facts = item.facts
        return cls(
            item.id.removeprefix(_OF),
            str(facts["task"]),
            item.created,
            int(facts["place"] or 0),
            int(facts["at"] or 0),
        )


def item_of(state: State, shown: str) -> Item | None:
    """The fact that an account replays a task under this id."""
    return state.items.get(_OF + shown)


async def anybody(engine: Engine, shown: str) -> Item | None:
    """The same fact, whoever's it is."""
    return await engine.item(_OF + shown)


def renamed(state: State, recorded: frozenset[str]) -> dict[str, str]:
    """The ids under which an account replays these recorded tasks, the latest of each."""
    found = {}
    for item in state.items.values():
        if item.kind == _KIND and item.facts.get("task") in recorded:
            found[str(item.facts["task"])] = item.id.removeprefix(_OF)
    return {old: new for old, new in found.items() if old != new}


async def claim(
    engine: Engine, dialect: str, account: str, said: Interaction, task: str, born: int, fresh: str
) -> Claim:
    """Let an account replay a task under the recorded id, or another if that has been given."""
    facts: dict[str, Fact] = {"task": task, "place": said.place, "at": born}

    def named(attempt: int) -> Item:
        name = task if attempt == 0 else fresh if attempt == 1 and fresh else ""
        name = name or like(fresh or task, (engine.seed, account, born, attempt))
        return Item(_OF + name, dialect, account, _KIND, born, facts)

    return Claim.of(await engine.add(named))


async def met(
    engine: Engine, dialect: str, account: str, first: Interaction, task: str, now: int
) -> None:
    """Let an account replay what was recorded of a task that was not ordered then."""
    facts: dict[str, Fact] = {"task": task, "place": first.place - 1, "at": now}
    await engine.add(lambda attempt: Item(_OF + task, dialect, account, _KIND, now, facts))


async def changed(engine: Engine, account: str, item: Item, said: Interaction, now: int) -> None:
    """What is said of a task from here on is what was recorded after this interaction."""

    def change(known: Item | None) -> Item:
        one = item if known is None else known
        return replace(one, facts={**one.facts, "place": said.place, "at": now})

    await engine.alter(account, item.id, change)


async def turn(engine: Engine, dialect: str, account: str, asked: str) -> int:
    """How often an account has asked for the same before, each time counted once."""

    def next_one(known: Item | None) -> Item:
        number = 0 if known is None else int(known.facts["count"] or 0)
        return _noted(dialect, account, asked, {"count": number + 1})

    return (
        int((await engine.alter(account, _name(account, asked), next_one)).facts["count"] or 1) - 1
    )


async def first(engine: Engine, state: State, dialect: str, account: str, what: str) -> bool:
    """Whether an account is told something for the first time; from then on it has been told."""
    if _name(account, what) in state.items:
        return False
    return await turn(engine, dialect, account, what) == 0


async def mark(engine: Engine, dialect: str, account: str, said: Interaction, now: int) -> None:
    """Note how far an account has come in the recording as a whole."""
    item = _noted(dialect, account, "", {"place": said.place, "at": now, "then": said.at})
    await engine.keep(item)


def marked(state: State, account: str) -> tuple[int, int, int] | None:
    """How far that is: the place, when it was said again, and when it was recorded."""
    item = state.items.get(_name(account, ""))
    if item is None:
        return None
    facts = item.facts
    return int(facts["place"] or 0), int(facts["at"] or 0), int(facts["then"] or 0)


def _noted(dialect: str, account: str, asked: str, facts: Mapping[str, int]) -> Item:
    return Item(_name(account, asked), dialect, account, f"{_KIND} mark", 0, facts)


def _name(account: str, asked: str) -> str:
    of = hashlib.sha256(f"{account} {asked}".encode("utf-8", "surrogatepass"))
    return f"{_OF}mark/{of.hexdigest()[:32]}"


def shown_as(reader: Reader, example: str, name: str) -> str:
    """An id as clients see it, by a recorded one that holds the engine's; empty if unclear."""
    inner = reader.meant(example)
    if inner == example:
        return name
    for begins in count(0):
        if begins >= len(example):
            return ""
        text = example[begins:]
        try:
            plain = b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        if inner.encode() in plain:
            other = b64encode(plain.replace(inner.encode(), name.encode())).decode()
            found = example[:begins] + (other if text.endswith("=") else other.rstrip("="))
            return found if reader.meant(found) == name else ""
    return ""
