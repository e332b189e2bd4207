"""Rows of a rule table as JSON Schema, and as sentences where a schema cannot say them."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import singledispatch
from typing import Any

from simulator.core.fields import Fields
from simulator.core.rules import (
    Between,
    Count,
    EachText,
    Excludes,
    Length,
    Needs,
    OfType,
    OneOf,
    Required,
    Rule,
    Unsupported,
)
from simulator.dialects.ark_rows import PerModel
from simulator.dialects.content import MEDIA, ContentItems

Schema = dict[str, Any]
SAYS_SOMETHING = r"\S"
_SPELLED: Mapping[str, Schema] = {
    "array": {"type": "array", "items": {}},
    "digits": {"type": "string", "pattern": r"^-?[0-9]{1,17}$"},
    "flag": {"type": "string", "enum": ["true", "false"]},
}


class Shape:
    """The schema of an object as it grows: places are ``a.b``, and ``a[].b`` in each item."""

    def __init__(self, *, nested: bool = True) -> None:
        self.schema: Schema = {"type": "object", "properties": {}}
        self.sentences: list[str] = []
        self._nested = nested

    def at(self, place: str) -> Schema:
        """The schema of what stands at a place."""
        return self._parent(place)[1]

    def need(self, place: str) -> None:
        """That something stands there, in all that it stands in."""
        above, _, name = self._split(place)
        if above:
            self.need(above)
        holder = self._parent(place)[0]
        if name not in holder.setdefault("required", []):
            holder["required"].append(name)

    def _split(self, place: str) -> tuple[str, str, str]:
        return place.rpartition(".") if self._nested else ("", "", place)

    def _parent(self, place: str) -> tuple[Schema, Schema]:
        above, _, name = self._split(place)
        holder = self.at(above) if above else self.schema
        if name.endswith("[]"):
            array = holder.setdefault("properties", {}).setdefault(name[:-2], {})
            return holder, array.setdefault("items", {})
        return holder, holder.setdefault("properties", {}).setdefault(name, {})


def body(rules: Iterable[Rule], known: Fields, observed: bool) -> Shape:
    """The body that passes a table of rules, with every field that is read."""
    shape = Shape()
    for place in sorted(known.read | (known.observed if observed else frozenset())):
        shape.at(place)
    _put(rules, shape)
    return shape


def query(rules: Iterable[Rule]) -> Shape:
    """The parameters of a query that passes such a table, by their names."""
    shape = Shape(nested=False)
    _put(rules, shape)
    return shape


def _put(rules: Iterable[Rule], shape: Shape) -> None:
    for rule in rules:
        put(rule, shape)
    _open(shape.schema)


def _open(schema: Schema) -> None:
    """Let everything that may be absent be null, which means the same."""
    needed = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        _open(one)
        if name not in needed:
            _nullable(one)
    if "items" in schema:
        _open(schema["items"])


def _nullable(one: Schema) -> None:
    if isinstance(one.get("type"), str):
        one["type"] = [one["type"], "null"]
    if "enum" in one and None not in one["enum"]:
        one["enum"] = [*one["enum"], None]
    if "anyOf" in one and {"type": "null"} not in one["anyOf"]:
        one["anyOf"] = [*one["anyOf"], {"type": "null"}]


@singledispatch
def put(rule: Rule, shape: Shape) -> None:
    """Put a row into a schema, or its sentence beside it."""
    shape.sentences += sentences(rule)


@put.register
def _(rule: Required, shape: Shape) -> None:
    shape.need(rule.field)
    if shape.at(rule.field).get("type") == "string":
        shape.at(rule.field)["pattern"] = SAYS_SOMETHING


@put.register
def _(rule: OfType, shape: Shape) -> None:
    one = shape.at(rule.field)
    kinds = [dict(_SPELLED.get(name, {"type": name})) for name in rule.types]
    needed = rule.field in shape.schema.get("required", ())
    if "object" in rule.types and one.get("properties"):
        one.setdefault("type", "object")
    elif len(kinds) == 1:
        one.update({**kinds[0], "items": one["items"]} if "items" in one else kinds[0])
        if needed and kinds[0] == {"type": "string"}:
            one["pattern"] = SAYS_SOMETHING
    else:
        one["anyOf"] = kinds


@put.register
def _(rule: OneOf, shape: Shape) -> None:
    one = shape.at(rule.field)
    one.pop("pattern", None)
    one["enum"] = [str(choice) if isinstance(choice, str) else choice for choice in rule.choices]


@put.register
def _(rule: Between, shape: Shape) -> None:
    one = shape.at(rule.field)
    bounds: Schema = {"type": "integer", "minimum": rule.least, "maximum": rule.most}
    digits = [kind for kind in one.pop("anyOf", ()) if kind.get("type") == "string"]
    one.pop("type", None)
    choices = [bounds, *([{"enum": list(rule.also)}] if rule.also else []), *digits]
    if len(choices) == 1:
        one.update(bounds)
    else:
        one["anyOf"] = choices
    if digits:
        shape.sentences += sentences(rule)


@put.register
def _(rule: Count, shape: Shape) -> None:
    one = shape.at(rule.field)
    one["maxItems"] = rule.most
    if rule.least:
        one["minItems"] = rule.least


@put.register
def _(rule: EachText, shape: Shape) -> None:
    shape.at(rule.field)["items"] = {"type": "string", "pattern": SAYS_SOMETHING}


@put.register
def _(rule: Length, shape: Shape) -> None:
    shape.at(rule.field)["maxLength"] = rule.most


@put.register
def _(rule: Unsupported, shape: Shape) -> None:
    one = shape.at(rule.field)
    one.clear()
    one["enum"] = [None] if rule.neutral is None else [rule.neutral, None]
    one["description"] = sentences(rule)[0]


@put.register
def _(rule: ContentItems, shape: Shape) -> None:
    """Each item is of a type, and has what its type needs."""
    one = shape.at("content")
    kinds = [_item(name) for name in rule.types]
    one["items"] = {"anyOf": kinds}
    shape.sentences.append(f"content must have at most {rule.most_texts} text.")


def _item(name: str) -> Schema:
    text: Schema = {"type": "string", "pattern": SAYS_SOMETHING}
    held: Schema = {"type": "string", "minLength": 1}
    if name != "text":
        key = "id" if name == "draft_task" else "url"
        text = {"type": "object", "properties": {key: held}, "required": [key]}
    made: Schema = {"type": {"const": name}, name: text}
    if name in MEDIA or name == "text":
        made["role"] = {"type": ["string", "null"]}
    return {"type": "object", "title": name, "properties": made, "required": ["type", name]}


def sentences(rule: Rule) -> list[str]:
    """What a row says, in words; a row of several says each."""
    if isinstance(rule, PerModel):
        return list(_of_models(rule))
    match rule:
        case OneOf(field, choices):
            return [f"{field} must be one of {', '.join(map(str, choices))}."]
        case Between(field, least, most, also):
            more = "".join(f" or {one}" for one in also)
            return [f"{field} must be a whole number from {least} to {most}{more}."]
        case Needs(field, others):
            return [f"{field} needs {' or '.join(others)} beside it."]
        case Excludes(field, others):
            return [f"{field} cannot be used together with {' or '.join(others)}."]
        case Unsupported(field, detail, neutral):
            but = "" if neutral is None else f", but for {neutral!r}, which it is anyway"
            return [f"{field} {detail}{but}."]
        case _:
            return [_described(rule)]


def _of_models(rule: PerModel) -> Iterator[str]:
    """A row that each tier of models has in its own way, those that have the same one together."""
    said: dict[str, list[str]] = {}
    for tier, row in rule.rows.items():
        for sentence in sentences(row):
            said.setdefault(sentence, []).append(tier)
    for sentence, tiers in said.items():
        yield f"Models of tier {' and '.join(tiers)}: {sentence}"


def _described(rule: Rule) -> str:
    """The first paragraph of what the row's class says of itself, and its values."""
    text = " ".join((inspect.getdoc(type(rule)) or "").partition("\n\n")[0].split())
    values: list[Any] = (
        [] if not is_dataclass(rule) else [getattr(rule, one.name) for one in fields(rule)]
    )
    plain = [one for one in values if isinstance(one, str | int) and not isinstance(one, bool)]
    named = ", ".join(str(one) for one in plain if one != "")
    return f"{named}: {text}" if named else text
