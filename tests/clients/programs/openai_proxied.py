"""OpenAI's own client for Python in front of LiteLLM's proxy: an order, its life, its clip."""

import sys
import time

import openai

MODEL = "doubao-seedance-2-0-260128"


def main(base: str, key: str, picture: str) -> None:
    client = openai.OpenAI(base_url=f"{base}/openai/v1", api_key=key, max_retries=0)
    made = client.videos.create(model=MODEL, prompt="A lantern", seconds="4", size="1280x720")
    shown = made
    while str(shown.status) in ("queued", "in_progress"):
        time.sleep(0.2)
        shown = client.videos.retrieve(made.id)
    assert shown.status == "completed", shown
    assert client.videos.download_content(made.id).read()[4:8] == b"ftyp"
    try:
        client.videos.create(model="nope", prompt="A lantern")
    except openai.BadRequestError:
        return
    raise AssertionError("a model that is not there was taken")


if __name__ == "__main__":
    main(*sys.argv[1:])
