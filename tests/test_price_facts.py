"""One list of prices and two readers of it: bills and budgets go by the same numbers."""

from decimal import Decimal
from typing import Any

import pytest

from conformance.catalogue import documents
from conformance.plan import prices as suite
from simulator.dialects import load
from simulator.engine import prices as bills
from tests.driving import KEY
from tests.serving import Server, serve

# Half a cent and what worst cases round up: whole pictures, one frame, every second begun.
ROUNDING = Decimal("1.02")
LISTED = [
    (dialect, price)
    for dialect, mine in bills.shipped().items()
    for price in mine.values()
    if price.unit in suite.UNITS
]
NAMES = [f"{dialect}-{price.model}-{price.resolution}" for dialect, price in LISTED]
# What a gateway sells by now, of which its document does not speak.
UNSOLD = {
    ("apiyi", f"doubao-seedance-{name}", "documented") for name in ("2-0-mini-260615", "2-5-260628")
}
VIDEO = "{base}/_sim/media/video.mp4?width=1280&height=720&seconds=5"


def test_both_readers_find_the_same_numbers() -> None:
    theirs = {
        (dialect, each.model, each.resolution): (each.unit, each.usd, each.source, each.day)
        for dialect in documents.dialects()
        for each in suite.load(None, dialect)
    }
    ours = {
        (dialect, each.model, each.resolution): (each.unit, each.usd, each.source, each.day)
        for dialect, each in LISTED
    }
    assert ours == theirs
    assert {dialect for dialect, *_ in ours} == {"ark", "apiyi", "evolink"}


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize(("dialect", "price"), LISTED, ids=NAMES)
@pytest.mark.parametrize("video", [False, True])
async def test_what_is_listed_is_billed_and_never_above_the_worst_case(
    dialect: str, price: Any, fidelity: str, video: bool
) -> None:
    async with serve(fidelity=fidelity) as server:
        order = _order(server, dialect, price, video)
        if order is None or (dialect, price.model, fidelity) in UNSOLD:
            return
        create = next(route.path for route in load(dialect).routes if route.kind == "create")
        async with server.client.post(f"{server.base}/{dialect}{create}", json=order) as answer:
            assert answer.status == 200, await answer.text()
        async with server.client.get(f"{server.base}/_sim/ledger?key={KEY}") as answer:
            bill = (await answer.json())["bill"]
    assert bill["unpriced"] == []
    (line,) = bill["lines"]
    billed = Decimal(str(bill["cost_usd"]))
    assert line["source"] == f"{price.source} ({price.day})"
    worst = suite.worst(order, suite.load(None, dialect), documents.catalogue(dialect))
    assert worst is not None
    assert 0 < billed <= worst
    if not video:
        assert worst <= billed * ROUNDING + Decimal("0.0001")


def _order(server: Server, dialect: str, price: Any, video: bool) -> Any:
    """An order at the price; None where the model takes no video."""
    size = price.resolution or "720p"
    order: dict[str, Any] = {"model": price.model, "duration": 5}
    link = VIDEO.format(base=server.base)
    if dialect == "evolink":
        if video and "reference" not in price.model:
            return None
        pictures = ["https://example.com/a.png"] if "image" in price.model else []
        order |= {"prompt": "A boat", "quality": size}
        return (
            order
            | ({"image_urls": pictures} if pictures else {})
            | ({"video_urls": [link]} if video else {})
        )
    content: list[Any] = [{"type": "text", "text": "A boat"}]
    if video:
        item = {"type": "video_url", "role": "reference_video", "video_url": {"url": link}}
        content.append(item)
    return {**order, "content": content, "resolution": size, "ratio": "21:9"}
