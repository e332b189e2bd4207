"""The way into the catalogue and the estimates, whose modules are loaded with their first call."""

from collections.abc import Awaitable, Callable

from simulator.core.problems import Kind, refuse
from simulator.core.rules import OfType, OneOf, Required, Rule
from simulator.dialects.evolink.sold import SOLD
from simulator.engine import Engine
from simulator.engine.bodies import json_object
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Route

ESTIMATE: tuple[Rule, ...] = (
    Required("model_id"),
    OfType("model_id", "string"),
    OneOf("model_id", tuple(SOLD)),
    Required("operation"),
    OfType("operation", "string"),
    OfType("parameters", "object"),
    OfType("expected_usage", "object"),
)


def _by(name: str, says: str, newer: bool = True) -> Callable[[Call, Engine], Awaitable[Reply]]:
    """What answers a call of that name; a newer one is at a server of that fidelity alone."""

    async def answer(call: Call, engine: Engine) -> Reply:
        if newer and not call.observed:
            raise refuse(Kind.NO_ROUTE, detail=f"{call.method} {call.path}", got=call.path)
        from simulator.dialects.evolink.catalog import ANSWERS

        return await ANSWERS[name](call, engine)

    answer.__doc__ = says
    return answer


OF_MODEL = "/v1/catalog/models/{name}/pricing-rules"
_MODELS = _by("models", "All models, each with what it can do.", newer=False)
_HEALTH = _by("health", "How each model is.", newer=False)
_PRICING = _by("pricing", "What a second of each model costs.")
_RULES = _by("rules", "What of an order counts, and what that costs.")
_LISTED = _by("listed", "The prices as the vendor's site has them.")
_ESTIMATE = _by("estimate", "What an order would cost the account.")
ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/catalog/models", _MODELS, public=True),
    Route("GET", "/v1/catalog/health", _HEALTH, public=True),
    Route("GET", "/v1/catalog/pricing", _PRICING, public=True),
    Route("GET", "/v1/catalog/pricing-rules", _RULES, public=True),
    Route("GET", OF_MODEL, _RULES, public=True),
    Route("GET", "/web/api/models/pricing", _LISTED, public=True),
    Route("POST", "/v1/agent-estimates", _ESTIMATE, read=json_object, rules=ESTIMATE),
)
