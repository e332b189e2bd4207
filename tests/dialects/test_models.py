"""The lists of models: what each dialect takes, cut to what the key may use."""

import pytest

from simulator.core.config import Key
from simulator.dialects import ALL, load, newapi_models
from tests.serving import serve

SHARED = newapi_models.__name__
LISTS = {
    dialect.name: route
    for dialect in ALL
    for route in dialect.routes
    if route.path.endswith("/models") and not route.public
}
PATHS = {name: route.path for name, route in LISTS.items()}
CODE_BASE = [name for name, route in LISTS.items() if route.handler.__module__ == SHARED]


@pytest.mark.parametrize("dialect", PATHS)
async def test_the_models_of_a_key(dialect: str) -> None:
    example = load(dialect).example["model"]
    keys = (Key("sk-all"), Key("sk-one", models=(example,)), Key("sk-none", models=()))
    async with serve(keys=keys) as server:
        found = {}
        for key in ("sk-all", "sk-one", "sk-none", "sk-nobody"):
            url = f"{server.base}/{dialect}{PATHS[dialect]}"
            headers = {"Authorization": f"Bearer {key}"}
            async with server.anonymous.get(url, headers=headers) as answer:
                assert answer.status == (401 if key == "sk-nobody" else 200)
                found[key] = await answer.json()
    ids = [model["id"] for model in found["sk-all"]["data"]]
    assert ids == sorted(ids)
    assert example in ids
    assert len(ids) > 1
    assert [model["id"] for model in found["sk-one"]["data"]] == [example]
    assert found["sk-none"]["data"] == []
    assert "error" in found["sk-nobody"]


@pytest.mark.parametrize("dialect", CODE_BASE)
async def test_the_code_bases_shape(dialect: str) -> None:
    async with serve() as server, server.client.get(f"{server.base}/{dialect}/v1/models") as answer:
        body = await answer.json()
    assert (body["object"], body["success"]) == ("list", True)
    for model in body["data"]:
        assert {name: value for name, value in model.items() if name != "id"} == {
            "object": "model",
            "created": 1626777600,
            "owned_by": "doubaovideo",
            "supported_endpoint_types": ["openai"],
        }


async def test_arks_catalogue_describes_its_models() -> None:
    async with serve() as server, server.client.get(f"{server.base}/ark/api/v3/models") as answer:
        models = {model["id"]: model for model in (await answer.json())["data"]}
    fast = models["dreamina-seedance-2-0-fast-260128"]
    assert (fast["name"], fast["version"]) == ("dreamina-seedance-2-0-fast", "260128")
    assert (fast["created"], fast["domain"]) == (1769558400, "VideoGeneration")
    assert fast["modalities"]["output_modalities"] == ["video"]
