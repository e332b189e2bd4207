"""Who asks: an API key is an account, with a clock of its own."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

from simulator.clock import Clock
from simulator.config import Key
from simulator.problems import Kind, refuse

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
# What "plenty" is where a wallet has to show a number, in the dialect's own unit.
FULL_WALLET = Decimal(1_000_000_000)
LONGEST_KEY = 512


class Accounts:
    """The keys that are served. Without a key file every well-formed key is an account."""

    def __init__(self, keys: Iterable[Key] | None) -> None:
        self._known = None if keys is None else {key.key: key for key in keys}

    def find(self, token: str, dialect: str) -> Key:
        """The account of a bearer token that may use the dialect, or a refusal."""
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
            known = _anybody(token) if self._known is None else self._known.get(token)
        if known is None:
            raise refuse(Kind.UNKNOWN_KEY, detail="the key is unknown")
        return known


@lru_cache(maxsize=4096)
def _anybody(token: str) -> Key:
    return Key(token)


class Clocks:
    """The server's clock and one for each account, which starts as its twin."""

    def __init__(self, server: Clock) -> None:
        self.server = server
        self._of: dict[str, Clock] = {}

    def of(self, account: str) -> Clock:
        clock = self._of.get(account)
        if clock is None:
            clock = self._of[account] = self.server.twin()
        return clock

    def at(self, account: str) -> int:
        """The time of an account, which need not have been seen before."""
        return self._of.get(account, self.server).now()

    def moved(self) -> list[Clock]:
        """Every clock there is, the server's first."""
        return [self.server, *self._of.values()]

    def accounts(self) -> list[str]:
        return list(self._of)

    def reset(self, account: str | None = None) -> None:
        """Let one account, or all, start on the server's clock again."""
        if account is None:
            self._of.clear()
        else:
            self._of.pop(account, None)
