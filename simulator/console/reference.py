"""The reference: every call, plan, fault, directive, key and method, from the code itself."""

import inspect
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from simulator.console.index import KEYS
from simulator.control import PREFIX, ROUTES, Plane
from simulator.core.plan import DIRECTIVES, ORDER_TYPES
from simulator.engine.dialect import Dialect
from simulator.faults.catalogue import GROUPS
from simulator.faults.fault import Fault
from simulator.openapi.answers import KEY
from simulator.openapi.examples import EXAMPLES, QUERIES
from simulator.openapi.plane import reads, summary

_TYPES: Mapping[type, str] = {int: "a whole number", str: "a text", bool: "true or false"}
_VALUES: Mapping[type, Any] = {int: 5, str: "480p", bool: True}
FOR_EVER = "goes on for ever"  # the console knows these by it
_SIM = f"$SIM{PREFIX}"  # the address of a server
# Of each method of the fixture a line as it stands in a test.
LINES: Mapping[str, str] = {
    "base": "run_my_client(seedance.base)",
    "url": 'run_my_client(seedance.url("ark") + "/api/v3", seedance.key)',
    "clock": "seedance.clock(freeze=True)",
    "advance": 'seedance.advance("24h")',
    "plan": 'seedance.plan(run="90s", end="failed", code="OutputVideoSensitiveContentDetected")',
    "fault": 'seedance.fault("drop-after-accept", call="create", times=1)',
    "calls": 'assert len(seedance.calls(kind="create", status="2xx")) <= 1',
    "tasks": 'assert [task["phase"] for task in seedance.tasks()] == ["succeeded"]',
    "clip": 'assert seedance.clip(answer["content"]["video_url"])[4:8] == b"ftyp"',
    "bill": "seedance.bill().assert_at_most(tasks=1, orphaned=0)",
    "verdict": 'assert "retry-after-ignored" not in seedance.verdict().ids',
    "assert_resilient": 'seedance.assert_resilient("warning")',
    "reset": "seedance.reset()",
    "awaited": 'await seedance.awaited().advance("1h")',
    "told": "print(seedance.told())",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the reference: its name, what it is, details line by line, an example."""

    name: str
    text: str
    details: Sequence[str] = ()
    example: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Things of one kind."""

    title: str
    text: str
    entries: Sequence[Entry]


async def reference(
    plane: Plane, dialects: Iterable[Dialect], fixture: type | None = None
) -> list[Section]:
    """All of it; with ``fixture`` the methods of the fixture for pytest."""
    dialects = tuple(dialects)
    found = [
        Section("Calls", f"JSON under {PREFIX}, on a running server.", await _calls(plane)),
        Section(
            "Directives",
            "Words in a prompt, which the clip does not show: they pass through a gateway.",
            [
                Entry(f"[[sim: {name}]]", text, (), f'"A paper boat [[sim: {name}]]"')
                for name, text in DIRECTIVES.items()
            ],
        ),
        Section(
            "Faults",
            "Names for POST /faults, a prompt's fault=NAME and the server's --defect.",
            [_fault(one, group) for group, faults in GROUPS.items() for one in faults],
        ),
        *[_codes(dialect) for dialect in dialects],
        Section(
            "Fields of an order",
            "What match.order of a plan may name.",
            [
                Entry(
                    name, _TYPES[kind], (), _planned({"end": "stuck"}, order={name: _VALUES[kind]})
                )
                for name, kind in ORDER_TYPES.items()
            ],
        ),
        Section(
            "Keys with a meaning",
            "Each is refused in the words of the dialect that it is sent to.",
            [
                Entry(key, f"The key {what}.", (), f"Authorization: Bearer {key}")
                for key, what in KEYS.items()
            ],
        ),
    ]
    if fixture is not None:
        found.append(
            Section("Fixture", "What the pytest fixture seedance has.", list(_methods(fixture)))
        )
    return found


async def _calls(plane: Plane) -> list[Entry]:
    found = []
    for method, path, handler in ROUTES:
        told = await reads(plane, handler)
        details = [f"?{name}" for name in told.parameters]
        details += [] if told.shape is None else _fields(told.shape)
        found.append(
            Entry(f"{method} {PREFIX}{path}", summary(handler), details, _examples(method, path))
        )
    return found


def _examples(method: str, path: str) -> str:
    """Lines for a shell: each body and each query, or the call itself where it takes neither."""
    bodies = EXAMPLES.get((method, path), {})
    lines = [f"# {name}\n{_asked(path, body)}" for name, body in bodies.items()]
    way = "" if method in ("GET", "POST") else f" -X {method}"
    for name, query in QUERIES.get((method, path), {}).items():
        lines.append(f'# {name}\ncurl -s{way} "{_SIM}{path}?{urlencode(query)}"')
    return "\n".join(lines) or f"curl -s{way} {_SIM}{path.replace('{id}', '$ID')}"


def _asked(path: str, body: Any) -> str:
    """A line for a shell that sends a body; what a text says cannot end it."""
    data = msgspec.json.encode(body).decode()
    return f"curl -s {_SIM}{path} -d {shlex.quote(data)}"


def _planned(plan: Mapping[str, Any], **match: Any) -> str:
    return _asked("/plans", {"plan": plan, "match": {**match, "key": KEY}})


def _fault(fault: Fault, group: str) -> Entry:
    details = [f"calls: {', '.join(fault.calls)}", *([FOR_EVER] if fault.lasting else [])]
    body = {"fault": fault.name, "match": {"key": KEY}, "times": None if fault.lasting else 1}
    text = f"{fault.does} Seen: {fault.seen}"
    return Entry(fault.name, text, details, _asked("/faults", body), group)


def _fields(shape: type, above: str = "") -> list[str]:
    """The fields of a struct, with those of structs in it, each as ``name: type``."""
    schemas = msgspec.json.schema(shape)
    return list(_walk(schemas, schemas.get("$defs", {}), above, ()))


def _walk(
    schema: Mapping[str, Any], known: Mapping[str, Any], above: str, seen: tuple[str, ...]
) -> Iterable[str]:
    for one in _options(schema):
        name = str(one.get("$ref", "")).rpartition("/")[2]
        if name in seen:
            continue
        inner = known[name] if name else one
        if inner is not one:
            yield from _walk(inner, known, above, (*seen, name))
        for field, kind in inner.get("properties", {}).items() if inner is one else ():
            yield f"{above}{field}: {_type(kind, known)}"
            yield from _walk(kind, known, f"{above}{field}.", seen)


def _options(schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    options: Sequence[Mapping[str, Any]] = schema.get("anyOf", (schema,))
    return options


def _type(schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    words = []
    for one in _options(schema):
        if "enum" in one:
            words.append(" | ".join(map(str, one["enum"])))
        elif "$ref" in one:
            words.append("object")
        else:
            words.append(str(one.get("type", "anything")))
    limits = [f"{name} {schema[name]}" for name in ("minimum", "maximum") if name in schema]
    return ", ".join([" or ".join(dict.fromkeys(words)), *limits])


def _codes(dialect: Dialect) -> Section:
    name = dialect.name
    failed = [
        Entry(code, text or "A task fails.", (), _planned({"code": code}, dialect=name))
        for code, text in dialect.failures.items()
    ]
    refused = [
        Entry(
            code,
            text or "An order is refused.",
            ("refuses the order",),
            _planned({"end": "refused", "code": code}, dialect=name),
        )
        for code, text in dialect.refusals.items()
        if code not in dialect.failures
    ]
    return Section(
        f"Codes of {dialect.name}",
        'For "code" of a plan and a prompt\'s fail= and refuse=.',
        [*failed, *refused],
    )


def _methods(kind: type) -> Iterable[Entry]:
    for name, one in vars(kind).items():
        if name.startswith("_") or not (callable(one) or isinstance(one, property)):
            continue
        text = " ".join((inspect.getdoc(one) or "").split())
        if not text:
            continue
        called = "" if isinstance(one, property) else _signature(one)
        yield Entry(f"seedance.{name}{called}", text, (), LINES.get(name, ""))


def _signature(method: Any) -> str:
    found = inspect.signature(method)
    given = [one for name, one in found.parameters.items() if name != "self"]
    return str(found.replace(parameters=given, return_annotation=inspect.Signature.empty))


def text(sections: Iterable[Section], wanted: str = "") -> str:
    """The reference for a terminal, or the entries in which a word stands."""
    lines: list[str] = []
    word = wanted.lower()
    for section in sections:
        entries = [one for one in section.entries if word in _all(section, one).lower()]
        if not entries:
            continue
        lines += ["", section.title.upper(), section.text, ""]
        for one in entries:
            lines += [f"  {one.name}", f"      {one.text}"]
            lines += [f"      {detail}" for detail in one.details]
            lines += [f"      {line}" for line in one.example.splitlines()]
    return "\n".join(lines).lstrip("\n")


def _all(section: Section, entry: Entry) -> str:
    return " ".join((section.title, entry.name, entry.text, *entry.details))
