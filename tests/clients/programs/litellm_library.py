"""LiteLLM as a library, whose provider ``openai`` is the dialect: it wraps every id in its own."""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import litellm  # type: ignore[import-not-found,unused-ignore]

MODEL = "doubao-seedance-2-0-260128"


def main(base: str, key: str, picture: str) -> None:
    litellm.suppress_debug_info = True
    where: dict[str, Any] = {"api_base": f"{base}/openai/v1", "api_key": key}
    order: dict[str, Any] = {"model": f"openai/{MODEL}", "prompt": "A lantern sways in the wind"}
    made = litellm.video_generation(**order, seconds="5", size="1280x720", **where)
    assert (made.status, made.size, made.usage) == ("queued", "1280x720", {"duration_seconds": 5.0})
    done = made
    while done.status in ("queued", "in_progress"):
        time.sleep(0.2)
        done = litellm.video_status(made.id, custom_llm_provider="openai", **where)
    assert (done.status, done.progress, done.model) == ("completed", 100, MODEL)
    clip = litellm.video_content(made.id, custom_llm_provider="openai", **where)
    assert clip[4:8] == b"ftyp"
    with open(picture, "rb") as file:
        framed = litellm.video_generation(**order, input_reference=file, **where)
    assert framed.status == "queued"
    listed = litellm.video_list(custom_llm_provider="openai", limit=10, **where)
    assert len(listed["data"]) == 2
    for wrong in ({"seconds": "3"}, {"size": "720p"}):
        doing = partial(litellm.video_generation, **order, **wrong, **where)
        assert "Invalid value" in refused(doing)


def refused(doing: Callable[[], Any]) -> str:
    """What LiteLLM says of a wrong order."""
    try:
        doing()
    except litellm.BadRequestError as error:
        return str(error)
    raise AssertionError("it was taken")


if __name__ == "__main__":
    main(*sys.argv[1:])
