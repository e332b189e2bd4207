"""One call of a reproducer as a curl line, with the body as it was sent."""

import base64
import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from conformance.catalogue import orders
from conformance.collect import malformed, wireform
from conformance.collect.transcript import Exchange
from conformance.plan.probes import Probe
from conformance.plan.references import MADE, ORDERED, Missing, References
from conformance.plan.stage import Plan
from conformance.plan.terms import Way
from conformance.report import shell

LARGE = 200_000
CALLBACK = "https://callback.invalid/done"


def call(
    plan: Plan, probe: Probe, exchange: Exchange, models: Mapping[str, str], kept: bool
) -> list[str]:
    """The lines of a call; the id of a task that has to be kept is put into `$id`."""
    # Told HEAD by -X, curl waits for a body that never comes.
    method = "--head" if probe.method == "HEAD" else f"-X {probe.method}"
    line = [f"{shell.CURL} -m {shell.CALL_S} -w '\\nHTTP %{{http_code}}\\n'", method]
    try:
        files, body, more = _body(plan, probe, exchange, models)
    except Missing as reason:
        return [f"# {probe.method} {probe.path}: {reason}"]
    path = probe.path.replace("{id}", "$id") if probe.of else probe.path
    words = " \\\n  ".join([*line, *headers(probe), *more, *body, f'--url "$BASE{path}" | said'])
    shown = [f"answer=$({words})", "printf '%s\\n' \"$answer\""]
    if kept:
        id = shell.taken("id", plan.world.dialect.id["create"][0])
        return [*files, *shown, id, shell.NO_ID, ""]
    stored = plan.world.dialect.asset(probe.path) if probe.call == "asset" else None
    if stored and stored.link:
        link = shell.taken("link", stored.link)
        return [*files, *shown, link, ""]
    return [*files, words, ""]


def headers(probe: Probe) -> list[str]:
    """The headers of a call, the keys from the environment."""
    named = {
        "key": '-H "Authorization: Bearer $SEEDANCE_API_KEY"',
        "second": '-H "Authorization: Bearer $SEEDANCE_SECOND_KEY"',
        "empty": "-H 'Authorization: Bearer '",
        "scheme": "-H 'Authorization: Basic c29tZW9uZTpzb21ldGhpbmc='",
        "wrong": "-H 'Authorization: Bearer sk-sim-invalid'",
        "broke": "-H 'Authorization: Bearer sk-sim-broke'",
        "limited": "-H 'Authorization: Bearer sk-sim-limited'",
        "nogroup": "-H 'Authorization: Bearer sk-sim-nogroup'",
        "clean": '-H "Authorization: Bearer $SEEDANCE_API_KEY"',
        "bare": '-H "Authorization: $SEEDANCE_API_KEY"',
        "lower": '-H "Authorization: bearer $SEEDANCE_API_KEY"',
        "unprefixed": '-H "Authorization: Bearer ${SEEDANCE_API_KEY#sk-}"',
        "channelled": '-H "Authorization: Bearer $SEEDANCE_API_KEY-7"',
        "x-api-key": '-H "x-api-key: $SEEDANCE_API_KEY"',
        "mj-api-secret": '-H "mj-api-secret: $SEEDANCE_API_KEY"',
    }
    found = [named[probe.auth]] if probe.auth in named else []
    return found + [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in probe.headers]


def malformed_call(probe: Probe, url: str) -> list[str]:
    """The bytes themselves, since curl would mend them."""
    shape = probe.form.detail
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    raw = malformed.request(shape, probe.method, url, {"Authorization": "Bearer KEY"})
    text = raw.decode("latin-1").replace("\\", "\\\\").replace("%", "%%")
    text = text.replace("\r\n", "\\r\\n").replace("Bearer KEY", "Bearer %s")
    place = shlex.quote(f"{parts.hostname}:{port}")
    way = f"curl -g -sS -m 10 --proto =telnet --url telnet://{place}"
    if parts.scheme == "https":
        way = f"openssl s_client -quiet -connect {place}"
    return [f'printf {shlex.quote(text)} "$SEEDANCE_API_KEY" |', f"  {way} | said", ""]


def speaks_of_own(probe: Probe) -> bool:
    """Whether a body speaks of what only the account of the run has."""
    text = orders.canonical(probe.body) if probe.body else ""
    return any(f'"{name}' in text for name in MADE)


def _body(
    plan: Plan, probe: Probe, exchange: Exchange, models: Mapping[str, str]
) -> tuple[list[str], list[str], list[str]]:
    way = probe.form.way
    references = References("https://media.example.com", False, CALLBACK, {"$run": "again"})
    dialect = plan.world.dialect
    if dialect.request.asset:
        references.known["$asset-image1"] = dialect.request.asset
    if way is Way.MULTIPART and isinstance(probe.body, Mapping):
        return _form(wireform.renamed(probe.body, models, dialect.request), references)
    if way is Way.PAD:
        size = int(probe.form.detail)
        made = f"head -c {size} /dev/zero | tr '\\0' ' ' > \"$folder/padding\""
        return [made], ['--data-binary @"$folder/padding"'], []
    if way is Way.JSON and exchange.probe == probe.key and _whole(exchange.sent):
        sent = _hearing(probe.body, exchange.sent)
        text = json.dumps(sent, indent=1, ensure_ascii=False)
        return [], [f"--data-binary {_quoted(text)}"], ["-H 'Content-Type: application/json'"]
    form = wireform.formed(probe, references, models, dialect)
    data = form.data if isinstance(form.data, bytes) else None
    if data is None:
        return [], [], []
    kinds = [f"-H {shlex.quote(f'Content-Type: {form.content_type}')}"] if form.content_type else []
    if len(data) > LARGE or b"\0" in data:
        return [], ["--data-binary '<a very long body>'"], kinds
    return [], [f"--data-binary {_quoted(_pretty(data))}"], kinds


def _whole(sent: Any) -> bool:
    """Whether a body was written down as it was sent."""
    return isinstance(sent, Mapping) and "… (" not in json.dumps(sent, ensure_ascii=False)


def _hearing(body: Any, sent: Any) -> Any:
    """The body as it was sent, but with the script's own receiver of callbacks."""
    if isinstance(body, str) and body.startswith("$callback"):
        return CALLBACK
    if isinstance(body, Mapping) and isinstance(sent, Mapping):
        return {name: _hearing(body.get(name), value) for name, value in sent.items()}
    return sent


def _quoted(text: str) -> str:
    """A text for the shell, in which the receiver's address is the shell's to fill in."""
    return shlex.quote(text).replace(CALLBACK, "'\"$CALLBACK_URL\"'")


def _pretty(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    if len(text) > 5000:
        return text
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _form(
    body: Mapping[str, Any], references: References
) -> tuple[list[str], list[str], list[str]]:
    files: list[str] = []
    parts: list[str] = []
    for name, value in body.items():
        if isinstance(value, str) and value.startswith("$") and not value.startswith(ORDERED):
            file = references.file(value, name)
            place = f"$folder/{file.name}"
            coded = base64.encodebytes(file.raw).decode().rstrip("\n")
            files.append(f"base64 -d > \"{place}\" <<'END'\n{coded}\nEND")
            parts.append(f'-F "{name}=@{place};type={file.kind}"')
        elif value is not None:
            for text in wireform.repeated(orders.replaced(value, references.link)):
                parts.append(f"--form-string {shlex.quote(f'{name}={text}')}")
    return files, parts, []
