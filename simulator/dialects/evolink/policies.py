"""EvoLink's public prices by the autumn of 2026: for each model a policy, which is data.

``GET /v1/catalog/pricing-rules`` of 2026-10-10, as a test of the vendor's own program keeps it. A
policy says what of an order counts, by expressions over its parameters; what an order costs and
what an estimate says both come of these.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from simulator.dialects.evolink.currency import CREDITS_OF_DOLLAR, CREDITS_OF_YUAN
from simulator.dialects.evolink.rules import Mode, Tier
from simulator.dialects.evolink.sold import SOLD, Sold

# Of a credit: what the vendor counts in.
UNITS = 10_000
# When the prices were settled that stand here.
EFFECTIVE = "2026-09-16T07:41:04Z"
Expression = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rate:
    """What a second costs: in units at 720p, times a factor for each quality.

    ``lower`` are the factors beside reference videos, whose seconds then count too.
    """

    product: str
    units: int
    least: int
    plain: Mapping[str, str]
    lower: Mapping[str, str]


_PLAIN = {"480p": "0.465", "720p": "1"}
_LOWER = {"480p": "0.284", "720p": "0.609"}
RATES: Mapping[Tier, Rate] = {
    "standard": Rate(
        "seedance-2-0",
        135_000,
        250_020,
        {**_PLAIN, "1080p": "2.5", "4k": "5.1"},
        {**_LOWER, "1080p": "1.52", "4k": "3.15"},
    ),
    "fast": Rate("seedance-2-0-fast", 82_013, 151_893, _PLAIN, {"480p": "0.277", "720p": "0.595"}),
    "mini": Rate("seedance-2-0-mini", 27_000, 50_004, _PLAIN, _LOWER),
    "2.5": Rate(
        "seedance-2-5",
        200_900,
        373_674,
        {**_PLAIN, "1080p": "2.5"},
        {**_LOWER, "1080p": "1.52"},
    ),
}
OPERATIONS: Mapping[Mode, str] = {
    "text": "text_to_video",
    "image": "image_to_video",
    "reference": "reference_to_video",
    "edit": "video_edit",
    "extend": "video_extend",
    "draft": "draft_to_video",
}
# The numbers of the stock-keeping units, by tier: of each mode in this order.
_SKUS: Mapping[Tier, int] = {"standard": 4000, "fast": 4003, "mini": 4007, "2.5": 4011}
_SEARCH, _SEARCH_UNITS = "4006", 400
_DRAFT_LEAST = 2_009_000


def op(name: str, *args: Expression) -> Expression:
    """An expression over others."""
    return {"op": name, "args": list(args)}


def var(name: str) -> Expression:
    """A parameter."""
    return {"op": "variable", "name": name}


def num(value: int | str) -> Expression:
    """A number, or a word to compare with."""
    return {"op": "constant", "value": str(value)}


def _looked_up(table: Mapping[str, str]) -> Expression:
    return {"op": "lookup", "key": var("quality"), "values": dict(table)}


def _clamped(name: str) -> Expression:
    return op("clamp", var(name), num(4), num(30))


def _seconds(sold: Sold) -> Expression:
    """How long the clip is."""
    match sold.model.mode:
        case "draft":
            return _clamped("source_output_seconds")
        case "edit":
            first = "first_input_video_seconds"
            of_video = op(
                "if", op("gt", var(first), num(0)), op("min", var(first), num(30)), num(30)
            )
            told = op("gt", var("duration_seconds"), num(0))
            return op("if", told, _clamped("duration_seconds"), of_video)
    if not sold.newest:
        return var("duration_seconds")
    free = op("eq", var("duration"), num(-1))
    return op("if", free, _clamped("duration_seconds"), _clamped("duration"))


def _tenths(seconds: Expression) -> Expression:
    return op("divide", op("ceil", op("multiply", seconds, num(10))), num(10))


def _quantity(sold: Sold, rate: Rate) -> Expression:
    """What of an order counts, in seconds at 720p."""
    seconds, with_video = _seconds(sold), op("gt", var("input_seconds"), num(0))
    plain, lower = _looked_up(rate.plain), _looked_up(rate.lower)
    if sold.model.mode == "draft":
        plain, lower = num(rate.plain["1080p"]), num(rate.lower["1080p"])
    if sold.model.mode in ("text", "image"):
        return op("multiply", _tenths(seconds) if sold.newest else seconds, plain)
    more = op("if", with_video, op("max", var("input_seconds"), seconds), num(0))
    return op("multiply", _tenths(op("add", seconds, more)), op("if", with_video, lower, plain))


def _parameter(name: str, kind: str, **told: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **told}


def _parameters(sold: Sold) -> list[dict[str, Any]]:
    """What has to be said of an order before its price is known, with what stands for nothing."""
    mode = sold.model.mode
    length = _parameter("duration_seconds", "decimal", minimum="0", default="30")
    if mode == "draft":
        found = [_parameter("source_output_seconds", "decimal", minimum="0", default="5")]
    elif mode == "edit":
        first = _parameter("first_input_video_seconds", "decimal", minimum="0", maximum="30")
        found = [{**length, "default": "0"}, {**first, "default": "0"}]
    elif sold.newest:
        own = _parameter("duration", "integer", minimum="-1", maximum="30", default="5")
        found = [own, length]
    else:
        own = _parameter("duration_seconds", "integer", minimum="4", maximum="15", default="5")
        found = [own]
    if mode != "draft":
        values = list(sold.qualities)
        found.append(_parameter("quality", "enum", values=values, default="720p"))
    if mode not in ("text", "image"):
        most = {"maximum": "30"} if sold.newest else {}
        usual = "30" if mode in ("edit", "extend") else "0"
        found.append(_parameter("input_seconds", "decimal", minimum="0", **most, default=usual))
    if _searches(sold):
        found.append(_parameter("search_count", "integer", minimum="0", default="0"))
    return found


def _searches(sold: Sold) -> bool:
    return sold.model.mode == "text" and sold.model.tier != "mini"


def money(units: Fraction | int) -> dict[str, str]:
    """A sum in all four of the vendor's currencies, as texts."""
    exact = Fraction(units)
    dollars = f"{float(exact / UNITS / CREDITS_OF_DOLLAR):.8f}".rstrip("0").rstrip(".")
    return {
        "uc": text(exact),
        "credits": text(exact / UNITS),
        "cny": text(exact / UNITS / CREDITS_OF_YUAN),
        "usd": dollars,
    }


def text(value: Fraction) -> str:
    """A number as these texts have it: as a decimal where it is one, else as a fraction."""
    if (10**12) % value.denominator:
        return f"{value.numerator}/{value.denominator}"
    whole = f"{value.numerator * 10**12 // value.denominator:013d}"
    return f"{whole[:-12]}.{whole[-12:]}".rstrip("0").rstrip(".")


def _component(
    name: str, label: str, unit: str, sku: str, units: int, least: int
) -> dict[str, Any]:
    return {
        "id": name,
        "role": name,
        "label_key": label,
        "dimension": unit,
        "sku_id": sku,
        "unit": unit,
        "billing_unit_size": 1,
        "display_unit_size": 1,
        "rate": money(units),
        "minimum_charge": money(least),
        "billing_rule": "per_call" if name == "web_search" else "per_second",
        "pricing_status": "available",
        "effective_at": EFFECTIVE,
    }


_ROUNDED = {"rounding": {"point": "per_component_subtotal", "mode": "half_up"}, "tiers": []}


def _components(sold: Sold) -> list[dict[str, Any]]:
    rate, mode = RATES[sold.model.tier], sold.model.mode
    with_input = mode not in ("text", "image")
    label = "output_plus_billable_input_seconds" if with_input else "output_seconds"
    unit = "input_plus_output_second" if with_input else "output_second"
    sku = str(_SKUS[sold.model.tier] + list(OPERATIONS).index(mode))
    least = _DRAFT_LEAST if mode == "draft" else rate.least
    output = _component("video_output", label, unit, sku, rate.units, least)
    found = [{**output, "quantity_rule": _quantity(sold, rate), **_ROUNDED}]
    if _searches(sold):
        asked = {"condition": op("gt", var("search_count"), num(0))}
        search = _component(
            "web_search", "web_search_per_search", "search", _SEARCH, _SEARCH_UNITS, 0
        )
        found.append({**search, **asked, "quantity_rule": var("search_count"), **_ROUNDED})
    return found


@cache
def policy(name: str) -> Mapping[str, Any]:
    """The policy of a model that is sold."""
    sold = SOLD[name]
    said = {"parameters": _parameters(sold), "components": _components(sold)}
    fixed = not _searches(sold) and sold.model.mode in ("text", "image") and not sold.newest
    return {
        "model_id": name,
        "product_id": RATES[sold.model.tier].product,
        "operation": OPERATIONS[sold.model.mode],
        "modality": "video",
        "lifecycle": "active",
        "pricing_status": "available",
        "settlement_basis": "request_only" if fixed else "request_then_actual",
        "policy_version": 1,
        "policy_checksum": hashlib.sha256(json.dumps(said).encode()).hexdigest(),
        "policy_source": "published",
        **said,
    }
