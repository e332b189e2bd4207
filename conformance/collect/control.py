"""The control plane of the simulator, where there is one: time, outcomes, ledgers."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from conformance.untrusted import bounded

# A gateway on loopback may pose as a simulator: its control plane is an endpoint like another.
MOST, LONGEST_S = 16 * 1024 * 1024, 120.0


class ControlError(RuntimeError):
    """A control plane that does not do what it promises."""


class Control:
    """Calls under `/_sim`, for one account."""

    def __init__(
        self, session: aiohttp.ClientSession, root: str, key: str, token: str = ""
    ) -> None:
        self._session, self.root, self.key = session, root.rstrip("/"), key
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._plans: list[str] = []
        self._ran = False
        self.now_ms = 0

    async def health(self) -> Mapping[str, Any] | None:
        """What a control plane says of itself; None where none answers."""
        try:
            async with asyncio.timeout(3):
                status, body = await self._call("GET", "/_sim/health")
        except (ControlError, TimeoutError):
            return None
        well = status == 200 and isinstance(body, Mapping) and body.get("status") == "ok"
        return body if well and isinstance(body, Mapping) else None

    async def freeze(self) -> int:
        """Stop the account's clock and say what it shows."""
        status, body = await self._call("GET", f"/_sim/clock?{urlencode({'key': self.key})}")
        self._ran = status == 200 and isinstance(body, Mapping) and body.get("frozen") is False
        return await self._clock({"freeze": True})

    async def leave(self) -> None:
        """Take back what was asked for and not used up, and let a clock run that ran before."""
        for plan in self._plans:
            await self._call("DELETE", f"/_sim/plans/{plan}")
        self._plans.clear()
        if self._ran:
            await self.thaw()

    async def thaw(self) -> int:
        """Let the account's clock run."""
        return await self._clock({"freeze": False})

    async def advance(self, ms: int, wait: str = "5s") -> int:
        """Move the account's clock and wait for what falls due."""
        self.now_ms += ms
        return await self._clock({"advance": ms, "wait": wait})

    async def _clock(self, change: Mapping[str, Any]) -> int:
        body = await self.call("POST", "/_sim/clock", {**change, "key": self.key})
        now = body.get("now_ms") if isinstance(body, Mapping) else None
        if not isinstance(now, int) or not 0 <= now < 2**53:
            raise ControlError("POST /_sim/clock: no time in the answer")
        self.now_ms = now
        return now

    async def plan(
        self, plan: Mapping[str, Any], dialect: str, times: int | None = 1, key: str = ""
    ) -> str:
        """Settle the fate of the account's next orders."""
        match = {"dialect": dialect, "key": key or self.key}
        wish = {"match": match, "times": times, "plan": dict(plan)}
        body = await self.call("POST", "/_sim/plans", wish)
        if not isinstance(body, Mapping) or not isinstance(body.get("id"), str):
            raise ControlError("POST /_sim/plans: no id in the answer")
        self._plans.append(str(body["id"]))
        return self._plans[-1]

    async def unplan(self, plan: str) -> None:
        """Take a plan back."""
        self._plans.remove(plan)
        await self.call("DELETE", f"/_sim/plans/{plan}")

    async def task(self, task: str) -> Mapping[str, Any] | None:
        """The facts of a task, or None."""
        status, body = await self._call("GET", f"/_sim/tasks/{task}")
        return body if status == 200 and isinstance(body, Mapping) else None

    async def tasks(self) -> int:
        """How many tasks the account has."""
        query = urlencode({"key": self.key, "limit": 1})
        body = await self.call("GET", f"/_sim/tasks?{query}")
        total = body.get("total") if isinstance(body, Mapping) else None
        return total if isinstance(total, int) else 0

    async def ledger(self, key: str) -> Mapping[str, Any]:
        """The entries of an account."""
        body = await self.call("GET", f"/_sim/ledger?key={key}")
        return body if isinstance(body, Mapping) else {}

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """A control call that has to succeed."""
        status, answer = await self._call(method, path, body)
        if status >= 300:
            raise ControlError(f"{method} {path}: HTTP {status} {json.dumps(answer)[:300]}")
        return answer

    async def _call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = self.root + path
        sent = self._session.request(method, url, json=body, headers=self._headers)
        try:
            async with asyncio.timeout(LONGEST_S), sent as reply:
                raw = bytearray()
                while len(raw) <= MOST and (piece := await reply.content.read(64 * 1024)):
                    raw += piece
                return reply.status, _json(bytes(raw))
        except TimeoutError as fault:
            raise ControlError(f"{method} {path}: no answer within {LONGEST_S:g} s") from fault
        except (aiohttp.ClientError, OSError) as fault:
            raise ControlError(f"{method} {path}: {fault}") from fault


def _json(raw: bytes) -> Any:
    try:
        return bounded.parse(raw, MOST, MOST) if raw else None
    except ValueError:
        return None


def root_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
