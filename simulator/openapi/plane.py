"""The OpenAPI document of the control plane: its routes, and the structs that they read."""

import inspect
from typing import Any

import msgspec
from aiohttp import web

from simulator import __version__
from simulator.callbacks import Deliverer
from simulator.control import PREFIX, ROUTES, Handler, Plane, Samples
from simulator.control.calls import Asked, Wrong
from simulator.core.config import Config
from simulator.dialects import CallingBack, Dialects
from simulator.engine import Engine
from simulator.faults.registry import Registry
from simulator.media.link import PARAMETERS
from simulator.openapi import inferred
from simulator.openapi.answers import KEY, Client
from simulator.openapi.dialect import VERSION, Document
from simulator.openapi.examples import EXAMPLES
from simulator.openapi.sent import JSON

_encode = msgspec.json.Encoder(decimal_format="number").encode
# What stands there is the dialects' own.
_OPAQUE = frozenset({"body", "headers", "extra", "sums", "then"})


class Told(Exception):
    """What a handler reads of a call: the names of its parameters, or the struct of its body."""

    def __init__(self, parameters: tuple[str, ...] = (), shape: type | None = None) -> None:
        super().__init__(parameters, shape)
        self.parameters, self.shape = parameters, shape


class Probe(Asked):
    """A call that is never answered: it tells what was asked of it."""

    def parameters(self, *names: str) -> list[str | None]:
        raise Told(names)

    def decode(self, shape: type[Any]) -> Any:
        raise Told(shape=shape)


async def reads(plane: Plane, handler: Handler) -> Told:
    """What a handler reads, as it says itself when it is called."""
    try:
        await handler(plane, Probe({"id": "an-id"}, {}))
    except Told as told:
        return told
    return Told()


def example_plane(engine: Engine, dialects: Dialects) -> Plane:
    """A control plane of an engine that nobody else has."""
    faults = Registry(engine, dialects, ())
    deliverer = Deliverer(engine, CallingBack(dialects), faults)
    return Plane(engine, deliverer, dialects, Samples(None), faults)


async def document(base: str) -> Document:
    """The document of the control plane of a server at ``base``."""
    dialects = Dialects()
    nobody = example_plane(Engine(Config()), dialects)
    told = {(method, path): await reads(nobody, handler) for method, path, handler in ROUTES}
    await nobody.samples.close()
    answers = await _answers(dialects)
    shapes = [one.shape for one in told.values() if one.shape is not None]
    schemas = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    for schema in schemas[1].values():
        _without_false(schema)
    named = dict(zip(shapes, schemas[0], strict=True))
    paths: Document = {}
    for method, path, handler in ROUTES:
        seen = told[method, path]
        made = _operation(method, path, handler, seen, answers[method, path])
        if seen.shape is not None:
            given = {name: {"value": value} for name, value in EXAMPLES[method, path].items()}
            media = {"schema": named[seen.shape], "examples": given}
            made["requestBody"] = {"content": {JSON: media}}
        paths.setdefault(path, {})[method.lower()] = made
    return {
        "openapi": VERSION,
        "info": {
            "title": "The control plane of seedance-sim",
            "version": __version__,
            "description": "Time, outcomes, faults and what became of them; see the README.",
        },
        "servers": [{"url": base + PREFIX}],
        "security": [{}, {"admin": []}],
        "paths": {**paths, **_samples()},
        "components": {
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas[1], "Wrong": inferred.schema([WRONG.body(), FIELDLESS.body()])},
        },
    }


def _without_false(schema: Any) -> None:
    """Leave out that a tuple has no further items where its length says so too.

    Many readers of OpenAPI know no schema that is a plain ``false``.
    """
    for one in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(one, dict | list):
            _without_false(one)
    if isinstance(schema, dict) and schema.get("items") is False:
        assert schema["maxItems"] == len(schema["prefixItems"])
        del schema["items"]


async def _answers(dialects: Dialects) -> dict[tuple[str, str], list[Any]]:
    """What every call answers about tasks of each dialect: prices and amounts are their own."""
    found: dict[tuple[str, str], list[Any]] = {}
    for dialect in dialects.values():
        someone = Client(dialect, observed=False)
        await someone.collected()
        plane = example_plane(someone.engine, dialects)
        for method, path, handler in sorted(ROUTES, key=_order):
            answers = found.setdefault((method, path), [])
            answers += await _seen(plane, method, path, handler)
        await plane.samples.close()
    return found


WRONG = Wrong("bad_value", "limit must be a whole number from 1 to 1000", "limit")
FIELDLESS = Wrong("forbidden", "the control plane does not answer web pages of another origin")


def _order(route: tuple[str, str, Handler]) -> bool:
    """What is asked for comes before what is then there."""
    return route[0] == "GET" or route[1] == "/reset"


def _operation(method: str, path: str, handler: Handler, told: Told, seen: list[Any]) -> Document:
    parameters = [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in told.parameters
    ]
    if "{id}" in path:
        schema = {"type": "string", "minLength": 1}
        parameters.insert(0, {"name": "id", "in": "path", "required": True, "schema": schema})
    words = path.strip("/").replace("/", "_").replace("{", "").replace("}", "")
    media: Document = {"schema": inferred.schema(seen, _OPAQUE)}
    if seen:
        media["example"] = inferred.shortened(seen[0])
    wrong = {"schema": {"$ref": "#/components/schemas/Wrong"}}
    kind = "text/plain" if any(isinstance(one, str) for one in seen) else JSON
    return {
        "operationId": f"{method.lower()}_{words}",
        "summary": summary(handler),
        "parameters": parameters,
        "responses": {
            "200": {"description": "done", "content": {kind: media}},
            "4XX": {"description": "what was wrong, and where", "content": {JSON: wrong}},
            "503": {
                "description": "too many ask at once, or the store is away",
                "content": {JSON: wrong},
            },
        },
    }


async def _seen(plane: Plane, method: str, path: str, handler: Handler) -> list[Any]:
    """What a call answers: to its examples, or for the account that they are about."""
    if method == "DELETE":  # which tells of all of them how many there were
        return [{"deleted": 1}]
    args: dict[str, str] = {}
    if "{id}" in path:
        tasks = await plane.engine.tasks(KEY)
        args = {"id": tasks[0].id}
        return [_plain(await handler(plane, Asked({"id": task.id}, {}))) for task in tasks]
    if method == "GET":
        query = {"key": KEY} if path == "/verdict" else {}
        return [_plain(await handler(plane, Asked(args, query)))]
    bodies = EXAMPLES[method, path].values()
    raw = [msgspec.json.encode(one) for one in bodies if path != "/reset" or one]
    return [_plain(await handler(plane, Asked(args, {}, one))) for one in raw]


def _plain(value: Any) -> Any:
    if isinstance(value, web.Response):  # which is text, for other programs than ours
        return value.text
    return msgspec.json.decode(_encode(value))


def summary(handler: Handler) -> str:
    """What a call does, as its handler says."""
    late = getattr(handler, "own", None)
    own = handler if late is None else late()
    return " ".join((inspect.getdoc(own) or "").partition("\n\n")[0].split())


def _samples() -> Document:
    """The sample references: what each kind may be asked to be."""
    return {
        f"/media/{kind}": {
            "get": {
                "operationId": f"get_media_{kind}",
                "summary": f"A sample {kind} with exactly these properties",
                "parameters": [
                    {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
                    for name in sorted(names)
                ],
                "responses": {
                    "200": {"description": "the file", "content": {f"{kind}/*": {}}},
                    "4XX": {
                        "description": "what was wrong, and where",
                        "content": {JSON: {"schema": {"$ref": "#/components/schemas/Wrong"}}},
                    },
                },
            }
        }
        for kind, names in PARAMETERS.items()
    }
