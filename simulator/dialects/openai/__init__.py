"""OpenAI's Videos API for Seedance; as LiteLLM serves it where captures count.

OpenAI's openapi.yaml 2.3.0 of 2026-08-21 (``/videos``) and its guide "Video generation", read
November 2026. ``observed`` is the proxy of LiteLLM 1.110.2 in front of Ark.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from simulator.core.fields import Fields
from simulator.core.problems import Problem
from simulator.core.reader import Reader
from simulator.dialects.ark_answers import callbacks
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.openai import render
from simulator.dialects.openai.examples import EXAMPLES
from simulator.dialects.openai.listing import LISTING, index, models, show_model
from simulator.dialects.openai.litellm import errors, objects
from simulator.dialects.openai.litellm.rows import READ
from simulator.dialects.openai.litellm.rows import RULES as OBSERVED_RULES
from simulator.dialects.openai.routes import (
    SHOWN,
    create,
    delete,
    passed_on,
    read_body,
    refusing,
    remix,
    show,
    show_content,
)
from simulator.dialects.openai.rules import FIRST_FRAME, MODELS, RULES
from simulator.dialects.tiers import faster
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect, Route

VIDEOS, VIDEO = "/v1/videos", "/v1/videos/{id}"


def refuse_call(problem: Problem, call: Call) -> Reply:
    """A problem in OpenAI's words, or in LiteLLM's where captures count."""
    worded = errors.refuse_call if call.observed else render.refuse_call
    return worded(problem, call)


def dress(call: Call) -> Mapping[str, str]:
    """The headers of every answer: OpenAI's, or LiteLLM's where captures count."""
    return objects.headers(call) if call.observed else render.headers(call)


READER = Reader(progress=("/progress",), items=("/data",))

DIALECT = Dialect(
    name="openai",
    title="OpenAI",
    documents=("OpenAI: Videos API", "OpenAI: Video generation (guide)"),
    base_path="/v1",
    differences="JSON and forms, size instead of resolution and ratio, clips behind the key",
    routes=(
        Route("POST", VIDEOS, create, "create", read_body, RULES, OBSERVED_RULES),
        Route("GET", VIDEOS, index, "list", asks=LISTING),
        Route("POST", "/v1/videos/edits", refusing("Video edit"), read=read_body),
        Route("POST", "/v1/videos/extensions", refusing("Video extension"), read=read_body),
        Route("POST", "/v1/videos/characters", refusing("Video character")),
        Route("GET", VIDEO, show, "query"),
        Route("DELETE", VIDEO, delete, "delete"),
        Route("GET", f"{VIDEO}/content", show_content, "download", asks=SHOWN),
        Route("POST", f"{VIDEO}/remix", remix),
        Route("GET", "/v1/models", models),
        Route("GET", "/v1/models/{model}", show_model),
    ),
    refuse=refuse_call,
    dress=dress,
    failures=FAILURES,
    refusals=REFUSALS,
    fields=Fields(
        read=frozenset(
            {
                *("model", "prompt", "seconds", "size"),
                *(f"{FIRST_FRAME}.image_url", f"{FIRST_FRAME}.file_id"),
            }
        ),
        observed=READ,
        places={"resolution": "size", "ratio": "size", "first frame": FIRST_FRAME},
        absent={
            "last frame": "a video begins with one picture, and that is all it is given",
            "sound": "every video has sound",
        },
    ),
    observed_callbacks=callbacks(passed_on),
    reader=READER,
    observed_reader=replace(READER, progress=(), numbered=str, meant=objects.meant),
    examples=EXAMPLES,
    example={
        "model": "doubao-seedance-2-0-260128",
        "prompt": "A paper boat sails down a rainy street",
        "seconds": "5",
        "size": "864x496",
    },
    sdk=(
        (
            "openai, Python",
            'OpenAI(base_url="{base}/v1", api_key="{key}").videos.create_and_poll(...)',
        ),
        (
            "openai, Node",
            'new OpenAI({{ baseURL: "{base}/v1", apiKey: "{key}" }}).videos.create({{ ... }})',
        ),
    ),
    cheaper=faster(MODELS),
)
