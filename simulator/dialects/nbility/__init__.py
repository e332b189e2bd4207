"""Nbility: multipart files, resolution by the model's suffix, billed by the seconds of all media.

"POST /v1/video/generations - Multimodal Reference Input AI Video Generation" and "Errors", Nbility
documentation, read June 2026. ``observed`` is the new-api code base that it runs on.
"""

from msgspec.structs import replace

from simulator.core.clock import MINUTE, SECOND
from simulator.core.fields import Fields
from simulator.core.reader import Reader
from simulator.dialects import newapi_base, newapi_errors
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.nbility.errors import refuse_call
from simulator.dialects.nbility.examples import EXAMPLES
from simulator.dialects.nbility.routes import QUOTA_EACH, create, show
from simulator.dialects.nbility.rules import MODELS, OBSERVED_RULES, RULES
from simulator.dialects.newapi_models import models_route
from simulator.dialects.newapi_wallet import Wallet
from simulator.engine.bodies import form
from simulator.engine.dialect import Dialect, Pace, Route

READER = Reader(
    created=("/id", "/task_id"),
    id=("/data/task_id",),
    status=("/data/status",),
    inner=("/data/data/status",),
    progress=("/data/progress",),
    percent=True,
    link=("/data/result_url", "/data/data/video_url"),
    reason=("/data/fail_reason",),
    message=("/data/fail_reason",),
    error=("/error/code", "/code"),
    texts=("/data/progress",),
    numbers=False,
    objects=("/data/data",),
)

DIALECT = Dialect(
    name="nbility",
    title="Nbility",
    documents=(
        "Nbility: POST /v1/video/generations - Multimodal Reference Input AI Video Generation",
        "Nbility: Errors",
    ),
    base_path="/v1",
    differences="multipart files, resolution by model name, seconds of all media are billed",
    routes=(
        Route("POST", newapi_base.CREATE, create, "create", form, RULES, OBSERVED_RULES),
        Route("GET", newapi_base.QUERY, show, "query"),
        models_route(MODELS),
        *Wallet(("seconds", "tasks"), QUOTA_EACH).routes(),
    ),
    refuse=refuse_call,
    dress=newapi_errors.dress,
    escapes="observed",
    observed_token=newapi_base.token,
    failures=FAILURES,
    refusals=REFUSALS,
    fields=Fields(
        read=frozenset(
            {"model", "prompt", "duration", "ratio", "image_1", "image_2", "image_3"}
            | {"video", "audio"}
        ),
        places={
            "resolution": "the name of the model (-480p to -4k)",
            "reference images": "image_1, image_2 and image_3",
        },
        absent={"first frame": "image_1 is a reference", "last frame": "image_2 is a reference"},
    ),
    reader=READER,
    observed_reader=replace(READER, numbers=True, shared=True),
    pace=Pace(
        10 * SECOND,
        5 * MINUTE,
        'Nbility, "Multimodal Reference Input AI Video Generation": poll every 10 to 30 seconds, '
        "tasks usually finish in 2 to 5 minutes",
    ),
    examples=EXAMPLES,
    example={
        "model": "seedance-2-480p",
        "prompt": "A paper boat sails down a rainy street",
        "duration": 4,
    },
)
