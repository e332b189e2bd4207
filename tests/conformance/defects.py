"""Gateways with a defect, really served: the simulator's own faults, each for ever."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from conformance.collect.preflight import NotThere
from conformance.collect.transcript import Transcript
from simulator import dialects
from simulator.faults.catalogue import CATALOGUE
from tests.conformance.meeting import recorded

LONGEST = 180
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
    "x-tos-expiration": "permitted: a header may have UTF-8 in it, as that of the upstream has",
    "url-escaped": "permitted: JSON may write any character by its number",
}
# Why no rule of some dialect fails or warns, by the fault's name.
UNNOTICED: Mapping[str, str] = {
    "200-html.download": "a page in the place of a file: no rule of files is stated for sure here",
    "401-exhausted-key": "the run stops before it judges: the endpoint refuses the key (exit 3)",
    "403-on-poll": "the run stops before it judges: the endpoint refuses the key (exit 3)",
    "500-at-terminal": "a 500 settles nothing, and the next query is answered",
    "504-after-accept": "an order without an answer settles nothing: the verdict is incomplete",
    "bad-gzip": "only the rule of gzip asks for it, and the documents leave gzip unclear",
    "billed-not-requested-length": "no document names the price, and the usage shown is right",
    "billed-twice": "no rule that is sure goes by the balance, and the usage shown is right",
    "callback-": "what is said of callbacks comes from beside the documents: a reading is reported",
    "cancelled-word": "cancelled is a documented end too; the rules of failures are not run",
    "clip-silent": "the document has no field for sound: a reading is reported",
    "content-": "no rule asks for the file by that call",
    "create-answered-twice": "HTTP has no place for a second answer: the client drops it",
    "double-refund": "the documents leave open what a failure gives back: a reading is reported",
    "download-": "a transfer that breaks is no answer, and no rule states what the file is",
    "drop-after-accept": "an order without an answer settles nothing: the verdict is incomplete",
    "error-as-string": "the documents leave the form of refusals open: a reading is reported",
    "error-code-": "the documents leave the codes of refusals open: a reading is reported",
    "error-text-in-result_url": "the documents do not say that a failed task has no link",
    "expired-word": "expired is a documented end too; the rules of failures are not run",
    "failure-unexplained": "the documents promise no reason of a failure: a reading is reported",
    "frames-swapped": "no order of this dialect has a picture that its clip begins or ends with",
    "id-changes-on-query": "the document's own example shows another id in the query",
    "late-settlement": "no document says when a price is booked",
    "link-expires-early": "the lifetime of links is unclear or not the main document's",
    "list-lags": "it never strikes: a run lists when its tasks are older than the lag",
    "model-substituted": "no answer of this dialect names the model",
    "moderation-late": "no document says when a review of the content has to end",
    "nulls-for-objects": "no document says that an object that is absent may not be null",
    "numbers-as-strings": "it never strikes: the answers of this dialect hold no number",
    "order-doubled": "a second task that nobody is told of can be seen only on a bill",
    "outer-inner-disagree": "the inner status is not of the main document",
    "picture-ignored": "no order of this dialect has a picture that its clip begins or ends with",
    "progress-frozen": "the documents do not say that progress moves before the end",
    "refund-missing": "the documents leave open what a failure gives back: a reading is reported",
    "reserved-not-settled": "no document names the price, and only proportions are judged",
    "request-echoed": "more keys are never a fault, and the orders it repeats hold no link",
    "reset-": "a connection that breaks is no answer: the rules of the file are not run",
    "status-lags": "a task that is told late looks like one that takes longer",
    "status-unknown-first": "the word is one of those that the dialect tolerates",
    "truncated-body": "a transfer that breaks is no answer: the rules of the file are not run",
    "url-rejects-authorization": "only unclear rules send a key to a file: it never strikes else",
    "usage-late": "the documents leave open when the usage is there: a reading is reported",
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


def unnoticed(name: str) -> str:
    """Why a defect is noticed by no rule; the empty string where nobody has said."""
    head, _, fault = name.partition(".")
    if head != "defect":
        return ""
    return next((why for head, why in UNNOTICED.items() if fault.startswith(head)), "")


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
        except NotThere:
            return Meeting(await fired(), None, "the run stops before it judges")
        except TimeoutError:
            return Meeting(await fired(), None, "the run does not end within three minutes")
        return Meeting(await fired(), transcript)
