"""EvoLink: flat JSON, one model id for each mode, credits, callbacks and uploads.

"Seedance 2.0 Reference to Video", EvoLink documentation, read June 2026. The page prints neither
paths nor most field names: these are from the vendor's own programs and from its pages on the
sister models, tasks, credits, errors and files, mid to autumn 2026.
"""

from msgspec.structs import replace

from simulator.core.clock import SECOND
from simulator.core.fields import Fields
from simulator.core.reader import Reader
from simulator.core.task import Phase
from simulator.dialects.evolink.entrance import ROUTES as CATALOG
from simulator.dialects.evolink.examples import EXAMPLES
from simulator.dialects.evolink.files import ROUTES
from simulator.dialects.evolink.idempotency import once
from simulator.dialects.evolink.listing import BATCH, batch, index
from simulator.dialects.evolink.refusals import REFUSALS
from simulator.dialects.evolink.render import FAILURES, callback_body, events, refuse_call
from simulator.dialects.evolink.routes import create, credits, models, show
from simulator.dialects.evolink.rules import MODELS, RULES
from simulator.dialects.evolink.sold import RULES as OBSERVED_RULES
from simulator.dialects.tiers import faster
from simulator.engine.bodies import json_object
from simulator.engine.dialect import Callbacks, Dialect, Route

CREATE = "/v1/videos/generations"

READER = Reader(
    progress=("/progress",),
    link=("/results/0", "/result_data/0/video_url"),
    usage=("/usage",),
    objects=("/results", "/error"),
    items=("/data",),
)

DIALECT = Dialect(
    name="evolink",
    title="EvoLink",
    documents=("EvoLink: Seedance 2.0 Reference to Video",),
    base_path="/v1",
    differences="flat JSON, a model for each mode, credits, file uploads, callbacks at the end",
    routes=(
        Route("POST", CREATE, once(create), "create", json_object, RULES, OBSERVED_RULES),
        Route("GET", "/v1/tasks/{id}", show, "query"),
        Route("GET", "/v1/tasks", index, "list"),
        Route("POST", "/v1/tasks/batch", batch, read=json_object, rules=BATCH),
        Route("GET", "/v1/credits", credits),
        Route("GET", "/v1/models", models),
        *CATALOG,
        *ROUTES,
    ),
    refuse=refuse_call,
    dress=lambda call: {"x-request-id": call.chance.hex("request", 32)},
    failures=FAILURES,
    refusals=REFUSALS,
    reader=READER,
    observed_reader=replace(READER, numbered=int),
    fields=Fields(
        read=frozenset(
            {
                "model",
                "prompt",
                "image_urls",
                "video_urls",
                "audio_urls",
                "duration",
                "quality",
                "aspect_ratio",
                "generate_audio",
                "callback_url",
                "model_params.web_search",
                # of the vendor's newer pages (autumn 2026)
                "content_filter",
                "output_format",
                "draft",
                "source_task_id",
            }
        ),
        places={
            "first frame": "image_urls, of an image-to-video model",
            "last frame": "image_urls, second, of an image-to-video model",
            "kind of task": "the name of the model",
            "retry key": "the header Idempotency-Key",
        },
    ),
    examples=EXAMPLES,
    example={
        "model": "seedance-2.0-text-to-video",
        "prompt": "A paper boat sails down a rainy street",
        "duration": 5,
        "quality": "480p",
        "generate_audio": False,
    },
    callbacks=Callbacks(
        events=events,
        body=callback_body,
        timeout=10,
        repeats=(SECOND, 2 * SECOND, 4 * SECOND),
        repeats_for=frozenset(Phase),
    ),
    cheaper=faster(MODELS),
)
