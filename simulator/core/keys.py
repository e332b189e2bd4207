"""Who asks: the API keys that are served, and what is to be said of the others."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

from simulator.core.config import Key
from simulator.core.problems import Kind, refuse

# What these keys get is in their names; each dialect has its own words for it.
INVALID = "sk-sim-invalid"
WELL_KNOWN: Mapping[str, Key] = {
    key.key: key
    for key in (
        Key("sk-sim-expired", state="expired"),
        Key("sk-sim-banned", state="banned"),
        Key("sk-sim-broke", wallet=Decimal(0)),
        Key("sk-sim-nogroup", models=()),
        Key("sk-sim-limited", rpm=0),
    )
}
LONGEST_KEY = 512


class AccessKey(str):
    """The name of a pair of keys that signs requests, where others are a key themselves."""

    __slots__ = ()


class PlanKey(str):
    """A key that was shown where only a subscription's keys are known."""

    __slots__ = ()


class Accounts:
    """The keys that are served. Without a key file every well-formed key is an account.

    The access keys of such an account are the key itself, with any secret, and it has every
    subscription; in a key file an account has the one or the other.
    """

    def __init__(self, keys: Iterable[Key] | None) -> None:
        keys = None if keys is None else tuple(keys)
        self._known = None if keys is None else {key.key: key for key in keys}
        self._signing: Mapping[str | None, Key] | None = (
            None if keys is None else {key.access_key: key for key in keys}
        )
        # The same few keys come again and again; what is refused is not kept.
        self._served = lru_cache(maxsize=4096)(self._find)

    def find(self, token: str, dialect: str) -> Key:
        """The account of a bearer token or access key that may use the dialect, or a refusal."""
        if type(token) is not str:  # which equals the same text as a key
            return self._find(token, dialect)
        return self._served(token, dialect)

    def _find(self, token: str, dialect: str) -> Key:
        account = self._look_up(token)
        if account.state == "expired":
            raise refuse(Kind.EXPIRED_KEY, detail="the key has expired")
        if account.state == "banned":
            raise refuse(Kind.BANNED, detail="the account is banned")
        if account.dialects is not None and dialect not in account.dialects:
            raise refuse(Kind.UNKNOWN_KEY, detail="the key is not of this service")
        return account

    def _look_up(self, token: str) -> Key:
        if not token or len(token) > LONGEST_KEY or not token.isascii() or " " in token:
            raise refuse(Kind.BAD_KEY, detail="the key is malformed")
        known = WELL_KNOWN.get(token)
        if known is None and token != INVALID:
            served = self._signing if isinstance(token, AccessKey) else self._known
            known = Key(str(token)) if served is None else served.get(token)
        if known is None:
            raise refuse(Kind.UNKNOWN_KEY, detail="the key is unknown")
        in_file = self._known is not None and known.key in self._known
        if in_file and known.agent_plan is not isinstance(token, PlanKey):
            raise refuse(Kind.UNKNOWN_KEY, detail="the key is not for this path")
        return known
