"""The cause that a call is not there: whatever it is asked, it answers that there is no such path.

One missing call breaks every row that needs it, each with a 404 of its own. A 404 about a task may
also be about the task, so where a path has an id only answers count that speak of the path.
"""

import re
from collections.abc import Iterator

from conformance.collect.transcript import Exchange
from conformance.judge.case import told
from conformance.judge.symptoms import Owns, Run, Symptom, good, numbers
from conformance.judge.verdicts import Result

GONE = (404, 405, 501)
NO_PATH = re.compile(
    r"invalid url|cannot (get|post|put|patch|delete)\b|no(t found)? (such )?(route|path|url|page|"
    r"endpoint|api)|(route|path|url|page|endpoint|method)( is)? not (found|allowed|exist)",
    re.IGNORECASE,
)
Call = tuple[str, str]


def calls(run: Run) -> Iterator[Symptom]:
    """Each documented call that is answered as if there were none; orders have their own cause."""
    for method, path in _documented(run):
        every = [each for each in run.transcript.exchanges if _is(each, method, path)]
        own = [each for each in every if _own(run, path, each)]
        if not own or not all(_absent(path, each) for each in own):
            continue
        call, gone = f"{method} {path}", [each for each in every if _absent(path, each)]
        times = "it is" if len(own) == 1 else f"all {len(own)} calls are"
        yield Symptom(
            "call-missing",
            f"the call {call} is not there: {times} answered {told(own[0])}",
            f"serve {call}, as {run.dialect.title} documents it, or mend --base-url",
            numbers(own),
            _resting(run, (method, path), gone),
            kinds=("route", "list", "delete", "content", "asset", "shape"),
            voids=_empty(run, gone),
        )


def _documented(run: Run) -> Iterator[Call]:
    """The calls of the dialect besides its orders, but for those that it has at another host."""
    dialect = run.dialect
    assets = [row for row in run.plan.rows if row.kind == "asset"]
    found = [(each.method, each.path) for each in (dialect.query, dialect.removal)]
    found += [(dialect.download.method, dialect.download.path)] if dialect.download else []
    found += [("GET", dialect.list.path)]
    found += [(row.expect["method"], row.expect["path"]) for row in assets]
    away = {row.expect["path"] for row in assets if "elsewhere" in row.expect}
    bare = ((method, path.partition("?")[0]) for method, path in found if path not in away)
    order = run.dialect.create.method, run.dialect.create.path
    yield from dict.fromkeys(each for each in bare if each[1] and each != order)


def _is(each: Exchange, method: str, path: str) -> bool:
    """Whether an exchange is this call, of whatever task."""
    pattern = "[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path)))
    return each.method == method and bool(re.fullmatch(pattern, each.url.partition("?")[0]))


def _own(run: Run, path: str, each: Exchange) -> bool:
    """Whether an answer has the key, and is about a task of the run where the path names one."""
    return each.auth == "key" and ("{" not in path or each.of in run.made)


def _absent(path: str, each: Exchange) -> bool:
    """Whether an answer says that there is no such path."""
    if each.status not in GONE:
        return False
    return "{" not in path or each.status != 404 or not each.is_json or _of_path(each)


def _of_path(each: Exchange) -> bool:
    return NO_PATH.search(each.said) is not None


def _resting(run: Run, call: Call, found: list[Exchange]) -> Owns:
    """The rows whose only bad answers are these, or that wait for a task that cannot be read."""
    known = {each.number for each in found}
    reads = call == (run.dialect.query.method, run.dialect.query.path)

    def owns(result: Result) -> bool:
        evidence = run.evidence(result)
        waits = reads and result.result == "not-run" and bool(evidence)
        mine = waits or any(each.number in known for each in evidence)
        # A deletion that had to be refused, and was, is no fault of its own.
        due = result.row.expect.get("http", ())
        fine = (each.number in known or good(each) or each.status in due for each in evidence)
        return mine and all(fine)

    return owns


def _empty(run: Run, found: list[Exchange]) -> Owns:
    """The rows whose refusals are these and no others: who knows no such call refuses anything."""
    known = {each.number for each in found}

    def voids(result: Result) -> bool:
        evidence = run.evidence(result)
        return bool(evidence) and all(each.number in known for each in evidence)

    return voids


FINDERS = (calls,)
