"""A failure as a shell script: the fewest calls that show it, run with nothing but curl."""

import base64
import json
import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from conformance import malformed, orders, wireform
from conformance.ledger import ZERO
from conformance.planning import Plan, priced
from conformance.probes import Probe
from conformance.references import Missing, References
from conformance.transcript import Exchange
from conformance.verdicts import Result

LARGE = 200_000
SHOWS_NOT = "# With another key this script cannot show it:"


def script(
    plan: Plan,
    result: Result,
    shown: Sequence[Exchange],
    meta: Mapping[str, Any],
    costs: Mapping[str, Decimal | None],
) -> str:
    """The script of a result."""
    steps = _steps(plan, shown)
    price = priced(costs.get(probe.key, ZERO) for probe, _ in steps if _pays(probe))
    lines = ["#!/bin/sh", *_head(result), *_guard(steps, price)]
    lines += [f"BASE=${{BASE_URL:-{shlex.quote(str(meta['base_url']))}}}", ""]
    for probe, exchange in steps:
        if _own(probe):
            lines.append(f"{SHOWS_NOT} the body speaks of a task or an asset of the run's account.")
        if probe.form.startswith("socket:"):
            lines += _malformed(probe, str(meta["base_url"]) + probe.path)
        else:
            lines += _call(plan, probe, exchange)
    return "\n".join(lines) + "\n"


def _head(result: Result) -> list[str]:
    row = result.row
    place = f"{row.source.title}, {row.section}" + (f", {row.field}" if row.field else "")
    text = [row.id, row.requirement, f"Document: {place} (read {row.source.read})", result.message]
    return [f"# {' '.join(line.split())[:300]}" for line in text] + ["set -eu"]


def _pays(probe: Probe) -> bool:
    return probe.cost in ("own", "shared", "contingent")


def _guard(steps: Sequence[tuple[Probe, Exchange]], price: str) -> list[str]:
    lines = []
    if any(probe.auth == "key" for probe, _ in steps):
        lines.append(': "${SEEDANCE_API_KEY:?set it to a key of the endpoint}"')
    if any(probe.auth == "second" for probe, _ in steps):
        lines.append(': "${SEEDANCE_SECOND_KEY:?set it to a key of another account}"')
    if not any(_pays(probe) for probe, _ in steps):
        return ["# It costs nothing.", *lines]
    worst = f"at worst for ${price} by the run's price list"
    told = (
        f"It may create a task, {worst if price[0].isdigit() else 'for which no price is listed'}."
    )
    return [
        f"# {told}",
        *lines,
        'if [ "${PAY:-}" != 1 ]; then',
        f"  echo {shlex.quote(told + ' Run it with PAY=1 to go on.')} >&2",
        "  exit 2",
        "fi",
    ]


def _steps(plan: Plan, shown: Sequence[Exchange]) -> list[tuple[Probe, Exchange]]:
    """The order first, then what was asked about its task; of many alike, the first."""
    found: list[tuple[Probe, Exchange]] = []
    for exchange in shown[:2]:
        probe = plan.probes.get(exchange.probe)
        if probe is None and exchange.call in ("query", "download"):
            probe = Probe(exchange.call, exchange.method, exchange.url, of=exchange.of)
        if probe is None:
            continue
        made = plan.probes.get(probe.of)
        if made and all(each.key != made.key for each, _ in found):
            found.append((made, exchange))
        if all(each.key != probe.key for each, _ in found):
            found.append((probe, exchange))
    return found


def _malformed(probe: Probe, url: str) -> list[str]:
    """The bytes themselves, since curl would mend them."""
    shape = probe.form.removeprefix("socket:")
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    raw = malformed.request(shape, probe.method, url, {"Authorization": "Bearer KEY"})
    text = raw.decode("latin-1").replace("\r\n", "\\r\\n").replace("Bearer KEY", "Bearer %s")
    way = f"curl -sS -m 10 telnet://{parts.hostname}:{port}"
    if parts.scheme == "https":
        way = f"openssl s_client -quiet -connect {parts.hostname}:{port}"
    return [f'printf {shlex.quote(text)} "$SEEDANCE_API_KEY" |', f"  {way}", ""]


def _own(probe: Probe) -> bool:
    """Whether a body speaks of what only the account of the run has."""
    text = orders.canonical(probe.body) if probe.body else ""
    return any(f'"{name}' in text for name in ("$task", "$draft", "$asset", "$group"))


def _call(plan: Plan, probe: Probe, exchange: Exchange) -> list[str]:
    curl = ["curl -sS -w '\\nHTTP %{http_code}\\n'", f"-X {probe.method}"]
    headers = _headers(probe)
    try:
        files, body, more = _body(plan, probe, exchange)
    except Missing as reason:
        return [f"# {probe.method} {probe.path}: {reason}"]
    path = _path(plan, probe)
    words = " \\\n  ".join([*curl, *headers, *more, *body, f'"$BASE{path}"'])
    if probe.call == "create" and probe.want == "accept":
        return [*files, f"answer=$({words})", 'echo "$answer"', *_id(plan), ""]
    if probe.call == "query" and probe.of:
        return [*_waited(plan, words), ""]
    return [*files, words, ""]


def _path(plan: Plan, probe: Probe) -> str:
    if probe.of and probe.call == "query":
        return plan.world.dialect.query.path.replace("{id}", "$id")
    return probe.path.replace("{id}", "$id").replace("$", "$") if probe.of else probe.path


def _headers(probe: Probe) -> list[str]:
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
    }
    found = [named[probe.auth]] if probe.auth in named else []
    return found + [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in probe.headers]


def _body(plan: Plan, probe: Probe, exchange: Exchange) -> tuple[list[str], list[str], list[str]]:
    kind = probe.form.partition(":")[0]
    references = References("https://media.example.com", False, "https://callback.example.com/done")
    references.known["$asset-image1"] = "asset://asset-20260601120000-abcde"
    if kind == "multipart" and isinstance(probe.body, Mapping):
        return _form(probe.body, references)
    if kind == "pad":
        made = "head -c 67108865 /dev/zero | tr '\\0' ' ' > \"${TMPDIR:-/tmp}/padding\""
        return [made], ['--data-binary @"${TMPDIR:-/tmp}/padding"'], []
    multipart = plan.world.dialect.media == "file"
    if kind == "json" and exchange.probe == probe.key and _whole(exchange.sent):
        text = json.dumps(exchange.sent, indent=1, ensure_ascii=False)
        return [], [f"--data-binary {shlex.quote(text)}"], ["-H 'Content-Type: application/json'"]
    form = wireform.formed(probe, references, {}, multipart)
    data = form.data if isinstance(form.data, bytes) else None
    if data is None:
        return [], [], []
    kinds = [f"-H {shlex.quote(f'Content-Type: {form.content_type}')}"] if form.content_type else []
    if len(data) > LARGE or b"\0" in data:
        return [], ["--data-binary '<a very long body>'"], kinds
    return [], [f"--data-binary {shlex.quote(_pretty(data))}"], kinds


def _whole(sent: Any) -> bool:
    """Whether a body was written down as it was sent."""
    return isinstance(sent, Mapping) and "… (" not in json.dumps(sent, ensure_ascii=False)


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
        if isinstance(value, str) and value.startswith("$"):
            file = references.file(value, name)
            place = f"${{TMPDIR:-/tmp}}/{file.name}"
            coded = base64.encodebytes(file.raw).decode().rstrip("\n")
            files.append(f"base64 -d > \"{place}\" <<'END'\n{coded}\nEND")
            parts.append(f'-F "{name}=@{place};type={file.kind}"')
        elif value is not None:
            text = value if isinstance(value, str) else json.dumps(value)
            parts.append(f"--form-string {shlex.quote(f'{name}={text}')}")
    return files, parts, []


def _id(plan: Plan) -> list[str]:
    name = plan.world.dialect.id["create"][0].rpartition("/")[2]
    find = f's/.*"{name}" *: *"\\([^"]*\\)".*/\\1/p'
    return [f"id=$(printf '%s' \"$answer\" | sed -n {shlex.quote(find)} | head -n 1)"]


def _waited(plan: Plan, words: str) -> list[str]:
    dialect = plan.world.dialect
    names = [
        word
        for phase in ("succeeded", "failed", "expired", "cancelled")
        for word in dialect.words.get(phase, ())
    ]
    ends = "|".join(f'*\\"{word}\\"*' for word in names)
    return [
        "while :; do",
        f"  answer=$({words})",
        '  echo "$answer"',
        f'  case "$answer" in {ends}) break;; *HTTP\\ [45]*) break;; esac',
        f"  sleep ${{WAIT:-{dialect.wait[0]}}}",
        "done",
    ]
