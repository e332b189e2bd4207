"""LiteLLM's provider ``openai`` in front of gateways on new-api's code base, as a library."""

import sys
import time
from typing import Any

import litellm  # type: ignore[import-not-found,unused-ignore]

MODEL = "openai/doubao-seedance-2-0-260128"
# The gateway says ``unknown`` until it has first asked its upstream.
GOING_ON = ("unknown", "queued", "in_progress")


def main(base: str, key: str, picture: str) -> None:
    litellm.suppress_debug_info = True
    for dialect in ("newapi", "octopusx"):
        gateway(f"{base}/{dialect}/v1", key)


def gateway(address: str, key: str) -> None:
    where: dict[str, Any] = {"api_base": address, "api_key": key}
    made = litellm.video_generation(
        model=MODEL, prompt="A lantern sways in the wind", seconds="6", size="1280x720", **where
    )
    assert (made.status, made.progress) == ("queued", 0)
    seen = [made.status]
    while seen[-1] in GOING_ON:
        time.sleep(0.2)
        done = litellm.video_status(made.id, custom_llm_provider="openai", **where)
        seen.append(done.status)
    assert (done.status, done.progress, done.error) == ("completed", 100, None), seen
    clip = litellm.video_content(made.id, custom_llm_provider="openai", **where)
    assert clip[4:8] == b"ftyp"
    said = refused(where)
    assert "No available channel for model nope under group default" in said


def refused(where: dict[str, Any]) -> str:
    """What it says of a model that is not there."""
    try:
        litellm.video_generation(model="openai/nope", prompt="A lantern", **where)
    except litellm.ServiceUnavailableError as error:
        return str(error)
    raise AssertionError("a model that is not there was taken")


if __name__ == "__main__":
    main(*sys.argv[1:])
