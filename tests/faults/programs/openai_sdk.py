"""The OpenAI SDK against a gateway that speaks its video objects: post, poll, download."""

import sys
from typing import Any

from openai import OpenAI
from openai.types import Video


def main(base: str, key: str) -> str:
    client = OpenAI(base_url=f"{base}/uniall/v1", api_key=key)
    order: dict[str, Any] = {
        "model": "seedance2.0-480p",
        "prompt": "A lantern",
        "duration": 5,
        "generate_audio": False,
    }
    made = client.post("/video/generations", cast_to=Video, body=order)
    done = client.videos.poll(made.id, poll_interval_ms=200)
    if done.status != "completed":
        return f"returns status {done.status}"
    return "clip" if client.videos.download_content(made.id).read()[4:8] == b"ftyp" else "no clip"


if __name__ == "__main__":
    try:
        word = main(*sys.argv[1:3])
    except Exception as error:
        word = type(error).__name__
    sys.stdout.write(f"{word}\n")
