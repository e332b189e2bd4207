"""The OpenAPI documents: valid, and made from what the code does."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from simulator.cli.main import main
from simulator.control import ROUTES
from simulator.core.rules import Between, Excludes, OfType, OneOf, Required
from simulator.dialects import ALL
from simulator.engine.dialect import Dialect
from simulator.openapi import answers, inferred, rows
from simulator.openapi.examples import EXAMPLES
from tests.driving import encode_form
from tests.serving import serve

KINDS = [str(kind) for kind in answers._OF_FIELDS]
NAMED = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)


async def fetched(path: str, **settings: Any) -> Any:
    async with (
        serve(**settings) as server,
        server.anonymous.get(f"{server.base}/_sim{path}") as answer,
    ):
        assert answer.status == 200, await answer.text()
        return await answer.json()


@NAMED
async def test_a_dialect_has_a_valid_document_with_all_its_calls(dialect: Dialect) -> None:
    for fidelity in ("documented", "observed"):
        found = await fetched(f"/openapi/{dialect.name}.json", fidelity=fidelity)
        validate(found)
        calls = {(way.upper(), path) for path, ways in found["paths"].items() for way in ways}
        assert calls == {(route.method, route.place) for route in dialect.routes}
        create = dialect.route("create")
        made = found["paths"][create.place]["post"]
        assert "200" in made["responses"]
        assert made["requestBody"]["content"]
        assert "Refusal" in found["components"]["schemas"]


async def test_the_control_plane_has_one_too() -> None:
    found = await fetched("/openapi.json")
    validate(found)
    for method, path, _ in ROUTES:
        made = found["paths"][path][method.lower()]
        assert made["summary"], (method, path)
        assert (method == "POST") == ("requestBody" in made)
    order = found["paths"]["/clock"]["post"]["requestBody"]["content"]["application/json"]
    assert order["schema"]["$ref"].endswith("Move")
    asked = found["paths"]["/calls"]["get"]["parameters"]
    assert {"key", "path", "status", "since", "limit", "after"} <= {one["name"] for one in asked}


@NAMED
async def test_a_ledger_fits_its_schema_whatever_is_known_of_prices(dialect: Dialect) -> None:
    """Some have no listed price, some one for each resolution; amounts are whole or not."""
    route = dialect.route("create")
    raw, kind = msgspec.json.encode(dialect.example), "application/json"
    if route.form:
        raw, kind = encode_form({name: str(one) for name, one in dialect.example.items()})
    async with serve() as server:
        url = f"{server.base}/{dialect.name}{route.path}"
        async with server.client.post(url, data=raw, headers={"Content-Type": kind}) as answer:
            assert answer.status == 200, await answer.text()
        await server.advance("1h")
        async with server.anonymous.get(f"{server.base}/_sim/ledger") as answer:
            ledger = await answer.json()
        async with server.anonymous.get(f"{server.base}/_sim/openapi.json") as answer:
            found = await answer.json()
    assert ledger["bill"]["lines"]
    media = found["paths"]["/ledger"]["get"]["responses"]["200"]["content"]["application/json"]
    OAS31Validator(media["schema"]).validate(ledger)
    assert set(media["schema"]["properties"]["bill"]["properties"]["cost_usd"]["type"]) == {
        "number",
        "null",
    }


async def test_every_example_of_the_control_plane_does_what_it_says() -> None:
    async with serve() as server:
        for (method, path), bodies in EXAMPLES.items():
            for name, body in bodies.items():
                url = f"{server.base}/_sim{path}"
                async with server.anonymous.request(method, url, json=body) as answer:
                    assert answer.status == 200, (name, await answer.text())


async def test_a_document_that_is_not_there_names_those_that_are() -> None:
    async with serve() as server:
        async with server.anonymous.get(f"{server.base}/_sim/openapi/arc.json") as answer:
            assert answer.status == 404
            assert "evolink" in (await answer.json())["error"]["message"]
        async with server.anonymous.post(f"{server.base}/_sim/openapi.json") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


async def test_documents_ask_for_the_admin_token() -> None:
    async with serve(admin_token="of-tests") as server:
        url = f"{server.base}/_sim/openapi/ark.json"
        async with server.anonymous.get(url) as answer:
            assert answer.status == 401
        headers = {"Authorization": "Bearer of-tests"}
        async with server.anonymous.get(url, headers=headers) as answer:
            assert answer.status == 200


def test_the_command_prints_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    for name, path in (("uniall", "/v1/videos/{id}"), ("control", "/clock")):
        assert main(["openapi", name]) == 0
        assert path in json.loads(capsys.readouterr().out)["paths"]
    assert main(["openapi", "arc"]) == 2
    told = capsys.readouterr().err
    assert "did you mean ark?" in told
    assert told.count("\n") == 1


def test_rules_become_a_schema_or_a_sentence() -> None:
    table = (
        Required("prompt"),
        OfType("prompt", "string"),
        OfType("size", "integer", "digits"),
        Between("size", 4, 15, also=(-1,)),
        OneOf("metadata.ratio", ("16:9", "1:1")),
        Excludes("first", ("second",)),
    )
    shape = rows.query(()) and rows.body(table, ALL[0].fields, observed=False)
    fields = shape.schema["properties"]
    assert shape.schema["required"] == ["prompt"]
    assert fields["prompt"] == {"type": "string", "pattern": r"\S"}
    bounds = {"type": "integer", "minimum": 4, "maximum": 15}
    assert fields["size"]["anyOf"][:2] == [bounds, {"enum": [-1]}]
    assert fields["metadata"]["properties"]["ratio"]["enum"] == ["16:9", "1:1", None]
    assert "first cannot be used together with second." in shape.sentences


def test_an_array_says_what_its_items_are_also_where_that_is_anything() -> None:
    """Without a word about them generators leave the whole call out."""
    table = (OfType("links", "array", "string"), OfType("tools", "array"))
    fields = rows.query(table).schema["properties"]
    assert {"type": "array", "items": {}} in fields["links"]["anyOf"]
    assert fields["tools"]["items"] == {}
    assert inferred.schema([[], []]) == {"type": "array", "items": {}}


async def test_each_schema_of_the_control_plane_has_a_plain_name_of_its_own() -> None:
    """Generators make a class of each, and know no schema that is a plain ``false``."""
    document = await fetched("/openapi.json")
    schemas = document["components"]["schemas"]
    assert [name for name in schemas if not name.isidentifier()] == []
    assert '"items":false' not in msgspec.json.encode(schemas).decode()
    (point,) = [
        one["items"]
        for one in schemas["PlanIn"]["properties"]["progress"]["anyOf"]
        if "items" in one
    ]
    assert len(point["prefixItems"]) == point["minItems"] == point["maxItems"] == 2


def test_what_was_seen_becomes_a_schema() -> None:
    found = inferred.schema([{"a": 1, "b": None}, {"a": 2.5, "b": "x", "c": [True]}])
    assert found["required"] == ["a", "b"]
    assert found["properties"]["a"] == {"type": "number"}
    assert found["properties"]["b"] == {"type": ["null", "string"]}
    assert found["properties"]["c"]["items"] == {"type": "boolean"}
    assert msgspec.json.encode(inferred.shortened([1, 2, 3])) == b"[1,2]"


@NAMED
async def test_examples_of_refusals_name_a_field_that_the_call_has(dialect: Dialect) -> None:
    """By its own name in the dialect, also where a vendor calls the prompt something else."""
    invented = replace(dialect, fields=replace(dialect.fields, places={"prompt": "script"}))
    said = [await refusals(each) for each in (dialect, invented)]
    place = dialect.fields.place("prompt")
    own = place if place in dialect.fields.read else "content"
    assert any(own in text for text in said[0])
    assert not any("prompt missing" in text for text in said[0] if own != "prompt")
    assert any("script" in text for text in said[1])
    assert not any("prompt missing" in text for text in said[1])


async def refusals(dialect: Dialect) -> list[str]:
    """The examples of refusals that speak of a field, of every call."""
    found = await answers.seen(dialect)
    bodies = [body for one in found.values() for body in one.bodies.values()]
    return [json.dumps(body[kind]) for body in bodies for kind in KINDS if kind in body]
