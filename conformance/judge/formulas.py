"""The arithmetic of the catalogue: `floor(duration * width * height * 24 / 1024)` and the like."""

import ast
import math
import operator
from collections.abc import Mapping
from typing import Any

OPERATORS: Mapping[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
FUNCTIONS: Mapping[str, Any] = {"floor": math.floor, "ceil": math.ceil, "max": max, "min": min}


def value(formula: str, names: Mapping[str, float]) -> float:
    """The value of a formula; ValueError where it is none."""
    return float(_value(ast.parse(formula, mode="eval").body, names))


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return float(OPERATORS[type(op)](_value(left, names), _value(right, names)))
        case ast.Call(func=ast.Name(id=name), args=args) if name in FUNCTIONS:
            return float(FUNCTIONS[name](*(_value(each, names) for each in args)))
        case _:
            raise ValueError(f"{ast.unparse(node)} is no arithmetic of the catalogue")
