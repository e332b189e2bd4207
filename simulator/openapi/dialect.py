"""The OpenAPI document of a dialect: its routes, their rules, its examples and its answers."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

from simulator import __version__
from simulator.core.fields import Fields
from simulator.core.task import Phase
from simulator.engine.dialect import Dialect, Route
from simulator.openapi import inferred
from simulator.openapi.answers import Answers, orders, seen
from simulator.openapi.rows import Shape, body, query
from simulator.openapi.sent import FORM, JSON

Document = dict[str, Any]
VERSION = "3.1.0"
_NAME = re.compile(r"\{(\w+)\}")


async def document(dialect: Dialect, base: str, observed: bool = False) -> Document:
    """The document of a dialect as a server at ``base`` speaks it."""
    found = await seen(dialect, observed)
    paths: Document = {}
    refused: list[Any] = []
    for route in dialect.routes:
        answers = found[route.method, route.path]
        paths.setdefault(route.place, {})[route.method.lower()] = _operation(
            dialect, route, answers, base, observed
        )
        refused += [
            one
            for (status, _), bodies in answers.bodies.items()
            if status >= 400
            for one in bodies.values()
        ]
    return {
        "openapi": VERSION,
        "info": {
            "title": f"{dialect.title}, as seedance-sim speaks it",
            "version": __version__,
            "description": _about(dialect),
        },
        "servers": [{"url": f"{base}/{dialect.name}"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Refusal": inferred.schema(refused)},
        },
    }


def _about(dialect: Dialect) -> str:
    reader = dialect.reader
    places = {
        "id of a new task": reader.created,
        "id": reader.id,
        "status": reader.status,
        "progress": reader.progress,
        "link of the clip": reader.link,
        "why it failed": (*reader.code, *reader.message),
    }
    lines = [
        f"{dialect.differences}.",
        "",
        f"Documents: {'; '.join(dialect.documents)}.",
        "",
        "Where answers keep what clients look for, as JSON pointers (the first that is there):",
        "",
        *(f"- {name}: {', '.join(f'`{one}`' for one in at)}" for name, at in places.items() if at),
        "",
        "A task may fail with " + ", ".join(f"`{code}`" for code in dialect.failures) + ".",
    ]
    if dialect.refusals:
        refusals = ", ".join(f"`{code}`" for code in dialect.refusals)
        lines += ["", f"An order may be refused with {refusals}."]
    if dialect.pace is not None:
        lines += ["", f"Polling: {dialect.pace.source}"]
    words = ", ".join(f"`{phase}`" for phase in Phase)
    return "\n".join([*lines, "", f"A task is one of {words}, each in the dialect's own words."])


def _operation(
    dialect: Dialect, route: Route, answers: Answers, base: str, observed: bool
) -> Document:
    shape = query(route.asks)
    made: Document = {
        "operationId": _operation_id(route),
        "summary": _summary(route),
        "tags": [route.kind],
        "parameters": _parameters(route, shape),
        "responses": _responses(route, answers),
    }
    sentences = [*shape.sentences]
    if route.read is not None:
        # The fields of calls that are no orders are those of their rules.
        known = dialect.fields if route.kind == "create" else Fields()
        order = body(route.rules_of(observed), known, observed)
        for name in answers.lenient:
            order.at(name).pop("type", None)
        sentences += order.sentences
        made["requestBody"] = _body(dialect, route, answers, order, base)
        if route.kind == "create" and dialect.callbacks is not None:
            made["callbacks"] = _callbacks(order)
    if sentences:
        lines = "\n".join(f"- {one}" for one in dict.fromkeys(sentences))
        made["description"] = f"Further rules, in the order in which they are looked at:\n\n{lines}"
    found = {name: value for name, value in made.items() if value not in ([], {}, None)}
    return {**found, "security": []} if route.public else found


def _operation_id(route: Route) -> str:
    words = re.findall(r"[A-Za-z0-9]+", route.place)
    if route.place.endswith("/"):  # beside the same path without it
        words.append("slash")
    return "_".join([route.method.lower(), *words])


def _summary(route: Route) -> str:
    text = (inspect.getdoc(route.handler) or route.kind).partition("\n\n")[0]
    return " ".join(text.split()).rstrip(".")


def _parameters(route: Route, shape: Shape) -> list[Document]:
    found: list[Document] = [
        _parameter(name, "path", {"type": "string", "minLength": 1}, True)
        for name in _NAME.findall(route.place)
    ]
    found += [_parameter(name, "query", {"type": "string"}, True) for name in route.parameters]
    return found + [
        _parameter(name, "query", _unnull(schema), False)
        for name, schema in shape.schema["properties"].items()
    ]


def _parameter(name: str, place: str, schema: Document, required: bool) -> Document:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _unnull(schema: Document) -> Document:
    """A query has no null: what may be absent is absent."""
    made = dict(schema)
    if isinstance(made.get("type"), list):
        made["type"] = made["type"][0]
    if "enum" in made:
        made["enum"] = [one for one in made["enum"] if one is not None]
    return made


def _body(dialect: Dialect, route: Route, answers: Answers, order: Shape, base: str) -> Document:
    content: Document = {}
    for kind in answers.reads or (JSON,):
        content[kind] = {"schema": order.schema if kind == JSON else _as_form(order.schema)}
        if route.kind == "create":
            content[kind]["examples"] = {
                name: {"value": value}
                for name, value in orders(dialect, base).items()
                if kind == JSON or all(isinstance(one, str | int) for one in value.values())
            }
    return {"required": True, "content": content}


def _as_form(schema: Document) -> Document:
    """The same fields as parts of a form, where everything is a text or a file."""
    return {
        **schema,
        "properties": {
            name: {key: one[key] for key in ("description", "maxLength") if key in one}
            for name, one in schema["properties"].items()
        },
    }


def _callbacks(order: Shape) -> Document:
    names = order.schema["properties"]
    inside = names.get("metadata", {}).get("properties", {})
    place = next(
        (
            at
            for at, known in (("callback_url", names), ("metadata/callback_url", inside))
            if "callback_url" in known
        ),
        None,
    )
    if place is None:
        return {}
    told = {"summary": "What the task has come to", "requestBody": {"content": {JSON: {}}}}
    answer = {"responses": {"200": {"description": "It was heard"}}}
    return {"told": {f"{{$request.body#/{place}}}": {"post": {**told, **answer}}}}


def _responses(route: Route, answers: Answers) -> Document:
    found: Document = {}
    for (status, kind), bodies in sorted(answers.bodies.items()):
        one = found.setdefault(str(status), {"description": _words(bodies)})
        if kind:
            one.setdefault("content", {})[kind] = _media(status, kind, bodies)
            if (route.place, status) == ("/", 404):  # the server itself answers there, too
                one["content"][kind].pop("schema", None)
    return found


def _words(bodies: Mapping[str, Any]) -> str:
    return ", ".join(bodies) or "an answer"


def _media(status: int, kind: str, bodies: Mapping[str, Any]) -> Document:
    if kind != JSON:
        return {"schema": {"type": "string", "format": "binary"}} if kind != FORM else {}
    if status >= 400:
        schema: Document = {"$ref": "#/components/schemas/Refusal"}
    else:
        schema = inferred.schema(list(bodies.values()))
    examples = {
        re.sub(r"\W", "-", name): {"value": inferred.shortened(value)}
        for name, value in bodies.items()
    }
    return {"schema": schema, "examples": examples}
