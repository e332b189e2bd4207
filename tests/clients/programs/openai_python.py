"""OpenAI's own client for Python: everything that it can do with videos, and what it is refused."""

import sys
from typing import Any

import openai

MODEL = "doubao-seedance-2-0-260128"
PROMPT = "A lantern sways in the wind"


def main(base: str, key: str, picture: str) -> None:
    client = openai.OpenAI(base_url=f"{base}/openai/v1", api_key=key, max_retries=0)
    videos = client.videos
    done = videos.create_and_poll(
        model=MODEL, prompt=PROMPT, seconds="4", size="1280x720", poll_interval_ms=200
    )
    assert (done.status, done.progress, done.size, done.seconds) == (
        "completed",
        100,
        "1280x720",
        "4",
    )
    assert done.completed_at
    assert done.expires_at == done.completed_at + 3600
    assert videos.download_content(done.id).read()[4:8] == b"ftyp"
    assert videos.download_content(done.id, variant="thumbnail").read()[8:12] == b"WEBP"
    assert videos.download_content(done.id, variant="spritesheet").read()[:2] == b"\xff\xd8"
    with open(picture, "rb") as file:
        second = videos.create(model=MODEL, prompt=PROMPT, input_reference=file)
    assert (second.status, second.progress, second.seconds) == ("queued", 0, "4")
    assert [video.id for video in videos.list(limit=1)] == [second.id, done.id]
    assert [video.id for video in videos.list(order="asc")] == [done.id, second.id]
    assert videos.delete(done.id).deleted
    refused(openai.NotFoundError, lambda: videos.retrieve(done.id))
    wrong = refused(openai.BadRequestError, lambda: videos.create(prompt=PROMPT, model="sora-2"))
    assert (wrong.param, wrong.code) == ("model", "invalid_value")
    refused(openai.NotFoundError, lambda: videos.download_content(second.id))
    assert videos.poll(second.id, poll_interval_ms=200).status == "completed"
    refused(openai.BadRequestError, lambda: videos.remix(second.id, prompt=PROMPT))
    stranger = openai.OpenAI(base_url=client.base_url, api_key="sk-sim-invalid", max_retries=0)
    refused(openai.AuthenticationError, lambda: stranger.videos.retrieve(second.id))
    assert MODEL in [model.id for model in client.models.list()]


def refused(error: type[openai.APIStatusError], doing: Any) -> openai.APIStatusError:
    try:
        doing()
    except error as found:
        return found
    raise AssertionError(f"no {error.__name__}")


if __name__ == "__main__":
    main(*sys.argv[1:])
