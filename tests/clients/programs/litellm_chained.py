"""LiteLLM's provider ``openai`` before a real new-api, whose channels lead to the dialects."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import litellm  # type: ignore[import-not-found,unused-ignore]

MODELS = ("by-ark", "by-newapi", "by-octopusx", "by-openai")
GOING_ON = ("unknown", "queued", "in_progress")
PROMPT = "A lantern sways in the wind"
CODE, AT_ONCE = "OutputVideoSensitiveContentDetected", "InputTextSensitiveContentDetected"


def main(base: str, key: str, picture: str) -> None:
    litellm.suppress_debug_info = True
    where = {"api_base": f"{base}/v1", "api_key": key}
    with ThreadPoolExecutor(len(MODELS)) as threads:
        list(threads.map(partial(whole, where), MODELS))


def whole(where: dict[str, Any], name: str) -> None:
    """A video, one that fails, and one that is refused at once."""
    model = f"openai/{name}"
    made = litellm.video_generation(
        model=model, prompt=PROMPT, seconds="5", size="1280x720", **where
    )
    fails = litellm.video_generation(model=model, prompt=f"{PROMPT} [[sim: fail={CODE}]]", **where)
    done = ended(where, made.id)
    assert (done.status, done.progress) == ("completed", 100), (name, done)
    clip = litellm.video_content(made.id, custom_llm_provider="openai", **where)
    assert clip[4:8] == b"ftyp", name
    failed = ended(where, fails.id)
    assert (failed.status, failed.error["code"]) == ("failed", CODE), (name, failed)
    said = refused(model, where)
    assert AT_ONCE in said, (name, said)


def refused(model: str, where: dict[str, Any]) -> str:
    """What it says of an order that is refused by a review."""
    try:
        litellm.video_generation(model=model, prompt=f"x [[sim: refuse={AT_ONCE}]]", **where)
    except litellm.BadRequestError as error:
        return str(error)
    raise AssertionError("an order to be refused was taken")


def ended(where: dict[str, Any], id: str) -> Any:
    shown = litellm.video_status(id, custom_llm_provider="openai", **where)
    while shown.status in GOING_ON:
        time.sleep(0.5)
        shown = litellm.video_status(id, custom_llm_provider="openai", **where)
    return shown


if __name__ == "__main__":
    main(*sys.argv[1:])
