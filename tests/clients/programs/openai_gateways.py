"""OpenAI's own client for Python in front of new-api: it works, but for its way to wait."""

import sys
import time

import openai

MODEL = "doubao-seedance-2-0-260128"


def main(base: str, key: str, picture: str) -> None:
    client = openai.OpenAI(base_url=f"{base}/newapi/v1", api_key=key, max_retries=0)
    with open(picture, "rb") as file:
        made = client.videos.create(
            model=MODEL, prompt="A lantern", seconds="4", size="1280x720", input_reference=file
        )
    assert (made.status, made.progress, made.error) == ("queued", 0, None)
    # Its helper takes the gateway's first word, which OpenAI does not have, for an end.
    shown = client.videos.poll(made.id, poll_interval_ms=100)
    assert str(shown.status) == "unknown"
    while str(shown.status) in ("unknown", "queued", "in_progress"):
        time.sleep(0.2)
        shown = client.videos.retrieve(made.id)
    assert (shown.status, shown.progress) == ("completed", 100)
    assert shown.to_dict()["metadata"]["url"].startswith("http")  # type: ignore[index]
    assert client.videos.download_content(made.id).read()[4:8] == b"ftyp"
    wanted = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
    assert unknown(client) == wanted


def unknown(client: openai.OpenAI) -> object:
    """The body with which a task is refused that is not there."""
    try:
        client.videos.retrieve("video_none")
    except openai.BadRequestError as error:
        return error.body
    raise AssertionError("a task that is not there was shown")


if __name__ == "__main__":
    main(*sys.argv[1:])
