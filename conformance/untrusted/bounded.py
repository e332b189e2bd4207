"""JSON of somebody else's, read within bounds: in bytes, in depth, in number and size of values.

Whatever walks a JSON value here does so by calling itself, and a megabyte of `[]` is forty of
memory. So what is deeper or more than any documented answer by far is not read at all, and the
reason says so.
"""

import json
from typing import Any

BYTES = 1024 * 1024
DEPTH = 64
VALUES = 20_000
GREATEST = 10.0**300  # what is larger cannot be calculated with; `1e999` is read as infinity

EXACT = 2.0**53  # up to here a number with a point is the whole number that it is written as


class TooMuch(ValueError):
    """JSON that is out of bounds; the message says of which."""


def parse(raw: bytes | str, most: int = BYTES, values: int = VALUES) -> Any:
    """The value of a JSON text. ValueError where it is none, TooMuch where it is out of bounds."""
    if len(raw) > most:
        raise TooMuch(f"it is longer than {most} bytes")
    try:
        value = json.loads(raw, parse_float=_number, parse_constant=_none_of_json)
    except RecursionError as fault:
        raise TooMuch(f"its JSON is nested deeper than {DEPTH}") from fault
    weigh(value, values)
    return value


def weigh(value: Any, most: int = VALUES, depth: int = DEPTH) -> int:
    """How many values a JSON value holds. TooMuch where they are too many or too deep."""
    count, level = 0, [value]
    for number in range(1, depth + 2):
        count += len(level)
        if count > most:
            raise TooMuch(f"its JSON holds more than {most} values")
        level = [inner for each in level if type(each) is not str for inner in _inner(each)]
        if not level:
            break
        if number == depth and any(isinstance(each, dict | list) for each in level):
            raise TooMuch(f"its JSON is nested deeper than {depth}")
    return count


def _inner(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, int | float) and not -GREATEST < value < GREATEST:
        raise TooMuch("its JSON holds a number that is out of bounds")
    return value if isinstance(value, list) else ()


def _number(text: str) -> int | float:
    """A number with a point: a whole one is an integer, as JSON Schema has it (Core, 4.2.3)."""
    value = float(text)
    return int(value) if abs(value) < EXACT and value.is_integer() else value


def _none_of_json(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
