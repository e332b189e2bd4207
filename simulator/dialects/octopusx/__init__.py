"""OctopusX: Ark's content array under metadata, in new-api's envelope, with an asset library.

"Create Video" (Seedance-2), "Query" and the asset pages, OctopusX documentation, read June 2026;
what they leave open is as in the new-api code base and in Ark.
"""

from msgspec.structs import replace

from simulator.core.fields import Fields
from simulator.core.reader import Reader
from simulator.core.task import Task
from simulator.dialects import newapi_base, newapi_errors
from simulator.dialects.ark_answers import callbacks, events
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.content import CONTENT_FIELDS, CONTENT_PLACES
from simulator.dialects.newapi_models import models_route
from simulator.dialects.newapi_polling import upstream
from simulator.dialects.newapi_wallet import Wallet
from simulator.dialects.octopusx import assets
from simulator.dialects.octopusx.examples import EXAMPLES
from simulator.dialects.octopusx.render import callback_body, passed_on
from simulator.dialects.octopusx.routes import (
    create,
    create_object,
    show,
    show_content,
    show_object,
)
from simulator.dialects.octopusx.rules import DEFAULTS, MODELS, OBSERVED_RULES, RULES, read_body
from simulator.dialects.tiers import faster
from simulator.engine.dialect import Dialect, Route

# The envelope of the query, the OpenAI object, and Ark's own object in observed callbacks.
READER = Reader(
    created=("/task_id",),
    id=("/data/task_id", "/id", "/task_id"),
    status=("/data/status", "/status"),
    inner=("/data/data/status",),
    progress=("/data/progress", "/progress"),
    percent=True,
    link=(
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
    objects=("/data/data/content", "/data/data/usage"),
    bare={"callback": ("an error object",)},  # it tells of a failure in fail_reason
)

# "Callback URL when the task is completed" (Create Video, metadata.callback_url): one call, at the
# end. How long it may take and how often it is tried stands nowhere, and is the upstream's.
CALLBACKS = replace(callbacks(callback_body), events=Task.turns)

_ORDER = (read_body, RULES, OBSERVED_RULES)

DIALECT = Dialect(
    name="octopusx",
    title="OctopusX",
    documents=("OctopusX: Create Video (Seedance-2)", "OctopusX: Query", "OctopusX: Assets"),
    base_path="/v1",
    differences="content array with metadata, no sound and a watermark by default, asset library",
    routes=(
        Route("POST", newapi_base.CREATE, create, "create", *_ORDER),
        Route("GET", newapi_base.QUERY, show, "query"),
        Route(
            "POST", newapi_base.VIDEOS, create_object, "create", read_body, RULES, OBSERVED_RULES
        ),
        Route("GET", newapi_base.OBJECT, show_object, "query"),
        Route("GET", newapi_base.CONTENT, show_content, "download"),
        *assets.ROUTES,
        models_route(MODELS),
        *Wallet().routes(),
    ),
    refuse=newapi_errors.refuse_call,
    dress=newapi_errors.dress,
    failures=FAILURES,
    refusals=REFUSALS,
    examples=EXAMPLES,
    example={
        "model": "doubao-seedance-2-0-260128",
        "content": [{"type": "text", "text": "A paper boat sails down a rainy street"}],
        "metadata": {"resolution": "480p", "duration": 5},
    },
    callbacks=CALLBACKS,
    observed_callbacks=replace(callbacks(passed_on), events=lambda task: events(upstream(task))),
    reader=READER,
    observed_reader=replace(
        READER,
        link=("/data/result_url", *READER.link),
        shared=True,
        # Callbacks are the upstream's own: one link, and no object that is empty.
        bare={"callback": ("a link in two places", "objects that may be missing")},
    ),
    fields=Fields(
        read=CONTENT_FIELDS | {"model"} | {f"metadata.{name}" for name in DEFAULTS},
        places=CONTENT_PLACES,
        observed=frozenset(DEFAULTS) | {"prompt", "image", "images"},
        neutral={"watermark": True, "sound": False},
    ),
    escapes="observed",
    observed_token=newapi_base.token,
    cheaper=faster(MODELS),
)
