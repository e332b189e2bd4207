"""new-api as it comes, in front of a channel to Ark: a flat order, two ways to see a task.

No document says what it does (its own describes another body): the source of QuantumNous/new-api at
bde9b2f4 (2026-07-11), ``observed`` at 4ca47ee2 (2026-06-06), and what builds of both answered on
2026-11-28.
"""

from msgspec.structs import replace

from simulator.core.fields import Fields
from simulator.core.reader import Reader
from simulator.core.task import Phase
from simulator.dialects import newapi_base
from simulator.dialects.ark_answers import callbacks, events
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.newapi.examples import EXAMPLES
from simulator.dialects.newapi.log import PATH as LOG_PATH
from simulator.dialects.newapi.log import show_log
from simulator.dialects.newapi.payload import METADATA
from simulator.dialects.newapi.render import callback_body, refuse_call
from simulator.dialects.newapi.routes import (
    create,
    remix,
    show,
    show_content,
    show_model,
    show_object,
)
from simulator.dialects.newapi.rules import MODELS, OBSERVED_RULES, RULES
from simulator.dialects.newapi_bodies import read_body
from simulator.dialects.newapi_errors import dress
from simulator.dialects.newapi_models import PATH as MODELS_PATH
from simulator.dialects.newapi_models import models_route
from simulator.dialects.newapi_polling import upstream
from simulator.dialects.newapi_wallet import Wallet
from simulator.dialects.tiers import faster
from simulator.engine.cross_origin import CrossOrigin
from simulator.engine.dialect import Dialect, Route

_ITEM = "an item of metadata.content with role"


# What the code base's own middleware says: no header of an answer is shown to a page, and the star
# does not cover the key, so that browsers cannot call it from elsewhere.
_ANY = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}
ACROSS = CrossOrigin(
    answer=_ANY,
    preflight={
        **_ANY,
        "Access-Control-Allow-Methods": "GET,POST,PUT,DELETE,OPTIONS",
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "43200",
    },
    picky=True,
)

READER = Reader(
    created=("/id", "/task_id"),
    id=("/data/task_id", "/id", "/task_id"),
    status=("/data/status", "/status"),
    inner=("/data/data/status",),
    progress=("/data/progress", "/progress"),
    percent=True,
    shared=True,
    words={"unknown": Phase.QUEUED, "NOT_START": Phase.QUEUED},
    link=(
        "/data/result_url",
        "/data/data/content/video_url",
        "/data/data/content/last_frame_url",
        "/metadata/url",
        "/content/video_url",
        "/content/last_frame_url",
    ),
    reason=("/data/fail_reason",),
    message=("/data/fail_reason", "/error/message"),
    usage=("/data/data/usage", "/usage"),
    error=("/error/code", "/code"),
    texts=("/data/progress", "/data/data/resolution", "/resolution"),
    objects=("/data/data/content", "/data/data/usage", "/error"),
    bare={"callback": ("a link in two places",)},  # the upstream's own, with its one link
)

DIALECT = Dialect(
    name="newapi",
    title="new-api",
    documents=("new-api: its source, and builds of June and July 2026",),
    base_path="/v1",
    differences="flat order with metadata, envelope or video object, asks upstream every 15 s",
    routes=(
        Route("POST", newapi_base.CREATE, create, "create", read_body, RULES, OBSERVED_RULES),
        Route("GET", newapi_base.QUERY, show, "query"),
        Route("POST", newapi_base.VIDEOS, create, "create", read_body, RULES, OBSERVED_RULES),
        Route("GET", newapi_base.OBJECT, show_object, "query"),
        Route("GET", newapi_base.CONTENT, show_content, "download"),
        Route("POST", newapi_base.OBJECT + "/remix", remix),
        models_route(MODELS),
        Route("GET", MODELS_PATH + "/{name}", show_model),
        *Wallet(stock=True).routes(),
        Route("GET", LOG_PATH, show_log),
    ),
    refuse=refuse_call,
    dress=dress,
    token=newapi_base.token,
    failures=FAILURES,
    refusals=REFUSALS,
    examples=EXAMPLES,
    example={
        "model": "doubao-seedance-2-0-260128",
        "prompt": "A paper boat sails down a rainy street",
        "metadata": {"resolution": "480p", "duration": 5, "generate_audio": False},
    },
    callbacks=replace(callbacks(callback_body), events=lambda task: events(upstream(task))),
    reader=READER,
    fields=Fields(
        read=frozenset(
            {
                "model",
                "prompt",
                "image",
                "images",
                "seconds",
                *(f"metadata.{name}" for name in METADATA if name != "tools"),
                "metadata.tools[].type",
                *(
                    f"metadata.content[].{name}"
                    for name in (
                        "type",
                        "role",
                        "image_url.url",
                        "video_url.url",
                        "audio_url.url",
                    )
                ),
            }
        ),
        places={
            "length": "metadata.duration, or seconds as a string",
            "last frame": f"{_ITEM} last_frame",
            "reference images": f"{_ITEM} reference_image for each",
            "reference video": f"{_ITEM} reference_video for each",
            "reference audio": f"{_ITEM} reference_audio for each",
            "web search": 'metadata.tools, as {"type": "web_search"}',
        },
    ),
    sdk=(
        ("openai, Python", 'OpenAI(base_url="{base}/v1", api_key="{key}").videos.create(...)'),
        (
            "openai, Node",
            'new OpenAI({{ baseURL: "{base}/v1", apiKey: "{key}" }}).videos.create({{ ... }})',
        ),
    ),
    escapes="always",
    cheaper=faster(MODELS),
    cross_origin=ACROSS,
)
