"""What an order costs by EvoLink's policies: their expressions, worked out over its parameters."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from simulator.core.task import Order
from simulator.dialects.evolink.policies import UNITS, Expression, policy
from simulator.dialects.evolink.rules import Mode
from simulator.dialects.evolink.sold import SOLD

Value = Fraction | str | bool
Values = Mapping[str, Value]
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_UNFILTERED = Fraction(11, 10)


@dataclass(frozen=True, slots=True)
class Line:
    """One charge of an order: the component of its policy, how much of it, and the units due."""

    component: Mapping[str, Any]
    quantity: Fraction
    units: int
    least: bool


def lines(name: str, given: Values) -> list[Line]:
    """The charges of an order of a model, by the parameters that are given; else their defaults."""
    told = policy(name)
    values = {each["name"]: number(each["default"]) for each in told["parameters"]} | dict(given)
    due = (each for each in told["components"] if _applies(each, values))
    return [_line(each, values) for each in due]


def _applies(component: Mapping[str, Any], values: Values) -> bool:
    return "condition" not in component or evaluate(component["condition"], values) is True


def _line(component: Mapping[str, Any], values: Values) -> Line:
    quantity = evaluate(component["quantity_rule"], values)
    assert isinstance(quantity, Fraction)
    units = _half_up(quantity * Fraction(component["rate"]["uc"]))
    least = int(component["minimum_charge"]["uc"])
    return Line(component, quantity, max(units, least), units < least)


def number(value: Any) -> Value:
    """A parameter as it is reckoned with: a number where it is one that the vendor writes so.

    Powers of ten are none: one of a few letters would take all the memory there is.
    """
    written = str(value)
    return Fraction(written) if _NUMBER.fullmatch(written) else written


def _half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def _if(args: Sequence[Value]) -> Value:
    return args[1] if args[0] is True else args[2]


def _product(args: Sequence[Any]) -> Value:
    return math.prod(args, start=Fraction(1))


_OPERATIONS: Mapping[str, Callable[[Sequence[Any]], Value]] = {
    "add": lambda args: sum(args, Fraction(0)),
    "multiply": _product,
    "divide": lambda args: args[0] / args[1],
    "ceil": lambda args: Fraction(math.ceil(args[0])),
    "max": max,
    "min": min,
    "clamp": lambda args: min(max(args[0], args[1]), args[2]),
    "gt": lambda args: args[0] > args[1],
    "eq": lambda args: args[0] == args[1],
    "if": _if,
}


def evaluate(expression: Expression, values: Values) -> Value:
    """What an expression of a policy comes to."""
    match expression["op"]:
        case "variable":
            return values[expression["name"]]
        case "constant":
            return number(expression["value"])
        case "lookup":
            return Fraction(expression["values"][evaluate(expression["key"], values)])
    return _OPERATIONS[expression["op"]]([evaluate(each, values) for each in expression["args"]])


def credits(order: Order) -> Decimal:
    """What an order costs by the autumn of 2026; a tenth more where it goes without the filter."""
    units = Fraction(sum(line.units for line in lines(order.model, _said(order))))
    if order.extra.get("unfiltered"):
        units = Fraction(_half_up(units * _UNFILTERED))
    return Decimal(units.numerator) / UNITS


_LENGTHS: Mapping[Mode, str] = {"draft": "source_output_seconds", "edit": "duration_seconds"}


def _said(order: Order) -> dict[str, Value]:
    """What an order says of the parameters of its policy."""
    sold = SOLD[order.model]
    usual = "duration" if sold.newest else "duration_seconds"
    said: dict[str, Value] = {
        _LENGTHS.get(sold.model.mode, usual): Fraction(order.seconds),
        "quality": order.resolution,
        "search_count": Fraction(bool(order.extra["web_search"])),
    }
    videos = [each for each in order.references if each.kind == "video"]
    return {**said, "input_seconds": Fraction(order.input_ms, 1000) if videos else Fraction(0)}
