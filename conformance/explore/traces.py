"""What led to a finding: the calls in their order, as text, as data and as lines of curl."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.catalogue.wire import Dialect
from conformance.collect.transcript import Exchange
from conformance.report import shell
from conformance.untrusted import clean


class Found(AssertionError):
    """An order or a life that breaks a row; the message says how."""


@dataclass(frozen=True)
class Step:
    """A call of a story: to the API, or (`control`) to the simulator's control plane."""

    what: str
    method: str
    path: str
    body: Any = None
    auth: str = "key"
    form: str = "json"
    control: bool = False
    makes: int = 0
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Story:
    """The steps so far, and what stands in them for ids, keys and addresses."""

    base: str = ""
    root: str = ""
    steps: list[Step] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def api(self, what: str, exchange: Exchange, makes: int = 0, link: bool = False) -> None:
        """Add a call of the API as it was sent."""
        path = self.plain("{link}" if link else exchange.url)
        self.steps.append(
            Step(
                what,
                exchange.method,
                path,
                self.plain(exchange.sent),
                exchange.auth,
                exchange.form,
                makes=makes,
                status=exchange.status,
            )
        )

    def control(self, what: str, method: str, path: str, body: Any) -> None:
        """Add a call of the control plane."""
        self.steps.append(Step(what, method, self.plain(path), self.plain(body), control=True))

    def plain(self, value: Any) -> Any:
        """A value with names in the place of what is different the next time."""
        if value is None:
            return None
        text = json.dumps(value, ensure_ascii=False)
        for old, new in self.names.items():
            text = text.replace(old, new)
        return json.loads(text)

    def told(self) -> str:
        """The story in a line."""
        return "; ".join(
            each.what + (f" (HTTP {each.status})" if each.status else "") for each in self.steps
        )


def vector(dialect: Dialect, story: Story, search: str, found: str) -> Mapping[str, Any]:
    """A finding as one line of `vectors.jsonl`: what was found, how, and the calls as curl."""
    return {
        "dialect": dialect.name,
        "search": search,
        "found": found,
        "steps": [
            {key: value for key, value in asdict(each).items() if value not in (None, "", 0, ())}
            for each in story.steps
        ],
        "curl": list(lines(dialect, story)),
    }


def lines(dialect: Dialect, story: Story) -> Iterator[str]:
    """Shell lines that make the calls again, on a fresh account of any address."""
    yield f"BASE=${{BASE_URL:-{shlex.quote(story.base)}}}"
    if any(each.control for each in story.steps):
        yield f"ROOT=${{CONTROL_URL:-{shlex.quote(story.root)}}}"
    yield "KEY=${SEEDANCE_API_KEY:-sk-story-$$}"
    if any(each.auth == "second" for each in story.steps):
        yield "SECOND=${SEEDANCE_SECOND_KEY:-sk-other-$$}"
    if "{callback}" in json.dumps([each.body for each in story.steps]):
        yield "CALLBACK=${CALLBACK_URL:-http://127.0.0.1:9/done}"
    yield from shell.SAID.splitlines()
    for each in story.steps:
        yield from _line(dialect, each)


def _line(dialect: Dialect, step: Step) -> Iterator[str]:
    curl = [f"{shell.CURL} -m {shell.CALL_S} -w '\\nHTTP %{{http_code}}\\n'", f"-X {step.method}"]
    if not step.control:
        curl += HEADERS.get(step.auth, [])
    curl += [f"-H {_quoted(f'{name}: {value}')}" for name, value in step.headers]
    curl += _body(step)
    if step.path == "{link}":
        curl.append('--url "$link"')
        yield 'case "$link" in http://*|https://*) ;; *) link=http://no-link.invalid/;; esac'
    else:
        root = "$ROOT" if step.control else "$BASE"
        curl.append(f'--url "{root}"{_quoted(step.path)}')
    yield clean.printed(f"# {step.what}")
    yield f"answer=$({' '.join(curl)} | said); printf '%s\\n' \"$answer\""
    if step.makes:
        name = dialect.id["create"][0].rpartition("/")[2]
        yield f"task{step.makes}=" + _picked(rf's/.*"{name}" *: *"\([^"]*\)".*/\1/p')
    elif not step.control and step.what.startswith("poll"):
        yield "link=" + _picked(r's/.*"\(http[^"]*\.mp4[^"]*\)".*/\1/p')


HEADERS: Mapping[str, list[str]] = {
    "key": ['-H "Authorization: Bearer $KEY"'],
    "second": ['-H "Authorization: Bearer $SECOND"'],
    "empty": ["-H 'Authorization: Bearer '"],
    "scheme": ["-H 'Authorization: Basic c29tZW9uZTpzb21ldGhpbmc='"],
    "wrong": ["-H 'Authorization: Bearer sk-sim-invalid'"],
}


def _picked(pattern: str) -> str:
    return f"$(printf '%s' \"$answer\" | sed -n {shlex.quote(pattern)} | head -n 1)"


def _body(step: Step) -> list[str]:
    if step.body is None:
        return []
    if step.form == "multipart" and isinstance(step.body, Mapping):
        return [f"--form-string {_quoted(f'{key}={value}')}" for key, value in step.body.items()]
    raw = isinstance(step.body, str) and step.form.startswith("raw")
    text = step.body if raw else json.dumps(step.body, ensure_ascii=False)
    return ["-H 'Content-Type: application/json'", f"--data-binary {_quoted(text)}"]


NAME = re.compile(r"\{(key|root|callback|task\d+)\}")
SHELL = {"key": "$KEY", "root": "$ROOT", "callback": "$CALLBACK"}


def _quoted(text: str) -> str:
    """A word of the shell in which our names are opened and nothing else is."""
    parts = NAME.split(text)
    out = [shlex.quote(part) if part else "" for part in parts]
    for index in range(1, len(parts), 2):
        out[index] = f'"{SHELL.get(parts[index], "$" + parts[index])}"'
    return "".join(out) or "''"


def short(steps: Sequence[Step]) -> str:
    """How many calls of each side a story has."""
    own = sum(not each.control for each in steps)
    return f"{own} calls of the API, {len(steps) - own} of the control plane"
