"""Known deviations: rows that an endpoint is known not to keep, and in what way."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from conformance.judge.verdicts import Result

KEYS = {"rule", "signature", "reason", "link", "expiry"}
CAUSE = "cause "
POINTER = re.compile(r"(?<![\w/:.])(/[A-Za-z_][\w]*(?:/[\w]+)*)(?= (?:is|fell|then|repeats))")


class DeviationError(ValueError):
    """A deviations file that cannot be used."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A row, the observation that is known of it, and why it is put up with."""

    rule: str
    signature: str
    reason: str
    link: str = ""
    expiry: date | None = None


def load(path: Path, known: Sequence[str]) -> tuple[Deviation, ...]:
    """The deviations in a file."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise DeviationError(f"{path}: {fault.strerror}") from fault
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise DeviationError(f"{path}: {fault}") from fault
    return tuple(_deviation(path, each, known) for each in data.get("deviation", ()))


def _deviation(path: Path, each: object, known: Sequence[str]) -> Deviation:
    if not isinstance(each, dict) or set(each) - KEYS or not {"rule", "signature"} <= set(each):
        raise DeviationError(
            f"{path}: a [[deviation]] has rule and signature, and may have reason, link, expiry"
        )
    if each["rule"] not in known:
        raise DeviationError(f"{path}: there is no row {each['rule']!r}")
    expiry = each.get("expiry")
    if expiry is not None and not isinstance(expiry, date):
        raise DeviationError(f"{path}: expiry of {each['rule']} is no day such as 2026-12-31")
    texts = {key: str(each.get(key, "")) for key in ("rule", "signature", "reason", "link")}
    return Deviation(**texts, expiry=expiry)


def signature(result: Result, cause: str = "") -> str:
    """The class of what was observed, with its place in the answer where there is one.

    `cause` is the kind of the cause that the row bears, where it bears one.
    """
    if cause:
        return f"{CAUSE}{cause}"
    text = result.message
    if "to be refused, but accepted" in text:
        return "accepted"
    if "permitted, but refused" in text:
        return "refused"
    pointer = POINTER.search(text)
    place = f"{pointer[1]} " if pointer else ""
    if "is missing" in text:
        return f"{place}missing"
    if kind := re.search(r"of type (\w+)", text):
        return f"{place}{kind[1]}"
    if not pointer and (status := re.search(r"HTTP (\d{3})", text)):
        return f"http {status[1]}"
    if code := re.search(r"the code is (\S+?),", text):
        return f"code {code[1]}"
    return f"{place}value"


def applied(
    found: Sequence[Result], deviations: Sequence[Deviation], today: date
) -> tuple[Result, ...]:
    """The results with the known deviations marked, and with those that are gone called stale."""
    named = {each.rule: each for each in deviations if not each.signature.startswith(CAUSE)}
    return tuple(_applied(each, named.get(each.id), today) for each in found)


def borne(
    found: Sequence[Result],
    deviations: Sequence[Deviation],
    today: date,
    causes: Mapping[int, str],
) -> tuple[Result, ...]:
    """The same once causes were found, whose kinds have their numbers.

    Only the deviations count here whose signature is a cause, as `cause no-order-accepted`: the row
    that bears it is known, whichever it is in this run, and with it all that the cause owns.
    """
    known = {each.signature: each for each in deviations if each.signature.startswith(CAUSE)}
    gone = {
        each.rule: each
        for each in known.values()
        if each.signature[len(CAUSE) :] not in causes.values()
    }
    told = []
    for each in found:
        cause = causes.get(each.cause, "")
        named = gone.get(each.id) if each.result == "pass" else known.get(f"{CAUSE}{cause}")
        told.append(_applied(each, named, today, cause))
    return tuple(told)


def _applied(result: Result, deviation: Deviation | None, today: date, cause: str = "") -> Result:
    if deviation is None:
        return result
    if deviation.expiry is not None and deviation.expiry < today:
        return replace(
            result,
            message=f"{result.message} (its deviation ended on {deviation.expiry})",
        )
    if result.result == "pass":
        text = f"a known deviation is gone: {deviation.reason}"
        return replace(result, result="stale", message=text)
    if result.result in ("fail", "warn"):
        seen = signature(result, cause)
        if seen == deviation.signature:
            return replace(
                result, result="known", message=f"{result.message} (known: {deviation.reason})"
            )
        text = f"{result.message} (known is {deviation.signature!r}, this is {seen!r})"
        return replace(result, result="fail", message=text)
    return result
