"""A client as a project under test may have it, of nothing but Python: one clip of apiyi.

It knows only what the action told the job: ``SEEDANCE_APIYI_URL`` and ``SEEDANCE_KEY``. With the
argument ``careless`` it polls without a pause and fetches nothing.
"""

import json
import os
import sys
import time
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

TASKS = os.environ["SEEDANCE_APIYI_URL"] + "/seedance/api/v3/contents/generations/tasks"
HERE = build_opener(ProxyHandler({}))
ORDER = {
    "model": "doubao-seedance-2-0-fast-260128",
    "content": [{"type": "text", "text": "A paper boat sails down a rainy street"}],
}


def call(url: str, body: Any = None) -> Any:
    headers = {
        "Authorization": f"Bearer {os.environ['SEEDANCE_KEY']}",
        "Content-Type": "application/json",
    }
    data = None if body is None else json.dumps(body).encode()
    with HERE.open(Request(url, data, headers), timeout=10) as answer:
        return json.load(answer)


def main(careless: bool) -> None:
    task = call(TASKS, ORDER)["id"]
    while (found := call(f"{TASKS}/{task}"))["status"] in ("queued", "running"):
        time.sleep(0 if careless else 2)
    if careless:
        return
    with HERE.open(found["content"]["video_url"], timeout=10) as answer:
        clip = answer.read()
    assert clip[4:8] == b"ftyp"
    sys.stdout.write(f"{task}: {len(clip)} bytes\n")


if __name__ == "__main__":
    main("careless" in sys.argv)
