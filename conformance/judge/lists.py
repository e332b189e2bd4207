"""Judges of lists: what they hold, in which order, and how one page leads to the next."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from conformance.catalogue import orders
from conformance.collect.transcript import Exchange
from conformance.judge.answers import brief, misshapen, none
from conformance.judge.case import Case, Finding, broken, ok, told, unknown


def listing(case: Case) -> Finding:
    """A list answers, holds what it should, and its parameters do what they say."""
    found = [each for probe in case.of("list") if (each := case.sent(probe))]
    if not found:
        return case.skipped() or none(case)
    for each in found:
        if each.status is None or each.status >= 500 or each.status == 429:
            return unknown(told(each), each)
        refused = each.status >= 400
        if each.want == "refuse":
            if not refused:
                return broken(f"{each.url}: to be refused, but answered", each)
            continue
        if refused:
            return broken(f"{each.url}: {told(each)}", each)
        if wrong := _items(case, each):
            return broken(f"{each.url}: {wrong}", each, seen=_failures(each))
    if "pages" in case.expect and (wrong := _pages(case, {each.tag: each for each in found})):
        return broken(wrong, *found)
    if "total" in case.expect and (wrong := _total(case, found)):
        return broken(wrong, *found)
    return ok(f"{len(found)} lists are so", *found[:2], seen=_failures(found[-1]))


def items(case: Case, each: Exchange) -> list[Any] | None:
    """The items of a list, at the dialect's place for them; None where no array is there."""
    found = orders.at(each.json, case.dialect.list.items)[1]
    return found if isinstance(found, list) else None


def _failures(each: Exchange) -> tuple[str, ...]:
    names = ("error", "failure_reason")
    return tuple(
        f"has list:/items/0/{name}" for name in names if orders.at(each.json, f"/items/0/{name}")[0]
    )


def _items(case: Case, each: Exchange) -> str | None:
    expect, held = case.expect, items(case, each)
    if wrong := next(misshapen({"has": expect.get("has", {})}, each.json), None):
        return wrong
    if held is None:
        return f"{case.dialect.list.items} is no array"
    if "holds" in expect and each.task not in _ids(case, held) and not _full(case, held):
        return f"the task {each.task} is not among its {len(held)} items"
    for item in held:
        if wrong := next(misshapen({"has": expect.get("item", {})}, item), None):
            return f"an item: {wrong}"
    if wrong := _too_long(case, each, held):
        return wrong
    if expect.get("beyond") and each.tag == "first":
        there = each.task in _ids(case, held)
        return None if there else f"the task {each.task} is not on the first page"
    if expect.get("beyond"):
        return f"it holds {len(held)} items behind a page with all of them" if held else None
    if "default" in expect:
        total = orders.at(each.json, "/total")[1]
        most = min(expect["default"], total if isinstance(total, int) else 0)
        return None if len(held) == most else f"it has {len(held)} items of {total}"
    if wrong := _ends(case, each, held) or _sorted(case, each, held):
        return wrong
    return _filtered(case, each, held)


def _full(case: Case, held: Sequence[Any]) -> bool:
    """Whether a page can hold no more: a task that is not on it may be on the next one.

    A run makes more tasks than some dialects list at once.
    """
    most = case.dialect.list.most
    return bool(most) and len(held) >= most


def _too_long(case: Case, each: Exchange, held: Sequence[Any]) -> str | None:
    """Whether a list has more items than the parameter that bounds their number has it.

    What none, 0, means is nobody's promise.
    """
    size = case.dialect.list.size
    if not size or case.expect.get("parameter") != size:
        return None
    asked = _parameters(each).get(size, "")
    if asked.isdigit() and 0 < int(asked) < len(held):
        return f"it has {len(held)} items, and {asked} at most were asked for"
    return None


def _ids(case: Case, held: Sequence[Any]) -> list[Any]:
    return [orders.first_at(item, case.dialect.id["query"]) for item in held]


def _ends(case: Case, each: Exchange, held: Sequence[Any]) -> str | None:
    """What is wrong with the ids that a list names as its first and its last."""
    for place, number in case.expect.get("ends", {}).items():
        named = orders.at(each.json, place)[1]
        wanted = _ids(case, held)[number] if held else None
        if named != wanted:
            return f"{place} is {brief(named)}, not {brief(wanted)}"
    return None


def _sorted(case: Case, each: Exchange, held: Sequence[Any]) -> str | None:
    """What stands in another order than it should; the values ascend for the first one asked."""
    place = case.expect.get("sorted") or case.expect.get("falling")
    if not place:
        return None
    up = "sorted" in case.expect and _wanted(case, each) == case.expect["values"][0]
    for one, two in pairwise(orders.at(item, place)[1] for item in held):
        if not isinstance(one, int) or not isinstance(two, int):
            return f"an item has {brief(one)} at {place}"
        if (one > two) if up else (one < two):
            return f"{one} stands before {two} at {place}"
    return None


def _pages(case: Case, found: Mapping[str, Exchange]) -> str | None:
    """What is wrong with a list of one, or with what follows on a task."""
    if len(found) < 3:
        return None
    one, all_, rest = (_ids(case, items(case, found[tag]) or ()) for tag in ("one", "all", "rest"))
    more = orders.at(found["one"].json, case.expect["pages"]["more"])[1]
    if len(one) != 1:
        return f"{found['one'].url}: it has {len(one)} items, not one"
    if more is not (len(all_) > 1):
        return f"{found['one'].url}: {case.expect['pages']['more']} is {brief(more)} of {len(all_)}"
    own = found["rest"].task
    if own not in all_:
        return None if len(all_) >= case.dialect.list.most else f"the task {own} is in no list"
    behind = all_[all_.index(own) + 1 :]
    if rest[: len(behind)] != behind or own in rest:
        return f"{found['rest'].url}: it does not hold what follows on the task"
    return None


def _total(case: Case, found: Sequence[Exchange]) -> str | None:
    """What is wrong with the number of all tasks: it is not that of the page, however short.

    Tasks that the run itself deletes meanwhile may be counted or not.
    """
    place = case.expect["total"]
    gone = sum(each.method == "DELETE" for each in case.transcript.exchanges)
    longest = max(len(items(case, each) or ()) for each in found)
    whole = longest < case.dialect.list.most
    for each in found:
        total = orders.at(each.json, place)[1]
        if type(total) is not int:
            return f"{each.url}: {place} is {brief(total)}, and no number"
        if total + gone < longest or (whole and total - gone > longest):
            known = f"{'there are' if whole else 'one list alone has'} {longest} tasks"
            return f"{each.url}: {place} is {total}, and {known}"
    return None


def _filtered(case: Case, each: Exchange, held: Sequence[Any]) -> str | None:
    if "values" not in case.expect or "at" not in case.expect:
        return None
    own = case.expect["values"] == ("$task",)
    wanted = each.task if own else _wanted(case, each)
    pointer = case.expect["at"]
    for item in held:
        if str(orders.at(item, pointer)[1]) != wanted:
            return f"an item has {pointer} {brief(orders.at(item, pointer)[1])}, not {wanted}"
    if own and len(held) != 1:
        return f"it has {len(held)} items, not the one asked for"
    if wanted == "succeeded" and not held:
        return "no finished task is in it"
    return None


def _wanted(case: Case, each: Exchange) -> str:
    value = _parameters(each)[case.expect["parameter"]]
    return case.models.get(str(value), str(value))


def _parameters(each: Exchange) -> dict[str, str]:
    """The parameters of a call; of one that is repeated the last."""
    text = each.url.partition("?")[2]
    return dict(part.partition("=")[::2] for part in text.split("&"))
