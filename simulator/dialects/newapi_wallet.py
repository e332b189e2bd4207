"""Money as the new-api code base counts it: what an order costs, and what is left of a wallet.

Wire facts: the source of QuantumNous/new-api at 4ca47ee2 (2026-06-06): relay/helper/price.go,
service/task_billing.go, controller/token.go, controller/billing.go; and what builds of it answered
on 2026-11-28.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from simulator.core.task import Charge, Order
from simulator.core.tokens import clip_tokens
from simulator.dialects.newapi_base import PER_DOLLAR
from simulator.engine import FULL_WALLET, Engine
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Route

USAGE = "/api/usage/token"
SUBSCRIPTION = "/v1/dashboard/billing/subscription"
DOLLAR_USAGE = "/v1/dashboard/billing/usage"

UNIT = "quota"
RATIOS = "X-New-Api-Other-Ratios"
# What a key without a limit is said to have.
UNLIMITED_DOLLARS = 100_000_000
# Yuan for a million tokens, without and with a video among the references, by tier and resolution;
# the plain ones are those of every resolution that is not named. Ark's list prices, but that
# mini's are this simulator's own.
YUAN: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "standard": {"": (46, 28), "1080p": (51, 31), "4k": (26, 16)},
    "fast": {"": (37, 22)},
    "mini": {"": (23, 14)},
}
# A ratio of 1 is two dollars for a million tokens, at 7.3 yuan a dollar.
_YUAN = Decimal("14.6")


def quota(
    order: Order, *, observed: bool = False, july: bool = False, silent: Decimal = Decimal(1)
) -> Charge:
    """Half the model's ratio in dollars at acceptance, in the end what the tokens cost.

    ``silent`` is what a clip without sound costs of one with it. Since ``july`` some resolutions
    have prices of their own.
    """
    plain, part = YUAN[order.tier][""][0], _price(order, resolutions=july)
    ratio = plain / _YUAN * (1 if order.sound else silent) * part / plain
    tokens = clip_tokens(order, observed=observed)
    return Charge(UNIT, _whole(ratio / 2 * PER_DOLLAR), _whole(tokens * ratio))


def ratios(order: Order) -> Mapping[str, str]:
    """The header that tells by how much an order's price differs from the model's plain one."""
    plain, part = YUAN[order.tier][""][0], _price(order, resolutions=True)
    return {RATIOS: ratios_text({} if part == plain else {"video_input": part / plain})}


def ratios_text(found: Mapping[str, float]) -> str:
    """Ratios as the header has them."""
    return json.dumps(found, separators=(",", ":"))


def _price(order: Order, *, resolutions: bool) -> int:
    prices = YUAN[order.tier]
    plain, with_video = prices.get(order.resolution if resolutions else "", prices[""])
    return with_video if any(one.kind == "video" for one in order.references) else plain


async def moved(call: Call, engine: Engine) -> Reply:
    """Where the address with its slash is, as a router of Go's says it.

    It is relative, because the client may see this server below a prefix.
    """
    there = f"{call.path.rpartition('/')[2]}/"
    page = f'<a href="{there}">Moved Permanently</a>.\n\n'.encode()
    return Reply(301, page, {"Location": there}, "text/html; charset=utf-8")


def _whole(amount: Decimal) -> Decimal:
    return Decimal(int(amount))


def _number(amount: Decimal) -> int | float:
    """A number as Go writes it: without a point where there is nothing behind it."""
    return int(amount) if amount == int(amount) else float(amount)


@dataclass(frozen=True, slots=True)
class Wallet:
    """The balance calls of a dialect that charges in these units, each worth so much quota.

    A ``stock`` one shows a key without a limit as the code base does in both fidelities: as one to
    which nothing was granted. Elsewhere no page says so, and it is shown as one with plenty.
    """

    units: tuple[str, ...] = (UNIT,)
    quota_each: int = 1
    stock: bool = False

    def routes(self) -> tuple[Route, ...]:
        # A stock one sends whoever leaves the last slash out to where it is.
        return (
            Route("GET", USAGE, moved if self.stock else self.token_usage),
            Route("GET", USAGE + "/", self.token_usage),
            Route("GET", SUBSCRIPTION, self.subscription),
            Route("GET", DOLLAR_USAGE, self.dollar_usage),
            Route("GET", SUBSCRIPTION.removeprefix("/v1"), self.subscription),
            Route("GET", DOLLAR_USAGE.removeprefix("/v1"), self.dollar_usage),
        )

    async def token_usage(self, call: Call, engine: Engine) -> Reply:
        granted, used = await self._granted_and_used(call, engine)
        models = call.account.models
        data = {
            "expires_at": 0,
            "model_limits": dict.fromkeys(models or (), True),
            "model_limits_enabled": models is not None,
            "name": "default",
            "object": "token_usage",
            "total_available": int(granted - used),
            "total_granted": int(granted),
            "total_used": int(used),
            "unlimited_quota": call.account.wallet is None,
        }
        return Reply(200, {"code": True, "data": data, "message": "ok"})

    async def subscription(self, call: Call, engine: Engine) -> Reply:
        granted, _ = await self._granted_and_used(call, engine)
        dollars = _number(granted / PER_DOLLAR)
        if call.account.wallet is None and self._as_it_comes(engine):
            dollars = UNLIMITED_DOLLARS
        body = {
            "object": "billing_subscription",
            "has_payment_method": True,
            "soft_limit_usd": dollars,
            "hard_limit_usd": dollars,
            "system_hard_limit_usd": dollars,
            "access_until": 0,
        }
        return Reply(200, body)

    async def dollar_usage(self, call: Call, engine: Engine) -> Reply:
        """In cents, in spite of its name upstream."""
        _, used = await self._granted_and_used(call, engine)
        cents = _number(used * 100 / PER_DOLLAR)
        return Reply(200, {"object": "list", "total_usage": cents})

    def _as_it_comes(self, engine: Engine) -> bool:
        return self.stock or engine.observed

    async def _granted_and_used(self, call: Call, engine: Engine) -> tuple[Decimal, Decimal]:
        """In quota."""
        spent = (await engine.state(call.account.key)).spent(call.now)
        wallet = call.account.wallet
        if wallet is None:
            wallet = Decimal(0) if self._as_it_comes(engine) else FULL_WALLET
        used = -sum((spent.get(unit, Decimal(0)) for unit in self.units), Decimal(0))
        return wallet * self.quota_each, used * self.quota_each
