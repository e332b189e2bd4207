"""A new-api of this machine, from its binary: an empty one, set up over its own HTTP interface.

Its data are a SQLite file in a folder of ours. What builds of 2026 want differently is asked for
both ways: a session in a cookie or in a token, a key in clear in the list or by a call of its own.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar

from tests.clients.installing import Missing
from tests.clients.starting import answering, free_port
from tests.clients.tables import Rows, arguments_of, printed

START_S = 60
NAME, PASSWORD = "keeper", "a-password-of-12"
ARK_VIDEO, SORA = 54, 55  # its numbers of these kinds of channels
OPTIONS = {
    # The clips lie on a port of loopback, which it does not fetch from unless it is told to.
    "fetch_setting.enable_ssrf_protection": "false",
}
RATIO = 0.1  # of its price of a token: what the keeper has must do for hundreds of orders
ENVIRONMENT = {
    "GLOBAL_API_RATE_LIMIT_ENABLE": "false",
    "CRITICAL_RATE_LIMIT_ENABLE": "false",
}


@dataclass(frozen=True)
class Channel:
    """What it sells of an upstream: a kind of channel, and names, each with the upstream's."""

    kind: int
    upstream: str
    models: Mapping[str, str]


class Refused(Exception):
    """What it answers while it is set up, where that is no success."""


@asynccontextmanager
async def running(binary: Path, folder: Path) -> AsyncIterator[str]:
    """The address of a fresh new-api on loopback. Missing where it does not start."""
    port = free_port()
    own = {"PORT": str(port), "SQLITE_PATH": str(folder / "new-api.db"), **ENVIRONMENT}
    with (folder / "new-api.log").open("wb") as log:
        try:
            process = await asyncio.create_subprocess_exec(
                *(str(binary), "--log-dir", str(folder)),
                env={"PATH": os.environ["PATH"], "HOME": str(folder), **own},
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        except OSError as error:
            raise Missing(f"{binary} cannot be run: {_why(error)}") from error
        base = f"http://127.0.0.1:{port}"
        async with answering(process, f"{base}/api/status", START_S, "new-api"):
            yield base


@asynccontextmanager
async def selling(binary: Path, folder: Path, *channels: Channel) -> AsyncIterator[tuple[str, str]]:
    """The address of a fresh new-api with these channels, and the key of its user.

    It keeps its files in a folder of its own. Raises Missing and Refused.
    """
    with tempfile.TemporaryDirectory(dir=folder) as own:
        async with running(binary, Path(own)) as base:
            yield base, await key(base, *channels)


def command(
    prog: str, about: str | None, table: Callable[[Path, Path], Coroutine[Any, Any, Rows]]
) -> int:
    """Run a command that is given a binary, and print its table; its exit status."""
    parser = arguments_of(prog, about)
    parser.add_argument("binary", type=Path)
    given = parser.parse_args()
    return printed(partial(table, given.binary.resolve()), given.folder)


def _why(error: OSError) -> str:
    return "not found" if isinstance(error, FileNotFoundError) else str(error.strerror)


async def key(base: str, *channels: Channel) -> str:
    """The key of a user of a fresh new-api, which has these channels. Raises Refused."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        admin = _Admin(session, base)
        await admin.settle([name for channel in channels for name in channel.models])
        for channel in channels:
            told = {"mode": "single", "channel": _told(channel)}
            await admin.call("POST", "/api/channel/", told)
        return await admin.token()


def _told(channel: Channel) -> dict[str, Any]:
    models = channel.models
    return {
        "type": channel.kind,
        "name": "simulator",
        "key": "sk-ark",
        "base_url": channel.upstream,
        "models": ",".join(models),
        "model_mapping": json.dumps({name: own for name, own in models.items() if name != own}),
        "group": "default",
        "groups": ["default"],
        "status": 1,
    }


class _Admin:
    """The keeper of an instance, by whom everything is set up."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self._session, self._base = session, base
        self._headers: dict[str, str] = {}

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The ``data`` of an answer; Refused where it is no success."""
        asked = self._session.request(method, self._base + path, json=body, headers=self._headers)
        async with asked as answer:
            text = await answer.text()
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        if not isinstance(found, dict) or found.get("success") is not True:
            raise Refused(f"{method} {path}: {text[:200]}")
        return found.get("data")

    async def settle(self, models: Sequence[str]) -> None:
        """Make the first user, log in, and set what a fresh instance lacks."""
        words = {"username": NAME, "password": PASSWORD}
        own = {"confirmPassword": PASSWORD, "SelfUseModeEnabled": True, "DemoSiteEnabled": False}
        await self.call("POST", "/api/setup", {**words, **own})
        found = await self.call("POST", "/api/user/login", words)
        user = found.get("user", found)
        self._headers["New-Api-User"] = str(user["id"])
        if "access_token" in found:
            self._headers["Authorization"] = f"Bearer {found['access_token']}"
        prices = {"ModelRatio": json.dumps(dict.fromkeys(models, RATIO))}
        for name, value in {**OPTIONS, **prices}.items():
            await self.call("PUT", "/api/option/", {"key": name, "value": value})

    async def token(self) -> str:
        """A new key without a limit of its own, in clear."""
        wanted = {"name": "suite", "unlimited_quota": True, "expired_time": -1, "remain_quota": 0}
        await self.call("POST", "/api/token/", wanted)
        listed = await self.call("GET", "/api/token/?p=1&size=10")
        first = (listed["items"] if isinstance(listed, dict) else listed)[0]
        clear = str(first["key"])
        if "*" in clear:
            clear = str((await self.call("POST", f"/api/token/{first['id']}/key"))["key"])
        return clear if clear.startswith("sk-") else f"sk-{clear}"
