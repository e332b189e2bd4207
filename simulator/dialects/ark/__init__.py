"""Ark, the upstream itself (Volcengine Ark and BytePlus ModelArk): /api/v3, and assets at /.

Volcengine documentation 82379/1520757, 82379/1521309 and 82379/1099476, mid to autumn 2026, and
live captures on both hosts.
"""

from dataclasses import replace

from msgspec import structs

from simulator.dialects.ark import entrance, plan
from simulator.dialects.ark.examples import EXAMPLES
from simulator.dialects.ark.render import callback_body, refuse_call
from simulator.dialects.ark.routes import (
    CANCELLED_FOR,
    LISTING,
    create,
    delete,
    index,
    models,
    show,
)
from simulator.dialects.ark.rules import OBSERVED_RULES, RULES
from simulator.dialects.ark_answers import READER, callbacks
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.ark_errors import request_id
from simulator.dialects.ark_family import FIELDS, read_body
from simulator.dialects.ark_models import MODELS
from simulator.dialects.ark_sdk import ai_sdk, ark_sdks
from simulator.dialects.content import CONTENT_PLACES
from simulator.dialects.tiers import faster
from simulator.engine.dialect import Dialect, Route

TASKS = "/api/v3/contents/generations/tasks"
PLAN = plan.BASE + TASKS.removeprefix("/api/v3")
PLAN_RULES = tuple((*rules[:2], plan.InPlan(), *rules[2:]) for rules in (RULES, OBSERVED_RULES))

DIALECT = Dialect(
    name="ark",
    title="Volcengine Ark and BytePlus ModelArk",
    documents=("Volcengine documentation 82379/1520757 and 82379/1521309",),
    base_path="/api/v3",
    differences="the upstream: content array, list and delete, callbacks on every status change, "
    "an asset library with signed calls",
    routes=(
        Route("POST", TASKS, create, "create", read_body, RULES, OBSERVED_RULES),
        Route("GET", TASKS, index, "list", asks=LISTING),
        Route("GET", TASKS + "/{id}", show, "query"),
        Route("GET", "/api/v3/models", models),
        Route("DELETE", TASKS + "/{id}", delete, "delete"),
        Route("POST", PLAN, create, "create", plan.read, *PLAN_RULES),
        Route("GET", PLAN, index, "list", asks=LISTING),
        Route("GET", PLAN + "/{id}", show, "query"),
        Route("DELETE", PLAN + "/{id}", delete, "delete"),
        *entrance.ROUTES,
    ),
    refuse=refuse_call,
    dress=lambda call: {"x-request-id": request_id(call)},
    failures=FAILURES,
    refusals=REFUSALS,
    token=entrance.token,
    examples=EXAMPLES,
    example={
        "model": "doubao-seedance-2-0-260128",
        "content": [{"type": "text", "text": "A paper boat sails down a rainy street"}],
        "resolution": "480p",
        "duration": 5,
        "generate_audio": False,
    },
    cancelled_for=CANCELLED_FOR,
    callbacks=callbacks(callback_body),
    reader=structs.replace(READER, items=("/items",)),
    fields=replace(
        FIELDS,
        read=FIELDS.read
        | {
            "callback_url",
            "camera_fixed",
            "draft",
            "priority",
            "safety_identifier",
            "service_tier",
            "tools[].type",
            "frames",
            "output_format",
            "omni_reference_task_type",
            "bitrate_mode",
            "file_format",
        },
        places={**CONTENT_PLACES, "web search": 'tools, as {"type": "web_search"}'},
    ),
    sdk=(
        *ark_sdks("/api/v3"),
        ai_sdk("/api/v3", "doubao-seedance-2-0-fast-260128"),
    ),
    cheaper=faster(MODELS),
)
