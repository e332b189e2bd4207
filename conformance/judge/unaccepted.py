"""Causes that stand before every task: the key, the orders, where ids and refusals stand."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from conformance.catalogue import orders, reader
from conformance.collect.transcript import Exchange
from conformance.judge import errors, grounds
from conformance.judge.case import Case, told
from conformance.judge.symptoms import (
    Owns,
    Run,
    Symptom,
    either,
    flat,
    good,
    instead,
    numbers,
    siblings,
    speaking,
)

KEY = re.compile(
    r"(invalid|incorrect|unknown|wrong|expired|disabled|malformed|missing)[\w ]{0,20}"
    r"(token|api.?key|credential)|(token|api.?key)[\w ]{0,20}(invalid|expired|incorrect|disabled)|"
    r"unauthori[sz]ed|无效的令牌|無效的令牌",
    re.IGNORECASE,
)


def key_refused(run: Run) -> Iterator[Symptom]:
    """Every order is refused for its key: no row can be judged, and no row is to blame."""
    if run.taken or not run.legal or not all(map(_about_key, run.legal)):
        return
    yield Symptom(
        "key-refused",
        f"the key is refused, so no order was looked at: {told(run.legal[0])}",
        "call with a key of this endpoint that may order (--api-key or SEEDANCE_API_KEY)",
        numbers(run.legal),
        run.rests(lambda each: not good(each)),
        blames=False,
    )


def _about_key(answer: Exchange) -> bool:
    if answer.status is None or not 400 <= answer.status < 500:
        return False
    words = answer.said
    return answer.status == 401 or KEY.search(words) is not None


def unnamed(run: Run) -> Iterator[Symptom]:
    """Orders are answered well, but their id stands at none of the documented places."""
    if run.taken or not run.legal or not all(map(good, run.legal)):
        return
    if not all(isinstance(each.json, Mapping) for each in run.legal):
        return
    places, body = run.dialect.id["create"], run.legal[0].json
    yield Symptom(
        "create-envelope",
        f"no answer to an order has its task id at {either(places)}{instead(body, 'id')}",
        f"answer an order with its id at {places[0]}, as {run.dialect.title} documents it"
        f"{speaking(run, body, 'id')}",
        numbers(run.legal),
        _fruitless(run),
        kinds=("identity", "shape"),
    )


def none_taken(run: Run) -> Iterator[Symptom]:
    """No legal order became a task."""
    if run.taken or not run.legal:
        return
    usual, many = Counter(map(grounds.said, run.legal)).most_common(1)[0]
    alike = [each for each in run.legal if grounds.said(each) == usual]
    first = min(alike, key=lambda each: len(orders.canonical(each.sent)))  # the plainest
    share = f"all {many}" if many == len(run.legal) else f"{many} of {len(run.legal)}"
    yield Symptom(
        "no-order-accepted",
        f"no legal order became a task: {share} were answered {told(first)}",
        _remedy(run, first),
        (first.number,),
        _fruitless(run),
        kinds=("mode", "optional"),
    )


def _fruitless(run: Run) -> Owns:
    """The rows that have nothing but the answers to legal orders, or were not run for want of them.

    What is broken in another answer, as that to a bad key, stays a finding of its own.
    """
    said = {grounds.said(each) for each in run.legal}
    alike = run.rests(lambda each: each.call == "create" and grounds.said(each) in said)
    idle = run.rests(lambda each: not good(each) or each.call == "create")
    return lambda result: idle(result) if result.result == "not-run" else alike(result)


def _remedy(run: Run, first: Exchange) -> str:
    """What to change where no order is taken, by what the refusals say."""
    words, title = first.said, run.dialect.title
    blamed = grounds.blamed(words)
    if blamed and not any(place.endswith(f"/{blamed}") for place, _ in flat(first.sent)):
        text = f"the endpoint asks for `{blamed}`, which orders of {title} do not have"
        return f"{text}: it speaks another dialect{_sibling(run, blamed)}, or loses what they have"
    if blamed:
        return f"the order has `{blamed}`, and the endpoint does not see it: read it where it is"
    if first.status in (404, 405):
        return f"serve {run.dialect.create.method} {run.dialect.create.path}, or mend --base-url"
    if reader.QUOTA.search(words):
        return "the account cannot pay or has to wait: fill it up, or try again later"
    if reader.UNSETTLING.search(words):
        return "enable the model for this account, or name one that is by --model"
    if first.status is None or first.status >= 500:
        return "the endpoint or what is behind it fails at every order: look into its log"
    return f"take the plainest order of {title}, as it stands in the evidence"


def _sibling(run: Run, blamed: str) -> str:
    """Which other dialects have their orders at the same path, with that field, in words."""
    found = [
        other.name
        for other in siblings(run, "create")
        if any(blamed in each for each in other.request.fields.values())
    ]
    return f" (try --dialect {' or '.join(found)})" if found else ""


def other_refusals(run: Run) -> Iterator[Symptom]:
    """Every refusal has another envelope than the documented one."""
    for row in run.plan.rows:
        if row.kind != "envelope" or row.level not in ("must", "should"):
            continue
        case = Case(row, run.plan, run.transcript, run.models)
        named = (errors.exchanges(case, name) for name in row.expect["situations"])
        found = [each for some in named for each in some if (each.status or 500) < 500]
        wrong = [why for each in found if (why := errors.unshaped(case, each))]
        if len(found) < 2 or len(wrong) < len(found) or "is missing" not in wrong[0]:
            continue
        yield Symptom(
            "refusal-envelope",
            f"every refusal has another envelope: {wrong[0]} in all {len(found)}, as in "
            f"{told(found[0])}",
            f"answer refusals as {run.dialect.title} documents them: {row.requirement}",
            numbers(found),
            _of_refusals(run),
            kinds=("envelope",),
        )
        return


def _of_refusals(run: Run) -> Owns:
    """The rows about what a refusal holds, but not those about its status."""
    kinds = ("envelope", "error", "refusal-text", "answered")
    refused = run.rests(lambda each: each.status is not None and 400 <= each.status < 500)
    return lambda result: (
        result.row.kind in kinds
        and bool(result.evidence)
        and "not HTTP" not in result.message
        and refused(result)
    )


FINDERS = (key_refused, unnamed, none_taken, other_refusals)
