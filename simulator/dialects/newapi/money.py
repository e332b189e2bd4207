"""What an order costs at an instance whose models nobody has priced.

Wire facts: relay/channel/task/doubao/constants.go, relay/helper/price.go and setting/ratio_setting
of QuantumNous/new-api at bde9b2f4 (2026-07-11); the amounts were captured on 2026-11-28. Such an
instance takes a ratio of 37.5 for every model: 75 dollars for a million tokens.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simulator.core.rules import Body, given
from simulator.core.task import Charge, Order
from simulator.core.tokens import clip_tokens
from simulator.dialects.newapi_base import PER_DOLLAR
from simulator.dialects.newapi_wallet import UNIT

MODEL_RATIO = Decimal("37.5")
# What is taken when a plain order is given: half the model's ratio in dollars, however long.
HELD = MODEL_RATIO / 2 * PER_DOLLAR
# Yuan for a million tokens, without and with a video among the references, by model and
# resolution; the first of a model is what the others are a part of. Other models have no parts.
YUAN: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "doubao-seedance-2-0-260128": {"": (46, 28), "1080p": (51, 31), "4k": (26, 16)},
    "doubao-seedance-2-0-fast-260128": {"": (37, 22)},
}


def share(body: Body, *, june: bool = False) -> tuple[int, int]:
    """What an order's tokens cost, and what the model's plain ones do; the same where no part is.

    The builds of June know no resolutions. The price is read off the map that was sent, whose names
    count as they are written, and not off the struct that goes to Ark.
    """
    prices = YUAN.get(body["model"])
    if prices is None:
        return 1, 1
    metadata = given(body, "metadata", {})
    resolution = metadata.get("resolution")
    wanted = resolution.lower().strip() if isinstance(resolution, str) and not june else ""
    plain, with_video = prices.get(wanted, prices[""])
    return with_video if _has_video(metadata) else plain, prices[""][0]


def ratios(body: Body, *, june: bool = False) -> dict[str, float]:
    """The same as the header of the create answer tells it."""
    part, whole = share(body, june=june)
    return {} if part == whole else {"video_input": part / whole}


def held(body: Body, *, june: bool = False) -> Charge:
    """What is taken when the order is given: the order's share of what a plain one holds."""
    part, whole = share(body, june=june)
    return Charge.flat(UNIT, int(HELD * part / whole))


def charge(order: Order, body: Body, *, june: bool = False) -> Charge:
    """The same, and what the tokens cost in the end."""
    part, whole = share(body, june=june)
    tokens = clip_tokens(order, observed=june)
    settled = Decimal(int(tokens * MODEL_RATIO * part / whole))
    return Charge(UNIT, held(body, june=june).reserved, settled)


def _has_video(metadata: Mapping[str, Any]) -> bool:
    items = metadata.get("content")
    return isinstance(items, list) and any(
        isinstance(item, dict) and ("video_url" in item or item.get("type") == "video_url")
        for item in items
    )
