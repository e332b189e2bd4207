"""The way into the asset library, whose modules are loaded with the first call that needs them."""

from simulator.core.keys import PlanKey
from simulator.core.media import MediaKind
from simulator.core.problems import Problem
from simulator.core.task import Reference
from simulator.dialects.ark import plan
from simulator.engine import Engine
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Route
from simulator.engine.references import Assets

# The one path of calls that are named in their query, below a prefix or none.
ROOT = "/"
_SIGNED = "HMAC-SHA256"


def token(call: Call) -> str:
    """The API key of a call or, of a signed one, the access key; a refusal where there is none.

    Agent Plan has keys of its own: they are 401 elsewhere, and others are 401 there (live answers,
    September 2026).
    """
    if call.path.startswith(plan.BASE):
        return PlanKey(call.token())
    if call.path != ROOT or not call.headers.get("Authorization", "").startswith(_SIGNED):
        return call.token()
    from simulator.dialects.ark.signing import access_key

    return access_key(call)


async def library(call: Call, engine: Engine) -> Reply:
    """Any call of the asset library, by the name that its query gives."""
    from simulator.dialects.ark.library import answer

    return await answer(call, engine)


def refusal(problem: Problem, call: Call) -> Reply:
    """The library's answer to a problem."""
    from simulator.dialects.ark.library_words import refusal as worded

    return worded(problem, call)


def assets(call: Call, engine: Engine) -> Assets:
    """What the ``asset://`` links of an order stand for."""

    async def find(field: str, asset_id: str, kind: MediaKind) -> Reference:
        from simulator.dialects.ark.assets import library as of

        return await of(call, engine)(field, asset_id, kind)

    return find


ROUTES: tuple[Route, ...] = (Route("POST", ROOT + "?Action={name}", library),)
