"""EvoLink's catalogue of autumn 2026: the models, how they are, what they cost, and estimates.

The vendor's own programs of July to October 2026 and a test of theirs that keeps the public price
rules of 2026-10-10. Nobody needs a key for the catalogue; an estimate is of an account.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from simulator.core.clock import MINUTE, stamp
from simulator.core.problems import Kind, refuse
from simulator.core.rules import given
from simulator.dialects.evolink.policies import EFFECTIVE, RATES, money, policy, text
from simulator.dialects.evolink.quotes import Line, Value, lines, number
from simulator.dialects.evolink.sold import SOLD, on_sale
from simulator.engine import Engine
from simulator.engine.call import Call, Reply

FRESH = 5 * MINUTE
EXCHANGE = "pricing-fx/v1:USD-CNY=6.8"
LIFECYCLES = ("preview", "active", "deprecated", "retired")
MODALITIES = ("text", "image", "video", "audio")


def _version(kind: str, of: Any) -> str:
    return f"{kind}_{hashlib.sha256(json.dumps(of).encode()).hexdigest()[:24]}"


def _catalogue(call: Call) -> str:
    return _version("cat", sorted(on_sale(call.observed)))


@cache
def _prices() -> str:
    return _version("prc", [policy(name) for name in SOLD])


def _fresh(call: Call) -> dict[str, str]:
    return {"updated_at": stamp(call.now), "fresh_until": stamp(call.now + FRESH)}


def _meta(call: Call) -> dict[str, str]:
    return {"schema_version": "1", "catalog_version": _catalogue(call), **_fresh(call)}


def _told(call: Call, body: Mapping[str, Any]) -> Reply:
    """An answer with its version, or none to who has that version already."""
    said = json.dumps({name: value for name, value in body.items() if name != "meta"})
    tag = f'"{hashlib.sha256((call.query + said).encode()).hexdigest()[:32]}"'
    if tag in call.headers.get("If-None-Match", ""):
        return Reply(304, None, {"ETag": tag})
    return Reply(200, body, {"ETag": tag})


def _asked(call: Call, **choices: tuple[str, ...]) -> dict[str, str]:
    """The filters of a query; an empty one asks nothing."""
    found = {name: value for name, value in call.parameters if value}
    for name, allowed in choices.items():
        if name in found and found[name] not in allowed:
            detail = f"must be one of {', '.join(allowed)}"
            raise refuse(Kind.CHOICE, name, detail, limit=allowed, got=found[name])
    return found


async def models(call: Call, engine: Engine) -> Reply:
    """All models, each with what it can do and by which protocol."""
    asked = _asked(call, capability=MODALITIES, lifecycle=LIFECYCLES)
    active = asked.get("lifecycle", "active") == "active"
    wanted = active and asked.get("capability", "video") == "video"
    rows = [_row(name) for name in on_sale(call.observed) if wanted]
    return _told(call, {"meta": _meta(call), "models": rows})


def _row(name: str) -> dict[str, Any]:
    return {
        "model_id": name,
        "display_name": name.replace("-", " ").title(),
        "provider": "ByteDance",
        "aliases": [],
        "capabilities": ["video"],
        "protocols": ["evolink-video-generations"],
        "lifecycle": "active",
    }


async def health(call: Call, engine: Engine) -> Reply:
    """How each model is: here all are well, until a fault says otherwise."""
    wanted = _asked(call).get("model_id")
    names = [name for name in on_sale(call.observed) if wanted in (None, name)]
    seen = {"status": "available", "observed_at": stamp(call.now)}
    rows = [{"model_id": name, **seen} for name in names]
    return Reply(200, {"meta": _meta(call), "models": rows})


async def pricing(call: Call, engine: Engine) -> Reply:
    """What a second of each model costs at 720p, and a search."""
    wanted = _asked(call).get("model_id")
    rows = [
        {
            "sku_id": each["sku_id"],
            "model_id": name,
            "role": each["role"],
            "currency": "USD",
            "unit": f"/{'search' if each['role'] == 'web_search' else 'second'}",
            "price": each["rate"]["usd"],
            "effective_at": EFFECTIVE,
        }
        for name in SOLD
        if wanted in (None, name)
        for each in policy(name)["components"]
    ]
    return _told(call, {"meta": _meta(call), "prices": rows})


async def listed(call: Call, engine: Engine) -> Reply:
    """The same prices, as the vendor's site has them."""
    rows = [_listed(name, each) for name in SOLD for each in policy(name)["components"]]
    return Reply(200, {"success": True, "data": rows})


def _listed(name: str, component: Mapping[str, Any]) -> dict[str, Any]:
    usd = float(component["rate"]["usd"])
    row = {
        "sku_id": component["sku_id"],
        "sku_name": "Web search"
        if component["role"] == "web_search"
        else _row(name)["display_name"],
        "model_name": name,
        "model_type": "video",
        "billing_rule": component["billing_rule"],
        "price_range": {"min_usd": usd, "max_usd": usd},
    }
    if component["role"] == "web_search":
        return row
    factors = RATES[SOLD[name].model.tier].plain
    multipliers = {quality: float(factors[quality]) for quality in SOLD[name].qualities}
    return {**row, "resolution_multipliers": multipliers}


async def rules(call: Call, engine: Engine) -> Reply:
    """The policies of all models, or of one: what each counts, and what that costs."""
    asked = _asked(call, modality=MODALITIES, lifecycle=LIFECYCLES, view=("summary", "full"))
    name = call.args.get("name")
    if name is not None and name not in SOLD:
        raise refuse(Kind.NO_ROUTE, got=call.path, detail=f"GET {call.path}")
    wanted = {key: asked[key] for key in _FILTERS if key in asked}
    found = [policy(one) for one in SOLD if name in (None, one)]
    found = [one for one in found if all(one[key] == value for key, value in wanted.items())]
    if asked.get("view") == "summary":
        found = [_summary(one) for one in found]
    if name is not None and not found:
        raise refuse(Kind.NO_ROUTE, got=call.path, detail=f"GET {call.path}")
    shown = {"models": found} if name is None else {"model": found[0]}
    return _told(call, {"meta": _meta_of_rules(call), **shown})


_FILTERS = ("product_id", "operation", "modality", "lifecycle")
_INNER = ("condition", "quantity_rule", "rounding")


def _summary(told: Mapping[str, Any]) -> dict[str, Any]:
    components = [
        {key: value for key, value in each.items() if key not in _INNER}
        for each in told["components"]
    ]
    return {**told, "components": components}


def _meta_of_rules(call: Call) -> dict[str, str]:
    return {
        "schema_version": "2",
        "catalog_version": _catalogue(call),
        "pricing_version": _prices(),
        "price_scope": "public_default",
        "currency": "USD",
        "exchange_rate_version": EXCHANGE,
        **_fresh(call),
    }


async def estimate(call: Call, engine: Engine) -> Reply:
    """What an order with these parameters would cost the account; nothing is ordered."""
    body, name = call.body, call.body["model_id"]
    told = policy(name)
    if body["operation"] != told["operation"]:
        detail = f"must be {told['operation']} for {name}"
        raise refuse(Kind.CHOICE, "operation", detail, got=body["operation"])
    found = lines(name, _parameters(given(body, "parameters", {}), told["parameters"]))
    amounts = money(sum(line.units for line in found))
    same = ("policy_version", "policy_checksum", "model_id", "product_id", "operation")
    answer = {
        "estimate_id": f"est_{call.chance.hex('estimate', 32)}",
        "catalog_version": _catalogue(call),
        "pricing_version": _prices(),
        "exchange_rate_version": EXCHANGE,
        "price_scope": "account",
        **{key: told[key] for key in (*same, "settlement_basis")},
        "currency": "USD",
        "amount": amounts["usd"],
        "amounts": amounts,
        "components": [_charged(line) for line in found],
        "assumptions": [],
        "expires_at": stamp(call.now + FRESH),
    }
    return Reply(200, answer)


def _charged(line: Line) -> dict[str, Any]:
    due, quantity = money(line.units), text(line.quantity)
    names = ("id", "role", "dimension", "sku_id", "unit", "billing_rule")
    return {
        **{name: line.component[name] for name in names},
        "quantity": quantity,
        "billed_quantity": quantity,
        "unit_price": line.component["rate"]["usd"],
        "subtotal": due["usd"],
        "unit_price_amounts": line.component["rate"],
        "subtotal_amounts": due,
        "minimum_charge_amounts": line.component["minimum_charge"],
        "tier_multiplier": "1",
        "minimum_charge_applied": line.least,
        "applied_rules": [],
    }


def _parameters(said: Mapping[str, Any], declared: list[dict[str, Any]]) -> dict[str, Value]:
    """The parameters of an estimate, each one that its policy has, and within its bounds."""
    known = {each["name"]: each for each in declared}
    for name, value in said.items():
        field = f"parameters.{name}"
        if name not in known:
            raise refuse(Kind.UNSUPPORTED, field[:200], "is no parameter of this model's prices")
        _check(field, value, known[name])
    return {name: number(value) for name, value in said.items()}


def _check(field: str, value: Any, row: Mapping[str, Any]) -> None:
    if row["type"] == "enum":
        if value not in row["values"]:
            detail = f"must be one of {', '.join(row['values'])}"
            raise refuse(Kind.CHOICE, field, detail, limit=tuple(row["values"]), got=value)
        return
    found = number(value) if isinstance(value, str | int | float) else ""
    if isinstance(value, bool) or not isinstance(found, Fraction) or len(str(value)) > 64:
        raise refuse(Kind.TYPE, field, f"must be {row['type']}", got=value)
    if row["type"] == "integer" and found.denominator != 1:
        raise refuse(Kind.TYPE, field, "must be integer", got=value)
    least, most = Fraction(row["minimum"]), Fraction(row.get("maximum", 10**9))
    if not least <= found <= most:
        detail = f"must be from {row['minimum']} to {most}"
        raise refuse(Kind.RANGE, field, detail, limit=(int(least), int(most)), got=value)


ANSWERS: Mapping[str, Callable[[Call, Engine], Awaitable[Reply]]] = {
    "models": models,
    "health": health,
    "pricing": pricing,
    "rules": rules,
    "listed": listed,
    "estimate": estimate,
}
