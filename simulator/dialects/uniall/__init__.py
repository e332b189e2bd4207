"""UniAll: flat JSON with an ``extra_body``, queried as an OpenAI video object.

"Seedance 2.0 Video Generation", UniAll documentation, read June 2026; what it leaves open is as in
the new-api code base or, where marked, this simulator's own choice.
"""

from simulator.core.fields import Fields
from simulator.core.reader import Reader
from simulator.dialects import newapi_base, newapi_errors
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.newapi_models import models_route
from simulator.dialects.newapi_wallet import Wallet
from simulator.dialects.tiers import faster
from simulator.dialects.uniall.examples import EXAMPLES
from simulator.dialects.uniall.routes import create, show
from simulator.dialects.uniall.rules import MODELS, OPTIONS, RULES, read_body
from simulator.engine.dialect import Dialect, Route

DIALECT = Dialect(
    name="uniall",
    title="UniAll",
    documents=("UniAll: Seedance 2.0 Video Generation",),
    base_path="/v1",
    differences="flat JSON with extra_body, OpenAI video objects, 5 to 15 seconds, three ratios",
    routes=(
        Route("POST", newapi_base.CREATE, create, "create", read_body, RULES),
        Route("POST", "/v1/videos/generations", newapi_base.nowhere),
        Route("GET", newapi_base.OBJECT, show, "query"),
        Route("GET", newapi_base.CONTENT, newapi_base.content_handler("uniall"), "download"),
        models_route(MODELS),
        *Wallet().routes(),
    ),
    refuse=newapi_errors.refuse_call,
    dress=newapi_errors.dress,
    failures=FAILURES,
    refusals=REFUSALS,
    fields=Fields(
        read=frozenset(
            {
                "model",
                "prompt",
                "duration",
                "aspect_ratio",
                "image",
                "last_image",
                "images",
                "videos",
                "audios",
                *(f"extra_body.{name}" for name in OPTIONS),
                *OPTIONS,  # where the OpenAI SDK puts what it is given as extra_body
            }
        ),
        places={
            "resolution": "the name of the model (-480p to -4k)",
            **{
                concept: f"extra_body.{name}"
                for concept, name in {
                    "sound": "generate_audio",
                    "kind of task": "operation",
                }.items()
            },
        },
    ),
    reader=Reader(
        created=("/id", "/task_id"),
        id=("/id", "/task_id"),
        progress=("/progress",),
        link=("/video_url", "/last_frame_url"),
        error=("/error/code", "/code"),
        objects=("/error",),
    ),
    examples=EXAMPLES,
    example={
        "model": "seedance2.0-480p",
        "prompt": "A paper boat sails down a rainy street",
        "duration": 5,
        "extra_body": {"generate_audio": False},
    },
    sdk=(
        ("openai, Python", 'OpenAI(base_url="{base}/v1", api_key="{key}").videos.poll(task_id)'),
        (
            "openai, Node",
            'new OpenAI({{ baseURL: "{base}/v1", apiKey: "{key}" }}).videos.retrieve(taskId)',
        ),
    ),
    escapes="observed",
    observed_token=newapi_base.token,
    cheaper=faster(MODELS),
)
