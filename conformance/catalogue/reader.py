"""What an answer says, read with the dialect's description alone."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.wire import USUAL, Dialect, Refusals, Word, same

MONEY = r"quota|balance|insufficient|credit|arrears|overdue|rate limit|too many requests"
QUOTA = re.compile(MONEY, re.IGNORECASE)
UNSETTLING = re.compile(
    rf"{MONEY}|no available channel|not open|unavailable|not enabled|capacity|overload",
    re.IGNORECASE,
)
MODERATED = re.compile(
    r"sensitive|moderat|real person|human face|copyright|inappropriate|"
    r"content polic|policy violation",
    re.IGNORECASE,
)
UNREACHED = re.compile(r"download|fetch|reach|retriev|resolve|time.?out|connect", re.IGNORECASE)
WAITED = (408, 499)
UNSETTLED = (401, 402, 403, 408, 429)
BADLY = ("failed", "expired", "cancelled")
FINAL = ("succeeded", *BADLY)
# A task only ever goes to a later one of these.
ONWARDS = ("queued", "running", *FINAL)
GOOD = (None, 0, 200, "success", "", "0", "200")  # codes of answers that are no refusals


def task_id(dialect: Dialect, body: Any) -> str | None:
    """The task id in the answer to a create."""
    value = orders.first_at(body, dialect.id["create"])
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else None


def word(dialect: Dialect, body: Any) -> Word | None:
    """The status word of a query answer, a text or a whole number."""
    value = orders.first_at(body, dialect.answer["status"])
    return value if type(value) in (str, int) else None


def phase(dialect: Dialect, body: Any) -> str | None:
    """The phase that the status word stands for, or None where nothing says."""
    named = word(dialect, body)
    for name, words in dialect.words.items():
        if name != "tolerated" and any(same(named, each) for each in words):
            return name
    return None


def link(dialect: Dialect, body: Any) -> str | None:
    """The clip's link."""
    value = orders.first_at(body, dialect.answer["clip"])
    return value if isinstance(value, str) else None


def outcome(dialect: Dialect, status: int | None, body: Any) -> str:
    """What became of an order: `accepted`, `refused`, `unsettled` or `unknown`.

    Unsettled are the answers that speak of the account or the hour, not of the order; unknown is
    where a task may have been made and nobody said so.
    """
    if status is None or status >= 500 or 300 <= status < 400 or status < 200:
        return "unknown"
    if 200 <= status < 300:
        if task_id(dialect, body) is not None:
            return "accepted"
        return "refused" if refusal(body, dialect.refusals) else "unknown"
    if status in UNSETTLED:
        return "unsettled"
    return "refused"


def owed(
    dialect: Dialect, status: int | None, body: Any, refusing: frozenset[int] = frozenset()
) -> str:
    """The same for the ledger: what was not clearly refused may have to be paid.

    `refusing` are the 5xx statuses that the dialect's documents have for refusals, as 503 for a
    model that no channel serves: with an error in the body they are clear too.
    """
    wrong = refusal(body, dialect.refusals)
    if status in refusing and wrong and task_id(dialect, body) is None:
        return "refused"
    if status is not None and 400 <= status < 500 and status not in WAITED:
        if task_id(dialect, body) is None:
            return "refused"
        return "unknown" if wrong else "accepted"
    found = outcome(dialect, status, body)
    return "accepted" if found == "accepted" else "unknown"


def refusal(body: Any, places: Refusals = USUAL) -> bool:
    """Whether a body carries an error, whatever its status says."""
    if not isinstance(body, Mapping):
        return False
    if (places.code, places.message) != (USUAL.code, USUAL.message):
        if any(orders.at(body, each)[0] for each in places.code):
            return code(body, places) not in GOOD
        return message(body, places=places) != ""
    if isinstance(body.get("error"), Mapping | str) and body["error"]:
        return True
    return "message" in body and body.get("code") not in GOOD


def message(body: Any, text: str = "", places: Refusals = USUAL) -> str:
    """What a refusal says in words."""
    for pointer in places.message:
        there, value = orders.at(body, pointer)
        if there and isinstance(value, str):
            return value
    return text


def code(body: Any, places: Refusals = USUAL) -> Any:
    """The code of a refusal, wherever it stands."""
    return named(body, places.code)


def named(body: Any, pointers: Sequence[str]) -> Any:
    """What stands at the first of the places that is there, be it null; None where none is."""
    found = (orders.at(body, each) for each in pointers)
    return next((value for there, value in found if there), None)
