"""The second stage's hands: sends probes, remembers tasks, writes everything down."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conformance.catalogue import orders, reader
from conformance.collect import signing, wireform
from conformance.collect.bounds import FETCHES, Bounds
from conformance.collect.credentials import Accounts
from conformance.collect.tasks import Task
from conformance.collect.transcript import Exchange, Transcript, Writer
from conformance.collect.transport import Answer, Outgoing, Transport
from conformance.plan import probes
from conformance.plan.ledger import ZERO, Ledger, OverBudget
from conformance.plan.probes import FILES, Probe
from conformance.plan.references import Missing, References
from conformance.plan.stage import Plan
from conformance.plan.terms import Way
from conformance.untrusted.bounds import bounded, shorten
from conformance.untrusted.redaction import Redactor


@dataclass
class Collector:
    """One run's state while it is being made. Files that are looked at once lie in `scratch`."""

    plan: Plan
    base: str
    accounts: Accounts
    references: References
    transport: Transport
    ledger: Ledger
    writer: Writer
    costs: Mapping[str, Decimal | None]
    headers: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    blind: Decimal = ZERO
    width: int = 8
    scratch: Path = Path()
    now: Callable[[], int] = lambda: round(time.time() * 1000)
    seen: Callable[[Exchange], None] = lambda exchange: None
    number: int = 0
    flying: int = 0
    answered: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    early: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    held: list[Probe] = field(default_factory=list)
    pictures: dict[tuple[str, int, int], Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.redactor = Redactor(self.accounts.secrets)
        self.slots = asyncio.Semaphore(self.width)
        self.fetches = asyncio.Semaphore(FETCHES)
        self.called = asyncio.Event()
        self.refusing = self.plan.world.catalogue.refusing

    @property
    def bounds(self) -> Bounds:
        """What the run may take."""
        return self.transport.bounds

    @property
    def dialect(self) -> Any:
        """The dialect's description."""
        return self.plan.world.dialect

    def remember(self, earlier: Transcript) -> None:
        """Take over what an earlier part of the run has bought."""
        for exchange in earlier.exchanges:
            self.number = max(self.number, exchange.number)
            if exchange.status is None:
                continue
            self._note_outcome(exchange)
            probe = self.plan.probes.get(exchange.probe)
            id = reader.task_id(self.dialect, exchange.json)
            if probe and exchange.call == "create" and id:
                self._made(probe, id, exchange)

    def _made(self, probe: Probe, id: str, exchange: Exchange) -> None:
        sent = frozenset(orders.strings(exchange.sent))
        self.tasks[probe.key] = Task(probe, id, created=exchange.at, sent=sent)

    def _note_outcome(self, exchange: Exchange) -> None:
        found = reader.outcome(self.dialect, exchange.status, exchange.json)
        self.answered[exchange.probe] = found

    async def group(self, keys: Sequence[str]) -> None:
        """The refusals of a rule, one after another, until one of them is taken."""
        for key in keys:
            probe = self.plan.probes[key]
            if key not in self.answered:
                await self.try_send(probe)
            if probe.want == "refuse" and self.answered.get(key) == "accepted":
                return

    async def try_send(self, probe: Probe) -> Exchange | None:
        """Send a probe once; a note says why where that cannot be."""
        if probe.key in self.answered:
            return None
        if self.ledger.bought(probe.key):
            self.skip(probe, "it was sent before, and its answer is not known")
            return None
        self.answered[probe.key] = "pending"
        try:
            exchange = await self._affordably(probe)
            if exchange.status == 429 and self._makes_room(probe):
                del self.answered[probe.key]
                self.held.append(probe)
            return exchange
        except Missing as reason:
            self.skip(probe, str(reason), "untestable", reason.option)
        except OverBudget as reason:
            self.skip(probe, str(reason), lacks=reason.option)
        self.answered[probe.key] = "skipped"
        return None

    def _makes_room(self, probe: Probe) -> bool:
        """Whether an order that is too many may be taken when others have ended."""
        return probe.call == "create" and probe.want == "accept" and bool(self.unended)

    @property
    def unended(self) -> list[Task]:
        """The tasks that may still hold a place for which others wait."""
        return [task for task in self.tasks.values() if not task.ended and not task.endless]

    async def _affordably(self, probe: Probe) -> Exchange:
        """Send a probe; what is over the budget waits for what may yet turn out to be free."""
        while True:
            try:
                async with self.slots:
                    self.flying += probe.cost != "free"
                    try:
                        return await self.send(probe)
                    finally:
                        self.flying -= probe.cost != "free"
            except OverBudget:
                if not self.flying:
                    raise
            await asyncio.sleep(0.005)

    def skip(self, probe: Probe, reason: str, result: str = "not-run", lacks: str = "") -> None:
        """Note that a probe was not sent, and for want of which option."""
        note = {"of": probe.key, "reason": reason, "result": result, "lacks": lacks}
        self.writer.line("skipped", note)

    async def send(self, probe: Probe, url: str = "", patient: bool = True) -> Exchange:
        """Send a probe and write the exchange down."""
        task = self.tasks.get(probe.of)
        form = wireform.formed(probe, self.references, self.models, self.dialect)
        outgoing = Outgoing(
            probe=probe.key,
            cost=probe.cost if probe.cost in ("contingent", "own", "shared") else "free",
            usd=self.price(probe),
            method=probe.method,
            url=url or self.address(probe, task),
            headers=self.outgoing_headers(probe, form.content_type)
            | signing.of_nobody(probe, form, self.base, self.accounts, self.dialect.signed_for),
            data=form.data,
            shape=probe.form.detail if probe.form.way is Way.SOCKET else "",
            patient=patient and probe.auth in ("key", "second", "none"),
            # Rests free a place only where time goes by itself.
            held=lambda: self._makes_room(probe),
            blind=self.blind if probe.blind else None,
            redirects=self.redirected(probe),
        )
        answer = await self.transport.send(outgoing, self.owed)
        exchange = self.exchange(probe, outgoing, form.shown, answer, task)
        self.record(probe, exchange, answer)
        return exchange

    def redirected(self, probe: Probe) -> bool:
        """Whether a redirect may be followed: a key or a user's own header goes nowhere else."""
        if probe.call == "content":
            return not self.headers  # of a key, the transport sees to it
        return probe.call == "download" and probe.auth == "none"

    def address(self, probe: Probe, task: Task | None) -> str:
        """Where a call goes, with the id of its task or of a file of the account's own."""
        path = probe.path
        if "{file}" not in path:
            return self.base + path.replace("{id}", task.id if task else "{id}")
        if (id := self.references.known.get("$file")) is None:
            raise Missing("no file was uploaded")
        return self.base + path.replace("{file}", quote(id, safe=""))

    def price(self, probe: Probe) -> Decimal:
        """The worst price of a probe; OverBudget where the list does not know it."""
        if probe.cost == "free":
            return ZERO
        usd = self.costs[probe.key]
        if usd is None and self.ledger.limits.cost is not None:
            raise OverBudget("the price list has no price for it", "--prices")
        return usd or ZERO

    def owed(self, answer: Answer) -> str:
        """What the ledger shall say of an answer."""
        return reader.owed(self.dialect, answer.status, answer.parsed[1], self.refusing)

    def outgoing_headers(self, probe: Probe, content_type: str | None) -> dict[str, str]:
        """The headers of a call: the user's own, credentials, the probe's.

        The user's own are for the endpoint: a store that a link leads to does not get them.
        """
        own = {} if probe.call == "download" else self.headers
        headers = {"Accept-Encoding": "identity", **own}
        headers.update(self.accounts.headers(probe.auth))
        if content_type:
            headers["Content-Type"] = content_type
        own_run = self.references.known.get("$run", "")
        return headers | {name: value.replace("$run", own_run) for name, value in probe.headers}

    def exchange(
        self, probe: Probe, outgoing: Outgoing, shown: Any, answer: Answer, task: Task | None
    ) -> Exchange:
        """The call and its answer, fit to be shown to anybody."""
        self.number += 1
        clip = probe.call in FILES and answer.status in (200, 206)
        is_json, value = answer.parsed
        text = "" if is_json or clip else answer.text
        self.bounds.keep(len(answer.raw) if is_json else len(text), value)
        redact = self.redactor
        return Exchange(
            number=self.number,
            probe=probe.key,
            call=probe.call,
            cost=probe.cost,
            want=probe.want,
            method=probe.method,
            url=redact.text(shorten(outgoing.url, self.base)),
            auth=probe.auth,
            of=probe.of,
            when=str(probe.when),
            tag=probe.tag,
            form=str(probe.form),
            task=task.id if task else "",
            sent_headers=redact.headers(outgoing.headers),
            sent=redact.value(bounded(shown)),
            status=answer.status,
            headers=redact.headers(answer.headers),
            json=redact.value(value) if is_json and not clip else None,
            is_json=is_json and not clip,
            text=redact.text(text),
            size=answer.size,
            fault=redact.text(answer.fault or ("" if is_json or clip else answer.beyond)),
            ms=answer.ms,
            at=self.now(),
            places=self.dialect.refusals,
        )

    def record(self, probe: Probe, exchange: Exchange, answer: Answer) -> None:
        """Write an exchange down, and what it says about a task."""
        self.writer.exchange(exchange)
        self._note_outcome(exchange)
        body = answer.parsed[1]
        if probe.call == "create" and self.answered[probe.key] == "accepted":
            self._made(probe, str(reader.task_id(self.dialect, body)), exchange)
            waiting, self.early = self.early, []
            for text, fact in waiting:
                self.heard(text, fact)
        elif probe.call == "asset":
            call = self.dialect.asset(probe.path)
            url = orders.first_at(body, [call.link]) if call and call.link else None
            self.uploads[probe.key] = str(url)
        elif probe.call == "query" and probe.of in self.tasks and probe.auth == "key":
            place = self.tasks[probe.of].read(self.dialect, body)
            if place is not None:
                self.writer.line("stray", {"of": probe.of, "at": place})
        self.seen(exchange)

    def heard(self, text: str, fact: Mapping[str, Any]) -> None:
        """Write a callback down; one that is sooner than its task's id waits for it."""
        self.called.set()
        self.bounds.called()
        self.bounds.keep(len(text), fact.get("body"))
        key = next((key for key, task in self.tasks.items() if task.id in text), None)
        if key is None:
            self.early.append((text, fact))
        else:
            self.writer.line("callback", {"of": key, **fact})

    async def poll(self, task: Task) -> Exchange:
        """Query a task; at a clock that stands still once more where a gateway fails to answer.

        The moment does not come back, and a gateway that is started anew says 502 once.
        """
        probe = probes.query(self.plan.world, of=task.probe.key)
        async with self.slots:
            exchange = await self.send(probe)
            lost = exchange.status is None or exchange.status >= 500
            return await self.send(probe) if lost and self.plan.world.control else exchange
