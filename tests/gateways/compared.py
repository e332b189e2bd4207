"""Asks a real new-api and the dialect `newapi` the same, and tells where the answers differ.

    python -m tests.gateways.compared BINARY [--folder FOLDER]

The new-api has a channel to the simulator's `ark`. Status, content type and text have to be equal,
but for ids and moments. What differs for a reason stands in KNOWN; what is new there, or not so any
more, fails.
"""

import json
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, FormData

from tests.clients.installing import Missing
from tests.clients.tables import Rows
from tests.gateways import newapi
from tests.serving import serve

MODEL, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
ORDER: Mapping[str, Any] = {"model": MODEL, "prompt": "A boat"}
LINK = "https://example.com/a.png"
CREATE = ("/v1/videos", "/v1/video/generations")
OWN = "sk-" + "a" * 48
SOLD = "which models are sold is a matter of its channels"
PRICED = "the prices of its keeper, and the names of its user"
ANYBODY = "here every key is an account; there it is none"
KEEPER = "its user may name a channel, being the keeper"
# By what is asked, why the answers differ.
KNOWN: Mapping[str, str] = {
    "GET /v1/models": SOLD,
    "GET /v1/models with bearer KEY": SOLD,
    "GET /v1/models with KEY": SOLD,
    "GET /v1/models with Bearer BARE": SOLD,
    "GET /v1/models with Bearer KEY-7": SOLD,
    "GET /nope": "the page of the site itself",
    "GET /api/usage/token/": PRICED,
    "GET /v1/dashboard/billing/usage": PRICED,
    "GET /api/log/token": PRICED,
    **{
        f"{call} with {key}": ANYBODY
        for call in ("POST /v1/videos", "GET /v1/videos/x", "GET /v1/models")
        for key in ("Bearer x", "sk-x")
    },
    "POST /v1/videos with Bearer KEY-7": KEEPER,
    "GET /v1/videos/x with Bearer KEY-7": KEEPER,
}
FIELDS: tuple[Mapping[str, Any], ...] = (
    {},
    *({"seconds": one} for one in ("5", 5, "x", "0", "-1", "99")),
    *({"duration": one} for one in (6, "6", 99)),
    *({"size": one} for one in ("1280x720", 720)),
    *({"images": one} for one in ([LINK], LINK, [LINK, LINK])),
    {"image": LINK},
    *({"input_reference": one} for one in (LINK, {"image_url": LINK})),
    *({"prompt": one} for one in ("", None, 7)),
    *({"model": one} for one in ("nope", "", None, 7)),
    *({name: "480p"} for name in ("resolution", "mode", "foo", "metadata")),
    *(
        {"metadata": one}
        for one in (
            {"resolution": "480p"},
            {"resolution": 480},
            {"duration": "5"},
            {"duration": 3},
            {"ratio": "5:4"},
            {"content": [{"type": "text", "text": "hi"}]},
            {"generate_audio": "false"},
            {"seed": 1.5},
            {"model": FAST},
            {"draft": True},
            {"frames": 29},
            {"callback_url": "ftp://x"},
            {"tools": [{"type": "web_search"}]},
            {"service_tier": "flex"},
            {"priority": 11},
            {"execution_expires_after": "x"},
            {"watermark": 1},
        )
    ),
)
FORMS: tuple[Mapping[str, str | bytes], ...] = (
    {},
    {"seconds": "5", "size": "1280x720"},
    {"seconds": "x"},
    {"input_reference": b"no picture"},
    {"input_reference": LINK},
    {"images": LINK},
    {"metadata": '{"resolution":"480p"}'},
    {"metadata": "x"},
    {"metadata": '{"duration":"5"}'},
    {"foo": "1"},
)
BODIES = ("", "{", "[]", '"x"', "7", "null", json.dumps({"model": MODEL}))
CALLS = (
    *("GET /v1/videos/x", "GET /v1/video/generations/x", "GET /v1/videos/x/content"),
    *("GET /v1/videos", "DELETE /v1/videos/x", "PUT /v1/videos", "POST /v1/videos/x/remix"),
    *("GET /v1/models", f"GET /v1/models/{MODEL}", "GET /v1/models/nope", "GET /nope"),
    *("GET /v1/nope", "POST /v1/videos/generations", "GET /v1/videos/generations"),
    *("GET /api/usage/token/", "GET /v1/dashboard/billing/subscription"),
    *("GET /v1/dashboard/billing/usage", "GET /api/log/token"),
)
KEYS = (
    *(None, "", "Bearer ", "Bearer x", "sk-x", "Basic x", "Bearer sk-sim-invalid"),
    *("bearer KEY", "KEY", "Bearer KEY-7", "Bearer BARE"),
)
SAME = (
    (re.compile(r"task_[A-Za-z0-9]{32}"), "TASK"),
    (re.compile(r"(?i)request id: [^)\"\\]*"), "request id"),
    (re.compile(r'"(created_at|completed_at|created)":\d+'), r'"\1":0'),
)
Answer = tuple[int, str, str]


def questions() -> list[tuple[str, str, str, dict[str, Any]]]:
    """All that is asked: a name, method and path, and what the request has besides."""
    found: list[tuple[str, str, str, dict[str, Any]]] = []
    for path in CREATE:
        for fields in FIELDS:
            name = f"POST {path} {json.dumps(fields)}"
            found.append((name, "POST", path, {"json": {**ORDER, **fields}}))
        for parts in FORMS:
            found.append((f"POST {path} form {parts}", "POST", path, {"form": {**ORDER, **parts}}))
    for kind in ("application/json", "text/plain"):
        for body in BODIES:
            more = {"data": body.encode(), "headers": {"Content-Type": kind}}
            found.append((f"POST {CREATE[0]} {kind} {body}", "POST", CREATE[0], more))
    for call in CALLS:
        method, path = call.split(" ")
        found.append((call, method, path, {}))
    for key in KEYS:
        for call in ("POST /v1/videos", "GET /v1/videos/x", "GET /v1/models"):
            method, path = call.split(" ")
            order = {"json": dict(ORDER)} if method == "POST" else {}
            found.append((f"{call} with {key}", method, path, {"key": key, **order}))
    return found


def _form(parts: Mapping[str, str | bytes]) -> FormData:
    made = FormData(default_to_multipart=True)
    for name, value in parts.items():
        file = {"filename": "a.png", "content_type": "image/png"} if value == b"no picture" else {}
        made.add_field(name, value, **file)
    return made


async def _asked(
    session: ClientSession, base: str, key: str, method: str, path: str, more: Mapping[str, Any]
) -> Answer:
    written = more.get("key", "Bearer KEY")
    headers = dict(more.get("headers", {}))
    if written is not None:
        headers["Authorization"] = written.replace("KEY", key).replace("BARE", key[3:])
    body = {name: more[name] for name in ("json", "data") if name in more}
    if "form" in more:
        body = {"data": _form(more["form"])}
    async with session.request(method, base + path, headers=headers, **body) as answer:
        text = await answer.text()
        kind = answer.headers.get("Content-Type", "").replace(" ", "").lower()
    for pattern, other in SAME:
        text = pattern.sub(other, text)
    return answer.status, kind, text.replace(key, "KEY")


async def differences(
    real: str, key: str, dialect: str
) -> AsyncIterator[tuple[str, Answer, Answer]]:
    """What is answered otherwise, with both answers."""
    async with ClientSession() as session:
        for name, method, path, more in questions():
            there = await _asked(session, real, key, method, path, more)
            here = await _asked(session, dialect, OWN, method, path, more)
            if there != here:
                yield name, there, here


def told(found: Mapping[str, tuple[Answer, Answer]]) -> list[str]:
    """What is new among the differences, and what is known and not so any more."""
    new = [
        f"{name}\n  there {_brief(there)}\n  here  {_brief(here)}"
        for name, (there, here) in found.items()
        if name not in KNOWN
    ]
    return new + [f"{name}: no longer differs" for name in KNOWN if name not in found]


def _brief(answer: Answer) -> str:
    status, kind, text = answer
    return f"{status} {kind} {text[:300]}"


async def table(binary: Path, folder: Path) -> Rows:
    """How many answers are alike, and every difference that is not known."""
    now, models = round(time.time() * 1000), {MODEL: MODEL, FAST: FAST}
    async with serve(freeze=False, start=now) as sim:
        channel = newapi.Channel(newapi.ARK_VIDEO, f"{sim.base}/ark", models)
        try:
            async with newapi.selling(binary, folder, channel) as (base, key):
                seen = differences(base, key, f"{sim.base}/newapi")
                found = {name: (there, here) async for name, there, here in seen}
        except (Missing, newapi.Refused) as reason:
            return [("new-api", f"FAILED: {reason}")]
    odd, alike = told(found), len(questions()) - len(found)
    good = f"good: {alike} answers alike, {len(found)} differ for a reason"
    return [("new-api", "FAILED:\n" + "\n".join(odd) if odd else good)]


def main() -> int:
    """Compare, and say whether all is as it is known to be."""
    return newapi.command("tests.gateways.compared", __doc__, table)


if __name__ == "__main__":
    sys.exit(main())
