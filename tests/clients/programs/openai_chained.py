"""OpenAI's own client for Python before a real new-api, whose channels lead to the dialects."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import openai

MODELS = ("by-ark", "by-newapi", "by-octopusx", "by-openai")
GOING_ON = ("unknown", "queued", "in_progress")
PROMPT = "A lantern sways in the wind"
CODE, AT_ONCE = "OutputVideoSensitiveContentDetected", "InputTextSensitiveContentDetected"


def main(base: str, key: str, picture: str) -> None:
    client = openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0)
    with ThreadPoolExecutor(len(MODELS)) as threads:
        list(threads.map(partial(whole, client, picture), MODELS))


def whole(client: openai.OpenAI, picture: str, model: str) -> None:
    """A video, one that fails, and one that is refused at once."""
    videos = client.videos
    with open(picture, "rb") as file:
        made = videos.create(
            model=model, prompt=PROMPT, seconds="4", size="1280x720", input_reference=file
        )
    assert (made.status, made.progress) == ("queued", 0), model
    fails = videos.create(model=model, prompt=f"{PROMPT} [[sim: fail={CODE}]]")
    done = ended(client, made.id)
    assert (done.id, done.status, done.progress) == (made.id, "completed", 100), (model, done)
    assert videos.download_content(made.id).read()[4:8] == b"ftyp", model
    failed = ended(client, fails.id)
    assert failed.status == "failed", (model, failed)
    assert failed.error, (model, failed)
    assert failed.error.code == CODE, (model, failed)
    refused(lambda: videos.download_content(fails.id))
    said = refused(lambda: videos.create(model=model, prompt=f"x [[sim: refuse={AT_ONCE}]]"))
    assert AT_ONCE in str(said), (model, said)


def ended(client: openai.OpenAI, id: str) -> Any:
    shown = client.videos.retrieve(id)
    while str(shown.status) in GOING_ON:
        time.sleep(0.5)
        shown = client.videos.retrieve(id)
    return shown


def refused(doing: Any) -> openai.BadRequestError:
    try:
        doing()
    except openai.BadRequestError as error:
        return error
    raise AssertionError("it was taken")


if __name__ == "__main__":
    main(*sys.argv[1:])
