"""A client that ``openapi-python-client`` makes from ark's OpenAPI document: a life, a refusal."""

import sys
import time
import urllib.request
from importlib import import_module
from typing import Any

MODEL = "doubao-seedance-2-0-fast-260128"
TASKS = "api_v3_contents_generations_tasks"


def main(packages: str, base: str, key: str, picture: str) -> None:
    sys.path.insert(0, packages)
    client = import_module("ark.client").AuthenticatedClient(base_url=f"{base}/ark", token=key)
    create = import_module(f"ark.api.create.post_{TASKS}").sync_detailed
    query = import_module(f"ark.api.query.get_{TASKS}_id").sync_detailed
    listing = import_module(f"ark.api.list_.get_{TASKS}").sync
    models = import_module("ark.models")
    order = models.PostApiV3ContentsGenerationsTasksBody
    refusal = models.Refusal

    text = {"type": "text", "text": "A lantern sways in the wind"}
    said: dict[str, Any] = {"model": MODEL, "content": [text], "duration": 5, "seed": 7}
    made = create(client=client, body=order.from_dict(said))
    assert made.status_code == 200, made.content
    task = query(made.parsed.id, client=client).parsed
    assert task.status in ("queued", "running")
    while task.status in ("queued", "running"):
        time.sleep(0.2)
        task = query(made.parsed.id, client=client).parsed
    assert (task.status, task.seed, task.duration) == ("succeeded", 7, 5)
    assert task.usage.completion_tokens == task.usage.total_tokens > 0
    with urllib.request.urlopen(task.content.video_url) as answer:
        assert answer.read()[4:8] == b"ftyp"
    ended = models.GetApiV3ContentsGenerationsTasksFilterStatus("succeeded")
    listed = listing(client=client, page_num=1, page_size=5, filter_status=ended)
    assert (listed.total, [one.id for one in listed.items]) == (1, [task.id])

    wrong = create(client=client, body=order.from_dict({**said, "duration": 99}))
    assert (wrong.status_code, type(wrong.parsed)) == (400, refusal)
    assert wrong.parsed.error.code == "InvalidParameter"
    assert "duration" in wrong.parsed.error.message
    nobody = query("cgt-20260101000000-abcde", client=client)
    assert (nobody.status_code, nobody.parsed.error.code) == (404, "ResourceNotFound")


if __name__ == "__main__":
    main(*sys.argv[1:])
