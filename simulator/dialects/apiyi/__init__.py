"""APIYI: Ark's own wire format behind a gateway with keys, a wallet and channels of its own.

"Seedance 2.0 Video Generation API Reference" and "Seedance 2.0 Overview", APIYI documentation, June
and September 2026; the gateway's own errors from its FAQ, September 2026.
"""

from dataclasses import replace

from simulator.dialects import ark_models
from simulator.dialects.apiyi.examples import EXAMPLES
from simulator.dialects.apiyi.refusals import dress, refuse_call
from simulator.dialects.apiyi.routes import create, show
from simulator.dialects.apiyi.rules import FAST, MODELS, OBSERVED_RULES, RULES, SOLD, STANDARD
from simulator.dialects.ark_answers import READER
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.ark_family import FIELDS, read_body
from simulator.dialects.ark_sdk import ai_sdk, ark_sdks
from simulator.dialects.newapi_models import models_route
from simulator.dialects.tiers import faster
from simulator.engine.dialect import Dialect, Route

TASKS = "/seedance/api/v3/contents/generations/tasks"

DIALECT = Dialect(
    name="apiyi",
    title="APIYI",
    documents=("APIYI: Seedance 2.0 Video Generation API Reference",),
    base_path="/seedance/api/v3",
    differences="Ark's format behind a gateway: two models, up to 1080p, create and query only",
    routes=(
        Route("POST", TASKS, create, "create", read_body, RULES, OBSERVED_RULES),
        Route("GET", TASKS + "/{id}", show, "query"),
        models_route(MODELS, SOLD),
    ),
    refuse=refuse_call,
    dress=dress,
    failures=FAILURES,
    refusals=REFUSALS,
    reader=READER,
    fields=replace(
        FIELDS,
        observed=frozenset(ark_models.OF_25),
        absent={
            "container": "output_format is of Seedance 2.5 alone",
            "kind of task": "omni_reference_task_type is of Seedance 2.5 alone",
        },
    ),
    examples=EXAMPLES,
    example={
        "model": STANDARD,
        "content": [{"type": "text", "text": "A paper boat sails down a rainy street"}],
        "resolution": "480p",
        "duration": 5,
        "generate_audio": False,
    },
    sdk=(
        *ark_sdks("/seedance/api/v3"),
        ai_sdk("/seedance/api/v3", FAST),
    ),
    cheaper=faster(SOLD),
)
