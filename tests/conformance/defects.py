"""Gateways with a defect, really served: the simulator's own faults, each for ever."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from conformance.preflight import NotThere
from conformance.transcript import Transcript
from simulator import dialects
from simulator.faults.catalogue import CATALOGUE
from tests.conformance.meeting import recorded

LONGEST = 60
CARRIERS = (
    "200-html", "200-empty", "200-broken-json", "2xx-error-body", "500-own", "502-html",
    "504-empty", "reset-before-headers", "reset-in-headers", "reset-in-body", "truncated-body",
)  # fmt: skip
UNSEEN: Mapping[str, str] = {
    "429-": "a rate limit that asks for patience; the run waits and asks again",
    "503-retry-after": "a gateway may be overloaded, and says when to come back",
    "dribbled-body": "permitted: a body may come in pieces",
    "download-trickle": "permitted: a file may come in pieces",
    "slow-first-byte": "permitted: no document promises how soon an answer comes",
    "unknown-extra-keys": "permitted: more keys are never a fault",
    "url-escaped": "permitted: JSON may write any character by its number",
}


@dataclass(frozen=True)
class Defect:
    """A fault of the simulator that a gateway has, of one call or of all it can have."""

    fault: str
    call: str = ""
    when: str = ""

    @property
    def name(self) -> str:
        """The mutant's name."""
        return f"defect.{self.fault}" + (f".{self.call}" if self.call else "")


def of_dialect(name: str) -> list[Defect]:
    """The defects that a gateway of this dialect can have, but for those nobody can blame."""
    spoken = dialects.load(name)
    own = {route.kind for route in spoken.routes} | {"download"}
    found: list[Defect] = []
    for fault in CATALOGUE.values():
        if fault.lacks(spoken) or blameless(fault.name):
            continue
        if fault.name not in CARRIERS:
            found.append(Defect(fault.name))
            continue
        found.append(Defect(fault.name, "query", "at-terminal"))
        found += [
            Defect(fault.name, call)
            for call in ("list", "delete", "download")
            if call in own and call in fault.calls
        ]
    return found


def blameless(fault: str) -> str:
    """Why nobody may blame a gateway for this; the empty string where one may."""
    return next((why for head, why in UNSEEN.items() if fault.startswith(head)), "")


@dataclass(frozen=True)
class Meeting:
    """What a run has met: how often the defect struck, and what was recorded, or why nothing."""

    fired: int
    transcript: Transcript | None
    stopped: str = ""


@asynccontextmanager
async def standing(base: str, dialect: str, defect: Defect) -> AsyncIterator[Any]:
    """A defect on a server for as long as this lasts; what is yielded says how often it struck."""
    match = {"dialect": dialect} | ({"call": defect.call} if defect.call else {})
    wish: dict[str, Any] = {"fault": defect.fault, "match": match, "times": None}
    if defect.when:
        wish["when"] = defect.when
    async with aiohttp.ClientSession(base) as client:
        async with client.post("/_sim/faults", json=wish) as reply:
            assert reply.status < 300, await reply.text()

        async def fired() -> int:
            async with client.get("/_sim/faults") as reply:
                return sum(each["fired"] for each in (await reply.json())["items"])

        try:
            yield fired
        finally:
            await client.delete("/_sim/faults")


async def met(base: str, dialect: str, defect: Defect, ids: Iterable[str]) -> Meeting:
    """What the suite records of a server with one defect."""
    async with standing(base, dialect, defect) as fired:
        try:
            with tempfile.TemporaryDirectory() as folder:
                async with asyncio.timeout(LONGEST):
                    transcript = await recorded(base, dialect, ids, Path(folder))
        except NotThere as reason:
            return Meeting(await fired(), None, f"the run stops at once: {reason}")
        except TimeoutError:
            return Meeting(await fired(), None, "the run does not end within a minute")
        return Meeting(await fired(), transcript)
