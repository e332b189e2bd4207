"""EvoLink's catalogue and estimates: whom they answer, and that they say what orders cost."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from simulator.dialects.evolink import DIALECT
from simulator.dialects.evolink.entrance import ROUTES
from simulator.dialects.evolink.policies import money, policy, text
from simulator.dialects.evolink.quotes import lines, number
from simulator.dialects.evolink.sold import SOLD
from simulator.engine.call import Reply
from tests.dialects.test_evolink import accepted, order
from tests.driving import World, world
from tests.serving import serve

ESTIMATES = "/v1/agent-estimates"
RULES = "/v1/catalog/pricing-rules"
TEXT = "seedance-2.0-text-to-video"
REFERENCE = "seedance-2.0-reference-to-video"
# Of the vendor's public list of 2026-10-10: product, number of the unit, rate and least charge.
LISTED = {
    TEXT: ("seedance-2-0", "4000", "135000", "250020"),
    "seedance-2.0-fast-image-to-video": ("seedance-2-0-fast", "4004", "82013", "151893"),
    "seedance-2.0-mini-reference-to-video": ("seedance-2-0-mini", "4009", "27000", "50004"),
    "seedance-2.5-video-extend": ("seedance-2-5", "4015", "200900", "373674"),
    "seedance-2.5-draft-to-video": ("seedance-2-5", "4016", "200900", "2009000"),
}


@pytest.fixture
def here() -> World:
    return world(DIALECT, fidelity="observed")


async def got(here: World, path: str, **also: Any) -> Any:
    status, body = await here.json("GET", path, key=None, **also)
    assert status == 200, body
    return body


async def told(here: World, path: str, **also: Any) -> Reply:
    reply = await here.send("GET", path, key=None, **also)
    assert isinstance(reply, Reply)
    return reply


@pytest.mark.parametrize("name", LISTED)
def test_a_policy_has_the_listed_prices(name: str) -> None:
    told, component = policy(name), policy(name)["components"][0]
    rate, least = component["rate"]["uc"], component["minimum_charge"]["uc"]
    assert (told["product_id"], component["sku_id"], rate, least) == LISTED[name]


def test_sums_stand_in_four_currencies() -> None:
    assert money(135_000) == {
        "uc": "135000",
        "credits": "13.5",
        "cny": "1.35",
        "usd": "0.19852941",
    }
    assert money(0) == dict.fromkeys(("uc", "credits", "cny", "usd"), "0")
    parts = (Fraction(93, 200), Fraction(10), Fraction(1, 3))
    assert [text(one) for one in parts] == ["0.465", "10", "1/3"]


@pytest.mark.parametrize(
    ("name", "said", "units"),
    [
        (TEXT, {}, 5 * 135_000),
        (TEXT, {"quality": "4k", "duration_seconds": 4}, 4 * 688_500),
        (TEXT, {"search_count": 1}, 5 * 135_000 + 400),
        (REFERENCE, {"duration_seconds": 8}, 8 * 135_000),
        # The seconds of reference videos count, no fewer than the clip's, to the next tenth.
        (REFERENCE, {"duration_seconds": 8, "input_seconds": "4.5"}, 1_315_440),
        (REFERENCE, {"duration_seconds": 8, "input_seconds": "10.01"}, 1_488_092),
        ("seedance-2.5-text-to-video", {"duration": -1, "duration_seconds": "6.04"}, 1_225_490),
        (
            "seedance-2.5-video-edit",
            {"first_input_video_seconds": 9, "input_seconds": 9},
            2_202_266,
        ),
        ("seedance-2.5-draft-to-video", {}, 5 * 502_250),
        ("seedance-2.5-draft-to-video", {"source_output_seconds": 1}, 2_009_000),
    ],
)
def test_what_counts_of_an_order(name: str, said: Mapping[str, Any], units: int) -> None:
    given = {each: number(value) for each, value in said.items()}
    assert sum(line.units for line in lines(name, given)) == units


async def test_the_catalogue_needs_no_key_and_the_rest_does() -> None:
    async with serve(fidelity="observed") as server:
        for route in ROUTES:
            path = f"{server.base}/evolink{route.target(name=TEXT)}"
            async with server.anonymous.request(route.method, path) as answer:
                assert answer.status == (200 if route.public else 401), route.path
            bad = {"Authorization": "Basic x"}
            async with server.anonymous.request(route.method, path, headers=bad) as answer:
                assert answer.status == (200 if route.public else 401), route.path
        async with server.anonymous.get(f"{server.base}/evolink/v1/models") as answer:
            assert answer.status == 401


async def test_models_and_their_health_are_told(here: World) -> None:
    body = await got(here, "/v1/catalog/models?capability=video&lifecycle=active")
    assert [row["model_id"] for row in body["models"]] == list(SOLD)
    assert body["models"][0]["protocols"] == ["evolink-video-generations"]
    assert body["meta"]["schema_version"] == "1"
    assert (await got(here, "/v1/catalog/models?capability=image"))["models"] == []
    assert (await got(here, f"/v1/catalog/health?model_id={TEXT}"))["models"] == [
        {"model_id": TEXT, "status": "available", "observed_at": "2026-06-06T08:00:57Z"}
    ]
    status, body = await here.json("GET", "/v1/catalog/models?lifecycle=dead", key=None)
    assert (status, body["error"]["param"]) == (400, "lifecycle")


async def test_what_is_known_already_is_not_told_again(here: World) -> None:
    first = await told(here, RULES)
    tag = first.headers["ETag"]
    again = await told(here, RULES, headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, None)
    other = await told(here, f"{RULES}?view=summary", headers={"If-None-Match": tag})
    assert other.status == 200


async def test_price_rules_of_all_and_of_one(here: World) -> None:
    every = (await got(here, RULES))["models"]
    assert [each["model_id"] for each in every] == list(SOLD)
    one = await got(here, f"/v1/catalog/models/{TEXT}/pricing-rules")
    assert one["model"] == every[0]
    assert one["meta"]["schema_version"] == "2"
    some = await got(here, f"{RULES}?operation=video_edit&view=summary")
    assert [each["model_id"] for each in some["models"]] == ["seedance-2.5-video-edit"]
    assert "quantity_rule" not in some["models"][0]["components"][0]
    for path in ("/v1/catalog/models/nope/pricing-rules", f"{RULES}/nope"):
        status, body = await here.json("GET", path, key=None)
        assert (status, body["error"]["message"][:16]) == (404, "There is nothing")


async def test_prices_are_as_on_the_site(here: World) -> None:
    prices = (await got(here, f"/v1/catalog/pricing?model_id={TEXT}"))["prices"]
    assert [(one["unit"], one["price"]) for one in prices] == [
        ("/second", "0.19852941"),
        ("/search", "0.00058824"),
    ]
    listed = (await got(here, "/web/api/models/pricing"))["data"][0]
    assert (listed["model_name"], listed["billing_rule"]) == (TEXT, "per_second")
    assert listed["resolution_multipliers"] == {"480p": 0.465, "720p": 1, "1080p": 2.5, "4k": 5.1}


@pytest.mark.parametrize(
    ("name", "said", "asked"),
    [
        (TEXT, {"duration": 7, "quality": "1080p"}, {"duration_seconds": 7, "quality": "1080p"}),
        (TEXT, {"model_params": {"web_search": True}}, {"search_count": 1}),
        (
            "seedance-2.5-text-to-video",
            {"duration": 30, "quality": "480p"},
            {"duration": "30", "quality": "480p"},
        ),
        (
            REFERENCE,
            {"video_urls": ["https://sim.test/_sim/media/video?seconds=6"], "duration": 4},
            {"duration_seconds": 4, "input_seconds": 6},
        ),
    ],
)
async def test_an_order_costs_what_was_estimated(
    here: World, name: str, said: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    body = {"model_id": name, "operation": policy(name)["operation"], "parameters": dict(asked)}
    status, quote = await here.json("POST", ESTIMATES, body)
    assert status == 200, quote
    assert quote["amount"] == quote["amounts"]["usd"]
    parts = [int(each["subtotal_amounts"]["uc"]) for each in quote["components"]]
    assert sum(parts) == int(quote["amounts"]["uc"])
    assert quote["policy_checksum"] == policy(name)["policy_checksum"]
    task = await accepted(here, order(name, **said))
    assert task.charge.reserved == Decimal(quote["amounts"]["credits"])


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "model_id"),
        ({"model_id": "nope"}, "model_id"),
        ({"model_id": 7}, "model_id"),
        ({"model_id": TEXT}, "operation"),
        ({"model_id": TEXT, "operation": "image_to_video"}, "operation"),
        ({"parameters": []}, "parameters"),
        ({"parameters": {"n": 1}}, "parameters.n"),
        ({"parameters": {"quality": "8k"}}, "parameters.quality"),
        ({"parameters": {"quality": []}}, "parameters.quality"),
        ({"parameters": {"duration_seconds": 16}}, "parameters.duration_seconds"),
        ({"parameters": {"duration_seconds": 4.5}}, "parameters.duration_seconds"),
        ({"parameters": {"duration_seconds": "x"}}, "parameters.duration_seconds"),
        ({"parameters": {"duration_seconds": True}}, "parameters.duration_seconds"),
        ({"parameters": {"duration_seconds": None}}, "parameters.duration_seconds"),
        ({"parameters": {"duration_seconds": "1e99999999"}}, "parameters.duration_seconds"),
        ({"parameters": {"search_count": -1}}, "parameters.search_count"),
        ({"parameters": {"search_count": 10**60}}, "parameters.search_count"),
    ],
)
async def test_what_cannot_be_estimated(here: World, body: Any, param: str) -> None:
    if "parameters" in body:
        body = {"model_id": TEXT, "operation": "text_to_video", **body}
    status, answer = await here.json("POST", ESTIMATES, body)
    assert (status, answer["error"]["param"]) == (400, param)


async def test_the_documented_pages_have_models_and_no_such_prices() -> None:
    here = world(DIALECT)
    body = await got(here, "/v1/catalog/models")
    assert "seedance-2.5-text-to-video" not in [row["model_id"] for row in body["models"]]
    for path in (RULES, "/v1/catalog/pricing", "/web/api/models/pricing"):
        assert (await here.json("GET", path, key=None))[0] == 404
    assert (await here.json("POST", ESTIMATES, {"model_id": TEXT, "operation": "x"}))[0] in (
        400,
        404,
    )


def test_what_is_no_number_stays_a_word() -> None:
    for odd in ("1/0", "nan", "", "0x10", "1e9"):
        assert number(odd) == odd
    with pytest.raises(KeyError):
        lines("nope", {})
