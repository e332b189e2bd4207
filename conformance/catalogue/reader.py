"""What an answer says, read with the dialect's description alone."""

import re
from collections.abc import Mapping
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.wire import Dialect, Word, same

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
        return "refused" if refusal(body) else "unknown"
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
    if status in refusing and refusal(body) and task_id(dialect, body) is None:
        return "refused"
    if status is not None and 400 <= status < 500 and status not in WAITED:
        if task_id(dialect, body) is None:
            return "refused"
        return "unknown" if refusal(body) else "accepted"
    found = outcome(dialect, status, body)
    return "accepted" if found == "accepted" else "unknown"


def refusal(body: Any) -> bool:
    """Whether a body carries an error, whatever its status says."""
    if not isinstance(body, Mapping):
        return False
    if isinstance(body.get("error"), Mapping | str) and body["error"]:
        return True
    code = body.get("code")
    return "message" in body and code not in (None, 0, 200, "success", "", "0", "200")


def message(body: Any, text: str = "") -> str:
    """What a refusal says in words."""
    for pointer in ("/error/message", "/message", "/error", "/msg", "/Message", "/detail"):
        there, value = orders.at(body, pointer)
        if there and isinstance(value, str):
            return value
    return text


def code(body: Any) -> Any:
    """The code of a refusal, wherever it stands."""
    for pointer in ("/error/code", "/code", "/Code"):
        there, value = orders.at(body, pointer)
        if there:
            return value
    return None
