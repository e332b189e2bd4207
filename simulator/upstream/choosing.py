"""Which recorded answer is the one: by what is asked, by whose task it is, and by its age.

What was said of a task after so many milliseconds of its life is said again at that age. A change
(an order, a deletion) begins a new part of a life, and ages count from there. A refusal for the
moment is said once, as it was. Equal orders get the recorded answers in turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from simulator.core.clock import FOREVER
from simulator.core.item import Item
from simulator.engine import Engine
from simulator.engine.dialect import Dialect
from simulator.engine.resolved import ResolvedCall
from simulator.store.redaction import clean, hashed
from simulator.upstream import claims, shadow
from simulator.upstream.cassette import Cassette, Interaction, shape, tokens
from simulator.upstream.claims import Claim
from simulator.upstream.lines import shown
from simulator.upstream.matching import differing, exactly, likest, meaning
from simulator.upstream.retelling import named

# So many recorded orders are looked at for the nearest one.
_MOST_NEAR = 200


class Unmatched(Exception):
    """Nothing recorded is an answer; the text names what comes nearest, ``place`` what differs."""

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(text)
        self.place = place


class NotOurs(Exception):
    """The call is of nobody, or of a task that is none of the caller's."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to say, by how many ms its moments are later, and which ids stand for the recorded.

    It is the right answer until ``until`` as long as the fact ``item`` stands as it is.
    """

    said: Interaction
    shift: int
    ids: dict[str, str] = field(default_factory=dict)
    item: Item | None = None
    until: int = 0


@dataclass(slots=True)
class Chooser:
    """Finds the recorded answers for one dialect of a server."""

    dialect: Dialect
    cassette: Cassette
    engine: Engine

    async def choose(self, resolved: ResolvedCall, body: bytes) -> Choice:
        """What to say to a call; Unmatched or NotOurs where nothing is."""
        assert resolved.route is not None
        call, kind = resolved.call, resolved.route.kind
        task = call.args.get("id", "")
        target = shape(call.target, task)
        if not call.account.key:
            return self._of_nobody(resolved, kind, target)
        if task:
            item = await self.claimed(resolved, task)
            return await self._lived(resolved, item, target)
        found = self._asked_for(resolved, kind, target, body)
        if call.method in ("GET", "HEAD"):
            return await self._listed(resolved, found)
        return await self._ordered(resolved, found)

    def _of_nobody(self, resolved: ResolvedCall, kind: str, target: str) -> Choice:
        found = self.cassette.calls(kind, resolved.call.method, target, keyed=False)
        if not found.all:
            raise NotOurs
        return Choice(found.all[0], resolved.call.now - found.all[0].at)

    async def claimed(self, resolved: ResolvedCall, task: str) -> Item:
        """The fact that the caller replays this task; one that was never ordered here begins."""
        account, now = resolved.call.account.key, resolved.call.now
        item = claims.item_of(resolved.state, task)
        if item is not None:
            return item
        if await claims.anybody(self.engine, task) is not None:
            raise NotOurs
        if self.dialect.reader.meant(task) in resolved.state.tasks:
            raise NotOurs  # the simulator's own, where that takes orders too
        life = self.cassette.lives.get(task)
        if life is None:
            near = likest(task, self.cassette.lives)
            raise Unmatched(f"nothing was recorded of {task[:80]!r}; the nearest is {near!r}", "id")
        first = life[0]
        if first.created:  # its first poll gets the first answer
            wait = next((one.at for one in life[1:]), first.at) - first.at
            await claims.claim(self.engine, self.dialect.name, account, first, task, now - wait, "")
        else:
            await claims.met(self.engine, self.dialect.name, account, first, task, now)
        item = await claims.anybody(self.engine, task)
        assert item is not None
        return item

    async def _lived(self, resolved: ResolvedCall, item: Item, target: str) -> Choice:
        """What was said of a task at its age."""
        assert resolved.route is not None
        call, kind, claim = resolved.call, resolved.route.kind, Claim.of(item)
        life = self.cassette.lives.get(claim.task)
        if life is None:  # a server with another recording gave it out, on the same store
            raise Unmatched(f"{claim.id[:80]!r} is of a task that is not in this recording", "id")
        later = [one for one in life if one.place > claim.place]
        end = next((one.place for one in later if one.changes), FOREVER)
        reads = call.method in ("GET", "HEAD")
        found = [
            one
            for one in later
            if (one.call, one.method, one.target) == (kind, call.method, target)
            and (one.place < end or not reads)
        ]
        if not found:
            self._never(life, f"{call.method} {call.path}")
        begins = next((one.at for one in life if one.place == claim.place), life[0].at)
        said, until = await self._at_age(resolved, found, begins, call.now - claim.at, claim.id)
        if said.changes:
            await claims.changed(self.engine, call.account.key, item, said, call.now)
            await claims.mark(self.engine, self.dialect.name, call.account.key, said, call.now)
        ids = {claim.task: claim.id} if claim.task != claim.id else {}
        if others := self.cassette.mentions(said) - {claim.task}:
            ids |= claims.renamed(resolved.state, others)
        until = 0 if said.changes or said.refused_for_now else min(FOREVER, until + claim.at)
        return Choice(said, claim.born - life[0].at, ids, item, until)

    async def _at_age(
        self, resolved: ResolvedCall, found: Sequence[Interaction], begins: int, age: int, who: str
    ) -> tuple[Interaction, int]:
        """What was said last at an age, and at which age something else is said."""
        name, key, state = self.dialect.name, resolved.call.account.key, resolved.state
        due = [one for one in found if one.at - begins <= age] or found[:1]
        until = next((one.at - begins for one in found[len(due) :]), FOREVER)
        settled = [one for one in due if not one.refused_for_now]
        last = settled[-1] if settled else None
        for one in due:
            if not one.refused_for_now or (last is not None and one.place < last.place):
                continue
            if await claims.first(self.engine, state, name, key, f"{who} {one.place}"):
                return one, until
        return last or next((one for one in found if not one.refused_for_now), due[-1]), until

    def _asked_for(
        self, resolved: ResolvedCall, kind: str, target: str, body: bytes
    ) -> list[Interaction]:
        """The interactions in which the same was asked for."""
        call = resolved.call
        recorded = self.cassette.calls(kind, call.method, self._before(resolved, target), True)
        order = self._meaning(resolved, body)
        found = recorded.like(exactly(order))
        if not found:
            self._nearest(recorded.all, order, f"{call.method} {call.path}")
        mine = hashed(call.account.key)
        own = [one for one in found if one.key == mine]
        return own or [one for one in found if one.status not in (401, 403)] or found

    def _meaning(self, resolved: ResolvedCall, body: bytes) -> object:
        """What is sent, without secrets and with the recorded ids, as it was recorded."""
        call = resolved.call
        text = self._before(resolved, body.decode("utf-8", "surrogateescape"))
        sent = shown(text.encode("utf-8", "surrogateescape"))
        value = sent["json"] if sent["is_json"] else sent["text"] or None
        value = clean(value, call.account.key)
        return meaning(value, call.headers.get("Content-Type", ""))

    def _before(self, resolved: ResolvedCall, text: str) -> str:
        """A text of the client's with the recorded ids in the places of those given out here."""
        facts = resolved.state.items
        if not facts or not text:
            return text
        known = {
            one: str(item.facts["task"])
            for one in tokens(text)
            if (item := claims.item_of(resolved.state, one)) is not None
        }
        return named(text, {new: old for new, old in known.items() if new != old})

    async def _ordered(self, resolved: ResolvedCall, found: list[Interaction]) -> Choice:
        """The answers to equal orders in their turn, and the accepted ones again after them."""
        call, name = resolved.call, self.dialect.name
        account, now = call.account.key, call.now
        turn = await claims.turn(self.engine, name, account, str(found[0].place))
        again = [one for one in found if one.changes and not one.repeated] or found[-1:]
        said = found[turn] if turn < len(found) else again[turn % len(again)]
        if said.changes:
            await claims.mark(self.engine, name, account, said, now)
        if not said.created:
            return Choice(said, now - said.at, self._named(resolved, said))
        if said.repeated:  # the answer that an idempotent order was given before
            ids = claims.renamed(resolved.state, frozenset({said.created}))
            return Choice(said, now - said.at, ids)
        fresh = await self._fresh(resolved, said.created)
        made = await claims.claim(self.engine, name, account, said, said.created, now, fresh)
        return Choice(said, now - said.at, {said.created: made.id} if fresh else {})

    async def _fresh(self, resolved: ResolvedCall, recorded: str) -> str:
        """A new id in the form of the dialect, where the recorded one has been given."""
        if await claims.anybody(self.engine, recorded) is None:
            return ""
        assert resolved.route is not None
        order = await shadow.order_of(resolved.route, resolved.call, self.engine)
        made = "" if isinstance(order, str) else order.name(0)
        return (made and claims.shown_as(self.dialect.reader, recorded, made)) or recorded

    def _named(self, resolved: ResolvedCall, said: Interaction) -> dict[str, str]:
        """The ids by which the caller knows the tasks that an answer names."""
        return claims.renamed(resolved.state, self.cassette.mentions(said))

    async def _listed(self, resolved: ResolvedCall, found: list[Interaction]) -> Choice:
        """What was said of no task alone, so long after the last change."""
        call = resolved.call
        place, at, then = claims.marked(resolved.state, call.account.key) or (-1, 0, 0)
        if not at:
            at, then = call.now, found[0].at
        changes = (one.place for one in self.cassette.all if one.changes and one.place > place)
        end = next(changes, FOREVER)
        within = [one for one in found if place < one.place < end]
        if within:
            said, _ = await self._at_age(resolved, within, then, call.now - at, f"list {place}")
        else:
            said = ([one for one in found if one.place < place] or found[:1])[-1]
        return Choice(said, at - then, self._named(resolved, said))

    def _never(self, life: Sequence[Interaction], asked: str) -> NoReturn:
        near = likest(asked, [f"{one.method} {one.url}" for one in life])
        number = next(one.number for one in life if f"{one.method} {one.url}" == near)
        raise Unmatched(f"nothing was recorded of {asked} here; the nearest is exchange {number}")

    def _nearest(self, recorded: Sequence[Interaction], order: object, asked: str) -> NoReturn:
        """Say which recorded call comes nearest, and what differs."""
        if not recorded:
            known = {f"{one.method} {one.target}": one.number for one in self.cassette.all}
            near = likest(asked, known)
            text = f"nothing was recorded of {asked}; the nearest is exchange {known[near]}, {near}"
            raise Unmatched(text)
        # One that is not even of this form differs at a single place: at its root.
        alike = [one for one in recorded if type(one.order) is type(order)]
        some = (alike or recorded)[:_MOST_NEAR]
        told = [(list(differing(one.order, order)), one.number) for one in some]
        different, number = min(told, key=lambda one: len(one[0]))
        place, old, new = different[0] if different else ("", "the same", "something else")
        more = f", and differs at {len(different) - 1} other places" if different[1:] else ""
        text = f"the nearest is exchange {number}, which has {old} at {place} and not {new}{more}"
        raise Unmatched(f"nothing recorded is this order; {text}", place)
