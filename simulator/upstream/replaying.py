"""The handler of a dialect whose calls are answered from a recording.

What was recorded is said again, and what it says is taken down as an upstream's answer is: so
journal, verdict, faults and bill are as they are in front of a real endpoint. Moments, links and
ids in it become those of the new life. What nothing recorded answers is a 501 in the control
plane's form, or is left to the simulator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from simulator.core.item import Item
from simulator.engine import Engine
from simulator.engine.call import BODY_LIMIT, Clip, Reply, Stream
from simulator.engine.dialect import Dialect
from simulator.engine.resolved import ResolvedCall
from simulator.faults.active import Strike
from simulator.http.pipeline import handled
from simulator.store import journal
from simulator.upstream.budget import Budget
from simulator.upstream.cassette import SAID_ANEW, Interaction
from simulator.upstream.choosing import Choice, Chooser, NotOurs, Unmatched
from simulator.upstream.passing import NOT_OURS, Got, Passing, Silent, again
from simulator.upstream.recalling import OF
from simulator.upstream.retelling import moved, named

_CLIENT_ID = "x-client-request-id"
MOST_KEPT = 4096

Name = tuple[str, str, str, str, str]


class Kept(NamedTuple):
    """An answer that is the right one until a moment, as long as a fact stands as it is."""

    item: Item
    until: int
    reply: Reply
    echoes: bool

    def stands(self, resolved: ResolvedCall) -> bool:
        item = self.item
        return resolved.call.now < self.until and resolved.state.items.get(item.id) is item


@dataclass(slots=True)
class Replaying:
    """One dialect of a server, whose calls are answered from a recording.

    ``simulate`` leaves what nothing recorded answers to the simulator.
    """

    dialect: Dialect
    chooser: Chooser
    simulate: bool = False
    _kept: dict[Name, Kept] = field(default_factory=dict)

    def forbids(self, resolved: ResolvedCall, strike: Strike) -> Reply | None:
        """Nothing: no order costs anything here."""
        return None

    def tells_of_now(self, resolved: ResolvedCall) -> bool:
        """Whether the recording answers, which tells of a task by its age."""
        name = self.dialect.reader.meant(resolved.call.args.get("id", ""))
        task = resolved.state.tasks.get(name)
        return task is None or OF in task.order.extra

    async def handle(self, resolved: ResolvedCall, engine: Engine) -> Reply | Clip | Stream | None:
        """The recorded answer to a call; None where the simulator's own is the one."""
        route, problem = resolved.route, resolved.problem
        if route is None or (problem is not None and problem.kind not in NOT_OURS):
            return None
        kept = self._kept.get(_name(resolved))
        if kept is not None and kept.stands(resolved):
            return _echoing(kept.reply, resolved) if kept.echoes else kept.reply
        if route.kind == "download":
            return await self._file(resolved)
        body = b"" if route.read is None else await resolved.call.read(BODY_LIMIT)
        call = msgspec.structs.replace(resolved.call, read=again(body))
        return await self._answered(msgspec.structs.replace(resolved, call=call), engine)

    async def _answered(
        self, resolved: ResolvedCall, engine: Engine
    ) -> Reply | Clip | Stream | None:
        turn = _Turn(self.chooser)
        try:
            passing = Passing(self.dialect, turn, Budget(None), paying=True, notes=turn.notes)
            reply = await passing.handle(resolved, engine)
        except NotOurs:
            return await self._own(resolved, engine)
        except Unmatched as no:
            return await self._own(resolved, engine) if self.simulate else _refused(no)
        if isinstance(reply, Reply) and turn.choice is not None:
            self._keep(resolved, reply, turn.choice)
        return reply

    async def _own(self, resolved: ResolvedCall, engine: Engine) -> Reply | Clip | Stream | None:
        """The simulator's answer. A body has been read by now, and is read here again."""
        assert resolved.route is not None
        return None if resolved.route.read is None else await handled(resolved, engine)

    async def _file(self, resolved: ResolvedCall) -> Reply | Stream | None:
        """Whether a file is one of the recording's: which one is found once it is asked for."""
        try:
            await self.chooser.claimed(resolved, resolved.call.args.get("id", ""))
        except NotOurs:
            return None
        except Unmatched as no:
            return None if self.simulate else _refused(no)
        return Stream()

    def _keep(self, resolved: ResolvedCall, reply: Reply, choice: Choice) -> None:
        if choice.item is None or choice.until <= resolved.call.now:
            return
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        echoes = _CLIENT_ID in choice.said.headers
        self._kept[_name(resolved)] = Kept(choice.item, choice.until, reply, echoes)


@dataclass(slots=True)
class _Turn:
    """One call's source of an answer, which remembers what was chosen."""

    chooser: Chooser
    choice: Choice | None = None

    async def ask(self, resolved: ResolvedCall, body: bytes) -> Got:
        self.choice = choice = await self.chooser.choose(resolved, body)
        said = choice.said
        if said.status is None:
            raise Silent(said.silence)
        return Got(said.status, _headers(said, resolved), _body(choice))

    def notes(self) -> dict[str, str]:
        """Which recorded task the one stands for that was ordered."""
        return {} if self.choice is None else {OF: self.choice.said.created}


def _body(choice: Choice) -> bytes:
    said = choice.said
    if not choice.ids and not (said.is_json and choice.shift):
        return said.body
    text = said.body.decode("utf-8", "surrogateescape")
    text = moved(text, said.at, choice.shift) if said.is_json else text
    return named(text, choice.ids).encode("utf-8", "surrogateescape")


def _headers(said: Interaction, resolved: ResolvedCall) -> Mapping[str, str]:
    """The recorded headers; the id that a client gives its request comes back as it is now."""
    kept = {name: value for name, value in said.headers.items() if name not in SAID_ANEW}
    if _CLIENT_ID in kept:
        kept[_CLIENT_ID] = resolved.call.headers.get(_CLIENT_ID, "")
    return {name.title(): value for name, value in kept.items() if value}


def _echoing(reply: Reply, resolved: ResolvedCall) -> Reply:
    given, name = resolved.call.headers.get(_CLIENT_ID), _CLIENT_ID.title()
    headers = {n: v for n, v in reply.headers.items() if n != name}
    headers |= {name: given} if given else {}
    return msgspec.structs.replace(reply, headers=headers)


def _refused(no: Unmatched) -> Reply:
    """What nothing recorded answers, in the form of the control plane: it is no dialect's word."""
    journal.remark(str(no))
    error = {"code": "not_recorded", "message": str(no), "field": no.place or None}
    # The official SDKs of OpenAI and Ark try a 501 again, unless they are told not to.
    return Reply(501, {"error": error}, {"X-Should-Retry": "false"})


def _name(resolved: ResolvedCall) -> Name:
    call = resolved.call
    return call.account.key, call.base, call.method, call.path, call.query
