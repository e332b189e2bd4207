"""Where in the dialect a difference belongs: to a rule, a refusal, or an entry of its answers.

What is named is what its OpenAPI document has too, which is made from the same values: calls by
method and path, refusals by their kind, rules by what they say.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, replace

from simulator.core.problems import Problem, Refusal
from simulator.core.rules import Rule
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect, Route

_NUMBER = re.compile(r"/\d+(?=/|$)")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a dialect.

    ``part`` is ``rule``, ``no rule``, ``refusal``, ``answer``, ``header``, ``life`` or ``clip``;
    ``name`` the entry in that part: the kind of a rule and its field, the kind of a refusal, what
    an answer has at a place, a header. ``call`` is the method and path of the call as the document
    prints them, and ``says`` the sentence of a rule or refusal. What does not apply is empty.
    """

    part: str
    name: str = ""
    call: str = ""
    says: str = ""

    def __str__(self) -> str:
        text = " ".join(filter(None, (self.part, self.name)))
        if self.part == "answer":
            text = f"{self.name} in the answer" if self.name else self.part
        text += f" of {self.call}" if self.call else ""
        return f"{text}: {self.says}" if self.says else text


class Stumbled:
    """A dialect that notes why it refused the last call, and which of the call's rules did."""

    def __init__(self, dialect: Dialect) -> None:
        self._own = dialect
        self.dialect = replace(dialect, refuse=self._refuse)
        self.over: tuple[Problem, Rule | None] | None = None

    def _refuse(self, problem: Problem, call: Call) -> Reply:
        self.over = problem, _rule(self._own, problem, call)
        return self._own.refuse(problem, call)


def _rule(dialect: Dialect, problem: Problem, call: Call) -> Rule | None:
    """The row that found a problem: the first that this body breaks, if it says the same."""
    with suppress(Refusal):  # where the call goes nowhere
        route = dialect.match(call.method, call.path, call.query)[0]
        told = ((rule, rule.problem(call.body)) for rule in route.rules_of(call.observed))
        rule, said = next(((r, p) for r, p in told if p is not None), (None, None))
        return rule if said == problem else None
    return None


def row(
    place: str,
    dialect: Dialect,
    route: Route | None,
    over: tuple[Problem, Rule | None] | None,
    refused: bool,
) -> Row:
    """The row to which a difference at a place of an answer belongs.

    ``route`` is None where the dialect has no such call; ``over`` is why the simulator refused it,
    if it did, and ``refused`` whether the recorded side did.
    """
    call = "" if route is None else f"{route.method} {route.path}"
    kind, _, name = place.partition(" ")
    if kind == "header" or place == "content-type":
        return Row("header", name or place, call)
    if over is not None:
        problem, rule = over
        says = f"{problem.fields} {problem.detail}".strip()
        if rule is None:
            return Row("refusal", problem.kind, call, says)
        return Row("rule", f"{type(rule).__name__} {problem.field}".strip(), call, says)
    if refused:
        return Row("no rule", "", call, "nothing in this dialect refuses such a call")
    return Row("answer", _entry(place, dialect), call)


def _entry(place: str, dialect: Dialect) -> str:
    """What stands at a place, by the dialect's own reader; else nothing in particular."""
    reader = dialect.reader
    for items in reader.items:
        place = place.removeprefix(f"{items}/*")
    named = {
        "status": (*reader.status, *reader.inner),
        "progress": reader.progress,
        "link": reader.link,
        "usage": reader.usage,
        "failure": (*reader.code, *reader.message, *reader.reason),
        "id": (*reader.created, *reader.id),
        "total": reader.total,
    }
    for name, places in named.items():
        if any(_within(place, _NUMBER.sub("/*", one)) for one in places):
            return name
    return ""


def _within(place: str, holder: str) -> bool:
    return place == holder or place.startswith(f"{holder}/")
