"""The file of ``--keys``: a TOML table ``[[key]]`` for each account."""

import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from simulator.core.config import Key
from simulator.core.keys import INVALID, LONGEST_KEY, WELL_KNOWN

MOST = 10**15
STATES = ("ok", "expired", "banned")


def load(path: str) -> tuple[Key, ...]:
    """The keys of a file; a ValueError names the file, the entry and the field that is wrong."""
    try:
        with open(path, "rb") as opened:
            found = tomllib.loads(opened.read().decode(), parse_float=Decimal)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: is not TOML: {_one_line(error)}") from None
    try:
        return keys(found)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def keys(found: Mapping[str, Any]) -> tuple[Key, ...]:
    """The keys of a table; a ValueError names the entry and the field that is wrong."""
    for name in found:
        if name != "key":
            raise ValueError(f"{name!r} is unknown, only [[key]] is read")
    entries = found.get("key")
    if not isinstance(entries, list) or not entries:
        raise ValueError("holds no [[key]]")
    made: dict[str, Key] = {}
    pairs: set[str] = set()
    for number, entry in enumerate(entries, 1):
        try:
            key = _key(entry)
            if key.key in made:
                raise ValueError(f"key: {key.key!r} is there twice")
            if key.access_key in pairs:
                raise ValueError(f"access_key: {key.access_key!r} is there twice")
        except ValueError as error:
            raise ValueError(f"entry {number}: {error}") from None
        made[key.key] = key
        pairs |= {key.access_key} if key.access_key is not None else set()
    return tuple(made.values())


def _key(entry: Any) -> Key:
    if not isinstance(entry, dict):
        raise ValueError("is no table")
    for name in entry:
        if name not in READERS:
            raise ValueError(f"{name}: is unknown, there are {', '.join(READERS)}")
    if "key" not in entry:
        raise ValueError("key: is missing")
    values = {}
    for name, value in entry.items():
        try:
            values[name] = READERS[name](value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    for name, other in (("access_key", "secret_key"), ("secret_key", "access_key")):
        if name in values and other not in values:
            raise ValueError(f"{other}: is missing beside {name}")
    return Key(**values)


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise ValueError("must be a string of ASCII letters")
    if not value or " " in value or len(value) > LONGEST_KEY:
        raise ValueError(f"must have 1 to {LONGEST_KEY} letters and no space")
    if value == INVALID or value in WELL_KNOWN:
        raise ValueError(f"{value} already has a meaning of its own")
    return value


def _part(value: Any) -> str:
    """A half of a pair of keys."""
    if "/" in _name(value) or "," in value:
        raise ValueError("must have no slash and no comma")
    return str(value)


def _dialects(value: Any) -> tuple[str, ...]:
    from simulator.dialects import NAMES

    for name in _strings(value):
        if name not in NAMES:
            raise ValueError(f"{name!r} is no dialect, there are {', '.join(NAMES)}")
    return _strings(value)


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ValueError("must be a list of strings")
    return tuple(value)


def _wallet(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a number")
    amount = Decimal(value)
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise ValueError(f"must be from 0 to {MOST}")
    return amount


def _whole(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST:
            raise ValueError(f"must be a whole number from {least} up")
        return value

    return read


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _state(value: Any) -> str:
    if value not in STATES:
        raise ValueError(f"must be {' or '.join(STATES)}")
    return str(value)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "key": _name,
    "dialects": _dialects,
    "models": _strings,
    "wallet": _wallet,
    "slots": _whole(1),
    "queue": _whole(0),
    "rpm": _whole(0),
    "state": _state,
    "access_key": _part,
    "secret_key": _name,
    "agent_plan": _flag,
}
assert set(READERS) == set(Key.__struct_fields__)


def _one_line(error: ValueError) -> str:
    return " ".join(str(error).split())
