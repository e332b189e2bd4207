"""Agent Plan: a subscription whose calls are Ark's own, below a path of its own.

Live answers of July to September 2026. Its models have names with dots; a dated id is taken too,
whatever its date, and answers show the dated one. Without a key file every key is one account's
on both paths; in a file those of a plan say ``agent_plan = true``.
"""

import re
from collections.abc import Mapping
from typing import Any

from simulator.core.problems import Kind, Problem
from simulator.dialects.ark_family import read_body
from simulator.dialects.ark_models import MODELS
from simulator.engine.call import Call

BASE = "/api/plan/v3"
# Those of the table that a plan has, by the names that it gives them.
NAMES: Mapping[str, str] = {
    "doubao-seedance-2.0": "doubao-seedance-2-0-260128",
    "doubao-seedance-2.0-fast": "doubao-seedance-2-0-fast-260128",
    "doubao-seedance-2.0-mini": "doubao-seedance-2-0-mini-260615",
    "doubao-seedance-1.5-pro": "doubao-seedance-1-5-pro-251215",
}
_FAMILIES = {MODELS[name].family: name for name in NAMES.values()}
_DATED = re.compile(r"(.+)-\d{6}")
UNSUPPORTED = (
    "The requested model does not support the agent plan feature. Please refer to the "
    "documentation at https://www.volcengine.com/docs/82379/2366394 to select a compatible model."
)


def model(name: str) -> str:
    """The dated id of a model of the plan; the name itself where the plan has no such model."""
    dated = _DATED.fullmatch(name)
    return NAMES.get(name) or _FAMILIES.get(dated[1] if dated else name, name)


async def read(call: Call) -> Mapping[str, Any]:
    """The JSON object of a create call, with the dated id of its model."""
    body = await read_body(call)
    name = body.get("model")
    return {**body, "model": model(name)} if isinstance(name, str) else body


def missing(call: Call, problem: Problem) -> bool:
    """Whether what is wrong is a model that the plan does not have."""
    return call.path.startswith(BASE) and problem.kind is Kind.MODEL


class InPlan:
    """The model is one of the plan's."""

    field = "model"

    def problem(self, body: Mapping[str, Any]) -> Problem | None:
        name = body.get("model")
        if not isinstance(name, str) or name in NAMES.values():
            return None
        return Problem(Kind.MODEL, "model", "is not of the plan", got=name)
