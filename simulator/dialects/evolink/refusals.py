"""What EvoLink refuses an order for by the autumn of 2026, each with a code of its own.

The vendor's own programs of October 2026 tell the refusals apart by their codes alone: an account
without credits, a key at its limit and a key at its limit of the day are all HTTP 402 of one type.
Which of 401 and 403 a key's state has they do not show; here 401 is for a key that can be used no
more, 403 for what it may not do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from simulator.core.clock import BEIJING, SECOND, moment
from simulator.dialects.evolink.billing import number

Wallet = Literal["account", "key", "day"]


@dataclass(frozen=True, slots=True)
class Refused:
    """How a code is answered; ``wallet`` is what has nothing left, where that is the reason."""

    status: int
    type: str
    message: str
    wallet: Wallet | None = None


def _review(message: str) -> Refused:
    return Refused(400, "invalid_request_error", message)


def _quota(wallet: Wallet, message: str) -> Refused:
    return Refused(402, "insufficient_quota", message, wallet)


def _key(status: int, message: str) -> Refused:
    name = "authentication_error" if status == 401 else "invalid_request_error"
    return Refused(status, name, message)


def _full(message: str) -> Refused:
    return Refused(503, "api_error", message)


_BALANCE = "The credits of the account are not enough."
_KEY = "The limit of the API key is used up."
_DAY = "The daily limit of the API key is used up."
REFUSED: Mapping[str, Refused] = {
    "content_policy_violation": _review("The prompt was refused by the safety review."),
    "content_filter": _review("The content filter refused the request."),
    "sensitive_content": _review("The request has sensitive content."),
    "moderation_blocked": _review("The request was blocked by the moderation."),
    "input_moderation_failed": _review("The input did not pass the moderation."),
    "insufficient_quota": _quota("account", _BALANCE),
    "insufficient_user_quota": _quota("account", _BALANCE),
    "quota_not_enough": _quota("account", _BALANCE),
    "account_balance_insufficient": _quota("account", _BALANCE),
    "insufficient_token_quota": _quota("key", _KEY),
    "key_quota_exhausted": _quota("key", _KEY),
    "token_daily_quota_exceeded": _quota("day", _DAY),
    "key_daily_quota_exhausted": _quota("day", _DAY),
    "key_disabled": _key(401, "The API key is disabled."),
    "key_expired": _key(401, "The API key has expired."),
    "key_model_not_allowed": _key(403, "The API key may not use this model."),
    "user_disabled": _key(403, "The account is disabled."),
    "no_available_channel": _full("No channel is available for this model."),
    "model_unavailable": _full("The model is not available at the moment."),
    "channel_selection_failed": _full("No channel could be chosen for this request."),
    "service_unavailable": _full("The service is not available at the moment."),
}
REFUSALS: Mapping[str, str] = {code: one.message for code, one in REFUSED.items()}


# Failures of a task for which the same order may be given again.
RETRYABLE = frozenset(
    {
        "generation_timeout",
        "quota_exceeded",
        "resource_exhausted",
        "generation_failed_no_content",
        "service_error",
        "service_unavailable",
        "unknown_error",
    }
)


def suggestion(code: str) -> str:
    """What to do about a failure with a code, in words of our own."""
    if code in RETRYABLE:
        return "Give the same order again: nothing is wrong with it."
    return "Change the order before it is given again."


@dataclass(frozen=True, slots=True)
class Sums:
    """Credits: what an order needs, what is left, what was used in all, and since midnight."""

    needed: Decimal
    left: Decimal
    used: Decimal
    today: Decimal


def midnight(now: int) -> int:
    """When the day of a key's limit began, in milliseconds."""
    day = moment(now, BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(day.timestamp()) * SECOND


def figures(code: str, sums: Sums) -> Mapping[str, float | str]:
    """The numbers that stand beside the code of an empty wallet.

    A limit that was asked for is what has been used by then. A balance that would be enough is not
    told, as the order was refused all the same.
    """
    wallet = REFUSED[code].wallet
    if wallet is None:
        return {}
    needed = {"estimated_credits": number(sums.needed)}
    used, today = number(sums.used), number(sums.today)
    if wallet == "key":
        return {**needed, "total_limit_credits": used, "used_credits": used, "remaining_credits": 0}
    if wallet == "day":
        of_day = {"daily_limit_credits": today, "daily_used_credits": today, "remaining_credits": 0}
        return {**needed, **of_day, "reset_timezone": "Asia/Shanghai"}
    return needed if sums.left >= sums.needed else account(sums.needed, sums.left)


def account(needed: Decimal, left: Decimal) -> Mapping[str, float]:
    """What an order needs, and what the account has."""
    return {"estimated_credits": number(needed), "account_balance_credits": number(left)}
