"""The list of models as the new-api code base gives it, to gateways of every kind.

Wire facts: the source of QuantumNous/new-api at 4ca47ee2 (2026-06-06): controller/model.go.
"""

from collections.abc import Iterable

from simulator.engine import Engine
from simulator.engine.call import Call, Reply, usable
from simulator.engine.dialect import Route

PATH = "/v1/models"
# The code base has one day for all models, and the channel's name for their owner.
_MODEL = {"object": "model", "created": 1626777600, "owned_by": "doubaovideo"}


def models_route(models: Iterable[str], observed: Iterable[str] | None = None) -> Route:
    """The call that lists those of the models that a key may use, by their names.

    ``observed`` are those of a server of that fidelity, where they are others.
    """
    names = tuple(models)
    others = names if observed is None else tuple(observed)

    async def index(call: Call, engine: Engine) -> Reply:
        found = [
            {"id": name, **_MODEL, "supported_endpoint_types": ["openai"]}
            for name in usable(call.account, others if engine.observed else names)
        ]
        return Reply(200, {"data": found, "object": "list", "success": True})

    return Route("GET", PATH, index)
