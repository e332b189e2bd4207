"""The control plane of the simulator, where there is one: time, outcomes, ledgers."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp


class ControlError(RuntimeError):
    """A control plane that does not do what it promises."""


class Control:
    """Calls under `/_sim`, for one account."""

    def __init__(
        self, session: aiohttp.ClientSession, root: str, key: str, token: str = ""
    ) -> None:
        self._session, self.root, self.key = session, root.rstrip("/"), key
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.now_ms = 0

    async def healthy(self) -> bool:
        """Whether a control plane answers."""
        try:
            async with asyncio.timeout(3):
                status, body = await self._call("GET", "/_sim/health")
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
        return status == 200 and isinstance(body, Mapping) and body.get("status") == "ok"

    async def freeze(self) -> int:
        """Stop the account's clock and say what it shows."""
        return await self._clock({"freeze": True})

    async def thaw(self) -> int:
        """Let the account's clock run."""
        return await self._clock({"freeze": False})

    async def advance(self, ms: int, wait: str = "5s") -> int:
        """Move the account's clock and wait for what falls due."""
        self.now_ms += ms
        return await self._clock({"advance": ms, "wait": wait})

    async def _clock(self, change: Mapping[str, Any]) -> int:
        body = await self.call("POST", "/_sim/clock", {**change, "key": self.key})
        self.now_ms = int(body["now_ms"])
        return self.now_ms

    async def plan(
        self, plan: Mapping[str, Any], dialect: str, times: int | None = 1, key: str = ""
    ) -> str:
        """Settle the fate of the account's next orders."""
        match = {"dialect": dialect, "key": key or self.key}
        wish = {"match": match, "times": times, "plan": dict(plan)}
        return str((await self.call("POST", "/_sim/plans", wish))["id"])

    async def unplan(self, plan: str) -> None:
        """Take a plan back."""
        await self.call("DELETE", f"/_sim/plans/{plan}")

    async def task(self, task: str) -> Mapping[str, Any] | None:
        """The facts of a task, or None."""
        status, body = await self._call("GET", f"/_sim/tasks/{task}")
        return body if status == 200 and isinstance(body, Mapping) else None

    async def ledger(self, key: str) -> Mapping[str, Any]:
        """The entries of an account."""
        return dict(await self.call("GET", f"/_sim/ledger?key={key}"))

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """A control call that has to succeed."""
        status, answer = await self._call(method, path, body)
        if status >= 300:
            raise ControlError(f"{method} {path}: HTTP {status} {json.dumps(answer)[:300]}")
        return answer

    async def _call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = self.root + path
        async with self._session.request(method, url, json=body, headers=self._headers) as reply:
            raw = await reply.read()
            try:
                return reply.status, json.loads(raw) if raw else None
            except ValueError:
                return reply.status, None


def root_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
