"""What ``GET /`` says, to people as a page and to programs as JSON."""

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from simulator import __version__
from simulator.control import PREFIX, ROUTES
from simulator.core.config import Config
from simulator.engine.dialect import Dialect, Route

ANY_KEY = "sk-anything"
OWN_KEY = "YOUR_KEY"
KEYS: Mapping[str, str] = {
    "sk-sim-invalid": "is unknown everywhere",
    "sk-sim-expired": "has expired",
    "sk-sim-broke": "has an empty wallet",
    "sk-sim-nogroup": "has no channel for any model",
    "sk-sim-limited": "is over its rate limit at the first task",
    "sk-sim-banned": "belongs to a banned account",
}
OF_ONE_KEY = frozenset({"/ledger", "/verdict"})
MEDIA = {
    "image": "/media/image.png?width=1280&height=720",
    "video": "/media/video.mp4?width=1280&height=720&seconds=5",
    "audio": "/media/audio.wav?seconds=5",
}


def overview(dialects: Iterable[Dialect], base: str, config: Config) -> dict[str, Any]:
    """Everything the index knows, with links under ``base``, the server's own address."""
    key = ANY_KEY if config.keys is None else OWN_KEY
    paths = [path for method, path, _ in ROUTES if method == "GET" and "{" not in path]
    listed = [f"{path}?key={key}" if path in OF_ONE_KEY else path for path in paths]
    return {
        "name": "seedance-sim",
        "version": __version__,
        "console": f"{base}{PREFIX}/",
        "key": {
            "use": key,
            "note": "any key is an account of its own"
            if config.keys is None
            else "one of the keys of the key file",
        },
        "dialects": [_dialect(dialect, base, key) for dialect in dialects],
        "root": config.dialect,
        "keys": [{"key": name, "what": what} for name, what in KEYS.items()],
        "control": [base + PREFIX + path for path in [*listed, *MEDIA.values()]],
    }


def root_of(base: str, names: Iterable[str]) -> str:
    """The address of the server itself, where the host that was called is a dialect's."""
    for name in names:
        base = base.replace(f"://{name}.", "://", 1)
    return base


def _dialect(dialect: Dialect, base: str, key: str) -> dict[str, Any]:
    mount = f"{base}/{dialect.name}"
    return {
        "name": dialect.name,
        "title": dialect.title,
        "base_url": mount,
        "api_url": mount + dialect.base_path,
        "documents": list(dialect.documents),
        "differences": dialect.differences,
        "calls": [f"{r.method} {r.path}" for r in dialect.routes if r.kind != "other"],
        "curl": curl(dialect, mount, key),
        "poll": poll(dialect, mount, key),
        "fetch": fetch(dialect, mount, key),
        "order": {
            "path": dialect.route("create").path,
            "form": dialect.route("create").form,
            "body": dialect.example,
            "created": dialect.reader.created,
        },
        "sdk": [
            {"name": name, "line": line.format(base=mount, key=key)} for name, line in dialect.sdk
        ],
    }


def curl(dialect: Dialect, mount: str, key: str) -> str:
    """A command that creates the dialect's example task."""
    route = dialect.route("create")
    lines = [f"curl -s {shlex.quote(mount + route.path)}", f"-H 'Authorization: Bearer {key}'"]
    return " \\\n  ".join(lines + _body(route, dialect.example))


def poll(dialect: Dialect, mount: str, key: str) -> str:
    """A command that asks how a task is; ``$ID`` is what the create call answered."""
    return f"curl -s {_address(mount, dialect.route('query'))} -H 'Authorization: Bearer {key}'"


def fetch(dialect: Dialect, mount: str, key: str) -> str:
    """A command that saves the clip: behind the key, or by the link in the answer to a poll."""
    if dialect.has("download"):
        place = _address(mount, dialect.route("download"))
        return f"curl -s {place} -H 'Authorization: Bearer {key}' -o clip.mp4"
    places = [one for one in dialect.reader.link if "last_frame" not in one]
    path = " // ".join(map(_jq, places))
    link = f"$({poll(dialect, mount, key)} | jq -r {shlex.quote(path)})"
    return f'curl -s "{link}" -o clip.mp4'


def _address(mount: str, route: Route) -> str:
    return f'"{mount}{route.path.replace("{id}", "$ID")}"'


def _jq(pointer: str) -> str:
    """A JSON pointer as jq writes it, passing over what is not there."""
    return "".join(
        f"[{part}]?" if part.isdigit() else f".{part}?" for part in pointer.split("/")[1:]
    )


def _body(route: Route, example: Mapping[str, Any]) -> list[str]:
    if route.form:
        return [f"-F {shlex.quote(f'{name}={value}')}" for name, value in example.items()]
    text = json.dumps(example, ensure_ascii=False, indent=2)
    return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(text)}"]


def page(found: Mapping[str, Any]) -> str:
    """The overview as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("simulator.console", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("index.html").render(found)


def wants_page(accept: str) -> bool:
    """Whether an ``Accept`` header prefers HTML to JSON."""
    given = _qualities(accept)
    return _quality(given, "text/html") > _quality(given, "application/json")


def _qualities(accept: str) -> dict[str, float]:
    found = {}
    for part in accept.lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        weights = [word[2:] for word in parameters if word.startswith("q=")]
        try:
            found[name] = float(weights[0]) if weights else 1.0
        except ValueError:
            found[name] = 0.0
    return found


def _quality(given: Mapping[str, float], wanted: str) -> float:
    """The weight of a media type, by the most specific entry that covers it."""
    for name in (wanted, wanted.partition("/")[0] + "/*", "*/*"):
        if name in given:
            return given[name]
    return 0.0
