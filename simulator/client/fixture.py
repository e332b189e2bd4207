"""What the fixtures ``seedance`` and ``aseedance`` are: an account on a running simulator."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from simulator.client.remote import Refused, Remote, Unreachable

SHOWN_CALLS = 20
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Bill:
    """What an account's tasks came to. ``cost_usd`` is None where a price is not known."""

    tasks: int
    orphaned: int
    cost_usd: float | None
    unpriced: list[str]
    lines: list[dict[str, Any]]

    def assert_at_most(
        self,
        tasks: int | None = None,
        orphaned: int | None = None,
        cost_usd: float | None = None,
    ) -> None:
        """Fail if there were more tasks, more of them in vain, or it cost more."""
        __tracebackhide__ = True
        for name, most in (("tasks", tasks), ("orphaned", orphaned), ("cost_usd", cost_usd)):
            have = getattr(self, name)
            if most is not None and (have is None or have > most):
                why = f"; no price is known of {', '.join(self.unpriced)}" if have is None else ""
                raise AssertionError(f"the bill has {name} = {have}, more than {most}{why}: {self}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is found about the client of an account; each finding as the control plane gives it."""

    verdict: str
    findings: list[dict[str, Any]]

    @property
    def ids(self) -> set[str]:
        return {finding["id"] for finding in self.findings}

    def __str__(self) -> str:
        from simulator.client.findings import words

        return words(self.findings) + f"verdict: {self.verdict}"


@dataclass(frozen=True, slots=True)
class Seedance:
    """An account of one test. Everything it does is the control plane's, for its key only."""

    remote: Remote
    key: str
    seed: int | None = None

    @property
    def base(self) -> str:
        """Scheme, host and port of the simulator."""
        return self.remote.base

    def url(self, dialect: str) -> str:
        """The address that a client of the dialect takes for its upstream's host."""
        return f"{self.base}/{dialect}"

    def clock(self, **move: Any) -> dict[str, Any]:
        """The account's clock, after it was moved: ``advance``, ``rate``, ``freeze``, ``wait``."""
        if move:
            found = self._ask("POST", "/clock", {**move, "key": self.key})
        else:
            found = self._ask("GET", "/clock", query={"key": self.key})
        return dict(found)

    def advance(self, span: str | int, wait: str | int = "5s") -> dict[str, Any]:
        """Move the account's clock, and say what happened when all that fell due has."""
        return self.clock(advance=span, wait=wait)

    def plan(
        self,
        *,
        dialect: str | None = None,
        model: str | None = None,
        prompt: str | None = None,
        order: Mapping[str, Any] | None = None,
        times: int | None = 1,
        **plan: Any,
    ) -> str:
        """Settle the fate of the next task, or so many: ``end``, ``code``, ``queue``, ``run``…"""
        match: dict[str, Any] = {"key": self.key, "dialect": dialect, "model": model}
        match |= {"prompt": prompt, "order": order}
        return str(self._ask("POST", "/plans", _order(match, times=times, plan=plan))["id"])

    def fault(
        self,
        fault: str | Mapping[str, Any],
        *,
        dialect: str | None = None,
        call: str | None = None,
        **when: Any,
    ) -> str:
        """Let a fault happen, by its name or made up: ``times``, ``when``, ``share`` say when."""
        match = {"key": self.key, "dialect": dialect, "call": call}
        return str(self._ask("POST", "/faults", _order(match, fault=fault, **when))["id"])

    def calls(self, **filters: Any) -> list[dict[str, Any]]:
        """The account's exchanges, oldest first; ``path``, ``status``, ``kind``… choose some."""
        return self._all("/calls", **filters)

    def tasks(self, dialect: str | None = None) -> list[dict[str, Any]]:
        """The account's tasks as facts, in the order of their acceptance."""
        return self._all("/tasks", dialect=dialect)

    def clip(self, url: str) -> bytes:
        """The bytes behind a link of this simulator."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        status, data = self.remote.fetch("GET", target, headers={"Host": parts.netloc})
        if status != 200:
            raise AssertionError(f"{url} is answered with {status}: {data[:500]!r}")
        return data

    def bill(self) -> Bill:
        """What the account's tasks cost, and would have cost upstream."""
        found = self._ask("GET", "/ledger", query={"key": self.key, "limit": 1})["bill"]
        return Bill(**{name: found[name] for name in Bill.__slots__})

    def verdict(self) -> Verdict:
        """What can be said about the client, from its calls so far.

        What it leaves behind shows once time has passed: ``advance`` the clock before.
        """
        return Verdict(**self._ask("GET", "/verdict", query={"key": self.key}))

    def assert_resilient(self, fail_on: str = "error") -> None:
        """Fail if there is a finding that is at least so severe: error, warning or info."""
        from simulator.client.findings import bad

        __tracebackhide__ = True
        found = self.verdict()
        if failing := bad(found.findings, fail_on):
            text = Verdict("fail", failing)
            raise AssertionError(f"the client is not resilient\n{text}")

    def reset(self) -> None:
        """Forget everything of the account."""
        self._ask("POST", "/reset", {"key": self.key})

    def awaited(self) -> "AsyncSeedance":
        """The same account with methods that are awaited, as ``aseedance`` is."""
        return AsyncSeedance(self)

    def told(self) -> str:
        """The last exchanges, the seed and the verdict, for a test that fails."""
        seed = "" if self.seed is None else f", --seedance-sim-seed={self.seed}"
        lines = [f"{self.base}, key {self.key}{seed}"]
        try:
            calls = self.calls()
            lines += [_line(call) for call in calls[-SHOWN_CALLS:]]
            lines.append(str(self.verdict()))
        except (Refused, Unreachable) as error:
            lines.append(str(error))
        return "\n".join(lines)

    def _all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["id"] if found else None
            asked = {**query, "key": self.key, "limit": PAGE, "after": after}
            page = self._ask("GET", path, query=asked)["items"]
            found += page
            if len(page) < PAGE:
                return found

    def _ask(self, *given: Any, **also: Any) -> Any:
        return self.remote.ask(*given, **also)


def _order(match: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {"match": {name: value for name, value in match.items() if value is not None}, **fields}


def _line(call: Mapping[str, Any]) -> str:
    reply, request = call["reply"] or {}, call["request"]
    parts = [str(call["id"]), call["kind"], request["method"], request["path"]]
    parts += [str(reply.get("status", "no answer")), *call["faults"], call["lost"] or ""]
    return "  " + " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class AsyncSeedance:
    """An account whose methods leave the loop free while they ask."""

    account: Seedance

    @property
    def key(self) -> str:
        return self.account.key

    @property
    def base(self) -> str:
        return self.account.base

    def url(self, dialect: str) -> str:
        return self.account.url(dialect)

    async def clock(self, **move: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self.account.clock, **move)

    async def advance(self, span: str | int, wait: str | int = "5s") -> dict[str, Any]:
        return await asyncio.to_thread(self.account.advance, span, wait)

    async def plan(self, **plan: Any) -> str:
        return await asyncio.to_thread(self.account.plan, **plan)

    async def fault(self, fault: str | Mapping[str, Any], **when: Any) -> str:
        return await asyncio.to_thread(self.account.fault, fault, **when)

    async def calls(self, **filters: Any) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self.account.calls, **filters)

    async def tasks(self, dialect: str | None = None) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self.account.tasks, dialect)

    async def clip(self, url: str) -> bytes:
        return await asyncio.to_thread(self.account.clip, url)

    async def bill(self) -> Bill:
        return await asyncio.to_thread(self.account.bill)

    async def verdict(self) -> Verdict:
        return await asyncio.to_thread(self.account.verdict)

    async def assert_resilient(self, fail_on: str = "error") -> None:
        await asyncio.to_thread(self.account.assert_resilient, fail_on)

    async def reset(self) -> None:
        await asyncio.to_thread(self.account.reset)
